// SPDX-License-Identifier: GPL-2.0-only

//! What commands find out, ready to be shown: the same data becomes a table or JSON (JSON.md).

mod act;
mod holder;
mod rule;
pub(crate) mod socket;
mod state;
mod tree;

pub(crate) use act::{EndView, Pair, Waited};
pub(crate) use holder::convert::unseen;
pub(crate) use holder::release::with;
#[cfg(test)]
pub(crate) use holder::OtherView;
pub(crate) use holder::{
    AwayView, FoundView, HolderView, HoldersView, InFlightView, ProcessView, RangeView,
    ReferencesView,
};
pub(crate) use rule::{Checked, Loaded, RuleList, RuleView};
pub(crate) use socket::{SocketHolderView, SocketList, SocketView, Whereabouts};
pub(crate) use state::{PutBack, Restored, RestoredDevice, RulesPutBack};
pub(crate) use tree::{Tree, TreeDevice, TreeHome, TreeLink, TreeNamespace};

pub(crate) use crate::book::Place;

pub(crate) use crate::render::text::nanoseconds;
