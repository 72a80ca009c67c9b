// SPDX-License-Identifier: MIT OR Apache-2.0

//! Something that happened.

use std::time::Duration;

use homeward_abi::cmd;

use super::{Device, Namespace, Return};

/// Something that happened to a network namespace or to a device away from home.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Its number since the module was loaded, from 1, without gaps.
    pub seq: u64,
    /// When it happened (CLOCK_BOOTTIME).
    pub time: Duration,
    /// What happened.
    pub kind: EventKind,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EventKind {
    /// A network namespace was created.
    NamespaceBorn(Namespace),
    /// The kernel began to take down a network namespace.
    NamespaceDying(Namespace),
    /// A network namespace is gone.
    NamespaceGone(Namespace),
    /// A device left a network namespace and is now away from home.
    DeviceAway(Device),
    /// A device came home.
    DeviceReturned(Device, Option<Return>),
    /// A device was destroyed while it was away from home.
    DeviceDestroyed(Device),
    /// The kernel has unregistered a device and cannot free it; see [`Device::stuck`]. Sent after
    /// about one second, and again after 2, 4, 8, ...
    DeviceStuck(Device),
}

impl EventKind {
    /// Its name in the specification of the family.
    pub fn name(&self) -> &'static str {
        let number = self.number();
        let mut all = cmd::NAMES.iter();
        let known = all.find(|(known, _)| *known == number);
        known.map_or("unknown", |(_, name)| name)
    }

    /// The names of all kinds.
    pub fn names() -> impl Iterator<Item = &'static str> {
        // Operations come first.
        let events = cmd::NAMES
            .iter()
            .filter(|(number, _)| *number >= cmd::NS_BORN);
        events.map(|(_, name)| *name)
    }

    /// Its number there.
    fn number(&self) -> u8 {
        match self {
            EventKind::NamespaceBorn(_) => cmd::NS_BORN,
            EventKind::NamespaceDying(_) => cmd::NS_DYING,
            EventKind::NamespaceGone(_) => cmd::NS_GONE,
            EventKind::DeviceAway(_) => cmd::DEV_AWAY,
            EventKind::DeviceReturned(..) => cmd::DEV_RETURNED,
            EventKind::DeviceDestroyed(_) => cmd::DEV_DESTROYED,
            EventKind::DeviceStuck(_) => cmd::DEV_STUCK,
        }
    }
}
