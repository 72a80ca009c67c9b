// SPDX-License-Identifier: GPL-2.0-only

//! A device on its way home: what it is to be like there, what differs, and what came of it.

use kernel::prelude::*;
use kernel::sync::Arc;

use super::plan::Destination;
use super::programs::PROGRAMS;
use super::{
    up,
    Cause,
    Sources, //
};
use crate::driver::Driver;
use crate::failures::Failures;
use crate::genl::Return;
use crate::net::compat::ecanceled;
use crate::net::device::{
    Device,
    DeviceId,
    ALIAS_SIZE, //
};
use crate::net::namespace::NetRef;
use crate::net::rtnetlink::{
    Request,
    Socket, //
};
use crate::net::rtnl::Rtnl;
use crate::policy::naming::{
    self,
    Name,
    Template, //
};
use crate::policy::settings::{
    bit,
    Settings, //
};
use crate::recorded::{
    Addresses,
    Home, //
};
use crate::rivals::Claim;
use crate::state::State;
use crate::uapi::{
    cmd,
    setting, //
};

/// A device that goes home.
pub(crate) struct Journey {
    /// The namespace that it goes to, held until it is in order there.
    pub(crate) target: NetRef,
    /// Tells it from another device that may have its index some day.
    pub(crate) id: DeviceId,
    /// Its index: there, once it has arrived.
    pub(crate) ifindex: u32,
    /// Cookie of the namespace that it comes from.
    pub(crate) from: u64,
    /// Its name there.
    pub(super) from_name: Name,
    /// How it arrived, if that is noted: what has been changed since then stands.
    pub(super) arrived_as: Option<KBox<Home>>,
    /// The name that it should have.
    pub(super) wanted: Name,
    /// The name that was free for it when it left, if any was.
    pub(super) free: Option<Name>,
    /// The index that it had there, 0 if that is not known.
    pub(super) home_ifindex: u32,
    /// A rule sends it to the initial namespace.
    pub(crate) sent: bool,
    /// How another name is made where its own is taken.
    template: Template,
    /// The settings that are to be put back.
    pub(super) restore: u64,
    /// How it is to be there, if that is known.
    pub(super) home: Option<Arc<Home>>,
    /// Where that comes from.
    sources: Sources,
    /// Why it is moved.
    cause: Cause,
    /// What has been done about it.
    pub(super) outcome: Outcome,
}

/// What has been done about a device.
#[derive(Default)]
pub(super) struct Outcome {
    /// It arrived under its own name.
    named: bool,
    /// Its return has been told.
    pub(super) told: bool,
    /// Something was done about it after it had arrived.
    pub(super) touched: bool,
    /// What differed in the beginning.
    pub(super) differing: u64,
    /// What could not be put back.
    failed: u64,
    /// The same with the reasons.
    failures: Failures,
    /// What was put back, once that is known.
    restored: u64,
    /// Another device has its name.
    taken: bool,
    /// The name that it has in the end; `None` if it is gone again.
    name: Option<Name>,
}

/// How a device is, beside how it should be.
pub(super) struct Survey {
    pub(super) name: Name,
    /// The name that it is to get: the one that it should have, or another where that is taken.
    pub(super) free: Name,
    /// The settings that differ.
    pub(super) differing: u64,
}

impl Journey {
    /// A device that has not left yet.
    pub(super) fn new(destination: Destination, device: &Device, cause: Cause) -> Result<Journey> {
        Ok(Journey {
            target: destination.net,
            id: device.id(),
            ifindex: device.ifindex(),
            from: device.net().cookie(),
            from_name: device.name().ok_or(EINVAL)?,
            arrived_as: None,
            wanted: destination.wanted,
            free: destination.name,
            home_ifindex: destination.ifindex,
            sent: destination.sent,
            template: destination.template,
            restore: destination.restore,
            home: destination.home,
            sources: destination.sources,
            cause,
            outcome: Outcome::default(),
        })
    }

    /// The name that the device gets by the move itself, if it is to get one. Not one that IPv4 and
    /// IPv6 refuse of a device that is new to them: they leave one alone that gets it later.
    pub(crate) fn name_on_arrival(&self) -> Option<Name> {
        self.free
            .filter(|name| self.is_named() && !name.is_refused_by_ip())
    }

    /// What it is to be like, for whoever moves it on before it is.
    pub(crate) fn home(&self) -> Option<Arc<Home>> {
        self.home.clone()
    }

    /// The name that the device has in the end; `None` if it is gone again.
    pub(crate) fn name(&self) -> Option<&Name> {
        self.outcome.name.as_ref()
    }

    /// The device is there.
    pub(crate) fn has_arrived(&mut self, device: &Device) {
        self.ifindex = device.ifindex();
        self.outcome.named = self.is_named() && device.name() == Some(self.wanted);
    }

    /// It is there and not in order yet: what somebody there changes from now on, as udev does, is to stand.
    // Or it would be on the stack of the move.
    #[inline(never)]
    pub(super) fn note_arrival(&mut self, device: &Device) -> Result {
        // What its driver knows is compared with home alone.
        let now = Home::record(device, Driver::default(), Addresses::new())?;
        self.arrived_as = Some(KBox::new(now, GFP_KERNEL)?);
        Ok(())
    }

    /// It has this name where it comes from, but for what was done to it for the journey.
    pub(super) fn leaves_as(&mut self, name: Name) {
        self.from_name = name;
        if name != self.wanted {
            self.differs(bit(setting::NAME));
        }
    }

    /// Its alternative names were not those of home, and have been made so.
    pub(super) fn had_other_altnames(&mut self) {
        if self.own_altnames().is_some() {
            self.differs(bit(setting::ALTNAMES));
        }
    }

    /// These settings differ from those of home.
    pub(super) fn differs(&mut self, bits: u64) {
        self.outcome.differing |= bits & self.restore;
    }

    /// Whether it arrives under the name that it should have, unless another device is in its way.
    pub(super) fn gets_its_name(&self) -> bool {
        self.name_on_arrival() == Some(self.wanted)
    }

    /// Whether it has arrived under it.
    pub(super) fn has_its_name(&self) -> bool {
        self.outcome.named
    }

    /// The name that it arrives under.
    pub(super) fn promise(&self) -> Claim {
        Claim {
            there: self.target.cookie(),
            name: self.name_on_arrival().unwrap_or(self.from_name),
        }
    }

    /// The name that it claims there until it has it.
    pub(super) fn claim(&self) -> Claim {
        Claim {
            there: self.target.cookie(),
            name: self.wanted,
        }
    }

    /// From now on its name is ours to change again.
    pub(super) fn gives_up_its_name(&mut self) {
        self.outcome.named = false;
        self.outcome.touched = true;
    }

    /// Notes that a setting could not be put back.
    pub(super) fn note(&mut self, id: u32, result: Result) {
        if let Err(error) = result {
            self.outcome.failed |= bit(id);
            self.outcome.failures.push(id, error);
        }
    }

    /// The device at home; `None` if it is not there.
    pub(super) fn find<'a>(&self, rtnl: &'a Rtnl) -> Option<&'a Device> {
        Device::by_index(rtnl, &self.target, self.ifindex).filter(|device| device.id() == self.id)
    }

    /// Looks at the device at home; `None` if it is not there.
    pub(crate) fn look<R>(&self, look: impl FnOnce(&Rtnl, &Device) -> R) -> Option<R> {
        let rtnl = Rtnl::lock();
        self.find(&rtnl).map(|device| look(&rtnl, device))
    }

    /// Asks rtnetlink at home for something.
    pub(super) fn request(&self, request: Request) -> Result {
        Socket::open(&self.target)?.request(request)
    }

    /// Compares the device with its home; `ENODEV` if it is not there.
    pub(super) fn survey(&self, rtnl: &Rtnl) -> Result<Survey> {
        let device = self.find(rtnl).ok_or(ENODEV)?;
        let name = device.name().ok_or(ENODEV)?;
        let taken = |other: &Name| self.is_taken(rtnl, other);
        let free = match self.outcome.named || self.is_named_by_its_mover(&name) {
            // It had its name. If it has another one now, somebody wants it so.
            true => name,
            // With all numbered names taken, the one that it has is as good as any.
            false => naming::pick(self.wanted, &self.template, taken).unwrap_or(name),
        };
        let mut differing = self.differing(device) | self.differing_in_driver(rtnl, device);
        if name != free {
            differing |= bit(setting::NAME);
        }
        if self.restore & bit(setting::ROUTES) != 0 && self.routes_differ(device) {
            differing |= bit(setting::ROUTES);
        }
        differing &= self.restore;
        Ok(Survey {
            name,
            free,
            differing,
        })
    }

    /// The settings that are not as they were at home, wherever the device is; not its name, nor
    /// what only its driver knows.
    pub(super) fn differing(&self, device: &Device) -> u64 {
        let mut differing = match device.is_up() {
            true => 0,
            false => bit(setting::UP),
        };
        let Some(home) = &self.home else {
            return differing;
        };
        let now = device.settings_for(&self.target);
        differing |= differing_from(home, &now, device);
        if let Some(then) = &self.arrived_as {
            differing &= !differing_from(then, &now, device);
        }
        if self.altnames_differ(device) {
            differing |= bit(setting::ALTNAMES);
        }
        if self.foreign_xdp(device).next().is_some() {
            differing |= bit(setting::XDP);
        }
        if self.foreign_tcx(device).next().is_some() {
            differing |= bit(setting::TCX);
        }
        if up::addresses_differ(&home.addresses, device) {
            differing |= bit(setting::ADDRESSES);
        }
        differing
    }

    /// What is not in its driver as it was at home. Of a device that is up a driver may tell what it has
    /// agreed on with its peer; it was down when this was recorded.
    pub(super) fn differing_in_driver(&self, rtnl: &Rtnl, device: &Device) -> u64 {
        let Some(home) = &self.home else {
            return 0;
        };
        let lists = home.values.lists.differing(rtnl, device);
        let keep = home.steering.as_deref();
        match keep.is_some_and(|keep| device.is_steered_otherwise(rtnl, keep)) {
            true => lists | bit(setting::STEERING),
            false => lists,
        }
    }

    /// Whether it lacks any of the static routes that it had. One that is down has none.
    fn routes_differ(&self, device: &Device) -> bool {
        let home = self.home.as_ref();
        let routes = home.and_then(|home| home.routes.as_deref());
        routes.is_some_and(|routes| !device.is_up() || routes.differ(device))
    }

    /// Whether it has this name instead of its own because another device has that.
    fn has_lost(&self, rtnl: &Rtnl, name: &Name) -> bool {
        let rightly = *name == self.wanted || self.is_named_by_its_mover(name);
        self.is_named() && !rightly && self.is_taken(rtnl, &self.wanted)
    }

    /// Whether another device there has this name; its own alternative name is free for it.
    fn is_taken(&self, rtnl: &Rtnl, name: &Name) -> bool {
        let found = Device::by_name(rtnl, &self.target, name);
        found.is_some_and(|found| found.id() != self.id)
    }

    /// Whether the mover has given it this name since it arrived.
    fn is_named_by_its_mover(&self, name: &Name) -> bool {
        let arrived_as = self.arrived_as.as_ref();
        let arrived_as = arrived_as.filter(|_| self.cause == Cause::Moved);
        arrived_as.is_some_and(|then| then.name != *name && self.wanted != *name)
    }

    /// Whether its name is to be put back.
    pub(super) fn is_named(&self) -> bool {
        self.restore & bit(setting::NAME) != 0
    }

    /// Whether nothing is to be put back.
    pub(super) fn is_in_order(&self, rtnl: &Rtnl) -> bool {
        let survey = self.survey(rtnl);
        survey.is_ok_and(|survey| {
            survey.differing == 0 && !(self.is_named() && survey.name.is_refused_by_ip())
        })
    }

    /// Tells of the return of a device that arrived in order, under its own name. By the RTNL of the
    /// move: nobody has been able to do anything about it yet.
    pub(super) fn tell_at_once(&mut self, state: &State, rtnl: &Rtnl) {
        if self.outcome.named && self.is_in_order(rtnl) {
            self.tell(state, rtnl);
        }
    }

    /// The settings that were not as at home when the device arrived, and are not now.
    fn never_restored(&self, device: &Device) -> u64 {
        let (Some(home), Some(then)) = (&self.home, &self.arrived_as) else {
            return 0;
        };
        let (home, then) = (home, &then.values);
        let alias = match then.alias == home.values.alias {
            true => 0,
            false => bit(setting::ALIAS),
        };
        let then = alias | home.values.fixed_size.differing(&then.fixed_size);
        then & differing_from(home, &device.settings_for(&self.target), device)
    }

    /// Tells of the return of the device.
    pub(super) fn tell(&mut self, state: &State, rtnl: &Rtnl) {
        let device = self.find(rtnl);
        let name = device.and_then(Device::name);
        let renamed = self.outcome.named && name.is_some_and(|name| name != self.wanted);
        self.outcome.taken = name.is_some_and(|name| !renamed && self.has_lost(rtnl, &name));
        if renamed {
            self.note(setting::NAME, Err(ecanceled()));
        }
        let mut left = 0;
        if self.outcome.differing != 0 {
            // What cannot be compared is not claimed.
            left = self.survey(rtnl).map_or(!0, |survey| survey.differing);
            // What it came with, and what others have made of that since, is not what it had.
            left |= device.map_or(0, |device| self.never_restored(device));
            // Another name, where that is taken, is not its own.
            if name != Some(self.wanted) {
                left |= bit(setting::NAME);
            }
            // The one of home is not back because that of inside is gone.
            let replaced = self.outcome.failed & bit(setting::XDP);
            self.outcome.restored = self.outcome.differing & !left & !replaced;
        }
        state.devices.lock().settled(self);
        if let Some(device) = device {
            if self.outcome.touched {
                // Not all of what was done has been told to those who listen there.
                device.announce(rtnl);
            }
            state.tell_device(rtnl, cmd::DEV_RETURNED, device, Some(&self.how()));
        }
        self.outcome.told = true;
        self.outcome.name = name;
        let stats = &state.stats;
        stats.restored.add(self.outcome.restored.count_ones());
        stats.not_restored.add(self.outcome.failed.count_ones());
        if self.outcome.failed & left & PROGRAMS != 0 {
            stats.programs_left.add(1);
            pr_warn!(
                "device {} is home with a program or a filter of namespace {}\n",
                self.ifindex,
                self.from
            );
        }
        stats.name_clashes.add(u32::from(self.outcome.taken));
    }

    /// How it came home.
    pub(crate) fn how(&self) -> Return<'_> {
        Return {
            cause: self.cause.uapi(),
            from: self.from,
            from_name: &self.from_name,
            home_name: self.home.as_ref().map(|_| &self.wanted),
            restored: self.outcome.restored,
            sources: self.sources,
            failures: self.outcome.failures.as_slice(),
            taken: self.outcome.taken,
        }
    }
}

/// The settings of a device that are not as they were then, of those of fixed size, and the alias.
fn differing_from(then: &Home, now: &Settings, device: &Device) -> u64 {
    let mut buf = [0; ALIAS_SIZE];
    let alias = match device.alias(&mut buf) == &then.values.alias[..] {
        true => 0,
        false => bit(setting::ALIAS),
    };
    alias | then.values.fixed_size.differing(now)
}
