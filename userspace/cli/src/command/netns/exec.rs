// SPDX-License-Identifier: GPL-2.0-only

//! Commands in namespaces with a name.

use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::process::ExitStatus;

use homeward_netns::{enter, leave_vrf, Error, Name};

use super::failed;
use crate::command::exec::{check_etc, settings, Dress};
use crate::command::Context;
use crate::error::{reason, Failure, Result};
use crate::exit::Status;
use crate::process::{become_command, in_child};

/// Moves this process into the namespace of a name, for `-netns`.
pub(super) fn switch(context: &Context, word: &OsStr) -> Result<()> {
    let namespace = context.directory.open_word(word).map_err(refused)?;
    // What is no name has no files in /etc/netns.
    let name = Name::new(word).ok();
    let label = Path::new(word).display().to_string();
    let settings = settings(&Dress::default(), name.as_ref(), label);
    for warning in enter(namespace, &settings).map_err(refused)? {
        context.messages.bare(&warning.to_string());
    }
    Ok(())
}

/// Becomes a command in a namespace; comes back only when it cannot.
pub(super) fn exec(
    context: &Context,
    name: &Name,
    dress: &Dress,
    command: &[OsString],
) -> Result<()> {
    // A failure to leave it is no reason to refuse: `ip` does not either.
    if let Err(error) = leave_vrf() {
        context.messages.bare(&error.to_string());
    }
    check_etc(&dress.etc)?;
    let namespace = context.directory.open(name).map_err(refused)?;
    let settings = settings(dress, Some(name), name.to_string());
    for warning in enter(namespace, &settings).map_err(refused)? {
        context.messages.bare(&warning.to_string());
    }
    let (program, error) = become_command(command);
    let why = reason(&error);
    Err(Failure::bare(
        Status::Failed,
        format!("exec of \"{program}\" failed: {why}"),
    ))
}

/// Runs a command in each namespace, one after the other, after handing its name to `announce`. With
/// which status each ends is not looked at; false when one was killed, which ends it all, as for `ip`.
pub(super) fn exec_all(
    context: &Context,
    dress: &Dress,
    command: &[OsString],
    mut announce: impl FnMut(&Name) -> Result<bool>,
) -> Result<bool> {
    for entry in context.directory.list().map_err(failed)? {
        if !announce(&entry.name)? {
            break;
        }
        if exec_and_return(context, &entry.name, dress, command)?
            .code()
            .is_none()
        {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Runs a command in a namespace and waits for it.
pub(super) fn exec_and_return(
    context: &Context,
    name: &Name,
    dress: &Dress,
    command: &[OsString],
) -> Result<ExitStatus> {
    let work = || match exec(context, name, dress, command) {
        Ok(()) => Status::Ok,
        Err(failure) => {
            context.messages.failure(&failure);
            failure.status
        }
    };
    in_child(work).map_err(|error| Failure::bare(Status::Failed, reason(&error)))
}

fn refused(error: Error) -> Failure {
    Failure::bare(Status::Netns, error)
}
