// SPDX-License-Identifier: GPL-2.0-only

//! What holds a network namespace.

use super::table::{self, number, plain, text as words, Column};
use super::text::{or_absent, printable, ABSENT};
use super::{Look, Style};
use crate::view::{FoundView, HolderView, HoldersView, ProcessView, RangeView, ReferencesView};

const HOLDERS: [Column<HolderView>; 6] = [
    words("KIND", |row| plain(row.kind.to_owned())),
    number("PID", |row| plain(pid(row))),
    words("COMMAND", |row| {
        let process = row.process.as_ref();
        plain(or_absent(process.map(|process| &process.command)))
    }),
    words("USER", |row| {
        plain(row.process.as_ref().map_or(ABSENT.to_owned(), user))
    }),
    words("WHAT", |row| plain(printable(&row.what))),
    words("TO RELEASE IT", |row| plain(printable(&row.release))),
];

/// Who may have what is not found.
const OTHERS: &str = "descriptors in io_uring or on their way through a socket, mounts in a mount \
                      namespace without process, or the kernel itself (NFS, SMB, PPP, MPTCP, BPF)";

/// A table of holders, and what that means.
pub(super) fn text(view: &HoldersView, look: Look) -> String {
    let mut text = if view.holders.is_empty() {
        "Nothing was found that holds it.\n".to_owned()
    } else {
        table::render(&HOLDERS, &view.holders, "holder", look)
    };
    if !look.header {
        return text;
    }
    text.push('\n');
    for device in &view.away {
        let name = printable(&format!("{}@{}", device.name, device.namespace.label()));
        let recall = printable(&device.recall);
        text.push_str(&format!(
            "Away from it, which does not hold it: {name}; '{recall}' brings it home.\n"
        ));
    }
    text.push_str(&summary(view, look));
    text
}

/// A process, or several of which one is named.
fn pid(row: &HolderView) -> String {
    let Some(process) = &row.process else {
        return ABSENT.to_owned();
    };
    match row.others.len() {
        0 => process.pid.to_string(),
        more => format!("{} +{more}", process.pid),
    }
}

/// The name of a user, or else the number.
pub(super) fn user(process: &ProcessView) -> String {
    let name = process.user.clone();
    or_absent(name.or_else(|| process.uid.map(|uid| uid.to_string())))
}

/// Says how much of the kernel's count is explained, and nothing more than is certain.
fn summary(view: &HoldersView, look: Look) -> String {
    let references = &view.references;
    let parts = parts(&references.found);
    let Some(explained) = references.explained() else {
        let reason = or_absent(references.unknown_because.as_ref());
        let found = told(references.found.total);
        return format!(
            "{found} references found{parts}; the kernel's count is not known: {reason}.\n"
        );
    };
    let counted = explained.counted;
    if counted == 0 {
        let state = view.state.unwrap_or(ABSENT);
        return format!("No reference is left, its state is {state}: nothing holds it.\n");
    }
    if explained.excess > 0 {
        let found = references.found.total.min;
        let text = format!(
            "{counted} references counted, but {found} found{parts}: some came or went meanwhile, \
             so look again."
        );
        return format!("{}\n", Style::Notable.paint(&text, look.color));
    }
    if explained.unexplained > 0 {
        let text = format!(
            "{} of {counted} references explained{parts}; the rest may be: {}.",
            explained.possible,
            rest(view, references),
        );
        return format!("{}\n", Style::Notable.paint(&text, look.color));
    }
    let doubt = if explained.certain < counted {
        " (what may be shared is not told by the kernel, so some may be of others)"
    } else {
        ""
    };
    format!("{counted} of {counted} references explained{parts}{doubt}.\n")
}

/// The parts of a sum, after a colon.
fn parts(found: &FoundView) -> String {
    let all = [
        ("tasks", found.tasks),
        ("sockets", found.sockets),
        ("tun files", found.tuns),
        ("namespace files and mounts", found.files),
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

fn told(range: RangeView) -> String {
    match range.min == range.max {
        true => range.min.to_string(),
        false => format!("{} to {}", range.min, range.max),
    }
}

/// Who may have the rest, the most probable first.
fn rest(view: &HoldersView, references: &ReferencesView) -> String {
    let mut all = references.unseen.clone();
    for one in &view.in_flight {
        let command = printable(&one.process.command);
        all.push(format!(
            "{} descriptors that wait to be received by {} ({command}) from its fd {}",
            one.count, one.process.pid, one.fd
        ));
    }
    all.push(OTHERS.to_owned());
    all.join("; ")
}
