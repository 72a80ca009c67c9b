// SPDX-License-Identifier: GPL-2.0-only

//! The way home: what is seen of a move, what would happen to a device, and making it happen.

use kernel::prelude::*;

use crate::devices::{
    Cookies,
    Home, //
};
use crate::genl::Return;
use crate::net::device::{
    self,
    Device, //
};
use crate::net::namespace::{
    Net,
    NetRef, //
};
use crate::net::notifier::DeviceEvents;
use crate::net::rtnl::Rtnl;
use crate::policy::fate::{
    self,
    Action,
    Facts,
    Reason, //
};
use crate::policy::home::{
    self,
    Arrival, //
};
use crate::policy::naming::{
    self,
    Name, //
};
use crate::restore::{
    self,
    Landed,
    Outcome, //
};
use crate::state::State;
use crate::uapi::{
    cmd,
    return_cause, //
};

/// A device, and all that is known and decided about it.
pub(crate) struct View<'a> {
    /// The device.
    pub(crate) device: &'a Device,
    /// Its home stack, oldest first.
    pub(crate) homes: &'a [Home],
    /// What would happen to it.
    pub(crate) plan: &'a Plan,
}

/// What would happen to a device if its namespace died now.
pub(crate) struct Plan {
    /// What, and why.
    pub(crate) verdict: (Action, Reason),
    /// Bit n is set if the namespace of home n is alive.
    pub(crate) alive: u32,
    /// With [`Action::Return`], where it goes.
    pub(crate) destination: Option<Destination>,
}

/// Where a device goes.
pub(crate) struct Destination {
    /// The namespace, alive as long as this is.
    pub(crate) net: NetRef,
    /// The name that the device should have there.
    wanted: Name,
    /// The name that it gets: another one if that is taken. `None` if the kernel has to find one.
    pub(crate) name: Option<Name>,
}

impl State {
    /// Looks at a device from all sides.
    pub(crate) fn view<R>(
        &self,
        rtnl: &Rtnl,
        device: &Device,
        look: impl FnOnce(&View<'_>) -> R,
    ) -> R {
        let plan = self.plan(rtnl, device);
        let devices = self.devices.lock();
        look(&View {
            device,
            homes: devices.stack(device),
            plan: &plan,
        })
    }

    /// Decides: the same for a preview and for a real death.
    fn plan(&self, rtnl: &Rtnl, device: &Device) -> Plan {
        let verdict = fate::decide(Facts {
            initial: device.net().is_initial(),
            immovable: device.is_immovable(),
            devlink: device.has_devlink_beside(),
            physical: device.is_physical(),
        });
        let cookies = self.devices.lock().cookies(device);
        Plan {
            verdict,
            alive: self.alive(&cookies),
            destination: match verdict.0 {
                Action::Return => self.destination(rtnl, device, &cookies),
                _ => None,
            },
        }
    }

    /// Bit n is set if the namespace of cookie n is alive.
    fn alive(&self, cookies: &Cookies) -> u32 {
        let mut alive = 0;
        for (at, &cookie) in cookies.as_slice().iter().enumerate() {
            if self.is_live(cookie) {
                alive |= 1 << at;
            }
        }
        alive
    }

    /// The newest live home, else the initial namespace.
    fn destination(&self, rtnl: &Rtnl, device: &Device, cookies: &Cookies) -> Option<Destination> {
        let mut found = None;
        let entry = home::destination(cookies.as_slice(), |&cookie| {
            found = self.live(cookie);
            found.is_some()
        });
        let net = match found {
            Some(net) => net,
            None => Net::initial().try_get()?,
        };
        // No home is left: the oldest tells what the device was like of its own.
        let entry = entry.unwrap_or(0);
        let recorded = self
            .devices
            .lock()
            .stack(device)
            .get(entry)
            .map(|home| home.name);
        let wanted = recorded.or(device.name())?;
        let name = naming::pick(wanted, |name| device::name_in_use(rtnl, &net, name));
        Some(Destination { net, wanted, name })
    }

    /// The first device in the order of (cookie, ifindex) that is not before the one given; in the
    /// namespace `only`, if that is given.
    pub(crate) fn device_from<'a>(
        &self,
        rtnl: &'a Rtnl,
        cookie: u64,
        ifindex: u32,
        only: Option<u64>,
    ) -> Option<(u64, &'a Device)> {
        let namespaces = self.namespaces.lock();
        let (mut cookie, mut ifindex) = (cookie, ifindex);
        loop {
            let found = namespaces.from(cookie)?;
            let here = found.net.cookie();
            if only.is_some_and(|only| only != here) {
                return None;
            }
            if here != cookie {
                ifindex = 0;
            }
            if let Some(device) = Device::find_from(rtnl, found.net, ifindex) {
                return Some((here, device));
            }
            (cookie, ifindex) = (here + 1, 0);
        }
    }

    /// Moves one device of a dying namespace to where it belongs, if it belongs anywhere.
    fn send_home(&self, rtnl: &Rtnl, device: &Device) -> Result<Option<Landed>> {
        let from = device.net().cookie();
        let from_name = device.name().ok_or(EINVAL)?;
        let Some(Destination { net, wanted, name }) = self.plan(rtnl, device).destination else {
            return Ok(None);
        };

        self.devices.lock().begin_homing(device);
        let moved = device.move_to(rtnl, &net, &name.unwrap_or(Name::PASSING));
        if moved.is_ok() {
            // Another notifier may have ended the chain before it came to ours.
            self.arrived(rtnl, device);
        }
        let home = self.devices.lock().end_homing();
        moved?;
        Ok(Some(Landed {
            target: net,
            id: device.id(),
            ifindex: device.ifindex(),
            from,
            from_name,
            wanted,
            home,
            outcome: Outcome::default(),
        }))
    }
}

/// Brings home all devices of a dying namespace that have one.
///
/// Whatever fails here is left to the kernel, which goes on to do what it does without us.
pub(crate) fn bring_all_home(state: &State, net: &Net) {
    // Not worth RTNL: nobody can put another device here any more.
    if !device::any_movable(net) {
        return;
    }
    let mut landed = KVec::new();
    {
        let rtnl = Rtnl::lock();
        let mut from = 0;
        while let Some(device) = Device::find_from(&rtnl, net, from) {
            from = device.ifindex() + 1;
            // Room first: a device that has been moved must not be forgotten.
            let moved = match landed.reserve(1, GFP_KERNEL) {
                Ok(()) => state.send_home(&rtnl, device),
                Err(error) => Err(error.into()),
            };
            match moved {
                Ok(Some(device)) => drop(landed.push_within_capacity(device)),
                Ok(None) => {}
                Err(error) => pr_warn!(
                    "device {} of dying namespace {} is left to the kernel: {:?}\n",
                    device.ifindex(),
                    net.cookie(),
                    error
                ),
            }
        }
    }
    restore::put_in_order(state, landed);
}

impl DeviceEvents for State {
    fn leaving(&self, _rtnl: &Rtnl, dev: &Device) {
        let Some(name) = dev.name() else { return };
        // A dying namespace is no home.
        let home = match dev.net().is_alive() {
            true => Home::record(dev).map(Some),
            false => Ok(None),
        };
        let left = match home {
            Ok(home) => self.devices.lock().leave(dev, name, home),
            // What was known already goes along.
            Err(error) => self.devices.lock().leave(dev, name, None).and(Err(error)),
        };
        if let Err(error) = left {
            pr_warn!(
                "no memory for the home of device {} in namespace {}: {:?}\n",
                dev.ifindex(),
                dev.net().cookie(),
                error
            );
        }
    }

    fn arrived(&self, rtnl: &Rtnl, dev: &Device) {
        let (moving, homing) = {
            let mut devices = self.devices.lock();
            devices.changed();
            (devices.take_moving(dev), devices.is_homing(dev))
        };
        let Some(moving) = moving else { return };

        let here = dev.net();
        let cookies = moving.cookies();
        let arrival = home::arrive(
            cookies.as_slice(),
            here.cookie(),
            here.is_initial(),
            |&cookie| self.is_live(cookie),
        );
        let (from, from_name) = (moving.from, moving.from_name);
        let (mut stack, room) = moving.into_parts();
        let Arrival::Back { keep, entry } = arrival else {
            self.devices.lock().settle(dev, stack, room);
            self.tell_device(rtnl, cmd::DEV_AWAY, dev, None);
            return;
        };

        let home = stack.remove(entry).ok();
        stack.truncate(keep);
        let home_name = home.as_ref().map(|home| home.name);
        {
            let mut devices = self.devices.lock();
            devices.settle(dev, stack, room);
            if let (true, Some(home)) = (homing, home) {
                devices.found_home(home);
            }
        }
        // One that we bring home is told of when it is in order.
        if !homing {
            let how = Return {
                cause: return_cause::MOVED,
                from,
                from_name: &from_name,
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
            !devices.stack(dev).is_empty()
        };
        if away {
            self.tell_device(rtnl, cmd::DEV_DESTROYED, dev, None);
            self.devices.lock().forget(dev);
        }
    }

    fn renamed(&self, _rtnl: &Rtnl, _dev: &Device) {
        self.devices.lock().changed();
    }
}
