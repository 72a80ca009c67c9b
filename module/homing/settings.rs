// SPDX-License-Identifier: GPL-2.0-only

//! Settings of fixed size, and the alias: put back before the move by the calls of the kernel, and after it by rtnetlink,
//! by one request or one by one.

use kernel::prelude::*;

use super::journey::{
    Journey,
    Survey, //
};
use super::vf::put_back_at_home;
use crate::net::device::Device;
use crate::net::rtnetlink::Request;
use crate::net::rtnl::Rtnl;
use crate::policy::settings::{
    self,
    with_followers,
    Back,
    Row,
    OF_PF,
    ROWS, //
};
use crate::recorded::Home;
use crate::uapi::Kind;

/// Puts back these settings wherever the device is, by what the kernel exports.
pub(super) fn set_by_calls(rtnl: &Rtnl, device: &Device, home: &Home, bits: u64) {
    for row in settings::rows(with_followers(bits)).filter(|row| row.has_call()) {
        // What is refused is surveyed after the move, and tried once more.
        let _ = set_by_call(rtnl, device, home, row);
    }
    let _ = device.set_flags(rtnl, &home.values.fixed_size, bits);
}

fn set_by_call(rtnl: &Rtnl, device: &Device, home: &Home, row: &Row) -> Result {
    let (mine, id) = (&home.values.fixed_size, row.setting.id);
    // How an address was assigned is said of that address only.
    let whole = row.setting.whole;
    if whole != id && mine.differs(&device.settings(), whole) {
        return Ok(());
    }
    match row.setting.kind {
        Kind::Number(_) => device.set_number(rtnl, id, mine.number(id)),
        // All interface flags are set together.
        Kind::Switch if row.back == Back::Both => Ok(()),
        Kind::Switch => device.set_number(rtnl, id, mine.number(id)),
        Kind::Address => device.set_address(rtnl, id, mine.address(id)),
        Kind::Text(_) => device.set_alias(rtnl, &home.values.alias),
        Kind::Numbers(_) => match home.values.lists.get(id) {
            Some(numbers) => device.set_numbers(rtnl, id, &numbers),
            None => Ok(()),
        },
        Kind::Texts(_) | Kind::Apart => Ok(()),
    }
}

/// Puts back those that differ.
pub(super) fn put_settings_back(journey: &mut Journey, mut survey: Survey) -> Result {
    let by_link = || ROWS.iter().filter(|row| row.has_link());
    let linked = by_link().fold(0, |bits, row| bits | row.bit());
    if survey.differing & OF_PF != 0 {
        put_back_at_home(journey, survey.differing)?;
        survey = journey.survey(&Rtnl::lock())?;
    }
    let bits = survey.differing & linked;
    if bits != 0 && set(journey, bits).is_err() {
        // What came before the refused part of the request is done, what comes after is not: go
        // on one by one, so that each failure has its own reason.
        survey = journey.survey(&Rtnl::lock())?;
        for row in by_link().filter(|row| row.is_whole()) {
            if survey.differing & row.bit() != 0 {
                let done = set(journey, row.bit());
                journey.note(row.setting.id, done);
            }
        }
    }
    for row in settings::rows(survey.differing).filter(|row| row.back == Back::Call) {
        let mine = journey.home.clone().ok_or(ENODEV)?;
        let done = journey.look(|rtnl, device| set_by_call(rtnl, device, &mine, row));
        journey.note(row.setting.whole, done.unwrap_or(Err(ENODEV)));
    }
    Ok(())
}

/// Puts back these settings by one request.
fn set(journey: &Journey, bits: u64) -> Result {
    let Some(home) = &journey.home else {
        return Ok(());
    };
    let mine = &home.values.fixed_size;
    let mut request = Request::set_link(journey.ifindex, mine.switches(), bits)?;
    for row in settings::rows(with_followers(bits)).filter(|row| row.has_link()) {
        let id = row.setting.id;
        match row.setting.kind {
            Kind::Number(_) | Kind::Switch => request.number(id, mine.number(id))?,
            Kind::Address => request.address(id, mine.address(id))?,
            Kind::Text(_) => request.alias(&home.values.alias)?,
            Kind::Texts(_) | Kind::Numbers(_) | Kind::Apart => {}
        }
    }
    journey.request(request)
}
