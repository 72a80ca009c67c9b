// SPDX-License-Identifier: GPL-2.0-only

//! `tree [NS]`: namespaces, the devices in them, and how those are connected.
//!
//! Every namespace is visited twice: to list its devices, and to ask it which namespaces its ids mean. So the
//! work grows with the number of namespaces and devices, and never do more than a few of them have to be
//! open.

pub(super) mod devices;
mod dot;
mod draw;
mod edges;
mod mermaid;
pub(super) mod peers;
pub(super) mod spots;
mod svg;

use clap::{Args, ValueHint};
use homeward_client::model::State;
use serde::Serialize;

use super::inside::{Detail, Wanted};
use super::{Context, Verb};
use crate::book::{label, Place};
use crate::error::{Failure, Result};
use crate::exit::Status;
use crate::file::{output, Place as File};
use crate::owner::Owner;
use crate::selector::{help, Selector};

pub(super) use draw::{state, target};
use spots::{Purpose, Spots};

const PURPOSE: Purpose = Purpose {
    failed: "cannot show the tree of network namespaces",
    thing: "tree",
};

const HELP: &str = "\
Examples:
  homeward tree                             everything
  homeward tree red                         red, and what is connected to it
  homeward tree -l                          with MAC, MTU, speed and IP addresses
  homeward tree --svg net.svg               as a picture
  homeward tree --dot | dot -Tsvg >net.svg  as a picture by Graphviz

'veth0 -> eth0@red' shows a device and its peer, its lower device, or the namespace that its packets
travel in; '(home eth1@init)' shows the home of a device that is away. Ports are listed below their
bridge or bond.

In a picture, solid lines connect two ends of a pair, dotted ones a device and what is below it, and
dashed ones a device and the home that it is away from.

lo and fallback tunnels that nobody uses (sit0, gre0 and others) are left out without -a.";

/// Show namespaces, the devices in them, and how those are connected.
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub(crate) struct Tree {
    #[arg(value_name = "NS", help = help("Only this network namespace and what is connected to it"))]
    namespace: Option<Selector>,
    /// Show lo and unused fallback tunnels, too.
    #[arg(short, long)]
    all: bool,
    /// Show the MAC, the MTU, the speed and the IP addresses of each device.
    #[arg(short, long)]
    long: bool,
    /// Print it in Graphviz format.
    #[arg(long, group = "form")]
    dot: bool,
    /// Print it as a flowchart for Mermaid.
    #[arg(long, group = "form")]
    mermaid: bool,
    /// Write it as an SVG picture into this file, or to standard output if FILE is '-'.
    #[arg(long, group = "form", value_name = "FILE", value_parser = output(), value_hint = ValueHint::FilePath)]
    svg: Option<File>,
}

/// Namespaces with their devices.
#[derive(Debug, Serialize)]
struct Picture {
    /// Whether all namespaces and devices are there.
    complete: bool,
    /// The namespaces, the initial one first.
    namespaces: Vec<Namespace>,
    /// How many devices were left out, as they say nothing.
    #[serde(skip)]
    left_out: usize,
}

/// A namespace with its devices.
#[derive(Debug, Clone, Default, Serialize)]
pub(super) struct Namespace {
    /// Its key.
    pub(super) cookie: Option<u64>,
    /// Inode number in nsfs.
    pub(super) inum: Option<u64>,
    /// Where it stands in its life. None without the module.
    pub(super) state: Option<State>,
    /// Whether it is the initial one. None when that cannot be known.
    pub(super) initial: Option<bool>,
    /// Its names in /run/netns.
    pub(super) names: Vec<String>,
    /// Whose it is.
    pub(super) owned_by: Option<Owner>,
    /// Why its devices cannot be seen, or not all that is to know of them.
    pub(super) hidden: Option<String>,
    /// Its devices.
    pub(super) devices: Vec<Device>,
}

/// A device.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Device {
    /// Its index.
    pub(super) ifindex: u32,
    /// Its name.
    pub(super) name: String,
    /// Its kind.
    pub(super) kind: Option<String>,
    /// Whether it is up: `up`, `no-carrier`, `down`.
    pub(super) state: Option<&'static str>,
    /// Name of the bridge, bond or other device that it is a port of.
    pub(super) master: Option<String>,
    /// What it is connected to.
    pub(super) link: Option<Link>,
    /// Where it belongs, if it is away from there.
    pub(super) home: Option<Home>,
    /// Whether the kernel has unregistered it and cannot free it.
    pub(super) stuck: bool,
    /// Whether it is lo, or a fallback tunnel that nobody uses.
    pub(super) silent: bool,
    /// What it is like. None where one cannot look inside.
    pub(super) inside: Option<Detail>,
}

/// What a device is connected to.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Link {
    /// What that is to it: `peer`, `lower`, `underlay`.
    pub(super) relation: &'static str,
    /// Index of that device. None when it is a namespace only.
    pub(super) ifindex: Option<u32>,
    /// Name of that device.
    pub(super) name: Option<String>,
    /// The other namespace where it is. None for the same one, and when it cannot be known.
    pub(super) namespace: Option<Place>,
    /// The id of that other namespace in that of the device. None for the same one.
    pub(super) nsid: Option<i32>,
}

/// Where a device belongs.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Home {
    /// In which namespace.
    pub(super) namespace: Place,
    /// Under which name.
    pub(super) name: Option<String>,
}

impl Namespace {
    /// A selector for it.
    pub(super) fn label(&self) -> String {
        let initial = self.initial == Some(true);
        label(initial, &self.names, self.cookie, self.inum)
    }

    /// It as others refer to it. None without its key.
    fn place(&self) -> Option<Place> {
        Some(Place {
            cookie: self.cookie?,
            name: self.names.first().cloned(),
            initial: self.initial == Some(true),
        })
    }
}

impl Verb for Tree {
    fn namespaces(&self) -> Vec<&Selector> {
        self.namespace.iter().collect()
    }

    fn run(self, context: &Context) -> Result<Status> {
        let picture = self.dot || self.mermaid || self.svg.is_some();
        if picture && context.look.json {
            let text = "choose either --json or one of --dot, --mermaid, --svg";
            return Err(Failure::usage(text));
        }
        let mut tree = look(context, self.namespace.as_ref(), self.long)?;
        if !self.all && !context.look.json {
            tree.leave_out();
        }
        let standard = File::Standard;
        let (text, file) = match self.svg {
            Some(file) => (svg::picture(&tree), file),
            None if self.dot => (dot::graph(&tree), standard),
            None if self.mermaid => (mermaid::chart(&tree), standard),
            None => {
                return context.print_list(&tree, &tree.namespaces, |look| {
                    draw::lines(&tree, self.long, look)
                })
            }
        };
        file.write(&text, 0o644).map(|()| Status::Ok)
    }
}

impl Picture {
    /// Leaves out the devices that say nothing.
    fn leave_out(&mut self) {
        for namespace in &mut self.namespaces {
            let before = namespace.devices.len();
            namespace.devices.retain(|device| !device.silent);
            let gone = before.saturating_sub(namespace.devices.len());
            self.left_out = self.left_out.saturating_add(gone);
        }
    }
}

/// Shows all namespaces, or one and what is connected to it.
fn look(context: &Context, selector: Option<&Selector>, long: bool) -> Result<Picture> {
    let mut spots = Spots::find(context, PURPOSE)?;
    let wanted = match selector {
        Some(selector) => Some(spots.position(context, selector)?),
        None => None,
    };
    let looked_up = Wanted {
        // A fallback tunnel that has some is used.
        addresses: true,
        speeds: long,
        ..Wanted::default()
    };
    spots.look_inside(context, looked_up);
    spots.find_owners(context);
    let peers = peers::find(&mut spots, |_, _| true);
    let mut namespaces = devices::assemble(&spots, &peers);
    // Of those that are dying the module has told.
    let dying = |one: &Namespace| matches!(one.state, Some(State::Queued | State::Dying));
    let seen = |one: &Namespace| one.hidden.is_none() || dying(one);
    let complete = spots.complete && namespaces.iter().all(seen);
    if let Some(at) = wanted {
        namespaces = devices::only(namespaces, at);
    }
    namespaces.sort_by_key(|one| one.initial != Some(true));
    Ok(Picture {
        complete,
        namespaces,
        left_out: 0,
    })
}

#[cfg(test)]
pub(super) mod tests;
