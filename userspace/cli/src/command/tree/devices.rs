// SPDX-License-Identifier: GPL-2.0-only

//! From what was found to what is shown.

use std::collections::{HashMap, HashSet};

use homeward_client::model::Device as Told;
use homeward_netns::{Link as Listed, Lower};

use super::peers::Peers;
use super::spots::{Spot, Spots};
use super::{Device, Home, Link, Namespace};
use crate::book::Place;
use crate::command::inside::Detail;
use crate::silent::{is_silent, is_silent_link};

const IFF_UP: u32 = 1;
const IFF_LOWER_UP: u32 = 1 << 16;
/// Kinds of devices that come in pairs.
const PAIRS: [&str; 3] = ["veth", "netkit", "vxcan"];

/// Puts devices into namespaces.
pub(in crate::command) fn assemble(spots: &Spots, peers: &Peers) -> Vec<Namespace> {
    let names: Vec<HashMap<u32, &str>> = spots.list.iter().map(names).collect();
    let namespaces = spots.list.iter().enumerate().map(|(at, spot)| {
        let told = spot.view.cookie.and_then(|cookie| spots.told.get(&cookie));
        let told = |index| told.and_then(|told| told.get(index));
        let maker = Maker {
            spots,
            peers,
            names: &names,
            at,
        };
        let mut namespace = spot.view.clone();
        namespace.devices = match &spot.links {
            Some(links) => links
                .iter()
                .map(|link| maker.device(link, told(&link.index)))
                .collect(),
            None => Vec::new(),
        };
        namespace.devices.extend(maker.hidden());
        namespace
    });
    namespaces.collect()
}

fn names(spot: &Spot) -> HashMap<u32, &str> {
    let links = spot.links.iter().flatten();
    links.map(|link| (link.index, link.name.as_str())).collect()
}

struct Maker<'a> {
    spots: &'a Spots,
    peers: &'a Peers,
    names: &'a [HashMap<u32, &'a str>],
    at: usize,
}

impl Maker<'_> {
    fn name(&self, at: usize, index: u32) -> Option<String> {
        let name = self.names.get(at)?.get(&index)?;
        Some((*name).to_owned())
    }

    fn device(&self, link: &Listed, told: Option<&Told>) -> Device {
        let spot = self.spots.list.get(self.at);
        let detail = spot.and_then(|spot| spot.details.get(&link.index));
        let has_addresses = detail.is_some_and(Detail::has_addresses);
        Device {
            ifindex: link.index,
            name: link.name.clone(),
            kind: link.kind.clone(),
            state: Some(state(link.flags)),
            master: link.master.and_then(|index| self.name(self.at, index)),
            link: link.lower.map(|lower| self.link(link, lower)),
            home: told.and_then(|told| self.home(told)),
            stuck: false,
            silent: is_silent_link(link, has_addresses) && told.is_none_or(is_silent),
            inside: detail.cloned(),
        }
    }

    fn link(&self, link: &Listed, lower: Lower) -> Link {
        let other = match lower.nsid {
            None => Some(self.at),
            Some(nsid) => self.peers.get(&(self.at, nsid)).copied(),
        };
        let is_pair = link
            .kind
            .as_deref()
            .is_some_and(|kind| PAIRS.contains(&kind));
        let there = other.filter(|_| lower.nsid.is_some());
        Link {
            relation: match lower.index {
                None => "underlay",
                Some(_) if is_pair => "peer",
                Some(_) => "lower",
            },
            ifindex: lower.index,
            name: other.and_then(|at| self.name(at, lower.index?)),
            namespace: there.and_then(|at| self.spots.list.get(at)?.view.place()),
            nsid: lower.nsid,
        }
    }

    fn home(&self, told: &Told) -> Option<Home> {
        let home = told.home()?;
        Some(Home {
            namespace: self.spots.book.place(home.namespace),
            name: home.name.clone(),
        })
    }

    /// Those that only the module tells of: all where one cannot look inside, and those that are not
    /// listed any more, but not free either.
    fn hidden(&self) -> Vec<Device> {
        let spot = self.spots.list.get(self.at);
        let inside = spot.and_then(|spot| self.spots.told.get(&spot.view.cookie?));
        let listed = spot.is_some_and(|spot| spot.links.is_some());
        let told = inside.into_iter().flat_map(|told| told.values());
        told.filter(|told| !listed || told.stuck.is_some())
            .map(|told| Device {
                ifindex: told.ifindex,
                name: told.name.clone(),
                kind: told.kind.clone(),
                state: told.flags.map(state),
                master: None,
                link: None,
                home: self.home(told),
                stuck: told.stuck.is_some(),
                silent: is_silent(told),
                inside: None,
            })
            .collect()
    }
}

fn state(flags: u32) -> &'static str {
    match (flags & IFF_UP, flags & IFF_LOWER_UP) {
        (0, _) => "down",
        (_, 0) => "no-carrier",
        _ => "up",
    }
}

/// The namespace at this position with all of its devices, and of others the devices that are connected to it
/// or belong there.
pub(super) fn only(namespaces: Vec<Namespace>, at: usize) -> Vec<Namespace> {
    let Some(it) = namespaces.get(at) else {
        return Vec::new();
    };
    let here = it.cookie;
    let links = it.devices.iter().filter_map(|device| device.link.as_ref());
    let ends: HashSet<(u64, u32)> = links
        .filter_map(|link| Some((link.namespace.as_ref()?.cookie, link.ifindex?)))
        .collect();
    let leads_here = |place: &Place| Some(place.cookie) == here;
    let concerns = |cookie: Option<u64>, device: &Device| {
        let link = device.link.as_ref();
        let link = link.and_then(|link| link.namespace.as_ref());
        let home = device.home.as_ref().map(|home| &home.namespace);
        link.into_iter().chain(home).any(leads_here)
            || cookie.is_some_and(|cookie| ends.contains(&(cookie, device.ifindex)))
    };
    let all = namespaces.into_iter().enumerate();
    all.filter_map(|(position, mut namespace)| {
        let (is_it, cookie) = (position == at, namespace.cookie);
        let devices = &mut namespace.devices;
        devices.retain(|device| is_it || concerns(cookie, device));
        (is_it || !devices.is_empty()).then_some(namespace)
    })
    .collect()
}
