// SPDX-License-Identifier: MIT OR Apache-2.0

//! A network device: where it is, where it has been, what would become of it.

use homeward_abi::{fate_action, fate_reason, return_cause};
use nix::errno::Errno;

use super::Settings;

/// A network device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    /// Cookie of the network namespace that it is in.
    pub namespace: u64,
    /// Its index, unique in its network namespace.
    pub ifindex: u32,
    /// Its name.
    pub name: String,
    /// Its kind, for example veth. None for one without, as most physical devices are.
    pub kind: Option<String>,
    /// Whether the kernel itself would move it to the initial network namespace.
    pub physical: bool,
    /// Whether it cannot leave its network namespace.
    pub immovable: bool,
    /// Its IFF_* flags.
    pub flags: Option<u32>,
    /// Its home stack, oldest first. Empty when it is at home.
    pub homes: Vec<Home>,
    /// Whether alias and alternative names of the homes were left out for want of room.
    pub abridged: bool,
    /// What would happen if its network namespace died now.
    pub fate: Option<Fate>,
}

/// A network namespace that a device left, and how it was there.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Home {
    /// Cookie of that network namespace.
    pub namespace: u64,
    /// Whether that network namespace is live.
    pub alive: bool,
    /// The name that the device had there.
    pub name: Option<String>,
    /// Which boolean settings were set there.
    pub settings: Settings,
    /// The MTU there, in bytes.
    pub mtu: Option<u32>,
    /// The link-layer address there.
    pub address: Option<Vec<u8>>,
    /// The transmit queue length there, in packets.
    pub txqlen: Option<u32>,
    /// The device group there.
    pub group: Option<u32>,
    /// The alias there. None if there was none.
    pub alias: Option<String>,
    /// The alternative names there.
    pub altnames: Vec<String>,
    /// Largest GSO packet there, in bytes.
    pub gso_max_size: Option<u32>,
    /// Most segments of a GSO packet there.
    pub gso_max_segs: Option<u32>,
    /// Largest GRO packet there, in bytes.
    pub gro_max_size: Option<u32>,
    /// Largest IPv4 GSO packet there, in bytes.
    pub gso_ipv4_max_size: Option<u32>,
    /// Largest IPv4 GRO packet there, in bytes.
    pub gro_ipv4_max_size: Option<u32>,
}

/// What would become of a device if its network namespace died now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fate {
    /// What would happen.
    pub action: Action,
    /// Why.
    pub reason: Reason,
    /// With `Action::Return`, cookie of the network namespace that it would go to.
    pub destination: Option<u64>,
    /// With `Action::Return`, the name that it would get there.
    pub name: Option<String>,
}

/// What becomes of a device when its network namespace dies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Nothing, the initial network namespace never dies.
    Stay,
    /// Homeward moves it to its destination and puts it in order.
    Return,
    /// Left to the kernel.
    Kernel,
    /// Not known to this crate.
    Other(u32),
}

impl From<u32> for Action {
    fn from(value: u32) -> Self {
        match value {
            fate_action::STAY => Action::Stay,
            fate_action::RETURN => Action::Return,
            fate_action::KERNEL => Action::Kernel,
            other => Action::Other(other),
        }
    }
}

impl Action {
    /// Its name in the specification of the family.
    pub fn name(self) -> &'static str {
        match self {
            Action::Stay => "stay",
            Action::Return => "return",
            Action::Kernel => "kernel",
            Action::Other(_) => "unknown",
        }
    }
}

/// Why a device has its fate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// It is in the initial network namespace.
    Initial,
    /// The kernel refuses to move it.
    Immovable,
    /// Its devlink instance lives in the same network namespace.
    Devlink,
    /// Physical devices come home.
    Physical,
    /// Virtual devices die with their namespace.
    Virtual,
    /// Not known to this crate.
    Other(u32),
}

impl From<u32> for Reason {
    fn from(value: u32) -> Self {
        match value {
            fate_reason::INITIAL => Reason::Initial,
            fate_reason::IMMOVABLE => Reason::Immovable,
            fate_reason::DEVLINK => Reason::Devlink,
            fate_reason::PHYSICAL => Reason::Physical,
            fate_reason::VIRTUAL => Reason::Virtual,
            other => Reason::Other(other),
        }
    }
}

impl Reason {
    /// Its name in the specification of the family.
    pub fn name(self) -> &'static str {
        match self {
            Reason::Initial => "initial",
            Reason::Immovable => "immovable",
            Reason::Devlink => "devlink",
            Reason::Physical => "physical",
            Reason::Virtual => "virtual",
            Reason::Other(_) => "unknown",
        }
    }
}

/// How a device came home.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Return {
    /// What brought it home.
    pub cause: Cause,
    /// Cookie of the network namespace that it came from.
    pub from: Option<u64>,
    /// The name that it had there.
    pub from_name: Option<String>,
    /// The name recorded for this home; the device's name differs when that name was taken.
    pub home_name: Option<String>,
    /// The settings that differed and were put back.
    pub restored: Settings,
    /// The settings that could not be put back.
    pub failures: Vec<Failure>,
}

/// What brought a device home.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// Its network namespace died and Homeward brought it home.
    Death,
    /// Somebody else moved it.
    Moved,
    /// Not known to this crate.
    Other(u32),
}

impl From<u32> for Cause {
    fn from(value: u32) -> Self {
        match value {
            return_cause::DEATH => Cause::Death,
            return_cause::MOVED => Cause::Moved,
            other => Cause::Other(other),
        }
    }
}

impl Cause {
    /// Its name in the specification of the family.
    pub fn name(self) -> &'static str {
        match self {
            Cause::Death => "death",
            Cause::Moved => "moved",
            Cause::Other(_) => "unknown",
        }
    }
}

/// A setting that could not be put back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Failure {
    /// Which one.
    pub setting: Settings,
    /// Why.
    pub errno: Errno,
}
