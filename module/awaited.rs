// SPDX-License-Identifier: GPL-2.0-only

//! Devices that the kernel itself brings home when a namespace dies, with their radio: Homeward
//! sees them arrive, and puts them in order when the namespace is gone.

use kernel::prelude::*;

use crate::net::device::Device;
use crate::recorded::Home;
use crate::restore::{
    self,
    Landed, //
};
use crate::state::State;

impl State {
    /// The kernel is going to move a device of a dying namespace.
    pub(crate) fn await_arrival(&self, device: Landed) -> Result {
        let pushed = self.awaited.lock().push(device, GFP_KERNEL);
        if pushed.is_err() {
            self.stats.failed.add(1);
        }
        Ok(pushed?)
    }

    /// A device arrives from a namespace; takes its home if that was awaited.
    pub(crate) fn has_awaited(&self, device: &Device, from: u64, home: &mut Option<Home>) -> bool {
        let mut awaited = self.awaited.lock();
        let is_it = |one: &&mut Landed| one.id == device.id() && one.from == from;
        let Some(landed) = awaited.iter_mut().find(is_it) else {
            return false;
        };
        landed.ifindex = device.ifindex();
        landed.home = home.take();
        self.stats.returned.add(1);
        true
    }

    /// A namespace is gone: puts in order what has come home from it.
    pub(crate) fn put_awaited_in_order(&self, from: u64) {
        while let Some(mut landed) = self.next_awaited(from) {
            // Else its driver has destroyed it.
            let lost = landed.home.is_none() && landed.has_lost_its_home();
            if lost {
                self.stats.returned.add(1);
            }
            if lost || landed.home.is_some() {
                restore::put_in_order(self, &mut [landed]);
            }
        }
    }

    fn next_awaited(&self, from: u64) -> Option<Landed> {
        let mut awaited = self.awaited.lock();
        let at = awaited.iter().position(|one| one.from == from)?;
        awaited.remove(at).ok()
    }
}
