// SPDX-License-Identifier: GPL-2.0-only

//! What is connected to what: the lines of every kind of picture.

use std::collections::{HashMap, HashSet};

use super::{Device, Link, Namespace, Picture};

/// What one end of a line is to the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Relation {
    /// A port, and the bridge or bond that it is a port of.
    Port,
    /// Two devices that come as a pair.
    Peer,
    /// A device, and one below it.
    Lower,
    /// A tunnel, and the namespace in which its packets travel.
    Underlay,
    /// A device that is away, and its home.
    Home,
}

/// An end of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct End {
    /// The position of a namespace in the picture.
    pub(super) at: usize,
    /// The index of a device in it; None for the namespace itself.
    pub(super) ifindex: Option<u32>,
}

/// A line of a picture.
#[derive(Debug, Clone, Copy)]
pub(super) struct Edge<'a> {
    /// The device that tells of it.
    pub(super) device: &'a Device,
    /// Where that is.
    pub(super) from: End,
    /// What it is connected to.
    pub(super) to: End,
    /// How.
    pub(super) relation: Relation,
}

/// All lines whose ends are in the picture; one for two peers that each tell of the other.
pub(super) fn edges(tree: &Picture) -> Vec<Edge<'_>> {
    let ends = Ends::new(tree);
    let mut drawn = HashSet::new();
    let mut edges = Vec::new();
    for (at, namespace) in tree.namespaces.iter().enumerate() {
        for device in &namespace.devices {
            let from = End {
                at,
                ifindex: Some(device.ifindex),
            };
            let mut add = |to: Option<End>, relation| {
                edges.extend(to.map(|to| Edge {
                    device,
                    from,
                    to,
                    relation,
                }));
            };
            add(master(at, namespace, device), Relation::Port);
            let link = device.link.as_ref();
            let link = link.and_then(|link| Some((ends.of(at, link)?, relation(link))));
            if let Some((to, relation)) = link {
                if drawn.insert((from.min(to), from.max(to))) {
                    add(Some(to), relation);
                }
            }
            let home = device.home.as_ref();
            let home = home.and_then(|home| ends.namespace(home.namespace.cookie));
            add(home, Relation::Home);
        }
    }
    edges
}

fn master(at: usize, namespace: &Namespace, device: &Device) -> Option<End> {
    let name = device.master.as_ref()?;
    let master = namespace.devices.iter().find(|one| one.name == *name)?;
    Some(End {
        at,
        ifindex: Some(master.ifindex),
    })
}

fn relation(link: &Link) -> Relation {
    match (link.ifindex, link.relation) {
        (None, _) => Relation::Underlay,
        (_, "peer") => Relation::Peer,
        _ => Relation::Lower,
    }
}

/// What a line may end at.
struct Ends {
    positions: HashMap<u64, usize>,
    devices: HashSet<End>,
}

impl Ends {
    fn new(tree: &Picture) -> Self {
        let all = || tree.namespaces.iter().enumerate();
        let positions = all().filter_map(|(at, one)| Some((one.cookie?, at)));
        let devices = all().flat_map(|(at, one)| {
            let indices = one.devices.iter().map(|device| Some(device.ifindex));
            indices.map(move |ifindex| End { at, ifindex })
        });
        Ends {
            positions: positions.collect(),
            devices: devices.collect(),
        }
    }

    fn namespace(&self, cookie: u64) -> Option<End> {
        let at = *self.positions.get(&cookie)?;
        Some(End { at, ifindex: None })
    }

    /// The other end of a link; the namespace alone if the device is not shown there.
    fn of(&self, here: usize, link: &Link) -> Option<End> {
        let at = match (&link.namespace, link.nsid) {
            (Some(place), _) => self.namespace(place.cookie)?.at,
            (None, None) => here,
            // Unknown.
            (None, Some(_)) => return None,
        };
        let end = End {
            at,
            ifindex: link.ifindex,
        };
        match self.devices.contains(&end) {
            true => Some(end),
            false if at == here => None,
            false => Some(End { at, ifindex: None }),
        }
    }
}
