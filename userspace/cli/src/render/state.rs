// SPDX-License-Identifier: GPL-2.0-only

//! What `state load` put back.

use super::device::place;
use super::table::{self, number, plain, text, Column, Content};
use super::text::{or_absent, printable};
use super::{Look, Style};
use crate::view::{PutBack, Restored, RestoredDevice};

const DEVICES: [Column<RestoredDevice>; 5] = [
    text("NAMESPACE", |row| plain(place(&row.namespace))),
    text("NAME", |row| plain(printable(&row.name))),
    number("IFINDEX", |row| plain(row.ifindex.to_string())),
    text("OUTCOME", |row| outcome(row.outcome)),
    text("REASON", |row| plain(or_absent(row.reason.as_ref()))),
];

/// A line for the rules, and a table of devices.
pub(super) fn restored(restored: &Restored, look: Look) -> String {
    let (what, style) = match restored.rules.outcome {
        PutBack::Done => ("put back", Style::Good),
        PutBack::Same => ("in force already", Style::Plain),
        PutBack::Newer => (
            "not put back, as others are in force ('homeward policy flush' removes those)",
            Style::Notable,
        ),
        PutBack::Gone | PutBack::Failed => ("not put back", Style::Bad),
    };
    let rules = match restored.rules.count {
        1 => "1 rule".to_owned(),
        count => format!("{count} rules"),
    };
    let mut text = match restored.rules.count {
        0 => "no rules saved\n".to_owned(),
        _ => format!("{rules} saved: {}\n", style.paint(what, look.color)),
    };
    if !restored.devices.is_empty() {
        text.push('\n');
        text.push_str(&table::render(&DEVICES, &restored.devices, "device", look));
    }
    text
}

fn outcome(outcome: PutBack) -> Content {
    let style = match outcome {
        PutBack::Done => Style::Good,
        PutBack::Same => Style::Plain,
        PutBack::Newer | PutBack::Gone => Style::Notable,
        PutBack::Failed => Style::Bad,
    };
    (outcome.name().to_owned(), style)
}
