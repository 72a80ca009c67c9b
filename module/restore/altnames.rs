// SPDX-License-Identifier: GPL-2.0-only

//! Alternative names: foreign ones go, own ones come back.

use kernel::prelude::*;

use super::Landed;
use crate::homing::RecallBy;
use crate::net::device::{
    self,
    Altname,
    Device, //
};
use crate::net::namespace::NetRef;
use crate::net::rtnetlink::{
    Request,
    Socket, //
};
use crate::net::rtnl::Rtnl;
use crate::recorded::Altnames;
use crate::state::State;
use crate::uapi::setting;

/// How many alternative names one request removes, and how many such requests are made. The kernel
/// lets a device have less than 64 KB of them; who adds more meanwhile keeps what is left.
const ALTNAMES_AT_ONCE: usize = 64;
const ALTNAME_REQUESTS: usize = 128;

impl Landed {
    /// The alternative names that are not from home, if they are to be gone.
    pub(super) fn foreign_altnames<'a>(
        &'a self,
        device: &'a Device,
    ) -> impl Iterator<Item = Altname> + 'a {
        let wanted = self.restore & setting::ALTNAMES != 0;
        let home = self.home.as_ref().filter(|_| wanted);
        let mine = home.and_then(|home| home.altnames.as_ref());
        let foreign = move |name: &Altname| mine.is_some_and(|mine| !mine.contains(name.as_ref()));
        device.altnames().filter(foreign)
    }
}

pub(super) fn has_altname(device: &Device, name: &[u8]) -> bool {
    device.altnames().any(|other| other.as_ref() == name)
}

/// Those of the own alternative names that a device has not.
fn missing_altnames<'a>(mine: &'a Altnames, device: &Device) -> Result<KVec<&'a [u8]>> {
    let mut missing = KVec::new();
    for name in mine.iter().filter(|name| !has_altname(device, name)) {
        missing.push(name, GFP_KERNEL)?;
    }
    Ok(missing)
}

/// Removes the alternative names that were added inside.
pub(super) fn remove_foreign_altnames(device: &mut Landed) -> Result {
    for _ in 0..ALTNAME_REQUESTS {
        let request = device.look(|_, there| -> Result<Option<Request>> {
            let names = device.foreign_altnames(there);
            let mut some = names.take(ALTNAMES_AT_ONCE).peekable();
            if some.peek().is_none() {
                return Ok(None);
            }
            let mut request = Request::remove_altnames(there.ifindex())?;
            request.altnames(some)?;
            Ok(Some(request))
        });
        let Some(request) = request.unwrap_or(Ok(None))? else {
            return Ok(());
        };
        device.outcome.differing |= setting::ALTNAMES;
        device.request(request)?;
    }
    Err(EBUSY)
}

/// Removes those alternative names of a device that are taken where recall would bring it: in a
/// namespace that is alive, they would keep it back. What would undo that is added to `undo`.
pub(crate) fn remove_foreign_altnames_in(
    state: &State,
    net: &NetRef,
    ifindex: u32,
    by: RecallBy,
    undo: &mut KVec<Request>,
) -> Result {
    for _ in 0..ALTNAME_REQUESTS {
        let request = {
            let rtnl = Rtnl::lock();
            let device = Device::by_index(&rtnl, net, ifindex).ok_or(ENODEV)?;
            let there = state.recall_destination(&rtnl, device, by)?.net;
            let clashes = |name: &Altname| device::altname_in_use(&rtnl, &there, name);
            let some = || device.altnames().filter(clashes).take(ALTNAMES_AT_ONCE);
            if some().next().is_none() {
                return Ok(());
            }
            let mut back = Request::add_altnames(ifindex)?;
            back.altnames(some())?;
            undo.push(back, GFP_KERNEL)?;
            let mut request = Request::remove_altnames(ifindex)?;
            request.altnames(some())?;
            request
        };
        Socket::open(net)?.request(request)?;
    }
    Err(EBUSY)
}

/// Gives a device in `net` its alternative names back, but for those that somebody took meanwhile.
pub(crate) fn put_altnames_back(net: &NetRef, undo: KVec<Request>) {
    for request in undo {
        let _ = Socket::open(net).and_then(|mut socket| socket.request(request));
    }
}

/// Gives back the alternative names that got lost inside.
pub(super) fn add_own_altnames(device: &Landed) -> Result {
    let Some(mine) = device.home.as_ref().and_then(|home| home.altnames.as_ref()) else {
        return Ok(());
    };
    let missing = (device.look(|_, there| missing_altnames(mine, there))).transpose()?;
    let mut failed = Ok(());
    // One by one: of several, the kernel does not say which one is taken.
    for name in missing.iter().flatten() {
        let mut request = Request::add_altnames(device.ifindex)?;
        request.altnames(core::iter::once(name))?;
        failed = failed.and(device.request(request));
    }
    failed
}
