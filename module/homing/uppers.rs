// SPDX-License-Identifier: GPL-2.0-only

//! What was put on a device inside (macvlan, ipvlan, VLANs) and ends with its namespace: gone before the device
//! is home, as when the kernel alone moves it. It would keep the device from a bridge and a bond there, and
//! its VLAN ids taken.

use kernel::prelude::*;

use crate::net::device::Device;
use crate::net::links;
use crate::net::namespace::Net;
use crate::net::rtnl::Rtnl;
use crate::policy::fate::{
    follows_lower,
    is_destroyed, //
};
use crate::state::State;

/// Destroys what is on those devices of dying namespaces that are to leave them, and would die later.
///
/// Without memory for that it does die later.
pub(super) fn destroy(state: &State, rtnl: &Rtnl, nets: &[&Net]) {
    let doomed = doomed(state, rtnl, nets).unwrap_or_else(|_| {
        state.stats.no_memory.add(1);
        KVVec::new()
    });
    // One of another namespace may be told of before that is.
    for upper in &doomed {
        state.begins_to_die(upper.net());
    }
    links::destroy(rtnl, &doomed);
}

fn doomed<'a>(state: &State, rtnl: &'a Rtnl, nets: &[&Net]) -> Result<KVVec<&'a Device>> {
    let mut doomed = KVVec::new();
    for net in nets {
        let mut from = 0;
        while let Some(device) = Device::find_from(rtnl, net, from) {
            from = device.ifindex() + 1;
            let mut on_it = device
                .uppers()
                .filter(|upper| ends(state, upper))
                .peekable();
            if on_it.peek().is_none() || !state.outlook(device).verdict.0.moves() {
                continue;
            }
            for upper in on_it {
                doomed.push(upper, GFP_KERNEL)?;
            }
        }
    }
    Ok(doomed)
}

/// Whether a device bears that what it is on moves, and ends with its own namespace.
fn ends(state: &State, upper: &Device) -> bool {
    follows_lower(upper.kind_or_type())
        && !upper.net().is_alive()
        && is_destroyed(state.outlook(upper).verdict, upper.is_physical())
}
