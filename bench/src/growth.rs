// SPDX-License-Identifier: GPL-2.0-only

//! How what something takes grows with the number of things there are.
//!
//! Different numbers of things are there at different times, minutes from each other, and a machine
//! that does other work may be half as quick by then. So each run is compared with a piece of work
//! that is always the same, done right before and right after it.

use crate::measure::Summary;
use std::hint::black_box;
use std::time::Instant;

/// What something took, several times, with so many things there.
#[derive(Clone, Debug, PartialEq)]
pub struct Point {
    /// How many.
    pub things: f64,
    /// Each time.
    pub runs: Vec<Run>,
}

/// What something took once.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Run {
    /// Seconds, for people.
    pub seconds: f64,
    /// How often the same piece of work could have been done meanwhile.
    pub standards: f64,
}

/// Does something that tells the seconds that it takes.
///
/// # Errors
///
/// Its own.
pub fn beside_standard<E>(work: impl FnOnce() -> Result<f64, E>) -> Result<Run, E> {
    beside(standard, work)
}

fn beside<E>(
    mut standard: impl FnMut() -> f64,
    work: impl FnOnce() -> Result<f64, E>,
) -> Result<Run, E> {
    let before = standard();
    let seconds = work()?;
    let standards = seconds * 2.0 / (before + standard());
    Ok(Run { seconds, standards })
}

/// Seconds for a piece of work that is always the same: some 20 ms on an emulated processor.
fn standard() -> f64 {
    let begun = Instant::now();
    let mut state = 1_u64;
    for _ in 0..3_000_000 {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        black_box(state);
    }
    begun.elapsed().as_secs_f64()
}

/// How the cost of one thing more grows with their number: 1 for a cost that is always the same,
/// which is to say a linear whole; the ratio of the sizes for a quadratic one. Of each run at the
/// smallest number, the largest and the one before it with each at the others, as no two of them
/// belong together; none with fewer than three numbers.
pub fn growth(points: &[Point]) -> Option<Summary> {
    let [first, .., near, far] = points else {
        return None;
    };
    let runs = |point: &Point| -> Vec<(f64, f64)> {
        let standards = point.runs.iter().map(|run| run.standards);
        standards.map(|took| (point.things, took)).collect()
    };
    let (near, far) = (runs(near), runs(far));
    let mut growths = Vec::new();
    for begin in runs(first) {
        for near in &near {
            let with = |far: &(f64, f64)| growth_once(begin, *near, *far);
            growths.extend(far.iter().filter_map(with));
        }
    }
    Summary::of(&growths)
}

/// The same of one run at each number.
///
/// Of the first, which stands for what it costs to begin at all, only the difference to it counts.
/// One that is less than half of it may be noise, and counts as that half: a cost that has hardly
/// shown by then is called bad only if it is many times the beginning in the end.
fn growth_once((n0, t0): (f64, f64), near: (f64, f64), far: (f64, f64)) -> Option<f64> {
    let each = |(n, t): (f64, f64)| (t - t0).max(t0 / 2.0) / (n - n0);
    let (near, far) = (each(near), each(far));
    (near > 0.0).then(|| far / near)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZES: [f64; 3] = [10.0, 100.0, 1000.0];

    fn near(a: Option<f64>, b: f64) {
        assert!(a.is_some_and(|a| (a - b).abs() < 1e-9), "{a:?} for {b}");
    }

    /// Whose runs take these standards at each of the sizes.
    fn points(standards: [&[f64]; 3]) -> Vec<Point> {
        let run = |standards: &f64| Run {
            seconds: 0.0,
            standards: *standards,
        };
        let point = |(things, standards): (f64, &[f64])| Point {
            things,
            runs: standards.iter().map(run).collect(),
        };
        SIZES.into_iter().zip(standards).map(point).collect()
    }

    #[test]
    fn linear_is_told_from_quadratic() {
        let of = |t: fn(f64) -> f64| {
            let [first, near, far] = SIZES.map(|n| (n, t(n)));
            growth_once(first, near, far)
        };
        near(of(|n| 50.0 + 3.0 * n), 1.0);
        assert!(of(|n| n * n).unwrap() > 9.0);
        assert!(of(|n| 1000.0 + n * n).unwrap() > 5.0);
        // Nothing but noise.
        assert!(of(|_| 20.0).unwrap() < 1.0);
        assert!(of(|n| if n == 1000.0 { 22.0 } else { 20.0 }).unwrap() < 1.0);
    }

    #[test]
    fn one_bad_run_is_not_what_counts() {
        let linear = [10.0, 100.0, 1000.0];
        let good = points([&[linear[0]; 3], &[linear[1]; 3], &[linear[2]; 3]]);
        near(growth(&good).map(|growth| growth.median), 1.0);
        let one_bad = points([&[10.0; 3], &[100.0; 3], &[1000.0, 9000.0, 1000.0]]);
        let growth = growth(&one_bad).unwrap();
        near(Some(growth.median), 1.0);
        // But it is seen.
        assert!(growth.high > 4.0, "{growth:?}");
    }

    #[test]
    fn without_three_sizes_there_is_no_growth() {
        let two = points([&[1.0], &[2.0], &[3.0]]);
        assert_eq!(growth(&two[..2]), None);
        assert_eq!(growth(&[]), None);
    }

    #[test]
    fn what_takes_twice_as_long_on_a_machine_half_as_quick_counts_the_same() {
        // It became slower at the end, and what was done meanwhile is in between.
        let mut standards = [1.0, 3.0].into_iter();
        let run = beside(|| standards.next().unwrap(), || Ok::<_, ()>(6.0)).unwrap();
        near(Some(run.standards), 3.0);
        near(Some(run.seconds), 6.0);
        let slower = beside(|| 4.0, || Ok::<_, ()>(12.0)).unwrap();
        near(Some(slower.standards), run.standards);
    }
}
