// SPDX-License-Identifier: GPL-2.0-only

//! Closing devices before they leave: all that leave their dying namespaces together, as one.

use kernel::prelude::*;

use crate::net::device::{
    self,
    Device, //
};
use crate::net::namespace::Net;
use crate::net::pernet::Cleanup;
use crate::net::rtnl::{
    Rtnl,
    MOST_NETS, //
};
use crate::state::State;

/// The namespaces that die together, if this is the first of them that the kernel tells of, and nothing has
/// been done yet: those that have devices which may leave. Each is known from now on.
///
/// The kernel has namespaces die by many at a time, and tells of one after the other.
pub(super) fn at_first<'c>(
    state: &State,
    cleanup: &'c Cleanup<'_>,
) -> Result<Option<KVVec<&'c Net>>> {
    let mut dead = KVVec::new();
    let mut namespaces = state.namespaces.lock();
    let here = namespaces.get(cleanup.net().cookie());
    if here.is_some_and(|ns| ns.data.batched) {
        return Ok(None);
    }
    for net in namespaces.dead(cleanup) {
        if device::any_movable(net) {
            dead.push(net, GFP_KERNEL)?;
        }
    }
    for net in &dead {
        namespaces.update(net.cookie(), |ns| ns.batched = true);
    }
    Ok(Some(dead))
}

/// Closes what is up of those devices of dead namespaces that are to leave them.
///
/// Only to be quicker: a device that is left out for want of memory is closed by itself.
pub(super) fn all_that_leave(state: &State, rtnl: &Rtnl, dead: &[&Net]) {
    // On a kernel that debugs locks, as one of so many.
    for together in dead.chunks(MOST_NETS) {
        if let Ok(leaving) = leaving(state, rtnl, together) {
            device::close_many(rtnl, together, &leaving);
        }
    }
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
