// SPDX-License-Identifier: GPL-2.0-only

//! Namespaces with their devices, for Graphviz: a cluster for each namespace, a node for each device, an
//! edge for each connection.

use super::edges::{edges, Edge, End, Relation};
use super::{Device, Namespace, Picture};
use crate::render::device::place;
use crate::render::text::{or_absent, printable};

/// The text of a graph.
pub(super) fn graph(tree: &Picture) -> String {
    let mut text = String::from("graph homeward {\n");
    text.push_str("\tgraph [rankdir=LR];\n\tnode [shape=box];\n");
    for (at, namespace) in tree.namespaces.iter().enumerate() {
        text.push_str(&cluster(at, namespace));
    }
    let lines = edges(tree);
    text.extend(lines.iter().map(|edge| line(tree, edge)));
    text.push_str("}\n");
    text
}

/// Text in quotes, such that nothing in it is more than text: in labels a backslash has a meaning.
fn quoted(text: &str) -> String {
    let text = printable(text).replace('\\', "\\\\").replace('"', "\\\"");
    format!("\"{text}\"")
}

/// The key of a namespace: its cookie, or its inode number where the cookie cannot be known.
fn key(namespace: &Namespace) -> String {
    match (namespace.cookie, namespace.inum) {
        (Some(cookie), _) => cookie.to_string(),
        (None, inum) => format!("inum:{}", inum.unwrap_or_default()),
    }
}

fn vertex(namespace: &str, ifindex: u32) -> String {
    quoted(&format!("{namespace}/{ifindex}"))
}

fn cluster(at: usize, namespace: &Namespace) -> String {
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
            vertex(&key, device.ifindex),
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

/// A device with its kind and its home, in words.
pub(super) fn label_of(device: &Device) -> String {
    let kind = or_absent(device.kind.as_ref());
    let mut label = format!("{} ({kind})", device.name);
    if let Some(home) = &device.home {
        let name = or_absent(home.name.as_ref());
        label.push_str(&format!(", home {name}@{}", place(&home.namespace)));
    }
    label
}

fn line(tree: &Picture, edge: &Edge<'_>) -> String {
    let name = |end: End| {
        let key = tree.namespaces.get(end.at).map(key).unwrap_or_default();
        match end.ifindex {
            Some(index) => vertex(&key, index),
            None => quoted(&key),
        }
    };
    let kind = quoted(edge.device.kind.as_deref().unwrap_or_default());
    let style = match edge.relation {
        Relation::Port => "style=bold".to_owned(),
        Relation::Peer => format!("label={kind}"),
        Relation::Lower | Relation::Underlay => format!("label={kind}, style=dotted"),
        Relation::Home => "label=\"home\", style=dashed".to_owned(),
    };
    format!("\t{} -- {} [{style}];\n", name(edge.from), name(edge.to))
}
