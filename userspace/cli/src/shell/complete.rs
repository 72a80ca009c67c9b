// SPDX-License-Identifier: GPL-2.0-only

//! Candidates for a word: clap knows which argument it is, its name says what could stand there.

mod live;

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use clap::Command;
use clap_complete::engine::{
    complete, ArgValueCompleter, CompletionCandidate, PathCompleter, ValueCompleter,
};

use crate::printable::{is_visible, printable};

/// The verbs of `netns`, which clap does not see.
const NETNS_VERBS: [&str; 10] = [
    "list", "add", "attach", "set", "delete", "identify", "pids", "exec", "monitor", "list-id",
];

/// Candidates, one a line, each with its help after a tab.
pub(super) fn candidates(command: Command, index: usize, words: &[OsString]) -> String {
    let Some(typed) = words.get(index) else {
        return String::new();
    };
    let mut command = teach(command, &words[..index]);
    let here: Option<PathBuf> = std::env::current_dir().ok();
    let found = complete(&mut command, words.to_vec(), index, here.as_deref());
    let wants_option = typed.to_string_lossy().starts_with('-');
    found
        .unwrap_or_default()
        .iter()
        .filter(|candidate| wants_option || !is_option(candidate))
        .filter_map(line)
        .collect()
}

fn is_option(candidate: &CompletionCandidate) -> bool {
    candidate.get_value().to_string_lossy().starts_with('-')
}

/// A line; None for what a shell could not read back.
fn line(candidate: &CompletionCandidate) -> Option<String> {
    let value = candidate.get_value().to_str()?;
    if value.is_empty() || !value.chars().all(is_visible) {
        return None;
    }
    let help = candidate.get_help().map(ToString::to_string);
    // Of more than one line, the shell has no use.
    let help = help.unwrap_or_default().replace('\n', " ");
    Some(format!("{value}\t{}\n", printable(help.trim())))
}

/// Tells each argument what could stand there, by the name of its value; `before` is what has been
/// typed already.
fn teach(command: Command, before: &[OsString]) -> Command {
    let netns = command.get_name() == "netns";
    let count = words_since(command.get_name(), before);
    let taught = command.mut_args(|arg| {
        let values = arg.get_value_names().unwrap_or_default();
        let Some(value) = values.first().map(|value| value.to_string()) else {
            return arg;
        };
        match value.as_str() {
            "ARGS" if netns => arg.add(ArgValueCompleter::new(move |typed: &OsStr| {
                netns_word(count, typed)
            })),
            "NS" => arg.add(ArgValueCompleter::new(namespace)),
            "NS CMD" => arg.add(ArgValueCompleter::new(move |typed: &OsStr| match count {
                0 => namespace(typed),
                count => command_word(count, typed),
            })),
            "CMD" => arg.add(ArgValueCompleter::new(move |typed: &OsStr| {
                command_word(count, typed)
            })),
            "FILE" | "DIR" | "PATH" => arg.add(ArgValueCompleter::new(PathCompleter::any())),
            "ID" => arg.add(ArgValueCompleter::new(rule)),
            name if name == "DEV" || name.ends_with("@NS") => {
                arg.add(ArgValueCompleter::new(device))
            }
            _ => arg,
        }
    });
    taught.mut_subcommands(|verb| teach(verb, before))
}

fn namespace(typed: &OsStr) -> Vec<CompletionCandidate> {
    if typed.to_string_lossy().starts_with('/') {
        return PathCompleter::any().complete(typed);
    }
    fitting(typed, live::namespaces(&typed.to_string_lossy()))
}

fn device(typed: &OsStr) -> Vec<CompletionCandidate> {
    let text = typed.to_string_lossy();
    let mut found = fitting(typed, live::devices(&text));
    if !text.is_empty() && "ifindex:".starts_with(text.as_ref()) {
        found.push(CompletionCandidate::new("ifindex:").help(Some("by its index".into())));
    }
    // A device that is to be made has no name yet, but its namespace has.
    if let Some((name, place)) = text.split_once('@') {
        let known: Vec<OsString> = found
            .iter()
            .map(|candidate| candidate.get_value().to_owned())
            .collect();
        let places = namespace(OsStr::new(place)).into_iter();
        let made = places.map(|candidate| candidate.add_prefix(format!("{name}@")));
        found.extend(made.filter(|candidate| !known.contains(&candidate.get_value().to_owned())));
    }
    found
}

fn rule(typed: &OsStr) -> Vec<CompletionCandidate> {
    fitting(typed, live::rules())
}

/// Those that begin as it was typed.
fn fitting(typed: &OsStr, all: Vec<(String, String)>) -> Vec<CompletionCandidate> {
    let typed = typed.to_string_lossy();
    all.into_iter()
        .filter(|(value, _)| value.starts_with(typed.as_ref()))
        .map(|(value, help)| CompletionCandidate::new(value).help(Some(help.into())))
        .collect()
}

/// How many words have been typed since that one, without options.
fn words_since(word: &str, before: &[OsString]) -> usize {
    let after = before.iter().position(|one| one == word);
    let after = after.map_or(&[][..], |at| &before[at + 1..]);
    let is_option = |word: &&OsString| word.to_string_lossy().starts_with('-');
    after.len() - after.iter().filter(is_option).count()
}

/// A word after `netns`: a verb, and then names.
fn netns_word(count: usize, typed: &OsStr) -> Vec<CompletionCandidate> {
    if count > 0 {
        return fitting(typed, live::names());
    }
    let verbs = NETNS_VERBS.map(|verb| (verb.to_owned(), String::new()));
    fitting(typed, verbs.to_vec())
}

/// A word of a command, which comes after a namespace: a program, and then most often files.
fn command_word(count: usize, typed: &OsStr) -> Vec<CompletionCandidate> {
    if count > 1 || typed.to_string_lossy().contains('/') {
        return PathCompleter::any().complete(typed);
    }
    fitting(typed, live::programs(&typed.to_string_lossy()))
}
