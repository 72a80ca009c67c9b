// SPDX-License-Identifier: GPL-2.0-only

//! Namespaces with their devices, as a tree of lines.

use std::collections::{HashMap, HashSet};

use homeward_client::model::State;

use super::{Device, Link, Namespace, Picture};
use crate::command::inside::Detail;
use crate::render::device::place;
use crate::render::table::{plain, Content};
use crate::render::text::{or_absent, printable, ABSENT};
use crate::render::{Look, Style};
use crate::silent::legend;

/// How the lines of a tree are drawn.
struct Lines {
    branch: &'static str,
    last: &'static str,
    through: &'static str,
    below_last: &'static str,
    arrow: &'static str,
}

const UNICODE: Lines = Lines {
    branch: "├─ ",
    last: "└─ ",
    through: "│  ",
    below_last: "   ",
    arrow: "→",
};

const ASCII: Lines = Lines {
    branch: "|- ",
    last: "`- ",
    through: "|  ",
    below_last: "   ",
    arrow: "->",
};

/// Blanks between what is told of a device.
const GAP: usize = 2;

/// A tree of lines.
pub(super) fn lines(tree: &Picture, long: bool, look: Look) -> String {
    let lines = if look.unicode { &UNICODE } else { &ASCII };
    let mut text = String::new();
    for namespace in &tree.namespaces {
        text.push_str(&heading(namespace, look));
        text.push_str(&rows(&namespace.devices, long, lines, look));
    }
    if look.footer {
        let devices: usize = tree.namespaces.iter().map(|one| one.devices.len()).sum();
        let plural = |count: usize| if count == 1 { "" } else { "s" };
        let count = tree.namespaces.len();
        text.push_str(&format!(
            "\n{count} namespace{}, {devices} device{} listed.\n",
            plural(count),
            plural(devices)
        ));
        text.push_str(&legend(tree.left_out));
    }
    text
}

fn heading(namespace: &Namespace, look: Look) -> String {
    let name = Style::Heading.paint(&printable(&namespace.label()), look.color);
    let mut facts = Vec::new();
    // Two names are two ways to the same.
    let others = namespace.names.iter().map(|name| printable(name));
    let others = others.filter(|name| *name != namespace.label());
    facts.extend(others.map(|name| format!("also {name}")));
    let named = namespace.initial == Some(true) || !namespace.names.is_empty();
    let cookie = namespace.cookie.filter(|_| named);
    facts.extend(cookie.map(|cookie| format!("cookie {cookie}")));
    facts.extend(namespace.inum.map(|inum| format!("inum {inum}")));
    let owner = namespace.owned_by.as_ref();
    facts.extend(owner.map(|owner| format!("owned by {}", owner.text())));
    let mut text = format!("{name} ({})", facts.join(", "));
    if let Some(state) = namespace.state.filter(|state| *state != State::Live) {
        let state = state.name();
        let state = Style::of_state(state).paint(state, look.color);
        text.push_str(&format!(" {state}"));
    } else if let Some(why) = &namespace.hidden {
        let why = format!("cannot look inside: {}", printable(why));
        text.push_str(&format!(" {}", Style::Notable.paint(&why, look.color)));
    }
    text + "\n"
}

/// A device and the ports below it.
pub(super) struct Node<'a> {
    /// The device.
    pub(super) device: &'a Device,
    /// Its ports, with theirs.
    pub(super) ports: Vec<Node<'a>>,
}

type Ports<'a> = HashMap<&'a str, Vec<&'a Device>>;

/// Devices, ports below their masters.
pub(super) fn nodes<'a>(devices: impl Iterator<Item = &'a Device> + Clone) -> Vec<Node<'a>> {
    let names: HashSet<&str> = devices.clone().map(|device| device.name.as_str()).collect();
    let mut roots = Vec::new();
    let mut ports = Ports::new();
    for device in devices {
        // Where only some devices are shown, the master may not be among them.
        match device
            .master
            .as_deref()
            .filter(|master| names.contains(master))
        {
            Some(master) => ports.entry(master).or_default().push(device),
            None => roots.push(device),
        }
    }
    let mut nodes: Vec<Node<'_>> = roots.into_iter().map(|one| node(one, &mut ports)).collect();
    // A list that changed while it was read could show a circle. Nobody in it may be left out.
    let rest = ports.into_values().flatten();
    nodes.extend(rest.map(|device| Node {
        device,
        ports: Vec::new(),
    }));
    nodes
}

fn node<'a>(device: &'a Device, ports: &mut Ports<'a>) -> Node<'a> {
    let below = ports.remove(device.name.as_str()).unwrap_or_default();
    Node {
        device,
        ports: below.into_iter().map(|one| node(one, ports)).collect(),
    }
}

/// A line: what is drawn before the device, and the device.
type Row<'a> = (String, &'a Device);

fn collect<'a>(nodes: &[Node<'a>], before: &str, lines: &Lines, rows: &mut Vec<Row<'a>>) {
    for (at, node) in nodes.iter().enumerate() {
        let last = at.saturating_add(1) == nodes.len();
        let (own, below) = match last {
            true => (lines.last, lines.below_last),
            false => (lines.branch, lines.through),
        };
        let name = printable(&node.device.name);
        rows.push((format!("{before}{own}{name}"), node.device));
        collect(&node.ports, &format!("{before}{below}"), lines, rows);
    }
}

fn rows(devices: &[Device], long: bool, lines: &Lines, look: Look) -> String {
    let mut rows = Vec::new();
    collect(&nodes(devices.iter()), "", lines, &mut rows);
    let all = rows.iter().map(|(name, device)| cells(name, device, long));
    let all: Vec<Vec<Content>> = all.collect();
    let mut widths = Vec::new();
    for row in &all {
        widths.resize(row.len(), 0);
        for (widest, (text, _)) in widths.iter_mut().zip(row) {
            *widest = text.chars().count().max(*widest);
        }
    }
    let line = |(cells, (_, device)): (&Vec<Content>, &Row<'_>)| {
        let mut line = String::new();
        for ((text, style), width) in cells.iter().zip(&widths) {
            style.paint_onto(&mut line, text, look.color);
            let missing = width.saturating_sub(text.chars().count());
            line.push_str(&" ".repeat(missing.saturating_add(GAP)));
        }
        let line = line + connections(device, lines, look).trim_start();
        format!("{}\n", line.trim_end())
    };
    all.iter().zip(&rows).map(line).collect()
}

/// What is told of a device, after what is drawn before it.
fn cells(name: &str, device: &Device, long: bool) -> Vec<Content> {
    let (word, style) = state(device);
    let mut cells = vec![
        plain(name),
        plain(or_absent(device.kind.as_ref())),
        (word.to_owned(), style),
    ];
    if long {
        let inside = device.inside.as_ref();
        let mtu = inside.map(|inside| format!("mtu {}", inside.mtu));
        cells.extend([
            plain(or_absent(inside.and_then(|inside| inside.mac.as_ref()))),
            plain(or_absent(mtu)),
            plain(inside.map_or(ABSENT.to_owned(), Detail::speed)),
            plain(inside.map_or(ABSENT.to_owned(), Detail::addresses)),
        ]);
    }
    cells
}

/// Whether a device is up, in a word.
pub(in crate::command) fn state(device: &Device) -> (&'static str, Style) {
    match device.state {
        _ if device.stuck => ("stuck", Style::Bad),
        Some("up") => ("up", Style::Good),
        Some("no-carrier") => ("no-carrier", Style::Notable),
        Some(other) => (other, Style::Faint),
        None => (ABSENT, Style::Plain),
    }
}

fn connections(device: &Device, lines: &Lines, look: Look) -> String {
    let mut text = String::new();
    if let Some(link) = &device.link {
        text.push_str(&format!("  {} {}", lines.arrow, target(link)));
    }
    if let Some(home) = &device.home {
        let name = or_absent(home.name.as_ref());
        let home = format!("(home {name}@{})", place(&home.namespace));
        let home = Style::Notable.paint(&home, look.color);
        text.push_str(&format!("  {home}"));
    }
    text
}

/// The other end of a link: `eth0@red`, `eth0` in the same namespace, `@red` for a namespace only.
pub(in crate::command) fn target(link: &Link) -> String {
    let name = match (&link.name, link.ifindex) {
        (Some(name), _) => printable(name),
        (None, Some(index)) => format!("ifindex:{index}"),
        (None, None) => String::new(),
    };
    match (&link.namespace, link.nsid) {
        (Some(namespace), _) => format!("{name}@{}", place(namespace)),
        (None, Some(nsid)) => format!("{name}@nsid:{nsid}"),
        (None, None) => name,
    }
}
