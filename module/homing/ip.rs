// SPDX-License-Identifier: GPL-2.0-only

//! What IP has of a device: the move takes it, and it is put back by rtnetlink before the device is set up.

use kernel::prelude::*;

use super::Journey;
use crate::net::compat::eopnotsupp;
use crate::net::rtnetlink::Request;
use crate::net::rtnl::Rtnl;
use crate::policy::settings::{
    self,
    OF_IP, //
};
use crate::uapi::setting;

/// Puts back what differs.
pub(super) fn put_ip_back(journey: &mut Journey) -> Result {
    if journey.restore & OF_IP == 0 {
        return Ok(());
    }
    // Again, as IP may have taken up the device only now.
    let differing = journey.survey(&Rtnl::lock())?.differing & OF_IP;
    journey.outcome.differing |= differing;
    for row in settings::rows(differing) {
        let done = put_back(journey, row.setting.id);
        journey.note(row.setting.id, done);
    }
    Ok(())
}

fn put_back(journey: &Journey, id: u32) -> Result {
    let home = journey.home.as_ref().ok_or(ENODEV)?;
    let mine = home.values.lists.get(id).ok_or(ENODEV)?;
    let now = journey.look(|rtnl, device| device.numbers(rtnl, id));
    let now = now.flatten().ok_or(ENODEV)?;
    match (id, mine.or(&now).as_slice()) {
        (setting::IPV4_CONF, wanted) => put_ipv4_conf_back(journey, wanted, now.as_slice()),
        (setting::ADDR_GEN_MODE, &[mode]) => {
            journey.request(Request::set_addr_gen_mode(journey.ifindex, mode)?)
        }
        (setting::IPV6_TOKEN, &[high, low]) => {
            journey.request(Request::set_ipv6_token(journey.ifindex, high, low)?)
        }
        _ => Err(eopnotsupp()),
    }
}

/// Those numbers that differ: by one request, or one by one, as one refuses all that come with it.
fn put_ipv4_conf_back(journey: &Journey, wanted: &[u32], now: &[u32]) -> Result {
    let differing = || {
        let both = wanted.iter().zip(now).zip(0..);
        both.filter(|((to, from), _)| to != from)
            .map(|((to, _), nth)| (nth, *to))
    };
    let set = |numbers: &mut dyn Iterator<Item = (u16, u32)>| {
        journey.request(Request::set_ipv4_conf(journey.ifindex, numbers)?)
    };
    if set(&mut differing()).is_ok() {
        return Ok(());
    }
    let mut first = Ok(());
    for one in differing() {
        first = first.and(set(&mut core::iter::once(one)));
    }
    first
}
