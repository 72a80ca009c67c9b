// SPDX-License-Identifier: GPL-2.0-only

//! Homes in messages: written, and read back.

use kernel::prelude::*;

use super::settings::{
    self,
    Of, //
};
use crate::driver::Lists;
use crate::net::address::{
    Address,
    Family,
    LeftOut, //
};
use crate::net::device::Device;
use crate::net::genl::{
    Attribute,
    Attributes,
    Policy,
    Request,
    Search, //
};
use crate::net::message::Writer;
use crate::net::programs::Attached;
use crate::net::route::{
    LeftOut as RoutesLeftOut,
    Routes, //
};
use crate::net::rtnl::Rtnl;
use crate::net::steering::{
    self,
    Steering, //
};
use crate::policy::naming::Name;
use crate::policy::route::SIZE;
use crate::policy::settings::{
    ADDRESS_SIZE,
    OF_IP, //
};
use crate::recorded::{
    Addresses,
    Altnames,
    Baseline,
    Home,
    Programs,
    Values, //
};
use crate::state::State;
use crate::uapi::{
    address,
    home,
    setting,
    Setting, //
};

/// How much is told of a home.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Detail {
    /// Everything.
    Full,
    /// Only where it is, and the name there.
    Abridged,
}

/// What an address in a request may hold.
const ADDRESS_POLICY: [Policy; address::PREFERRED_UNTIL as usize + 1] = {
    let mut policy = [Policy::UNSPEC; address::PREFERRED_UNTIL as usize + 1];
    policy[address::LOCAL as usize] = Policy::binary(16);
    policy[address::PEER as usize] = Policy::binary(16);
    policy[address::PREFIX as usize] = Policy::U32.max(128);
    policy[address::SCOPE as usize] = Policy::U32.max(255);
    policy[address::FLAGS as usize] = Policy::U32;
    policy[address::LABEL as usize] = Policy::string(15);
    policy[address::BROADCAST as usize] = Policy::binary(4);
    policy[address::METRIC as usize] = Policy::U32;
    policy[address::PROTOCOL as usize] = Policy::U32.max(255);
    policy[address::PREFERRED_UNTIL as usize] = Policy::UINT.min(1);
    policy
};

static ADDRESS: [Policy; address::PREFERRED_UNTIL as usize + 1] = ADDRESS_POLICY;

/// Bytes of what steers packets: two numbers.
const STEERING_SIZE: usize = 8;

/// As many as the kernel attaches to a device: less than 64 to each side of it.
const TCX_MOST: usize = 126;

/// One in each mode (`__MAX_XDP_MODE`).
const XDP_MOST: usize = 3;

/// What a home in a request may hold.
pub(super) static POLICY: [Policy; home::XDP_LINK as usize + 1] = {
    let mut policy = [Policy::UNSPEC; home::XDP_LINK as usize + 1];
    policy[home::NS_COOKIE as usize] = Policy::UINT.min(1);
    policy[home::ALIVE as usize] = Policy::FLAG;
    policy[home::NAME as usize] = Policy::string(15);
    policy[home::SETTING as usize] = Policy::nested(&settings::POLICY);
    policy[home::ADDRESS4 as usize] = Policy::nested(&ADDRESS);
    policy[home::ADDRESS6 as usize] = Policy::nested(&ADDRESS);
    policy[home::TCX_PROGRAM as usize] = Policy::U32;
    policy[home::TCX_LINK as usize] = Policy::U32;
    policy[home::ADDRESSES_EXPIRING as usize] = Policy::U32;
    policy[home::ADDRESSES_SURPLUS as usize] = Policy::U32;
    policy[home::ADDRESSES_LOST as usize] = Policy::U32;
    policy[home::ALTNAMES_SURPLUS as usize] = Policy::FLAG;
    policy[home::ROUTE as usize] = Policy::binary(SIZE as u16);
    policy[home::ROUTES_UNSUPPORTED as usize] = Policy::U32;
    policy[home::ROUTES_SURPLUS as usize] = Policy::U32;
    policy[home::ROUTES_LOST as usize] = Policy::U32;
    policy[home::PERMANENT_ADDRESS as usize] = Policy::binary(ADDRESS_SIZE as u16);
    policy[home::ADDRESSES_IN_VRF as usize] = Policy::U32;
    policy[home::XDP_PROGRAM as usize] = Policy::U32;
    policy[home::XDP_LINK as usize] = Policy::U32;
    policy[home::STEERING as usize] = Policy::binary((steering::MOST * STEERING_SIZE) as u16);
    policy
};

/// Writes a home.
pub(super) fn fill_home(
    nest: &mut Writer<'_>,
    entry: &Home,
    alive: bool,
    detail: Detail,
) -> Result {
    nest.put_uint(home::NS_COOKIE, entry.cookie)?;
    nest.put_flag(home::ALIVE, alive)?;
    nest.put_str(home::NAME, entry.name.as_bytes())?;
    if detail == Detail::Abridged {
        return Ok(());
    }
    if let Some(address) = entry.permanent_address() {
        nest.put_bytes(home::PERMANENT_ADDRESS, address)?;
    }
    fill_recorded(nest, entry, told(entry))?;
    fill_programs(nest, entry)
}

/// Writes how a device is where it is. Of an alias and of alternative names it tells also that there are none.
pub(super) fn fill_now(nest: &mut Writer<'_>, now: &Home) -> Result {
    nest.put_uint(home::NS_COOKIE, now.cookie)?;
    nest.put_str(home::NAME, now.name.as_bytes())?;
    fill_recorded(nest, now, !0)?;
    fill_programs(nest, now)
}

/// Writes a baseline. It tells of an alias and of alternative names also that there are none, and nothing
/// of programs and of what steers packets, which are no part of it.
pub(super) fn fill_baseline(nest: &mut Writer<'_>, baseline: &Baseline) -> Result {
    let entry = &baseline.home;
    nest.put_uint(home::NS_COOKIE, entry.cookie)?;
    nest.put_str(home::NAME, entry.name.as_bytes())?;
    fill_recorded(nest, entry, baseline.ids)
}

/// The settings of which there is something to tell, bit n for number n.
fn told(entry: &Home) -> u64 {
    let mut ids = !0;
    let mut pass_over = |id: u32, pass: bool| ids &= !(u64::from(pass) << id);
    pass_over(setting::ALIAS, entry.values.alias.is_empty());
    pass_over(setting::ALTNAMES, !entry.values.has_altnames());
    // Not of a home that an older version told, which remains one (`parse_home()`).
    pass_over(setting::BROADCAST, entry.tcx().is_none());
    ids
}

/// Writes what is recorded of a home.
fn fill_recorded(nest: &mut Writer<'_>, entry: &Home, ids: u64) -> Result {
    let plain = |_: &mut Writer<'_>, _: &Setting| Ok(());
    settings::fill(nest, home::SETTING, Of::Device, &entry.values, ids, plain)?;
    nest.put_flag(home::ALTNAMES_SURPLUS, entry.values.altnames.is_none())?;
    let left_out = entry.addresses.left_out;
    let routes = entry.routes.as_deref();
    let routes_left_out = routes.map_or(RoutesLeftOut::default(), |routes| routes.left_out);
    for (kind, count) in [
        (home::ADDRESSES_EXPIRING, left_out.expiring),
        (home::ADDRESSES_SURPLUS, left_out.surplus),
        (home::ADDRESSES_LOST, left_out.lost),
        (home::ADDRESSES_IN_VRF, left_out.in_vrf),
        (home::ROUTES_UNSUPPORTED, routes_left_out.unsupported),
        (home::ROUTES_SURPLUS, routes_left_out.surplus),
        (home::ROUTES_LOST, routes_left_out.lost),
    ] {
        if count != 0 {
            nest.put_u32(kind, count)?;
        }
    }
    for one in entry.addresses.iter() {
        let kind = match one.family() {
            Family::V4 => home::ADDRESS4,
            Family::V6 => home::ADDRESS6,
        };
        nest.nest(kind, |nest| fill_address(nest, one))?;
    }
    // No chain of iterators, whose name would be too long for objtool.
    if let Some(routes) = routes {
        for one in routes.iter() {
            nest.put_bytes(home::ROUTE, one)?;
        }
    }
    Ok(())
}

/// Writes which programs are recorded of a home, and what steered packets there.
fn fill_programs(nest: &mut Writer<'_>, entry: &Home) -> Result {
    for (all, program, link) in [
        (entry.xdp(), home::XDP_PROGRAM, home::XDP_LINK),
        (entry.tcx(), home::TCX_PROGRAM, home::TCX_LINK),
    ] {
        for one in all.unwrap_or_default() {
            match one {
                Attached::Program(id) => nest.put_u32(program, *id)?,
                Attached::Link(id) => nest.put_u32(link, *id)?,
            }
        }
    }
    if let Some(all) = &entry.steering {
        let mut bytes = [[0; STEERING_SIZE]; steering::MOST];
        for (to, one) in bytes.iter_mut().zip(all) {
            to[..4].copy_from_slice(&one.id.to_ne_bytes());
            to[4..].copy_from_slice(&one.digest.to_ne_bytes());
        }
        let told = bytes.get(..all.len()).unwrap_or(&bytes);
        nest.put_bytes(home::STEERING, told.as_flattened())?;
    }
    Ok(())
}

fn fill_address(nest: &mut Writer<'_>, one: &Address) -> Result {
    nest.put_bytes(address::LOCAL, one.local())?;
    nest.put_bytes(address::PEER, one.peer())?;
    nest.put_u32(address::PREFIX, u32::from(one.prefix()))?;
    nest.put_u32(address::SCOPE, u32::from(one.scope()))?;
    nest.put_u32(address::FLAGS, one.flags())?;
    if !one.label().is_empty() {
        nest.put_str(address::LABEL, one.label())?;
    }
    if let Some(broadcast) = one.broadcast() {
        nest.put_bytes(address::BROADCAST, broadcast)?;
    }
    if one.metric() != 0 {
        nest.put_u32(address::METRIC, one.metric())?;
    }
    if one.protocol() != 0 {
        nest.put_u32(address::PROTOCOL, u32::from(one.protocol()))?;
    }
    if let Some(until) = one.preferred() {
        nest.put_uint(address::PREFERRED_UNTIL, until)?;
    }
    Ok(())
}

/// Reads a home, and of which settings it tells, bit n for number n. The others are as the device has
/// them now.
pub(super) fn parse_home(
    state: &State,
    request: &Request<'_>,
    nest: Attribute<'_>,
    rtnl: &Rtnl,
    device: &Device,
) -> Result<(Home, u64)> {
    let wrong = |why, blame| request.refuse(EINVAL, why, Some(blame));
    let parts = nest.nested();
    let repeat = [
        home::SETTING,
        home::ADDRESS4,
        home::ADDRESS6,
        home::TCX_PROGRAM,
        home::TCX_LINK,
        home::XDP_PROGRAM,
        home::XDP_LINK,
        home::ROUTE,
    ];
    if let Some(second) = parts.duplicate(&repeat) {
        return Err(wrong(c"this attribute may come only once", second));
    }
    let cookie = parts.get(home::NS_COOKIE);
    let cookie = cookie.ok_or_else(|| wrong(c"a home needs its ns-cookie", nest))?;
    let name = parts.get(home::NAME);
    let name = name.ok_or_else(|| wrong(c"a home needs a name", nest))?;
    let cookie = cookie.uint()?;
    let mut made = Home {
        cookie,
        of_initial_user_ns: state
            .live(cookie)
            .is_some_and(|net| net.is_of_initial_user_ns()),
        name: Name::of_device(name.string()?.to_bytes())
            .ok_or_else(|| wrong(c"a device cannot have this name", name))?,
        ifindex: 0,
        values: Values {
            fixed_size: device.settings(),
            lists: Lists::default(),
            alias: KVec::new(),
            altnames: Some(Altnames::new()),
        },
        addresses: parse_addresses(request, &parts)?,
        permanent_address: None,
        programs: None,
        steering: parse_steering(request, &parts)?,
        routes: parse_routes(request, &parts)?.boxed()?,
    };
    let ids = settings::parse(request, &parts, home::SETTING, Of::Device, &mut made.values)?;
    // But for what IP has of it here, which is of no other namespace.
    let present = Lists::record_of(rtnl, device, !(ids | OF_IP))?;
    made.values.lists.put(&present, !0)?;
    if let Some(address) = parts.get(home::PERMANENT_ADDRESS) {
        made.set_permanent_address(address.payload())?;
    }
    // A version that knew nothing of tcx did not tell a broadcast address either, which is always told now.
    let known = ids & 1 << setting::BROADCAST != 0;
    let kinds = [home::TCX_PROGRAM, home::TCX_LINK];
    let tcx = parse_attached(request, &parts, kinds, TCX_MOST)?;
    let tcx = Some(tcx).filter(|all| known || !all.is_empty());
    // One that knew no ids told whether there was a program.
    let none = ids & 1 << setting::XDP != 0 && !made.values.fixed_size.is_on(setting::XDP);
    let kinds = [home::XDP_PROGRAM, home::XDP_LINK];
    let xdp = parse_attached(request, &parts, kinds, XDP_MOST)?;
    let xdp = Some(xdp).filter(|all| none || !all.is_empty());
    made.programs = Programs { xdp, tcx }.boxed()?;
    if parts.get(home::ALTNAMES_SURPLUS).is_some() {
        made.values.altnames = None;
    }
    Ok((made, ids))
}

/// The ids of programs and of links, in attributes of these numbers.
fn parse_attached(
    request: &Request<'_>,
    parts: &Attributes<'_>,
    [program, link]: [u16; 2],
    most: usize,
) -> Result<KVec<Attached>> {
    let mut all = KVec::new();
    for part in parts.clone() {
        let one = match part.kind() {
            kind if kind == program => Attached::Program(part.u32()?),
            kind if kind == link => Attached::Link(part.u32()?),
            _ => continue,
        };
        if all.len() >= most {
            return Err(request.refuse(E2BIG, c"too many programs", Some(part)));
        }
        all.push(one, GFP_KERNEL_ACCOUNT)?;
    }
    Ok(all)
}

/// `None` if it is not told.
fn parse_steering(request: &Request<'_>, parts: &Attributes<'_>) -> Result<Option<KVec<Steering>>> {
    let Some(part) = parts.get(home::STEERING) else {
        return Ok(None);
    };
    let words = part.payload().chunks(STEERING_SIZE);
    let mut all = KVec::new();
    for word in words {
        let word = <[u8; STEERING_SIZE]>::try_from(word)
            .map_err(|_| request.refuse(EINVAL, c"two numbers for each", Some(part)))?;
        let [a, b, c, d, rest @ ..] = word;
        let one = Steering {
            id: u32::from_ne_bytes([a, b, c, d]),
            digest: u32::from_ne_bytes(rest),
        };
        all.push(one, GFP_KERNEL_ACCOUNT)?;
    }
    Ok(Some(all))
}

fn parse_routes(request: &Request<'_>, parts: &Attributes<'_>) -> Result<Routes> {
    let mut routes = Routes::default();
    routes.left_out = RoutesLeftOut {
        unsupported: parts.u32_or_0(home::ROUTES_UNSUPPORTED)?,
        surplus: parts.u32_or_0(home::ROUTES_SURPLUS)?,
        lost: parts.u32_or_0(home::ROUTES_LOST)?,
    };
    let all = parts.clone();
    for part in all.filter(|part| part.kind() == home::ROUTE) {
        if let Err(error) = routes.add(part.payload()) {
            let why = match error == E2BIG {
                true => c"too many routes",
                false => c"not a static route of the main table",
            };
            return Err(request.refuse(error, why, Some(part)));
        }
    }
    Ok(routes)
}

fn parse_addresses(request: &Request<'_>, parts: &Attributes<'_>) -> Result<Addresses> {
    let mut addresses = Addresses::new();
    addresses.left_out = LeftOut {
        expiring: parts.u32_or_0(home::ADDRESSES_EXPIRING)?,
        surplus: parts.u32_or_0(home::ADDRESSES_SURPLUS)?,
        lost: parts.u32_or_0(home::ADDRESSES_LOST)?,
        in_vrf: parts.u32_or_0(home::ADDRESSES_IN_VRF)?,
    };
    for part in parts.clone() {
        let family = match part.kind() {
            home::ADDRESS4 => Family::V4,
            home::ADDRESS6 => Family::V6,
            _ => continue,
        };
        let one = parse_address(request, part, family)?;
        if let Err(error) = addresses.add(one) {
            return Err(request.refuse(error, c"too many addresses", Some(part)));
        }
    }
    Ok(addresses)
}

fn parse_address(request: &Request<'_>, nest: Attribute<'_>, family: Family) -> Result<Address> {
    let parts = nest.nested();
    if let Some(second) = parts.duplicate(&[]) {
        return Err(request.refuse(EINVAL, c"this attribute may come only once", Some(second)));
    }
    let malformed = |blame| request.refuse(EINVAL, c"malformed address", Some(blame));
    let local = parts.get(address::LOCAL).ok_or_else(|| malformed(nest))?;
    let peer = parts.get(address::PEER).unwrap_or(local);
    let prefix = parts.u32_or_0(address::PREFIX)? as u8;
    let one = Address::new(family, local.payload(), peer.payload(), prefix);
    let one = one.ok_or_else(|| malformed(nest))?.with(
        parts.u32_or_0(address::SCOPE)? as u8,
        parts.u32_or_0(address::FLAGS)?,
        parts.u32_or_0(address::METRIC)?,
    );
    let until = parts.get(address::PREFERRED_UNTIL);
    let one = one
        .with_protocol(parts.u32_or_0(address::PROTOCOL)? as u8)
        .preferred_until(until.map_or(Ok(0), |value| value.uint())?);
    let one = match parts.get(address::LABEL) {
        Some(label) => one.with_label(label.string()?.to_bytes()),
        None => one,
    };
    Ok(match parts.get(address::BROADCAST) {
        Some(value) => {
            let bytes = value.payload().try_into();
            one.with_broadcast(bytes.map_err(|_| malformed(value))?)
        }
        None => one,
    })
}
