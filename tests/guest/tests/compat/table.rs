// SPDX-License-Identifier: GPL-2.0-only

//! The table of differences in docs/IP-NETNS.md, which is what people read and what the tests go by.

use crate::iproute2::Version;

const DOCUMENT: &str = include_str!("../../../../docs/IP-NETNS.md");
/// What can be decided.
const DECISIONS: [&str; 3] = ["as the newest", "as before", "as no `ip`"];

/// A row of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Row {
    /// Which versions of iproute2 do something else than `homeward netns`.
    versions: &'static str,
    pub(crate) what: &'static str,
    decision: &'static str,
    reason: &'static str,
}

/// All rows.
pub(crate) fn rows() -> impl Iterator<Item = Row> {
    let lines = DOCUMENT.lines().filter_map(|line| line.strip_prefix("| "));
    // Below the header and the line under that.
    lines.skip(1).map(|line| {
        let cells: Vec<&str> = line.trim_end_matches('|').split(" | ").collect();
        let [versions, what, decision, reason] = cells[..] else {
            panic!("four cells: {line}")
        };
        Row {
            versions,
            what,
            decision,
            reason,
        }
    })
}

impl Row {
    /// The row that says so.
    #[track_caller]
    pub(crate) fn of(what: &str) -> Self {
        let found = rows().find(|row| row.what == what);
        found.unwrap_or_else(|| panic!("not in docs/IP-NETNS.md: {what}"))
    }

    /// Whether it is about this version.
    pub(crate) fn is_about(&self, version: Version) -> bool {
        match self.versions.split_once(' ') {
            None => true,
            Some(("before", limit)) => version < Version::parse(limit),
            Some((_, first)) => version >= Version::parse(first),
        }
    }

    /// What is wrong with it.
    pub(crate) fn fault(&self) -> Option<&'static str> {
        let of = self
            .versions
            .split_once(' ')
            .map_or(self.versions, |it| it.0);
        if !["all", "before", "since"].contains(&of) {
            Some("versions are `all`, `before X.Y` or `since X.Y`")
        } else if !DECISIONS.contains(&self.decision) {
            Some("no such decision")
        } else if self.decision == "as the newest" && of != "before" {
            Some("only older versions differ where the newest is followed")
        } else if self.reason.trim().is_empty() {
            Some("no reason")
        } else {
            None
        }
    }
}
