// SPDX-License-Identifier: GPL-2.0-only

//! `exec NS CMD...`: a command in a network namespace.

use std::convert::Infallible;
use std::ffi::OsString;
use std::io;
use std::os::unix::process::CommandExt;
use std::process::Command;

use homeward_netns::{enter, Settings};

use super::Context;
use crate::error::{Failure, Result};
use crate::exit::Status;
use crate::resolve;
use crate::selector::Selector;

/// Becomes the command; comes back only when it cannot.
pub(crate) fn run(
    context: &Context,
    selector: &Selector,
    command: &[OsString],
) -> Result<Infallible> {
    let namespace = resolve::open(selector, &context.directory)?;
    let settings = Settings {
        name: match selector {
            Selector::Name(name) => Some(name.clone()),
            _ => None,
        },
        label: selector.to_string(),
        keep_mounts: true,
    };
    let warnings = enter(namespace, &settings)
        .map_err(|error| Failure::netns(&format!("cannot enter namespace {selector}"), &error))?;
    for warning in warnings {
        context.messages.warning(&warning.to_string());
    }
    let (program, error) = become_command(command);
    let status = match error.kind() {
        io::ErrorKind::NotFound => Status::NoCommand,
        _ => Status::CannotRun,
    };
    let why = reason(&error);
    Err(Failure::new(
        status,
        format!("cannot run '{program}': {why}"),
    ))
}

/// Replaces this process; gives the program and why it could not be run.
pub(super) fn become_command(command: &[OsString]) -> (String, io::Error) {
    let Some((program, arguments)) = command.split_first() else {
        return (String::new(), io::ErrorKind::InvalidInput.into());
    };
    let error = Command::new(program).args(arguments).exec();
    (program.to_string_lossy().into_owned(), error)
}

/// An error of the system without its number.
pub(super) fn reason(error: &io::Error) -> String {
    match error.raw_os_error() {
        Some(number) => nix::errno::Errno::from_raw(number).desc().to_owned(),
        None => error.to_string(),
    }
}
