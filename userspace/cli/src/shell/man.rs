// SPDX-License-Identifier: GPL-2.0-only

//! Man pages.

use std::io;

use clap::Command;
use clap_mangen::roff::{bold, roman, Roff};
use clap_mangen::Man;

use super::verbs;
use crate::exit::MEANINGS;

/// Where the command keeps things, and where it looks for them.
const FILES: [(&str, &str); 5] = [
    ("/run/netns/NAME", "Named network namespaces."),
    (
        "/etc/netns/NAME/",
        "Files that are bound over those of the same name in /etc for a command in that namespace.",
    ),
    (
        "/etc/homeward/policy.toml",
        "Rules: what becomes of devices when their network namespace dies.",
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

/// A page.
#[derive(Debug)]
pub(super) struct Page {
    /// Its file name.
    pub(super) name: String,
    /// What is in it.
    pub(super) text: String,
}

/// The pages of all verbs, and the one of the command as the last.
pub(super) fn pages(command: Command) -> io::Result<Vec<Page>> {
    let mut command = command.disable_help_subcommand(true);
    command.build();
    let mut made = Vec::new();
    collect(&command, &mut made)?;
    Ok(made)
}

fn collect(command: &Command, made: &mut Vec<Page>) -> io::Result<()> {
    for verb in verbs(command) {
        collect(verb, made)?;
    }
    made.push(page(command)?);
    Ok(())
}

fn page(command: &Command) -> io::Result<Page> {
    let man = Man::new(command.clone())
        // Of a build, not of a page; but without one, what follows stands in its place.
        .date(" ")
        .source(concat!("homeward ", env!("CARGO_PKG_VERSION")))
        .manual("Homeward");
    let mut bytes = Vec::new();
    man.render_title(&mut bytes)?;
    man.render_name_section(&mut bytes)?;
    man.render_synopsis_section(&mut bytes)?;
    man.render_description_section(&mut bytes)?;
    man.render_options_section(&mut bytes)?;
    if verbs(command).next().is_some() {
        man.render_subcommands_section(&mut bytes)?;
    }
    let mut own = Roff::new();
    help(&mut own, command);
    list(
        &mut own,
        "EXIT STATUS",
        MEANINGS
            .iter()
            .map(|(status, meaning)| (status.code().to_string(), *meaning)),
    );
    let files = FILES.iter().map(|(file, what)| ((*file).to_owned(), *what));
    list(&mut own, "FILES", files);
    see_also(&mut own, command);
    own.to_writer(&mut bytes)?;
    Ok(Page {
        name: man.get_filename(),
        text: String::from_utf8_lossy(&bytes).into_owned(),
    })
}

/// What stands below the options in the help: examples, and notes.
fn help(roff: &mut Roff, command: &Command) {
    let text = command.get_after_help().map(ToString::to_string);
    let text = text.unwrap_or_default();
    let (mut examples, mut notes, mut columns) = (Vec::new(), Vec::new(), Vec::new());
    for part in text.split("\n\n") {
        match part.split_once("Examples:\n") {
            Some((before, after)) => {
                notes.push(before);
                examples.push(after);
            }
            None if part.starts_with("Columns") => columns.extend(part.lines().skip(1)),
            // More of them.
            None if part.starts_with(' ') && !examples.is_empty() => examples.push(part),
            None => notes.push(part),
        }
    }
    // The statuses have a section of their own.
    notes.retain(|part| !part.is_empty() && !part.starts_with("Exit status:"));
    if !examples.is_empty() {
        roff.control("SH", ["EXAMPLES"]);
    }
    for part in examples {
        example(roff, part.lines());
    }
    if !columns.is_empty() {
        list(
            roff,
            "COLUMNS",
            columns.iter().filter_map(|row| {
                let (title, what) = row.trim().split_once("  ")?;
                Some((title.to_owned(), what.trim()))
            }),
        );
    }
    if !notes.is_empty() {
        roff.control("SH", ["NOTES"]);
    }
    for part in notes {
        roff.control("PP", []);
        roff.text([roman(part.trim_end().replace('\n', " "))]);
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
    roff.control("SH", [title]);
    for (name, what) in items {
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
