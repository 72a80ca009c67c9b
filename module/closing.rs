// SPDX-License-Identifier: GPL-2.0-only

//! The IPv6 addresses and the routes that devices lost when they were set down.
//!
//! The kernel takes them then, and many a program sets a device down just before it moves it. So
//! they are what the device had there, unless anything happens to its addresses in between: then
//! somebody wants them otherwise.

use kernel::prelude::*;
use kernel::sync::atomic::{
    Atomic,
    Relaxed, //
};
use kernel::sync::Arc;

use crate::net::address::Presence;
use crate::net::device::{
    Device,
    DeviceId, //
};
use crate::net::route::Routes;
use crate::recorded::Addresses;

/// Of how many devices this is known at the most; a device more, and the first one is forgotten: of
/// those on the host only if there is no other.
const MOST: usize = 16;

/// Devices whose addresses nobody has touched since they were set down.
///
/// Without a lock, as addresses come and go in any context.
pub(crate) struct Untouched([Atomic<usize>; MOST]);

impl Untouched {
    fn new() -> Self {
        Untouched([const { Atomic::new(0) }; MOST])
    }

    /// Puts a device in, of which there is no more than one.
    fn put(&self, device: DeviceId) {
        self.take(device);
        let mut places = self.0.iter();
        places.any(|place| place.cmpxchg(0, device.number(), Relaxed).is_ok());
    }

    /// Takes a device out; whether it was in.
    pub(crate) fn take(&self, device: DeviceId) -> bool {
        let mut places = self.0.iter();
        places.any(|place| place.cmpxchg(device.number(), 0, Relaxed).is_ok())
    }
}

/// What a device loses when it is set down.
#[derive(Default)]
pub(crate) struct Lost {
    /// Its IPv6 addresses.
    pub(crate) addresses: Addresses,
    /// Its static routes, where a rule wants them back.
    pub(crate) routes: Routes,
}

impl Lost {
    fn is_empty(&self) -> bool {
        self.addresses.is_empty() && self.routes.is_empty()
    }
}

/// A device that is being set down, or has been.
struct Closing {
    device: DeviceId,
    /// What it had before; what it has lost by it once it is down.
    had: Lost,
    down: bool,
    /// It is in the initial namespace.
    on_host: bool,
}

/// All such devices, the first one first.
pub(crate) struct Closings {
    all: KVec<Closing>,
    untouched: Arc<Untouched>,
}

impl Closings {
    /// None; has room from the beginning.
    pub(crate) fn new() -> Result<Self> {
        Ok(Closings {
            all: KVec::with_capacity(MOST, GFP_KERNEL)?,
            untouched: Arc::new(Untouched::new(), GFP_KERNEL)?,
        })
    }

    /// Those whose addresses nobody has touched.
    pub(crate) fn untouched(&self) -> Arc<Untouched> {
        self.untouched.clone()
    }

    /// A device is being set down, and may lose this.
    pub(crate) fn begin(&mut self, dev: &Device, had: Lost) {
        let (device, on_host) = (dev.id(), dev.net().is_initial());
        self.forget(device);
        if had.is_empty() || !self.has_room(on_host) {
            return;
        }
        // Does not fail: there is room.
        drop(self.all.push_within_capacity(Closing {
            device,
            had,
            down: false,
            on_host,
        }));
    }

    /// Makes room for another one. A flood of tenants' devices costs the host none of its own.
    fn has_room(&mut self, on_host: bool) -> bool {
        if self.all.len() < MOST {
            return true;
        }
        let foreign = self.all.iter().position(|one| !one.on_host);
        let gives_way = foreign.or(on_host.then_some(0));
        gives_way.map(|at| self.remove(at)).is_some()
    }

    /// It is down, and has lost what it has no more.
    pub(crate) fn end(&mut self, dev: &Device) {
        let device = dev.id();
        let Some(one) = self.all.iter_mut().find(|one| one.device == device) else {
            return;
        };
        let addresses = &mut one.had.addresses;
        addresses.retain(|address| dev.has_address(address) == Presence::Absent);
        one.down = true;
        match one.had.is_empty() {
            true => self.forget(device),
            false => self.untouched.put(device),
        }
    }

    /// What a device that is about to leave has lost, if that is the last that happened to it.
    pub(crate) fn take(&mut self, device: DeviceId) -> Option<Lost> {
        let at = self.all.iter().position(|one| one.device == device)?;
        self.remove(at)
    }

    /// A device is new or gone, or set down again.
    pub(crate) fn forget(&mut self, device: DeviceId) {
        drop(self.take(device));
    }

    fn remove(&mut self, at: usize) -> Option<Lost> {
        let one = self.all.remove(at).ok()?;
        let untouched = self.untouched.take(one.device);
        (one.down && untouched).then_some(one.had)
    }
}
