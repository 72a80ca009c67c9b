// SPDX-License-Identifier: GPL-2.0-only

//! Bringing one device home out of a namespace that is alive.
//!
//! There are listeners there, too: so names change by rtnetlink, before the move.

use kernel::prelude::*;
use kernel::sync::Arc;

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
use crate::net::namespace::{
    Net,
    NetRef, //
};
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

/// The device that somebody means. By the next look it may be gone, and whoever is root where it was may
/// have made another one under its index, to have that brought to its home.
pub(crate) struct Meant {
    ifindex: u32,
    id: DeviceId,
    /// Its oldest home. That which is kept here no other device has, also one that is made at the address
    /// of this one.
    oldest: Option<Arc<Home>>,
}

impl Meant {
    /// This one.
    pub(crate) fn new(state: &State, device: &Device) -> Meant {
        Meant {
            ifindex: device.ifindex(),
            id: device.id(),
            oldest: oldest_home(state, device),
        }
    }

    /// Its index.
    pub(crate) fn ifindex(&self) -> u32 {
        self.ifindex
    }

    /// The device; `ENODEV` if it is gone, whatever has its index now.
    fn find<'a>(&self, state: &State, rtnl: &'a Rtnl, net: &Net) -> Result<&'a Device> {
        let device = Device::by_index(rtnl, net, self.ifindex).ok_or(ENODEV)?;
        let same = match (&self.oldest, oldest_home(state, device)) {
            (Some(then), Some(now)) => Arc::ptr_eq(then, &now),
            (then, now) => then.is_none() && now.is_none(),
        };
        match same && device.id() == self.id {
            true => Ok(device),
            false => Err(ENODEV),
        }
    }
}

fn oldest_home(state: &State, device: &Device) -> Option<Arc<Home>> {
    state.devices.lock().record(device).homes.first().cloned()
}

/// Brings one device of a live namespace home; if that fails, it has its names and settings back.
///
/// `EEXIST` if it gets alternative names that are taken there as often as they are removed.
pub(crate) fn recall(state: &State, net: &NetRef, one: &Meant, by: RecallBy) -> Result<Journey> {
    let before = names_of(state, net, one)?;
    let mut gone = Err(EEXIST);
    for _ in 0..TRIES {
        gone = renaming(state, net, one, by).and_then(|requests| {
            for request in requests {
                // What is refused the device gets on the way or at home, or it stays, and that is told.
                let _ = change(net, request);
            }
            try_once(state, net, one, by, &before)
        });
        if !gone.as_ref().is_err_and(|error| *error == EEXIST) {
            break;
        }
    }
    if gone.is_err() {
        give_back(state, net, one, &before);
    }
    gone
}

/// The names of a device.
fn names_of(state: &State, net: &NetRef, one: &Meant) -> Result<Names> {
    let rtnl = Rtnl::lock();
    Names::of(one.find(state, &rtnl, net)?)
}

/// What gives a device the names that it is to have at home, where it is.
///
/// Not if that is no home of its: then it is one of where it is, with the names that it has here.
// Its journey is not to stay on the stack.
#[inline(never)]
fn renaming(state: &State, net: &NetRef, one: &Meant, by: RecallBy) -> Result<KVec<Request>> {
    let rtnl = Rtnl::lock();
    let device = one.find(state, &rtnl, net)?;
    let destination = state.recall_destination(&rtnl, device, by)?;
    let journey = Journey::new(destination, device, Cause::Recall)?;
    let mut requests = altname_requests(&journey, &rtnl, device)?;
    let own = journey
        .name_on_arrival()
        .filter(|_| journey.home().is_some());
    if let Some(own) = own.filter(|own| device.name() != Some(*own)) {
        requests.push(Request::rename(device.ifindex(), &own)?, GFP_KERNEL)?;
    }
    Ok(requests)
}

fn change(net: &NetRef, request: Request) -> Result {
    Socket::open(net)?.request(request)
}

/// Gives a device its names back, but for those that somebody took meanwhile.
fn give_back(state: &State, net: &NetRef, one: &Meant, before: &Names) {
    let requests = {
        let rtnl = Rtnl::lock();
        let device = one.find(state, &rtnl, net);
        device.and_then(|device| before.requests(device))
    };
    for request in requests.into_iter().flatten() {
        let _ = change(net, request);
    }
}

/// Prepares and moves a device; `EEXIST` if an alternative name of it is taken there.
fn try_once(
    state: &State,
    net: &NetRef,
    one: &Meant,
    by: RecallBy,
    before: &Names,
) -> Result<Journey> {
    let rtnl = Rtnl::lock();
    let device = one.find(state, &rtnl, net)?;
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
