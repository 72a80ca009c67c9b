// SPDX-License-Identifier: GPL-2.0-only

//! `netns`: what `ip netns` does, with its words and statuses.

use std::ffi::OsString;
use std::process::Command;

use homeward_netns::{enter, Error, Name, Nsids, Settings};
use serde::Serialize;

use super::exec::{become_command, reason};
use super::Context;
use crate::error::{Failure, Result};
use crate::exit::Status;

/// A name, and the id that the own namespace gives to the one behind it.
#[derive(Debug, Serialize)]
pub(crate) struct Named {
    /// The name.
    pub(crate) name: String,
    /// The id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) id: Option<u32>,
}

/// Lists names in the order of the directory.
pub(crate) fn list(context: &Context) -> Result<Vec<Named>> {
    let entries = context.directory.list().map_err(failed)?;
    if entries.is_empty() {
        return Ok(Vec::new());
    }
    let mut nsids = Nsids::open().map_err(failed)?;
    let mut list = Vec::with_capacity(entries.len());
    for entry in entries {
        let id = match context.directory.open(&entry.name) {
            Ok(file) => nsids.id(&file).unwrap_or_else(|error| {
                context.messages.bare(&error.to_string());
                None
            }),
            Err(error) => {
                context.messages.bare(&error.to_string());
                None
            }
        };
        list.push(Named {
            name: entry.name.to_string(),
            id,
        });
    }
    Ok(list)
}

/// Makes a namespace with a name.
pub(crate) fn add(context: &Context, name: &Name) -> Result<()> {
    context.directory.add(name).map_err(failed)
}

/// Takes a name away.
pub(crate) fn delete(context: &Context, name: &Name) -> Result<()> {
    context.directory.delete(name).map_err(failed)
}

/// Takes all names away, as far as that goes.
pub(crate) fn delete_all(context: &Context) -> Result<()> {
    let mut result = Ok(());
    for entry in context.directory.list().map_err(failed)? {
        if let Err(error) = context.directory.delete(&entry.name) {
            context.messages.bare(&error.to_string());
            result = Err(Failure::silent(Status::Failed));
        }
    }
    result
}

/// Becomes a command in a namespace; comes back only when it cannot.
pub(crate) fn exec(context: &Context, name: &Name, command: &[OsString]) -> Result<()> {
    let refuse = |error: Error| Failure::bare(Status::Netns, error);
    let namespace = context.directory.open(name).map_err(refuse)?;
    let settings = Settings {
        name: Some(name.clone()),
        label: name.to_string(),
        keep_mounts: true,
    };
    for warning in enter(namespace, &settings).map_err(refuse)? {
        context.messages.bare(&warning.to_string());
    }
    let (program, error) = become_command(command);
    let why = reason(&error);
    Err(Failure::bare(
        Status::Failed,
        format!("exec of \"{program}\" failed: {why}"),
    ))
}

/// Runs a command in each namespace, one after the other, after handing its name to `announce`. How
/// each ends is not looked at, as `ip -all netns exec` does not.
pub(crate) fn exec_all(
    context: &Context,
    command: &[OsString],
    mut announce: impl FnMut(&Name) -> Result<bool>,
) -> Result<()> {
    let failed_start = |error: std::io::Error| Failure::bare(Status::Failed, reason(&error));
    let own = std::env::current_exe().map_err(failed_start)?;
    for entry in context.directory.list().map_err(failed)? {
        if !announce(&entry.name)? {
            break;
        }
        // A process of its own for each, as there is no way back from a namespace.
        Command::new(&own)
            .args(["netns", "exec"])
            .arg(entry.name.as_os_str())
            .args(command)
            .status()
            .map_err(failed_start)?;
    }
    Ok(())
}

fn failed(error: Error) -> Failure {
    Failure::bare(Status::Failed, error)
}
