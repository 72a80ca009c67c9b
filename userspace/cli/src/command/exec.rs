// SPDX-License-Identifier: GPL-2.0-only

//! `exec NS CMD...`: a command in a network namespace, or in several.

use std::fs;
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;

use homeward_netns::{enter, leave_vrf, Name, Settings, ETC_DIR};
use nix::sys::signal::Signal;

use super::Context;
use crate::error::{Failure, Result};
use crate::exit::Status;
use crate::process::{become_command, in_child};
use crate::request::exec::{Dress, Etc, Exec, Places};
use crate::resolve;
use crate::selector::Selector;

/// Runs the command; comes back only when it cannot, or when there are several namespaces, each of
/// which is handed to `announce` before, which may end it all.
pub(crate) fn run(
    context: &Context,
    request: &Exec,
    announce: impl FnMut(&str) -> Result<bool>,
) -> Result<()> {
    match &request.places {
        Places::One(selector) => one(context, selector, request),
        Places::Several(selectors) => several(context, selectors, request, announce),
        Places::All => {
            let entries = context.directory.list().map_err(|error| {
                Failure::netns("cannot list the names of network namespaces", &error)
            })?;
            let names = entries.into_iter().map(|entry| Selector::Name(entry.name));
            several(context, &names.collect::<Vec<_>>(), request, announce)
        }
    }
}

fn one(context: &Context, selector: &Selector, request: &Exec) -> Result<()> {
    check_etc(&request.dress.etc)?;
    let namespace = resolve::open(selector, &context.directory)?;
    let name = match selector {
        Selector::Name(name) => Some(name),
        _ => None,
    };
    if let Err(error) = leave_vrf() {
        context.messages.warning(&format!(
            "{error}: the command stays in the VRF of its caller, to which its sockets are bound"
        ));
    }
    let settings = settings(&request.dress, name, selector.to_string());
    let warnings = enter(namespace, &settings)
        .map_err(|error| Failure::netns(&format!("cannot enter namespace {selector}"), &error))?;
    for warning in warnings {
        context.messages.warning(&warning.to_string());
    }
    let (program, error) = become_command(&request.command);
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

/// Runs the command in each namespace, one after the other, also after one where it failed.
fn several(
    context: &Context,
    selectors: &[Selector],
    request: &Exec,
    mut announce: impl FnMut(&str) -> Result<bool>,
) -> Result<()> {
    let mut failures = Vec::new();
    for selector in selectors {
        if !announce(&selector.to_string())? {
            return Ok(());
        }
        let work = || match one(context, selector, request) {
            Ok(()) => Status::Ok,
            Err(failure) => {
                context.messages.failure(&failure);
                failure.status
            }
        };
        match in_child(work) {
            Ok(status) if status.success() => {}
            Ok(status) => failures.push(format!("{selector} ({})", ending(status))),
            Err(error) => failures.push(format!("{selector} ({})", reason(&error))),
        }
    }
    if failures.is_empty() {
        return Ok(());
    }
    let (failed, all) = (failures.len(), selectors.len());
    let list = failures.join(", ");
    Err(Failure::new(
        Status::Failed,
        format!("the command failed in {failed} of {all} namespaces: {list}"),
    ))
}

fn ending(status: ExitStatus) -> String {
    let signal = |number| match Signal::try_from(number) {
        Ok(signal) => signal.as_str().to_owned(),
        Err(_) => format!("signal {number}"),
    };
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("status {code}"),
        (None, Some(number)) => signal(number),
        (None, None) => "unknown end".to_owned(),
    }
}

/// What to do on the way into a namespace.
pub(super) fn settings(dress: &Dress, name: Option<&Name>, label: String) -> Settings {
    let by_name = |name: &Name| Path::new(ETC_DIR).join(name.as_os_str());
    let etc: Option<PathBuf> = match &dress.etc {
        Etc::ByName => name.map(by_name),
        Etc::Directory(path) => Some(path.clone()),
        Etc::Off => None,
    };
    Settings {
        etc,
        sysfs: dress.sysfs,
        label,
    }
}

/// A directory that somebody asks for must be one; that of a name need not be there.
pub(super) fn check_etc(etc: &Etc) -> Result<()> {
    let Etc::Directory(path) = etc else {
        return Ok(());
    };
    let (status, why) = match fs::metadata(path) {
        Ok(found) if found.is_dir() => return Ok(()),
        Ok(_) => (Status::Usage, "Not a directory".to_owned()),
        Err(error) => match error.kind() {
            io::ErrorKind::NotFound => (Status::NotFound, reason(&error)),
            io::ErrorKind::NotADirectory => (Status::Usage, reason(&error)),
            io::ErrorKind::PermissionDenied => (Status::Denied, reason(&error)),
            _ => (Status::Failed, reason(&error)),
        },
    };
    let path = path.display();
    Err(Failure::new(
        status,
        format!(
            "cannot take files for /etc from '{path}': {why}: give a directory, or --etc=off for none"
        ),
    ))
}

/// An error of the system without its number.
pub(super) fn reason(error: &io::Error) -> String {
    match error.raw_os_error() {
        Some(number) => nix::errno::Errno::from_raw(number).desc().to_owned(),
        None => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_for_etc_that_is_none_is_refused() {
        let check = |path: &str| check_etc(&Etc::Directory(path.into()));
        assert_eq!(check("/"), Ok(()));
        for (path, status, why) in [
            (
                "/nonexistent",
                Status::NotFound,
                "No such file or directory",
            ),
            ("/proc/self/status", Status::Usage, "Not a directory"),
            ("/proc/self/status/x", Status::Usage, "Not a directory"),
        ] {
            let failure = check(path).unwrap_err();
            assert_eq!(failure.status, status, "{failure:?}");
            let text = format!(
                "cannot take files for /etc from '{path}': {why}: give a directory, or --etc=off for none"
            );
            assert_eq!(failure.text, text);
        }
        assert_eq!(check_etc(&Etc::ByName), Ok(()));
    }
}
