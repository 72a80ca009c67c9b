// SPDX-License-Identifier: GPL-2.0-only

//! `state`: what the module knows, kept while it is replaced.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueHint};

/// Where the state is kept: a place that does not outlive a reboot, as cookies do not.
const FILE: &str = "/run/homeward/state.json";

/// What to do with the state.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  homeward state save && rmmod homeward && modprobe homeward && homeward state load
      Replaces the module without forgetting where devices belong. What moves in
      between goes unseen, so do it in one go.")]
pub(crate) struct StateArgs {
    /// The verb.
    #[command(subcommand)]
    pub(crate) verb: StateVerb,
}

/// What to do with the state.
#[derive(Debug, Subcommand)]
pub(crate) enum StateVerb {
    /// Write marks, homes and rules to a file.
    #[command(after_help = "\
Examples:
  homeward state save
      Writes to /run/homeward/state.json.
  homeward state save - | less
      Shows what would be written.")]
    Save {
        /// The file; '-' for standard output.
        #[arg(value_name = "FILE", default_value = FILE, value_hint = ValueHint::FilePath)]
        file: PathBuf,
    },
    /// Put back what was saved, wherever that is still true.
    #[command(after_help = "\
Examples:
  homeward state load
      Puts back what is in /run/homeward/state.json, and tells about each device.
  homeward state load --json ./state.json
      From another file, telling programs.

A device that is not exactly where it was, with its index, name and kind, is left out, and
so is what the module has learnt anew. Only a refusal by the kernel makes the status 1.")]
    Load {
        /// The file; '-' for standard input.
        #[arg(value_name = "FILE", default_value = FILE, value_hint = ValueHint::FilePath)]
        file: PathBuf,
    },
}
