// SPDX-License-Identifier: GPL-2.0-only

//! The verbs veth and wait.

use std::ffi::OsString;
use std::net::IpAddr;
use std::time::Duration;

use clap::Args;

use crate::selector::help;
use crate::value::{address, time};

const VETH_HELP: &str = "\
Both ends are made, or none. The module is not needed.

Examples:
  homeward veth web0@web db0@db              between two namespaces
  homeward veth host0 ct0@pid:812 --up       between here and the namespace of a process
  homeward veth v0 v0@red --up --address-a 10.0.0.1/24 --address-b 10.0.0.2/24";

fn end_help(role: &str) -> String {
    help(&format!("{role} (self if there is no @NS)"))
}

/// Make a pair of virtual Ethernet devices between two network namespaces.
#[derive(Debug, Args)]
#[command(after_help = VETH_HELP)]
pub(crate) struct Veth {
    /// Name of one end, and where it goes.
    #[arg(value_name = "A@NS", help = end_help("Name of one end, and where it goes"))]
    pub(crate) a: OsString,
    /// Name of the other end, and where it goes.
    #[arg(value_name = "B@NS", help = end_help("Name of the other end, and where it goes"))]
    pub(crate) b: OsString,
    /// Set both ends up.
    #[arg(long)]
    pub(crate) up: bool,
    /// The MTU of both ends.
    #[arg(long, value_name = "BYTES")]
    pub(crate) mtu: Option<u32>,
    /// An address of the first end, with the length of its prefix; may come several times.
    #[arg(long, value_name = "IP/LEN", value_parser = address)]
    pub(crate) address_a: Vec<(IpAddr, u8)>,
    /// An address of the other end, with the length of its prefix; may come several times.
    #[arg(long, value_name = "IP/LEN", value_parser = address)]
    pub(crate) address_b: Vec<(IpAddr, u8)>,
}

const WAIT_HELP: &str = "\
A namespace is gone when the kernel has taken down all that was in it, which comes after its
name and its last process are gone. After a second, standard error says what is being waited
for. A name leads to a namespace only while it is there; afterwards its cookie still does.

Examples:
  homeward wait red                           until red is gone
  homeward wait cookie:4711 --timeout 1m30s   at most 90 seconds
  homeward wait cookie:4711 --timeout 0       only look

Exit status 7: time was up before it was gone.";

/// Wait until a network namespace is really gone.
#[derive(Debug, Args)]
#[command(after_help = WAIT_HELP)]
pub(crate) struct Wait {
    /// Which network namespace.
    #[arg(value_name = "NS", help = help("Which network namespace"))]
    pub(crate) namespace: OsString,
    /// Give up after this time: seconds, or with units, as 1m30s or 500ms.
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub(crate) timeout: Option<Duration>,
}
