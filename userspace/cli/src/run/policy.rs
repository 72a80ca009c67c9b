// SPDX-License-Identifier: GPL-2.0-only

//! `policy` and `state`, from the request to the exit status.

use crate::command::{policy as command, reload, state as keep, Context};
use crate::error::Result;
use crate::exit::Status;
use crate::render::{print, Look};
use crate::request::{Policy, State};
use crate::view::Restored;

/// Does what is asked about rules.
pub(super) fn policy(context: &Context, policy: &Policy, look: Look) -> Result<Status> {
    match policy {
        Policy::Show => print(&look.rules(&command::show()?)?)?,
        Policy::Add(new) => print(&look.rules(&command::add(context, new)?)?)?,
        Policy::Delete(ids) => return command::delete(context, ids).map(|()| Status::Ok),
        Policy::Flush => return command::flush(context).map(|()| Status::Ok),
        Policy::Load(place) => print(&look.loaded(&command::load(context, place)?)?)?,
        Policy::Check(place) => {
            let checked = command::check(place)?;
            print(&look.checked(&checked)?)?;
            return Ok(status(checked.mistakes.is_empty()));
        }
        Policy::Save { place, force } => {
            return command::save(place, *force).map(|()| Status::Ok);
        }
    };
    Ok(Status::Ok)
}

/// Keeps what the module knows, or puts it back.
pub(super) fn state(context: &Context, state: &State, look: Look) -> Result<Status> {
    match state {
        State::Save(place) => keep::save(context, place).map(|()| Status::Ok),
        State::Load(place) => restored(&keep::load(context, place)?, look),
        State::Reload(request) => restored(&reload::run(context, request)?, look),
    }
}

fn restored(restored: &Restored, look: Look) -> Result<Status> {
    print(&look.restored(restored)?)?;
    Ok(status(restored.passed()))
}

fn status(passed: bool) -> Status {
    match passed {
        true => Status::Ok,
        false => Status::Failed,
    }
}
