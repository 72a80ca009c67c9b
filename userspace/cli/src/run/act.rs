// SPDX-License-Identifier: GPL-2.0-only

//! Verbs that may be done in part: what was done goes to standard output, what could not be done to
//! standard error and into the exit status.

use crate::command::{self, Context};
use crate::error::{Failure, Result};
use crate::exit::Status;
use crate::render::{self, Look};
use crate::request::{Move, Prune, Recall};
use crate::view::{NameOutcome, Pruned, RecallView};

/// `recall`.
pub(super) fn recall(context: &Context, request: &Recall, look: Look) -> Result<Status> {
    let view = command::recall::run(context, request)?;
    render::print(&look.recall(&view)?)?;
    tell(context, recall_status(&view), &view.problems());
    Ok(recall_status(&view))
}

/// `move`.
pub(super) fn relocate(context: &Context, request: &Move, look: Look) -> Result<Status> {
    let moved = command::relocate::run(context, request)?;
    render::print(&look.moved(&moved)?)?;
    let problems = moved.problems.iter();
    let problems: Vec<String> = problems
        .map(|problem| format!("{} was moved, but {problem}", request.device))
        .collect();
    tell(context, Status::Partial, &problems);
    Ok(match problems.is_empty() {
        true => Status::Ok,
        false => Status::Partial,
    })
}

/// `prune`.
pub(super) fn prune(context: &Context, request: Prune, look: Look) -> Result<Status> {
    let pruned = command::prune::run(context, request)?;
    render::print(&look.pruned(&pruned)?)?;
    Ok(prune_status(&pruned))
}

fn tell(context: &Context, status: Status, problems: &[String]) {
    for problem in problems {
        context.messages.failure(&Failure::new(status, problem));
    }
}

fn recall_status(view: &RecallView) -> Status {
    let moved = view.devices.iter().any(|device| device.error.is_none());
    match view.problems().is_empty() && view.failed == 0 {
        true => Status::Ok,
        false if moved || view.returned > 0 => Status::Partial,
        false => Status::Failed,
    }
}

fn prune_status(pruned: &Pruned) -> Status {
    let denied = pruned.names.iter().any(|name| name.denied);
    let undone = pruned.removed && (denied || pruned.any(NameOutcome::Failed));
    match (undone, pruned.any(NameOutcome::Removed)) {
        (false, _) => Status::Ok,
        (true, true) => Status::Partial,
        (true, false) if denied => Status::Denied,
        (true, false) => Status::Failed,
    }
}
