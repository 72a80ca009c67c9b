// SPDX-License-Identifier: GPL-2.0-only

//! The way home, from top to bottom: plan, expect, close, prepare, move, survey, put back, tell.
//!
//! | step | where | if it fails |
//! |---|---|---|
//! | plan | `plan` | the device is left to the kernel |
//! | expect: what it is to be like there | `expected` | it is to be as it left |
//! | close, all that leave as one | `close` | each is closed as it is prepared |
//! | destroy what is on it and ends with its namespace | `uppers` | it ends after the move |
//! | prepare: in order while nobody at home sees it | `prepare` | it is put back after the move |
//! | move, under the home name | `travel` | the device is left to the kernel |
//! | survey: what still differs | `journey` | nobody is told: the device is gone again |
//! | put back by rtnetlink | `put_back` | the event says what and why, and the rest goes on |
//! | tell | `journey` | counted (`genl::events`) |
//!
//! All of it is under one RTNL, but for what takes RTNL itself: most devices arrive in order, and are told of at once. Of
//! the rest userspace at home may be at work already, so every look at one is under RTNL anew.

use kernel::prelude::*;

mod altnames;
mod close;
mod expected;
mod ip;
mod journey;
mod moved;
mod names;
mod plan;
mod prepare;
mod programs;
mod put_back;
mod recall;
mod settings;
mod travel;
mod up;
mod uppers;
mod vf;

pub(crate) use expected::Sources;
pub(crate) use journey::Journey;
pub(crate) use moved::BroughtHome;
pub(crate) use plan::{
    Destination,
    Plan,
    RecallBy,
    View, //
};
pub(crate) use put_back::put_in_order;
pub(crate) use recall::{
    recall,
    Meant, //
};

use self::altnames::AltnameRequests;
use self::travel::Leaving;
use crate::net::device::{
    self,
    Device, //
};
use crate::net::moving::moves_many;
use crate::net::namespace::Net;
use crate::net::pernet::Cleanup;
use crate::net::rtnl::Rtnl;
use crate::policy::fate::Action;
use crate::rivals::{
    Ahead,
    Claims, //
};
use crate::state::State;
use crate::uapi::return_cause;

/// Why a device is moved.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cause {
    /// Its namespace dies.
    Death,
    /// An administrator asked for it.
    Recall,
    /// Somebody else moved it.
    Moved,
}

impl Cause {
    /// Number in the protocol.
    pub(crate) fn uapi(self) -> u32 {
        match self {
            Cause::Death => return_cause::DEATH,
            Cause::Recall => return_cause::RECALL,
            Cause::Moved => return_cause::MOVED,
        }
    }
}

/// Brings home all devices of a dying namespace that have one; of all that die with it, if the kernel can
/// move them as one.
///
/// Whatever fails here is left to the kernel, which goes on to do what it does without us.
pub(crate) fn bring_all_home(state: &State, cleanup: &Cleanup<'_>) {
    let net = cleanup.net();
    // Not worth RTNL: nobody can put another device here any more.
    if !device::any_movable(net) {
        return;
    }
    let dead = close::at_first(state, cleanup);
    let dead = match &dead {
        Ok(Some(dead)) => dead.as_slice(),
        // Its devices met their fate with those of the first.
        Ok(None) if moves_many() => return,
        _ => &[],
    };
    let together = match moves_many() && !dead.is_empty() {
        true => dead,
        false => &[net],
    };
    for net in together {
        state.begins_to_die(net);
    }
    let mut rtnl = Rtnl::lock();
    close::all_that_leave(state, &rtnl, dead);
    let mut altnames = AltnameRequests::of(state, &rtnl, together);
    if !altnames.is_empty() {
        drop(rtnl);
        altnames.send();
        rtnl = Rtnl::lock();
    }
    let mut journeys = meet_fates(state, &rtnl, together, &altnames);
    drop(rtnl);
    put_in_order(state, &mut journeys);
}

/// What happens to the devices of dying namespaces; returns the journeys of those that are home and not in
/// order.
fn meet_fates(
    state: &State,
    rtnl: &Rtnl,
    nets: &[&Net],
    altnames: &AltnameRequests<'_>,
) -> KVVec<Journey> {
    uppers::destroy(state, rtnl, nets);
    let mut journeys = KVVec::new();
    let mut leaving = KVVec::new();
    let mut claims = Claims::default();
    for net in nets {
        let mut from = 0;
        while let Some(device) = Device::find_from(rtnl, net, from) {
            from = device.ifindex() + 1;
            let mut exit = Exit {
                altnames,
                claims: &mut claims,
                leaving: &mut leaving,
                journeys: &mut journeys,
            };
            if let Err(error) = meet_fate(state, rtnl, device, &mut exit) {
                left_to_the_kernel(device, error);
            }
        }
    }
    travel::go_together(state, rtnl, leaving, |device, journey, gone| match gone {
        Ok(()) => keep(&mut journeys, journey),
        Err(error) => left_to_the_kernel(device, error),
    });
    journeys
}

fn left_to_the_kernel(device: &Device, error: Error) {
    pr_warn!(
        "device {} of dying namespace {} is left to the kernel: error {}\n",
        device.ifindex(),
        device.net().cookie(),
        error.to_errno()
    );
}

/// What is to be done yet about the journey of a device that has arrived, if anything. There is room.
fn keep(journeys: &mut KVVec<Journey>, journey: Journey) {
    if !journey.outcome.told {
        drop(journeys.push_within_capacity(journey));
    }
}

/// The devices of namespaces that die together, as far as they have met their fate.
struct Exit<'e, 'd> {
    altnames: &'e AltnameRequests<'e>,
    /// The names that those want that have gone without.
    claims: &'e mut Claims,
    /// Those that are to go as one.
    leaving: &'e mut KVVec<Leaving<'d>>,
    /// Those that have gone and are not in order.
    journeys: &'e mut KVVec<Journey>,
}

/// What happens to one of them.
fn meet_fate<'d>(
    state: &State,
    rtnl: &Rtnl,
    device: &'d Device,
    exit: &mut Exit<'_, 'd>,
) -> Result {
    let plan = state.plan(rtnl, device, Ahead::Known(exit.claims));
    if let Some(rule) = plan.rule {
        state.rules.lock().hit(rule);
    }
    let Some(destination) = plan.destination else {
        return Ok(());
    };
    // Room first: a device that has been moved must not be forgotten.
    let room = exit.journeys.reserve(exit.leaving.len() + 1, GFP_KERNEL);
    if let Err(error) = room.and_then(|()| exit.leaving.reserve(1, GFP_KERNEL)) {
        state.stats.failed.add(1);
        return Err(error.into());
    }
    let mut journey = Journey::new(destination, device, Cause::Death)?;
    if exit.altnames.are_about(device) {
        journey.had_other_altnames();
    }
    prepare::settings(&mut journey, rtnl, device);
    if plan.verdict.0 == Action::Wiphy {
        return state.await_arrival(journey);
    }
    if moves_many() && exit.claims.promise(journey.promise()).is_ok() {
        if !journey.gets_its_name() {
            // Without memory the next one that wants its name may get it.
            let _ = exit.claims.add(journey.claim());
        }
        drop(
            exit.leaving
                .push_within_capacity(Leaving { device, journey }),
        );
        return Ok(());
    }
    travel::go(state, rtnl, device, &mut journey)?;
    if !journey.has_its_name() {
        let _ = exit.claims.add(journey.claim());
    }
    keep(exit.journeys, journey);
    Ok(())
}
