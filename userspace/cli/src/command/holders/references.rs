// SPDX-License-Identifier: GPL-2.0-only

//! How many references the holders take, and how that compares with the kernel's count.

use homeward_holders::{Explained, Range, References as Parts, UNSEEN};
use serde::Serialize;

use super::List;
use crate::render::text::{or_absent, printable, ABSENT};
use crate::render::{Look, Style};

/// The references that the holders take.
#[derive(Debug, Serialize)]
pub(super) struct References {
    /// What the kernel counted; None without the module.
    counted: Option<u32>,
    /// Why it is not known.
    unknown_because: Option<String>,
    /// What was found.
    found: Found,
    /// So many are of others.
    unexplained: Option<u32>,
    /// What could not be seen, in words.
    pub(super) unseen: Vec<String>,
}

/// What was found.
#[derive(Debug, Serialize)]
struct Found {
    /// All of them.
    total: Range,
    /// Those of each kind of holder.
    #[serde(flatten)]
    parts: Parts,
}

impl References {
    /// What was found, and the kernel's count or the reason why that is not known.
    pub(super) fn new(parts: Parts, counted: Result<u32, String>, unseen: Vec<String>) -> Self {
        let total = parts.total();
        let explained = |counted: &u32| parts.explain(*counted).unexplained;
        References {
            unexplained: counted.as_ref().ok().map(explained),
            counted: counted.as_ref().ok().copied(),
            unknown_because: counted.err(),
            found: Found { total, parts },
            unseen,
        }
    }

    fn explained(&self) -> Option<Explained> {
        Some(self.found.parts.explain(self.counted?))
    }
}

/// Says how much of the kernel's count is explained, and nothing more than is certain.
pub(super) fn summary(list: &List, look: Look) -> String {
    let references = &list.references;
    let found = references.found.total;
    let parts = parts(&references.found.parts);
    let Some(explained) = references.explained() else {
        let reason = or_absent(references.unknown_because.as_ref());
        let found = told(found);
        return format!(
            "{found} references found{parts}; the kernel's count is unknown: {reason}.\n"
        );
    };
    let notable = |text: String| Style::Notable.paint(&text, look.color) + "\n";
    let counted = explained.counted;
    if counted == 0 {
        let state = list.state.map_or(ABSENT, |state| state.name());
        let left = format!("No reference is left, its state is {state}");
        return match list.stuck.unwrap_or_default() {
            0 => format!("{left}: nothing holds it.\n"),
            stuck => notable(format!(
                "{left}, but the kernel cannot free {stuck} of its devices: 'homeward doctor' says more."
            )),
        };
    }
    if explained.excess > 0 {
        return notable(format!(
            "{counted} references counted, but {} found{parts}: some came or went meanwhile, so \
             look again.",
            found.min
        ));
    }
    if explained.unexplained > 0 {
        return notable(format!(
            "{} of {counted} references explained{parts}; the rest may be: {}.",
            explained.possible,
            rest(list),
        ));
    }
    let doubt = if explained.certain < counted {
        " (the kernel does not reveal which are shared, so some may belong to others)"
    } else {
        ""
    };
    format!("{counted} of {counted} references explained{parts}{doubt}.\n")
}

/// The parts of a sum, after a colon.
fn parts(found: &Parts) -> String {
    let all = [
        ("tasks", found.tasks),
        ("sockets", found.sockets),
        ("tun files", found.tuns),
        ("namespace files, watches and mounts", found.files),
        ("files of /proc/net", found.proc_files),
        ("connections without process", found.orphans),
    ];
    let parts: Vec<String> = all
        .iter()
        .filter(|(_, range)| range.max > 0)
        .map(|(what, range)| format!("{what} {}", told(*range)))
        .collect();
    match parts.is_empty() {
        true => String::new(),
        false => format!(": {}", parts.join(", ")),
    }
}

fn told(range: Range) -> String {
    match range.min == range.max {
        true => range.min.to_string(),
        false => format!("{} to {}", range.min, range.max),
    }
}

/// Who may have the rest, the most probable first.
fn rest(list: &List) -> String {
    let mut all = list.references.unseen.clone();
    for one in &list.in_flight {
        let process = &one.receiver.process.process;
        let command = printable(&process.command);
        all.push(format!(
            "{} file descriptors waiting to be received by {} ({command}) from its fd {}",
            one.count, process.pid, one.receiver.fd
        ));
    }
    all.extend(UNSEEN.map(str::to_owned));
    all.join("; ")
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Three or four references.
    pub(crate) fn found() -> Parts {
        let range = |min, max| Range { min, max };
        Parts {
            tasks: range(1, 2),
            files: range(1, 1),
            sockets: range(1, 1),
            ..Parts::default()
        }
    }
}
