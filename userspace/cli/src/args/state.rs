// SPDX-License-Identifier: GPL-2.0-only

//! `state`: what the module knows, kept while it is replaced.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueHint};

/// Where the state is kept: a place that does not outlive a reboot, as cookies do not.
pub(crate) const FILE: &str = "/run/homeward/state.json";

/// Keep what the module knows while it is replaced.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  homeward state reload
      Replaces the module without forgetting where devices belong.
  homeward state save && rmmod homeward && insmod new.ko && homeward state load
      The same by hand. What moves in between goes unseen, so do it in one go.")]
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
    /// Replace the module that is loaded, and put back what it knew.
    #[command(after_help = "\
Examples:
  homeward state reload
      Loads the module that is installed for this kernel, in the place of the one that runs.
  homeward state reload ./homeward.ko --fallback /root/old.ko
      Loads one from a file, and the old one again if the kernel refuses the new one.

If the module is in use, or the new one is missing or made for another kernel, the old one
stays, with all that it knows. What moves in the moment between the two goes unseen. What
changes rules, marks or the saved state waits until it is done.")]
    Reload {
        /// The module's file; without it, the one that is installed.
        #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
        module: Option<PathBuf>,
        /// File of a module to load if the kernel refuses the new one.
        #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
        fallback: Option<PathBuf>,
    },
}
