// SPDX-License-Identifier: GPL-2.0-only

//! What verbs did that change something.

use super::device::{at, place};
use super::text::{list, or_absent, span};
use super::{Look, Style};
use crate::view::{EndView, Pair, RecallView, RecalledView, Waited};

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

fn end(end: &EndView) -> String {
    let mut text = at(&end.name, &end.namespace);
    for address in &end.addresses {
        text.push_str(&format!(" {address}"));
    }
    text.push_str(if end.up { " up" } else { " down" });
    text
}
