// SPDX-License-Identifier: GPL-2.0-only

//! What is seen of devices that come and go: the home stack follows them.

use kernel::prelude::*;
use kernel::sync::Arc;

use crate::closing::Lost;
use crate::devices::Departing;
use crate::driver::{
    Driver,
    Lists, //
};
use crate::genl::Return;
use crate::homing::{
    BroughtHome,
    Sources, //
};
use crate::net::address::Family;
use crate::net::device::{
    Device,
    DeviceId, //
};
use crate::net::errand::Later;
use crate::net::moving::moves_many;
use crate::net::notifier::DeviceEvents;
use crate::net::route::Routes;
use crate::net::rtnl::Rtnl;
use crate::net::task::boottime_ns;
use crate::policy::home::{
    self,
    Arrival, //
};
use crate::policy::naming::Name;
use crate::policy::settings::{
    self,
    bit, //
};
use crate::recorded::{
    Addresses,
    Home, //
};
use crate::state::State;
use crate::uapi::{
    cmd,
    return_cause,
    setting, //
};

/// What a device is like where it is; a dying namespace is no home.
fn record(rtnl: &Rtnl, dev: &Device, departing: Departing) -> Result<Option<Arc<Home>>> {
    if !dev.net().is_alive() {
        return Ok(None);
    }
    let mut home = Home::record(dev, Driver::record(rtnl, dev)?, departing.addresses)?;
    // IP has nothing of it any more.
    let lists = &mut home.values.lists;
    lists.put(&departing.lists, settings::OF_IP)?;
    home.routes = departing.routes.boxed()?;
    Ok(Some(Arc::new(home, GFP_KERNEL_ACCOUNT)?))
}

impl State {
    /// Whether the rule that is going to match a device that leaves asks for this setting of it.
    fn wants(&self, dev: &Device, id: u32) -> bool {
        let devices = self.devices.lock();
        let entry = self.match_away(dev, devices.record(dev));
        entry.is_some_and(|entry| entry.rule.restore & bit(id) != 0)
    }
}

impl DeviceEvents for State {
    fn closing(&self, _rtnl: &Rtnl, dev: &Device) {
        let mut had = Lost::default();
        // A dying namespace is no home.
        if dev.net().is_alive() {
            // Those of IPv4 stay.
            had.addresses = Addresses::record_of(dev, &[Family::V6]);
            if self.wants(dev, setting::ROUTES) {
                had.routes = Routes::record(dev);
            }
        }
        self.devices.lock().closings.begin(dev, had);
    }

    fn closed(&self, _rtnl: &Rtnl, dev: &Device) {
        self.devices.lock().closings.end(dev);
    }

    fn address_changed(&self, device: DeviceId) {
        self.untouched.take(device);
    }

    fn before_leaving(&self, rtnl: &Rtnl, dev: &Device) {
        let mut addresses = Addresses::record(dev);
        // Of no use without it, and most devices are left down.
        let ids = match self.wants(dev, setting::UP) {
            true => settings::OF_IP,
            false => 0,
        };
        let lists = Lists::record_of(rtnl, dev, ids).unwrap_or_else(|_| {
            self.stats.no_memory.add(1);
            Lists::default()
        });
        let mut devices = self.devices.lock();
        // Where IPv6 has been switched off since, they are not to be there.
        let lost = devices.closings.take(dev.id()).unwrap_or_default();
        if dev.has_ipv6() {
            addresses.merge(&lost.addresses);
        }
        let departing = Departing {
            addresses,
            lists,
            routes: lost.routes,
        };
        devices.departing(dev, departing);
    }

    fn leaving(&self, rtnl: &Rtnl, dev: &Device) -> Option<Name> {
        let name = dev.name()?;
        let (departing, unsettled) = {
            let mut devices = self.devices.lock();
            (devices.take_departing(dev), devices.unsettled(dev))
        };
        let home = match unsettled {
            // Homeward is not done with it: that is no reason to forget what it is to be like.
            Some(home) => Ok(Some(home)),
            None => record(rtnl, dev, departing.unwrap_or_default()),
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
        // The kernel may have been told the name of a device that we move.
        let named = (!moves_many()).then(|| self.devices.lock().name_on_arrival(dev));
        named.flatten().or_else(|| self.awaited_name(rtnl, dev))
    }

    fn arrived(&self, rtnl: &Rtnl, dev: &Device, later: Later<'_, State>) {
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

        let awaited = self.has_awaited(dev, moving.from);
        let here = dev.net();
        let mut record = moving.record;
        // With a baseline, the initial network namespace is home, whatever is known of its stay there.
        let sent = homing == Some(true) || record.baseline.is_some();
        let arrival = home::arrive(
            record.cookies().as_slice(),
            here.cookie(),
            here.is_initial(),
            sent,
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

        // One that Homeward puts in order is told of when it is.
        let mut told = homing.is_some() || awaited;
        let home = record.homes.get(entry).cloned();
        if let Some(home) = home.as_ref().filter(|_| !told) {
            let brought = BroughtHome {
                device: dev,
                record: &record,
                home,
                from: moving.from,
                from_name: moving.from_name,
            };
            told = brought.put_in_order(self, later);
        }
        record.homes.truncate(keep);
        match (moving.was_home, keep == 0) {
            (true, false) => self.stats.left.add(1),
            (false, true) => self.stats.settled.add(1),
            _ => {}
        }
        self.devices.lock().settle(dev, record, moving.room);
        if told {
            return;
        }
        let how = Return {
            cause: return_cause::MOVED,
            from: moving.from,
            from_name: &moving.from_name,
            home_name: home.as_ref().map(|home| &home.name),
            restored: 0,
            sources: Sources::default(),
            failures: &[],
            taken: false,
        };
        self.tell_device(rtnl, cmd::DEV_RETURNED, dev, Some(&how));
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
        self.await_no_more(dev);
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
