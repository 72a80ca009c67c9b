// SPDX-License-Identifier: GPL-2.0-only

//! The points of the programme, a file each.

mod churn;
mod crash;
mod death;
mod events;
mod holders;
mod list;
mod look;
mod memory;
mod start;
mod verbs;
mod watcher;

use crate::error::Result;
use crate::stage::Stage;

/// What measures a row.
pub(crate) type Measure = fn(&Stage) -> Result<()>;

/// All of them, in the order of the programme.
pub(crate) const ALL: [(&str, Measure); 9] = [
    ("churn", churn::measure),
    ("death", death::measure),
    ("crash", crash::measure),
    ("list", list::measure),
    ("look", look::measure),
    ("events", events::measure),
    ("memory", memory::measure),
    ("holders", holders::measure),
    ("start", start::measure),
];
