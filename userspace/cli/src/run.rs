// SPDX-License-Identifier: GPL-2.0-only

//! From the command line to the exit status.

mod netns;
mod policy;

use std::ffi::{OsStr, OsString};

use clap::error::{ContextValue, ErrorKind};
use clap::{CommandFactory, Parser};
use homeward_netns::Directory;

use crate::args::Args;
use crate::command::{self, Context};
use crate::compat;
use crate::error::{Failure, Result};
use crate::exit::Status;
use crate::help;
use crate::messages::Messages;
use crate::names;
use crate::printable::printable;
use crate::render::{self, terminal, Look};
use crate::request::Request;
use crate::shell;

/// Does what the command line says.
pub(crate) fn main() -> Status {
    let line: Vec<OsString> = std::env::args_os().collect();
    if let Some(words) = compat::words(&line) {
        return as_ip(&words);
    }
    let args = match Args::try_parse_from(&line) {
        Ok(args) => args,
        // Help and version are no errors to look for a misspelt verb of `ip netns` behind.
        Err(error) if !error.use_stderr() => return explain(error),
        Err(error) => {
            let verbs = Args::command();
            let known = |word: &OsStr| verbs.get_subcommands().any(|verb| word == verb.get_name());
            return match compat::misspelt(&line, known) {
                Some(words) => as_ip(&words),
                None => explain(error),
            };
        }
    };
    let global = args.global;
    let context = Context {
        messages: Messages::new(global.quiet, global.verbose),
        directory: Directory::default(),
        look: Look::new(global.json, global.no_legend, global.no_color),
    };
    let done = args.verb.run(&context);
    finish(context.messages, done)
}

/// Does what a command line of `ip netns` says.
fn as_ip(words: &[OsString]) -> Status {
    let context = Context {
        messages: Messages::new(false, false),
        directory: Directory::default(),
        look: Look::new(false, false, false),
    };
    let done = netns::execute(&context, &compat::parse(words, false));
    finish(context.messages, done)
}

fn finish(messages: Messages, done: Result<Status>) -> Status {
    done.unwrap_or_else(|failure| {
        messages.failure(&failure);
        failure.status
    })
}

/// Does what a request says.
pub(crate) fn execute(context: &Context, request: &Request, look: Look) -> Result<Status> {
    // Said before anything else, as it is so with the module and without.
    for selector in request.namespaces() {
        names::refuse_other(selector, &context.directory)?;
    }
    let text = match request {
        Request::Veth(request) => look.pair(&command::veth::run(context, request)?)?,
        Request::Wait(request) => look.waited(&command::wait::run(context, request)?)?,
        Request::Policy(policy) => return policy::policy(context, policy, look),
        Request::State(state) => return policy::state(context, state, look),
        Request::Completions(shell) => shell::script(*shell).to_owned(),
        Request::Man(directory) => match directory {
            Some(directory) => return shell::write_pages(directory),
            None => shell::main_page()?,
        },
        Request::Complete(index, words) => shell::candidates(*index, words),
        Request::Exec(exec) => {
            let announce = |place: &str| render::print(&look.place(place));
            command::exec::run(context, exec, announce)?;
            return Ok(Status::Ok);
        }
        Request::Netns(invocation) => return netns::execute(context, invocation),
    };
    render::print(&text)?;
    Ok(Status::Ok)
}

/// The words that were typed stand in lines of ours.
fn printable_words(mut error: clap::Error) -> clap::Error {
    let typed: Vec<_> = error
        .context()
        .map(|(kind, value)| (kind, value.clone()))
        .collect();
    for (kind, value) in typed {
        if let ContextValue::String(word) = value {
            error.insert(kind, ContextValue::String(printable(&word)));
        }
    }
    error
}

/// Help goes to standard output, a wrong command line to standard error.
fn explain(error: clap::Error) -> Status {
    let messages = Messages::new(false, false);
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            match render::print(&help::fold(&error.render().to_string(), terminal::width())) {
                Ok(_) => Status::Ok,
                Err(failure) => {
                    messages.failure(&failure);
                    failure.status
                }
            }
        }
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            messages.failure(&Failure::lines(
                Status::Usage,
                error.render().to_string().trim_end(),
            ));
            Status::Usage
        }
        _ => {
            let text = printable_words(error).render().to_string();
            let text = text.strip_prefix("error: ").unwrap_or(&text).trim_end();
            messages.failure(&Failure::lines(Status::Usage, format!("homeward: {text}")));
            Status::Usage
        }
    }
}
