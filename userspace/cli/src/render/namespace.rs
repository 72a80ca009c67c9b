// SPDX-License-Identifier: GPL-2.0-only

//! Network namespaces.

use super::table::{self, number, plain, text, Column, Content};
use super::text::{list, or_absent, span, yes_or_no, ABSENT};
use super::{fields, Look, Style};
use crate::view::{CreatorView, NamespaceList, NamespaceView};

const MODULE: [Column<NamespaceView>; 11] = [
    number("COOKIE", |row| plain(or_absent(row.cookie))),
    text("STATE", state),
    text("NAMES", |row| plain(names(row))),
    number("AGE", |row| plain(or_absent(row.age_ns.map(span)))),
    number("PROCS", |row| plain(or_absent(row.processes))),
    number("DEVICES", |row| plain(or_absent(row.devices))),
    number("AWAY", away),
    number("SOCKETS", |row| plain(or_absent(row.sockets))),
    text("OWNER", |row| plain(owner(row))),
    text("CREATOR", |row| plain(creator(row.creator.as_ref()))),
    // The last, since it is the one to leave out where there is no room.
    number("INUM", |row| plain(or_absent(row.inum))),
];

/// Columns for which the whole table has room.
const WIDE: u16 = 92;

const ORDINARY: [Column<NamespaceView>; 5] = [
    number("COOKIE", |row| plain(or_absent(row.cookie))),
    number("INUM", |row| plain(or_absent(row.inum))),
    text("NAMES", |row| plain(names(row))),
    number("PROCS", |row| plain(or_absent(row.processes))),
    text("OWNER", |row| plain(owner(row))),
];

/// A table of namespaces; with fewer columns when the module did not tell.
pub(super) fn table(list: &NamespaceList, look: Look) -> String {
    let rows = &list.namespaces;
    let told = rows.iter().any(|row| row.state.is_some());
    let narrow = look.width.is_some_and(|width| width < WIDE);
    let columns = match told || rows.is_empty() {
        true if narrow => MODULE.split_last().map_or(&[][..], |(_, most)| most),
        true => MODULE.as_slice(),
        false => ORDINARY.as_slice(),
    };
    table::render(columns, rows, "namespace", look)
}

/// All that is known about a namespace.
pub(super) fn fields(view: &NamespaceView, look: Look) -> String {
    let (state, state_style) = state(view);
    let (away, away_style) = away(view);
    let (stuck, stuck_style) = stuck(view);
    let plain = |name, text| (name, text, Style::Plain);
    let fields = [
        plain("Cookie", or_absent(view.cookie)),
        plain("Inode", or_absent(view.inum)),
        ("State", state, state_style),
        plain("Names", list(&view.names)),
        plain("Initial", or_absent(view.initial.map(yes_or_no))),
        plain("References", or_absent(view.refs)),
        plain("Age", or_absent(view.age_ns.map(span))),
        plain("Creator", creator(view.creator.as_ref())),
        plain(
            "Creator's user",
            or_absent(view.creator.as_ref().and_then(|creator| creator.uid)),
        ),
        plain("Owner", owner(view)),
        plain("User namespace", or_absent(view.user_ns_inum)),
        plain("Devices", or_absent(view.devices)),
        ("Away from home", away, away_style),
        plain("Sockets", or_absent(view.sockets)),
        plain("Dying for", or_absent(view.dying_for_ns.map(span))),
        ("Stuck devices", stuck, stuck_style),
    ];
    fields::render(&fields, look)
}

/// A command name and a process id.
pub(super) fn creator(creator: Option<&CreatorView>) -> String {
    let Some(creator) = creator else {
        return ABSENT.to_owned();
    };
    let command = or_absent(creator.command.as_ref());
    match creator.pid {
        Some(pid) => format!("{command}[{pid}]"),
        None => command,
    }
}

/// The user who owns the user namespace that owns it, by name or else by number.
fn owner(row: &NamespaceView) -> String {
    let uid = || row.owner_uid.map(|uid| uid.to_string());
    or_absent(row.owner.clone().or_else(uid))
}

fn names(row: &NamespaceView) -> String {
    if row.initial != Some(true) {
        return list(&row.names);
    }
    // A name of its own beside the word for it.
    let mut names = vec!["init".to_owned()];
    names.extend(row.names.iter().cloned());
    list(&names)
}

fn state(row: &NamespaceView) -> Content {
    let state = row.state.unwrap_or(ABSENT);
    (state.to_owned(), Style::of_state(state))
}

fn away(row: &NamespaceView) -> Content {
    let style = match row.away {
        Some(count) if count > 0 => Style::Notable,
        _ => Style::Plain,
    };
    (or_absent(row.away), style)
}

fn stuck(row: &NamespaceView) -> Content {
    let style = match row.stuck {
        Some(count) if count > 0 => Style::Bad,
        _ => Style::Plain,
    };
    (or_absent(row.stuck), style)
}
