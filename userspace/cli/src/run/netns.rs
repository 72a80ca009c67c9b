// SPDX-License-Identifier: GPL-2.0-only

//! `netns`, from what it means to the exit status.

use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::time::Duration;

use homeward_netns::Name;

use crate::command::{self, Context};
use crate::compat::{self, USAGE};
use crate::error::{Failure, Result};
use crate::exit::Status;
use crate::render::{self, netns as show};
use crate::request::exec::Dress;
use crate::request::netns::{Format, Invocation, Netns, Which, Work};

/// Where a verb is run.
#[derive(Clone, Copy)]
enum Place {
    /// Alone: this process may become a command.
    Alone,
    /// On a line of a script: there are others to come.
    Script,
}

/// How a line of a script ended.
enum End {
    Good,
    Bad,
    /// So that no other comes.
    Over(Status),
}

/// Does what a command line of `ip netns` says.
pub(super) fn execute(context: &Context, invocation: &Invocation) -> Result<Status> {
    for word in &invocation.enter {
        command::netns::switch(context, word)?;
    }
    match invocation.work.clone()? {
        Work::Version => {
            render::print(concat!("homeward ", env!("CARGO_PKG_VERSION"), "\n"))?;
            Ok(Status::Ok)
        }
        Work::Verb(verb) => match one(context, &verb, invocation.format, Place::Alone)? {
            End::Good => Ok(Status::Ok),
            End::Bad => Ok(Status::Failed),
            End::Over(status) => Ok(status),
        },
        Work::Script(file, go_on) => script(context, invocation, &file, go_on),
    }
}

/// Does what each line of a file says, until one fails, or to the end.
fn script(context: &Context, invocation: &Invocation, file: &OsStr, go_on: bool) -> Result<Status> {
    let mut result = Status::Ok;
    for line in compat::lines(command::netns::script(file)?) {
        let compat::Line { number, words } = line?;
        let end = compat::script_line(&words, invocation.all)
            .and_then(|verb| one(context, &verb, invocation.format, Place::Script));
        match end {
            Ok(End::Good) => continue,
            Ok(End::Over(status)) => return Ok(status),
            // `ip` does not come back from these.
            Err(failure) if failure.status == Status::Netns => return Err(failure),
            Err(failure) => context.messages.failure(&failure),
            Ok(End::Bad) => {}
        }
        let file = Path::new(file).display();
        let text = format!("Command failed {file}:{number}");
        context.messages.bare(&text);
        result = Status::Failed;
        if !go_on {
            break;
        }
    }
    Ok(result)
}

fn one(context: &Context, verb: &Netns, format: Format, place: Place) -> Result<End> {
    match verb {
        Netns::List => {
            if let Some(list) = command::netns::list(context)? {
                render::print_bytes(&show::names(&list, format))?;
            }
        }
        Netns::ListId { target, nsid } => {
            let (list, failure) = command::netns::list_id(context, *target, *nsid)?;
            render::print_bytes(&show::ids(&list, format))?;
            failure.map_or(Ok(()), Err)?;
        }
        Netns::Add(name) => command::netns::add(context, name)?,
        Netns::Attach(name, pid) => command::netns::attach(context, name, *pid)?,
        Netns::Set(name, id) => command::netns::set(context, name, *id)?,
        Netns::Delete(which, wait) => delete(context, which, *wait)?,
        Netns::Identify(process) => {
            let name = command::netns::identify(context, process)?;
            render::print_bytes(&show::name(name.as_deref()))?;
        }
        Netns::Pids(name) => {
            let pids = command::netns::pids(context, name)?;
            render::print_bytes(&show::pids(&pids))?;
        }
        Netns::Exec(which, dress, words) => return exec(context, which, dress, words, place),
        Netns::Monitor => {
            command::netns::monitor(context, |changes| {
                render::print_bytes(&show::changes(changes))
            })?;
        }
        Netns::Help => return Err(Failure::lines(Status::Netns, USAGE)),
    }
    Ok(End::Good)
}

fn delete(context: &Context, which: &Which, wait: Option<Duration>) -> Result<()> {
    match (which, wait) {
        (Which::One(name), None) => command::netns::delete(context, name),
        (Which::All, None) => command::netns::delete_all(context),
        (Which::One(name), Some(limit)) => command::netns::delete_and_wait(context, name, limit),
        (Which::All, Some(limit)) => command::netns::delete_all_and_wait(context, limit),
    }
}

fn exec(
    context: &Context,
    which: &Which,
    dress: &Dress,
    words: &[OsString],
    place: Place,
) -> Result<End> {
    match (which, place) {
        (Which::One(name), Place::Alone) => {
            command::netns::exec(context, name, dress, words).map(|()| End::Good)
        }
        (Which::One(name), Place::Script) => {
            let status = command::netns::exec_and_return(context, name, dress, words)?;
            Ok(match status.code() {
                Some(0) => End::Good,
                Some(_) => End::Bad,
                None => End::Over(Status::Failed),
            })
        }
        (Which::All, _) => {
            let announce = |name: &Name| render::print_bytes(&show::header(name.as_os_str()));
            Ok(
                match command::netns::exec_all(context, dress, words, announce)? {
                    true => End::Good,
                    false => End::Over(Status::Failed),
                },
            )
        }
    }
}
