// SPDX-License-Identifier: GPL-2.0-only

//! The command line, exactly as it was typed.

pub(crate) mod exec;

use std::ffi::OsString;

use clap::{Args as ClapArgs, Parser, Subcommand};

use crate::selector::HELP as NS;

/// See every network namespace, and where its devices go when it dies.
#[derive(Debug, Parser)]
#[command(name = "homeward", version, max_term_width = 100)]
#[command(
    after_help = "Exit status: 0 done, 1 failed, 2 usage, 3 not found, 4 module not \
                        loaded, 5 not permitted."
)]
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
    Ls,
    /// Show all that is known about one network namespace.
    Show {
        /// Which network namespace.
        #[arg(value_name = "NS", help = NS)]
        namespace: OsString,
    },
    /// List devices: where they are, where they have been, and their fate.
    Devices {
        /// Which network namespace.
        #[arg(value_name = "NS", help = NS)]
        namespace: Option<OsString>,
    },
    /// Show what would happen to each device of a network namespace if it died now.
    Plan {
        /// Which network namespace.
        #[arg(value_name = "NS", help = NS)]
        namespace: OsString,
    },
    /// Print what happens, as it happens.
    Watch {
        /// End after this many events.
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
        count: Option<u64>,
        /// End after this many seconds.
        #[arg(long, value_name = "SECS")]
        timeout: Option<String>,
    },
    /// Check whether everything is in place, and say what to do if not.
    Doctor,
    /// Run a command in a network namespace, or in several.
    Exec(exec::Exec),
    /// Manage named network namespaces, exactly as 'ip netns' does, and a little more.
    #[command(
        after_help = "Words are those of 'ip netns' (ip-netns(8)): list, add, attach, set, delete, identify, pids,\n\
                      exec, monitor, list-id, help, each as short as ip takes it; before them the options of\n\
                      ip: -all, -json, -pretty, -netns NAME, -batch FILE, -force, and those that change\n\
                      nothing here. 'homeward OPTIONS netns ...' and a symbolic link 'ip-netns' to homeward\n\
                      mean the same.\n\n\
                      Beyond 'ip netns':\n  \
                      delete --wait[=SECONDS] NAME   return when the namespace is really gone\n  \
                      exec --no-sysfs NAME CMD...    leave /sys as it is\n  \
                      exec --etc=DIR|off NAME CMD... other files for /etc than /etc/netns/NAME\n\n\
                      Examples:\n  \
                      homeward netns add red\n  \
                      homeward netns exec red ip link set lo up\n  \
                      homeward -all netns exec ip -br link\n  \
                      homeward netns delete --wait=10 red"
    )]
    Netns {
        /// What comes after 'ip netns'.
        #[arg(
            value_name = "ARGS",
            trailing_var_arg = true,
            allow_hyphen_values = true
        )]
        words: Vec<OsString>,
    },
}
