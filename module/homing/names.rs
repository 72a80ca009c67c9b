// SPDX-License-Identifier: GPL-2.0-only

//! The names of devices that did not get them by the move itself (`Device::arrive_as()`).

use kernel::prelude::*;

use super::altnames::{
    remove_altname,
    remove_foreign_altnames, //
};
use super::journey::{
    Journey,
    Survey, //
};
use crate::net::device::Device;
use crate::net::rtnetlink::Request;
use crate::net::rtnl::Rtnl;
use crate::policy::naming::Name;
use crate::policy::settings::bit;
use crate::uapi::setting;

/// How often another name is tried when somebody else takes the one just chosen.
const NAME_TRIES: usize = 4;

/// Takes away names that stand in each other's way: all foreign ones go before any own one comes.
pub(super) fn clear(journeys: &mut [Journey]) {
    if !any_in_the_way(journeys) {
        return;
    }
    for journey in journeys.iter_mut().filter(|journey| !journey.outcome.told) {
        let removed = remove_foreign_altnames(journey);
        journey.note(setting::ALTNAMES, removed);
    }
    for at in 0..journeys.len() {
        if !is_in_the_way(journeys, at) {
            continue;
        }
        if let Some(journey) = journeys.get_mut(at) {
            journey.gives_up_its_name();
            let moved_aside = set(journey, &Name::PASSING);
            journey.note(setting::NAME, moved_aside);
        }
    }
}

/// Whether any of them brought a name along that could stand in the way of another.
fn any_in_the_way(journeys: &[Journey]) -> bool {
    let Some(names) = names_now(journeys) else {
        return true;
    };
    // Without RTNL, as this takes the square of their number.
    let mut all = journeys.iter().zip(&names).enumerate();
    all.any(|(at, (journey, now))| now.is_some_and(|now| blocks(journeys, at, journey, &now)))
}

/// Their names as they are now, by one look at all; `None` if one has a foreign alternative name,
/// or if memory is short: then each is looked at by itself.
fn names_now(journeys: &[Journey]) -> Option<KVVec<Option<Name>>> {
    let mut names = KVVec::with_capacity(journeys.len(), GFP_KERNEL).ok()?;
    let rtnl = Rtnl::lock();
    for journey in journeys {
        let device = journey.find(&rtnl);
        if device.is_some_and(|device| journey.foreign_altnames(device).next().is_some()) {
            return None;
        }
        names.push(device.and_then(Device::name), GFP_KERNEL).ok()?;
    }
    Some(names)
}

/// Whether the name of a device, which may be changed, is the own name of another one.
fn blocks(journeys: &[Journey], at: usize, journey: &Journey, now: &Name) -> bool {
    // Of several that want one name, the first gets it, whoever has it now: as foretold.
    let is_its_own = |(place, other): (usize, &Journey)| {
        place != at
            && other.wanted == *now
            && (journey.wanted != *now || place < at)
            && other.target.cookie() == journey.target.cookie()
    };
    let may_change = journey.is_named() && !journey.outcome.told;
    may_change && journeys.iter().enumerate().any(is_its_own)
}

/// Whether the present name of a device is the own name of another.
fn is_in_the_way(journeys: &[Journey], at: usize) -> bool {
    journeys.get(at).is_some_and(|journey| {
        let now = journey.look(|_, device| device.name()).flatten();
        now.is_some_and(|now| blocks(journeys, at, journey, &now))
    })
}

/// Gives a device its name; returns how it is then.
pub(super) fn rename(journey: &mut Journey, mut survey: Survey) -> Result<Survey> {
    for tries in 1..=NAME_TRIES {
        if survey.differing & bit(setting::NAME) == 0 {
            break;
        }
        let renamed =
            give_up_altname(journey, &survey.free).and_then(|()| set(journey, &survey.free));
        survey = journey.survey(&Rtnl::lock())?;
        match renamed {
            // Taken since we looked: another one is free.
            Err(error) if error == EEXIST && tries < NAME_TRIES => {}
            other => {
                journey.note(setting::NAME, other);
                break;
            }
        }
    }
    Ok(survey)
}

/// Takes an alternative name away from a device that is to have it as its name.
fn give_up_altname(journey: &Journey, name: &Name) -> Result {
    let has = |_: &Rtnl, device: &Device| device.has_altname(name.as_bytes());
    if !journey.look(has).unwrap_or(false) {
        return Ok(());
    }
    journey.request(remove_altname(journey.ifindex, name.as_bytes())?)
}

fn set(journey: &Journey, name: &Name) -> Result {
    journey.request(Request::rename(journey.ifindex, name)?)
}
