// SPDX-License-Identifier: GPL-2.0-only

//! Namespaces with their devices, for Graphviz.

use std::collections::HashSet;

use super::device::place;
use super::text::{or_absent, printable};
use crate::view::{Tree, TreeDevice, TreeLink, TreeNamespace};

/// A graph: a cluster for each namespace, a node for each device, an edge for each connection.
pub(super) fn graph(tree: &Tree) -> String {
    let mut text = String::from("graph homeward {\n");
    text.push_str("\tgraph [rankdir=LR];\n\tnode [shape=box];\n");
    for (at, namespace) in tree.namespaces.iter().enumerate() {
        text.push_str(&cluster(at, namespace));
    }
    text.push_str(&edges(tree));
    text.push_str("}\n");
    text
}

/// Text in quotes, such that nothing in it is more than text: in labels a backslash has a meaning.
fn quoted(text: &str) -> String {
    let text = printable(text).replace('\\', "\\\\").replace('"', "\\\"");
    format!("\"{text}\"")
}

/// The key of a namespace: its cookie, or its inode number where the cookie cannot be known.
fn key(namespace: &TreeNamespace) -> String {
    match (namespace.cookie, namespace.inum) {
        (Some(cookie), _) => cookie.to_string(),
        (None, inum) => format!("inum:{}", inum.unwrap_or_default()),
    }
}

fn node(namespace: &str, ifindex: u32) -> String {
    quoted(&format!("{namespace}/{ifindex}"))
}

fn cluster(at: usize, namespace: &TreeNamespace) -> String {
    let key = key(namespace);
    let mut label = namespace.label();
    if let Some(why) = &namespace.hidden {
        label.push_str(&format!(" (cannot look inside: {why})"));
    }
    // Only a name that begins so is drawn as a box.
    let mut text = format!(
        "\tsubgraph cluster_{at} {{\n\t\tlabel={};\n",
        quoted(&label)
    );
    // What a namespace is connected to without a device, and a place for one that has none.
    text.push_str(&format!(
        "\t\t{} [shape=point, style=invis];\n",
        quoted(&key)
    ));
    for device in &namespace.devices {
        text.push_str(&format!(
            "\t\t{} [label={}{}];\n",
            node(&key, device.ifindex),
            quoted(&label_of(device)),
            match (device.stuck, device.state) {
                (true, _) => ", color=red",
                (_, Some("up")) => "",
                _ => ", style=dashed",
            }
        ));
    }
    text + "\t}\n"
}

fn label_of(device: &TreeDevice) -> String {
    let kind = or_absent(device.kind.as_ref());
    let mut label = format!("{} ({kind})", device.name);
    if let Some(home) = &device.home {
        let name = or_absent(home.name.as_ref());
        label.push_str(&format!(", home {name}@{}", place(&home.namespace)));
    }
    label
}

fn edges(tree: &Tree) -> String {
    let mut text = String::new();
    let mut drawn = HashSet::new();
    for namespace in &tree.namespaces {
        let here = key(namespace);
        for device in &namespace.devices {
            let from = node(&here, device.ifindex);
            let port = device.master.as_ref().and_then(|master| {
                let master = namespace.devices.iter().find(|one| one.name == *master)?;
                Some(node(&here, master.ifindex))
            });
            if let Some(master) = port {
                text.push_str(&format!("\t{from} -- {master} [style=bold];\n"));
            }
            let Some((to, label)) = device.link.as_ref().and_then(|link| end(&here, link)) else {
                continue;
            };
            // Two peers each tell of the other.
            let mut pair = [from.clone(), to.clone()];
            pair.sort();
            if drawn.insert(pair) {
                let kind = quoted(device.kind.as_deref().unwrap_or_default());
                text.push_str(&format!("\t{from} -- {to} [label={kind}{label}];\n"));
            }
        }
    }
    text
}

/// The other end of a link, as a node, and what else there is to draw.
fn end(here: &str, link: &TreeLink) -> Option<(String, &'static str)> {
    let there = match (&link.namespace, link.nsid) {
        (Some(place), _) => place.cookie.to_string(),
        (None, None) => here.to_owned(),
        // Unknown.
        (None, Some(_)) => return None,
    };
    Some(match link.ifindex {
        Some(index) if link.relation == "peer" => (node(&there, index), ""),
        Some(index) => (node(&there, index), ", style=dotted"),
        None => (quoted(&there), ", style=dotted"),
    })
}
