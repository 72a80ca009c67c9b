// SPDX-License-Identifier: GPL-2.0-only

//! Devices that the kernel has unregistered and cannot free, because somebody holds them.
//!
//! The kernel announces such a device again about every second (`netdev_wait_allrefs_any()`), and
//! says nothing when it is free at last: one that is not announced any more is.

use kernel::prelude::*;

use crate::net::device::{
    Device,
    DeviceId, //
};
use crate::policy::naming::Name;

/// After how long without an announcement a device counts as free, in nanoseconds.
const SILENCE: u64 = 5_000_000_000;

/// How many such devices are known at the most; one is enough to stop the kernel's worker.
const MOST: usize = 64;

/// A device that the kernel cannot free.
#[derive(Clone, Copy)]
pub(crate) struct StuckDevice {
    id: DeviceId,
    /// Which one it is of all that there ever were.
    pub(crate) number: u64,
    /// The namespace that it is in.
    pub(crate) cookie: u64,
    /// Its index there, which another device may have by now.
    pub(crate) ifindex: u32,
    /// Its name.
    pub(crate) name: Name,
    /// References to it, as of the last announcement.
    pub(crate) refs: u32,
    /// When it was first announced, in nanoseconds of `CLOCK_BOOTTIME`.
    pub(crate) since: u64,
    last: u64,
    tell_at: u64,
}

/// All such devices.
pub(crate) struct Stuck {
    /// By ascending number.
    all: KVec<StuckDevice>,
    /// How many there have been.
    numbered: u64,
    /// Changes when one comes or goes.
    generation: u32,
}

impl Stuck {
    /// None.
    pub(crate) const fn new() -> Self {
        Stuck {
            all: KVec::new(),
            numbered: 0,
            generation: 0,
        }
    }

    /// Changes when one comes or goes.
    pub(crate) fn generation(&self) -> u32 {
        self.generation
    }

    /// A device is announced again; returns it if that is worth an event: at first, and whenever
    /// the time that it has been waiting has doubled.
    pub(crate) fn announced(&mut self, dev: &Device, now: u64) -> Option<StuckDevice> {
        self.forget_the_free(now);
        let id = dev.id();
        if !self.all.iter().any(|one| one.id == id) {
            let first = StuckDevice {
                id,
                number: self.numbered,
                cookie: dev.net().cookie(),
                ifindex: dev.ifindex(),
                name: dev.name()?,
                refs: 0,
                since: now,
                last: now,
                tell_at: now,
            };
            if self.all.len() >= MOST {
                return None;
            }
            // Without memory it is told of when it is announced again.
            self.all.push(first, GFP_KERNEL).ok()?;
            self.numbered += 1;
            self.generation = self.generation.wrapping_add(1);
        }
        let one = self.all.iter_mut().find(|one| one.id == id)?;
        one.refs = dev.refs();
        one.last = now;
        if now < one.tell_at {
            return None;
        }
        one.tell_at = now + (now - one.since).max(900_000_000);
        Some(*one)
    }

    /// The first of those that are waiting now with this number or a higher one.
    pub(crate) fn from(&mut self, number: u64, now: u64) -> Option<StuckDevice> {
        self.forget_the_free(now);
        let mut all = self.all.iter();
        all.find(|one| one.number >= number).copied()
    }

    /// How many are waiting in a namespace now.
    pub(crate) fn count_in(&self, cookie: u64, now: u64) -> u32 {
        let waiting = self.all.iter().filter(|one| one.last + SILENCE > now);
        waiting.filter(|one| one.cookie == cookie).count() as u32
    }

    /// A namespace is gone, and so are its devices.
    pub(crate) fn gone(&mut self, cookie: u64) {
        self.retain(|one| one.cookie != cookie);
    }

    /// Those that are not announced any more are free.
    fn forget_the_free(&mut self, now: u64) {
        self.retain(|one| one.last + SILENCE > now);
    }

    fn retain(&mut self, keep: impl Fn(&StuckDevice) -> bool) {
        let before = self.all.len();
        self.all.retain(|one| keep(one));
        if self.all.len() != before {
            self.generation = self.generation.wrapping_add(1);
        }
    }
}
