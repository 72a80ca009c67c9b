// SPDX-License-Identifier: GPL-2.0-only

//! What every row needs: what is asked for, and a way to tell results.

use crate::error::{
    Error,
    Result, //
};
use crate::options::Options;
use homeward_bench::measure::Pairs;
use homeward_bench::result::{
    Line,
    Row,
    MARK, //
};

/// See above.
#[derive(Debug)]
pub(crate) struct Stage {
    /// What is asked for.
    pub(crate) options: Options,
}

/// A ratio to be told.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Told<'a> {
    /// The row.
    pub(crate) row: &'a str,
    /// What is measured.
    pub(crate) what: &'a str,
    /// With so many of what.
    pub(crate) size: Option<(u64, &'a str)>,
    /// Theirs and ours.
    pub(crate) sides: (&'a str, &'a str),
    /// What the figures are. Those in `ms` are given in seconds.
    pub(crate) unit: &'a str,
    /// What is to be reached.
    pub(crate) target: Option<f64>,
    /// What else is to be known.
    pub(crate) note: &'a str,
}

impl Stage {
    /// For what is asked for.
    pub(crate) fn new(options: Options) -> Self {
        Stage { options }
    }

    /// Tells the host.
    pub(crate) fn line(&self, line: &Line) {
        match serde_json::to_string(line) {
            Ok(text) => println!("{MARK}{text}"),
            // Then a row is missing, and its absence is seen.
            Err(error) => println!("cannot tell {line:?}: {error}"),
        }
    }

    /// Tells a result.
    pub(crate) fn tell(&self, row: Row) {
        let size = row.size.map_or_else(String::new, |size| format!(" {size}"));
        println!(
            "  {}: {}{size}: {} ({} .. {})",
            row.row, row.what, row.value, row.low, row.high
        );
        self.line(&Line::Row(Box::new(row)));
    }

    /// Tells a ratio, of pairs of theirs and ours.
    pub(crate) fn compare(&self, told: Told<'_>, pairs: &Pairs) -> Result<()> {
        let scale = if told.unit == "ms" { 1000.0 } else { 1.0 };
        let scaled = Pairs {
            a: pairs.a.iter().map(|figure| figure * scale).collect(),
            b: pairs.b.iter().map(|figure| figure * scale).collect(),
        };
        let row = Row::ratio(told.row, told.what, told.sides, told.unit, &scaled);
        let row = row.ok_or_else(|| Error::other(format!("{}: nothing to compare", told.what)))?;
        let mut row = row.target(told.target).note(told.note);
        if let Some((size, of)) = told.size {
            row = row.size(size, of);
        }
        self.tell(row);
        Ok(())
    }
}
