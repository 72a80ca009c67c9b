// SPDX-License-Identifier: GPL-2.0-only

//! `policy`: the rules that decide about devices.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueHint};

/// Where the rules of a machine are.
const FILE: &str = "/etc/homeward/policy.toml";

/// Manage the rules that decide what becomes of devices.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  homeward policy show
      The rules in force, in the order in which they are tried.
  homeward policy add --name 'wg*' --action return
      Virtual devices that had such a name here come home, too.
  homeward policy check && homeward policy load
      Puts the rules of /etc/homeward/policy.toml in force.")]
pub(crate) struct PolicyArgs {
    /// The verb.
    #[command(subcommand)]
    pub(crate) verb: PolicyVerb,
}

/// What to do with the rules.
#[derive(Debug, Subcommand)]
pub(crate) enum PolicyVerb {
    /// Show the rules in force, and how often each has decided.
    #[command(after_help = "\
Examples:
  homeward policy show
      The rules in the order in which they are tried; the first that matches decides.
  homeward policy show --json | jq '.rules[] | select(.hits == 0).id'
      Those that have not decided about any device yet.")]
    Show,
    /// Add a rule.
    #[command(after_help = "\
Examples:
  homeward policy add --class physical --action return --up --addresses
      NICs come home ready for use, with the addresses that they had there.
  homeward policy add --kind wireguard --action init --before 3
      Such tunnels that came from the initial namespace go back there, whatever rule 3 and
      those after it say.
  homeward policy add --name 'vf*' --action return --restore default,-address
      All settings are put back but the MAC address.")]
    Add(NewRuleArgs),
    /// Delete rules.
    #[command(after_help = "\
Examples:
  homeward policy del 3
      Deletes the rule that 'homeward policy show' lists with the id 3.
  homeward policy del 4 5
      Deletes two; if one is not there, the other goes anyway.")]
    Del {
        /// Ids of the rules, as 'homeward policy show' lists them.
        #[arg(value_name = "ID", required = true, value_parser = clap::value_parser!(u32).range(1..))]
        ids: Vec<u32>,
    },
    /// Delete all rules.
    #[command(after_help = "\
Examples:
  homeward policy save rules.toml && homeward policy flush
      Deletes all rules, and keeps them in a file.")]
    Flush,
    /// Put the rules of a file in the place of those in force: all of them, or none.
    #[command(after_help = "\
Examples:
  homeward policy load
      The rules of /etc/homeward/policy.toml are in force now, and no others.
  homeward policy load ./rules.toml
      Those of another file. If something is wrong in it, nothing changes.")]
    Load {
        /// The file; '-' for standard input.
        #[arg(value_name = "FILE", default_value = FILE, value_hint = ValueHint::FilePath)]
        file: PathBuf,
    },
    /// Say what is wrong in a file of rules, with line numbers. Needs no module.
    #[command(after_help = "\
Examples:
  homeward policy check
      Looks at /etc/homeward/policy.toml; status 1 if something is wrong in it.
  homeward policy check --json ./rules.toml
      The same about another file, for programs.")]
    Check {
        /// The file; '-' for standard input.
        #[arg(value_name = "FILE", default_value = FILE, value_hint = ValueHint::FilePath)]
        file: PathBuf,
    },
    /// Write the rules in force to a file that can be loaded.
    #[command(after_help = "\
Examples:
  homeward policy save
      Prints the rules.
  homeward policy save ./rules.toml
      Writes them to a file, in one step. A file written by hand is left alone.")]
    Save {
        /// The file; '-' for standard output.
        #[arg(value_name = "FILE", default_value = "-", value_hint = ValueHint::FilePath)]
        file: PathBuf,
        /// Replace a file that was written by hand, with its comments.
        #[arg(long)]
        force: bool,
    },
}

/// A rule to be added.
#[derive(Debug, Args)]
pub(crate) struct NewRuleArgs {
    /// Match devices that had such a name where they came from: '*' is any text, '?' any character.
    #[arg(long, value_name = "GLOB")]
    pub(crate) name: Option<String>,
    /// Match devices of this kind, as 'ip -details link' shows it.
    #[arg(long)]
    pub(crate) kind: Option<String>,
    /// Match physical or virtual devices only.
    #[arg(long, value_parser = ["physical", "virtual"])]
    pub(crate) class: Option<String>,
    /// What happens: the device comes home, goes to the initial namespace, or is left to the kernel.
    #[arg(long, value_parser = ["return", "init", "kernel"])]
    pub(crate) action: String,
    /// Name of a device whose name is taken: %s is that name, %d a number. [default: %s_%d]
    #[arg(long)]
    pub(crate) template: Option<String>,
    /// Settings that are put back: default, all, none, or names; '-NAME' takes one away.
    #[arg(
        long,
        value_name = "SETTINGS",
        value_delimiter = ',',
        allow_hyphen_values = true
    )]
    pub(crate) restore: Vec<String>,
    /// Set the device up at home.
    #[arg(long)]
    pub(crate) up: bool,
    /// Give it its IP addresses back; needs --up.
    #[arg(long)]
    pub(crate) addresses: bool,
    /// Put the rule before this one; otherwise it is the last.
    #[arg(long, value_name = "ID", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) before: Option<u32>,
}
