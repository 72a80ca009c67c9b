// SPDX-License-Identifier: MIT OR Apache-2.0

//! The rules of the policy.

use homeward_abi::{moved, rule_action, rule_class};

use super::Settings;

/// A rule of the policy: at a death, the first rule decides whose conditions all match the device.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Rule {
    /// Its number, from 1, never used twice while the module is loaded.
    pub id: u32,
    /// Pattern of the name that the device had in the initial namespace. None matches all.
    pub name: Option<String>,
    /// Kind of the device. None matches all.
    pub kind: Option<String>,
    /// Class of the device. None matches all.
    pub class: Option<RuleClass>,
    /// What happens to a device that matches.
    pub action: RuleAction,
    /// The name for a device whose name is taken. None is `%s_%d`.
    pub template: Option<String>,
    /// The settings to restore.
    #[cfg_attr(feature = "serde", serde(serialize_with = "super::serial::names"))]
    pub restore: Settings,
    /// What is restored of a device that somebody else brings to one of its homes.
    pub moved: Moved,
    /// How many devices it has decided about at a death.
    pub hits: u64,
}

/// A rule to be added. The default value has all devices come home.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NewRule {
    /// Id of the rule that it is put before. None makes it the last one.
    pub before: Option<u32>,
    /// Pattern, 1 to 31 bytes, of the name that the device should have at home: `*` stands for any
    /// number of characters, `?` for one. None matches all.
    pub name: Option<String>,
    /// Kind of the device, 1 to 15 bytes, compared exactly. None matches all.
    pub kind: Option<String>,
    /// Class of the device. None matches all.
    pub class: Option<RuleClass>,
    /// What happens to a device that matches.
    pub action: RuleAction,
    /// The name, at most 15 bytes, for a device whose name is taken: `%s` stands for the name, at
    /// most once, and `%d` for the lowest number that yields a free name, exactly once. None is
    /// `%s_%d`.
    pub template: Option<String>,
    /// The settings to restore, addresses only together with up. None is
    /// [`Settings::DEFAULT`].
    pub restore: Option<Settings>,
    /// What is restored of a device that somebody else brings to one of its homes. None is
    /// `Leave` with `RuleAction::Kernel` or `RuleClass::Virtual`, which allow nothing else,
    /// otherwise `Settings`.
    pub moved: Option<Moved>,
}

/// What happens to a device that a rule matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RuleAction {
    /// It comes home, to its most recent living home.
    #[default]
    Return,
    /// It goes to the initial network namespace, even if another home is alive.
    Init,
    /// It is left to the kernel.
    Kernel,
    /// Not known to this crate.
    Other(u32),
}

impl From<u32> for RuleAction {
    fn from(value: u32) -> Self {
        match value {
            rule_action::RETURN => RuleAction::Return,
            rule_action::INIT => RuleAction::Init,
            rule_action::KERNEL => RuleAction::Kernel,
            other => RuleAction::Other(other),
        }
    }
}

impl From<RuleAction> for u32 {
    fn from(action: RuleAction) -> Self {
        match action {
            RuleAction::Return => rule_action::RETURN,
            RuleAction::Init => rule_action::INIT,
            RuleAction::Kernel => rule_action::KERNEL,
            RuleAction::Other(other) => other,
        }
    }
}

impl RuleAction {
    /// Its name in the specification of the family.
    pub fn name(self) -> &'static str {
        match self {
            RuleAction::Return => "return",
            RuleAction::Init => "init",
            RuleAction::Kernel => "kernel",
            RuleAction::Other(_) => "unknown",
        }
    }
}

/// A class of devices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RuleClass {
    /// Physical devices, see [`Device::physical`](super::Device::physical).
    Physical,
    /// All others.
    Virtual,
    /// Not known to this crate.
    Other(u32),
}

impl From<u32> for RuleClass {
    fn from(value: u32) -> Self {
        match value {
            rule_class::PHYSICAL => RuleClass::Physical,
            rule_class::VIRTUAL => RuleClass::Virtual,
            other => RuleClass::Other(other),
        }
    }
}

impl From<RuleClass> for u32 {
    fn from(class: RuleClass) -> Self {
        match class {
            RuleClass::Physical => rule_class::PHYSICAL,
            RuleClass::Virtual => rule_class::VIRTUAL,
            RuleClass::Other(other) => other,
        }
    }
}

impl RuleClass {
    /// Its name in the specification of the family.
    pub fn name(self) -> &'static str {
        match self {
            RuleClass::Physical => "physical",
            RuleClass::Virtual => "virtual",
            RuleClass::Other(_) => "unknown",
        }
    }
}

/// What is restored of a physical device that somebody else brings to one of its homes: a container
/// runtime, an administrator. What the mover sets, by the same request or later, stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moved {
    /// Nothing.
    Leave,
    /// Its settings, but for name, up and addresses.
    Settings,
    /// What would be restored at a death.
    All,
    /// Not known to this crate.
    Other(u32),
}

impl From<u32> for Moved {
    fn from(value: u32) -> Self {
        match value {
            moved::LEAVE => Moved::Leave,
            moved::SETTINGS => Moved::Settings,
            moved::ALL => Moved::All,
            other => Moved::Other(other),
        }
    }
}

impl From<Moved> for u32 {
    fn from(moved: Moved) -> Self {
        match moved {
            Moved::Leave => moved::LEAVE,
            Moved::Settings => moved::SETTINGS,
            Moved::All => moved::ALL,
            Moved::Other(other) => other,
        }
    }
}

impl Moved {
    /// Its name in the specification of the family.
    pub fn name(self) -> &'static str {
        match self {
            Moved::Leave => "leave",
            Moved::Settings => "settings",
            Moved::All => "all",
            Moved::Other(_) => "unknown",
        }
    }
}
