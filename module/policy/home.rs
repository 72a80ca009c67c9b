// SPDX-License-Identifier: GPL-2.0-only

//! The home stack: where a device has been, oldest first, as cookies.
//!
//! These functions see the cookies only; `crate::devices` keeps what was recorded with them.

/// How many homes a device has at the most.
pub(crate) const DEPTH: usize = 8;

/// Which entry gives way when another is to be pushed on a stack, if one has to.
///
/// The oldest is where the device belongs in the end, and the initial one is the host. Of the others it
/// is the oldest that a tenant made, who could push out all of an administrator's otherwise; if there is
/// none, the oldest.
pub(crate) fn evict(
    stack: &[u64],
    initial: u64,
    of_tenant: impl Fn(usize) -> bool,
) -> Option<usize> {
    if stack.len() < DEPTH {
        return None;
    }
    let others = || (1..stack.len()).filter(|&at| stack.get(at) != Some(&initial));
    others()
        .find(|&at| of_tenant(at))
        .or_else(|| others().next())
}

/// The entry that a device would return to: the newest whose namespace is alive.
pub(crate) fn destination(stack: &[u64], alive: impl FnMut(&u64) -> bool) -> Option<usize> {
    stack.iter().rposition(alive)
}

/// Which homes of a device are alive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Homes {
    /// None: it was made where it is, or all that it came from is dead, or nothing is known.
    None,
    /// Some, but not the initial network namespace.
    Others,
    /// The initial one among them, which never dies.
    Initial,
}

/// The homes of a device with this stack, of which any is alive or none.
pub(crate) fn homes(stack: &[u64], initial: u64, alive: bool) -> Homes {
    if stack.contains(&initial) {
        Homes::Initial
    } else if alive {
        Homes::Others
    } else {
        Homes::None
    }
}

/// What an arrival means for the home stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Arrival {
    /// The device is away: the whole stack stays.
    Away,
    /// The device is back: the entries from `keep` on go, and entry `entry` tells how it was.
    Back {
        /// How many entries stay.
        keep: usize,
        /// The entry that describes the device at home.
        entry: usize,
    },
}

/// A device with this stack arrives in the namespace `here`, where a rule may have `sent` it.
///
/// A namespace of the stack takes the device back. So does the initial one when the device was sent
/// there or no home is left alive: then the oldest entry is the last that is known of the device's
/// own settings.
pub(crate) fn arrive(
    stack: &[u64],
    here: u64,
    initial: bool,
    sent: bool,
    alive: impl FnMut(&u64) -> bool,
) -> Arrival {
    if let Some(entry) = stack.iter().position(|&cookie| cookie == here) {
        Arrival::Back { keep: entry, entry }
    } else if initial && !stack.is_empty() && (sent || !stack.iter().any(alive)) {
        Arrival::Back { keep: 0, entry: 0 }
    } else {
        Arrival::Away
    }
}
