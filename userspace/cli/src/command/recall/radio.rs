// SPDX-License-Identifier: GPL-2.0-only

//! Wireless devices: the kernel moves them with their radio only, and nobody but nl80211 can tell it to.

use std::time::Duration;

use homeward_client::model::{setting, Device, EventKind, Failure as Unset, Recalled, Settings};
use homeward_client::{Client, Events, Notice};
use homeward_netns::{open_self, Links, Radios};
use nix::errno::Errno;

use crate::error::{Failure, Result};
use crate::selector::Selector;

/// What the module has to say of a move is there when the request has been acknowledged.
const SAID: Duration = Duration::ZERO;

/// Brings the radio of a device home, and tells of all its devices that came; None if it has no radio.
pub(super) fn recall(
    client: &mut Client,
    device: &Device,
    what: &str,
) -> Result<Option<Vec<Recalled>>> {
    if !device.immovable || device.homes.is_empty() {
        return Ok(None);
    }
    let failed = |error| Failure::client(what, &error);
    let from = client.open(device.namespace).map_err(failed)?;
    let label = Selector::Cookie(device.namespace).to_string();
    let radios = Radios::of(from, &label);
    let mut radios = radios.map_err(|error| Failure::netns(what, &error))?;
    let has = radios.has(device.ifindex);
    if !has.map_err(|error| Failure::link(what, &error))? {
        return Ok(None);
    }
    let target = match device.home() {
        Some(home) => client.open(home.namespace).map_err(failed)?,
        // The module answers in the initial namespace only.
        None => open_self().map_err(|error| Failure::netns(what, &error))?,
    };
    let mut events = client.subscribe().map_err(failed)?;
    let moved = radios.move_to(device.ifindex, &target);
    moved.map_err(|error| Failure::link(&format!("{what} with its radio"), &error))?;
    let links = Links::of(&target, "home");
    let mut links = links.map_err(|error| Failure::netns(what, &error))?;
    let came = returned(&mut events, device.namespace).map_err(failed)?;
    if came.is_empty() {
        return Err(Failure::failed(format!(
            "{what}: its radio is home, but nothing was heard of what is restored of its devices"
        ))
        .advise("'homeward devices' shows them"));
    }
    let named = came.into_iter().map(|one| name(one, &mut links));
    Ok(Some(named.collect()))
}

/// The devices that came home from a namespace.
fn returned(events: &mut Events, from: u64) -> homeward_client::Result<Vec<Recalled>> {
    let mut came = Vec::new();
    while let Some(notice) = events.next(Some(SAID))? {
        let Notice::Event(event) = notice else {
            continue;
        };
        match event.kind {
            EventKind::DeviceReturned(device, Some(how)) if how.from == Some(from) => {
                came.push(Recalled {
                    namespace: device.namespace,
                    ifindex: device.ifindex,
                    name: Some(device.name),
                    outcome: Ok(how),
                });
            }
            _ => {}
        }
    }
    Ok(came)
}

/// Gives a device its name at home, which whoever moves it has to do.
fn name(mut one: Recalled, links: &mut Links) -> Recalled {
    let (Ok(how), Some(name)) = (&mut one.outcome, &mut one.name) else {
        return one;
    };
    let Some(wanted) = how.home_name.as_ref().filter(|wanted| *wanted != name) else {
        return one;
    };
    match links.rename(one.ifindex, wanted) {
        Ok(()) => {
            name.clone_from(wanted);
            how.restored |= Settings::of(setting::NAME);
        }
        Err(error) => {
            how.taken = error.errno() == Some(Errno::EEXIST);
            how.failures.push(Unset {
                setting: setting::NAME,
                errno: error.errno().unwrap_or(Errno::EIO),
            });
        }
    }
    one
}
