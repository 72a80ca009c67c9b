// SPDX-License-Identifier: GPL-2.0-only

//! What a result is. The guest prints results, the host reads and keeps them.

use crate::measure::{
    Pairs,
    Summary, //
};
use serde::{
    Deserialize,
    Serialize, //
};
use std::collections::BTreeMap;

/// What a line begins with that is for the report; the rest of it is a [`Line`] in JSON.
pub const MARK: &str = "bench: ";

/// What the guest tells the report.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Line {
    /// Where it is measured: the first line.
    Machine(Machine),
    /// A result.
    Row(Box<Row>),
    /// A row that could not be measured, or not to its end.
    Failed(Failed),
    /// All rows have been: the last line.
    End,
}

/// The machine that the guest sees.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct Machine {
    /// Release of the kernel.
    pub kernel: String,
    /// What it says of its compilers.
    pub version: String,
    /// Its processor's name for itself.
    pub cpu: String,
    /// How many there are.
    pub cpus: usize,
    /// Memory in MiB.
    pub memory: u64,
    /// Whether the guest is emulated (tcg) or not (kvm).
    pub accel: String,
    /// Whether sizes are small and repetitions few.
    pub quick: bool,
}

/// Why there is no result.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Failed {
    /// Of which row.
    pub row: String,
    /// Why.
    pub reason: String,
}

/// What a measured value is.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unit {
    /// Ours divided by theirs.
    Ratio,
    /// Cost of one thing more where there are many, divided by that where there are few.
    Growth,
    /// Bytes for one thing.
    Bytes,
    /// Something that was counted.
    Count,
}

/// What was measured of one side.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Side {
    /// Whose it is.
    pub name: String,
    /// What the figures are: ms, KiB, calls.
    pub unit: String,
    /// One by one, in the order of the pairs.
    pub samples: Vec<f64>,
}

impl Side {
    /// A side with these samples.
    pub fn new(name: &str, unit: &str, samples: &[f64]) -> Self {
        Side {
            name: name.to_owned(),
            unit: unit.to_owned(),
            samples: samples.iter().copied().map(rounded).collect(),
        }
    }
}

/// One result. Less is better, in every unit.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Row {
    /// The point of the programme that it belongs to.
    pub row: String,
    /// What is measured.
    pub what: String,
    /// How many there were of what [`Row::sized`] says.
    pub size: Option<u64>,
    /// What [`Row::size`] counts.
    pub sized: String,
    /// What the value is.
    pub unit: Unit,
    /// The value: of ratios, the median of those of all pairs.
    pub value: f64,
    /// Its first quartile.
    pub low: f64,
    /// Its third quartile.
    pub high: f64,
    /// The ratio of the medians, where there are pairs.
    pub of_medians: Option<f64>,
    /// What is to be reached.
    pub target: Option<f64>,
    /// What it was made of: theirs, then ours.
    pub sides: Vec<Side>,
    /// What else is to be known.
    pub note: String,
}

/// What makes a row the same one in two runs.
pub type Key = (String, String, Option<u64>);

impl Row {
    /// A value without sides.
    pub fn new(row: &str, what: impl Into<String>, unit: Unit, value: Summary) -> Self {
        Row {
            row: row.to_owned(),
            what: what.into(),
            size: None,
            sized: String::new(),
            unit,
            value: rounded(value.median),
            low: rounded(value.low),
            high: rounded(value.high),
            of_medians: None,
            target: None,
            sides: Vec::new(),
            note: String::new(),
        }
    }

    /// The ratio of two sides, each a name; none where there is nothing to compare.
    pub fn ratio(
        row: &str,
        what: impl Into<String>,
        (theirs, ours): (&str, &str),
        unit: &str,
        pairs: &Pairs,
    ) -> Option<Self> {
        let mut made = Row::new(row, what, Unit::Ratio, pairs.summary()?);
        made.of_medians = pairs.ratio_of_medians().map(rounded);
        made.sides = vec![
            Side::new(theirs, unit, &pairs.a),
            Side::new(ours, unit, &pairs.b),
        ];
        Some(made)
    }

    /// With so many of something.
    #[must_use]
    pub fn size(mut self, size: u64, of: &str) -> Self {
        self.size = Some(size);
        self.sized = of.to_owned();
        self
    }

    /// To reach this.
    #[must_use]
    pub fn target(mut self, target: impl Into<Option<f64>>) -> Self {
        self.target = target.into();
        self
    }

    /// With something to be known.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.note = note.into();
        self
    }

    /// Whether the target is reached; nothing without one.
    pub fn reached(&self) -> Option<bool> {
        self.target.map(|target| self.value <= target)
    }

    /// Half of what the middle half of all pairs spans.
    pub fn spread(&self) -> f64 {
        (self.high - self.low).abs() / 2.0
    }

    /// What makes it the same one in two runs.
    pub fn key(&self) -> Key {
        (self.row.clone(), self.what.clone(), self.size)
    }
}

/// All that a run gave.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct Results {
    /// What the host says of itself, and of what was built.
    pub host: BTreeMap<String, String>,
    /// Where it was measured.
    pub machine: Machine,
    /// The results.
    pub rows: Vec<Row>,
    /// What could not be measured.
    pub failed: Vec<Failed>,
}

/// Six digits: what is behind them says nothing, and makes files large.
fn rounded(figure: f64) -> f64 {
    format!("{figure:.5e}").parse().unwrap_or(figure)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row() -> Row {
        let pairs = Pairs {
            a: vec![1.0, 1.0],
            b: vec![0.5, 0.7],
        };
        let row = Row::ratio("list", "lsns -t net", ("lsns", "homeward"), "ms", &pairs);
        row.unwrap().size(10, "namespaces").target(0.6)
    }

    #[test]
    fn every_line_survives_the_way() {
        let lines = [
            Line::Machine(Machine::default()),
            Line::Row(Box::new(row())),
            Line::Failed(Failed {
                row: "list".to_owned(),
                reason: "no memory".to_owned(),
            }),
            Line::End,
        ];
        for line in lines {
            let text = serde_json::to_string(&line).unwrap();
            assert_eq!(serde_json::from_str::<Line>(&text).unwrap(), line, "{text}");
        }
    }

    #[test]
    fn a_target_is_reached_at_it_and_below() {
        assert_eq!(row().reached(), Some(true));
        assert_eq!(row().target(0.59).reached(), Some(false));
        assert_eq!(row().target(None).reached(), None);
    }

    #[test]
    fn the_spread_is_half_of_the_middle_half() {
        assert!((row().spread() - 0.05).abs() < 1e-9);
    }
}
