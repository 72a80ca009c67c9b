// SPDX-License-Identifier: GPL-2.0-only

//! `completions`, `man`, and what the completions call.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, ValueEnum, ValueHint};

/// A shell that can be taught to complete.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Shell {
    /// GNU bash.
    Bash,
    /// Z shell.
    Zsh,
    /// fish.
    Fish,
}

/// Print a script that teaches a shell to complete this command.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  homeward completions bash > /usr/share/bash-completion/completions/homeward
      From the next shell on, Tab completes verbs, namespaces and devices.
  homeward completions zsh > /usr/local/share/zsh/site-functions/_homeward
      The same for zsh.
  homeward completions fish > ~/.config/fish/completions/homeward.fish
      The same for fish.
  eval \"$(homeward completions bash)\"
      For the shell that this is typed into, and only for that.")]
pub(crate) struct CompletionsArgs {
    /// The shell.
    pub(crate) shell: Shell,
}

/// Print or write man pages.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  homeward man | man -l -
      Reads the main page.
  homeward man /usr/local/share/man/man1
      Writes the pages of the command and of all its verbs there.")]
pub(crate) struct ManArgs {
    /// Write all pages into this directory, instead of printing the main one.
    #[arg(value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) directory: Option<PathBuf>,
}

/// Print what could be typed next.
#[derive(Debug, Args)]
pub(crate) struct CompleteArgs {
    /// Which of the words is being typed, from 0.
    pub(crate) index: usize,
    /// The words, the command first.
    #[arg(last = true)]
    pub(crate) words: Vec<OsString>,
}
