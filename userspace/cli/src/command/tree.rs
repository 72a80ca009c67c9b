// SPDX-License-Identifier: GPL-2.0-only

//! `tree [NS]`: namespaces, the devices in them, and how those are connected.
//!
//! Every namespace is visited twice: to list its devices, and to ask it which namespaces its ids mean. So the
//! work grows with the number of namespaces and devices, and never do more than a few of them have to be
//! open.

pub(super) mod devices;
mod draw;
pub(super) mod peers;
pub(super) mod spots;

use clap::Args;
use homeward_client::model::State;
use serde::Serialize;

use super::{Context, Verb};
use crate::book::{label, Place};
use crate::error::{Failure, Result};
use crate::exit::Status;
use crate::owner::Owner;
use crate::render;
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
  homeward tree --dot | dot -Tsvg >net.svg  as a picture, by Graphviz

'veth0 -> eth0@red' shows a device and its peer, its lower device, or the namespace that its packets
travel in; '(home eth1@init)' shows the home of a device that is away. Ports are listed below their
bridge or bond.";

/// Show namespaces, the devices in them, and how those are connected.
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub(crate) struct Tree {
    #[arg(value_name = "NS", help = help("Only this network namespace and what is connected to it"))]
    namespace: Option<Selector>,
    /// Print it in Graphviz format.
    #[arg(long)]
    dot: bool,
}

/// Namespaces with their devices.
#[derive(Debug, Serialize)]
struct Picture {
    /// Whether all namespaces and devices are there.
    complete: bool,
    /// The namespaces, the initial one first.
    namespaces: Vec<Namespace>,
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
        if self.dot && context.look.json {
            let text = "choose either --dot or --json";
            return Err(Failure::usage(text));
        }
        let tree = look(context, self.namespace.as_ref())?;
        if self.dot {
            render::print(&draw::graph(&tree))?;
            return Ok(Status::Ok);
        }
        context.print(&tree, |look| draw::lines(&tree, look))
    }
}

/// Shows all namespaces, or one and what is connected to it.
fn look(context: &Context, selector: Option<&Selector>) -> Result<Picture> {
    let mut spots = Spots::find(context, PURPOSE)?;
    let wanted = match selector {
        Some(selector) => Some(spots.position(context, selector)?),
        None => None,
    };
    spots.look_inside(context, false);
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
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{book, golden, JSON, TEXT};
    use crate::render::Look;

    fn device(ifindex: u32, name: &str, kind: Option<&str>) -> Device {
        Device {
            ifindex,
            name: name.to_owned(),
            kind: kind.map(str::to_owned),
            state: Some("up"),
            master: None,
            link: None,
            home: None,
            stuck: false,
        }
    }

    fn to(relation: &'static str, ifindex: u32, name: &str, cookie: Option<u64>) -> Option<Link> {
        Some(Link {
            relation,
            ifindex: (ifindex > 0).then_some(ifindex),
            name: (ifindex > 0).then(|| name.to_owned()),
            namespace: cookie.map(|cookie| book().place(cookie)),
            nsid: cookie.map(|_| 0),
        })
    }

    fn initial_one() -> Namespace {
        Namespace {
            cookie: Some(7),
            inum: Some(4026531833),
            state: Some(State::Live),
            initial: Some(true),
            devices: vec![
                device(1, "lo", None),
                device(2, "eth0", None),
                device(3, "br0", Some("bridge")),
                Device {
                    master: Some("br0".to_owned()),
                    link: to("peer", 2, "eth0", Some(4711)),
                    ..device(4, "veth1", Some("veth"))
                },
                Device {
                    master: Some("br0".to_owned()),
                    link: to("lower", 2, "eth0", None),
                    state: Some("no-carrier"),
                    ..device(5, "eth0.5", Some("vlan"))
                },
            ],
            ..Namespace::default()
        }
    }

    fn inside_one() -> Namespace {
        Namespace {
            cookie: Some(4711),
            inum: Some(4026532281),
            state: Some(State::Live),
            initial: Some(false),
            names: vec!["blue".to_owned(), "r\"e\\d".to_owned()],
            owned_by: Some(crate::owner::fixture()),
            devices: vec![
                Device {
                    state: Some("down"),
                    ..device(1, "lo", None)
                },
                Device {
                    link: to("peer", 4, "veth1", Some(7)),
                    ..device(2, "eth0", Some("veth"))
                },
                Device {
                    link: to("underlay", 0, "", Some(7)),
                    ..device(3, "t\x1b\"\\n", Some("ipip"))
                },
                Device {
                    link: Some(Link {
                        relation: "lower",
                        ifindex: Some(9),
                        name: None,
                        namespace: None,
                        nsid: Some(3),
                    }),
                    ..device(4, "mv0", Some("macvlan"))
                },
                Device {
                    state: Some("down"),
                    home: Some(Home {
                        namespace: book().place(7),
                        name: Some("eth1".to_owned()),
                    }),
                    ..device(5, "net0", None)
                },
            ],
            ..Namespace::default()
        }
    }

    fn dying_one() -> Namespace {
        Namespace {
            cookie: Some(4712),
            inum: Some(4026532300),
            state: Some(State::Dying),
            initial: Some(false),
            hidden: Some("it is being destroyed".to_owned()),
            devices: vec![Device {
                state: None,
                stuck: true,
                ..device(12, "veth7", Some("veth"))
            }],
            ..Namespace::default()
        }
    }

    fn tree() -> Picture {
        Picture {
            complete: false,
            namespaces: vec![initial_one(), inside_one(), dying_one()],
        }
    }

    #[test]
    fn a_tree_as_text_and_json_and_for_graphviz() {
        let tree = tree();
        let look = Look {
            unicode: false,
            ..TEXT
        };
        let (ascii, dot) = (draw::lines(&tree, look), draw::graph(&tree));
        assert!(ascii.is_ascii(), "{ascii}");
        nothing_stands_outside_of_quotes(&dot);
        golden(
            "tree",
            &[
                ("text", draw::lines(&tree, TEXT)),
                ("ascii", ascii),
                ("dot", dot),
                ("json", JSON.choose(&tree, String::new).unwrap()),
            ],
        );
    }

    fn nothing_stands_outside_of_quotes(text: &str) {
        for line in text.lines().filter(|line| line.contains('"')) {
            assert!(!line
                .chars()
                .any(|letter| letter.is_control() && letter != '\t'));
            // Between quotes only what this program itself wrote may stand.
            let mut outside = String::new();
            let (mut inside, mut escaped) = (false, false);
            for letter in line.chars() {
                match letter {
                    _ if escaped => escaped = false,
                    '\\' if inside => escaped = true,
                    '"' => inside = !inside,
                    letter if !inside => outside.push(letter),
                    _ => {}
                }
            }
            assert!(!inside, "{line}");
            let known =
                |letter: char| letter.is_ascii_lowercase() || "\t\n -=[],;".contains(letter);
            assert!(outside.chars().all(known), "{outside}");
        }
    }

    #[test]
    fn ports_in_a_circle_are_all_shown() {
        let mut namespace = initial_one();
        let port = |ifindex, name, master: &str| Device {
            master: Some(master.to_owned()),
            ..device(ifindex, name, None)
        };
        namespace.devices = vec![port(1, "a", "b"), port(2, "b", "a"), port(3, "c", "absent")];
        let tree = Picture {
            complete: true,
            namespaces: vec![namespace],
        };
        let text = draw::lines(&tree, TEXT);
        for name in ["─ a", "─ b", "─ c"] {
            assert!(text.contains(name), "{text}");
        }
    }
}
