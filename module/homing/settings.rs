// SPDX-License-Identifier: GPL-2.0-only

//! Settings of fixed size, and the alias: put back before the move by the calls of the kernel, and after it by rtnetlink,
//! by one request or one by one.

use kernel::prelude::*;

use super::journey::{
    Journey,
    Survey, //
};
use crate::net::device::Device;
use crate::net::rtnetlink::Request;
use crate::net::rtnl::Rtnl;
use crate::policy::settings::{
    NUMBERS,
    SWITCHES, //
};
use crate::recorded::Home;
use crate::uapi::{
    home,
    setting, //
};

/// The settings that one RTM_SETLINK puts back.
const BY_SET_LINK: u32 = setting::MTU
    | setting::ADDRESS
    | setting::BROADCAST
    | setting::TXQLEN
    | setting::GROUP
    | setting::ALIAS
    | (SWITCHES & !setting::XDP)
    | setting::GSO_MAX_SIZE
    | setting::GSO_MAX_SEGS
    | setting::GRO_MAX_SIZE
    | setting::GSO_IPV4_MAX_SIZE
    | setting::GRO_IPV4_MAX_SIZE
    | setting::LINK_MODE;

/// The settings of which a part is put back by hand, as rtnetlink has no word for it.
const BY_HAND: u32 = setting::ADDRESS | setting::GRO_FLUSH_TIMEOUT | setting::NAPI_DEFER_HARD_IRQS;

/// Puts back these settings wherever the device is, by what the kernel exports.
pub(super) fn set_by_calls(rtnl: &Rtnl, device: &Device, home: &Home, bits: u32) {
    let mine = &home.settings;
    let wanted = |bit| bits & bit != 0;
    if wanted(setting::MTU) {
        let _ = device.set_mtu(rtnl, mine.number(home::MTU) as u32);
    }
    if wanted(setting::ADDRESS) {
        let _ = device.set_address(rtnl, &mine.address);
    }
    if wanted(setting::BROADCAST) {
        let _ = device.set_broadcast(rtnl, &mine.broadcast);
    }
    if wanted(SWITCHES) {
        let _ = device.set_flags(rtnl, mine.switches, bits & SWITCHES);
    }
    if wanted(setting::ALIAS) {
        let _ = device.set_alias(rtnl, &home.alias);
    }
    set_numbers(rtnl, device, home, with_followers(bits));
}

/// Those settings that are numbers.
fn set_numbers(rtnl: &Rtnl, device: &Device, home: &Home, mut bits: u32) {
    let mine = &home.settings;
    // How an address was assigned is said of that address only.
    if bits & setting::ADDRESS != 0 && device.settings().address != mine.address {
        bits &= !setting::ADDRESS;
    }
    for (attribute, _) in NUMBERS.iter().filter(|(_, bit)| bits & bit != 0) {
        // Of those for which the kernel exports nothing, rtnetlink takes care after the move.
        let _ = device.set_number(rtnl, *attribute, mine.number(*attribute));
    }
}

/// Puts back those that differ.
pub(super) fn put_settings_back(journey: &mut Journey, mut survey: Survey) -> Result {
    let bits = survey.differing & BY_SET_LINK;
    if bits != 0 && set(journey, bits).is_err() {
        // What came before the refused part of the request is done, what comes after is not: go
        // on one by one, so that each failure has its own reason.
        survey = journey.survey(&Rtnl::lock())?;
        for bit in (0..u32::BITS).map(|n| 1 << n) {
            if survey.differing & BY_SET_LINK & bit != 0 {
                let done = set(journey, bit);
                journey.note(bit, done);
            }
        }
    }
    if survey.differing & BY_HAND != 0 {
        let bits = survey.differing & BY_HAND;
        let by_hand = |rtnl: &Rtnl, device: &Device| {
            if let Some(mine) = &journey.home {
                set_numbers(rtnl, device, mine, bits);
            }
        };
        journey.look(by_hand);
    }
    Ok(())
}

/// Puts back these settings by one request.
fn set(journey: &Journey, bits: u32) -> Result {
    let Some(mine) = &journey.home else {
        return Ok(());
    };
    let settings = &mine.settings;
    let mut request = Request::set_link(journey.ifindex, settings.switches, bits & SWITCHES)?;
    if bits & setting::ADDRESS != 0 {
        request.address(settings.address.as_bytes())?;
    }
    if bits & setting::BROADCAST != 0 {
        request.broadcast(settings.broadcast.as_bytes())?;
    }
    for (attribute, bit) in NUMBERS {
        if with_followers(bits) & bit != 0 {
            request.number(attribute, settings.number(attribute))?;
        }
    }
    if bits & setting::PROTO_DOWN != 0 {
        let down = settings.switches & setting::PROTO_DOWN != 0;
        request.proto_down(down, settings.number(home::PROTO_DOWN_REASON))?;
    }
    if bits & setting::ALIAS != 0 {
        request.alias(&mine.alias)?;
    }
    journey.request(request)
}

/// With the settings that the kernel changes along with these (`netif_set_gso_max_size()`).
fn with_followers(bits: u32) -> u32 {
    let mut all = bits;
    if bits & setting::GSO_MAX_SIZE != 0 {
        all |= setting::GSO_IPV4_MAX_SIZE;
    }
    if bits & setting::GRO_MAX_SIZE != 0 {
        all |= setting::GRO_IPV4_MAX_SIZE;
    }
    all
}
