// SPDX-License-Identifier: GPL-2.0-only

//! `tree [NS]`: namespaces, the devices in them, and how those are connected.
//!
//! Every namespace is visited twice, one at a time: to list its devices, and to ask it which namespaces
//! its ids mean. So the work grows with the number of namespaces and devices, and never do more than two
//! of them have to be open.

mod devices;
mod peers;
mod spots;

use super::Context;
use crate::error::Result;
use crate::selector::Selector;
use crate::view::{Tree, TreeNamespace};

use devices::Wanted;
use spots::Spots;

/// Shows all namespaces, or one and what is connected to it.
pub(crate) fn run(context: &Context, selector: Option<&Selector>) -> Result<Tree> {
    let mut spots = Spots::find(context)?;
    let wanted = match selector {
        Some(selector) => Some(spots.position(context, selector)?),
        None => None,
    };
    spots.look_inside(context);
    let peers = peers::find(&mut spots);
    let mut namespaces = devices::assemble(&spots, &peers);
    // Of those that are dying the module has told.
    let dying = |one: &TreeNamespace| matches!(one.state, Some("queued" | "dying"));
    let seen = |one: &TreeNamespace| one.hidden.is_none() || dying(one);
    let complete = spots.complete && namespaces.iter().all(seen);
    if let Some(at) = wanted {
        namespaces = Wanted::new(&spots, at).only(namespaces);
    }
    namespaces.sort_by_key(|one| one.initial != Some(true));
    Ok(Tree {
        complete,
        namespaces,
    })
}
