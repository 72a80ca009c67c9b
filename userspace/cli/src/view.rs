// SPDX-License-Identifier: GPL-2.0-only

//! What commands find out, ready to be shown: the same data becomes a table or JSON (JSON.md).

mod check;
mod device;
mod event;
mod namespace;
mod rule;
mod state;

pub(crate) use check::{Check, Checks, Outcome};
pub(crate) use device::{DeviceList, DeviceView, FateView, HomeView, Plan, StuckView};
pub(crate) use event::{EventView, Line, ReturnView};
pub(crate) use namespace::{CreatorView, NamespaceList, NamespaceView, Place};
pub(crate) use rule::{Checked, Loaded, RuleList, RuleView};
pub(crate) use state::{PutBack, Restored, RestoredDevice, RulesPutBack};

use std::time::Duration;

/// Nanoseconds, as JSON has them. A time of more than 584 years is cut.
fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}
