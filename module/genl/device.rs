// SPDX-License-Identifier: GPL-2.0-only

//! `dev-get`, and what events tell of a device.

use kernel::prelude::*;

use super::home::{
    fill_baseline,
    fill_home,
    fill_now,
    Detail, //
};
use super::namespace::no_such;
use super::settings::{
    self,
    Of, //
};
use crate::driver::Driver;
use crate::homing::{
    Destination,
    Plan,
    Sources,
    View, //
};
use crate::net::device::Device;
use crate::net::genl::{
    missing,
    Do,
    Dump,
    Dumping,
    Policy,
    Reply,
    Request, //
};
use crate::net::message::Writer;
use crate::net::namespace::NetRef;
use crate::net::rtnl::Rtnl;
use crate::net::task::boottime_ns;
use crate::policy::fate::Mark;
use crate::policy::naming::Name;
use crate::policy::settings::{
    bits_of,
    rows, //
};
use crate::recorded::{
    Addresses,
    Home, //
};
use crate::rivals::Claims;
use crate::state::{
    State,
    Waiting, //
};
use crate::stuck::StuckDevice;
use crate::uapi::{
    cmd,
    dev,
    failure,
    fate,
    returned,
    setting,
    setting_value,
    stuck,
    Setting, //
};

/// The operation.
pub(crate) struct Get;

/// Lets a request for one device say which: see [`find()`]. All other attributes are refused.
pub(super) const fn one_device<const N: usize>() -> [Policy; N] {
    let mut policy = [Policy::UNSPEC; N];
    policy[dev::NS_COOKIE as usize] = Policy::UINT.min(1);
    policy[dev::IFINDEX as usize] = Policy::U32.full_range::<1, { i32::MAX as u64 }>();
    policy[dev::NAME as usize] = Policy::string(15);
    policy
}

const POLICY: [Policy; dev::NAME as usize + 1] = one_device();

/// Of a request for all, which may name a namespace.
const DUMP_POLICY: [Policy; dev::NS_COOKIE as usize + 1] = {
    let mut policy = [Policy::UNSPEC; dev::NS_COOKIE as usize + 1];
    policy[dev::NS_COOKIE as usize] = Policy::UINT.min(1);
    policy
};

impl Do for Get {
    type Context = State;
    const CMD: u8 = cmd::DEV_GET;
    const POLICY: &'static [Policy] = &POLICY;

    fn run(state: &State, request: &Request<'_>, reply: &mut Reply<'_>) -> Result {
        let rtnl = Rtnl::lock();
        let net = home_net(state, request)?;
        let device = find(&rtnl, &net, request)?;
        let driver = Driver::record(&rtnl, device)?;
        let now = Home::record(device, driver, Addresses::record(device))?;
        state.view(&rtnl, device, |view| {
            reply.send(|message| {
                fill_device(message, view)?;
                message.nest(dev::NOW, |nest| fill_now(nest, &now))
            })
        })
    }
}

/// The live network namespace that a request names.
pub(super) fn home_net(state: &State, request: &Request<'_>) -> Result<NetRef> {
    let Some(cookie) = request.get(dev::NS_COOKIE) else {
        return Err(missing(
            request,
            dev::NS_COOKIE,
            c"say in which network namespace it is",
        ));
    };
    let wanted = cookie.uint()?;
    if let Some(net) = state.live(wanted) {
        return Ok(net);
    }
    match state.namespaces.lock().get(wanted) {
        Some(_) => Err(request.refuse(EBUSY, c"this network namespace is dead", Some(cookie))),
        None => Err(no_such(request, Some(cookie))),
    }
}

/// The device that a request names.
pub(super) fn find<'r>(rtnl: &'r Rtnl, net: &NetRef, request: &Request<'_>) -> Result<&'r Device> {
    let found = match (request.get(dev::IFINDEX), request.get(dev::NAME)) {
        (Some(ifindex), None) => Device::by_index(rtnl, net, ifindex.u32()?),
        (None, Some(name)) => {
            Name::new(name.string()?.to_bytes()).and_then(|name| Device::by_name(rtnl, net, &name))
        }
        (None, None) => {
            return Err(missing(
                request,
                dev::IFINDEX,
                c"name it by ifindex or name",
            ));
        }
        (Some(_), name) => {
            return Err(request.refuse(EINVAL, c"name it by only one of ifindex and name", name));
        }
    };
    found.ok_or_else(|| {
        request.refuse(
            ENODEV,
            c"no such device in this network namespace",
            request.get(dev::IFINDEX).or(request.get(dev::NAME)),
        )
    })
}

impl Dump for Get {
    type Context = State;
    const CMD: u8 = cmd::DEV_GET;
    const POLICY: &'static [Policy] = &DUMP_POLICY;

    type Progress = Progress;

    fn run(
        state: &State,
        request: &Request<'_>,
        progress: &mut Progress,
        dump: &mut Dumping<'_>,
    ) -> Result {
        let only = request.get(dev::NS_COOKIE);
        let only = only.map(|cookie| cookie.uint()).transpose()?;
        if let Some(cookie) = only {
            if progress.cookie == 0 && state.namespaces.lock().get(cookie).is_none() {
                return Err(no_such(request, request.get(dev::NS_COOKIE)));
            }
            progress.cookie = progress.cookie.max(cookie);
        }
        let rtnl = Rtnl::lock();
        loop {
            dump.generation(state.outlook_generation());
            let (cookie, ifindex) = (progress.cookie, progress.next as u32);
            let Some((cookie, device)) = state.device_from(&rtnl, cookie, ifindex, only) else {
                return dump_stuck(state, progress, dump, only);
            };
            let claims = progress.claims.of(cookie);
            let (written, claim) = state.view_after(&rtnl, device, claims, |view| {
                let written = match dump.message(|message| fill_device(message, view)) {
                    // One device must not hide all others from a listener with a small buffer.
                    Err(error) if error == EMSGSIZE && dump.is_empty() => {
                        dump.message(|message| fill(message, view, Detail::Abridged))
                    }
                    other => other,
                };
                let claim = view.plan.destination.as_ref().map(Destination::claim);
                (written, claim)
            });
            written?;
            if let Some(claim) = claim {
                claims.add(claim)?;
            }
            progress.cookie = cookie;
            progress.next = u64::from(device.ifindex()) + 1;
        }
    }
}

/// How far a dump of devices is.
#[derive(Default)]
pub(crate) struct Progress {
    /// The namespace to go on with, or `STUCK`.
    cookie: u64,
    /// The index to go on with there, or the number of a stuck one.
    next: u64,
    /// What those devices want that it has come by in that namespace.
    claims: Claims,
}

/// Where a dump stands that has come to the devices that cannot be freed.
const STUCK: u64 = u64::MAX;

/// Those are in no namespace any more where they could be found.
fn dump_stuck(
    state: &State,
    progress: &mut Progress,
    dump: &mut Dumping<'_>,
    only: Option<u64>,
) -> Result {
    if progress.cookie != STUCK {
        (progress.cookie, progress.next) = (STUCK, 0);
    }
    let now = boottime_ns();
    loop {
        let found = state.devices.lock().stuck.from(progress.next, now);
        // Also when the last one has become free: what was told before it is not all.
        dump.generation(state.outlook_generation());
        let Some(stuck) = found else {
            return Ok(());
        };
        if only.is_none_or(|only| only == stuck.cookie) {
            let waiting = state.waiting_behind(stuck.cookie);
            dump.message(|message| fill_stuck(message, &stuck, &waiting, now))?;
        }
        progress.next = stuck.number + 1;
    }
}

/// Writes a device that the kernel cannot free.
pub(super) fn fill_stuck(
    message: &mut Writer<'_>,
    device: &StuckDevice,
    waiting: &Waiting,
    now: u64,
) -> Result {
    message.put_uint(dev::NS_COOKIE, device.cookie)?;
    message.put_u32(dev::IFINDEX, device.ifindex)?;
    message.put_str(dev::NAME, device.name.as_bytes())?;
    message.nest(dev::STUCK, |nest| {
        nest.put_u32(stuck::REFS, device.refs)?;
        nest.put_uint(stuck::FOR, now.saturating_sub(device.since))?;
        for &cookie in waiting.first() {
            nest.put_uint(stuck::WAITING, cookie)?;
        }
        nest.put_u32(stuck::WAITING_COUNT, waiting.count)
    })
}

/// Writes the attributes of a device: for a reply, a dump and an event alike.
pub(super) fn fill_device(message: &mut Writer<'_>, view: &View<'_>) -> Result {
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
    for (at, entry) in view.record.homes.iter().enumerate() {
        let alive = view.plan.alive & (1 << at) != 0;
        message.nest(dev::HOME, |nest| fill_home(nest, entry, alive, detail))?;
    }
    if let Some(baseline) = view
        .record
        .baseline
        .as_ref()
        .filter(|_| detail == Detail::Full)
    {
        message.nest(dev::BASELINE, |nest| fill_baseline(nest, baseline))?;
    }
    message.put_flag(dev::ABRIDGED, detail == Detail::Abridged)?;
    message.nest(dev::FATE, |nest| fill_fate(nest, view.plan, detail))?;
    if view.record.mark != Mark::None {
        message.put_u32(dev::MARK, view.record.mark.uapi())?;
    }
    if let Some(name) = &view.record.home_name {
        message.put_str(dev::HOME_NAME, name.as_bytes())?;
    }
    let mtu = device.number(setting::MTU);
    message.put_u32(dev::MTU, u32::try_from(mtu).unwrap_or(u32::MAX))?;
    if let Some(address) = device.permanent_address() {
        message.put_bytes(dev::PERMANENT_ADDRESS, address)?;
    }
    let [name, bus] = device.parent();
    for (kind, text) in [(dev::PARENT, name), (dev::PARENT_BUS, bus)] {
        text.map_or(Ok(()), |text| message.put_cstr(kind, text))?;
    }
    let [port, id] = device.port();
    for (kind, number) in [(dev::DEV_PORT, port), (dev::DEV_ID, id)] {
        if number != 0 {
            message.put_u32(kind, number)?;
        }
    }
    Ok(())
}

fn fill_fate(nest: &mut Writer<'_>, plan: &Plan, detail: Detail) -> Result {
    let (action, reason) = plan.verdict;
    nest.put_u32(fate::ACTION, action.uapi())?;
    nest.put_u32(fate::REASON, reason.uapi())?;
    if let Some(destination) = &plan.destination {
        nest.put_uint(fate::NS_COOKIE, destination.net.cookie())?;
        if let Some(name) = destination.name {
            nest.put_str(fate::NAME, name.as_bytes())?;
        }
    }
    if let Some(rule) = plan.rule {
        nest.put_u32(fate::RULE, rule)?;
    }
    if let Some(moved) = plan.moved {
        nest.put_u32(fate::MOVED, moved.uapi())?;
    }
    match &plan.destination {
        Some(destination) if detail == Detail::Full => fill_expected(nest, destination),
        _ => Ok(()),
    }
}

/// Writes what a device is to be like that is not as it left.
fn fill_expected(nest: &mut Writer<'_>, destination: &Destination) -> Result {
    let Some(home) = &destination.home else {
        return Ok(());
    };
    let sources = &destination.sources;
    // What is not put back is not foretold.
    let ids = rows(destination.restore).fold(0, |ids, row| ids | 1 << row.setting.id);
    let source = |nest: &mut Writer<'_>, one: &Setting| {
        nest.put_u32(setting_value::SOURCE, sources.uapi(one.id))
    };
    settings::fill(
        nest,
        fate::SETTING,
        Of::Device,
        &home.values,
        sources.all() & ids,
        source,
    )
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
    pub(crate) restored: u64,
    /// Where their values come from.
    pub(crate) sources: Sources,
    /// Those that could not be, each with the reason.
    pub(crate) failures: &'a [(u32, Error)],
    /// Another device has the name recorded for this home.
    pub(crate) taken: bool,
}

/// Writes how a device came home.
pub(super) fn fill_return(message: &mut Writer<'_>, kind: u16, how: &Return<'_>) -> Result {
    message.nest(kind, |nest| {
        nest.put_u32(returned::CAUSE, how.cause)?;
        nest.put_uint(returned::FROM_COOKIE, how.from)?;
        nest.put_str(returned::FROM_NAME, how.from_name.as_bytes())?;
        if let Some(name) = how.home_name {
            nest.put_str(returned::HOME_NAME, name.as_bytes())?;
        }
        nest.put_uint(returned::RESTORED, how.restored)?;
        for (kind, ids) in [
            (returned::BY_RULE, how.sources.rule),
            (returned::BY_BASELINE, how.sources.baseline),
        ] {
            match how.restored & bits_of(ids) {
                0 => {}
                bits => nest.put_uint(kind, bits)?,
            }
        }
        for (id, error) in how.failures {
            nest.nest(returned::FAILURE, |nest| {
                nest.put_u32(failure::SETTING, *id)?;
                nest.put_u32(failure::ERROR, error.to_errno().unsigned_abs())
            })?;
        }
        nest.put_flag(returned::TAKEN, how.taken)
    })
}
