// SPDX-License-Identifier: GPL-2.0-only

//! Namespaces with their devices, as a tree of lines.

use std::collections::{HashMap, HashSet};

use homeward_client::model::State;

use super::{Device, Link, Namespace, Picture};
use crate::render::device::place;
use crate::render::text::{or_absent, printable, ABSENT};
use crate::render::{Look, Style};

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

/// A tree of lines.
pub(super) fn lines(tree: &Picture, look: Look) -> String {
    let lines = if look.unicode { &UNICODE } else { &ASCII };
    let mut text = String::new();
    for namespace in &tree.namespaces {
        text.push_str(&heading(namespace, look));
        text.push_str(&rows(&namespace.devices, lines, look));
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

fn rows(devices: &[Device], lines: &Lines, look: Look) -> String {
    let mut rows = Vec::new();
    collect(&nodes(devices.iter()), "", lines, &mut rows);
    let kind = |device: &Device| or_absent(device.kind.as_ref());
    let width = |cell: &str| cell.chars().count();
    let names = rows.iter().map(|(name, _)| width(name)).max();
    let kinds = rows.iter().map(|(_, device)| width(&kind(device))).max();
    let states = rows.iter().map(|(_, device)| width(state(device).0)).max();
    let (names, kinds) = (names.unwrap_or_default(), kinds.unwrap_or_default());
    let states = states.unwrap_or_default();
    let line = |(name, device): &Row<'_>| {
        let (word, style) = state(device);
        let connections = connections(device, lines, look);
        let pad = if connections.is_empty() { 0 } else { states };
        let state = style.paint(word, look.color);
        let gap = " ".repeat(pad.saturating_sub(width(word)));
        let kind = kind(device);
        format!("{name:names$}  {kind:kinds$}  {state}{gap}{connections}\n")
    };
    rows.iter().map(line).collect()
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
