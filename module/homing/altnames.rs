// SPDX-License-Identifier: GPL-2.0-only

//! Alternative names: foreign ones go, own ones come back.

use kernel::prelude::*;

use super::{
    Cause,
    Journey, //
};
use crate::net::device::{
    self,
    Altname,
    Device,
    DeviceId, //
};
use crate::net::namespace::Net;
use crate::net::rtnetlink::{
    self,
    Request, //
};
use crate::net::rtnl::Rtnl;
use crate::policy::naming::Name;
use crate::policy::settings::bit;
use crate::recorded::Altnames;
use crate::rivals::Ahead;
use crate::state::State;
use crate::uapi::setting;

/// How many alternative names one request removes, and how many such requests are made. The kernel
/// lets a device have less than 64 KB of them; who adds more meanwhile keeps what is left.
const ALTNAMES_AT_ONCE: usize = 64;
const ALTNAME_REQUESTS: usize = 128;

impl Journey {
    /// Whether a device has not the alternative names that it had at home, and those only.
    pub(super) fn altnames_differ(&self, device: &Device) -> bool {
        let mine = self
            .home
            .as_ref()
            .and_then(|home| home.values.altnames.as_ref());
        mine.is_some_and(|mine| {
            let foreign = |name: Altname| !mine.contains(name.as_ref()) && !self.came_later(&name);
            let foreign = device.altnames().any(foreign);
            let missing = |name| !self.is_its_name(name) && !device.has_altname(name);
            foreign || mine.iter().any(missing)
        })
    }

    /// Whether this is the name that it is to have: none that it can have besides.
    fn is_its_name(&self, name: &[u8]) -> bool {
        name == self.wanted.as_bytes()
    }

    /// Those of home, if they are to be put back.
    pub(super) fn own_altnames(&self) -> Option<&Altnames> {
        let home = self.home.as_ref()?;
        let wanted = self.restore & bit(setting::ALTNAMES) != 0;
        home.values.altnames.as_ref().filter(|_| wanted)
    }

    /// Whether an alternative name is not from home, and to be gone.
    fn is_foreign(&self, name: &Altname) -> bool {
        let mine = self.own_altnames();
        mine.is_some_and(|mine| !mine.contains(name.as_ref())) && !self.came_later(name)
    }

    /// Whether somebody gave it to the device after that had arrived.
    fn came_later(&self, name: &Altname) -> bool {
        let then = self
            .arrived_as
            .as_ref()
            .and_then(|then| then.values.altnames.as_ref());
        then.is_some_and(|then| !then.contains(name.as_ref()))
    }

    /// The alternative names that are not from home, if they are to be gone.
    pub(super) fn foreign_altnames<'a>(
        &'a self,
        device: &'a Device,
    ) -> impl Iterator<Item = Altname> + 'a {
        device.altnames().filter(|name| self.is_foreign(name))
    }

    /// Those of the own alternative names that a device has not.
    fn missing_altnames(&self, device: &Device) -> Result<KVec<&[u8]>> {
        let mut missing = KVec::new();
        for name in self.own_altnames().into_iter().flat_map(Altnames::iter) {
            if !self.is_its_name(name) && !device.has_altname(name) {
                missing.push(name, GFP_KERNEL)?;
            }
        }
        Ok(missing)
    }
}

/// What gives the devices of dying namespaces the alternative names that they had at home.
#[derive(Default)]
pub(super) struct AltnameRequests<'n> {
    requests: KVVec<(&'n Net, Request)>,
    devices: KVVec<DeviceId>,
}

impl<'n> AltnameRequests<'n> {
    /// Looks at all that are to leave. Without memory they are left for later.
    pub(super) fn of(state: &State, rtnl: &Rtnl, nets: &[&'n Net]) -> Self {
        let mut all = AltnameRequests::default();
        for net in nets {
            let mut from = 0;
            while let Some(device) = Device::find_from(rtnl, net, from) {
                from = device.ifindex() + 1;
                // Not worth a plan.
                if device.altnames().next().is_some() || state.had_altnames(device) {
                    let _ = all.look_at(state, rtnl, net, device);
                }
            }
        }
        all
    }

    fn look_at(&mut self, state: &State, rtnl: &Rtnl, net: &'n Net, device: &Device) -> Result {
        let plan = state.plan(rtnl, device, Ahead::Nobody);
        let Some(destination) = plan.destination else {
            return Ok(());
        };
        let journey = Journey::new(destination, device, Cause::Death)?;
        for request in altname_requests(&journey, rtnl, device)? {
            if !self.are_about(device) {
                self.devices.push(device.id(), GFP_KERNEL)?;
            }
            self.requests.push((net, request), GFP_KERNEL)?;
        }
        Ok(())
    }

    /// Whether there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.requests.is_empty()
    }

    /// Whether any is about this device.
    pub(super) fn are_about(&self, device: &Device) -> bool {
        self.devices.contains(&device.id())
    }

    /// Makes them. What is refused is put back after the move.
    pub(super) fn send(&mut self) {
        for (net, request) in core::mem::take(&mut self.requests) {
            let _ = rtnetlink::change_altnames(net, request);
        }
    }
}

/// What gives a device that is to leave the alternative names that it had at home, as far as those
/// are free there.
pub(super) fn altname_requests(
    journey: &Journey,
    rtnl: &Rtnl,
    device: &Device,
) -> Result<KVec<Request>> {
    let taken = |name: &Altname| device::altname_in_use(rtnl, &journey.target, name);
    let goes = |name: &Altname| {
        journey.is_foreign(name) || journey.is_its_name(name.as_ref()) || taken(name)
    };
    let mut requests = KVec::new();
    let mut names = device.altnames().filter(goes).peekable();
    while names.peek().is_some() && requests.len() < ALTNAME_REQUESTS {
        let mut request = Request::remove_altnames(device.ifindex())?;
        request.altnames(names.by_ref().take(ALTNAMES_AT_ONCE))?;
        requests.push(request, GFP_KERNEL)?;
    }
    for name in journey.missing_altnames(device)? {
        requests.push(add_altname(device.ifindex(), name)?, GFP_KERNEL)?;
    }
    Ok(requests)
}

fn add_altname(ifindex: u32, name: &[u8]) -> Result<Request> {
    let mut request = Request::add_altnames(ifindex)?;
    request.altnames(core::iter::once(name))?;
    Ok(request)
}

pub(super) fn remove_altname(ifindex: u32, name: &[u8]) -> Result<Request> {
    let mut request = Request::remove_altnames(ifindex)?;
    request.altnames(core::iter::once(name))?;
    Ok(request)
}

/// All names of a device.
pub(super) struct Names {
    pub(super) name: Name,
    altnames: KVec<Altname>,
}

impl Names {
    /// Those that it has now.
    pub(super) fn of(device: &Device) -> Result<Names> {
        let mut altnames = KVec::new();
        for name in device.altnames() {
            altnames.push(name, GFP_KERNEL_ACCOUNT)?;
        }
        Ok(Names {
            name: device.name().ok_or(ENODEV)?,
            altnames,
        })
    }

    /// Whether the device has other alternative names by now.
    pub(super) fn altnames_differ(&self, device: &Device) -> bool {
        let all = || device.altnames();
        let same = |(one, now): (&Altname, Altname)| one.as_ref() == now.as_ref();
        all().count() != self.altnames.len() || !self.altnames.iter().zip(all()).all(same)
    }

    /// What gives them back to the device, one by one: some may be taken by now.
    pub(super) fn requests(&self, device: &Device) -> Result<KVec<Request>> {
        let ifindex = device.ifindex();
        let mut requests = KVec::new();
        if device.name() != Some(self.name) {
            requests.push(Request::rename(ifindex, &self.name)?, GFP_KERNEL)?;
        }
        let had = |name: &Altname| {
            self.altnames
                .iter()
                .any(|one| one.as_ref() == name.as_ref())
        };
        for name in device.altnames().filter(|name| !had(name)) {
            requests.push(remove_altname(ifindex, name.as_ref())?, GFP_KERNEL)?;
        }
        for name in &self.altnames {
            if !device.has_altname(name.as_ref()) {
                requests.push(add_altname(ifindex, name.as_ref())?, GFP_KERNEL)?;
            }
        }
        Ok(requests)
    }
}

/// Removes the alternative names that were added inside.
pub(super) fn remove_foreign_altnames(journey: &mut Journey) -> Result {
    for _ in 0..ALTNAME_REQUESTS {
        let request = journey.look(|_, there| -> Result<Option<Request>> {
            let names = journey.foreign_altnames(there);
            let mut some = names.take(ALTNAMES_AT_ONCE).peekable();
            if some.peek().is_none() {
                return Ok(None);
            }
            let mut request = Request::remove_altnames(there.ifindex())?;
            request.altnames(some)?;
            Ok(Some(request))
        });
        let Some(request) = request.unwrap_or(Ok(None))? else {
            return Ok(());
        };
        journey.outcome.differing |= bit(setting::ALTNAMES);
        journey.outcome.touched = true;
        journey.request(request)?;
    }
    Err(EBUSY)
}

/// Gives back the alternative names that got lost inside.
pub(super) fn add_own_altnames(journey: &Journey) -> Result {
    let missing = (journey.look(|_, there| journey.missing_altnames(there))).transpose()?;
    let mut failed = Ok(());
    // One by one: of several, the kernel does not say which one is taken.
    for name in missing.iter().flatten() {
        failed = failed.and(journey.request(add_altname(journey.ifindex, name)?));
    }
    failed
}
