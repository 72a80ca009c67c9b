// SPDX-License-Identifier: MIT OR Apache-2.0

//! Something that happened.

use std::time::Duration;

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
        match self {
            EventKind::NamespaceBorn(_) => "ns-born",
            EventKind::NamespaceDying(_) => "ns-dying",
            EventKind::NamespaceGone(_) => "ns-gone",
            EventKind::DeviceAway(_) => "dev-away",
            EventKind::DeviceReturned(..) => "dev-returned",
            EventKind::DeviceDestroyed(_) => "dev-destroyed",
            EventKind::DeviceStuck(_) => "dev-stuck",
        }
    }
}
