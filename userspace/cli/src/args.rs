// SPDX-License-Identifier: GPL-2.0-only

//! The command line, exactly as it was typed.

mod act;
pub(crate) mod exec;
mod policy;
mod shell;
mod state;

use std::ffi::OsString;

use clap::{Args as ClapArgs, Parser};

use crate::command::Verbs;

pub(crate) use act::{Veth, Wait};
pub(crate) use policy::{NewRuleArgs, PolicyArgs, PolicyVerb};
pub(crate) use shell::{CompleteArgs, CompletionsArgs, ManArgs, Shell};
pub(crate) use state::{StateArgs, StateVerb, FILE as STATE_FILE};

/// See every network namespace, and where its devices go when it dies.
#[derive(Debug, Parser)]
#[command(name = "homeward", version)]
#[command(after_help = help())]
pub(crate) struct Args {
    /// Options of every verb.
    #[command(flatten)]
    pub(crate) global: Global,
    /// The verb.
    #[command(subcommand)]
    pub(crate) verb: Verbs,
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

/// Manage named network namespaces, exactly as 'ip netns' does, and a little more.
#[derive(Debug, ClapArgs)]
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
pub(crate) struct Netns {
    /// What comes after 'ip netns'.
    #[arg(
        value_name = "ARGS",
        trailing_var_arg = true,
        allow_hyphen_values = true
    )]
    pub(crate) words: Vec<OsString>,
}

fn help() -> String {
    format!("{EXAMPLES}\n\n{}", crate::exit::help())
}

const EXAMPLES: &str = "\
Examples:
  homeward ls
      All network namespaces, also those without a name.
  homeward plan red
      What would happen to the devices of 'red' if it died now.
  homeward help exec
      The help of one verb, as 'homeward exec --help'.";
