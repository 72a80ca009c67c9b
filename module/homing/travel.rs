// SPDX-License-Identifier: GPL-2.0-only

//! The move itself, under the name that a device has at home. One that arrives in order is told at once.

use kernel::prelude::*;

use super::Journey;
use crate::net::device::Device;
use crate::net::errand::Later;
use crate::net::moving::{
    move_together,
    Move, //
};
use crate::net::notifier::DeviceEvents;
use crate::net::rtnl::Rtnl;
use crate::policy::naming::Name;
use crate::state::State;

/// A device that is about to go home.
pub(super) struct Leaving<'a> {
    pub(super) device: &'a Device,
    pub(super) journey: Journey,
}

/// Moves a device. If that fails, it is where it was.
pub(super) fn go(state: &State, rtnl: &Rtnl, device: &Device, journey: &mut Journey) -> Result {
    state.devices.lock().begin_homing(journey);
    let moved = by(device, journey).go(rtnl);
    if moved.is_err() {
        state.stats.failed.add(1);
    }
    ended(state, rtnl, device, journey, moved)
}

/// Moves devices as one, and tells of each that has gone or not. One that could not go so goes by itself,
/// as what it was to be called is the likeliest reason.
pub(super) fn go_together(
    state: &State,
    rtnl: &Rtnl,
    leaving: KVVec<Leaving<'_>>,
    mut gone: impl FnMut(&Device, Journey, Result),
) {
    if leaving.is_empty() {
        return;
    }
    let outcomes = try_together(state, rtnl, &leaving).unwrap_or_default();
    for (at, mut one) in leaving.into_iter().enumerate() {
        let moved = outcomes.get(at).copied().unwrap_or(Err(ENOMEM));
        let mut result = ended(state, rtnl, one.device, &mut one.journey, moved);
        if result.is_err() {
            one.journey.free = None;
            result = go(state, rtnl, one.device, &mut one.journey);
        }
        gone(one.device, one.journey, result);
    }
}

fn try_together(state: &State, rtnl: &Rtnl, leaving: &[Leaving<'_>]) -> Result<KVVec<Result>> {
    let mut moves = KVVec::with_capacity(leaving.len(), GFP_KERNEL)?;
    for one in leaving {
        moves.push(by(one.device, &one.journey), GFP_KERNEL)?;
        state.devices.lock().begin_homing_together(&one.journey)?;
    }
    move_together(rtnl, &moves)
}

fn by<'a>(device: &'a Device, journey: &'a Journey) -> Move<'a> {
    Move {
        device,
        target: &journey.target,
        name: journey.name_on_arrival(),
        fallback: journey.free.unwrap_or(Name::PASSING),
        ifindex: journey.home_ifindex,
    }
}

fn ended(
    state: &State,
    rtnl: &Rtnl,
    device: &Device,
    journey: &mut Journey,
    moved: Result,
) -> Result {
    if moved.is_ok() {
        // Another notifier may have ended the chain before it came to ours.
        state.arrived(rtnl, device, Later::NOWHERE);
    }
    state.devices.lock().end_homing(journey);
    if moved.is_err() {
        state.devices.lock().settled(journey);
        return moved;
    }
    state.stats.returned.add(1);
    journey.has_arrived(device);
    journey.tell_at_once(state, rtnl);
    if !journey.outcome.told && journey.note_arrival(device).is_err() {
        state.stats.no_memory.add(1);
    }
    Ok(())
}
