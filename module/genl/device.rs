// SPDX-License-Identifier: GPL-2.0-only

//! `dev-get`, and what events tell of a device.

use kernel::prelude::*;

use crate::devices::Home;
use crate::homing::View;
use crate::net::device::Device;
use crate::net::genl::{
    Do,
    Dump,
    Dumping,
    Policy,
    Reply,
    Request, //
};
use crate::net::message::Writer;
use crate::net::rtnl::Rtnl;
use crate::policy::naming::Name;
use crate::policy::settings::{
    NUMBERS,
    SWITCHES, //
};
use crate::state::State;
use crate::uapi::{
    cmd,
    dev,
    failure,
    fate,
    home,
    returned,
    setting, //
};

/// The operation.
pub(crate) struct Get;

/// Numbers of the attributes of the set `dev` that a request for one device may have.
const POLICY: [Policy; dev::NAME as usize + 1] = {
    let mut policy = [Policy::REFUSED; dev::NAME as usize + 1];
    policy[dev::NS_COOKIE as usize] = Policy::UINT_FROM_1;
    policy[dev::IFINDEX as usize] = Policy::IFINDEX;
    policy[dev::NAME as usize] = Policy::string(15);
    policy
};

/// Likewise of a request for all.
const DUMP_POLICY: [Policy; dev::NS_COOKIE as usize + 1] = {
    let mut policy = [Policy::REFUSED; dev::NS_COOKIE as usize + 1];
    policy[dev::NS_COOKIE as usize] = Policy::UINT_FROM_1;
    policy
};

impl Do for Get {
    type Context = State;
    const CMD: u8 = cmd::DEV_GET;
    const POLICY: &'static [Policy] = &POLICY;

    fn run(state: &State, request: &Request<'_>, reply: &mut Reply<'_>) -> Result {
        let Some(cookie) = request.get(dev::NS_COOKIE) else {
            return Err(request.missing(dev::NS_COOKIE, c"say in which network namespace it is"));
        };
        let rtnl = Rtnl::lock();
        // The reference keeps the namespace while the device is looked at; one that is not alive
        // cannot be looked into by name, only dumped.
        let Some(net) = state.live(cookie.uint()) else {
            return Err(request.refuse(
                ENOENT,
                c"no live network namespace has this cookie",
                Some(cookie),
            ));
        };
        let found = match (request.get(dev::IFINDEX), request.get(dev::NAME)) {
            (Some(ifindex), None) => Device::by_index(&rtnl, &net, ifindex.u32()),
            (None, Some(name)) => {
                Name::new(name.bytes()).and_then(|name| Device::by_name(&rtnl, &net, &name))
            }
            (None, None) => {
                return Err(request.missing(dev::IFINDEX, c"name it by ifindex or name"));
            }
            (Some(_), name) => {
                return Err(request.refuse(
                    EINVAL,
                    c"name it by only one of ifindex and name",
                    name,
                ));
            }
        };
        let Some(device) = found else {
            return Err(request.refuse(
                ENODEV,
                c"no such device in this network namespace",
                request.get(dev::IFINDEX).or(request.get(dev::NAME)),
            ));
        };
        state.view(&rtnl, device, |view| {
            reply.send(|message| fill_device(message, view))
        })
    }
}

impl Dump for Get {
    type Context = State;
    const CMD: u8 = cmd::DEV_GET;
    const POLICY: &'static [Policy] = &DUMP_POLICY;

    fn run(state: &State, request: &Request<'_>, dump: &mut Dumping<'_>) -> Result {
        let only = request.get(dev::NS_COOKIE).map(|cookie| cookie.uint());
        if let Some(cookie) = only {
            if dump.position[0] == 0 && state.namespaces.lock().get(cookie).is_none() {
                return Err(request.refuse(
                    ENOENT,
                    c"no network namespace has this cookie",
                    request.get(dev::NS_COOKIE),
                ));
            }
            dump.position[0] = dump.position[0].max(cookie);
        }
        let rtnl = Rtnl::lock();
        loop {
            let generation = state.devices.lock().generation();
            dump.generation(generation);
            let [cookie, ifindex] = *dump.position;
            let Some((cookie, device)) = state.device_from(&rtnl, cookie, ifindex as u32, only)
            else {
                return Ok(());
            };
            let ifindex = u64::from(device.ifindex());
            state.view(&rtnl, device, |view| {
                match dump.message(|message| fill_device(message, view)) {
                    // One device must not hide all others from a listener with a small buffer.
                    Err(error) if error == EMSGSIZE && dump.is_empty() => {
                        dump.message(|message| fill(message, view, Detail::Abridged))
                    }
                    other => other,
                }
            })?;
            *dump.position = [cookie, ifindex + 1];
        }
    }
}

/// How much is told of a device.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Detail {
    Full,
    /// No strings of variable length in the homes.
    Abridged,
}

/// Writes the attributes of a device: for a reply, a dump and an event alike.
pub(crate) fn fill_device(message: &mut Writer<'_>, view: &View<'_>) -> Result {
    fill(message, view, Detail::Full)
}

fn fill(message: &mut Writer<'_>, view: &View<'_>, detail: Detail) -> Result {
    let device = view.device;
    message.put_uint(dev::NS_COOKIE, device.net().cookie())?;
    message.put_u32(dev::IFINDEX, device.ifindex())?;
    if let Some(name) = device.name() {
        message.put_str(dev::NAME, name.as_bytes())?;
    }
    if let Some(kind) = device.kind() {
        message.put_cstr(dev::KIND, kind)?;
    }
    message.put_flag(dev::PHYSICAL, device.is_physical())?;
    message.put_flag(dev::IMMOVABLE, device.is_immovable())?;
    message.put_u32(dev::FLAGS, device.flags())?;
    for (at, entry) in view.homes.iter().enumerate() {
        let alive = view.plan.alive & (1 << at) != 0;
        message.nest(dev::HOME, |nest| fill_home(nest, entry, alive, detail))?;
    }
    message.put_flag(dev::ABRIDGED, detail == Detail::Abridged)?;
    message.nest(dev::FATE, |nest| {
        let (action, reason) = view.plan.verdict;
        nest.put_u32(fate::ACTION, action.uapi())?;
        nest.put_u32(fate::REASON, reason.uapi())?;
        if let Some(destination) = &view.plan.destination {
            nest.put_uint(fate::NS_COOKIE, destination.net.cookie())?;
            if let Some(name) = destination.name {
                nest.put_str(fate::NAME, name.as_bytes())?;
            }
        }
        Ok(())
    })
}

fn fill_home(nest: &mut Writer<'_>, entry: &Home, alive: bool, detail: Detail) -> Result {
    let settings = &entry.settings;
    nest.put_uint(home::NS_COOKIE, entry.cookie)?;
    nest.put_flag(home::ALIVE, alive)?;
    nest.put_str(home::NAME, entry.name.as_bytes())?;
    nest.put_u32(home::SETTINGS, settings.switches & SWITCHES)?;
    nest.put_bytes(home::ADDRESS, settings.address.as_bytes())?;
    for bit in NUMBERS {
        nest.put_u32(home_attribute(bit), settings.number(bit))?;
    }
    if detail == Detail::Abridged {
        return Ok(());
    }
    if !entry.alias.is_empty() {
        nest.put_str(home::ALIAS, &entry.alias)?;
    }
    if let Some(altnames) = &entry.altnames {
        for name in altnames.iter() {
            nest.put_str(home::ALTNAME, name)?;
        }
    }
    Ok(())
}

/// The attribute of the set `home` that holds a setting which is a number.
fn home_attribute(bit: u32) -> u16 {
    match bit {
        setting::MTU => home::MTU,
        setting::TXQLEN => home::TXQLEN,
        setting::GROUP => home::GROUP,
        setting::GSO_MAX_SIZE => home::GSO_MAX_SIZE,
        setting::GSO_MAX_SEGS => home::GSO_MAX_SEGS,
        setting::GRO_MAX_SIZE => home::GRO_MAX_SIZE,
        setting::GSO_IPV4_MAX_SIZE => home::GSO_IPV4_MAX_SIZE,
        _ => home::GRO_IPV4_MAX_SIZE,
    }
}

/// How a device came home.
pub(crate) struct Return<'a> {
    /// Number of the cause.
    pub(crate) cause: u32,
    /// The namespace that it came from.
    pub(crate) from: u64,
    /// Its name there.
    pub(crate) from_name: &'a Name,
    /// The name recorded for this home, if any was.
    pub(crate) home_name: Option<&'a Name>,
    /// The settings that were put back.
    pub(crate) restored: u32,
    /// Those that could not be, each with the reason.
    pub(crate) failures: &'a [(u32, Error)],
}

/// Writes how a device came home.
pub(crate) fn fill_return(message: &mut Writer<'_>, how: &Return<'_>) -> Result {
    message.nest(dev::RETURN, |nest| {
        nest.put_u32(returned::CAUSE, how.cause)?;
        nest.put_uint(returned::FROM_COOKIE, how.from)?;
        nest.put_str(returned::FROM_NAME, how.from_name.as_bytes())?;
        if let Some(name) = how.home_name {
            nest.put_str(returned::HOME_NAME, name.as_bytes())?;
        }
        nest.put_u32(returned::RESTORED, how.restored)?;
        for (bit, error) in how.failures {
            nest.nest(returned::FAILURE, |nest| {
                nest.put_u32(failure::SETTING, *bit)?;
                nest.put_u32(failure::ERROR, error.to_errno().unsigned_abs())
            })?;
        }
        Ok(())
    })
}
