// SPDX-License-Identifier: GPL-2.0-only

//! Verbs to look with.

use std::ffi::OsString;

use clap::Args as ClapArgs;

use crate::selector::help;

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
