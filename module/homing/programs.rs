// SPDX-License-Identifier: GPL-2.0-only

//! Programs that were attached inside, and what steers packets since: detached, removed, or told where that
//! is impossible.

use kernel::prelude::*;

use super::Journey;
use crate::net::compat::eopnotsupp;
use crate::net::device::Device;
use crate::net::programs::Attached;
use crate::net::rtnetlink::Request;
use crate::policy::settings::bit;
use crate::recorded::Home;
use crate::uapi::setting;

/// The settings that are programs, or filters in hardware.
pub(super) const PROGRAMS: u64 = bit(setting::XDP) | bit(setting::TCX) | bit(setting::STEERING);

/// How many tcx programs are detached: more than there can be, unless somebody adds some meanwhile.
const TCX_TRIES: usize = 128;

impl Journey {
    /// The XDP programs that were attached inside, each with its mode.
    pub(super) fn foreign_xdp<'a>(
        &'a self,
        device: &'a Device,
    ) -> impl Iterator<Item = (u32, Attached)> + 'a {
        let foreign = self.foreign(Home::xdp);
        device.xdp().filter(move |(_, one)| foreign(one))
    }

    /// The tcx programs that were attached inside.
    pub(super) fn foreign_tcx<'a>(
        &'a self,
        device: &'a Device,
    ) -> impl Iterator<Item = Attached> + 'a {
        device.tcx().filter(self.foreign(Home::tcx))
    }

    /// Tells those that were attached inside: not at home, nor by somebody there since it arrived.
    fn foreign<'a>(
        &'a self,
        all_of: impl Fn(&'a Home) -> Option<&'a [Attached]>,
    ) -> impl Fn(&Attached) -> bool + 'a {
        let mine = self.home.as_deref().and_then(&all_of);
        let then = self.arrived_as.as_deref().and_then(&all_of);
        let lacks =
            |all: Option<&[Attached]>, one: &Attached| all.is_some_and(|all| !all.contains(one));
        move |one| lacks(mine, one) && !lacks(then, one)
    }

    /// Whether an XDP program of home is not there any more.
    fn lacks_xdp(&self, device: &Device) -> bool {
        let mine = self.home.as_deref().and_then(Home::xdp);
        let there = |one: &Attached| device.xdp().any(|(_, other)| other == *one);
        mine.is_some_and(|mine| !mine.iter().all(there))
    }
}

/// Detaches those that are not from home.
pub(super) fn detach_programs(journey: &mut Journey, differing: u64) {
    if differing & bit(setting::XDP) != 0 {
        let detached = detach_xdp(journey);
        journey.note(setting::XDP, detached);
    }
    if differing & bit(setting::TCX) != 0 {
        let detached = detach_tcx(journey);
        journey.note(setting::TCX, detached);
    }
    if differing & bit(setting::STEERING) != 0 {
        let removed = remove_steering(journey);
        journey.note(setting::STEERING, removed);
    }
}

/// Removes the ntuple rules and RSS contexts that were added inside.
fn remove_steering(journey: &Journey) -> Result {
    let home = journey.home.as_ref();
    let Some(keep) = home.and_then(|home| home.steering.as_deref()) else {
        return Ok(());
    };
    let removed = journey.look(|rtnl, device| device.remove_steering(rtnl, keep));
    removed.unwrap_or(Err(ENODEV))
}

/// Detaches the XDP programs that were attached inside, in every mode that there is. A link that
/// somebody holds cannot be detached, and is reported. So is a program of home that one of them has
/// replaced: only its owner can attach it again.
fn detach_xdp(journey: &Journey) -> Result {
    let foreign = |there: &Device| {
        let found = journey.foreign_xdp(there);
        found.fold(0, |all, (mode, _)| all | mode)
    };
    let found = journey.look(|_, there| (foreign(there), journey.lacks_xdp(there)));
    let (modes, lacks) = found.unwrap_or_default();
    for mode in (0..u32::BITS)
        .map(|n| 1 << n)
        .filter(|mode| modes & mode != 0)
    {
        let mut request = Request::set_link(journey.ifindex, 0, 0)?;
        request.detach_xdp(mode)?;
        journey.request(request)?;
    }
    match lacks {
        true => Err(ENOENT),
        false => Ok(()),
    }
}

/// Detaches the tcx programs that were attached inside, as far as links attached them: one without
/// a link can be detached by bpf(2) only (`tcx_prog_detach()` is not exported).
fn detach_tcx(journey: &Journey) -> Result {
    let link = |there: &Device| {
        journey.foreign_tcx(there).find_map(|one| match one {
            Attached::Link(id) => there.tcx_link(id),
            Attached::Program(_) => None,
        })
    };
    for _ in 0..TCX_TRIES {
        let Some(found) = journey.look(|_, there| link(there)).flatten() else {
            break;
        };
        found.detach()?;
    }
    let left = journey.look(|_, there| journey.foreign_tcx(there).next().is_some());
    match left {
        Some(true) => Err(eopnotsupp()),
        _ => Ok(()),
    }
}
