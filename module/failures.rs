// SPDX-License-Identifier: GPL-2.0-only

//! What could not be put back.

use kernel::prelude::*;

use crate::policy::settings::ROWS;

/// What could not be put back, and why.
///
/// Has room from the beginning: want of memory is one of the reasons.
pub(crate) struct Failures {
    all: [(u32, Error); Failures::MOST],
    len: usize,
}

impl Failures {
    /// More than there are settings; some can fail twice.
    const MOST: usize = ROWS.len() + 8;

    /// Adds one; `id` is the setting.
    pub(crate) fn push(&mut self, id: u32, error: Error) {
        if let Some(to) = self.all.get_mut(self.len) {
            *to = (id, error);
            self.len += 1;
        }
    }

    /// In the order in which they happened.
    pub(crate) fn as_slice(&self) -> &[(u32, Error)] {
        &self.all[..self.len]
    }
}

impl Default for Failures {
    fn default() -> Self {
        Failures {
            all: [(0, EINVAL); Failures::MOST],
            len: 0,
        }
    }
}
