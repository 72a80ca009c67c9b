// SPDX-License-Identifier: GPL-2.0-only

//! Putting devices in order that Homeward has moved home: names, settings, alternative names.
//!
//! Works through rtnetlink, so without RTNL; every look at a device is under RTNL anew, since
//! userspace may be at work on it already.

use kernel::prelude::*;

mod altnames;
mod programs;
mod settings;
mod up;

pub(crate) use altnames::{
    put_altnames_back,
    remove_foreign_altnames_in, //
};

use self::altnames::{
    add_own_altnames,
    has_altname,
    remove_foreign_altnames, //
};
use self::programs::{
    detach_programs,
    PROGRAMS, //
};
use self::settings::put_settings_back;
use crate::failures::Failures;
use crate::genl::Return;
use crate::homing::Cause;
use crate::net::device::{
    self,
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
use crate::policy::rules::ALL_SETTINGS;
use crate::policy::settings::Settings;
use crate::recorded::Home;
use crate::state::State;
use crate::uapi::{
    cmd,
    setting, //
};

/// How often another name is tried when somebody else takes the one just chosen.
const NAME_TRIES: usize = 4;

/// A device that has been moved home.
pub(crate) struct Landed {
    /// The namespace that it is in now, held until it is in order.
    pub(crate) target: NetRef,
    /// Tells it from another device that may have its index some day.
    pub(crate) id: DeviceId,
    /// Its index there.
    pub(crate) ifindex: u32,
    /// Cookie of the namespace that it came from.
    pub(crate) from: u64,
    /// Its name there.
    pub(crate) from_name: Name,
    /// The name that it should have.
    pub(crate) wanted: Name,
    /// How another one is made where that is taken.
    pub(crate) template: Template,
    /// The settings that are to be put back.
    pub(crate) restore: u32,
    /// How it was at home, if it ever had one.
    pub(crate) home: Option<Home>,
    /// Why it was moved.
    pub(crate) cause: Cause,
    /// What has been done about it.
    pub(crate) outcome: Outcome,
}

/// What has been done about a device.
#[derive(Default)]
pub(crate) struct Outcome {
    /// What differed in the beginning.
    differing: u32,
    /// What could not be put back.
    failed: u32,
    /// The same with the reasons.
    pub(crate) failures: Failures,
    /// What was put back, once that is known.
    pub(crate) restored: u32,
    /// The name that it has in the end; `None` if it is gone again.
    pub(crate) name: Option<Name>,
}

/// How a device is, beside how it should be.
struct Survey {
    name: Name,
    /// The name that it is to get: the one that it should have, or another where that is taken.
    free: Name,
    /// The settings that differ.
    differing: u32,
}

/// Puts devices in order and tells of their return.
pub(crate) fn put_in_order(state: &State, landed: &mut [Landed]) {
    // Most namespaces die without any, and need no RTNL for it.
    if landed.is_empty() {
        return;
    }
    if names_in_the_way(landed) {
        clear_names(landed);
    }
    let mut done = 0;
    while done < landed.len() {
        done += tell_those_in_order(state, landed, done);
        let Some(device) = landed.get_mut(done) else {
            return;
        };
        // What failed is in the outcome; a device that is gone again is told of below.
        let _ = restore(device);
        device.tell(state, &Rtnl::lock());
        done += 1;
    }
}

/// Whether any of them brought a name along that could stand in the way of another.
fn names_in_the_way(landed: &[Landed]) -> bool {
    let Some(names) = names_now(landed) else {
        return true;
    };
    // Without RTNL, as this takes the square of their number.
    let mut all = landed.iter().zip(&names).enumerate();
    all.any(|(at, (device, now))| now.is_some_and(|now| device.blocks(landed, at, &now)))
}

/// Their names as they are now, by one look at all; `None` if one has a foreign alternative name,
/// or if memory is short: then each is looked at by itself.
fn names_now(landed: &[Landed]) -> Option<KVVec<Option<Name>>> {
    let mut names = KVVec::with_capacity(landed.len(), GFP_KERNEL).ok()?;
    let rtnl = Rtnl::lock();
    for landed_device in landed {
        let device = landed_device.find(&rtnl);
        if device.is_some_and(|device| landed_device.foreign_altnames(device).next().is_some()) {
            return None;
        }
        names.push(device.and_then(Device::name), GFP_KERNEL).ok()?;
    }
    Some(names)
}

/// Takes away names that stand in each other's way: all foreign ones go before any own one comes.
fn clear_names(landed: &mut [Landed]) {
    for device in landed.iter_mut() {
        let removed = remove_foreign_altnames(device);
        device.note(setting::ALTNAMES, removed);
    }
    for at in 0..landed.len() {
        let moved_aside = unblock_name(landed, at);
        if let Some(device) = landed.get_mut(at) {
            device.note(setting::NAME, moved_aside);
        }
    }
}

/// Tells of those devices from `first` on with which nothing is to be done, up to one with which there
/// is; returns how many. Most come home so, and take the RTNL once together.
fn tell_those_in_order(state: &State, landed: &mut [Landed], first: usize) -> usize {
    let rtnl = Rtnl::lock();
    let rest = landed.iter_mut().skip(first);
    let in_order = rest.take_while(|device| device.is_in_order(&rtnl));
    in_order.map(|device| device.tell(state, &rtnl)).count()
}

impl Landed {
    /// Notes a failure.
    fn note(&mut self, bits: u32, result: Result) {
        if let Err(error) = result {
            self.outcome.failed |= bits;
            self.outcome.failures.push(bits, error);
        }
    }

    /// The device; `None` if it is gone.
    fn find<'a>(&self, rtnl: &'a Rtnl) -> Option<&'a Device> {
        Device::by_index(rtnl, &self.target, self.ifindex).filter(|device| device.id() == self.id)
    }

    /// Looks at the device; `None` if it is gone.
    fn look<R>(&self, look: impl FnOnce(&Rtnl, &Device) -> R) -> Option<R> {
        let rtnl = Rtnl::lock();
        self.find(&rtnl).map(|device| look(&rtnl, device))
    }

    /// Whether it is there. What it was like at home got lost on the way, so nothing but its name is
    /// put back, which is told.
    pub(crate) fn has_lost_its_home(&mut self) -> bool {
        let is_there = self.look(|_, _| ()).is_some();
        if is_there {
            let settings = self.restore & ALL_SETTINGS & !(setting::NAME | setting::UP);
            self.note(settings, Err(ENOMEM));
        }
        is_there
    }

    /// Asks rtnetlink for something.
    fn request(&self, request: Request) -> Result {
        Socket::open(&self.target)?.request(request)
    }

    /// Compares the device with its home; `ENODEV` if it is gone.
    fn survey(&self, rtnl: &Rtnl) -> Result<Survey> {
        let device = self.find(rtnl).ok_or(ENODEV)?;
        let name = device.name().ok_or(ENODEV)?;
        let taken = |other: &Name| *other != name && device::name_in_use(rtnl, &self.target, other);
        let free = naming::pick(self.wanted, &self.template, taken);
        let settings = device.settings();
        let mut differing = match &self.home {
            Some(home) => self.differing(home, device, &settings)?,
            None => 0,
        };
        if !device.is_up() {
            differing |= setting::UP;
        }
        // With all numbered names taken, the one that it has is as good as any.
        let free = free.unwrap_or(name);
        if name != free {
            differing |= setting::NAME;
        }
        differing &= self.restore;
        Ok(Survey {
            name,
            free,
            differing,
        })
    }

    /// Whether `restore()` would have nothing to do.
    fn is_in_order(&self, rtnl: &Rtnl) -> bool {
        let survey = self.survey(rtnl);
        survey.is_ok_and(|survey| survey.differing == 0 && !survey.name.is_refused_by_ip())
    }

    /// Whether its name, which may be changed, is the own name of another one.
    fn blocks(&self, landed: &[Landed], at: usize, now: &Name) -> bool {
        // Of several that want one name, the first gets it, whoever has it now: as foretold.
        let blocks = |(place, other): (usize, &Landed)| {
            place != at
                && other.wanted == *now
                && (self.wanted != *now || place < at)
                && other.target.cookie() == self.target.cookie()
        };
        self.restore & setting::NAME != 0 && landed.iter().enumerate().any(blocks)
    }

    fn differing(&self, home: &Home, device: &Device, settings: &Settings) -> Result<u32> {
        let mut differing = home.settings.differing(settings);
        let mut buf = [0; ALIAS_SIZE];
        if device.alias(&mut buf) != &home.alias[..] {
            differing |= setting::ALIAS;
        }
        if let Some(mine) = &home.altnames {
            let foreign = device.altnames().any(|name| !mine.contains(name.as_ref()));
            if foreign || mine.iter().any(|name| !has_altname(device, name)) {
                differing |= setting::ALTNAMES;
            }
        }
        if self.foreign_tcx(device).next().is_some() {
            differing |= setting::TCX;
        }
        if up::addresses_differ(&home.addresses, device) {
            differing |= setting::ADDRESSES;
        }
        Ok(differing)
    }

    /// Tells of the return of the device.
    fn tell(&mut self, state: &State, rtnl: &Rtnl) {
        let device = self.find(rtnl);
        if self.outcome.differing != 0 {
            // What cannot be compared is not claimed.
            let mut left = self.survey(rtnl).map_or(!0, |survey| survey.differing);
            // Another name, where that is taken, is not its own.
            if device.and_then(Device::name) != Some(self.wanted) {
                left |= setting::NAME;
            }
            self.outcome.restored = self.outcome.differing & !left;
        }
        if let Some(device) = device {
            state.tell_device(rtnl, cmd::DEV_RETURNED, device, Some(&self.how()));
        }
        self.outcome.name = device.and_then(Device::name);
        let stats = &state.stats;
        stats.restored.add(self.outcome.restored.count_ones());
        stats.not_restored.add(self.outcome.failed.count_ones());
        if self.outcome.failed & PROGRAMS != 0 {
            stats.programs_left.add(1);
            pr_warn!(
                "device {} is home with a program that was attached in namespace {}\n",
                self.ifindex,
                self.from
            );
        }
        if self.outcome.name.is_some_and(|name| name != self.wanted) {
            stats.name_clashes.add(1);
        }
    }

    /// How it came home.
    pub(crate) fn how(&self) -> Return<'_> {
        Return {
            cause: self.cause.uapi(),
            from: self.from,
            from_name: &self.from_name,
            home_name: self.home.as_ref().map(|_| &self.wanted),
            restored: self.outcome.restored,
            failures: self.outcome.failures.as_slice(),
        }
    }
}

/// Gives a device a passing name if its present one is the own name of another.
fn unblock_name(landed: &[Landed], at: usize) -> Result {
    let Some(device) = landed.get(at) else {
        return Ok(());
    };
    let now = device.look(|_, device| device.name()).flatten();
    match now {
        Some(now) if device.blocks(landed, at, &now) => set_name(device, &Name::PASSING),
        _ => Ok(()),
    }
}

fn set_name(device: &Landed, name: &Name) -> Result {
    let mut request = Request::set_link(device.ifindex, 0, 0)?;
    request.name(name)?;
    device.request(request)
}

/// Puts back everything that differs.
fn restore(device: &mut Landed) -> Result {
    let survey = device.survey(&Rtnl::lock())?;
    device.outcome.differing |= survey.differing;
    let landed_as = survey.name;
    let mut survey = rename(device, survey)?;
    if landed_as.is_refused_by_ip() {
        // IPv4 and IPv6 have refused it because of that name, and take it up at a change of the MTU.
        let touched = device.look(|rtnl, device| device.touch_mtu(rtnl));
        device.note(setting::MTU, touched.unwrap_or(Err(ENODEV)));
        survey = device.survey(&Rtnl::lock())?;
        device.outcome.differing |= survey.differing;
    }

    // First, as a driver may refuse an MTU because of a program.
    detach_programs(device, survey.differing);
    put_settings_back(device, survey)?;
    if device.restore & setting::ALTNAMES != 0 {
        let added = add_own_altnames(device);
        device.note(setting::ALTNAMES, added);
    }
    if device.restore & setting::UP != 0 {
        up::bring_up(device);
    }
    Ok(())
}

/// Gives a device its name; returns how it is then.
fn rename(device: &mut Landed, mut survey: Survey) -> Result<Survey> {
    for tries in 1..=NAME_TRIES {
        if survey.differing & setting::NAME == 0 {
            break;
        }
        let renamed = set_name(device, &survey.free);
        survey = device.survey(&Rtnl::lock())?;
        match renamed {
            // Taken since we looked: another one is free.
            Err(error) if error == EEXIST && tries < NAME_TRIES => {}
            other => {
                device.note(setting::NAME, other);
                break;
            }
        }
    }
    Ok(survey)
}
