// SPDX-License-Identifier: GPL-2.0-only

//! What verbs did that change something.

use super::device::{at, place};
use super::text::span;
use crate::view::{EndView, Pair, Waited};

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
