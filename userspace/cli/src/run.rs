// SPDX-License-Identifier: GPL-2.0-only

//! From the command line to the exit status.

use std::ffi::{OsStr, OsString};

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{ColorChoice, Command, CommandFactory, Parser};
use homeward_netns::Directory;

use crate::command::{self, Context, Verbs, GROUPS};
use crate::compat;
use crate::error::Failure;
use crate::exit::Status;
use crate::help;
use crate::messages::Messages;
use crate::printable::printable;
use crate::render::{self, Format, Look};

/// See every network namespace, and where its devices go when it dies.
#[derive(Debug, Parser)]
#[command(name = "homeward", version, infer_subcommands = true)]
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
#[command(next_help_heading = help::GLOBAL)]
pub(crate) struct Global {
    /// Print data as JSON, and messages, too.
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// The same with one line for each entry of a list.
    #[arg(long, global = true)]
    pub(crate) json_lines: bool,
    /// When to use colour; auto: on a terminal, unless NO_COLOR is set.
    #[arg(
        long,
        global = true,
        value_name = "WHEN",
        default_value = "auto",
        hide_default_value = true
    )]
    pub(crate) color: ColorChoice,
    /// Print tables without header and footer.
    #[arg(long, global = true)]
    pub(crate) no_legend: bool,
    /// Do not use a pager for long output on a terminal.
    #[arg(long, global = true)]
    pub(crate) no_pager: bool,
    /// Suppress warnings.
    #[arg(short, long, global = true)]
    pub(crate) quiet: bool,
    /// Say what is being done.
    #[arg(short, long, global = true, conflicts_with = "quiet")]
    pub(crate) verbose: bool,
}

impl Global {
    fn format(&self) -> Format {
        match (self.json_lines, self.json) {
            (true, _) => Format::JsonLines,
            (false, true) => Format::Json,
            (false, false) => Format::Text,
        }
    }
}

/// Whether a command line asks for JSON, be it otherwise as wrong as it likes.
pub(crate) fn asks_for_json(line: &[OsString]) -> bool {
    has(line, "--json") || has(line, "--json-lines")
}

fn has(line: &[OsString], option: &str) -> bool {
    let mut own = line.iter().skip(1).take_while(|word| *word != "--");
    own.any(|word| word == option)
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
      The help of one verb, as 'homeward exec --help'.
  homeward dev
      A verb may be shortened to any unambiguous prefix. In scripts, write it out.";

/// What may be typed, with the verbs of the help in groups. That takes time, which only the help is worth.
pub(crate) fn command() -> Command {
    let command = Args::command();
    let template = help::grouped(&command, GROUPS);
    command.help_template(template)
}

/// The same error with that help in it.
fn again(error: clap::Error, line: &[OsString]) -> clap::Error {
    let read = command().try_get_matches_from(line);
    read.err().unwrap_or(error)
}

/// Does what the command line says.
pub(crate) fn main() -> Status {
    let line: Vec<OsString> = std::env::args_os().collect();
    if let Some(words) = compat::words(&line) {
        return as_ip(&words);
    }
    let args = match command::read_quickly(|| Args::try_parse_from(&line)) {
        Ok(args) => args,
        Err(error) if error.kind() == ErrorKind::DisplayVersion => return explain(error, &line),
        // Help and version are no errors to look for a misspelt verb of `ip netns` behind.
        Err(error) if !error.use_stderr() => return explain(again(error, &line), &line),
        Err(error) => {
            let mut verbs = command();
            // With the verb that clap adds.
            verbs.build();
            let known = |word: &OsStr| verbs.get_subcommands().any(|verb| word == verb.get_name());
            let own = line
                .get(1)
                .is_some_and(|word| help::meant(&verbs, word).next().is_some());
            return match compat::misspelt(&line, known).filter(|_| !own) {
                Some(words) => as_ip(&words),
                None => explain(ambiguous(again(error, &line), &verbs, &line), &line),
            };
        }
    };
    let global = args.global;
    let format = global.format();
    let messages = Messages::new(global.quiet, global.verbose);
    let context = Context {
        messages: messages.as_json(format != Format::Text),
        directory: Directory::default(),
        look: Look::new(format, global.no_legend, global.color),
        pager: !global.no_pager,
    };
    context.messages.finish(args.verb.run(&context))
}

/// Does what a command line of `ip netns` says.
fn as_ip(words: &[OsString]) -> Status {
    let context = Context {
        messages: Messages::new(false, false),
        directory: Directory::default(),
        look: Look::new(Format::Text, false, ColorChoice::Auto),
        pager: false,
    };
    context
        .messages
        .finish(command::netns::execute(&context, words))
}

/// Which verbs a word may be short for, if that is why it is none.
fn ambiguous(mut error: clap::Error, verbs: &Command, line: &[OsString]) -> clap::Error {
    let Some(ContextValue::String(word)) = error.get(ContextKind::InvalidSubcommand) else {
        return error;
    };
    let before = line
        .iter()
        .skip(1)
        .take_while(|typed| *typed != word.as_str());
    let above = before.fold(verbs, |above, typed| {
        let mut meant = help::meant(above, typed);
        meant
            .next()
            .filter(|_| meant.next().is_none())
            .unwrap_or(above)
    });
    let names = help::meant(above, OsStr::new(word)).map(|verb| verb.get_name().to_owned());
    let names: Vec<String> = names.collect();
    if names.len() > 1 {
        error.insert(
            ContextKind::SuggestedSubcommand,
            ContextValue::Strings(names),
        );
    }
    error
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
fn explain(error: clap::Error, line: &[OsString]) -> Status {
    let json = asks_for_json(line);
    let messages = Messages::new(false, false).as_json(json);
    let kind = error.kind();
    if matches!(kind, ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
        let help = help::fold(&error.render().to_string(), render::terminal_width());
        return messages.finish(render::show(&help, !has(line, "--no-pager")).map(|()| Status::Ok));
    }
    let text = printable_words(error).render().to_string();
    let is_help = kind == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand;
    let text = text.strip_prefix("error: ").unwrap_or(&text).trim_end();
    let failure = match (json, is_help) {
        (true, true) => Failure::usage("something is missing").advise(text),
        (true, false) => {
            let (what, advice) = text.split_once("\n\n").unwrap_or((text, ""));
            Failure::usage(what).advise(advice.trim())
        }
        (false, true) => Failure::lines(Status::Usage, text),
        (false, false) => Failure::lines(Status::Usage, format!("homeward: {text}")),
    };
    messages.finish(Err(failure))
}
