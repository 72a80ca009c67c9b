// SPDX-License-Identifier: GPL-2.0-only

//! Words of the verbs that look for what holds a namespace.

use std::ffi::OsString;

use clap::Args as ClapArgs;

use crate::selector::HELP as NS;

/// Words of `holders`.
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  homeward holders red           who keeps the namespace red alive, and what releases it
  homeward holders cookie:4711   the same for one that has neither name nor process
  homeward holders red --json | jq '.holders[] | select(.kind == \"socket\")'

Without root only part of it can be seen. The kernel's own count of references needs the module.")]
pub(crate) struct Holders {
    /// Which network namespace.
    #[arg(value_name = "NS", help = NS)]
    pub(crate) namespace: OsString,
}

/// Words of `sockets`.
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  homeward sockets           all sockets, first those that are not where their process is
  homeward sockets red       sockets that belong to the namespace red, whoever has them
  homeward sockets pid:812   sockets of the process 812, wherever they belong

A socket stays in the network namespace in which it was made, and keeps that alive.")]
pub(crate) struct Sockets {
    /// Which network namespace, or which process.
    #[arg(value_name = "NS|pid:N", help = SOCKETS_OF)]
    pub(crate) of: Option<OsString>,
}

const SOCKETS_OF: &str =
    "pid:N for those of a process; for those of a network namespace: NAME (in \
                          /run/netns), /PATH, inum:N or net:[N], cookie:N or :N, init, self";
