// SPDX-License-Identifier: GPL-2.0-only

//! `recall`.

use kernel::prelude::*;

use super::device::{
    fill_return,
    find,
    home_net,
    one_device, //
};
use crate::homing::{
    put_in_order,
    recall,
    Journey,
    Meant,
    RecallBy, //
};
use crate::net::compat::{
    ealready,
    eopnotsupp, //
};
use crate::net::device::Device;
use crate::net::genl::{
    Do,
    Policy,
    Reply,
    Request, //
};
use crate::net::message::Writer;
use crate::net::namespace::NetRef;
use crate::net::rtnl::Rtnl;
use crate::state::State;
use crate::uapi::{
    cmd,
    dev,
    recalled, //
};

/// The operation.
pub(super) struct Recall;

const POLICY: [Policy; dev::ALL as usize + 1] = {
    let mut policy: [Policy; dev::ALL as usize + 1] = one_device();
    policy[dev::ALL as usize] = Policy::FLAG;
    policy
};

impl Do for Recall {
    type Context = State;
    const CMD: u8 = cmd::RECALL;
    const POLICY: &'static [Policy] = &POLICY;

    fn run(state: &State, request: &Request<'_>, reply: &mut Reply<'_>) -> Result {
        let net = home_net(state, request)?;
        let mut landed = KVVec::new();
        let mut failures = KVec::new();
        let mut walked = Ok(());
        if let Some(all) = request.get(dev::ALL) {
            if request
                .get(dev::IFINDEX)
                .or(request.get(dev::NAME))
                .is_some()
            {
                return Err(request.refuse(
                    EINVAL,
                    c"all devices, or one by ifindex or name",
                    Some(all),
                ));
            }
            walked = recall_all(state, &net, &mut landed, &mut failures);
        } else {
            let found =
                |rtnl: &Rtnl| find(rtnl, &net, request).map(|device| Meant::new(state, device));
            let one = found(&Rtnl::lock())?;
            landed.reserve(1, GFP_KERNEL)?;
            let home = recall(state, &net, &one, RecallBy::Name)
                .map_err(|error| explain(request, error))?;
            drop(landed.push_within_capacity(home));
        }
        // Those that came home before it failed are told of by events.
        put_in_order(state, &mut landed);
        walked?;

        let counts = (landed.len() as u32, failures.len() as u32);
        let fill = |message: &mut Writer<'_>| {
            message.put_u32(dev::RECALLED_COUNT, counts.0)?;
            message.put_u32(dev::FAILED_COUNT, counts.1)
        };
        let told = reply.send(|message| {
            fill(message)?;
            landed
                .iter()
                .try_for_each(|one| fill_landed(message, one))?;
            failures
                .iter()
                .try_for_each(|one| fill_failure(message, net.cookie(), one))
        });
        match told {
            // So many that they do not fit.
            Err(error) if error == EMSGSIZE => reply.send(fill),
            other => other,
        }
    }
}

/// Says in words why one device was not recalled.
fn explain(request: &Request<'_>, error: Error) -> Error {
    let why = match error {
        e if e == ealready() => c"the device is at home",
        e if e == eopnotsupp() => c"the kernel does not let this device leave its namespace",
        e if e == EEXIST => {
            c"names taken at home are given to it time and again: stop its namespace's processes first"
        }
        e if e == ENODEV => c"the device that was meant is gone",
        _ => c"the kernel did not move the device",
    };
    request.refuse(
        error,
        why,
        request.get(dev::IFINDEX).or(request.get(dev::NAME)),
    )
}

/// A device that could not be recalled, and why.
type Failure = (u32, Error);

/// Brings all devices of a live namespace home that are away.
// Or its journeys would be on the stack of a recall of one.
#[inline(never)]
fn recall_all(
    state: &State,
    net: &NetRef,
    landed: &mut KVVec<Journey>,
    failures: &mut KVec<Failure>,
) -> Result {
    let mut from = 0;
    // Those that come later are not meant: whoever is root there could make ever more.
    let last = Device::last_index(&Rtnl::lock(), net);
    loop {
        let found = {
            let rtnl = Rtnl::lock();
            Device::find_from(&rtnl, net, from).map(|device| Meant::new(state, device))
        };
        let Some(one) = found.filter(|one| one.ifindex() <= last) else {
            return Ok(());
        };
        from = one.ifindex() + 1;
        // Room first: a device that has been moved must not be forgotten.
        landed.reserve(1, GFP_KERNEL)?;
        failures.reserve(1, GFP_KERNEL)?;
        match recall(state, net, &one, RecallBy::All) {
            Ok(home) => drop(landed.push_within_capacity(home)),
            // At home, not to be moved at all, or with no home left: not meant.
            Err(error) if error == ealready() || error == eopnotsupp() || error == ENODEV => {}
            Err(error) => drop(failures.push_within_capacity((one.ifindex(), error))),
        }
    }
}

fn fill_landed(message: &mut Writer<'_>, one: &Journey) -> Result {
    message.nest(dev::RECALLED, |nest| {
        nest.put_uint(recalled::NS_COOKIE, one.target.cookie())?;
        nest.put_u32(recalled::IFINDEX, one.ifindex)?;
        if let Some(name) = one.name() {
            nest.put_str(recalled::NAME, name.as_bytes())?;
        }
        fill_return(nest, recalled::RETURN, &one.how())
    })
}

fn fill_failure(message: &mut Writer<'_>, cookie: u64, one: &Failure) -> Result {
    message.nest(dev::RECALLED, |nest| {
        nest.put_uint(recalled::NS_COOKIE, cookie)?;
        nest.put_u32(recalled::IFINDEX, one.0)?;
        nest.put_u32(recalled::ERROR, one.1.to_errno().unsigned_abs())
    })
}
