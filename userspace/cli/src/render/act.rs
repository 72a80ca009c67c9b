// SPDX-License-Identifier: GPL-2.0-only

//! What verbs did that change something.

use super::device::{home_name, place, reason};
use super::table::{self, number, text, Column};
use super::text::{list, or_absent, printable, span};
use super::{Look, Style};
use crate::view::{
    DeviceView, EndView, FateView, Moved, NameOutcome, NameView, Pair, Place, Pruned, RecallView,
    RecalledView, Waited,
};

const NAMES: [Column<NameView>; 4] = [
    text("NAME", |row| (printable(&row.name), Style::Plain)),
    number("AGE", |row| (or_absent(row.age_ns.map(span)), Style::Plain)),
    text("OUTCOME", |row| {
        (row.outcome.name().to_owned(), outcome(row.outcome))
    }),
    text("REASON", |row| {
        (or_absent(row.reason.as_ref()), Style::Plain)
    }),
];

/// Devices that came home, one a line. Those that could not are told elsewhere.
pub(super) fn recall(view: &RecallView, look: Look) -> String {
    let mut text = String::new();
    for device in &view.devices {
        if device.error.is_none() {
            text.push_str(&homeward(device, view, look));
        }
    }
    let from = place(&view.from);
    if view.devices.is_empty() {
        let more = "homeward devices";
        text.push_str(&match (view.returned, view.failed) {
            (0, 0) => format!("no device of {from} is away from home\n"),
            (came, stay) => format!(
                "{came} devices of {from} came home, {stay} could not: too many to name, see '{more}'\n"
            ),
        });
    }
    text
}

fn homeward(device: &RecalledView, view: &RecallView, look: Look) -> String {
    let from = at(&or_absent(device.from_name.as_ref()), &view.from);
    let to = Style::Good.paint(
        &at(&or_absent(device.name.as_ref()), &device.namespace),
        look.color,
    );
    if view.dry_run {
        return format!("{from} would go to {to}\n");
    }
    match &device.homecoming {
        Some(how) if !how.restored.is_empty() => {
            format!("{from} -> {to}, put back: {}\n", list(&how.restored))
        }
        _ => format!("{from} -> {to}\n"),
    }
}

/// What is decided about a device, and what comes of it.
pub(super) fn mark(device: &DeviceView, look: Look) -> String {
    let who = at(&device.name, &device.namespace);
    let mark = match device.mark {
        Some(mark) => Style::Notable.paint(mark, look.color),
        None => "no mark".to_owned(),
    };
    let name = match &device.home_name {
        Some(name) => format!(", to be called {} at home", printable(name)),
        None => String::new(),
    };
    let fate = match &device.fate {
        Some(fate) => format!("; {}", fate_of(fate, &device.namespace, look)),
        None => String::new(),
    };
    format!("{who}: {mark}{name}{fate}\n")
}

/// A device that was moved, and where it will go.
pub(super) fn moved(moved: &Moved, look: Look) -> String {
    let from = at(&moved.from_name, &moved.from);
    let to = at(&moved.name, &moved.namespace);
    let state = if moved.up { "up" } else { "down" };
    let mut text = format!("{from} -> {to}, ifindex {}, {state}", moved.ifindex);
    if let Some(device) = &moved.device {
        match device.homes.last() {
            Some(home) => text.push_str(&format!(", home {}", home_name(home))),
            None => text.push_str(", at home"),
        }
        if let Some(fate) = device.fate.as_ref().filter(|_| !device.homes.is_empty()) {
            text.push_str("; ");
            text.push_str(&fate_of(fate, &device.namespace, look));
        }
    }
    text + "\n"
}

/// A pair, in one line.
pub(super) fn pair(pair: &Pair) -> String {
    let [a, b] = &pair.ends;
    format!("{} <-> {}\n", end(a), end(b))
}

/// That a namespace is gone, and how long that took.
pub(super) fn waited(waited: &Waited) -> String {
    let who = place(&waited.namespace);
    match (waited.outcome, waited.teardown_ns) {
        ("absent", _) => format!("{who} is gone already, or was never there\n"),
        (_, Some(time)) => format!("{who} is gone, taken down within {}\n", span(time)),
        (_, None) => format!("{who} is gone\n"),
    }
}

/// Names without a namespace.
pub(super) fn pruned(pruned: &Pruned, look: Look) -> String {
    table::render(&NAMES, &pruned.names, "name", look)
}

fn outcome(outcome: NameOutcome) -> Style {
    match outcome {
        NameOutcome::Stale => Style::Notable,
        NameOutcome::Removed => Style::Good,
        NameOutcome::Kept => Style::Plain,
        NameOutcome::Failed => Style::Bad,
    }
}

fn at(name: &str, namespace: &Place) -> String {
    format!("{}@{}", printable(name), place(namespace))
}

fn end(end: &EndView) -> String {
    let mut text = at(&end.name, &end.namespace);
    for address in &end.addresses {
        text.push_str(&format!(" {address}"));
    }
    text.push_str(if end.up { " up" } else { " down" });
    text
}

fn fate_of(fate: &FateView, namespace: &Place, look: Look) -> String {
    if fate.action == "stay" {
        return reason(fate);
    }
    let what = match (fate.action, &fate.destination) {
        ("return" | "wiphy", Some(to)) => match &fate.name {
            Some(name) => format!("goes home to {}", at(name, to)),
            None => format!("goes home to {}", place(to)),
        },
        ("kernel" | "wiphy", _) => "is left to the kernel".to_owned(),
        (other, _) => other.to_owned(),
    };
    let what = Style::of_action(fate.action).paint(&what, look.color);
    let (when, why) = (place(namespace), reason(fate));
    format!("when {when} dies, it {what}: {why}")
}
