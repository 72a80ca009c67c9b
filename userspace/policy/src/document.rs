// SPDX-License-Identifier: GPL-2.0-only

//! `docs/SETTINGS.md` has a row for each setting, in the order of their numbers, and says how it is restored.
//! `docs/SURVIVES.md` says by which setting something is restored, or gives the words of the reason why it is not.

use crate::policy::settings::{Back, Row, ROWS};

const DOCUMENT: &str = include_str!("../../../docs/SETTINGS.md");
const SURVIVES: &str = include_str!("../../../docs/SURVIVES.md");
const PROMISES: &str = include_str!("../../../docs/PROMISES.md");

/// What is said of how a setting is restored; None for one that has a way of its own.
fn restored(row: &Row) -> Option<&'static str> {
    match row.back {
        Back::Both => Some("before the move by a kernel function, after it by RTM_SETLINK"),
        Back::Call => Some("before and after the move by a kernel function"),
        Back::Link | Back::Ip => Some("after the move by RTM_SETLINK"),
        Back::Pf => Some("before and after the move through the PF"),
        Back::Own => None,
    }
}

/// What is wrong with a table of settings.
fn mistakes(document: &str) -> Vec<String> {
    let lines = document.lines().filter(|line| line.starts_with("| "));
    let table: Vec<Vec<&str>> = lines
        .skip(1)
        .map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
        .collect();
    let names: Vec<&str> = table.iter().map(|cells| cells[0]).collect();
    let wanted: Vec<&str> = ROWS.iter().map(|row| row.setting.name).collect();
    let mut found = Vec::new();
    if names != wanted {
        let (names, wanted) = (names.join(" "), wanted.join(" "));
        found.push(format!(
            "the settings are\n{wanted}, in the document\n{names}"
        ));
    }
    for (cells, row) in table.iter().zip(&ROWS) {
        let told = cells.len() == 4 && cells.iter().all(|cell| !cell.is_empty());
        let right = restored(row).is_none_or(|words| cells.last() == Some(&words));
        if !told || !right {
            let words = restored(row).unwrap_or("in a way of its own");
            found.push(format!("{} is restored {words}", row.setting.name));
        }
    }
    found
}

#[test]
fn every_setting_has_its_row_and_every_row_its_setting() {
    let found = mistakes(DOCUMENT);
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn a_row_that_is_missing_too_much_or_wrong_is_found() {
    let row = DOCUMENT.lines().find(|line| line.starts_with("| mtu |"));
    let row = row.expect("the MTU").to_owned() + "\n";
    for other in [
        "".to_owned(),
        row.repeat(2),
        row.replace("mtu", "speed"),
        row.replace("after it by RTM_SETLINK", "never"),
    ] {
        assert!(
            !mistakes(&DOCUMENT.replace(&row, &other)).is_empty(),
            "{other}"
        );
    }
}

/// The names in backquotes.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

/// What is wrong with outcomes: those that are none, and the settings that nothing has.
fn wrong_outcomes(document: &str) -> Vec<String> {
    let (_, not_promised) = PROMISES.split_once("## Not promised").expect("a heading");
    let mut left: Vec<&str> = ROWS.iter().map(|row| row.setting.name).collect();
    let mut found = Vec::new();
    for line in document.lines().filter(|line| line.starts_with("| ")) {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let [_, what, move_, outcome, _, _] = cells.as_slice() else {
            found.push(format!("not four cells: {line}"));
            continue;
        };
        let right = match outcome.split_once(": ") {
            Some(("as it was" | "by a rule", settings)) => {
                let named = quoted(settings).count();
                let known = |name: &&str| ROWS.iter().any(|row| row.setting.name == *name);
                let right = named > 0 && quoted(settings).filter(known).count() == named;
                left.retain(|name| !quoted(settings).any(|other| other == *name));
                right
            }
            Some(("not restored", words)) => not_promised.contains(words),
            _ => *outcome == "only reported" || *what == "what",
        };
        if !right || move_.is_empty() {
            found.push(format!("{what}: no outcome is '{outcome}'"));
        }
    }
    if !left.is_empty() {
        found.push(format!("no row has {}", left.join(", ")));
    }
    found
}

#[test]
fn everything_that_survives_a_move_has_an_outcome_and_every_setting_restores_something() {
    let found = wrong_outcomes(SURVIVES);
    assert!(found.is_empty(), "{}", found.join("\n"));
    for (right, wrong) in [
        ("as it was: `mtu`", "as it was: `mru`"),
        ("as it was: `mtu`", "as it was: `group`"),
        ("not restored: IFLA_MAP", "not restored: IFLA_NAP"),
        ("not restored: IFLA_MAP", "later"),
    ] {
        assert!(
            !wrong_outcomes(&SURVIVES.replace(right, wrong)).is_empty(),
            "{wrong}"
        );
    }
}
