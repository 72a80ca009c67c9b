// SPDX-License-Identifier: GPL-2.0-only

//! `man`: the man pages, made of the definition of the arguments.

mod sections;

use std::io;
use std::path::PathBuf;

use clap::{Args, Command, CommandFactory, ValueHint};
use clap_mangen::roff::Roff;
use clap_mangen::Man as Mangen;

use super::{Context, Verb};
use crate::error::{Failure, Result};
use crate::exit::Status;
use crate::file::Place;
use crate::help::verbs;
use crate::render;
use crate::run;

use sections::Help;

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

/// When the pages were last revised; not when they are made, as the same source makes the same pages.
const REVISED: &str = "2026-11-30";

/// How each part of a page begins.
const PREAMBLE: &str = ".ie \\n(.g .ds Aq \\(aq\n.el .ds Aq '\n";

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
        .date(REVISED)
        .source(concat!("homeward ", env!("CARGO_PKG_VERSION")))
        .manual("Homeward");
    let mut bytes = Vec::new();
    man.render_title(&mut bytes)?;
    man.render_name_section(&mut bytes)?;
    let help = Help::new(command);
    let mut own = Roff::new();
    sections::synopsis(&mut own, command);
    sections::description(&mut own, command, &help);
    own.to_writer(&mut bytes)?;
    man.render_options_section(&mut bytes)?;
    let mut own = Roff::new();
    sections::after_options(&mut own, command, &help);
    own.to_writer(&mut bytes)?;
    Ok(Page {
        name: man.get_filename(),
        text: tidy(&String::from_utf8_lossy(&bytes)),
    })
}

/// The same without what `mandoc -T lint` would say about it.
fn tidy(page: &str) -> String {
    let page = page
        .replace(PREAMBLE, "")
        .replace("\n.br\n\n.br\n", "\n.br\n");
    let mut tidied = PREAMBLE.to_owned();
    let mut before = "";
    for line in page.lines().map(str::trim_end) {
        match line
            .strip_prefix(".TH ")
            .and_then(|title| title.split_once(' '))
        {
            Some((name, rest)) => tidied.push_str(&format!(".TH {} {rest}", name.to_uppercase())),
            // A tag is one line.
            None if line.starts_with('.') || before == ".TP" => tidied.push_str(line),
            None => tidied.push_str(&fold(line)),
        }
        tidied.push('\n');
        before = line;
    }
    tidied
}

fn fold(line: &str) -> String {
    let options = textwrap::Options::new(78)
        .break_words(false)
        .word_splitter(textwrap::WordSplitter::NoHyphenation);
    // A dot at the beginning would make it a macro.
    textwrap::fill(line, options).replace("\n.", "\n\\&.")
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
                "DESCRIPTION",
                "OPTIONS",
                "\"GLOBAL OPTIONS\"",
                "\"EXIT STATUS\"",
                "ENVIRONMENT",
                "FILES",
                "EXAMPLES",
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
            let (_, description) = page.text.split_once("\n.SH DESCRIPTION\n").expect("one");
            let (description, _) = description.split_once("\n.SH ").expect("an end");
            assert!(description.contains('.'), "{}: {description}", page.name);
            assert!(!page.text.contains("\n.SH EXTRA"), "{}", page.name);
        }
        let (_, commands) = made
            .last()
            .expect("pages")
            .text
            .split_once("\n.SH COMMANDS\n")
            .expect("one");
        let titles = commands
            .lines()
            .filter_map(|line| line.strip_prefix(".SS "));
        let titles = titles.map(|title| title.replace('\\', ""));
        assert!(titles.eq(["Look", "Act", "Rules", "Set-up"]), "{commands}");
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
            assert_eq!(fields[1..], ["1", REVISED], "{title}");
            let version = concat!("homeward ", env!("CARGO_PKG_VERSION"), "\" Homeward");
            assert_eq!(source, version);
        }
    }

    #[test]
    fn what_stands_around_examples_is_told_from_them() {
        let help = "Before.\nExamples:\n  homeward x\n      One.\n\n  homeward y\n\nAfter\nthat.";
        let command = Command::new("homeward").about("x").after_help(help);
        let pages = pages(command).expect("pages");
        let text = &pages[0].text;
        let place = |part: &str| {
            text.find(part)
                .unwrap_or_else(|| panic!("no {part} in {text}"))
        };
        assert!(place(".SH DESCRIPTION") < place("Before."));
        assert!(place("Before.") < place("After that."));
        assert!(place("After that.") < place(".SH EXAMPLES"));
        assert!(place(".SH EXAMPLES") < place("homeward x"));
        assert!(place("homeward x") < place("homeward y"));
    }
}
