// SPDX-License-Identifier: GPL-2.0-only

//! Words of the verbs that look for what holds a namespace.

use std::ffi::OsString;

use clap::Args as ClapArgs;

use crate::selector::help;

/// Show what keeps a network namespace alive, and what would release it.
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  homeward holders red           who keeps the namespace red alive, and what releases it
  homeward holders cookie:4711   the same for one that has neither name nor process
  homeward holders red --json | jq '.holders[] | select(.kind == \"socket\")'

Without root only part of it can be seen. The kernel's own count of references needs the module.")]
pub(crate) struct Holders {
    /// Which network namespace.
    #[arg(value_name = "NS", help = help("Which network namespace"))]
    pub(crate) namespace: OsString,
}

/// List sockets with the network namespaces that they belong to.
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  homeward sockets           all sockets, first those that are not where their process is
  homeward sockets red       sockets that belong to the namespace red, whoever has them
  homeward sockets pid:812   sockets of the process 812, wherever they belong

A socket stays in the network namespace in which it was made, and keeps that alive.")]
pub(crate) struct Sockets {
    /// Which network namespace, or which process.
    #[arg(value_name = "NS|pid:N", help = sockets_of())]
    pub(crate) of: Option<OsString>,
}

fn sockets_of() -> String {
    help("Only those of this process (pid:N), or of this network namespace")
}
