// SPDX-License-Identifier: GPL-2.0-only

//! What only the driver of a device knows, as ethtool sets it: lists of numbers, and what steers packets.
//! What IP has of a device is a list of numbers, too.
//!
//! A list that the driver does not have is in no record and in no message, is not compared and not put
//! back. All of it is read with the instance lock, so not where a notifier holds that.

use kernel::prelude::*;

use crate::net::device::Device;
use crate::net::rtnl::Rtnl;
use crate::net::steering::Steering;
use crate::policy::numbers::{
    self,
    Numbers, //
};
use crate::policy::settings::{
    bit,
    ROWS, //
};

/// What the driver of a device knows.
#[derive(Default)]
pub(crate) struct Driver {
    /// Its lists of numbers.
    pub(crate) lists: Lists,
    /// What steers packets; `None` if that is not known.
    pub(crate) steering: Option<KVec<Steering>>,
}

impl Driver {
    /// What it knows now.
    pub(crate) fn record(rtnl: &Rtnl, device: &Device) -> Result<Driver> {
        Ok(Driver {
            lists: Lists::record(rtnl, device)?,
            steering: device.steering(rtnl)?,
        })
    }
}

/// Lists of numbers, packed; those that a driver has.
#[derive(Default)]
pub(crate) struct Lists(KVec<u8>);

impl Lists {
    /// As they are now.
    pub(crate) fn record(rtnl: &Rtnl, device: &Device) -> Result<Lists> {
        Lists::record_of(rtnl, device, !0)
    }

    /// Those of the settings with these numbers (bit n for number n), as they are now.
    pub(crate) fn record_of(rtnl: &Rtnl, device: &Device, ids: u64) -> Result<Lists> {
        let mut lists = Lists::default();
        let all = ROWS.iter().map(|row| row.setting.id);
        for id in all.filter(|id| ids & 1 << id != 0) {
            if let Some(numbers) = device.own_numbers(rtnl, id) {
                lists.add(id, &numbers)?;
            }
        }
        Ok(lists)
    }

    /// Adds one that is not there.
    pub(crate) fn add(&mut self, id: u32, numbers: &Numbers) -> Result {
        for byte in numbers.pack(id).flat_map(numbers::bytes) {
            self.0.push(byte, GFP_KERNEL_ACCOUNT)?;
        }
        Ok(())
    }

    /// Takes those of the settings with these numbers (bit n for number n) that others have, but for what
    /// is open there.
    pub(crate) fn put(&mut self, others: &Lists, ids: u64) -> Result {
        self.merge(others, ids, |theirs, mine| theirs.or(mine))
    }

    /// The same, and what is open there is open.
    pub(crate) fn replace(&mut self, others: &Lists, ids: u64) -> Result {
        self.merge(others, ids, |theirs, _| theirs)
    }

    fn merge(
        &mut self,
        others: &Lists,
        ids: u64,
        how: impl Fn(Numbers, &Numbers) -> Numbers,
    ) -> Result {
        let ids = ids & !others.absent();
        let mut all = Lists::default();
        for (id, mine) in self.iter().filter(|(id, _)| ids & 1 << id == 0) {
            all.add(id, &mine)?;
        }
        for (id, theirs) in others.iter().filter(|(id, _)| ids & 1 << id != 0) {
            all.add(id, &how(theirs, &self.get(id).unwrap_or_default()))?;
        }
        *self = all;
        Ok(())
    }

    /// Each with the number of its setting.
    fn iter(&self) -> impl Iterator<Item = (u32, Numbers)> + '_ {
        let mut bytes = self.0.iter().copied();
        let mut words = core::iter::from_fn(move || numbers::word(&mut bytes));
        core::iter::from_fn(move || Numbers::unpack(&mut words))
    }

    /// That of a setting; `None` if the driver does not have it.
    pub(crate) fn get(&self, id: u32) -> Option<Numbers> {
        let mut all = self.iter();
        all.find_map(|(other, numbers)| (other == id).then_some(numbers))
    }

    /// The settings that are lists and not there, bit n for number n.
    pub(crate) fn absent(&self) -> u64 {
        self.iter()
            .fold(numbers::LISTS, |ids, (id, _)| ids & !(1 << id))
    }

    /// A mask of those that are others now.
    pub(crate) fn differing(&self, rtnl: &Rtnl, device: &Device) -> u64 {
        let others = self.iter().filter(|(id, mine)| {
            let now = device.numbers(rtnl, *id);
            now.is_some_and(|now| now != mine.or(&now))
        });
        others.fold(0, |bits, (id, _)| bits | bit(id))
    }

    /// How many bytes they take.
    pub(crate) fn memory(&self) -> usize {
        self.0.capacity()
    }
}
