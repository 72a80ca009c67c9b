// SPDX-License-Identifier: GPL-2.0-only

//! What commands find out, ready to be shown: the same data becomes a table or JSON (JSON.md).

mod act;
mod rule;
mod state;

pub(crate) use act::{EndView, Pair, Waited};
pub(crate) use rule::{Checked, Loaded, RuleList, RuleView};
pub(crate) use state::{PutBack, Restored, RestoredDevice, RulesPutBack};

pub(crate) use crate::book::Place;

pub(crate) use crate::render::text::nanoseconds;
