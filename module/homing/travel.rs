// SPDX-License-Identifier: GPL-2.0-only

//! The move itself, under the name that a device has at home. One that arrives in order is told at once.

use kernel::prelude::*;

use super::Journey;
use crate::net::device::Device;
use crate::net::errand::Later;
use crate::net::notifier::DeviceEvents;
use crate::net::rtnl::Rtnl;
use crate::policy::naming::Name;
use crate::state::State;

/// Moves a device. If that fails, it is where it was.
pub(super) fn go(state: &State, rtnl: &Rtnl, device: &Device, journey: &mut Journey) -> Result {
    let fallback = journey.free.unwrap_or(Name::PASSING);
    state.devices.lock().begin_homing(journey);
    let moved = device.move_to(rtnl, &journey.target, &fallback);
    if moved.is_ok() {
        // Another notifier may have ended the chain before it came to ours.
        state.arrived(rtnl, device, Later::NOWHERE);
    }
    state.devices.lock().end_homing();
    if let Err(error) = moved {
        state.devices.lock().settled(journey);
        state.stats.failed.add(1);
        return Err(error);
    }
    state.stats.returned.add(1);
    journey.has_arrived(device);
    journey.tell_at_once(state, rtnl);
    Ok(())
}
