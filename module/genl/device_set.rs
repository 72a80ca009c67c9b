// SPDX-License-Identifier: GPL-2.0-only

//! `dev-set`.

use kernel::prelude::*;
use kernel::sync::Arc;

use super::device::{
    fill_device,
    find,
    home_net,
    one_device, //
};
use super::home;
use crate::net::compat::eopnotsupp;
use crate::net::device::Device;
use crate::net::genl::{
    Attribute,
    Do,
    Policy,
    Reply,
    Request, //
};
use crate::net::namespace::Net;
use crate::net::rtnl::Rtnl;
use crate::policy::fate::Mark;
use crate::policy::home::DEPTH;
use crate::policy::naming::Name;
use crate::policy::settings::WITH_VALUE;
use crate::recorded::{
    Baseline,
    Home, //
};
use crate::state::State;
use crate::uapi::{
    cmd,
    dev,
    mark, //
};

/// The operation.
pub(super) struct Set;

const POLICY: [Policy; dev::NO_BASELINE as usize + 1] = {
    let mut policy: [Policy; dev::NO_BASELINE as usize + 1] = one_device();
    policy[dev::HOME as usize] = Policy::nested(&home::POLICY);
    policy[dev::MARK as usize] = Policy::U32.range(1, mark::RELEASE as i16);
    policy[dev::HOME_NAME as usize] = Policy::string(15);
    policy[dev::NO_HOME as usize] = Policy::FLAG;
    policy[dev::BASELINE as usize] = Policy::nested(&home::POLICY);
    policy[dev::TAKE_BASELINE as usize] = Policy::FLAG;
    policy[dev::NO_BASELINE as usize] = Policy::FLAG;
    policy
};

impl Do for Set {
    type Context = State;
    const CMD: u8 = cmd::DEV_SET;
    const POLICY: &'static [Policy] = &POLICY;
    const MAY_REPEAT: &'static [u16] = &[dev::HOME];

    fn run(state: &State, request: &Request<'_>, reply: &mut Reply<'_>) -> Result {
        let rtnl = Rtnl::lock();
        let net = home_net(state, request)?;
        let device = find(&rtnl, &net, request)?;
        // Everything is read before anything is changed.
        let homes = homes(state, request, &rtnl, device)?;
        let baseline = baseline(state, request, &rtnl, device)?;
        let home_name = match request.get(dev::HOME_NAME) {
            Some(name) => Some(read_home_name(request, name)?),
            None => None,
        };
        let mark = match request.get(dev::MARK) {
            Some(mark) => Mark::new(mark.u32()?),
            None => None,
        };

        let (before, after) = {
            let mut devices = state.devices.lock();
            let before = devices.record(device).homes.is_empty();
            devices.update(device, |record| {
                if let Some(mark) = mark {
                    record.mark = mark;
                }
                if let Some(name) = home_name {
                    record.home_name = name;
                }
                if let Some(homes) = homes {
                    record.homes = homes;
                }
                if let Some(baseline) = baseline {
                    record.baseline = baseline;
                }
            })?;
            devices.changed();
            (before, devices.record(device).homes.is_empty())
        };
        match (before, after) {
            (true, false) => state.stats.left.add(1),
            (false, true) => state.stats.forgotten.add(1),
            _ => {}
        }
        state.view(&rtnl, device, |view| {
            reply.send(|message| fill_device(message, view))
        })
    }
}

/// The name that is to replace the one set; `None` takes that back.
fn read_home_name(request: &Request<'_>, name: Attribute<'_>) -> Result<Option<Name>> {
    let text = name.string()?.to_bytes();
    if text.is_empty() {
        return Ok(None);
    }
    match Name::of_device(text) {
        Some(name) => Ok(Some(name)),
        None => Err(request.refuse(
            EINVAL,
            c"a device cannot have this name",
            request.get(dev::HOME_NAME),
        )),
    }
}

/// The home stack that is to replace the one known, if the request has one.
fn homes(
    state: &State,
    request: &Request<'_>,
    rtnl: &Rtnl,
    device: &Device,
) -> Result<Option<KVec<Arc<Home>>>> {
    let forget = request.get(dev::NO_HOME);
    let mut homes: KVec<Arc<Home>> = KVec::new();
    for nest in request.attributes().filter(|one| one.kind() == dev::HOME) {
        let refuse = |error, why| Err(request.refuse(error, why, Some(nest)));
        if forget.is_some() {
            return refuse(EINVAL, c"home and no-home exclude each other");
        }
        if homes.len() == DEPTH {
            return refuse(EINVAL, c"a device has at most 8 homes");
        }
        let home = home::parse_home(state, request, nest, rtnl, device)?.0;
        if home.cookie == device.net().cookie() {
            return refuse(EINVAL, c"a device is not away from where it is");
        }
        if homes.iter().any(|other| other.cookie == home.cookie) {
            return refuse(EINVAL, c"a namespace can be a device's home only once");
        }
        homes.push(Arc::new(home, GFP_KERNEL_ACCOUNT)?, GFP_KERNEL_ACCOUNT)?;
    }
    Ok((forget.is_some() || !homes.is_empty()).then_some(homes))
}

/// The baseline that is to replace the one that it has; `None` in it forgets that.
fn baseline(
    state: &State,
    request: &Request<'_>,
    rtnl: &Rtnl,
    device: &Device,
) -> Result<Option<Option<Arc<Baseline>>>> {
    let [given, taken, none] =
        [dev::BASELINE, dev::TAKE_BASELINE, dev::NO_BASELINE].map(|kind| request.get(kind));
    let refuse = |error, why, blame| Err(request.refuse(error, why, blame));
    let one = match (given, taken, none) {
        (None, None, None) => return Ok(None),
        (None, None, Some(_)) => return Ok(Some(None)),
        (Some(one), None, None) | (None, Some(one), None) => one,
        (_, second, third) => {
            let why = c"baseline, take-baseline and no-baseline exclude each other";
            return refuse(EINVAL, why, third.or(second));
        }
    };
    if !device.is_physical() || device.is_immovable() {
        let why = c"only a physical device that can be moved has a baseline";
        return refuse(eopnotsupp(), why, Some(one));
    }
    let baseline = match given {
        Some(nest) => {
            let (home, ids) = home::parse_home(state, request, nest, rtnl, device)?;
            Baseline {
                home,
                ids: ids & WITH_VALUE,
            }
        }
        None if device.net().is_initial() => Baseline::take(device, rtnl)?,
        None => {
            let why = c"a baseline is taken in the initial network namespace";
            return refuse(EINVAL, why, taken);
        }
    };
    if baseline.home.cookie != Net::initial().cookie() {
        let why = c"a baseline is one of the initial network namespace";
        return refuse(EINVAL, why, given);
    }
    Ok(Some(Some(Arc::new(baseline, GFP_KERNEL_ACCOUNT)?)))
}
