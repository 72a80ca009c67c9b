// SPDX-License-Identifier: GPL-2.0-only

//! The command line, exactly as it was typed.

mod act;
mod examples;
pub(crate) mod exec;
mod holders;
mod look;
mod policy;
mod shell;
mod state;

use std::ffi::OsString;

use clap::{Args as ClapArgs, Parser, Subcommand};

use crate::selector::help;

pub(crate) use act::{Keep, Move, Prune, Recall, Release, Veth, Wait};
pub(crate) use holders::{Holders, Sockets};
pub(crate) use look::{StatsArgs, TreeArgs, WatchArgs, DOCTOR_EXAMPLES};
pub(crate) use policy::{NewRuleArgs, PolicyArgs, PolicyVerb};
pub(crate) use shell::{CompleteArgs, CompletionsArgs, ManArgs, Shell};
pub(crate) use state::{StateArgs, StateVerb, FILE as STATE_FILE};

/// See every network namespace, and where its devices go when it dies.
#[derive(Debug, Parser)]
#[command(name = "homeward", version)]
#[command(after_help = examples::all())]
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
        #[arg(value_name = "NS", help = help("Which network namespace"))]
        namespace: OsString,
    },
    /// List devices: where they are, where they have been, and their fate.
    #[command(after_help = examples::DEVICES)]
    Devices {
        /// Only those of this network namespace.
        #[arg(value_name = "NS", help = help("Only those of this network namespace"))]
        namespace: Option<OsString>,
    },
    /// Show what would happen to each device of a network namespace if it died now.
    #[command(after_help = examples::PLAN)]
    Plan {
        /// Which network namespace.
        #[arg(value_name = "NS", help = help("Which network namespace"))]
        namespace: OsString,
    },
    /// Show namespaces, the devices in them, and how those are connected.
    Tree(TreeArgs),
    /// Print what is there, and then what happens, as it happens.
    Watch(WatchArgs),
    /// Print what the module has counted since it was loaded.
    Stats(StatsArgs),
    /// Show what keeps a network namespace alive, and what would release it.
    Holders(Holders),
    /// List sockets with the network namespaces that they belong to.
    Sockets(Sockets),
    /// Check whether everything is in place, and say what to do if not.
    #[command(after_help = DOCTOR_EXAMPLES)]
    Doctor,
    /// Run a command in a network namespace, or in several.
    Exec(exec::Exec),
    /// Bring devices home now.
    Recall(Recall),
    /// Have a device come home when its network namespace dies, also a virtual one.
    Keep(Keep),
    /// Leave a device to the kernel when its network namespace dies.
    Release(Release),
    /// Move a device into another network namespace.
    Move(Move),
    /// Make a pair of virtual Ethernet devices between two network namespaces.
    Veth(Veth),
    /// Wait until a network namespace is really gone.
    Wait(Wait),
    /// Show, and with --yes remove, names whose network namespace is gone.
    Prune(Prune),
    /// Manage named network namespaces, exactly as 'ip netns' does, and a little more.
    #[command(
        after_help = "Words are those of 'ip netns' (ip-netns(8)): list, add, attach, set, delete, identify, pids,\n\
                      exec, monitor, list-id, help, each as short as ip takes it; before them the options of\n\
                      ip: -all, -json, -pretty, -netns NAME, -batch FILE, -force, and those that change\n\
                      nothing here. 'homeward OPTIONS netns ...' and a symbolic link 'ip-netns' to homeward\n\
                      mean the same.\n\n\
                      Beyond 'ip netns':\n  \
                      delete --wait[=TIME] NAME      return when the namespace is really gone\n  \
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
