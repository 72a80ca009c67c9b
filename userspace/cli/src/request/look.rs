// SPDX-License-Identifier: GPL-2.0-only

//! What is asked for by the verbs to look with.

use super::selector;
use crate::args::TreeArgs;
use crate::error::{Failure, Result};
use crate::exit::Status;
use crate::selector::Selector;

/// What to show of the tree, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tree {
    /// Only this one, and what is connected to it.
    pub(crate) only: Option<Selector>,
    /// For Graphviz.
    pub(crate) dot: bool,
}

impl Tree {
    /// Reads what was typed.
    pub(super) fn new(args: &TreeArgs, json: bool) -> Result<Self> {
        if args.dot && json {
            let text = "--dot and --json are two forms of the same: choose one";
            return Err(Failure::new(Status::Usage, text));
        }
        Ok(Tree {
            only: args.namespace.as_deref().map(selector).transpose()?,
            dot: args.dot,
        })
    }
}
