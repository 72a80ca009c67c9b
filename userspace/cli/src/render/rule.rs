// SPDX-License-Identifier: GPL-2.0-only

//! Rules, and files of them.

use super::table::{self, number, plain, text, Column};
use super::text::{list, or_absent, printable};
use super::{Look, Style};
use crate::view::{Checked, Loaded, RuleList, RuleView};

const RULES: [Column<RuleView>; 8] = [
    number("ID", |row| plain(row.id.to_string())),
    text("NAME", |row| plain(or_absent(row.name.as_ref()))),
    text("KIND", |row| plain(or_absent(row.kind.as_ref()))),
    text("CLASS", |row| plain(or_absent(row.class))),
    text("ACTION", |row| {
        (row.action.to_owned(), Style::of_action(row.action))
    }),
    text("TEMPLATE", |row| plain(or_absent(row.template.as_ref()))),
    text("RESTORE", |row| plain(restore(row))),
    number("HITS", |row| plain(row.hits.to_string())),
];

/// A table of rules.
pub(super) fn table(rules: &RuleList, look: Look) -> String {
    table::render(&RULES, &rules.rules, "rule", look)
}

fn restore(row: &RuleView) -> String {
    match row.restore_words.is_empty() {
        true => "none".to_owned(),
        false => list(&row.restore_words),
    }
}

/// What is wrong in a file, as compilers say it.
pub(super) fn checked(checked: &Checked, look: Look) -> String {
    let file = printable(&checked.file);
    if checked.mistakes.is_empty() {
        let good = Style::Good.paint("ok", look.color);
        return format!("{file}: {good}, {}\n", count(checked.rules));
    }
    checked
        .mistakes
        .iter()
        .map(|mistake| {
            let (line, column) = (mistake.line, mistake.column);
            let message = Style::Bad.paint(&printable(&mistake.message), look.color);
            format!("{file}:{line}:{column}: {message}\n")
        })
        .collect()
}

/// What a load has done.
pub(super) fn loaded(loaded: &Loaded) -> String {
    let (file, added, removed) = (printable(&loaded.file), loaded.added, loaded.removed);
    let rules = count(loaded.rules);
    format!("{file}: {rules} in force, {added} of them new, {removed} old removed\n")
}

fn count(rules: usize) -> String {
    match rules {
        1 => "1 rule".to_owned(),
        rules => format!("{rules} rules"),
    }
}
