// SPDX-License-Identifier: GPL-2.0-only

//! The command line, exactly as it was typed.

mod examples;
mod policy;
mod shell;
mod state;

use std::ffi::OsString;

use clap::{Args as ClapArgs, Parser, Subcommand};

use crate::selector::HELP as NS;

pub(crate) use policy::{NewRuleArgs, PolicyArgs, PolicyVerb};
pub(crate) use shell::{CompleteArgs, CompletionsArgs, ManArgs, Shell};
pub(crate) use state::{StateArgs, StateVerb};

/// See every network namespace, and where its devices go when it dies.
#[derive(Debug, Parser)]
#[command(name = "homeward", version, max_term_width = 100)]
#[command(after_help = examples::ALL)]
pub(crate) struct Args {
    /// Options of every verb.
    #[command(flatten)]
    pub(crate) global: Global,
    /// The verb.
    #[command(subcommand)]
    pub(crate) verb: Verb,
}

/// Options of every verb.
#[derive(Debug, Clone, ClapArgs)]
pub(crate) struct Global {
    /// Print data as JSON.
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Print without colour, also on a terminal.
    #[arg(long, global = true)]
    pub(crate) no_color: bool,
    /// Print tables without header and footer.
    #[arg(long, global = true)]
    pub(crate) no_legend: bool,
    /// Leave out warnings.
    #[arg(short, long, global = true)]
    pub(crate) quiet: bool,
    /// Say what is being done.
    #[arg(short, long, global = true, conflicts_with = "quiet")]
    pub(crate) verbose: bool,
}

/// The verb.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// List all network namespaces.
    #[command(after_help = examples::LS)]
    Ls,
    /// Show all that is known about one network namespace.
    #[command(after_help = examples::SHOW)]
    Show {
        /// Which network namespace.
        #[arg(value_name = "NS", help = NS)]
        namespace: OsString,
    },
    /// List devices: where they are, where they have been, and their fate.
    #[command(after_help = examples::DEVICES)]
    Devices {
        /// Which network namespace.
        #[arg(value_name = "NS", help = NS)]
        namespace: Option<OsString>,
    },
    /// Show what would happen to each device of a network namespace if it died now.
    #[command(after_help = examples::PLAN)]
    Plan {
        /// Which network namespace.
        #[arg(value_name = "NS", help = NS)]
        namespace: OsString,
    },
    /// Print what happens, as it happens.
    #[command(after_help = examples::WATCH)]
    Watch {
        /// End after this many events.
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
        count: Option<u64>,
        /// End after this many seconds.
        #[arg(long, value_name = "SECS")]
        timeout: Option<String>,
    },
    /// Check whether everything is in place, and say what to do if not.
    #[command(after_help = examples::DOCTOR)]
    Doctor,
    /// Run a command in a network namespace.
    #[command(after_help = examples::EXEC)]
    Exec {
        /// Which network namespace.
        #[arg(value_name = "NS", help = NS)]
        namespace: OsString,
        /// The command and its arguments.
        #[arg(
            value_name = "CMD",
            required = true,
            trailing_var_arg = true,
            allow_hyphen_values = true
        )]
        command: Vec<OsString>,
    },
    /// Manage named network namespaces, as 'ip netns' does: list, add, delete, exec.
    #[command(after_help = examples::NETNS)]
    Netns {
        /// What comes after 'ip netns'.
        #[arg(
            value_name = "ARGS",
            trailing_var_arg = true,
            allow_hyphen_values = true
        )]
        words: Vec<OsString>,
    },
    /// Manage the rules that decide what becomes of devices.
    Policy(PolicyArgs),
    /// Keep what the module knows while it is replaced.
    State(StateArgs),
    /// Print a script that teaches a shell to complete this command.
    Completions(CompletionsArgs),
    /// Print or write man pages.
    Man(ManArgs),
    /// Print what could be typed next.
    #[command(name = "__complete", hide = true)]
    Complete(CompleteArgs),
}
