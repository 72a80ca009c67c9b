// SPDX-License-Identifier: GPL-2.0-only

//! What the move did not bring in order: surveyed, put back by rtnetlink at home, and told.

use kernel::prelude::*;

use super::altnames::add_own_altnames;
use super::ip::put_ip_back;
use super::names;
use super::programs::detach_programs;
use super::settings::put_settings_back;
use super::up;
use super::Journey;
use crate::net::rtnl::Rtnl;
use crate::policy::settings::bit;
use crate::state::State;
use crate::uapi::setting;

/// Puts devices in order that have been moved, and tells of their return.
pub(crate) fn put_in_order(state: &State, journeys: &mut [Journey]) {
    // Most arrive in order, and need no RTNL for it.
    if journeys.iter().all(|journey| journey.outcome.told) {
        return;
    }
    names::clear(journeys);
    let mut done = 0;
    while done < journeys.len() {
        done += tell_those_in_order(state, journeys, done);
        let Some(journey) = journeys.get_mut(done) else {
            return;
        };
        // What failed is in the outcome; a device that is gone again is told of below.
        let _ = put_back(journey);
        journey.tell(state, &Rtnl::lock());
        done += 1;
    }
}

/// Tells of those devices from `first` on with which nothing is to be done, up to one with which there
/// is; returns how many. They take the RTNL once together.
fn tell_those_in_order(state: &State, journeys: &mut [Journey], first: usize) -> usize {
    let rtnl = Rtnl::lock();
    let rest = journeys.iter_mut().skip(first);
    let in_order = rest.take_while(|journey| journey.outcome.told || journey.is_in_order(&rtnl));
    in_order
        .map(|journey| {
            if !journey.outcome.told {
                journey.tell(state, &rtnl);
            }
        })
        .count()
}

/// Puts back everything that differs.
fn put_back(journey: &mut Journey) -> Result {
    let survey = journey.survey(&Rtnl::lock())?;
    journey.outcome.touched = true;
    journey.outcome.differing |= survey.differing;
    let landed_as = survey.name;
    let mut survey = names::rename(journey, survey)?;
    if journey.is_named() && landed_as.is_refused_by_ip() {
        // IPv4 and IPv6 have refused it because of that name, and take it up at a change of the MTU.
        let touched = journey.look(|rtnl, device| device.touch_mtu(rtnl));
        journey.note(setting::MTU, touched.unwrap_or(Err(ENODEV)));
        survey = journey.survey(&Rtnl::lock())?;
        journey.outcome.differing |= survey.differing;
    }

    // First, as a driver may refuse an MTU because of a program.
    detach_programs(journey, survey.differing);
    put_settings_back(journey, survey)?;
    if journey.restore & bit(setting::ALTNAMES) != 0 {
        let added = add_own_altnames(journey);
        journey.note(setting::ALTNAMES, added);
    }
    put_ip_back(journey)?;
    if journey.restore & bit(setting::UP) != 0 {
        up::bring_up(journey);
    }
    Ok(())
}
