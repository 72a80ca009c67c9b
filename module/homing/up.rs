// SPDX-License-Identifier: GPL-2.0-only

//! What only a rule asks for: a device that is up, with its addresses.

use kernel::prelude::*;

use super::Journey;
use crate::net::address::{
    Address,
    Family,
    LeftOut,
    Presence, //
};
use crate::net::compat::etime;
use crate::net::device::Device;
use crate::net::rtnetlink::{
    Request,
    Socket, //
};
use crate::net::task;
use crate::policy::settings::bit;
use crate::recorded::Addresses;
use crate::uapi::setting;

/// Whether a device has not all the addresses that it had: also those that were left out count.
pub(super) fn addresses_differ(home: &Addresses, device: &Device) -> bool {
    home.left_out != LeftOut::default()
        || home
            .iter()
            .any(|one| device.has_address(one) != Presence::Present)
}

/// Sets a device up, with its addresses if those are wanted.
pub(super) fn bring_up(journey: &mut Journey) {
    let up = set_up(journey);
    journey.note(setting::UP, up);
    if journey.restore & bit(setting::ADDRESSES) == 0 {
        return;
    }
    for family in [Family::V4, Family::V6] {
        let added = add_addresses(journey, family);
        journey.note(setting::ADDRESSES, added);
    }
    let left_out = journey.home.as_ref().map(|home| home.addresses.left_out);
    for (count, why) in reasons(left_out.unwrap_or_default()) {
        if count != 0 {
            journey.note(setting::ADDRESSES, Err(why));
        }
    }
}

/// In a task of its own: a driver may load a module when its device is opened.
fn set_up(journey: &Journey) -> Result {
    let request = Request::set_link_up(journey.ifindex)?;
    let target = &journey.target;
    task::killable(move || Socket::open(target)?.request(request))
}

/// Adds the addresses of a family; the first error of all.
fn add_addresses(journey: &Journey, family: Family) -> Result {
    let all = journey.home.iter().flat_map(|home| home.addresses.iter());
    let mut first = Ok(());
    for address in all.filter(|address| address.family() == family) {
        first = first.and(add_address(journey, address));
    }
    first
}

fn add_address(journey: &Journey, address: &Address) -> Result {
    let request = Request::add_address(journey.ifindex, address);
    match request.and_then(|request| journey.request(request)) {
        Err(error) if error == EEXIST => {
            let there = journey.look(|_, device| device.has_address(address));
            match there {
                Some(Presence::Present) => Ok(()),
                _ => Err(error),
            }
        }
        other => other,
    }
}

/// Why addresses were left out, in the words of `failure.error` of the protocol.
fn reasons(left_out: LeftOut) -> [(u32, Error); 3] {
    [
        (left_out.expiring, etime()),
        (left_out.surplus, E2BIG),
        (left_out.lost, ENOMEM),
    ]
}
