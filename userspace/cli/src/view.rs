// SPDX-License-Identifier: GPL-2.0-only

//! What commands find out, ready to be shown: the same data becomes a table or JSON (JSON.md).

mod act;
mod check;
mod event;
mod holder;
mod namespace;
mod rule;
pub(crate) mod socket;
mod state;
mod stats;
mod tree;

pub(crate) use act::{EndView, Pair, RecallView, RecalledView, Waited};
pub(crate) use check::{Check, Checks, Outcome};
pub(crate) use event::{EventView, Line, PresentView, ReturnView};
pub(crate) use holder::convert::unseen;
pub(crate) use holder::release::with;
#[cfg(test)]
pub(crate) use holder::OtherView;
pub(crate) use holder::{
    AwayView, FoundView, HolderView, HoldersView, InFlightView, ProcessView, RangeView,
    ReferencesView,
};
pub(crate) use namespace::{CreatorView, NamespaceList, NamespaceView};
pub(crate) use rule::{Checked, Loaded, RuleList, RuleView};
pub(crate) use socket::{SocketHolderView, SocketList, SocketView, Whereabouts};
pub(crate) use state::{PutBack, Restored, RestoredDevice, RulesPutBack};
pub(crate) use stats::StatsView;
pub(crate) use tree::{Tree, TreeDevice, TreeHome, TreeLink, TreeNamespace};

pub(crate) use crate::book::Place;

use std::time::Duration;

/// Nanoseconds, as JSON has them. A time of more than 584 years is cut.
pub(crate) fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}
