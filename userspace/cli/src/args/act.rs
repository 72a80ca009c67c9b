// SPDX-License-Identifier: GPL-2.0-only

//! The verbs that change something: recall, keep, release, move, veth, wait, prune.

use std::ffi::OsString;
use std::net::IpAddr;
use std::time::Duration;

use clap::Args;

use crate::selector::{device_help, help};
use crate::value::{address, device_name, time};

const RECALL_HELP: &str = "\
A device goes to the newest live namespace that it has been in, whatever rules and marks
say, and gets back its name and settings there. It is down then, and without addresses.

Examples:
  homeward recall eth1@red              bring one device home
  homeward recall --all --from red      bring all home that are away
  homeward recall -n --all --from red   only show where they would go
  homeward recall ifindex:7@cookie:4711 out of a namespace that nobody can enter

Exit status 6: a device came home, but with another name or without a setting, as standard
error says.";

/// Bring devices home now.
#[derive(Debug, Args)]
#[command(after_help = RECALL_HELP)]
pub(crate) struct Recall {
    /// Which device.
    #[arg(value_name = "DEV@NS", help = device_help("Which device"), required_unless_present = "all")]
    pub(crate) device: Option<OsString>,
    /// All devices that are away from home; needs --from.
    #[arg(long, requires = "from", conflicts_with = "device")]
    pub(crate) all: bool,
    /// Where they are now.
    #[arg(long, value_name = "NS", help = help("Where they are now"), requires = "all")]
    pub(crate) from: Option<OsString>,
    /// Only show where devices would go.
    #[arg(short = 'n', long)]
    pub(crate) dry_run: bool,
}

const KEEP_HELP: &str = "\
Examples:
  homeward keep veth7@red               bring this virtual device home, too
  homeward keep eth1@red --as uplink0   and call it uplink0 there
  homeward keep --undo eth1@red         let rules and defaults decide again";

/// Have a device come home when its network namespace dies, also a virtual one.
#[derive(Debug, Args)]
#[command(after_help = KEEP_HELP)]
pub(crate) struct Keep {
    /// Which device.
    #[arg(value_name = "DEV@NS", help = device_help("Which device"))]
    pub(crate) device: OsString,
    /// The name that it is to get at home, instead of the one that it had there.
    #[arg(long = "as", value_name = "NAME", conflicts_with = "undo", value_parser = device_name)]
    pub(crate) home_name: Option<String>,
    /// Take back what keep or release decided, the name included.
    #[arg(long)]
    pub(crate) undo: bool,
}

const RELEASE_HELP: &str = "\
The kernel destroys virtual devices, and moves physical ones to the initial namespace as
they are.

Examples:
  homeward release eth1@red          leave this device to the kernel
  homeward release --undo eth1@red   let rules and defaults decide again";

/// Leave a device to the kernel when its network namespace dies.
#[derive(Debug, Args)]
#[command(after_help = RELEASE_HELP)]
pub(crate) struct Release {
    /// Which device.
    #[arg(value_name = "DEV@NS", help = device_help("Which device"))]
    pub(crate) device: OsString,
    /// Take back what keep or release decided, the name at home included.
    #[arg(long)]
    pub(crate) undo: bool,
}

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
