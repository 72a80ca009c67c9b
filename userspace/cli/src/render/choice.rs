// SPDX-License-Identifier: GPL-2.0-only

//! Which columns of a table are shown, and in which order its rows.

use std::cmp::Reverse;

use clap::Args;
use serde::Serialize;
use serde_json::Value;

use super::table::{self, column, plain, Column};
use crate::command::Context;
use crate::error::{Failure, Result};
use crate::exit::Status;
use crate::printable::printable;

/// Options of verbs that print a table.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct Choice {
    /// Show these columns, in this order; after a +, these besides the usual ones.
    #[arg(short = 'o', long, value_name = "[+]COL,...")]
    output: Option<String>,
    /// Sort by this column.
    #[arg(long, value_name = "COL")]
    sort: Option<String>,
    /// Reverse the order.
    #[arg(short, long)]
    reverse: bool,
    /// List the columns that can be shown.
    #[arg(long = "list-columns")]
    list: bool,
}

/// A column, for those who ask which there are.
#[derive(Debug, Serialize)]
struct Row {
    column: &'static str,
    key: &'static str,
    help: &'static str,
}

const COLUMNS: [Column<Row>; 3] = [
    column!("column" "COLUMN" Text "its header", |row| plain(name(row.column))),
    column!("key" "KEY" Text "where its value is in JSON", |row| plain(row.key)),
    column!("help" "WHAT" Text "what it says", |row| plain(row.help)),
];

/// What orders rows: what is absent comes last.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Number(i128),
    Text(String),
    Absent,
}

impl Choice {
    /// Lists the columns, if that is wanted.
    pub(crate) fn list<T>(&self, context: &Context, all: &[Column<T>]) -> Option<Result<Status>> {
        let rows: Vec<Row> = all
            .iter()
            .map(|column| Row {
                column: column.title,
                key: column.key,
                help: column.help,
            })
            .collect();
        self.list.then(|| {
            context.print_list(&rows, &rows, |look| {
                table::render(&COLUMNS, &rows, "column", look)
            })
        })
    }

    /// Whether no columns are asked for.
    pub(crate) fn is_usual(&self) -> bool {
        self.output.is_none()
    }

    /// The columns that are shown.
    pub(crate) fn columns<T>(
        &self,
        all: &[Column<T>],
        usual: &[Column<T>],
    ) -> Result<Vec<Column<T>>> {
        let Some(output) = &self.output else {
            return Ok(usual.to_vec());
        };
        let (mut columns, names) = match output.strip_prefix('+') {
            Some(more) => (usual.to_vec(), more),
            None => (Vec::new(), output.as_str()),
        };
        for name in names.split(',') {
            columns.push(find(all, name)?);
        }
        Ok(columns)
    }

    /// Whether a value, or one in it, is needed: shown in one of these columns, or sorted by.
    pub(crate) fn needs<T>(
        &self,
        shown: &[Column<T>],
        all: &[Column<T>],
        key: &str,
    ) -> Result<bool> {
        let sorted = self.sort.as_ref().map(|name| find(all, name)).transpose()?;
        let mut columns = shown.iter().copied().chain(sorted);
        let is_in = |rest: &str| rest.is_empty() || rest.starts_with('.');
        Ok(columns.any(|column| column.key.strip_prefix(key).is_some_and(is_in)))
    }

    /// Puts rows in order.
    pub(crate) fn sort<T: Serialize>(&self, all: &[Column<T>], rows: &mut [T]) -> Result<()> {
        if let Some(name) = &self.sort {
            let column = find(all, name)?;
            rows.sort_by_cached_key(|row| key(&column, row));
            if self.reverse {
                // Those that are the same stay in their order.
                rows.sort_by_cached_key(|row| Reverse(key(&column, row)));
            }
        } else if self.reverse {
            rows.reverse();
        }
        Ok(())
    }
}

/// How a column is typed.
fn name(title: &str) -> String {
    title.replace(' ', "-")
}

fn find<T>(all: &[Column<T>], wanted: &str) -> Result<Column<T>> {
    let is_it = |column: &&Column<T>| {
        name(column.title).eq_ignore_ascii_case(wanted) || column.key == wanted
    };
    all.iter().find(is_it).copied().ok_or_else(|| {
        let names: Vec<String> = all.iter().map(|column| name(column.title)).collect();
        let (wanted, names) = (printable(wanted), names.join(", "));
        Failure::usage(format!("there is no column '{wanted}': there are {names}"))
    })
}

/// What orders a row: a number or a text of JSON, of what is larger its cell.
fn key<T: Serialize>(column: &Column<T>, row: &T) -> Key {
    let json = serde_json::to_value(row).unwrap_or_default();
    let mut value = &json;
    for key in column.key.split('.') {
        let inner = match key.strip_suffix("[]") {
            Some(list) => value.get(list).and_then(|list| list.get(0)),
            None => value.get(key),
        };
        value = inner.unwrap_or(&Value::Null);
    }
    match value {
        Value::Null => Key::Absent,
        Value::Number(number) => {
            let number = number
                .as_i64()
                .map(i128::from)
                .or(number.as_u64().map(i128::from));
            Key::Number(number.unwrap_or_default())
        }
        Value::String(text) => Key::Text(text.clone()),
        Value::Array(list) if list.is_empty() => Key::Absent,
        _ => Key::Text((column.cell)(row).0),
    }
}

#[cfg(test)]
mod tests {
    use super::{column, *};

    #[derive(Serialize)]
    struct Thing {
        number: Option<u64>,
        name: &'static str,
    }

    const ALL: [Column<Thing>; 3] = [
        column!("number" "N" Number "", |row| plain(format!("{:?}", row.number))),
        column!("name" "A NAME" Text "", |row| plain(row.name)),
        column!("name" "SECOND" Text "", |row| plain(row.name)),
    ];

    fn choice(output: Option<&str>, sort: Option<&str>, reverse: bool) -> Choice {
        Choice {
            output: output.map(str::to_owned),
            sort: sort.map(str::to_owned),
            reverse,
            list: false,
        }
    }

    fn titles(output: Option<&str>) -> Vec<&'static str> {
        let columns = choice(output, None, false).columns(&ALL, &ALL[..1]);
        columns.unwrap().iter().map(|column| column.title).collect()
    }

    #[test]
    fn columns_are_chosen_by_their_headers_or_keys_instead_of_the_usual_ones_or_besides_them() {
        assert_eq!(titles(None), ["N"]);
        assert_eq!(titles(Some("+a-name")), ["N", "A NAME"]);
        assert_eq!(titles(Some("SECOND,number")), ["SECOND", "N"]);
        for wrong in ["x", "", "+", "n,,n"] {
            let failure = choice(Some(wrong), None, false).columns(&ALL, &ALL[..1]);
            let failure = failure.err().unwrap();
            assert_eq!(failure.status, Status::Usage);
            assert!(
                failure.text.contains("there are N, A-NAME, SECOND"),
                "{}",
                failure.text
            );
        }
    }

    #[test]
    fn rows_are_sorted_by_value_and_those_without_come_last() {
        let sorted = |sort, reverse| {
            let mut things = [(Some(10), "b"), (None, "c"), (Some(9), "a"), (Some(9), "d")]
                .map(|(number, name)| Thing { number, name });
            choice(None, sort, reverse).sort(&ALL, &mut things).unwrap();
            things.iter().map(|thing| thing.name).collect::<String>()
        };
        assert_eq!(sorted(None, false), "bcad");
        assert_eq!(sorted(None, true), "dacb");
        assert_eq!(sorted(Some("n"), false), "adbc");
        assert_eq!(sorted(Some("n"), true), "cbad");
        assert_eq!(sorted(Some("a-name"), false), "abcd");
    }

    #[test]
    fn what_is_only_sorted_by_is_needed_too() {
        let needs = |choice: Choice| choice.needs(&ALL[1..], &ALL, "number").unwrap();
        assert!(!needs(choice(None, None, false)));
        assert!(needs(choice(None, Some("N"), false)));
    }
}
