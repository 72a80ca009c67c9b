// SPDX-License-Identifier: GPL-2.0-only

//! The way home, from top to bottom: plan, expect, close, prepare, move, survey, put back, tell.
//!
//! | step | where | if it fails |
//! |---|---|---|
//! | plan | `plan` | the device is left to the kernel |
//! | expect: what it is to be like there | `expected` | it is to be as it left |
//! | close, all that leave as one | `close` | each is closed as it is prepared |
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
pub(crate) use recall::recall;

use self::altnames::AltnameRequests;
use crate::net::device::{
    self,
    Device, //
};
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

/// Brings home all devices of a dying namespace that have one.
///
/// Whatever fails here is left to the kernel, which goes on to do what it does without us.
pub(crate) fn bring_all_home(state: &State, cleanup: &Cleanup<'_>) {
    let net = cleanup.net();
    // Not worth RTNL: nobody can put another device here any more.
    if !device::any_movable(net) {
        return;
    }
    let mut rtnl = Rtnl::lock();
    close::all_that_leave(state, &rtnl, cleanup);
    let mut altnames = AltnameRequests::of(state, &rtnl, net);
    if !altnames.is_empty() {
        drop(rtnl);
        altnames.send(net);
        rtnl = Rtnl::lock();
    }
    let mut journeys = KVVec::new();
    let mut claims = Claims::default();
    let mut from = 0;
    while let Some(device) = Device::find_from(&rtnl, net, from) {
        from = device.ifindex() + 1;
        if let Err(error) = meet_fate(state, &rtnl, device, &altnames, &mut claims, &mut journeys) {
            pr_warn!(
                "device {} of dying namespace {} is left to the kernel: error {}\n",
                device.ifindex(),
                net.cookie(),
                error.to_errno()
            );
        }
    }
    drop(rtnl);
    put_in_order(state, &mut journeys);
}

/// What happens to one device of a dying namespace. If it is moved and not in order, its journey is
/// added; if it has not got the name that it wants, its claim is.
fn meet_fate(
    state: &State,
    rtnl: &Rtnl,
    device: &Device,
    altnames: &AltnameRequests,
    claims: &mut Claims,
    journeys: &mut KVVec<Journey>,
) -> Result {
    let plan = state.plan(rtnl, device, Ahead::Known(claims));
    if let Some(rule) = plan.rule {
        state.rules.lock().hit(rule);
    }
    let Some(destination) = plan.destination else {
        return Ok(());
    };
    // Room first: a device that has been moved must not be forgotten.
    if let Err(error) = journeys.reserve(1, GFP_KERNEL) {
        state.stats.failed.add(1);
        return Err(error.into());
    }
    let mut journey = Journey::new(destination, device, Cause::Death)?;
    if altnames.are_about(device) {
        journey.had_other_altnames();
    }
    prepare::settings(&mut journey, rtnl, device);
    if plan.verdict.0 == Action::Wiphy {
        return state.await_arrival(journey);
    }
    travel::go(state, rtnl, device, &mut journey)?;
    if let Some(claim) = journey.claim() {
        // Without memory the next one that wants its name may get it.
        let _ = claims.add(claim);
    }
    if !journey.outcome.told {
        drop(journeys.push_within_capacity(journey));
    }
    Ok(())
}
