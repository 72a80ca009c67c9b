// SPDX-License-Identifier: GPL-2.0-only

//! What only a rule asks for: a device that is up, with its addresses and routes.

use kernel::prelude::*;

use super::Journey;
use crate::net::address::{
    Address,
    Family,
    LeftOut,
    Presence, //
};
use crate::net::compat::{
    eopnotsupp,
    etime, //
};
use crate::net::device::Device;
use crate::net::route::Routes;
use crate::net::rtnetlink::{
    Request,
    Socket, //
};
use crate::net::task;
use crate::policy::route::{
    self,
    has_gateway, //
};
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
    if journey.restore & bit(setting::ADDRESSES) != 0 {
        give_addresses_back(journey);
    }
    if journey.restore & bit(setting::ROUTES) != 0 {
        give_routes_back(journey);
    }
}

fn give_addresses_back(journey: &mut Journey) {
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

/// Those by way of a gateway last: the others may lead to it.
fn give_routes_back(journey: &mut Journey) {
    let home = journey.home.clone();
    let Some(routes) = home.as_ref().and_then(|home| home.routes.as_deref()) else {
        return;
    };
    for last in [false, true] {
        let all = routes.iter();
        for route in all.filter(|route| has_gateway(route) == last) {
            let added = add_route(journey, routes, route);
            if added == Err(EINVAL) {
                // An address is none to IPv6 until duplicate address detection ends. That is told, and the
                // destination can be reached.
                if let Some(plain) = route::without_source(route) {
                    let _ = add_route(journey, routes, plain.as_bytes());
                }
            }
            journey.note(setting::ROUTES, added);
        }
    }
    let left_out = routes.left_out;
    for (count, why) in [
        (left_out.unsupported, eopnotsupp()),
        (left_out.surplus, E2BIG),
        (left_out.lost, ENOMEM),
    ] {
        if count != 0 {
            journey.note(setting::ROUTES, Err(why));
        }
    }
}

/// Adds one of these.
fn add_route(journey: &Journey, all: &Routes, route: &[u8]) -> Result {
    let request = Request::add_route(journey.ifindex, route);
    match request.and_then(|request| journey.request(request)) {
        Err(error) if error == EEXIST => {
            let now = journey.look(|_, device| Routes::record(device));
            let now = now.ok_or(error)?;
            // Another one of this device that is back, to which it had been appended.
            let beside = |other: &[u8]| all.contains(other) && route::are_alike(other, route);
            match now.contains(route) {
                // Whoever was quicker may have made just this one.
                true => Ok(()),
                false if now.iter().any(beside) => {
                    journey.request(Request::append_route(journey.ifindex, route)?)
                }
                false => Err(error),
            }
        }
        other => other,
    }
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
fn reasons(left_out: LeftOut) -> [(u32, Error); 4] {
    [
        (left_out.expiring, etime()),
        (left_out.surplus, E2BIG),
        (left_out.lost, ENOMEM),
        (left_out.in_vrf, eopnotsupp()),
    ]
}
