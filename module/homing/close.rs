// SPDX-License-Identifier: GPL-2.0-only

//! Closing devices before they leave: all that leave their dying namespaces together, as one.

use kernel::prelude::*;

use crate::net::device::{
    self,
    Device, //
};
use crate::net::index::Index;
use crate::net::namespace::Net;
use crate::net::pernet::Cleanup;
use crate::net::rtnl::{
    Rtnl,
    MOST_NETS, //
};
use crate::state::{
    Record,
    State, //
};

/// Closes what is up of those devices of all dead namespaces that are to leave them.
///
/// The kernel has namespaces die by many at a time, and tells of one after the other: at the first
/// of them this does it for all. Only to be quicker: a device that is left out for want of memory
/// is closed by itself.
pub(super) fn all_that_leave(state: &State, rtnl: &Rtnl, cleanup: &Cleanup<'_>) {
    let here = cleanup.net().cookie();
    let known = |ns: &Index<Record>| ns.get(here).is_some_and(|ns| ns.data.closed);
    if known(&state.namespaces.lock()) {
        return;
    }
    let Ok(dead) = dead(state, cleanup) else {
        return;
    };
    // On a kernel that debugs locks, as one of so many.
    for together in dead.chunks(MOST_NETS) {
        if let Ok(leaving) = leaving(state, rtnl, together) {
            device::close_many(rtnl, together, &leaving);
        }
    }
}

/// The dead namespaces that have devices which may leave. From now on each is known to have been
/// closed.
fn dead<'c>(state: &State, cleanup: &'c Cleanup<'_>) -> Result<KVVec<&'c Net>> {
    let mut dead = KVVec::new();
    let mut namespaces = state.namespaces.lock();
    for net in namespaces.dead(cleanup) {
        if device::any_movable(net) {
            dead.push(net, GFP_KERNEL)?;
        }
    }
    for net in &dead {
        namespaces.update(net.cookie(), |ns| ns.closed = true);
    }
    Ok(dead)
}

/// The devices of these namespaces that are up and to leave.
fn leaving<'a>(state: &State, rtnl: &'a Rtnl, nets: &[&Net]) -> Result<KVVec<&'a Device>> {
    let mut leaving = KVVec::new();
    for net in nets {
        let mut from = 0;
        while let Some(device) = Device::find_from(rtnl, net, from) {
            from = device.ifindex() + 1;
            if device.is_up() && state.outlook(device).verdict.0.moves() {
                leaving.push(device, GFP_KERNEL)?;
            }
        }
    }
    Ok(leaving)
}
