// SPDX-License-Identifier: MIT OR Apache-2.0

//! Attribute sets `home` and `address`, in both directions.

use std::net::{IpAddr, Ipv4Addr};

use homeward_abi::{address, dev, home};

use super::attr::{attrs, Attr};
use super::request::Argument;
use crate::error::Malformed;
use crate::model::{Address, Home, Settings};

/// Reads a home from its attributes.
pub(super) fn home(bytes: &[u8]) -> Result<Home, Malformed> {
    let mut namespace = None;
    let mut made = Home::default();
    for attr in attrs(bytes) {
        let attr = attr?;
        match attr.kind {
            home::NS_COOKIE => namespace = Some(attr.uint()?),
            home::ALIVE => made.alive = true,
            home::NAME => made.name = Some(attr.string()),
            home::SETTINGS => made.settings = Settings::from(attr.u32()?),
            home::MTU => made.mtu = Some(attr.u32()?),
            home::ADDRESS => made.address = Some(attr.payload.to_owned()),
            home::TXQLEN => made.txqlen = Some(attr.u32()?),
            home::GROUP => made.group = Some(attr.u32()?),
            home::ALIAS => made.alias = Some(attr.string()),
            home::ALTNAME => made.altnames.push(attr.string()),
            home::GSO_MAX_SIZE => made.gso_max_size = Some(attr.u32()?),
            home::GSO_MAX_SEGS => made.gso_max_segs = Some(attr.u32()?),
            home::GRO_MAX_SIZE => made.gro_max_size = Some(attr.u32()?),
            home::GSO_IPV4_MAX_SIZE => made.gso_ipv4_max_size = Some(attr.u32()?),
            home::GRO_IPV4_MAX_SIZE => made.gro_ipv4_max_size = Some(attr.u32()?),
            home::BROADCAST => made.broadcast = Some(attr.payload.to_owned()),
            home::ADDR_ASSIGN_TYPE => made.addr_assign_type = Some(attr.u32()?),
            home::LINK_MODE => made.link_mode = Some(attr.u32()?),
            home::PROTO_DOWN_REASON => made.proto_down_reason = Some(attr.u32()?),
            home::GRO_FLUSH_TIMEOUT => made.gro_flush_timeout = Some(attr.uint()?),
            home::NAPI_DEFER_HARD_IRQS => made.napi_defer_hard_irqs = Some(attr.u32()?),
            home::TCX_PROGRAM => made.tcx_programs.push(attr.u32()?),
            home::TCX_LINK => made.tcx_links.push(attr.u32()?),
            home::ADDRESS4 | home::ADDRESS6 => made.addresses.push(address(attr.payload)?),
            home::ADDRESSES_EXPIRING => made.addresses_expiring = attr.u32()?,
            home::ADDRESSES_SURPLUS => made.addresses_surplus = attr.u32()?,
            home::ADDRESSES_LOST => made.addresses_lost = attr.u32()?,
            home::ALTNAMES_SURPLUS => made.altnames_surplus = true,
            _ => {}
        }
    }
    made.namespace = namespace.ok_or(Malformed("home without network namespace"))?;
    Ok(made)
}

fn address(bytes: &[u8]) -> Result<Address, Malformed> {
    let mut local = None;
    let mut peer = None;
    let mut made = Address {
        local: IpAddr::V4(Ipv4Addr::UNSPECIFIED),
        peer: None,
        prefix: 0,
        scope: 0,
        flags: 0,
        label: None,
        broadcast: None,
        metric: 0,
        protocol: 0,
        preferred_until: None,
    };
    for attr in attrs(bytes) {
        let attr = attr?;
        match attr.kind {
            address::LOCAL => local = Some(attr.ip()?),
            address::PEER => peer = Some(attr.ip()?),
            address::PREFIX => made.prefix = small(&attr)?,
            address::SCOPE => made.scope = small(&attr)?,
            address::FLAGS => made.flags = attr.u32()?,
            address::LABEL => made.label = Some(attr.string()),
            address::BROADCAST => match attr.ip()? {
                IpAddr::V4(broadcast) => made.broadcast = Some(broadcast),
                IpAddr::V6(_) => return Err(Malformed("broadcast address of IPv6")),
            },
            address::METRIC => made.metric = attr.u32()?,
            address::PROTOCOL => made.protocol = small(&attr)?,
            address::PREFERRED_UNTIL => made.preferred_until = Some(attr.uint()?),
            _ => {}
        }
    }
    made.local = local.ok_or(Malformed("address without address"))?;
    // The kernel repeats the address where there is no peer.
    made.peer = peer.filter(|peer| *peer != made.local);
    Ok(made)
}

fn small(attr: &Attr<'_>) -> Result<u8, Malformed> {
    u8::try_from(attr.u32()?).map_err(|_| Malformed("number of more than 8 bits"))
}

/// Writes a home, all that is known of it.
pub(crate) fn home_argument(home: &Home) -> Argument {
    let mut inner = vec![Argument::Uint(home::NS_COOKIE, home.namespace)];
    inner.extend(home.alive.then_some(Argument::Flag(home::ALIVE)));
    inner.extend(text(home::NAME, home.name.as_ref()));
    inner.push(Argument::U32(home::SETTINGS, home.settings.bits()));
    for (number, address) in [
        (home::ADDRESS, &home.address),
        (home::BROADCAST, &home.broadcast),
    ] {
        inner.extend(address.clone().map(|bytes| Argument::Bytes(number, bytes)));
    }
    let numbers = [
        (home::MTU, home.mtu),
        (home::TXQLEN, home.txqlen),
        (home::GROUP, home.group),
        (home::GSO_MAX_SIZE, home.gso_max_size),
        (home::GSO_MAX_SEGS, home.gso_max_segs),
        (home::GRO_MAX_SIZE, home.gro_max_size),
        (home::GSO_IPV4_MAX_SIZE, home.gso_ipv4_max_size),
        (home::GRO_IPV4_MAX_SIZE, home.gro_ipv4_max_size),
        (home::ADDR_ASSIGN_TYPE, home.addr_assign_type),
        (home::LINK_MODE, home.link_mode),
        (home::PROTO_DOWN_REASON, home.proto_down_reason),
        (home::NAPI_DEFER_HARD_IRQS, home.napi_defer_hard_irqs),
    ];
    inner.extend(
        numbers
            .iter()
            .filter_map(|(number, value)| value.map(|value| Argument::U32(*number, value))),
    );
    let timeout = home.gro_flush_timeout;
    inner.extend(timeout.map(|value| Argument::Uint(home::GRO_FLUSH_TIMEOUT, value)));
    inner.extend(text(home::ALIAS, home.alias.as_ref()));
    inner.extend(
        home.altnames
            .iter()
            .map(|name| Argument::Text(home::ALTNAME, name.clone())),
    );
    inner.extend(home.addresses.iter().map(address_argument));
    for (number, ids) in [
        (home::TCX_PROGRAM, &home.tcx_programs),
        (home::TCX_LINK, &home.tcx_links),
    ] {
        inner.extend(ids.iter().map(|id| Argument::U32(number, *id)));
    }
    let counts = [
        (home::ADDRESSES_EXPIRING, home.addresses_expiring),
        (home::ADDRESSES_SURPLUS, home.addresses_surplus),
        (home::ADDRESSES_LOST, home.addresses_lost),
    ];
    let counts = counts.iter().filter(|(_, count)| *count != 0);
    inner.extend(counts.map(|(number, count)| Argument::U32(*number, *count)));
    let surplus = Argument::Flag(home::ALTNAMES_SURPLUS);
    inner.extend(home.altnames_surplus.then_some(surplus));
    Argument::Nest(dev::HOME, inner)
}

fn address_argument(one: &Address) -> Argument {
    let number = match one.local {
        IpAddr::V4(_) => home::ADDRESS4,
        IpAddr::V6(_) => home::ADDRESS6,
    };
    let mut inner = vec![
        Argument::Bytes(address::LOCAL, octets(one.local)),
        Argument::Bytes(address::PEER, octets(one.peer.unwrap_or(one.local))),
        Argument::U32(address::PREFIX, u32::from(one.prefix)),
        Argument::U32(address::SCOPE, u32::from(one.scope)),
        Argument::U32(address::FLAGS, one.flags),
    ];
    inner.extend(text(address::LABEL, one.label.as_ref()));
    if let Some(broadcast) = one.broadcast {
        inner.push(Argument::Bytes(
            address::BROADCAST,
            broadcast.octets().to_vec(),
        ));
    }
    if one.metric != 0 {
        inner.push(Argument::U32(address::METRIC, one.metric));
    }
    if one.protocol != 0 {
        inner.push(Argument::U32(address::PROTOCOL, u32::from(one.protocol)));
    }
    if let Some(until) = one.preferred_until {
        inner.push(Argument::Uint(address::PREFERRED_UNTIL, until));
    }
    Argument::Nest(number, inner)
}

fn text(number: u16, value: Option<&String>) -> Option<Argument> {
    value.map(|value| Argument::Text(number, value.clone()))
}

fn octets(ip: IpAddr) -> Vec<u8> {
    match ip {
        IpAddr::V4(ip) => ip.octets().to_vec(),
        IpAddr::V6(ip) => ip.octets().to_vec(),
    }
}
