// SPDX-License-Identifier: GPL-2.0-only

//! What is seen of devices that come and go: the home stack follows them.

use crate::genl::Return;
use crate::net::address::Family;
use crate::net::device::{
    Device,
    DeviceId, //
};
use crate::net::notifier::DeviceEvents;
use crate::net::rtnl::Rtnl;
use crate::net::task::boottime_ns;
use crate::policy::home::{
    self,
    Arrival, //
};
use crate::recorded::{
    Addresses,
    Home, //
};
use crate::state::State;
use crate::uapi::{
    cmd,
    return_cause, //
};

impl DeviceEvents for State {
    fn closing(&self, _rtnl: &Rtnl, dev: &Device) {
        let mut addresses = Addresses::new();
        // A dying namespace is no home.
        if dev.net().is_alive() {
            // Those of IPv4 stay.
            addresses = Addresses::record_of(dev, &[Family::V6]);
        }
        self.devices.lock().closings.begin(dev, addresses);
    }

    fn closed(&self, _rtnl: &Rtnl, dev: &Device) {
        self.devices.lock().closings.end(dev);
    }

    fn address_changed(&self, device: DeviceId) {
        self.untouched.take(device);
    }

    fn before_leaving(&self, _rtnl: &Rtnl, dev: &Device) {
        let mut addresses = Addresses::record(dev);
        let mut devices = self.devices.lock();
        if let Some(lost) = devices.closings.take(dev.id()) {
            addresses.merge(&lost);
        }
        devices.departing(dev, addresses);
    }

    fn leaving(&self, _rtnl: &Rtnl, dev: &Device) {
        let Some(name) = dev.name() else { return };
        let addresses = self.devices.lock().take_departing(dev);
        // A dying namespace is no home.
        let home = match dev.net().is_alive() {
            true => Home::record(dev, addresses.unwrap_or(Addresses::new())).map(Some),
            false => Ok(None),
        };
        // Without it, what was known already goes along.
        let recorded = home.is_ok();
        let left = self
            .devices
            .lock()
            .leave(dev, name, home.unwrap_or_default());
        if left.is_err() || !recorded {
            self.stats.no_memory.add(1);
        }
        if left.is_err_and(|lost| lost.forgotten) {
            self.stats.forgotten.add(1);
        }
    }

    fn arrived(&self, rtnl: &Rtnl, dev: &Device) {
        let (moving, homing) = {
            let mut devices = self.devices.lock();
            devices.changed();
            (devices.take_moving(dev), devices.homing(dev))
        };
        let Some(moving) = moving else {
            // Another one may have been at its address, and its end not been seen.
            self.devices.lock().closings.forget(dev.id());
            return;
        };

        let here = dev.net();
        let mut record = moving.record;
        let arrival = home::arrive(
            record.cookies().as_slice(),
            here.cookie(),
            here.is_initial(),
            homing == Some(true),
            |&cookie| self.is_live(cookie),
        );
        let Arrival::Back { keep, entry } = arrival else {
            if moving.was_home && !record.homes.is_empty() {
                self.stats.left.add(1);
            }
            self.devices.lock().settle(dev, record, moving.room);
            self.tell_device(rtnl, cmd::DEV_AWAY, dev, None);
            return;
        };

        let mut home = record.homes.remove(entry).ok();
        record.homes.truncate(keep);
        let home_name = home.as_ref().map(|home| home.name);
        match (moving.was_home, keep == 0) {
            (true, false) => self.stats.left.add(1),
            (false, true) => self.stats.settled.add(1),
            _ => {}
        }
        {
            let mut devices = self.devices.lock();
            devices.settle(dev, record, moving.room);
            if let Some(home) = home.take_if(|_| homing.is_some()) {
                devices.found_home(home);
            }
        }
        // One that is put in order is told of when it is.
        if homing.is_none() && !self.has_awaited(dev, moving.from, &mut home) {
            let how = Return {
                cause: return_cause::MOVED,
                from: moving.from,
                from_name: &moving.from_name,
                home_name: home_name.as_ref(),
                restored: 0,
                failures: &[],
            };
            self.tell_device(rtnl, cmd::DEV_RETURNED, dev, Some(&how));
        }
    }

    fn destroyed(&self, rtnl: &Rtnl, dev: &Device) {
        let away = {
            let mut devices = self.devices.lock();
            devices.changed();
            !devices.record(dev).homes.is_empty()
        };
        if away {
            self.stats.destroyed.add(1);
            self.tell_device(rtnl, cmd::DEV_DESTROYED, dev, None);
        }
        self.devices.lock().forget(dev);
    }

    fn renamed(&self, _rtnl: &Rtnl, _dev: &Device) {
        self.devices.lock().changed();
    }

    fn stuck(&self, _rtnl: &Rtnl, dev: &Device) {
        let announced = self.devices.lock().stuck.announced(dev, boottime_ns());
        if let Some(device) = announced {
            self.tell_stuck(&device);
        }
    }
}
