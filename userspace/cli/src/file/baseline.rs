// SPDX-License-Identifier: GPL-2.0-only

//! The file of baselines, kept over boots: a device is known again by what it is, never by its name alone.

use std::fs;
use std::ops::RangeInclusive;
use std::path::Path;

use homeward_client::model::{setting, Device, Home, Value};
use nix::sys::utsname::uname;
use serde::{Deserialize, Serialize};

use crate::command::now;

/// What the file says it is.
const FORMAT: &str = "homeward-baseline";
/// The version that is written.
const VERSION: u32 = 2;
/// Those that are read: the first did not say where and when a baseline was taken.
const READ: RangeInclusive<u32> = 1..=VERSION;

/// NET_ADDR_RANDOM: the kernel made the address up, and makes up another one at the next boot.
const RANDOM: u64 = 1;
/// The settings that are a random address.
const OF_ADDRESS: [u32; 2] = [setting::ADDRESS, setting::ADDR_ASSIGN_TYPE];
/// The settings whose bits mean something else in another kernel.
const OF_KERNEL: [u32; 2] = [setting::FEATURES, setting::PRIVATE_FLAGS];

/// Baselines of devices.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Baselines {
    format: String,
    version: u32,
    /// One for each device.
    pub(crate) devices: Vec<Saved>,
}

/// A device: how to know it again, and its baseline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Saved {
    /// Its name when the baseline was taken; for people.
    pub(crate) name: String,
    #[serde(flatten)]
    identity: Identity,
    /// Where and when that was.
    #[serde(default)]
    taken: Origin,
    baseline: Home,
}

/// What a device is known by, whatever it is called.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Identity {
    /// None also for one that has another address at each boot.
    permanent_address: Option<String>,
    parent_bus: Option<String>,
    parent: Option<String>,
    #[serde(default)]
    dev_port: u32,
    #[serde(default)]
    dev_id: u32,
    /// Whatever its permanent address is now, as that may be another one at each boot.
    #[serde(default)]
    any_address: bool,
}

/// The machine, the boot and the kernel in which something was taken, and when.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Origin {
    machine: Option<String>,
    boot: Option<String>,
    kernel: Option<String>,
    /// CLOCK_BOOTTIME, in nanoseconds.
    time_ns: u64,
}

/// The device to which a baseline belongs.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Found<'a> {
    /// This one.
    One(&'a Device),
    /// None that is there.
    None,
    /// More than one that is there.
    Several,
    /// There is one in its place, but the baseline is of another machine, and nothing but the place tells
    /// that it is the same.
    Foreign,
}

/// Why the baseline of a device cannot be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unknowable {
    /// Nothing tells it from others.
    Nothing,
    /// This tells it from all others but some.
    Twin,
}

impl Unknowable {
    /// In words.
    pub(crate) fn reason(self) -> &'static str {
        match self {
            Unknowable::Nothing => "it has neither a permanent address nor a place on a bus: after a boot it could not be told from others",
            Unknowable::Twin => "another device has the same permanent address, place and port: after a boot they could not be told apart",
        }
    }
}

/// Whether a device is a VF, whose address is often another one at each boot.
fn is_vf(device: &Device) -> bool {
    let (bus, name) = (device.parent_bus.as_deref(), device.parent.as_deref());
    let devices = Path::new("/sys/bus/pci/devices");
    bus == Some("pci") && name.is_some_and(|name| devices.join(name).join("physfn").exists())
}

/// Whether a device calls an address its own that was made up for this boot, as drivers of VFs do.
fn is_made_up(device: &Device, baseline: &Home) -> bool {
    let address = match baseline.settings.get(&setting::ADDRESS) {
        Some(Value::Address(address)) => address,
        _ => return false,
    };
    let own = device.permanent_address.as_ref();
    is_random(baseline) && own.is_some_and(|own| own.0 == *address)
}

/// Whether this home tells that the address was made up by the kernel.
fn is_random(home: &Home) -> bool {
    home.number(setting::ADDR_ASSIGN_TYPE) == Some(RANDOM)
}

fn address_of(device: &Device) -> Option<String> {
    device.permanent_address.as_ref().map(ToString::to_string)
}

impl Origin {
    /// This machine and boot, and now.
    pub(crate) fn here() -> Self {
        let word = |path| {
            let text = fs::read_to_string(path).ok()?;
            let text = text.trim();
            // At a first boot it may be "uninitialized".
            let digit = |letter: char| letter.is_ascii_hexdigit() || letter == '-';
            (text.len() >= 32 && text.chars().all(digit)).then(|| text.to_owned())
        };
        let system = uname().ok();
        Origin {
            machine: word("/etc/machine-id"),
            boot: word("/proc/sys/kernel/random/boot_id"),
            kernel: system.map(|system| system.release().to_string_lossy().into_owned()),
            time_ns: u64::try_from(now().as_nanos()).unwrap_or(u64::MAX),
        }
    }

    /// The same of both, which is not known of neither.
    fn same(one: Option<&String>, other: Option<&String>) -> bool {
        one.is_some() && one == other
    }
}

impl Identity {
    /// That of a device with a baseline; None if nothing tells it from others.
    fn of(device: &Device, baseline: &Home) -> Option<Self> {
        let address = address_of(device);
        let placed = device.parent.is_some();
        let any_address =
            placed && address.is_some() && (is_made_up(device, baseline) || is_vf(device));
        let known = placed || address.is_some();
        known.then(|| Identity {
            permanent_address: address.filter(|_| !any_address),
            parent_bus: device.parent_bus.clone(),
            parent: device.parent.clone(),
            dev_port: device.dev_port,
            dev_id: device.dev_id,
            any_address,
        })
    }

    fn is_placed(&self, device: &Device) -> bool {
        self.parent_bus == device.parent_bus
            && self.parent == device.parent
            && self.dev_port == device.dev_port
            && self.dev_id == device.dev_id
    }

    /// Whether a device is known by all of it.
    fn fits(&self, device: &Device) -> bool {
        let address = self.any_address || self.permanent_address == address_of(device);
        can_have_one(device) && self.is_placed(device) && address
    }

    /// Whether a device has its address, wherever it is on its bus.
    fn has_address(&self, device: &Device) -> bool {
        let address = self.permanent_address.as_ref();
        can_have_one(device) && address.is_some_and(|own| Some(own) == address_of(device).as_ref())
    }
}

/// Whether a device can have a baseline at all.
fn can_have_one(device: &Device) -> bool {
    device.physical && !device.immovable
}

/// The one, if there is just one.
fn only<T>(mut all: impl Iterator<Item = T>) -> Option<T> {
    all.next().filter(|_| all.next().is_none())
}

impl Saved {
    /// What is to be kept of a device that has a baseline, among all that there are.
    pub(crate) fn of(device: &Device, baseline: &Home, all: &[Device]) -> Result<Self, Unknowable> {
        let identity = Identity::of(device, baseline).ok_or(Unknowable::Nothing)?;
        let twins = all.iter().filter(|other| identity.fits(other));
        if twins.count() > 1 {
            return Err(Unknowable::Twin);
        }
        Ok(Saved {
            name: baseline.name.clone().unwrap_or_default(),
            identity,
            taken: Origin::here(),
            baseline: baseline.clone(),
        })
    }

    /// What holds of it here and now, as a baseline of the initial namespace of this boot; and the settings
    /// that do not, as their bits mean something else in this kernel.
    pub(crate) fn baseline(&self, initial: u64, here: &Origin) -> (Home, Vec<u32>) {
        let mut home = self.baseline.clone();
        home.namespace = initial;
        // Programs are no part of it, though an older module told them.
        home.xdp_programs.clear();
        home.xdp_links.clear();
        home.tcx_programs.clear();
        home.tcx_links.clear();
        home.steering = None;
        let taken = &self.taken;
        if !Origin::same(taken.boot.as_ref(), here.boot.as_ref()) {
            if is_random(&home) {
                home.settings.retain(|id, _| !OF_ADDRESS.contains(id));
            }
            for address in &mut home.addresses {
                // The clock of another boot: what was deprecated is, the rest is for good.
                let passed = |until: &u64| *until <= taken.time_ns;
                address.preferred_until = address.preferred_until.filter(passed).map(|_| 1);
            }
        }
        let mut others = Vec::new();
        if !self.is_of_kernel(here) {
            others.extend(
                OF_KERNEL
                    .into_iter()
                    .filter(|id| home.settings.contains_key(id)),
            );
            home.settings.retain(|id, _| !OF_KERNEL.contains(id));
        }
        (home, others)
    }

    fn is_of_kernel(&self, here: &Origin) -> bool {
        Origin::same(self.taken.kernel.as_ref(), here.kernel.as_ref())
    }

    /// The kernel in which it was taken.
    pub(crate) fn kernel(&self) -> &str {
        self.taken
            .kernel
            .as_deref()
            .unwrap_or("of an unknown version")
    }

    /// The same, if that is another one and a setting of it means something else
    /// here.
    pub(crate) fn other_kernel(&self, here: &Origin) -> Option<&str> {
        let settings = &self.baseline.settings;
        let concerned = OF_KERNEL.iter().any(|id| settings.contains_key(id));
        (concerned && !self.is_of_kernel(here)).then(|| self.kernel())
    }

    /// Whether the module has just this of a device.
    pub(crate) fn is(known: &Home, baseline: &Home) -> bool {
        let mut known = known.clone();
        // An older module tells them.
        known.xdp_programs.clear();
        known.xdp_links.clear();
        known.tcx_programs.clear();
        known.tcx_links.clear();
        known.steering = None;
        known == *baseline
    }
}

impl Baselines {
    /// None yet.
    pub(crate) fn new() -> Self {
        Baselines {
            format: FORMAT.to_owned(),
            version: VERSION,
            devices: Vec::new(),
        }
    }

    /// Reads a file; why it is none if it is none.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let read: Self = serde_json::from_str(text)
            .map_err(|error| format!("it is no file of baselines ({error})"))?;
        match (read.format.as_str(), read.version) {
            (FORMAT, version) if READ.contains(&version) => Ok(Baselines {
                version: VERSION,
                ..read
            }),
            (FORMAT, version) => Err(format!(
                "it has version {version} of the format, and this command reads up to version {VERSION}"
            )),
            (other, _) => Err(format!("its format is '{}'", other.escape_default())),
        }
    }

    /// The text of a file.
    pub(crate) fn render(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string_pretty(self).map(|text| text + "\n")
    }

    /// The device of one of them: by address and place, or by its address alone if it is in another place,
    /// as PCI numbers others after a change, and no other device and no other baseline has that address.
    pub(crate) fn find<'a>(
        &self,
        saved: &Saved,
        devices: &'a [Device],
        here: &Origin,
    ) -> Found<'a> {
        let identity = &saved.identity;
        let mut fitting = devices.iter().filter(|device| identity.fits(device));
        match (fitting.next(), fitting.next()) {
            (Some(one), None) => {
                let local = saved.taken.machine == here.machine;
                match local || identity.permanent_address.is_some() {
                    true => Found::One(one),
                    false => Found::Foreign,
                }
            }
            (Some(_), Some(_)) => Found::Several,
            (None, _) => self.find_moved(identity, devices),
        }
    }

    fn find_moved<'a>(&self, identity: &Identity, devices: &'a [Device]) -> Found<'a> {
        let others = || self.devices.iter().map(|saved| &saved.identity);
        let moved = only(devices.iter().filter(|device| identity.has_address(device)));
        let is_theirs = |device: &&Device| others().any(|other| other.fits(device));
        let address = identity.permanent_address.as_ref();
        let twin = others().filter(|other| other.permanent_address.as_ref() == address);
        match moved.filter(|device| !is_theirs(device)) {
            Some(device) if twin.count() == 1 => Found::One(device),
            _ => Found::None,
        }
    }

    /// Takes one in, in the place of older ones of the same device, and of what was in its place before and
    /// is no longer there.
    pub(crate) fn put(&mut self, saved: Saved, device: &Device, all: &[Device]) {
        self.forget(device, all);
        self.devices.push(saved);
    }

    /// Forgets what there is of a device, and of what was in its place and is no longer there.
    pub(crate) fn forget(&mut self, device: &Device, all: &[Device]) {
        self.devices.retain(|saved| {
            let identity = &saved.identity;
            let there = all.iter().any(|other| identity.fits(other));
            let placed = device.parent.is_some() && identity.is_placed(device);
            let moved = only(all.iter().filter(|other| identity.has_address(other)));
            let moved = moved.is_some_and(|one| {
                one.ifindex == device.ifindex && one.namespace == device.namespace
            });
            !(identity.fits(device) || !there && (placed || moved))
        });
    }

    /// Forgets those of these names that belong to no device, all of those if no name is given; returns the
    /// names that it has forgotten.
    pub(crate) fn forget_absent(
        &mut self,
        names: &[String],
        devices: &[Device],
        here: &Origin,
    ) -> Vec<String> {
        let named = |saved: &Saved| names.is_empty() || names.contains(&saved.name);
        let absent = self.absent(devices, here);
        let absent: Vec<_> = absent
            .into_iter()
            .filter(|saved| named(saved))
            .cloned()
            .collect();
        self.devices.retain(|saved| !absent.contains(saved));
        absent.into_iter().map(|saved| saved.name).collect()
    }

    /// Those that belong to no device that is there.
    pub(crate) fn absent(&self, devices: &[Device], here: &Origin) -> Vec<&Saved> {
        let is_absent = |saved: &&Saved| {
            let found = self.find(saved, devices, here);
            matches!(found, Found::None | Found::Foreign)
        };
        self.devices.iter().filter(is_absent).collect()
    }
}

#[cfg(test)]
mod tests;
