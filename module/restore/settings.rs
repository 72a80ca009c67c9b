// SPDX-License-Identifier: GPL-2.0-only

//! Settings of fixed size, and the alias: put back by one request, or one by one.

use kernel::prelude::*;

use super::{
    Landed,
    Survey, //
};
use crate::net::rtnetlink::Request;
use crate::net::rtnl::Rtnl;
use crate::policy::settings::{
    NUMBERS,
    SWITCHES, //
};
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

/// Puts back those that differ.
pub(super) fn put_settings_back(device: &mut Landed, mut survey: Survey) -> Result {
    let bits = survey.differing & BY_SET_LINK;
    if bits != 0 && set(device, bits).is_err() {
        // What came before the refused part of the request is done, what comes after is not: go
        // on one by one, so that each failure has its own reason.
        survey = device.survey(&Rtnl::lock())?;
        for bit in (0..u32::BITS).map(|n| 1 << n) {
            if survey.differing & BY_SET_LINK & bit != 0 {
                let done = set(device, bit);
                device.note(bit, done);
            }
        }
    }
    if survey.differing & BY_HAND != 0 {
        set_by_hand(device, survey.differing);
    }
    Ok(())
}

/// Puts back these settings by one request.
fn set(device: &Landed, bits: u32) -> Result {
    let Some(mine) = &device.home else {
        return Ok(());
    };
    let settings = &mine.settings;
    let mut request = Request::set_link(device.ifindex, settings.switches, bits & SWITCHES)?;
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
    device.request(request)
}

/// Puts back what rtnetlink has no word for.
fn set_by_hand(device: &Landed, bits: u32) {
    let Some(mine) = device.home.as_ref().map(|home| &home.settings) else {
        return;
    };
    device.look(|_, there| {
        // How an address was assigned is said of that address only.
        let same = there.settings().address == mine.address;
        let bits = if same { bits } else { bits & !setting::ADDRESS };
        for (attribute, bit) in NUMBERS {
            if bits & BY_HAND & bit != 0 {
                there.set_number(attribute, mine.number(attribute));
            }
        }
    });
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
