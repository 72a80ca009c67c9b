// SPDX-License-Identifier: GPL-2.0-only

//! The rows of the lists, and their columns.

use std::cmp::Ordering;
use std::slice::from_ref;

use homeward_client::model::{Device, State};

use super::owners::Owned;
use super::rates::{Rate, Rates};
use crate::book::Place;
use crate::command::namespace;
use crate::render::device::{home, place};
use crate::render::table::{plain, Content};
use crate::render::text::{bytes, nanoseconds, or_absent, printable, span};
use crate::render::Style;

/// A row of a list: a namespace, a device or an owner, with its rates.
pub(super) struct Row<'a, T> {
    /// It.
    pub(super) it: &'a T,
    rate: Option<Rate>,
}

/// A column.
pub(super) struct Column<T: 'static> {
    /// Its header.
    pub(super) title: &'static str,
    /// How a cell is made.
    pub(super) cell: fn(&Row<'_, T>) -> Content,
    /// The number in it, if it has numbers.
    number: Option<fn(&Row<'_, T>) -> u64>,
}

impl<T> Column<T> {
    /// Whether it has numbers, the greatest of which come first.
    pub(super) fn is_numeric(&self) -> bool {
        self.number.is_some()
    }

    fn key(&self, row: &Row<'_, T>) -> Key {
        match self.number {
            Some(number) => Key::Number(number(row)),
            None => Key::Text((self.cell)(row).0),
        }
    }
}

/// What rows are sorted by.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Number(u64),
    Text(String),
}

/// Something that is listed.
pub(super) trait Listed: Sized + 'static {
    /// The columns of its list.
    const COLUMNS: &'static [Column<Self>];
    /// The namespace that it is or is in, or those that it has.
    fn cookies(&self) -> &[u64];
    /// Its rate, if that is known: that of its namespaces.
    fn rate(&self, rates: &Rates) -> Option<Rate> {
        rates.namespaces(self.cookies())
    }
    /// What is looked for in it.
    fn text(&self) -> String;
}

/// Those with a text in them, sorted by the column of that number.
pub(super) fn rows<'a, T: Listed>(
    all: impl IntoIterator<Item = &'a T>,
    rates: &Rates,
    filter: &str,
    sort: (usize, bool),
) -> Vec<Row<'a, T>> {
    let wanted = |it: &&T| filter.is_empty() || it.text().contains(filter);
    let row = |it: &'a T| Row {
        it,
        rate: it.rate(rates),
    };
    let mut rows: Vec<_> = all.into_iter().filter(wanted).map(row).collect();
    let (at, reverse) = sort;
    let Some(column) = T::COLUMNS.get(at) else {
        return rows;
    };
    rows.sort_by_cached_key(|row| {
        // The greatest number first, the first name first.
        Sorted(column.key(row), column.is_numeric() != reverse)
    });
    rows
}

/// A key, perhaps the other way round.
#[derive(PartialEq, Eq)]
struct Sorted(Key, bool);

impl Ord for Sorted {
    fn cmp(&self, other: &Self) -> Ordering {
        let order = self.0.cmp(&other.0);
        if self.1 {
            order.reverse()
        } else {
            order
        }
    }
}

impl PartialOrd for Sorted {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// A column in one row: header, `text` or its number, and the cell.
macro_rules! column {
    ($title:literal text, $cell:expr) => {
        Column {
            title: $title,
            cell: $cell,
            number: None,
        }
    };
    ($title:literal $key:expr, $cell:expr) => {
        Column {
            title: $title,
            cell: $cell,
            number: Some($key),
        }
    };
}

fn number(value: Option<impl Into<u64>>) -> u64 {
    // One that is not known is less than none.
    value.map_or(0, |value| value.into().saturating_add(1))
}

/// Bytes per second, or what stands for none that are known.
fn speed(rate: Option<u64>) -> Content {
    let style = match rate {
        Some(1..) => Style::Plain,
        _ => Style::Faint,
    };
    (or_absent(rate.map(bytes)), style)
}

fn rx<T>(row: &Row<'_, T>) -> Option<u64> {
    row.rate.map(|rate| rate.rx)
}

fn tx<T>(row: &Row<'_, T>) -> Option<u64> {
    row.rate.map(|rate| rate.tx)
}

/// The titles of columns that take the rates of all rows to sort by.
pub(super) const MEASURED: [&str; 2] = ["RX/s", "TX/s"];

impl Listed for namespace::Row {
    const COLUMNS: &'static [Column<Self>] = &[
        column!("NAMESPACE" text, |row| plain(printable(&row.it.label()))),
        column!("STATE" text, state),
        column!("AGE" | row | number(row.it.age_ns), |row| plain(or_absent(
            row.it.age_ns.map(span)
        ))),
        column!("DEVICES" | row | number(row.it.namespace.devices), |row| {
            plain(or_absent(row.it.namespace.devices))
        }),
        column!("AWAY" | row | number(row.it.namespace.away), |row| row
            .it
            .away()),
        column!("SOCKETS" | row | number(row.it.namespace.sockets), |row| {
            plain(or_absent(row.it.namespace.sockets))
        }),
        column!("RX/s" | row | number(rx(row)), |row| speed(rx(row))),
        column!("TX/s" | row | number(tx(row)), |row| speed(tx(row))),
    ];

    fn cookies(&self) -> &[u64] {
        from_ref(&self.namespace.cookie)
    }

    fn text(&self) -> String {
        let label = self.label();
        format!(
            "{label} {} {}",
            self.names.join(" "),
            self.namespace.state.name()
        )
    }
}

/// Where a namespace stands in its life, and for how long it has been dying.
fn state(row: &Row<'_, namespace::Row>) -> Content {
    let (word, style) = row.it.state();
    match (row.it.namespace.state, row.it.namespace.dying_for) {
        (State::Dying, Some(time)) => {
            let time = span(nanoseconds(time));
            (format!("{word} {time}"), style)
        }
        _ => (word, style),
    }
}

impl Listed for Device<Place> {
    const COLUMNS: &'static [Column<Self>] = &[
        column!("DEVICE" text, |row| plain(printable(&row.it.name))),
        column!("NAMESPACE" text, |row| plain(place(&row.it.namespace))),
        column!("KIND" text, |row| plain(or_absent(row.it.kind.as_ref()))),
        column!("STATE" text, link),
        column!("HOME" text, |row| (or_absent(home(row.it)), Style::Notable)),
        column!("RX/s" | row | number(rx(row)), |row| speed(rx(row))),
        column!("TX/s" | row | number(tx(row)), |row| speed(tx(row))),
    ];

    fn cookies(&self) -> &[u64] {
        from_ref(&self.namespace.cookie)
    }

    fn rate(&self, rates: &Rates) -> Option<Rate> {
        rates.device(self.namespace.cookie, self.ifindex)
    }

    fn text(&self) -> String {
        let kind = self.kind.as_deref().unwrap_or_default();
        format!("{}@{} {kind}", self.name, self.namespace.label())
    }
}

/// Whether a device is up, or stuck.
fn link(row: &Row<'_, Device<Place>>) -> Content {
    if let Some(trouble) = &row.it.stuck {
        let time = span(nanoseconds(trouble.waiting_for));
        return (format!("stuck {time}"), Style::Bad);
    }
    let names = row.it.flag_names();
    match (names.contains(&"up"), names.contains(&"lower-up")) {
        (true, true) => ("up".to_owned(), Style::Good),
        (true, false) => ("no-carrier".to_owned(), Style::Notable),
        (false, _) => ("down".to_owned(), Style::Faint),
    }
}

impl Listed for Owned {
    const COLUMNS: &'static [Column<Self>] = &[
        column!("OWNER" text, |row| (row.it.whose.text().to_owned(), row.it.style)),
        column!("NAMESPACES" | row | number(count(row)), |row| plain(
            or_absent(count(row))
        )),
        column!("DEVICES" | row | number(row.it.devices), |row| plain(
            or_absent(row.it.devices)
        )),
        column!("AWAY" | row | number(row.it.away), |row| {
            let style = match row.it.away {
                Some(1..) => Style::Notable,
                _ => Style::Plain,
            };
            (or_absent(row.it.away), style)
        }),
        column!("RX/s" | row | number(rx(row)), |row| speed(rx(row))),
        column!("TX/s" | row | number(tx(row)), |row| speed(tx(row))),
    ];

    fn cookies(&self) -> &[u64] {
        &self.cookies
    }

    fn text(&self) -> String {
        self.whose.text().to_owned()
    }
}

/// How many namespaces an owner has.
fn count(row: &Row<'_, Owned>) -> Option<u64> {
    row.it.cookies.len().try_into().ok()
}
