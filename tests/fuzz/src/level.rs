// SPDX-License-Identifier: GPL-2.0-only

//! Those who come to the family: with all privileges, with some, and with none.

use nix::sched::{unshare, CloneFlags};
use rustix::thread::{capabilities, set_capabilities, CapabilitySet};

/// One of them.
#[derive(Debug)]
pub(crate) struct Level {
    pub(crate) name: &'static str,
    pub(crate) how: How,
    /// Whether the family may do what it asks for.
    pub(crate) heard: bool,
    /// How much of all messages are its own: those that are refused are cheap, and all alike.
    pub(crate) share: u64,
}

/// How it comes about.
#[derive(Debug, Clone, Copy)]
pub(crate) enum How {
    /// A thread that gives up these capabilities.
    Without(CapabilitySet),
    /// The same, after it has opened the socket that it uses.
    WithoutButSocket(CapabilitySet),
    /// A process started by this program.
    By(&'static [&'static str]),
}

const ROOT: Level = Level {
    name: "root",
    how: How::Without(CapabilitySet::empty()),
    heard: true,
    share: 20,
};

const fn refused(name: &'static str, how: How) -> Level {
    Level {
        name,
        how,
        heard: false,
        share: 2,
    }
}

/// All of them.
pub(crate) const LEVELS: [Level; 10] = [
    ROOT,
    ROOT,
    ROOT,
    Level {
        name: "root without CAP_SYS_ADMIN",
        how: How::Without(CapabilitySet::SYS_ADMIN),
        heard: true,
        share: 20,
    },
    refused(
        "root without CAP_NET_ADMIN",
        How::Without(CapabilitySet::NET_ADMIN),
    ),
    refused(
        "root's socket, without CAP_NET_ADMIN",
        How::WithoutButSocket(CapabilitySet::NET_ADMIN),
    ),
    refused(
        "nobody",
        How::By(&["setpriv", "--reuid=65534", "--clear-groups"]),
    ),
    refused("root of another namespace", How::By(&["unshare", "--net"])),
    refused(
        "root of a user namespace",
        How::By(&["unshare", "--user", "--map-root-user"]),
    ),
    refused(
        "root of a user and network namespace",
        How::By(&["unshare", "--user", "--map-root-user", "--net"]),
    ),
];

/// Gives this thread descriptors of its own, which other threads do not close.
pub(crate) fn own_descriptors() -> Result<(), String> {
    unshare(CloneFlags::CLONE_FILES).map_err(|errno| format!("unshare: {}", errno.desc()))
}

/// Gives up capabilities of this thread for ever.
pub(crate) fn give_up(what: CapabilitySet) -> Result<(), String> {
    let failed = |error: rustix::io::Errno| format!("cannot give up capabilities: {error}");
    let mut sets = capabilities(None).map_err(failed)?;
    sets.effective.remove(what);
    sets.permitted.remove(what);
    sets.inheritable.remove(what);
    set_capabilities(None, sets).map_err(failed)
}
