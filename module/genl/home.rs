// SPDX-License-Identifier: GPL-2.0-only

//! Homes in messages: written, and read back.

use kernel::prelude::*;

use crate::net::address::{
    Address,
    Family,
    LeftOut, //
};
use crate::net::genl::{
    Attribute,
    Attributes,
    Policy, //
};
use crate::net::message::Writer;
use crate::net::tcx::Tcx;
use crate::policy::naming::Name;
use crate::policy::settings::{
    self,
    Settings,
    ADDRESS_SIZE,
    NUMBERS,
    SWITCHES, //
};
use crate::recorded::{
    Addresses,
    Altnames,
    Home, //
};
use crate::uapi::{
    address,
    home, //
};

/// How much is told of a home.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Detail {
    /// Everything.
    Full,
    /// Nothing whose length is not fixed.
    Abridged,
}

/// What an address in a request may hold.
const ADDRESS_POLICY: [Policy; address::PREFERRED_UNTIL as usize + 1] = {
    let mut policy = [Policy::REFUSED; address::PREFERRED_UNTIL as usize + 1];
    policy[address::LOCAL as usize] = Policy::binary(16);
    policy[address::PEER as usize] = Policy::binary(16);
    policy[address::PREFIX as usize] = Policy::up_to(128);
    policy[address::SCOPE as usize] = Policy::up_to(255);
    policy[address::FLAGS as usize] = Policy::U32;
    policy[address::LABEL as usize] = Policy::string(15);
    policy[address::BROADCAST as usize] = Policy::binary(4);
    policy[address::METRIC as usize] = Policy::U32;
    policy[address::PROTOCOL as usize] = Policy::up_to(255);
    policy[address::PREFERRED_UNTIL as usize] = Policy::UINT_FROM_1;
    policy
};

static ADDRESS: [Policy; address::PREFERRED_UNTIL as usize + 1] = ADDRESS_POLICY;

/// As many as the kernel attaches to a device: less than 64 to each side of it.
const TCX_MOST: usize = 126;

/// What a home in a request may hold.
pub(super) static POLICY: [Policy; home::ALTNAMES_SURPLUS as usize + 1] = {
    let mut policy = [Policy::REFUSED; home::ALTNAMES_SURPLUS as usize + 1];
    policy[home::NS_COOKIE as usize] = Policy::UINT_FROM_1;
    policy[home::ALIVE as usize] = Policy::FLAG;
    policy[home::NAME as usize] = Policy::string(15);
    policy[home::SETTINGS as usize] = Policy::flags(SWITCHES);
    policy[home::MTU as usize] = Policy::U32;
    policy[home::ADDRESS as usize] = Policy::binary(ADDRESS_SIZE as u16);
    policy[home::TXQLEN as usize] = Policy::U32;
    policy[home::GROUP as usize] = Policy::U32;
    policy[home::ALIAS as usize] = Policy::string(255);
    policy[home::ALTNAME as usize] = Policy::string(127);
    policy[home::GSO_MAX_SIZE as usize] = Policy::U32;
    policy[home::GSO_MAX_SEGS as usize] = Policy::U32;
    policy[home::GRO_MAX_SIZE as usize] = Policy::U32;
    policy[home::GSO_IPV4_MAX_SIZE as usize] = Policy::U32;
    policy[home::GRO_IPV4_MAX_SIZE as usize] = Policy::U32;
    policy[home::ADDRESS4 as usize] = Policy::nest(&ADDRESS);
    policy[home::ADDRESS6 as usize] = Policy::nest(&ADDRESS);
    policy[home::BROADCAST as usize] = Policy::binary(ADDRESS_SIZE as u16);
    policy[home::ADDR_ASSIGN_TYPE as usize] = Policy::up_to(3);
    policy[home::LINK_MODE as usize] = Policy::up_to(255);
    policy[home::PROTO_DOWN_REASON as usize] = Policy::U32;
    policy[home::GRO_FLUSH_TIMEOUT as usize] = Policy::UINT;
    policy[home::NAPI_DEFER_HARD_IRQS as usize] = Policy::COUNT;
    policy[home::TCX_PROGRAM as usize] = Policy::U32;
    policy[home::TCX_LINK as usize] = Policy::U32;
    policy[home::ADDRESSES_EXPIRING as usize] = Policy::U32;
    policy[home::ADDRESSES_SURPLUS as usize] = Policy::U32;
    policy[home::ADDRESSES_LOST as usize] = Policy::U32;
    policy[home::ALTNAMES_SURPLUS as usize] = Policy::FLAG;
    policy
};

/// Writes a home.
pub(super) fn fill_home(
    nest: &mut Writer<'_>,
    entry: &Home,
    alive: bool,
    detail: Detail,
) -> Result {
    let settings = &entry.settings;
    nest.put_uint(home::NS_COOKIE, entry.cookie)?;
    nest.put_flag(home::ALIVE, alive)?;
    nest.put_str(home::NAME, entry.name.as_bytes())?;
    nest.put_u32(home::SETTINGS, settings.switches & SWITCHES)?;
    nest.put_bytes(home::ADDRESS, settings.address.as_bytes())?;
    // Not of a home that an older version told, which remains one (`parse_tcx()`).
    if entry.tcx.is_some() {
        nest.put_bytes(home::BROADCAST, settings.broadcast.as_bytes())?;
    }
    for (attribute, _) in NUMBERS {
        // In as few bytes as it takes, so what is a `u32` is one.
        nest.put_uint(attribute, settings.number(attribute))?;
    }
    nest.put_flag(home::ALTNAMES_SURPLUS, entry.altnames.is_none())?;
    let left_out = entry.addresses.left_out;
    for (kind, count) in [
        (home::ADDRESSES_EXPIRING, left_out.expiring),
        (home::ADDRESSES_SURPLUS, left_out.surplus),
        (home::ADDRESSES_LOST, left_out.lost),
    ] {
        if count != 0 {
            nest.put_u32(kind, count)?;
        }
    }
    if detail == Detail::Abridged {
        return Ok(());
    }
    for one in entry.tcx.iter().flatten() {
        match one {
            Tcx::Program(id) => nest.put_u32(home::TCX_PROGRAM, *id)?,
            Tcx::Link(id) => nest.put_u32(home::TCX_LINK, *id)?,
        }
    }
    if !entry.alias.is_empty() {
        nest.put_str(home::ALIAS, &entry.alias)?;
    }
    if let Some(altnames) = &entry.altnames {
        for name in altnames.iter() {
            nest.put_str(home::ALTNAME, name)?;
        }
    }
    for one in entry.addresses.iter() {
        let kind = match one.family() {
            Family::V4 => home::ADDRESS4,
            Family::V6 => home::ADDRESS6,
        };
        nest.nest(kind, |nest| fill_address(nest, one))?;
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

/// Why a home or address was not understood: the reason, and the attribute to blame.
pub(super) type Misunderstood<'a> = (Error, &'static core::ffi::CStr, Attribute<'a>);

/// Reads a home. What it does not tell is as `present` has it: the device as it is now.
pub(super) fn parse_home<'a>(
    nest: Attribute<'a>,
    present: &Settings,
) -> core::result::Result<Home, Misunderstood<'a>> {
    let wrong = |why| (EINVAL, why, nest);
    let parts = nest.nested();
    let repeat = [
        home::ALTNAME,
        home::ADDRESS4,
        home::ADDRESS6,
        home::TCX_PROGRAM,
        home::TCX_LINK,
    ];
    if let Some(second) = parts.duplicate(&repeat) {
        return Err((EINVAL, c"this attribute may come only once", second));
    }
    let cookie = parts
        .get(home::NS_COOKIE)
        .ok_or(wrong(c"a home needs its ns-cookie"))?;
    let name = parts.get(home::NAME).ok_or(wrong(c"a home needs a name"))?;
    let settings = parse_settings(&parts, present);
    let own = present.address.as_bytes().len();
    if [settings.address, settings.broadcast].map(|one| one.as_bytes().len()) != [own; 2] {
        return Err(wrong(c"the address has not the length of the device's"));
    }
    let no_memory = |_| (ENOMEM, c"out of memory", nest);
    let mut alias = KVec::new();
    if let Some(text) = parts.get(home::ALIAS) {
        alias
            .extend_from_slice(text.text(), GFP_KERNEL)
            .map_err(no_memory)?;
    }
    Ok(Home {
        cookie: cookie.uint(),
        name: Name::of_device(name.text()).ok_or((
            EINVAL,
            c"a device cannot have this name",
            name,
        ))?,
        settings,
        alias,
        altnames: parse_altnames(&parts)?,
        addresses: parse_addresses(&parts)?,
        tcx: parse_tcx(&parts)?,
    })
}

fn parse_settings(parts: &Attributes<'_>, present: &Settings) -> Settings {
    let mut settings = *present;
    for (attribute, _) in NUMBERS {
        if let Some(value) = parts.get(attribute) {
            settings.set_number(attribute, value.uint());
        }
    }
    if let Some(switches) = parts.get(home::SETTINGS) {
        settings.switches = switches.u32() & SWITCHES;
    }
    if let Some(value) = parts.get(home::ADDRESS) {
        settings.address = settings::Address::from_slice(value.bytes());
    }
    if let Some(value) = parts.get(home::BROADCAST) {
        settings.broadcast = settings::Address::from_slice(value.bytes());
    }
    settings
}

/// `None` if it comes from a version that knew nothing of them: that did not tell a broadcast
/// address either, which is always told now.
fn parse_tcx<'a>(
    parts: &Attributes<'a>,
) -> core::result::Result<Option<KVec<Tcx>>, Misunderstood<'a>> {
    let mut all = KVec::new();
    for part in parts.clone() {
        let one = match part.kind() {
            home::TCX_PROGRAM => Tcx::Program(part.u32()),
            home::TCX_LINK => Tcx::Link(part.u32()),
            _ => continue,
        };
        if all.len() >= TCX_MOST {
            return Err((E2BIG, c"too many tcx programs", part));
        }
        let pushed = all.push(one, GFP_KERNEL);
        pushed.map_err(|_| (ENOMEM, c"out of memory", part))?;
    }
    let known = !all.is_empty() || parts.get(home::BROADCAST).is_some();
    Ok(known.then_some(all))
}

fn parse_altnames<'a>(
    parts: &Attributes<'a>,
) -> core::result::Result<Option<Altnames>, Misunderstood<'a>> {
    let mut names = Altnames::new();
    for name in parts.clone().filter(|part| part.kind() == home::ALTNAME) {
        match names.add(name.text()) {
            Ok(true) => {}
            Ok(false) => return Err((E2BIG, c"too many alternative names", name)),
            Err(error) => return Err((error, c"out of memory", name)),
        }
    }
    let surplus = parts.get(home::ALTNAMES_SURPLUS).is_some();
    Ok((!surplus).then_some(names))
}

fn parse_addresses<'a>(
    parts: &Attributes<'a>,
) -> core::result::Result<Addresses, Misunderstood<'a>> {
    let count = |kind| parts.get(kind).map_or(0, |value| value.u32());
    let mut addresses = Addresses::new();
    addresses.left_out = LeftOut {
        expiring: count(home::ADDRESSES_EXPIRING),
        surplus: count(home::ADDRESSES_SURPLUS),
        lost: count(home::ADDRESSES_LOST),
    };
    for part in parts.clone() {
        let family = match part.kind() {
            home::ADDRESS4 => Family::V4,
            home::ADDRESS6 => Family::V6,
            _ => continue,
        };
        let one = parse_address(part, family)?;
        if let Err(error) = addresses.add(one) {
            return Err((error, c"too many addresses", part));
        }
    }
    Ok(addresses)
}

fn parse_address<'a>(
    nest: Attribute<'a>,
    family: Family,
) -> core::result::Result<Address, Misunderstood<'a>> {
    let parts = nest.nested();
    if let Some(second) = parts.duplicate(&[]) {
        return Err((EINVAL, c"this attribute may come only once", second));
    }
    let number = |kind| parts.get(kind).map_or(0, |value| value.u32());
    let malformed = (EINVAL, c"malformed address", nest);
    let local = parts.get(address::LOCAL).ok_or(malformed)?;
    let peer = parts.get(address::PEER).unwrap_or(local);
    let prefix = number(address::PREFIX) as u8;
    let one = Address::new(family, local.bytes(), peer.bytes(), prefix).ok_or(malformed)?;
    let one = one.with(
        number(address::SCOPE) as u8,
        number(address::FLAGS),
        number(address::METRIC),
    );
    let until = parts.get(address::PREFERRED_UNTIL);
    let one = one
        .with_protocol(number(address::PROTOCOL) as u8)
        .preferred_until(until.map_or(0, |value| value.uint()));
    let one = match parts.get(address::LABEL) {
        Some(label) => one.with_label(label.text()),
        None => one,
    };
    Ok(match parts.get(address::BROADCAST) {
        Some(value) => {
            let bytes = value.bytes().try_into();
            one.with_broadcast(bytes.map_err(|_| (EINVAL, c"malformed address", value))?)
        }
        None => one,
    })
}
