// SPDX-License-Identifier: MIT OR Apache-2.0

//! The rules of the policy.

use super::{Settings, Values};

attributes! {
    rule;
    /// A rule of the policy: at a death, the first rule decides whose conditions all match the device.
    #[derive(Debug, Clone, PartialEq, Eq)]
    #[cfg_attr(feature = "serde", derive(serde::Serialize))]
    pub struct Rule {
        /// Its number, from 1, never used twice while the module is loaded.
        id: u32 = ID or "rule without id",
        /// Pattern of the name that the device had in the initial namespace. None matches all.
        name: Option<String> = NAME,
        /// Kind of the device. None matches all.
        kind: Option<String> = KIND,
        /// Class of the device. None matches all.
        class: Option<RuleClass> = CLASS,
        /// What happens to a device that matches.
        action: RuleAction = ACTION or "rule without action",
        /// The name for a device whose name is taken. None is `%s_%d`.
        template: Option<String> = TEMPLATE,
        /// The settings to restore.
        #[cfg_attr(feature = "serde", serde(serialize_with = "super::serial::names"))]
        restore: Settings = RESTORE else Settings::DEFAULT,
        /// What is restored of a device that somebody else brings to one of its homes.
        moved: Moved = MOVED else Moved::Leave,
        /// How many devices it has decided about at a death.
        hits: u64 = HITS,
        /// The values that settings are to have at the destination, instead of those that they had.
        #[cfg_attr(feature = "serde", serde(serialize_with = "super::serial::settings::serialize"))]
        set: Values = SET,
    }
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
    /// The settings to restore, addresses only together with up. None and [`Settings::DEFAULT`] are
    /// what the module restores by default, which are others if it is of another version.
    pub restore: Option<Settings>,
    /// What is restored of a device that somebody else brings to one of its homes. None is
    /// `Leave` with `RuleAction::Kernel` or `RuleClass::Virtual`, which allow nothing else,
    /// otherwise `Settings`.
    pub moved: Option<Moved>,
    /// The values that settings are to have at the destination, instead of those that they had when the
    /// device left or in its baseline; not with `RuleAction::Kernel`.
    pub set: Values,
}

enumeration! {
    rule_action;
    /// What happens to a device that a rule matches.
    #[derive(Default)]
    pub enum RuleAction {
        /// It comes home, to its most recent living home.
        #[default]
        Return = RETURN,
        /// It goes to the initial network namespace, even if another home is alive.
        Init = INIT,
        /// It is left to the kernel.
        Kernel = KERNEL,
    }
}

enumeration! {
    rule_class;
    /// A class of devices.
    pub enum RuleClass {
        /// Physical devices, see [`Device::physical`](super::Device::physical).
        Physical = PHYSICAL,
        /// All others.
        Virtual = VIRTUAL,
    }
}

enumeration! {
    moved;
    /// What is restored of a physical device that somebody else brings to one of its homes: a container
    /// runtime, an administrator. What the mover sets, by the same request or later, stands.
    pub enum Moved {
        /// Nothing.
        Leave = LEAVE,
        /// Its settings, but for name, up and addresses.
        Settings = SETTINGS,
        /// What would be restored at a death.
        All = ALL,
    }
}
