// SPDX-License-Identifier: GPL-2.0-only

//! `man`: the man pages, made of the definition of the arguments.

use std::io;
use std::path::PathBuf;

use clap::{Args, Command, CommandFactory, ValueHint};
use clap_mangen::roff::{bold, roman, Roff};
use clap_mangen::Man as Mangen;

use super::{Context, Verb};
use crate::error::{Failure, Result};
use crate::exit::{Status, MEANINGS};
use crate::file::Place;
use crate::help::verbs;
use crate::render;
use crate::run;

const HELP: &str = "\
Examples:
  homeward man | man -l -
      Reads the main page.
  homeward man /usr/local/share/man/man1
      Writes the pages of the command and of all its verbs there.";

/// Print or write man pages.
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub(crate) struct Man {
    /// Write all pages into this directory, instead of printing the main one.
    #[arg(value_name = "DIR", value_hint = ValueHint::DirPath)]
    directory: Option<PathBuf>,
}

impl Verb for Man {
    fn run(self, _context: &Context) -> Result<Status> {
        let pages = pages(run::Args::command()).map_err(|error| {
            let text = format!("cannot make the man pages: {error}");
            Failure::failed(text)
        })?;
        match self.directory {
            Some(directory) => {
                for page in pages {
                    Place::File(directory.join(page.name)).write(&page.text, 0o644)?;
                }
            }
            None => {
                let main = pages.last().map(|page| page.text.as_str());
                render::print(main.unwrap_or_default())?;
            }
        }
        Ok(Status::Ok)
    }
}

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

/// A page.
#[derive(Debug)]
struct Page {
    /// Its file name.
    name: String,
    /// What is in it.
    text: String,
}

/// The pages of all verbs, and the one of the command as the last.
fn pages(command: Command) -> io::Result<Vec<Page>> {
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
    let man = Mangen::new(command.clone())
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

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::fixture::all_verbs;

    fn made() -> Vec<Page> {
        pages(run::Args::command()).expect("pages")
    }

    #[test]
    fn every_verb_has_a_man_page_with_all_sections() {
        let made = made();
        let names: HashSet<&str> = made.iter().map(|page| page.name.as_str()).collect();
        for (typed, _) in all_verbs() {
            let name = format!("{}.1", typed.replace(' ', "-"));
            assert!(names.contains(name.as_str()), "no {name}");
        }
        assert!(names.contains("homeward.1"));
        assert!(!names.iter().any(|name| name.contains("__complete")));
        for page in &made {
            for section in [
                "NAME",
                "SYNOPSIS",
                "EXAMPLES",
                "\"EXIT STATUS\"",
                "FILES",
                "\"SEE ALSO\"",
            ] {
                let heading = format!("\n.SH {section}\n");
                assert_eq!(
                    page.text.matches(&heading).count(),
                    1,
                    "{} {section}",
                    page.name
                );
            }
            assert!(!page.text.contains("\n.SH EXTRA"), "{}", page.name);
        }
        assert_eq!(made.last().expect("pages").name, "homeward.1");
    }

    #[test]
    fn columns_have_a_section_of_their_own() {
        let made = made();
        let page = made.iter().find(|page| page.name == "homeward-plan.1");
        let text = &page.expect("a page").text;
        let (_, columns) = text.split_once("\n.SH COLUMNS\n").expect("columns");
        assert!(
            columns.contains("\nwhere it would go (fate.destination)\n"),
            "{columns}"
        );
    }

    #[test]
    fn a_man_page_has_each_field_of_its_title_in_its_place() {
        for page in made() {
            let title = page.text.lines().find_map(|line| line.strip_prefix(".TH "));
            let title = title.expect("a title").replace("\" \"", "-");
            let (page, source) = title.split_once(" \"").expect("a source");
            let fields: Vec<&str> = page.split(' ').collect();
            assert_eq!(fields[1..], ["1", "-"], "{title}");
            let version = concat!("homeward ", env!("CARGO_PKG_VERSION"), "\" Homeward");
            assert_eq!(source, version);
        }
    }

    #[test]
    fn notes_around_examples_are_told_from_them() {
        let help = "Before.\nExamples:\n  homeward x\n      One.\n\n  homeward y\n\nAfter\nthat.";
        let command = Command::new("homeward").about("x").after_help(help);
        let pages = pages(command).expect("pages");
        let text = &pages[0].text;
        let place = |part: &str| {
            text.find(part)
                .unwrap_or_else(|| panic!("no {part} in {text}"))
        };
        assert!(place(".SH EXAMPLES") < place("homeward x"));
        assert!(place("homeward y") < place(".SH NOTES"));
        assert!(place(".SH NOTES") < place("Before."));
        assert!(place("Before.") < place("After that."));
    }
}
