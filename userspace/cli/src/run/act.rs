// SPDX-License-Identifier: GPL-2.0-only

//! Verbs that may be done in part: what was done goes to standard output, what could not be done to
//! standard error and into the exit status.

use crate::command::{self, Context};
use crate::error::Result;
use crate::exit::Status;
use crate::render::{self, Look};
use crate::request::Recall;
use crate::view::RecallView;

/// `recall`.
pub(super) fn recall(context: &Context, request: &Recall, look: Look) -> Result<Status> {
    let view = command::recall::run(context, request)?;
    render::print(&look.recall(&view)?)?;
    context.tell(recall_status(&view), view.problems());
    Ok(recall_status(&view))
}

fn recall_status(view: &RecallView) -> Status {
    let moved = view.devices.iter().any(|device| device.error.is_none());
    match view.problems().is_empty() && view.failed == 0 {
        true => Status::Ok,
        false if moved || view.returned > 0 => Status::Partial,
        false => Status::Failed,
    }
}
