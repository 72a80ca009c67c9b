// SPDX-License-Identifier: GPL-2.0-only

//! Namespaces with their devices as a flowchart for Mermaid, which pages of documents and of issues draw.

use std::fmt::Write;

use super::dot::label_of;
use super::edges::{edges, Edge, End, Relation};
use super::Picture;
use crate::printable::printable;

/// The text of a flowchart.
pub(super) fn chart(tree: &Picture) -> String {
    let mut text = String::from("flowchart LR\n");
    for (at, namespace) in tree.namespaces.iter().enumerate() {
        text.push_str(&format!(
            "  subgraph n{at}[{}]\n",
            quoted(&namespace.label())
        ));
        let devices = namespace.devices.iter().map(|device| {
            let name = vertex(at, device.ifindex);
            format!("    {name}[{}]\n", quoted(&label_of(device)))
        });
        text.extend(devices);
        text.push_str("  end\n");
    }
    let lines = edges(tree);
    text.extend(lines.iter().map(line));
    text
}

fn vertex(at: usize, ifindex: u32) -> String {
    format!("n{at}d{ifindex}")
}

/// Text in quotes. There, Mermaid gives a meaning to much; a character is itself by its number.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for letter in printable(text).chars() {
        match letter {
            _ if letter.is_alphanumeric() || " -_.:@/(),".contains(letter) => quoted.push(letter),
            // Writing to a string does not fail.
            _ => drop(write!(quoted, "#{};", u32::from(letter))),
        }
    }
    quoted + "\""
}

fn line(edge: &Edge<'_>) -> String {
    let name = |end: End| match end.ifindex {
        Some(index) => vertex(end.at, index),
        None => format!("n{}", end.at),
    };
    let kind = edge.device.kind.as_deref();
    let kind = kind.map_or_else(String::new, |kind| format!("|{}|", quoted(kind)));
    let (line, label) = match edge.relation {
        Relation::Port => ("===", String::new()),
        Relation::Peer => ("---", kind),
        Relation::Lower | Relation::Underlay => ("-.-", kind),
        Relation::Home => ("-.->", "|\"home\"|".to_owned()),
    };
    format!("  {} {line}{label} {}\n", name(edge.from), name(edge.to))
}
