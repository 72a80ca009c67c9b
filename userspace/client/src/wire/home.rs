// SPDX-License-Identifier: MIT OR Apache-2.0

//! Attribute sets `home`, `setting-value` and `address`, in both directions.

use std::net::{IpAddr, Ipv4Addr};

use homeward_abi::{address, home, setting_value};

use super::attr::{attrs, Attr};
use super::request::Argument;
use crate::attributes::{Absent, Read};
use crate::error::Malformed;
use crate::model::{Address, Expected, Home, LinkAddress, Source, Value, Values};

impl Read for Home {
    fn read(attr: &Attr<'_>) -> Result<Self, Malformed> {
        home(attr.payload)
    }
}

/// Reads a home from its attributes.
fn home(bytes: &[u8]) -> Result<Home, Malformed> {
    let mut namespace = None;
    let mut made = Home::default();
    for attr in attrs(bytes) {
        let attr = attr?;
        match attr.kind {
            home::NS_COOKIE => namespace = Some(attr.uint()?),
            home::ALIVE => made.alive = true,
            home::NAME => made.name = Some(attr.string()),
            home::SETTING => {
                let one = Expected::read(&attr)?;
                made.settings.insert(one.setting, one.value);
            }
            home::TCX_PROGRAM => made.tcx_programs.push(attr.u32()?),
            home::TCX_LINK => made.tcx_links.push(attr.u32()?),
            home::XDP_PROGRAM => made.xdp_programs.push(attr.u32()?),
            home::XDP_LINK => made.xdp_links.push(attr.u32()?),
            home::ADDRESS4 | home::ADDRESS6 => made.addresses.push(address(attr.payload)?),
            home::ADDRESSES_EXPIRING => made.addresses_expiring = attr.u32()?,
            home::ADDRESSES_SURPLUS => made.addresses_surplus = attr.u32()?,
            home::ADDRESSES_LOST => made.addresses_lost = attr.u32()?,
            home::ADDRESSES_IN_VRF => made.addresses_in_vrf = attr.u32()?,
            home::ALTNAMES_SURPLUS => made.altnames_surplus = true,
            home::ROUTE => made.routes.push(attr.payload.to_owned()),
            home::ROUTES_UNSUPPORTED => made.routes_unsupported = attr.u32()?,
            home::ROUTES_SURPLUS => made.routes_surplus = attr.u32()?,
            home::ROUTES_LOST => made.routes_lost = attr.u32()?,
            home::PERMANENT_ADDRESS => made.permanent_address = Some(LinkAddress::read(&attr)?),
            home::STEERING => made.steering = Some(numbers(attr.payload)?),
            _ => {}
        }
    }
    made.namespace = namespace.ok_or(Malformed("home without network namespace"))?;
    Ok(made)
}

/// A setting. One without a value has no texts.
impl Read for Expected {
    fn read(attr: &Attr<'_>) -> Result<Self, Malformed> {
        let (mut id, mut value, mut source) = (None, None, Source::Departure);
        let mut texts = Vec::new();
        for attr in attrs(attr.payload) {
            let attr = attr?;
            match attr.kind {
                setting_value::ID => id = Some(attr.u32()?),
                setting_value::NUMBER => value = Some(Value::Number(attr.uint()?)),
                setting_value::BYTES => value = Some(Value::Address(attr.payload.to_owned())),
                setting_value::TEXT => texts.push(attr.string()),
                setting_value::NUMBERS => value = Some(Value::Numbers(numbers(attr.payload)?)),
                setting_value::PERMANENT => value = Some(Value::Permanent),
                setting_value::SOURCE => source = attr.u32()?.into(),
                _ => {}
            }
        }
        Ok(Expected {
            setting: id.ok_or(Malformed("setting without id"))?,
            value: value.unwrap_or(Value::Texts(texts)),
            source,
        })
    }
}

/// Settings, each in an attribute of its own.
impl Read for Values {
    fn read(attr: &Attr<'_>) -> Result<Self, Malformed> {
        let one = Expected::read(attr)?;
        Ok(Values::from([(one.setting, one.value)]))
    }

    fn take(slot: &mut Option<Self>, attr: &Attr<'_>) -> Result<(), Malformed> {
        slot.get_or_insert_default().append(&mut Self::read(attr)?);
        Ok(())
    }
}

impl Absent for Values {
    fn absent() -> Self {
        Values::new()
    }
}

/// Numbers of 32 bits one behind the other.
fn numbers(bytes: &[u8]) -> Result<Vec<u32>, Malformed> {
    let words = bytes.chunks(size_of::<u32>());
    let word = |word: &[u8]| Some(u32::from_ne_bytes(word.try_into().ok()?));
    let numbers: Option<_> = words.map(word).collect();
    numbers.ok_or(Malformed("numbers that are cut short"))
}

fn numbers_argument(kind: u16, numbers: &[u32]) -> Argument {
    let bytes = numbers.iter().flat_map(|number| number.to_ne_bytes());
    Argument::Bytes(kind, bytes.collect())
}

/// Writes settings, each in an attribute of this number.
pub(super) fn settings(number: u16, values: &Values) -> impl Iterator<Item = Argument> + '_ {
    values.iter().map(move |(id, value)| {
        let mut inner = vec![Argument::U32(setting_value::ID, *id)];
        match value {
            Value::Number(number) => inner.push(Argument::Uint(setting_value::NUMBER, *number)),
            Value::Address(bytes) => {
                inner.push(Argument::Bytes(setting_value::BYTES, bytes.clone()));
            }
            Value::Texts(texts) => {
                let texts = texts.iter().cloned();
                inner.extend(texts.map(|text| Argument::Text(setting_value::TEXT, text)));
            }
            Value::Permanent => inner.push(Argument::Flag(setting_value::PERMANENT)),
            Value::Numbers(numbers) => {
                inner.push(numbers_argument(setting_value::NUMBERS, numbers));
            }
        }
        Argument::Nest(number, inner)
    })
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

/// Writes a home, all that is known of it, in an attribute of this number.
pub(crate) fn home_argument(number: u16, home: &Home) -> Argument {
    let mut inner = vec![Argument::Uint(home::NS_COOKIE, home.namespace)];
    inner.extend(home.alive.then_some(Argument::Flag(home::ALIVE)));
    inner.extend(text(home::NAME, home.name.as_ref()));
    inner.extend(settings(home::SETTING, &home.settings));
    inner.extend(home.addresses.iter().map(address_argument));
    for (number, ids) in [
        (home::XDP_PROGRAM, &home.xdp_programs),
        (home::XDP_LINK, &home.xdp_links),
        (home::TCX_PROGRAM, &home.tcx_programs),
        (home::TCX_LINK, &home.tcx_links),
    ] {
        inner.extend(ids.iter().map(|id| Argument::U32(number, *id)));
    }
    let counts = [
        (home::ADDRESSES_EXPIRING, home.addresses_expiring),
        (home::ADDRESSES_SURPLUS, home.addresses_surplus),
        (home::ADDRESSES_LOST, home.addresses_lost),
        (home::ADDRESSES_IN_VRF, home.addresses_in_vrf),
        (home::ROUTES_UNSUPPORTED, home.routes_unsupported),
        (home::ROUTES_SURPLUS, home.routes_surplus),
        (home::ROUTES_LOST, home.routes_lost),
    ];
    let counts = counts.iter().filter(|(_, count)| *count != 0);
    inner.extend(counts.map(|(number, count)| Argument::U32(*number, *count)));
    let surplus = Argument::Flag(home::ALTNAMES_SURPLUS);
    inner.extend(home.altnames_surplus.then_some(surplus));
    let steering = home.steering.as_ref();
    inner.extend(steering.map(|all| numbers_argument(home::STEERING, all)));
    let routes = home.routes.iter();
    inner.extend(routes.map(|one| Argument::Bytes(home::ROUTE, one.clone())));
    let own = home.permanent_address.as_ref();
    inner.extend(own.map(|own| Argument::Bytes(home::PERMANENT_ADDRESS, own.0.clone())));
    Argument::Nest(number, inner)
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
