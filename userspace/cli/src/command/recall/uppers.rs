// SPDX-License-Identifier: GPL-2.0-only

//! What the namespace that a device came from has on it yet: macvlan, ipvlan and VLANs stay with the device
//! that they are on, wherever that is moved.

use std::collections::HashMap;
use std::os::fd::OwnedFd;

use homeward_client::model::Recalled;
use homeward_client::Client;
use homeward_netns::{inside, Link, Links, Lower, Nsids};

use crate::selector::Selector;

/// The kinds of devices that do (`FOLLOWERS` in module/policy/fate.rs).
const KINDS: [&str; 5] = ["ipvlan", "ipvtap", "macvlan", "macvtap", "vlan"];

/// Names of devices, by the namespace and the index of the one that they are on.
pub(super) type Uppers = HashMap<(u64, u32), Vec<String>>;

/// Those in the namespace `from` that are on devices which came home; none if that is not to be found out, as when
/// it is gone.
pub(super) fn find(client: &mut Client, from: u64, devices: &[Recalled]) -> Uppers {
    let came = devices.iter().filter(|one| one.outcome.is_ok());
    let came: Vec<(u64, u32)> = came.map(|one| (one.namespace, one.ifindex)).collect();
    if came.is_empty() {
        return Uppers::new();
    }
    look(client, from, &came).unwrap_or_default()
}

fn look(client: &mut Client, from: u64, came: &[(u64, u32)]) -> Option<Uppers> {
    let file = client.open(from).ok()?;
    let label = Selector::Cookie(from).to_string();
    let mut links = Links::of(&file, &label).ok()?.list().ok()?.links;
    links.retain(|link| {
        link.kind
            .as_deref()
            .is_some_and(|kind| KINDS.contains(&kind))
    });
    if links.is_empty() {
        return None;
    }
    let mut nsids = inside(&file, Nsids::open).ok()?.ok()?;
    let mut homes: HashMap<u64, Option<i32>> = HashMap::new();
    let mut uppers = Uppers::new();
    for &(home, ifindex) in came {
        let mut id = |file: OwnedFd| i32::try_from(nsids.id(file).ok()??).ok();
        let nsid = *homes
            .entry(home)
            .or_insert_with(|| client.open(home).ok().and_then(&mut id));
        if nsid.is_some() {
            let lower = Lower {
                index: Some(ifindex),
                nsid,
            };
            let on_it = links
                .iter()
                .filter(|link: &&Link| link.lower == Some(lower));
            let names = on_it.map(|link| link.name.clone());
            uppers.insert((home, ifindex), names.collect());
        }
    }
    Some(uppers)
}
