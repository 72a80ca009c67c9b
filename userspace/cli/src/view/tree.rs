// SPDX-License-Identifier: GPL-2.0-only

//! Namespaces, the devices in them, and how those are connected.

use serde::Serialize;

use super::Place;
use crate::book::label;

/// Namespaces with their devices.
#[derive(Debug, Serialize)]
pub(crate) struct Tree {
    /// Whether all namespaces and devices are there.
    pub(crate) complete: bool,
    /// The namespaces, the initial one first.
    pub(crate) namespaces: Vec<TreeNamespace>,
}

/// A namespace with its devices.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct TreeNamespace {
    /// Its key.
    pub(crate) cookie: Option<u64>,
    /// Inode number in nsfs.
    pub(crate) inum: Option<u64>,
    /// Where it stands in its life. None without the module.
    pub(crate) state: Option<&'static str>,
    /// Whether it is the initial one. None when that cannot be known.
    pub(crate) initial: Option<bool>,
    /// Its names in /run/netns.
    pub(crate) names: Vec<String>,
    /// Why its devices cannot be seen, or not all that is to know of them.
    pub(crate) hidden: Option<String>,
    /// Its devices.
    pub(crate) devices: Vec<TreeDevice>,
}

/// A device.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct TreeDevice {
    /// Its index.
    pub(crate) ifindex: u32,
    /// Its name.
    pub(crate) name: String,
    /// Its kind.
    pub(crate) kind: Option<String>,
    /// Whether it is up: `up`, `no-carrier`, `down`.
    pub(crate) state: Option<&'static str>,
    /// Name of the bridge, bond or other device that it is a port of.
    pub(crate) master: Option<String>,
    /// What it is connected to.
    pub(crate) link: Option<TreeLink>,
    /// Where it belongs, if it is away from there.
    pub(crate) home: Option<TreeHome>,
    /// Whether the kernel has unregistered it and cannot free it.
    pub(crate) stuck: bool,
}

/// What a device is connected to.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct TreeLink {
    /// What that is to it: `peer`, `lower`, `underlay`.
    pub(crate) relation: &'static str,
    /// Index of that device. None when it is a namespace only.
    pub(crate) ifindex: Option<u32>,
    /// Name of that device.
    pub(crate) name: Option<String>,
    /// The other namespace where it is. None for the same one, and when it cannot be known.
    pub(crate) namespace: Option<Place>,
    /// The id of that other namespace in that of the device. None for the same one.
    pub(crate) nsid: Option<i32>,
}

/// Where a device belongs.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct TreeHome {
    /// In which namespace.
    pub(crate) namespace: Place,
    /// Under which name.
    pub(crate) name: Option<String>,
}

impl TreeNamespace {
    /// A selector for it.
    pub(crate) fn label(&self) -> String {
        let initial = self.initial == Some(true);
        label(initial, &self.names, self.cookie, self.inum)
    }

    /// It as others refer to it. None without its key.
    pub(crate) fn place(&self) -> Option<Place> {
        Some(Place {
            cookie: self.cookie?,
            name: self.names.first().cloned(),
            initial: self.initial == Some(true),
        })
    }
}
