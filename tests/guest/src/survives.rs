// SPDX-License-Identifier: GPL-2.0-only

//! docs/SURVIVES.md: what becomes of everything that somebody can change of a device.

const DOCUMENT: &str = include_str!("../../../docs/SURVIVES.md");

/// What is said of something that can be changed.
#[derive(Debug)]
pub struct Outcome {
    /// What it is called where it comes from.
    pub what: &'static str,
    /// The settings that restore it.
    pub settings: Vec<&'static str>,
    /// Whether the document says that it is not restored.
    pub is_lost: bool,
}

/// The table below a heading.
#[must_use]
pub fn outcomes(heading: &str) -> Vec<Outcome> {
    let (_, below) = DOCUMENT
        .split_once(&format!("## {heading}\n"))
        .expect("a heading of docs/SURVIVES.md");
    let section = below.split("\n## ").next().unwrap_or_default();
    let rows = section
        .lines()
        .filter(|line| line.starts_with("| "))
        .skip(1);
    rows.map(|row| {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        Outcome {
            what: cells[1],
            settings: match cells[3].starts_with("as it was: ") {
                true => cells[3].split('`').skip(1).step_by(2).collect(),
                false => Vec::new(),
            },
            is_lost: cells[3].starts_with("not restored: "),
        }
    })
    .collect()
}

/// What the document says of something; nothing may be new.
///
/// # Panics
///
/// If it has no row.
#[track_caller]
#[must_use]
pub fn outcome<'a>(all: &'a [Outcome], what: &str) -> &'a Outcome {
    let found = all.iter().find(|one| one.what == what);
    found.unwrap_or_else(|| panic!("'{what}' is new: what becomes of it? See docs/SURVIVES.md"))
}
