// SPDX-License-Identifier: GPL-2.0-only

//! The rules in force.

use kernel::prelude::*;

use kernel::sync::Arc;

use crate::net::device::Device;
use crate::net::namespace::Net;
use crate::net::settings::address_assigned;
use crate::policy::rules::{
    Rule,
    Subject, //
};
use crate::recorded::Values;
use crate::uapi::setting;

/// How many rules there may be.
const MOST: usize = 256;

/// Values that a rule fixes, for whichever device it matches. An empty link-layer address stands for that
/// which the device has of its own.
pub(crate) struct Fixed {
    /// The settings that have one, bit n for number n.
    pub(crate) ids: u64,
    /// The values.
    pub(crate) values: Values,
}

impl Fixed {
    /// Puts them among others; returns of which settings, bit n for number n: not the address of a device
    /// that has none of its own, and of a PF only what it can set for the device there.
    ///
    /// `recorded` is the address that it had of its own at home: a driver may take another one for that since.
    pub(crate) fn put(
        &self,
        device: &Device,
        there: &Net,
        recorded: Option<&[u8]>,
        values: &mut Values,
    ) -> Result<u64> {
        let has = |ids: u64, id: u32| ids & 1 << id != 0;
        let mut ids = self.ids & !device.settings_for(there).lacking();
        let address = self.values.fixed_size.address(setting::ADDRESS);
        let is_own = has(ids, setting::ADDRESS) && address.is_empty();
        let own = recorded.or_else(|| device.permanent_address());
        let own = own.filter(|_| is_own);
        if is_own && own.is_none() {
            ids &= !(1 << setting::ADDRESS);
        }
        values.put(&self.values, ids)?;
        let sized = &mut values.fixed_size;
        if let Some(own) = own {
            sized.set_address(setting::ADDRESS, own);
        }
        if has(ids, setting::ADDRESS) && !has(ids, setting::ADDR_ASSIGN_TYPE) {
            sized.set_number(setting::ADDR_ASSIGN_TYPE, address_assigned(is_own));
        }
        Ok(ids)
    }

    /// How many bytes they take.
    fn memory(&self) -> usize {
        size_of::<Fixed>() + self.values.memory()
    }
}

/// A rule, and how often it decided.
#[derive(Clone)]
pub(crate) struct Entry {
    /// The rule.
    pub(crate) rule: Rule,
    /// The values that it fixes.
    pub(crate) fixed: Option<Arc<Fixed>>,
    /// How many devices it has decided about at a death.
    pub(crate) hits: u64,
}

/// The rules, in their order.
pub(crate) struct Rules {
    entries: KVec<Entry>,
    last_id: u32,
    generation: u32,
}

impl Rules {
    /// No rules.
    pub(crate) fn new() -> Self {
        Rules {
            entries: KVec::new(),
            last_id: 0,
            generation: 1,
        }
    }

    /// All of them, in their order.
    pub(crate) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The one with this number.
    pub(crate) fn get(&self, id: u32) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.rule.id == id)
    }

    /// Changes whenever a rule comes or goes.
    pub(crate) fn generation(&self) -> u32 {
        self.generation
    }

    /// The first one that matches.
    pub(crate) fn first_match(&self, subject: &Subject<'_>) -> Option<Entry> {
        let mut entries = self.entries.iter();
        entries.find(|entry| entry.rule.matches(subject)).cloned()
    }

    /// The rule has decided about a device.
    pub(crate) fn hit(&mut self, id: u32) {
        if let Some(entry) = self.entries.iter_mut().find(|entry| entry.rule.id == id) {
            entry.hits += 1;
        }
    }

    /// Adds a rule, before the one with the number `before` or last, and gives it a number.
    ///
    /// `ENOENT` if there is no such one, `ENOSPC` if there are too many.
    pub(crate) fn add(
        &mut self,
        mut rule: Rule,
        fixed: Option<Arc<Fixed>>,
        before: Option<u32>,
    ) -> Result<Entry> {
        let at = match before {
            Some(id) => self.entries.iter().position(|entry| entry.rule.id == id),
            None => Some(self.entries.len()),
        };
        let at = at.ok_or(ENOENT)?;
        if self.entries.len() >= MOST {
            return Err(ENOSPC);
        }
        self.entries.reserve(1, GFP_KERNEL)?;
        rule.id = self.last_id.checked_add(1).ok_or(ENOSPC)?;
        let entry = Entry {
            rule,
            fixed,
            hits: 0,
        };
        self.entries
            .insert_within_capacity(at, entry.clone())
            .map_err(|_| ENOMEM)?;
        self.last_id = rule.id;
        self.generation = self.generation.wrapping_add(1);
        Ok(entry)
    }

    /// Removes the rule with this number; whether there was one.
    pub(crate) fn remove(&mut self, id: u32) -> bool {
        let Some(at) = self.entries.iter().position(|entry| entry.rule.id == id) else {
            return false;
        };
        self.generation = self.generation.wrapping_add(1);
        self.entries.remove(at).is_ok()
    }

    /// Removes all of them.
    pub(crate) fn clear(&mut self) {
        self.entries.clear();
        self.generation = self.generation.wrapping_add(1);
    }

    /// How many bytes they take.
    pub(crate) fn memory(&self) -> usize {
        let fixed = self.entries.iter().filter_map(|entry| entry.fixed.as_ref());
        self.entries.capacity() * size_of::<Entry>()
            + fixed.map(|fixed| fixed.memory()).sum::<usize>()
    }
}
