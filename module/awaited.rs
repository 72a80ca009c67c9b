// SPDX-License-Identifier: GPL-2.0-only

//! Devices that the kernel itself brings home when a namespace dies, with their radio: Homeward has
//! them arrive under their names, and puts them in order when the namespace is gone.

use kernel::prelude::*;

use crate::homing::{
    self,
    Journey, //
};
use crate::net::device::{
    self,
    Device, //
};
use crate::net::rtnl::Rtnl;
use crate::policy::naming::Name;
use crate::state::State;

impl State {
    /// The kernel is going to move a device of a dying namespace.
    pub(crate) fn await_arrival(&self, journey: Journey) -> Result {
        let mut awaited = self.awaited.lock();
        if let Err(error) = awaited.reserve(1, GFP_KERNEL) {
            self.stats.failed.add(1);
            return Err(error.into());
        }
        if let Some(home) = journey.home() {
            self.devices.lock().begin_settling(journey.id, home);
        }
        drop(awaited.push_within_capacity(journey));
        Ok(())
    }

    /// The name that a device is to arrive under that is awaited, and leaves now.
    pub(crate) fn awaited_name(&self, rtnl: &Rtnl, device: &Device) -> Option<Name> {
        let from = device.net().cookie();
        let awaited = self.awaited.lock();
        let mut all = awaited.iter();
        let journey = all.find(|one| one.id == device.id() && one.from == from)?;
        let name = journey.name_on_arrival()?;
        // It was free when the namespace began to die.
        (!device::name_in_use(rtnl, &journey.target, &name)).then_some(name)
    }

    /// A device arrives from another namespace; whether it was awaited here.
    pub(crate) fn has_awaited(&self, device: &Device, from: u64) -> bool {
        let here = device.net().cookie();
        let mut awaited = self.awaited.lock();
        let is_it = |one: &&mut Journey| {
            one.id == device.id() && one.from == from && one.target.cookie() == here
        };
        let Some(journey) = awaited.iter_mut().find(is_it) else {
            return false;
        };
        journey.has_arrived(device);
        self.stats.returned.add(1);
        true
    }

    /// A namespace is gone: puts in order what has come home from it.
    pub(crate) fn put_awaited_in_order(&self, from: u64) {
        while let Some(journey) = self.next_awaited(from) {
            // Nothing of this for one that is not there: somebody has moved it on.
            journey.look(|rtnl, device| device.tell_name(rtnl));
            homing::put_in_order(self, &mut [journey]);
        }
    }

    /// A device is destroyed: another one may be made at its address.
    pub(crate) fn await_no_more(&self, device: &Device) {
        self.awaited.lock().retain(|one| one.id != device.id());
    }

    fn next_awaited(&self, from: u64) -> Option<Journey> {
        let mut awaited = self.awaited.lock();
        let at = awaited.iter().position(|one| one.from == from)?;
        awaited.remove(at).ok()
    }
}
