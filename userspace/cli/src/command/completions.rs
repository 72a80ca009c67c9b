// SPDX-License-Identifier: GPL-2.0-only

//! `completions`, and `__complete`, which the scripts of `completions` call: clap knows which argument a word
//! is, the name of its value says what could stand there.

mod live;

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use clap::{Args, Command, CommandFactory, ValueEnum};
use clap_complete::engine::{
    complete, ArgValueCompleter, CompletionCandidate, PathCompleter, ValueCompleter,
};

use super::{find, Context, Verb};
use crate::error::Result;
use crate::exit::Status;
use crate::help::meant;
use crate::printable::{is_visible, printable};
use crate::render;
use crate::run;

const HELP: &str = "\
Examples:
  homeward completions bash > /usr/share/bash-completion/completions/homeward
      In new shells, Tab completes verbs, namespaces and devices.
  homeward completions zsh > /usr/local/share/zsh/site-functions/_homeward
      The same for zsh.
  homeward completions fish > ~/.config/fish/completions/homeward.fish
      The same for fish.
  eval \"$(homeward completions bash)\"
      Only for the current shell.";

/// Print a completion script for a shell.
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub(crate) struct Completions {
    /// The shell.
    shell: Shell,
}

/// A shell that can be taught to complete.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Shell {
    /// GNU bash.
    Bash,
    /// Z shell.
    Zsh,
    /// fish.
    Fish,
}

impl Shell {
    /// The script. It asks this command each time.
    fn script(self) -> &'static str {
        match self {
            Shell::Bash => include_str!("completions/homeward.bash"),
            Shell::Zsh => include_str!("completions/homeward.zsh"),
            Shell::Fish => include_str!("completions/homeward.fish"),
        }
    }
}

impl Verb for Completions {
    fn run(self, _context: &Context) -> Result<Status> {
        render::print(self.shell.script())?;
        Ok(Status::Ok)
    }
}

/// Print what could be typed next.
#[derive(Debug, Args)]
pub(crate) struct Complete {
    /// Which of the words is being typed, from 0.
    index: usize,
    /// The words, the command first.
    #[arg(last = true)]
    words: Vec<OsString>,
}

impl Verb for Complete {
    fn run(self, _context: &Context) -> Result<Status> {
        render::print(&candidates(self.index, &self.words))?;
        Ok(Status::Ok)
    }
}

/// The verbs of `netns`, which clap does not see.
const NETNS_VERBS: [&str; 10] = [
    "list", "add", "attach", "set", "delete", "identify", "pids", "exec", "monitor", "list-id",
];

/// What could stand in the place of the word `index`, one a line, each with its help after a tab. Whoever is
/// typing wants no errors, so there are none.
fn candidates(index: usize, words: &[OsString]) -> String {
    let Some(typed) = words.get(index) else {
        return String::new();
    };
    let command = run::Args::command();
    let mut words = words.to_vec();
    lengthen(&command, &mut words[..index]);
    let mut command = teach(command, &words[..index]);
    let here: Option<PathBuf> = std::env::current_dir().ok();
    let found = complete(&mut command, words.clone(), index, here.as_deref());
    let wants_option = typed.to_string_lossy().starts_with('-');
    found
        .unwrap_or_default()
        .iter()
        .filter(|candidate| wants_option || !is_option(candidate))
        .filter_map(line)
        .collect()
}

/// Makes verbs whole that have been shortened.
fn lengthen(mut command: &Command, before: &mut [OsString]) {
    for word in before.iter_mut().skip(1) {
        let mut meant = meant(command, word);
        if let (Some(verb), None) = (meant.next(), meant.next()) {
            *word = verb.get_name().into();
            command = verb;
        }
    }
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
            "NS" | "NS|pid:N" => arg.add(ArgValueCompleter::new(namespace)),
            "NS|DEV@NS" => arg.add(ArgValueCompleter::new(|typed: &OsStr| {
                match typed.to_string_lossy().contains('@') {
                    true => device(typed),
                    false => namespace(typed),
                }
            })),
            "NS CMD" => arg.add(ArgValueCompleter::new(move |typed: &OsStr| match count {
                0 => namespace(typed),
                count => command_word(count, typed),
            })),
            "CMD" => arg.add(ArgValueCompleter::new(move |typed: &OsStr| {
                command_word(count, typed)
            })),
            "FILE" | "DIR" | "DIR|off" | "PATH" => {
                arg.add(ArgValueCompleter::new(PathCompleter::any()))
            }
            "ID" => arg.add(ArgValueCompleter::new(rule)),
            find::WHAT => arg.add(ArgValueCompleter::new(|typed: &OsStr| {
                fitting(typed, live::names())
            })),
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn completed(words: &[&str]) -> Vec<String> {
        let words: Vec<OsString> = words.iter().map(OsString::from).collect();
        candidates(words.len() - 1, &words)
            .lines()
            .map(|line| line.split('\t').next().unwrap_or_default().to_owned())
            .collect()
    }

    #[test]
    fn verbs_options_and_values_are_completed() {
        assert_eq!(completed(&["homeward", "polic"]), ["policy"]);
        let verbs = ["show", "add", "del", "flush", "load", "check", "save"];
        let found = completed(&["homeward", "policy", ""]);
        for verb in verbs {
            assert!(found.iter().any(|one| one == verb), "{verb}: {found:?}");
        }
        let json = completed(&["homeward", "ls", "--js"]);
        assert_eq!(json, ["--json", "--json-lines"]);
        assert_eq!(completed(&["homeward", "completions", "z"]), ["zsh"]);
        assert_eq!(completed(&["homeward", "--json", "po", "sa"]), ["save"]);
        assert_eq!(completed(&["homeward", "comp", "z"]), ["zsh"]);
        assert_eq!(
            completed(&["homeward", "policy", "add", "--class", "v"]),
            ["virtual"]
        );
        assert_eq!(completed(&["homeward", "--json", "show", "ini"]), ["init"]);
        assert_eq!(completed(&["homeward", "netns", "mon"]), ["monitor"]);
        assert_eq!(
            completed(&["homeward", "exec", "init", "trunc"]),
            ["truncate"]
        );
        assert_eq!(
            completed(&["homeward", "exec", "init", "ls", "Carg"]),
            ["Cargo.toml"]
        );
        let verbs = completed(&["homeward", "netns", "exec", ""]);
        assert!(!verbs.contains(&"monitor".to_owned()), "{verbs:?}");
        assert_eq!(completed(&["homeward", "move", "ifi"]), ["ifindex:"]);
        // Those of other namespaces, too, where the module is loaded.
        let devices = completed(&["homeward", "move", "ifindex:"]);
        assert!(
            devices.iter().any(|one| one.starts_with("ifindex:1")),
            "{devices:?}"
        );
        assert!(
            devices.iter().all(|one| one.starts_with("ifindex:")),
            "{devices:?}"
        );
        let own = std::fs::read_link("/proc/self/ns/net").expect("a link");
        let own = own.to_str().expect("text");
        assert_eq!(
            completed(&["homeward", "show", own.trim_end_matches(']')]),
            [own]
        );
        let inum = own.replace("net:[", "inum:").replace(']', "");
        assert_eq!(completed(&["homeward", "show", &inum]), [inum]);
        let place = "/proc/self/ns/ne";
        assert_eq!(
            completed(&["homeward", "show", place]),
            ["/proc/self/ns/net"]
        );
    }

    /// What nothing completes, by the names of values, and why.
    const FREE: [(&str, &str); 17] = [
        ("ADDR", "a new address"),
        ("BYTES", "a number"),
        ("COL", "--list-columns has them"),
        ("GLOB", "a pattern"),
        ("IP/LEN", "a new address"),
        ("KIND", "also one that no device has yet"),
        ("MAX", "a number"),
        ("N", "a number"),
        ("NAME", "a new name"),
        ("PID|FILE", "of many, few matter"),
        ("SETTING=VALUE", "a value"),
        ("SETTINGS", "several words"),
        ("TEMPLATE", "a pattern"),
        ("TEXT", "a part of something"),
        ("TIME", "a number with a unit"),
        ("USER", "of many, few matter"),
        ("[+]COL,...", "--list-columns has them"),
    ];

    /// The values of a command and its verbs that nothing completes, each with a place.
    fn uncompleted(command: &Command, found: &mut BTreeMap<String, String>) {
        for arg in command.get_arguments() {
            let completed = arg.get::<ArgValueCompleter>().is_some();
            let chosen = !arg.get_possible_values().is_empty();
            if !arg.get_action().takes_values() || arg.is_hide_set() || completed || chosen {
                continue;
            }
            let id = arg.get_id().as_str();
            let values = arg.get_value_names().unwrap_or_default();
            let value = values.first().map_or(id, |value| value.as_str());
            let place = format!("{id} of {}", command.get_name());
            found.insert(value.to_owned(), place);
        }
        for verb in command.get_subcommands().filter(|verb| !verb.is_hide_set()) {
            uncompleted(verb, found);
        }
    }

    #[test]
    fn every_value_is_completed_or_known_to_be_free() {
        let mut found = BTreeMap::new();
        uncompleted(&teach(run::Args::command(), &[]), &mut found);
        let values: Vec<&str> = found.keys().map(String::as_str).collect();
        let free: Vec<&str> = FREE.iter().map(|(value, _)| *value).collect();
        assert_eq!(values, free, "{found:#?}");
    }

    #[test]
    fn options_are_offered_only_to_those_who_type_one() {
        let found = completed(&["homeward", "show", ""]);
        assert!(found.contains(&"self".to_owned()), "{found:?}");
        assert!(!found.iter().any(|one| one.starts_with('-')), "{found:?}");
    }

    #[test]
    fn words_that_make_no_sense_have_no_candidates() {
        assert!(completed(&["homeward", "nonsense", "more", "x"]).is_empty());
        assert_eq!(candidates(7, &["homeward".into()]), "");
        assert_eq!(candidates(0, &[]), "");
    }

    #[test]
    fn a_shell_script_names_the_function_that_it_defines() {
        assert!(Shell::Bash
            .script()
            .contains("complete -F _homeward homeward"));
        assert!(Shell::Zsh.script().starts_with("#compdef homeward\n"));
        assert!(Shell::Fish.script().contains("complete --command homeward"));
    }
}
