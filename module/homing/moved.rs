// SPDX-License-Identifier: GPL-2.0-only

//! A device that somebody else brings home, a container runtime or an administrator: it gets its settings
//! back before that system call of theirs returns. So what they set afterwards stands, and they see
//! nothing of what the device was like in between. A rule may say otherwise ([`fate::moved()`]).

use kernel::prelude::*;
use kernel::sync::Arc;

use super::{
    put_in_order,
    Cause,
    Destination,
    Journey, //
};
use crate::devices::Record;
use crate::driver::Driver;
use crate::net::device::Device;
use crate::net::errand::{
    Errand,
    Later, //
};
use crate::policy::fate;
use crate::policy::naming::{
    Name,
    Template, //
};
use crate::policy::settings;
use crate::recorded::{
    Addresses,
    Home, //
};
use crate::state::State;

/// How often a device is put in order that comes home before it is. Nobody needs it twice but who wants to
/// fill the memory.
const MOST: usize = 4;

/// A device that has just arrived at a home.
pub(crate) struct BroughtHome<'a> {
    pub(crate) device: &'a Device,
    /// What was known about it before.
    pub(crate) record: &'a Record,
    /// How it was here.
    pub(crate) home: &'a Arc<Home>,
    /// The namespace that it comes from.
    pub(crate) from: u64,
    /// Its name there.
    pub(crate) from_name: Name,
}

impl BroughtHome<'_> {
    /// Has the current task put it in order when it returns from its system call; whether it will.
    ///
    /// A kernel thread does not: what the kernel itself moves at a death has been left to it.
    // The stack of a recall that comes to its notifier has no room for this journey.
    #[inline(never)]
    pub(crate) fn put_in_order(&self, state: &State, later: Later<'_, State>) -> bool {
        let mut home = None;
        // One call can bring a device home time and again, and last as long as its maker likes.
        if state.devices.lock().settling(self.device.id()) >= MOST {
            return false;
        }
        let left = self.journey(state).and_then(|it| {
            home = it.home();
            later.before_return(it)
        });
        match left {
            Ok(()) => {
                if let Some(home) = home {
                    let mut devices = state.devices.lock();
                    devices.begin_settling(self.device.id(), home);
                }
            }
            Err(error) if error == ENOMEM => state.stats.no_memory.add(1),
            Err(_) => {}
        }
        left.is_ok()
    }

    /// Its journey, which is over; `EINVAL` if nothing is to be put back.
    fn journey(&self, state: &State) -> Result<Journey> {
        let (device, record) = (self.device, self.record);
        let entry = state.match_with(device, record);
        let rule = entry.as_ref().map(|entry| &entry.rule);
        let moved = fate::moved(device.is_physical(), record.mark, rule);
        let restore = fate::restored_on_move(moved, rule);
        let here = device.net();
        if restore == 0 {
            return Err(EINVAL);
        }
        let departure = Some(self.home.clone());
        let expected = state.expected(
            device,
            here,
            departure.filter(|home| home.cookie == here.cookie()),
            record.baseline.as_deref(),
            entry.as_ref().and_then(|entry| entry.fixed.as_deref()),
        );
        let restore = expected.known & (restore | settings::bits_of(expected.sources.rule));
        // Where it never was, nothing tells what it is like there.
        let home = expected.home.ok_or(EINVAL)?;
        let destination = Destination {
            net: here.try_get().ok_or(ENOENT)?,
            wanted: record.home_name.unwrap_or(home.name),
            // It has arrived.
            ifindex: 0,
            name: None,
            template: rule
                .and_then(|rule| rule.template)
                .unwrap_or(Template::DEFAULT),
            restore,
            sent: false,
            home: Some(home),
            sources: expected.sources,
        };
        let mut journey = Journey::new(destination, device, Cause::Moved)?;
        journey.from = self.from;
        journey.from_name = self.from_name;
        // No request that moves a device changes what its driver knows, and we are in a notifier.
        let mut arrived_as = Home::record(device, Driver::default(), Addresses::new())?;
        // Another name than it left with it has by the request that moved it.
        arrived_as.name = self.from_name;
        journey.arrived_as = Some(KBox::new(arrived_as, GFP_KERNEL_ACCOUNT)?);
        Ok(journey)
    }
}

impl Errand for Journey {
    type Context = State;

    fn run(self, state: &State) {
        put_in_order(state, &mut [self]);
    }
}
