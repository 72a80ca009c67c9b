// SPDX-License-Identifier: GPL-2.0-only

//! The rules in force.

use kernel::prelude::*;

use crate::policy::rules::{
    Rule,
    Subject, //
};

/// How many rules there may be.
const MOST: usize = 256;

/// A rule, and how often it decided.
#[derive(Clone, Copy)]
pub(crate) struct Entry {
    /// The rule.
    pub(crate) rule: Rule,
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
    pub(crate) fn first_match(&self, subject: &Subject<'_>) -> Option<Rule> {
        let mut rules = self.entries.iter().map(|entry| entry.rule);
        rules.find(|rule| rule.matches(subject))
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
    pub(crate) fn add(&mut self, mut rule: Rule, before: Option<u32>) -> Result<Entry> {
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
        let entry = Entry { rule, hits: 0 };
        self.entries
            .insert_within_capacity(at, entry)
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
        self.entries.capacity() * size_of::<Entry>()
    }
}
