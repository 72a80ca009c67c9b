// SPDX-License-Identifier: GPL-2.0-only

//! Verbs to look with.

use std::ffi::OsString;
use std::time::Duration;

use clap::Args as ClapArgs;

use crate::selector::help;
use crate::value::time;

/// Check whether everything is in place, and say what to do if not.
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  homeward doctor
  homeward doctor --json | jq '.checks[] | select(.outcome != \"ok\").advice'

It ends with status 1 when a check failed; warnings do not count.")]
pub(crate) struct Doctor {}

/// Show namespaces, the devices in them, and how those are connected.
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  homeward tree                             all that there is
  homeward tree red                         red, and what is connected to it
  homeward tree --dot | dot -Tsvg >net.svg  as a picture, by Graphviz

'veth0 -> eth0@red' is a device and its peer, the device below it, or the namespace that its packets
travel in; '(home eth1@init)' is where a device belongs that is away from home. Ports stand below their
bridge or bond.")]
pub(crate) struct TreeArgs {
    /// Only this network namespace and what is connected to it.
    #[arg(value_name = "NS", help = help("Only this network namespace and what is connected to it"))]
    pub(crate) namespace: Option<OsString>,
    /// Print it for Graphviz.
    #[arg(long)]
    pub(crate) dot: bool,
}

/// Print what is there, and then what happens, as it happens.
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  homeward watch                            what is there, then what happens
  homeward watch --events-only --count 1    wait for anything to happen
  homeward watch --json | jq 'select(.event == \"dev-returned\").device.name'

Nothing is left out between what is there and what happens: events are listened to first. Should any be
lost all the same, a line says which.")]
pub(crate) struct WatchArgs {
    /// End after this many events.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) count: Option<u64>,
    /// End after this time: seconds, or with units, as 1m30s or 500ms.
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub(crate) timeout: Option<Duration>,
    /// Leave out what is there at the beginning.
    #[arg(long)]
    pub(crate) events_only: bool,
}

/// Print what the module has counted since it was loaded.
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  homeward stats
  homeward stats --json | jq .events_lost

Counts begin when the module is loaded.")]
pub(crate) struct StatsArgs {}
