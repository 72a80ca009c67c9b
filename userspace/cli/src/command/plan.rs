// SPDX-License-Identifier: GPL-2.0-only

//! `plan NS`: what would happen to each device of a network namespace if it died now.

use clap::Args;
use homeward_client::model::{setting_name, Fate, Moved, Source};

use super::devices::{DeviceList, Row, IFINDEX, KIND, NAME};
use super::{Context, Verb};
use crate::book::Place;
use crate::error::Result;
use crate::exit::Status;
use crate::render::device::{place, reason, stuck};
use crate::render::table::{self, column, plain, Column, Content};
use crate::render::text::{list, or_absent, ABSENT};
use crate::render::Style;
use crate::selector::{help, Selector};

const EXAMPLES: &str = "\
Examples:
  homeward plan red
      Where each device of 'red' would go if it died now, and why.
  homeward plan pid:4711
      The same for the container that process 4711 is in.";

/// Show what would happen to each device of a network namespace if it died now.
#[derive(Debug, Args)]
#[command(after_help = table::help(EXAMPLES, &COLUMNS))]
pub(crate) struct Plan {
    #[arg(value_name = "NS", help = help("Which network namespace"))]
    namespace: Selector,
}

const COLUMNS: [Column<Row>; 9] = [
    NAME,
    IFINDEX,
    KIND,
    column!("fate.action" "ACTION" Text "what would happen to it", action),
    column!("fate.destination" "DESTINATION" Object "where it would go", |row| plain(destination(row))),
    column!("fate.name" "NEW-NAME" Text "its name there", |row| plain(or_absent(fate(row).and_then(|fate| fate.name.as_ref())))),
    column!("fate.moved" "IF-MOVED" Text "what would be restored if somebody else brought it home", |row| plain(or_absent(fate(row).and_then(|fate| fate.moved).map(Moved::name)))),
    column!("fate.settings" "VALUES" List "what settings are to be, if a rule or the baseline says so", |row| plain(settings(row))),
    column!("fate.reason" "REASON" Text "why", |row| plain(why(row))),
];

impl Verb for Plan {
    fn namespaces(&self) -> Vec<&Selector> {
        vec![&self.namespace]
    }

    fn run(self, context: &Context) -> Result<Status> {
        let what = format!("cannot show the fates in namespace {}", self.namespace);
        let list = DeviceList::ask(context, Some(&self.namespace), &what)?;
        context.print_list(&list, &list.devices, |look| {
            table::render(&COLUMNS, &list.devices, "device", look)
        })
    }
}

fn fate(row: &Row) -> Option<&Fate<Place>> {
    row.fate.as_ref()
}

fn action(row: &Row) -> Content {
    let action = fate(row).map_or(ABSENT, |fate| fate.action.name());
    (action.to_owned(), Style::of_action(action))
}

fn destination(row: &Row) -> String {
    let to = fate(row).and_then(|fate| fate.destination.as_ref());
    or_absent(to.map(place))
}

/// Each value that a rule fixes; the many of a baseline by one word.
fn settings(row: &Row) -> String {
    let all = fate(row).map(|fate| fate.settings.as_slice());
    let all = all.unwrap_or_default();
    let fixed = all.iter().filter(|one| one.source == Source::Rule);
    let mut words: Vec<String> = fixed
        .map(|one| {
            format!(
                "{}={}",
                setting_name(one.setting),
                one.value.brief(one.setting)
            )
        })
        .collect();
    if all.iter().any(|one| one.source == Source::Baseline) {
        words.push("baseline".to_owned());
    }
    list(&words)
}

fn why(row: &Row) -> String {
    let trouble = || row.stuck.as_ref().map(stuck);
    or_absent(fate(row).map(reason).or_else(trouble))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{book, check_columns, devices, golden_data, TEXT};

    /// The devices are as `devices` prints them.
    #[test]
    fn a_plan_as_text_and_json() {
        let list = DeviceList {
            namespace: Some(book().place(4711)),
            complete: true,
            namespaces: Vec::new(),
            devices: Vec::new(),
        };
        let rows: Vec<_> = devices().into_iter().map(Row::from).collect();
        let text = table::render(&COLUMNS, &rows, "device", TEXT);
        golden_data("plan", text, &list);
        check_columns(&COLUMNS, &rows);
    }
}
