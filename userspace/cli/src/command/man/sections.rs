// SPDX-License-Identifier: GPL-2.0-only

//! What stands in a man page besides its options.

use clap::Command;
use clap_mangen::roff::{bold, roman, Roff};

use crate::command::GROUPS;
use crate::exit::MEANINGS;
use crate::help::verbs;

/// Where the command keeps things, and where it looks for them.
const FILES: [(&str, &str); 5] = [
    ("/run/netns/NAME", "Named network namespaces."),
    (
        "/etc/netns/NAME/",
        "Files that are bound over those of the same name in /etc for a command in that namespace.",
    ),
    (
        "/etc/homeward/policy.toml",
        "Rules: what happens to devices when their network namespace dies.",
    ),
    (
        "/run/homeward/state.json",
        "What 'homeward state save' and 'reload' keep while the module is replaced.",
    ),
    (
        "/sys/module/homeward",
        "There while the kernel module is loaded.",
    ),
];

/// What of the environment matters.
const ENVIRONMENT: [(&str, &str); 4] = [
    (
        "HOMEWARD_PAGER, PAGER",
        "The pager for long output on a terminal, 'less' if neither is set. Empty or 'cat': none.",
    ),
    (
        "LESS",
        "Options of less, 'FRX' if it is not set. It runs with LESSSECURE=1.",
    ),
    (
        "NO_COLOR, CLICOLOR, CLICOLOR_FORCE",
        "Set NO_COLOR for no colour, CLICOLOR=0 for the same, CLICOLOR_FORCE=1 for colour also in a pipe.",
    ),
    (
        "TERM",
        "A terminal that is 'dumb' gets neither colour nor a pager.",
    ),
];

/// What the page of the command says before all others.
const DESCRIPTION: [&str; 4] = [
    "A network namespace dies when nothing uses it any more. The kernel destroys its virtual devices, and moves the \
     physical ones to the initial namespace with the names and settings that they happen to have. With the module \
     homeward they come home: to where they came from, as they were there. This command shows namespaces and devices, \
     with what will become of them, and changes that.",
    "It also does what 'ip netns' does, see homeward-netns(1). A verb that needs the module says so if it is not \
     loaded; all others work without.",
    "A network namespace is named by its NAME in /run/netns, a PATH where it is mounted, pid:N of a process in it, its \
     number as inum:N or net:[N], cookie:N or :N; init is the initial one and self that of the command itself. A \
     device is DEV@NS, by its name or ifindex:N.",
    "A verb may be shortened to any unambiguous prefix; options may not. A time is a number of \
     seconds, or numbers with units: 90, 500ms, 1m30s, 2h, 1d12h.",
];

/// What stands below the options, in the order of man-pages(7).
pub(super) fn after_options(roff: &mut Roff, command: &Command, help: &Help) {
    let rows = |rows: &[(&str, &'static str)]| -> Vec<(String, &'static str)> {
        rows.iter()
            .map(|(name, what)| ((*name).to_owned(), *what))
            .collect()
    };
    let statuses = MEANINGS.map(|(status, meaning)| (status.code().to_string(), meaning));
    commands(roff, command);
    list(roff, "COLUMNS", help.columns());
    list(roff, "EXIT STATUS", statuses.into_iter());
    list(roff, "ENVIRONMENT", rows(&ENVIRONMENT).into_iter());
    list(roff, "FILES", rows(&FILES).into_iter());
    examples(roff, help);
    see_also(roff, command);
}

/// What stands below the options in the help, by what it is.
pub(super) struct Help {
    examples: Vec<String>,
    notes: Vec<String>,
    columns: Vec<String>,
}

impl Help {
    pub(super) fn new(command: &Command) -> Self {
        let text = command.get_after_help().map(ToString::to_string);
        let text = text.unwrap_or_default();
        let (mut examples, mut notes, mut columns) = (Vec::new(), Vec::new(), Vec::new());
        for part in text.split("\n\n") {
            match part.split_once("Examples:\n") {
                Some((before, after)) => {
                    notes.push(before.to_owned());
                    examples.push(after.to_owned());
                }
                None if part.starts_with("Columns") => {
                    columns.extend(part.lines().skip(1).map(str::to_owned));
                }
                // More of them.
                None if part.starts_with(' ') && !examples.is_empty() => {
                    examples.push(part.to_owned());
                }
                None => notes.push(part.to_owned()),
            }
        }
        // The list of statuses has a section of its own.
        notes.retain(|part| !part.is_empty() && !part.starts_with("Exit status:\n"));
        Help {
            examples,
            notes,
            columns,
        }
    }

    fn columns(&self) -> impl Iterator<Item = (String, &str)> {
        self.columns.iter().filter_map(|row| {
            let (title, what) = row.trim().split_once("  ")?;
            Some((title.to_owned(), what.trim()))
        })
    }
}

/// How it is typed, as in the help.
pub(super) fn synopsis(roff: &mut Roff, command: &Command) {
    let usage = command.clone().render_usage().to_string();
    let name = command.get_bin_name().unwrap_or_else(|| command.get_name());
    roff.control("SH", ["SYNOPSIS"]);
    for (at, line) in usage.trim_start_matches("Usage:").lines().enumerate() {
        if at > 0 {
            roff.control("br", []);
        }
        let rest = line.trim().strip_prefix(name).unwrap_or_default();
        roff.text([bold(name), roman(rest)]);
    }
}

/// Whether it is the command itself, and no verb.
fn is_main(command: &Command) -> bool {
    let typed = command.get_bin_name().unwrap_or_default();
    !typed.contains(' ')
}

/// What it does, and what to know about it.
pub(super) fn description(roff: &mut Roff, command: &Command, help: &Help) {
    let about = command.get_about().map(ToString::to_string);
    let about = about.unwrap_or_default() + ".";
    let own = DESCRIPTION
        .iter()
        .filter(|_| is_main(command))
        .map(|part| (*part).to_owned());
    roff.control("SH", ["DESCRIPTION"]);
    for (at, part) in [about]
        .into_iter()
        .chain(own)
        .chain(help.notes.clone())
        .enumerate()
    {
        if at > 0 {
            roff.control("PP", []);
        }
        paragraph(roff, &part);
    }
}

/// Text that is folded, but for rows in it.
fn paragraph(roff: &mut Roff, part: &str) {
    let mut text = String::new();
    for line in part.lines() {
        match line.strip_prefix("  ") {
            Some(row) => {
                say(roff, std::mem::take(&mut text));
                let (name, what) = row.split_once("  ").unwrap_or((row, ""));
                roff.control("TP", []);
                roff.text([bold(name)]);
                text = what.trim().to_owned();
            }
            None if text.is_empty() => text = line.to_owned(),
            None => text = text + " " + line,
        }
    }
    say(roff, text);
}

fn say(roff: &mut Roff, text: String) {
    if !text.is_empty() {
        roff.text([roman(text)]);
    }
}

/// The verbs, in the groups that they have in the help.
fn commands(roff: &mut Roff, command: &Command) {
    if verbs(command).next().is_none() {
        return;
    }
    roff.control("SH", ["COMMANDS"]);
    if !is_main(command) {
        return verbs(command).for_each(|verb| entry(roff, verb));
    }
    for (title, names) in GROUPS {
        roff.control("SS", [*title]);
        let is_in = |verb: &&Command| {
            names
                .iter()
                .any(|name| name.eq_ignore_ascii_case(verb.get_name()))
        };
        verbs(command)
            .filter(is_in)
            .for_each(|verb| entry(roff, verb));
    }
}

fn entry(roff: &mut Roff, verb: &Command) {
    let typed = verb.get_bin_name().unwrap_or_else(|| verb.get_name());
    let about = verb.get_about().map(ToString::to_string);
    roff.control("TP", []);
    roff.text([bold(typed.replace(' ', "-")), roman("(1)")]);
    roff.text([roman(about.unwrap_or_default() + ".")]);
}

fn examples(roff: &mut Roff, help: &Help) {
    if help.examples.is_empty() {
        return;
    }
    roff.control("SH", ["EXAMPLES"]);
    for part in &help.examples {
        example(roff, part.lines());
    }
}

/// Lines of what to type, with two spaces before them, and of what it does, with more.
fn example<'a>(roff: &mut Roff, lines: impl Iterator<Item = &'a str>) {
    for line in lines {
        match line.strip_prefix("  ") {
            Some(typed) if !typed.starts_with(' ') => {
                roff.control("TP", []);
                roff.text([bold(typed)]);
            }
            _ => {
                roff.text([roman(line.trim_start())]);
            }
        }
    }
}

fn list<'a>(roff: &mut Roff, title: &str, items: impl Iterator<Item = (String, &'a str)>) {
    for (at, (name, what)) in items.enumerate() {
        if at == 0 {
            roff.control("SH", [title]);
        }
        roff.control("TP", []);
        roff.text([bold(name)]);
        roff.text([roman(what)]);
    }
}

fn see_also(roff: &mut Roff, command: &Command) {
    roff.control("SH", ["SEE ALSO"]);
    let mut parts = Vec::new();
    let mut page = |name: &str, section: &str| {
        if !parts.is_empty() {
            parts.push(roman(", "));
        }
        parts.extend([bold(name), roman(section)]);
    };
    // For a verb all that is above it, as it is typed.
    let typed = command.get_bin_name().unwrap_or_default();
    for (at, _) in typed.match_indices(' ') {
        page(&typed[..at].replace(' ', "-"), "(1)");
    }
    page("ip-netns", "(8)");
    page("network_namespaces", "(7)");
    roff.text(parts);
}
