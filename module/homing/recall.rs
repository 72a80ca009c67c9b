// SPDX-License-Identifier: GPL-2.0-only

//! Bringing one device home out of a namespace that is alive.
//!
//! There are listeners there, too: so names change by rtnetlink, before the move.

use kernel::prelude::*;

use super::altnames::{
    altname_requests,
    Names, //
};
use super::plan::RecallBy;
use super::settings::set_by_calls;
use super::vf::Vf;
use super::{
    prepare,
    travel,
    Cause,
    Journey, //
};
use crate::driver::Driver;
use crate::net::device::{
    Device,
    DeviceId, //
};
use crate::net::namespace::NetRef;
use crate::net::rtnetlink::{
    Request,
    Socket, //
};
use crate::net::rtnl::Rtnl;
use crate::recorded::{
    Addresses,
    Home, //
};
use crate::state::State;

/// How often a device is tried that gets names of others there meanwhile.
const TRIES: usize = 16;

/// Brings one device of a live namespace home; if that fails, it has its names and settings back.
pub(crate) fn recall(state: &State, net: &NetRef, ifindex: u32, by: RecallBy) -> Result<Journey> {
    let (id, before) = names_in(net, ifindex)?;
    let mut gone = Err(EEXIST);
    for _ in 0..TRIES {
        gone = renaming(state, net, ifindex, by).and_then(|requests| {
            for request in requests {
                // What is refused the device gets on the way or at home, or it stays, and that is told.
                let _ = change(net, request);
            }
            try_once(state, net, ifindex, by, &before)
        });
        if !gone.as_ref().is_err_and(|error| *error == EEXIST) {
            break;
        }
    }
    if gone.is_err() {
        give_back(net, ifindex, id, &before);
    }
    gone
}

/// A device of a namespace, and its names.
fn names_in(net: &NetRef, ifindex: u32) -> Result<(DeviceId, Names)> {
    let rtnl = Rtnl::lock();
    let device = Device::by_index(&rtnl, net, ifindex).ok_or(ENODEV)?;
    Ok((device.id(), Names::of(device)?))
}

/// What gives a device the names that it is to have at home, where it is.
///
/// Not if that is no home of its: then it is one of where it is, with the names that it has here.
// Its journey is not to stay on the stack.
#[inline(never)]
fn renaming(state: &State, net: &NetRef, ifindex: u32, by: RecallBy) -> Result<KVec<Request>> {
    let rtnl = Rtnl::lock();
    let device = Device::by_index(&rtnl, net, ifindex).ok_or(ENODEV)?;
    let destination = state.recall_destination(&rtnl, device, by)?;
    let journey = Journey::new(destination, device, Cause::Recall)?;
    let mut requests = altname_requests(&journey, &rtnl, device)?;
    let own = journey
        .name_on_arrival()
        .filter(|_| journey.home().is_some());
    if let Some(own) = own.filter(|own| device.name() != Some(*own)) {
        requests.push(Request::rename(ifindex, &own)?, GFP_KERNEL)?;
    }
    Ok(requests)
}

fn change(net: &NetRef, request: Request) -> Result {
    Socket::open(net)?.request(request)
}

/// Gives a device its names back, but for those that somebody took meanwhile.
fn give_back(net: &NetRef, ifindex: u32, id: DeviceId, before: &Names) {
    let requests = {
        let rtnl = Rtnl::lock();
        let device = Device::by_index(&rtnl, net, ifindex).filter(|device| device.id() == id);
        device.map(|device| before.requests(device))
    };
    for request in requests.and_then(Result::ok).into_iter().flatten() {
        let _ = change(net, request);
    }
}

/// Prepares and moves a device; `EEXIST` if an alternative name of it is taken there.
fn try_once(
    state: &State,
    net: &NetRef,
    ifindex: u32,
    by: RecallBy,
    before: &Names,
) -> Result<Journey> {
    let rtnl = Rtnl::lock();
    let device = Device::by_index(&rtnl, net, ifindex).ok_or(ENODEV)?;
    let destination = state.recall_destination(&rtnl, device, by)?;
    let mut journey = Journey::new(destination, device, Cause::Recall)?;
    journey.leaves_as(before.name);
    if before.altnames_differ(device) {
        journey.had_other_altnames();
    }
    // Asked first, as it comes to light only when the device has been closed.
    if device.altname_clashes(&rtnl, &journey.target) {
        return Err(EEXIST);
    }
    move_or_undo(state, &rtnl, device, &mut journey)?;
    Ok(journey)
}

/// Moves a device. If that fails, which it does now for want of memory only, its settings are as they
/// were, and it is up if it was; but it has lost its master, and what goes when a device is set down.
fn move_or_undo(state: &State, rtnl: &Rtnl, device: &Device, journey: &mut Journey) -> Result {
    let mut before = Home::record(device, Driver::record(rtnl, device)?, Addresses::new())?;
    before.values.fixed_size = device.settings_for(&journey.target);
    let was_up = device.is_up();
    let prepared = prepare::settings(journey, rtnl, device);
    let moved = travel::go(state, rtnl, device, journey);
    if moved.is_err() {
        let vf = Vf {
            rtnl,
            device,
            home: &journey.target,
            wanted: &before.values.fixed_size,
        };
        let _ = vf.put_back(prepared);
        set_by_calls(rtnl, device, &before, prepared);
        if was_up {
            let _ = device.open(rtnl);
        }
    }
    moved
}
