// SPDX-License-Identifier: GPL-2.0-only

//! Sockets.

use super::holder::user;
use super::table::{self, number, plain, text, Column, Content};
use super::text::{or_absent, printable, ABSENT};
use super::{Look, Style};
use crate::view::{SocketHolderView, SocketList, SocketView};

const SOCKETS: [Column<SocketView>; 12] = [
    text("NAMESPACE", |row| {
        marked(printable(&row.namespace.label()), row)
    }),
    text("PROCESS-IN", |row| match row.strays {
        Some(true) => marked(elsewhere(row), row),
        _ => plain(ABSENT.to_owned()),
    }),
    text("FAMILY", |row| plain(or_absent(row.family.as_ref()))),
    text("TYPE", |row| plain(or_absent(row.kind.as_ref()))),
    text("PROTOCOL", |row| plain(or_absent(row.protocol.as_ref()))),
    text("LOCAL", |row| plain(or_absent(row.local.as_ref()))),
    text("PEER", |row| plain(or_absent(row.peer.as_ref()))),
    number("INODE", |row| plain(row.inode.to_string())),
    number("PID", |row| plain(pid(row))),
    number("FD", |row| plain(or_absent(first(row).map(|one| one.fd)))),
    text("COMMAND", |row| {
        plain(or_absent(first(row).map(|one| &one.process.command)))
    }),
    text("USER", |row| {
        plain(first(row).map_or(ABSENT.to_owned(), |one| user(&one.process)))
    }),
];

/// A table of sockets.
pub(super) fn table(list: &SocketList, look: Look) -> String {
    table::render(&SOCKETS, &list.sockets, "socket", look)
}

fn first(row: &SocketView) -> Option<&SocketHolderView> {
    row.holders.first()
}

/// The namespace of a process that is not where its socket is.
fn elsewhere(row: &SocketView) -> String {
    let other = |one: &&SocketHolderView| one.namespace != row.namespace;
    let found = row.holders.iter().find(other);
    found.map_or(ABSENT.to_owned(), |one| printable(&one.namespace.label()))
}

fn pid(row: &SocketView) -> String {
    let pid = or_absent(first(row).map(|one| one.process.pid));
    match row.holders.len() {
        0 | 1 => pid,
        more => format!("{pid} +{}", more - 1),
    }
}

fn marked(text: String, row: &SocketView) -> Content {
    let style = match row.strays {
        Some(true) => Style::Notable,
        _ => Style::Plain,
    };
    (text, style)
}
