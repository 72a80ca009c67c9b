// SPDX-License-Identifier: MIT OR Apache-2.0

//! A network device: where it is, where it has been, what would become of it.

use std::time::Duration;

use homeward_abi::setting;
use nix::errno::Errno;

use super::{Expected, Home, LinkAddress, Moved, Settings};

attributes! {
    dev;
    /// A network device.
    #[derive(Debug, Clone, PartialEq, Eq)]
    #[cfg_attr(feature = "serde", derive(serde::Serialize))]
    pub struct Device<N> {
        /// Cookie of the network namespace that it is in.
        namespace: N = NS_COOKIE or "device without network namespace",
        /// Its index, unique in its network namespace.
        ifindex: u32 = IFINDEX or "device without index",
        /// Its name.
        name: String = NAME or "device without name",
        /// Its kind, for example veth. None for one without, as with most physical devices.
        kind: Option<String> = KIND,
        /// Whether the kernel itself would move it to the initial network namespace.
        physical: bool = PHYSICAL,
        /// Whether it cannot leave its network namespace.
        immovable: bool = IMMOVABLE,
        /// Its IFF_* flags. None for a stuck one.
        #[cfg_attr(
            feature = "serde",
            serde(flatten, serialize_with = "super::serial::flags")
        )]
        flags: Option<u32> = FLAGS,
        /// Its home stack, oldest first, at most 8. Empty if it is at home.
        homes: Vec<Home<N>> = HOME,
        /// Whether settings, tcx programs and IP addresses of the homes were left out for lack of room.
        abridged: bool = ABRIDGED,
        /// What would happen if its network namespace died now. None for a stuck one.
        fate: Option<Fate<N>> = FATE,
        /// What an administrator decided about it.
        #[cfg_attr(
            feature = "serde",
            serde(serialize_with = "super::serial::mark")
        )]
        mark: Mark = MARK else Mark::None,
        /// The name that an administrator chose for it at home, overriding the recorded one.
        home_name: Option<String> = HOME_NAME,
        /// What is known of it when the kernel has unregistered it and cannot free it.
        stuck: Option<Stuck<N>> = STUCK,
        /// Its MTU, in bytes. None for a stuck one.
        mtu: Option<u32> = MTU,
        /// What it is to be like in the initial network namespace, whatever it was like when it left. A
        /// setting that is missing is no part of it.
        baseline: Option<Home<N>> = BASELINE,
        /// What it is like where it is. None in lists and events.
        #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
        now: Option<Home<N>> = NOW,
        /// Its permanent link-layer address, with colons. None if it has none.
        permanent_address: Option<LinkAddress> = PERMANENT_ADDRESS,
        /// The device that it belongs to, for example `0000:00:03.0`.
        parent: Option<String> = PARENT,
        /// The bus of that device, for example `pci`.
        parent_bus: Option<String> = PARENT_BUS,
        /// Which of the ports of that device it is.
        #[cfg_attr(
            feature = "serde",
            serde(skip_serializing_if = "super::serial::is_zero")
        )]
        dev_port: u32 = DEV_PORT,
        /// The same as some drivers have it.
        #[cfg_attr(
            feature = "serde",
            serde(skip_serializing_if = "super::serial::is_zero")
        )]
        dev_id: u32 = DEV_ID,
    }
}

impl Device {
    /// One of which nothing else is known.
    pub fn new(namespace: u64, ifindex: u32, name: impl Into<String>) -> Self {
        Device {
            namespace,
            ifindex,
            name: name.into(),
            kind: None,
            physical: false,
            immovable: false,
            flags: None,
            homes: Vec::new(),
            abridged: false,
            fate: None,
            mark: Mark::None,
            home_name: None,
            stuck: None,
            mtu: None,
            baseline: None,
            now: None,
            permanent_address: None,
            parent: None,
            parent_bus: None,
            dev_port: 0,
            dev_id: 0,
        }
    }
}

/// The names of IFF_* flags.
pub(super) fn flag_names(flags: u32) -> Vec<&'static str> {
    const NAMES: [(u32, &str); 15] = [
        (1 << 0, "up"),
        (1 << 1, "broadcast"),
        (1 << 2, "debug"),
        (1 << 3, "loopback"),
        (1 << 4, "pointopoint"),
        (1 << 6, "running"),
        (1 << 7, "noarp"),
        (1 << 8, "promisc"),
        (1 << 9, "allmulti"),
        (1 << 10, "master"),
        (1 << 11, "slave"),
        (1 << 12, "multicast"),
        (1 << 15, "dynamic"),
        (1 << 16, "lower-up"),
        (1 << 17, "dormant"),
    ];
    NAMES
        .iter()
        .filter(|(flag, _)| flags & flag != 0)
        .map(|(_, name)| *name)
        .collect()
}

impl<N> Device<N> {
    /// The names of its IFF_* flags.
    pub fn flag_names(&self) -> Vec<&'static str> {
        self.flags.map(flag_names).unwrap_or_default()
    }

    /// The most recent of its homes that are alive.
    pub fn home(&self) -> Option<&Home<N>> {
        self.homes.iter().rev().find(|home| home.alive)
    }

    /// The same with something else for each reference to a network namespace.
    pub fn map<M>(self, to: &impl Fn(N) -> M) -> Device<M> {
        Device {
            namespace: to(self.namespace),
            ifindex: self.ifindex,
            name: self.name,
            kind: self.kind,
            physical: self.physical,
            immovable: self.immovable,
            flags: self.flags,
            homes: self.homes.into_iter().map(|home| home.map(to)).collect(),
            abridged: self.abridged,
            fate: self.fate.map(|fate| Fate {
                action: fate.action,
                reason: fate.reason,
                destination: fate.destination.map(to),
                name: fate.name,
                rule: fate.rule,
                moved: fate.moved,
                settings: fate.settings,
            }),
            mark: self.mark,
            home_name: self.home_name,
            stuck: self.stuck.map(|stuck| Stuck {
                refs: stuck.refs,
                waiting_for: stuck.waiting_for,
                waiting: stuck.waiting.into_iter().map(to).collect(),
                waiting_count: stuck.waiting_count,
            }),
            mtu: self.mtu,
            baseline: self.baseline.map(|home| home.map(to)),
            now: self.now.map(|home| home.map(to)),
            permanent_address: self.permanent_address,
            parent: self.parent,
            parent_bus: self.parent_bus,
            dev_port: self.dev_port,
            dev_id: self.dev_id,
        }
    }
}

enumeration! {
    mark;
    /// What an administrator decided about one device.
    #[derive(Default)]
    pub enum Mark {
        /// Nothing; rules and defaults decide.
        #[default]
        None = NONE,
        /// It comes home, even if it is virtual.
        Keep = KEEP,
        /// It is left to the kernel, even if it is physical.
        Release = RELEASE,
    }
}

attributes! {
    stuck;
    /// A device that the kernel has unregistered and cannot free, because somebody still holds it.
    #[derive(Debug, Clone, PartialEq, Eq, Default)]
    #[cfg_attr(feature = "serde", derive(serde::Serialize))]
    pub struct Stuck<N> {
        /// References to it, one of which is the kernel's own; about a second old at most.
        refs: u32 = REFS,
        /// For how long it has been waiting.
        #[cfg_attr(
            feature = "serde",
            serde(rename = "for_ns", serialize_with = "super::serial::nanoseconds")
        )]
        waiting_for: Duration = FOR,
        /// Cookies of the network namespaces that are dead and cannot be cleaned up before this device
        /// is free; the first 64 of them.
        waiting: Vec<N> = WAITING,
        /// How many such network namespaces there are.
        waiting_count: u32 = WAITING_COUNT,
    }
}

attributes! {
    fate;
    /// What would happen to a device if its network namespace died now.
    #[derive(Debug, Clone, PartialEq, Eq)]
    #[cfg_attr(feature = "serde", derive(serde::Serialize))]
    pub struct Fate<N> {
        /// What would happen.
        action: Action = ACTION,
        /// Why.
        reason: Reason = REASON,
        /// With `Action::Return`, and with `Action::Wiphy` if it was there before, cookie of the
        /// network namespace that it would go to.
        destination: Option<N> = NS_COOKIE,
        /// Likewise, the name that it would get there.
        name: Option<String> = NAME,
        /// With `Reason::Rule`, the id of the rule.
        rule: Option<u32> = RULE,
        /// What would be restored if somebody else brought it to one of its homes before that. None for
        /// a virtual or an immovable device, and with `Action::Stay`.
        moved: Option<Moved> = MOVED,
        /// The settings that a rule or its baseline says something about. All others are to be as the
        /// home at its destination tells.
        settings: Vec<Expected> = SETTING,
    }
}

enumeration! {
    fate_action;
    /// What happens to a device when its network namespace dies.
    pub enum Action {
        /// Nothing, the initial network namespace never dies.
        Stay = STAY,
        /// Homeward moves it to its destination and restores its name and settings.
        Return = RETURN,
        /// Left to the kernel.
        Kernel = KERNEL,
        /// The kernel moves it to the initial network namespace together with its radio.
        Wiphy = WIPHY,
    }
}

enumeration! {
    fate_reason;
    /// Why a device has its fate.
    pub enum Reason {
        /// It is in the initial network namespace.
        Initial = INITIAL,
        /// The kernel refuses to move it.
        Immovable = IMMOVABLE,
        /// Its devlink instance lives in the same network namespace.
        Devlink = DEVLINK,
        /// Physical devices come home.
        Physical = PHYSICAL,
        /// Virtual devices die with their namespace.
        Virtual = VIRTUAL,
        /// An administrator marked it.
        Mark = MARK,
        /// A rule matches it.
        Rule = RULE,
        /// It is a tunnel whose packets travel in the dying namespace, so the kernel destroys it.
        Tunnel = TUNNEL,
        /// A rule matches it, but it is virtual and has no home where the rule could send it.
        NoHome = NO_HOME,
        /// The kernel destroys it with its lower device or its peer.
        Link = LINK,
        /// It belongs to a radio that the kernel itself moves.
        Wiphy = WIPHY,
    }
}

attributes! {
    returned;
    /// How a device came home.
    #[derive(Debug, Clone, PartialEq, Eq)]
    #[cfg_attr(feature = "serde", derive(serde::Serialize))]
    pub struct Return<N> {
        /// What brought it home.
        cause: Cause = CAUSE,
        /// Cookie of the network namespace that it came from.
        from: Option<N> = FROM_COOKIE,
        /// The name that it had there.
        from_name: Option<String> = FROM_NAME,
        /// The name recorded for this home.
        home_name: Option<String> = HOME_NAME,
        /// The settings that differed and were restored.
        #[cfg_attr(feature = "serde", serde(serialize_with = "super::serial::names"))]
        restored: Settings = RESTORED,
        /// The settings that could not be restored.
        failures: Vec<Failure> = FAILURE,
        /// It did not get the name recorded for this home, because another device has it.
        taken: bool = TAKEN,
        /// Those of `restored` that have the value that a rule fixes.
        #[cfg_attr(feature = "serde", serde(serialize_with = "super::serial::names"))]
        by_rule: Settings = BY_RULE,
        /// Those of `restored` that have the value of the baseline.
        #[cfg_attr(feature = "serde", serde(serialize_with = "super::serial::names"))]
        by_baseline: Settings = BY_BASELINE,
    }
}

impl<N> Return<N> {
    /// The same with something else for the reference to a network namespace.
    pub fn map<M>(self, to: &impl Fn(N) -> M) -> Return<M> {
        Return {
            cause: self.cause,
            from: self.from.map(to),
            from_name: self.from_name,
            home_name: self.home_name,
            restored: self.restored,
            failures: self.failures,
            taken: self.taken,
            by_rule: self.by_rule,
            by_baseline: self.by_baseline,
        }
    }
}

enumeration! {
    return_cause;
    /// What brought a device home.
    pub enum Cause {
        /// Its network namespace died and Homeward brought it home.
        Death = DEATH,
        /// Somebody else moved it.
        Moved = MOVED,
        /// An administrator recalled it.
        Recall = RECALL,
    }
}

attributes! {
    failure;
    /// A setting that could not be restored.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub struct Failure {
        /// Which one, by its number (`setting::MTU`).
        setting: u32 = SETTING,
        /// Why.
        errno: Errno = ERROR,
    }
}

impl Failure {
    /// Why, in words.
    pub fn reason(&self) -> &'static str {
        match (self.setting, self.errno) {
            (setting::ADDRESSES, Errno::ETIME) => {
                "some had a lifetime: DHCP or the router that gave them gives new ones"
            }
            (setting::ADDRESSES, Errno::E2BIG) => "there were more than 32 of a family",
            (setting::ADDRESSES, Errno::ENOMEM) => "there was no memory for some of them",
            (setting::ADDRESSES, Errno::EACCES) => "IPv6 is disabled there",
            (setting::ADDRESSES, Errno::EEXIST) => {
                "somebody gave it one of them in another way meanwhile"
            }
            (setting::UP, Errno::ETIMEDOUT) => "its driver took too long, and was interrupted",
            (setting::NAME, Errno::ECANCELED) => {
                "it arrived under its own name, and somebody there gave it another one since"
            }
            (_, other) => other.desc(),
        }
    }
}

/// A device that a recall brought home or could not bring home.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recalled {
    /// Cookie of the network namespace that it is in now.
    pub namespace: u64,
    /// Its index now.
    pub ifindex: u32,
    /// Its name now. None where the kernel does not tell, as of one that could not be moved.
    pub name: Option<String>,
    /// How it came home, or why it could not be moved.
    pub outcome: Result<Return, Errno>,
}

/// What a recall of all devices of a network namespace did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RecallAll {
    /// The devices, those that came home first. Empty, whatever the counts are, when they are too
    /// many to fit into the answer; there is an event for each in any case.
    pub devices: Vec<Recalled>,
    /// How many devices came home.
    pub returned: u32,
    /// How many devices could not be moved.
    pub failed: u32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn why_addresses_are_not_back_is_told_in_words() {
        for (setting, errno, expected) in [
            (setting::ADDRESSES, Errno::ETIME, "DHCP"),
            (setting::ADDRESSES, Errno::E2BIG, "more than 32"),
            (setting::ADDRESSES, Errno::ENOMEM, "no memory"),
            (setting::ADDRESSES, Errno::EACCES, "IPv6 is disabled"),
            (setting::ADDRESSES, Errno::EEXIST, "in another way"),
            (setting::UP, Errno::ETIMEDOUT, "took too long"),
            (
                setting::NAME,
                Errno::ECANCELED,
                "somebody there gave it another",
            ),
            (setting::MTU, Errno::E2BIG, "Argument list too long"),
        ] {
            let told = Failure { setting, errno }.reason();
            assert!(told.contains(expected), "{told}");
        }
    }

    #[test]
    fn flags_are_named_in_the_order_of_their_bits() {
        let names = ["up", "broadcast", "running", "multicast", "lower-up"];
        assert_eq!(flag_names(0x1_1043), names);
    }
}
