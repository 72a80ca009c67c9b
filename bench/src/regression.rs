// SPDX-License-Identifier: GPL-2.0-only

//! Whether anything became worse than it was in the results that were committed last.

use crate::result::{
    Key,
    Results,
    Row,
    Unit, //
};
use std::collections::BTreeMap;

/// By how much a value may be worse and still be the same: besides what both spread.
pub const TOLERANCE: f64 = 0.15;

/// A row that became worse.
#[derive(Clone, Debug, PartialEq)]
pub struct Worse {
    /// Which one.
    pub row: Row,
    /// What its value was.
    pub before: f64,
    /// What it might have been.
    pub allowed: f64,
}

/// What came of the comparison.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Comparison {
    /// How many rows are in both.
    pub compared: usize,
    /// Those of them that became worse.
    pub worse: Vec<Worse>,
}

/// Compares what is in `now` with the same in any of `before`. Ratios and the like only, and no
/// times: those are the machine's.
///
/// Of several results before, each row has the room that the worst of them gives: a few runs show
/// by how much a row differs from one to the next, of which the spread within one says little.
pub fn compare(before: &[Results], now: &Results, tolerance: f64) -> Comparison {
    let mut known: BTreeMap<Key, Vec<&Row>> = BTreeMap::new();
    for row in before.iter().flat_map(|results| &results.rows) {
        known.entry(row.key()).or_default().push(row);
    }
    let mut comparison = Comparison::default();
    let quick = now.machine.quick;
    for row in now.rows.iter().filter(|row| !quick || is_steady(row)) {
        let Some(old) = known.get(&row.key()) else {
            continue;
        };
        comparison.compared += 1;
        let largest = |values: &dyn Fn(&Row) -> f64| {
            old.iter().map(|old| values(old)).fold(f64::MIN, f64::max)
        };
        let allowed = largest(&|old| allowed(old, row, tolerance));
        if row.value > allowed {
            comparison.worse.push(Worse {
                row: row.clone(),
                before: largest(&|old| old.value),
                allowed,
            });
        }
    }
    comparison
}

/// Whether a row of a quick run is worth to be compared. How the cost grows between small sizes,
/// the bytes for a few, and what was measured once are noise: a growth of 0.96 and of 13 was seen.
fn is_steady(row: &Row) -> bool {
    let often = |row: &Row| row.sides.iter().all(|side| side.samples.len() >= 3);
    row.unit == Unit::Count || (row.unit == Unit::Ratio && often(row))
}

/// The most that a value may be.
fn allowed(before: &Row, now: &Row, tolerance: f64) -> f64 {
    before.value * (1.0 + tolerance) + before.spread() + now.spread()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::Summary;

    fn results(rows: &[(&str, f64, f64)]) -> Results {
        let row = |&(what, value, spread): &(&str, f64, f64)| {
            let summary = Summary {
                median: value,
                low: value - spread,
                high: value + spread,
            };
            Row::new("list", what, Unit::Ratio, summary).size(10, "namespaces")
        };
        Results {
            rows: rows.iter().map(row).collect(),
            ..Results::default()
        }
    }

    fn worse(before: &[(&str, f64, f64)], now: &[(&str, f64, f64)]) -> usize {
        compare(&[results(before)], &results(now), TOLERANCE)
            .worse
            .len()
    }

    #[test]
    fn an_equal_ratio_passes() {
        assert_eq!(worse(&[("a", 1.0, 0.0)], &[("a", 1.0, 0.0)]), 0);
    }

    #[test]
    fn a_better_ratio_passes() {
        assert_eq!(worse(&[("a", 1.0, 0.0)], &[("a", 0.2, 0.0)]), 0);
    }

    #[test]
    fn a_worse_ratio_fails() {
        assert_eq!(worse(&[("a", 1.0, 0.0)], &[("a", 1.2, 0.0)]), 1);
    }

    #[test]
    fn one_within_the_tolerance_passes() {
        assert_eq!(worse(&[("a", 1.0, 0.0)], &[("a", 1.14, 0.0)]), 0);
    }

    #[test]
    fn what_spreads_is_given_more_room() {
        assert_eq!(worse(&[("a", 1.0, 0.1)], &[("a", 1.3, 0.1)]), 0);
        assert_eq!(worse(&[("a", 1.0, 0.1)], &[("a", 1.4, 0.1)]), 1);
    }

    #[test]
    fn the_first_hole_in_a_sequence_fails() {
        assert_eq!(worse(&[("holes", 0.0, 0.0)], &[("holes", 1.0, 0.0)]), 1);
    }

    #[test]
    fn the_worst_of_several_runs_counts() {
        let before = [results(&[("a", 1.0, 0.0)]), results(&[("a", 2.0, 0.0)])];
        let worse = |value| compare(&before, &results(&[("a", value, 0.0)]), TOLERANCE).worse;
        assert_eq!(worse(2.2), []);
        assert_eq!(worse(2.4)[0].before, 2.0);
    }

    #[test]
    fn what_is_not_steady_is_compared_in_whole_runs_only() {
        let with = |value, quick| {
            let mut results = results(&[("a", value, 0.0)]);
            results.rows[0].unit = Unit::Growth;
            results.machine.quick = quick;
            results
        };
        let worse = |quick| compare(&[with(1.0, quick)], &with(9.0, quick), TOLERANCE).worse;
        assert_eq!((worse(true).len(), worse(false).len()), (0, 1));
    }

    #[test]
    fn only_what_is_in_both_is_compared() {
        let (before, now) = (results(&[("a", 1.0, 0.0)]), results(&[("b", 9.0, 0.0)]));
        assert_eq!(compare(&[before], &now, TOLERANCE), Comparison::default());
    }

    #[test]
    fn another_size_is_another_row() {
        let (before, mut now) = (results(&[("a", 1.0, 0.0)]), results(&[("a", 9.0, 0.0)]));
        now.rows[0].size = Some(1000);
        assert_eq!(compare(&[before], &now, TOLERANCE).compared, 0);
    }
}
