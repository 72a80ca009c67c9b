// SPDX-License-Identifier: GPL-2.0-only

//! In order before it arrives: what can be put right where the device still is. In a dying namespace
//! nobody listens any more, so whoever listens at home sees none of what was changed inside.
//!
//! Nothing that fails here is told: after the move it is surveyed, and tried once more. (An XDP program goes only then,
//! as the kernel exports no call for that: one that limits the MTU has the device arrive with that of inside.)

use super::settings::set_by_calls;
use super::vf::Vf;
use super::Journey;
use crate::net::device::Device;
use crate::net::rtnl::Rtnl;
use crate::policy::settings::{
    bit,
    WITH_UP, //
};
use crate::uapi::setting;

/// What the move itself takes: it is put back after it.
const TAKEN_BY_THE_MOVE: u64 = bit(setting::UP) | WITH_UP;

/// Notes which settings differ, and puts back those that can be; returns which those are.
///
/// The device leaves its master and is closed: the move takes both anyway, and many a driver takes
/// another address only then.
pub(super) fn settings(journey: &mut Journey, rtnl: &Rtnl, device: &Device) -> u64 {
    let mut differing = journey.differing(device);
    // Many a master gives it settings back that are not those of home.
    device.leave_master(rtnl);
    device.close(rtnl);
    differing |= journey.differing(device) | journey.differing_in_driver(rtnl, device);
    differing &= !TAKEN_BY_THE_MOVE;
    if journey.from_name != journey.wanted {
        differing |= bit(setting::NAME);
    }
    journey.differs(differing);
    let bits = differing & journey.restore;
    if let Some(home) = &journey.home {
        let vf = Vf {
            rtnl,
            device,
            home: &journey.target,
            wanted: &home.values.fixed_size,
        };
        let _ = vf.put_back(bits);
        set_by_calls(rtnl, device, home, bits);
    }
    bits
}
