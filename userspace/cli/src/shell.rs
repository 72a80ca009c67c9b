// SPDX-License-Identifier: GPL-2.0-only

//! What shells and manuals need to know about the command, all from the definition of its arguments.

mod complete;
mod man;

use std::ffi::OsString;
use std::path::Path;

use clap::{Command, CommandFactory};

use crate::args::{Args, Shell};
use crate::error::{Failure, Result};
use crate::exit::Status;
use crate::file::Place;

/// The script that teaches a shell to complete. It asks this command each time.
pub(crate) fn script(shell: Shell) -> &'static str {
    match shell {
        Shell::Bash => include_str!("shell/homeward.bash"),
        Shell::Zsh => include_str!("shell/homeward.zsh"),
        Shell::Fish => include_str!("shell/homeward.fish"),
    }
}

/// What could stand in the place of the word `index`, one a line, each with its help after a tab.
/// Whoever is typing wants no errors, so there are none.
pub(crate) fn candidates(index: usize, words: &[OsString]) -> String {
    complete::candidates(Args::command(), index, words)
}

/// The page about the command.
pub(crate) fn main_page() -> Result<String> {
    let page = pages()?.into_iter().last();
    Ok(page.map(|page| page.text).unwrap_or_default())
}

/// Writes all pages into a directory.
pub(crate) fn write_pages(directory: &Path) -> Result<Status> {
    for page in pages()? {
        Place::File(directory.join(page.name)).write(&page.text, 0o644)?;
    }
    Ok(Status::Ok)
}

fn pages() -> Result<Vec<man::Page>> {
    man::pages(Args::command()).map_err(|error| {
        let text = format!("cannot make the man pages: {error}");
        Failure::new(Status::Failed, text)
    })
}

/// The verbs of a command that are for people.
fn verbs(command: &Command) -> impl Iterator<Item = &Command> {
    command
        .get_subcommands()
        .filter(|verb| !verb.is_hide_set() && verb.get_name() != "help")
}

#[cfg(test)]
mod tests;
