// SPDX-License-Identifier: GPL-2.0-only

//! Counts, each with what it means.

use super::text::{bytes, span};
use super::{Look, Style};
use crate::view::StatsView;

/// A count: its name, its value, what it means; what it says of how things are.
type Row = (&'static str, String, &'static str, Style);

/// Lines of counts, in groups.
pub(super) fn lines(stats: &StatsView, look: Look) -> String {
    let groups = [
        ("Namespaces", namespaces(stats)),
        ("Devices", devices(stats)),
        ("Settings", settings(stats)),
        ("The module", module(stats)),
    ];
    let rows = || groups.iter().flat_map(|(_, rows)| rows);
    let names = rows().map(|row| row.0.len()).max().unwrap_or_default();
    let values = rows().map(|row| row.1.len()).max().unwrap_or_default();
    let mut text = String::new();
    for (title, rows) in groups {
        if look.header {
            text.push_str(&Style::Heading.paint(title, look.color));
            text.push('\n');
        }
        for (name, value, meaning, style) in rows {
            let value = style.paint(&format!("{value:>values$}"), look.color);
            let meaning = Style::Faint.paint(meaning, look.color);
            text.push_str(&format!("  {name:names$}  {value}  {meaning}\n"));
        }
    }
    text
}

fn count(name: &'static str, value: impl ToString, meaning: &'static str) -> Row {
    (name, value.to_string(), meaning, Style::Plain)
}

/// One that should be 0.
fn trouble(name: &'static str, value: u64, meaning: &'static str) -> Row {
    let style = if value == 0 { Style::Plain } else { Style::Bad };
    (name, value.to_string(), meaning, style)
}

fn namespaces(stats: &StatsView) -> Vec<Row> {
    let mut longest = count(
        "longest teardown",
        span(stats.longest_teardown_ns),
        "from the death of a namespace to its end",
    );
    if stats.longest_teardown_cookie.is_none() {
        longest.1 = super::text::ABSENT.to_owned();
    }
    let mut rows = vec![
        count(
            "present",
            stats.namespaces,
            "there now: older + born - gone",
        ),
        count("older", stats.older, "there when the module was loaded"),
        count("born", stats.born, "made since then"),
        count("gone", stats.gone, "destroyed since then"),
        longest,
    ];
    if let Some(cookie) = stats.longest_teardown_cookie {
        rows.push(count(
            "of cookie",
            cookie,
            "the namespace that took that long",
        ));
    }
    rows
}

fn devices(stats: &StatsView) -> Vec<Row> {
    vec![
        count(
            "away",
            stats.devices_away,
            "away from home now: left - settled - destroyed - forgotten",
        ),
        count("left", stats.left, "times that one at home went away"),
        count(
            "settled",
            stats.settled,
            "times that one came to be at home",
        ),
        count("destroyed", stats.destroyed, "destroyed while away"),
        count(
            "forgotten",
            stats.forgotten,
            "homes forgotten, on request or for want of memory",
        ),
        count(
            "returned",
            stats.returned,
            "moved home by Homeward, at a death or by recall",
        ),
        trouble(
            "failed",
            stats.failed,
            "should have come home and could not be moved",
        ),
        count(
            "name clashes",
            stats.name_clashes,
            "came home under another name, theirs being taken",
        ),
    ]
}

fn settings(stats: &StatsView) -> Vec<Row> {
    vec![
        count(
            "restored",
            stats.restored,
            "put back on devices that came home",
        ),
        trouble(
            "not restored",
            stats.not_restored,
            "that could not be put back",
        ),
        trouble(
            "programs left",
            stats.programs_left,
            "devices that came home with an XDP or tcx program of inside",
        ),
    ]
}

fn module(stats: &StatsView) -> Vec<Row> {
    vec![
        count("events", stats.events, "so far, the number of the last one"),
        trouble(
            "events lost",
            stats.events_lost,
            "that could not be sent to all who listen",
        ),
        trouble(
            "no memory",
            stats.no_memory,
            "homes that could not be recorded for want of memory",
        ),
        count(
            "memory",
            bytes(stats.memory_bytes),
            "in use for namespaces, homes and rules",
        ),
    ]
}
