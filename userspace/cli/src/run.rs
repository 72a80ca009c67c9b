// SPDX-License-Identifier: GPL-2.0-only

//! From the command line to the exit status.

use std::ffi::{OsStr, OsString};

use clap::error::{ContextValue, ErrorKind};
use clap::{CommandFactory, Parser};
use homeward_netns::Directory;

use crate::command::{self, Context, Verbs};
use crate::compat;
use crate::error::Failure;
use crate::exit::Status;
use crate::help;
use crate::messages::Messages;
use crate::printable::printable;
use crate::render::{self, Look};

/// See every network namespace, and where its devices go when it dies.
#[derive(Debug, Parser)]
#[command(name = "homeward", version)]
#[command(after_help = help())]
pub(crate) struct Args {
    /// Options of every verb.
    #[command(flatten)]
    pub(crate) global: Global,
    /// The verb.
    #[command(subcommand)]
    pub(crate) verb: Verbs,
}

/// Options of every verb.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Global {
    /// Print data as JSON.
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Do not use colour, even on a terminal.
    #[arg(long, global = true)]
    pub(crate) no_color: bool,
    /// Print tables without header and footer.
    #[arg(long, global = true)]
    pub(crate) no_legend: bool,
    /// Suppress warnings.
    #[arg(short, long, global = true)]
    pub(crate) quiet: bool,
    /// Say what is being done.
    #[arg(short, long, global = true, conflicts_with = "quiet")]
    pub(crate) verbose: bool,
}

fn help() -> String {
    format!("{EXAMPLES}\n\n{}", crate::exit::help())
}

const EXAMPLES: &str = "\
Examples:
  homeward ls
      All network namespaces, also those without a name.
  homeward plan red
      What would happen to the devices of 'red' if it died now.
  homeward help exec
      The help of one verb, as 'homeward exec --help'.";

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
    context.messages.finish(args.verb.run(&context))
}

/// Does what a command line of `ip netns` says.
fn as_ip(words: &[OsString]) -> Status {
    let context = Context {
        messages: Messages::new(false, false),
        directory: Directory::default(),
        look: Look::new(false, false, false),
    };
    context
        .messages
        .finish(command::netns::execute(&context, words))
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
            let help = help::fold(&error.render().to_string(), render::terminal_width());
            messages.finish(render::print(&help).map(|_| Status::Ok))
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
