// SPDX-License-Identifier: GPL-2.0-only

//! How two things are compared on a machine that does other work, too.
//!
//! They are done by turns, as A B B A A B B A: what the machine does meanwhile, and what it slowly
//! becomes, falls upon both alike. Each A is compared with the B beside it. Of these ratios the
//! median counts, and the quartiles say how far it is to be trusted.

/// What was measured of two things, by turns: the entries of the same number are a pair.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Pairs {
    /// Of the thing that is compared with.
    pub a: Vec<f64>,
    /// Of the thing that is compared.
    pub b: Vec<f64>,
}

/// The middle of some figures, and the middle half of them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Summary {
    /// The median.
    pub median: f64,
    /// The first quartile.
    pub low: f64,
    /// The third quartile.
    pub high: f64,
}

impl Pairs {
    /// Of two lists of whatever was measured, the figure that `of` finds in it.
    pub fn of<T>(a: &[T], b: &[T], of: impl Fn(&T) -> f64) -> Self {
        Pairs {
            a: a.iter().map(&of).collect(),
            b: b.iter().map(&of).collect(),
        }
    }

    /// B divided by A, of each pair. A pair whose A is nothing says nothing.
    pub fn ratios(&self) -> Vec<f64> {
        let pairs = self.a.iter().zip(&self.b);
        pairs
            .filter(|(a, _)| **a > 0.0)
            .map(|(a, b)| b / a)
            .collect()
    }

    /// The median of the ratios, with its quartiles; none without a pair.
    pub fn summary(&self) -> Option<Summary> {
        Summary::of(&self.ratios())
    }

    /// The median of B divided by the median of A: another view of the same.
    pub fn ratio_of_medians(&self) -> Option<f64> {
        let (a, b) = (median(&self.a)?, median(&self.b)?);
        (a > 0.0).then(|| b / a)
    }
}

impl Summary {
    /// Of these figures; none of none.
    pub fn of(figures: &[f64]) -> Option<Self> {
        Some(Summary {
            median: quantile(figures, 0.5)?,
            low: quantile(figures, 0.25)?,
            high: quantile(figures, 0.75)?,
        })
    }

    /// Of one figure that was not repeated.
    pub fn exact(figure: f64) -> Self {
        Summary {
            median: figure,
            low: figure,
            high: figure,
        }
    }
}

/// The median; none of nothing.
pub fn median(figures: &[f64]) -> Option<f64> {
    quantile(figures, 0.5)
}

/// The figure below which this part of all figures is, between two of them if need be.
pub fn quantile(figures: &[f64], part: f64) -> Option<f64> {
    let mut sorted = figures.to_vec();
    sorted.sort_by(f64::total_cmp);
    let place = part.clamp(0.0, 1.0) * count(sorted.len().checked_sub(1)?);
    let below = sorted.iter().zip(0_u32..).find_map(|(figure, at)| {
        let rest = place - f64::from(at);
        (rest < 1.0).then_some((*figure, at, rest))
    });
    let (figure, at, rest) = below?;
    let next = usize::try_from(at).ok().and_then(|at| sorted.get(at + 1));
    Some(next.map_or(figure, |next| figure + (next - figure) * rest))
}

/// A number of things as a figure; the numbers here are small enough to be exact.
pub fn count(things: usize) -> f64 {
    f64::from(u32::try_from(things).unwrap_or(u32::MAX))
}

/// Does `a` and `b` so many times each, by turns; first once each for nothing if `warm`.
///
/// # Errors
///
/// The first that either of them has.
pub fn alternate<T, E>(
    pairs: usize,
    warm: bool,
    mut a: impl FnMut() -> Result<T, E>,
    mut b: impl FnMut() -> Result<T, E>,
) -> Result<(Vec<T>, Vec<T>), E> {
    if warm {
        a()?;
        b()?;
    }
    let (mut first, mut second) = (Vec::new(), Vec::new());
    for pair in 0..pairs {
        if pair % 2 == 0 {
            first.push(a()?);
            second.push(b()?);
        } else {
            second.push(b()?);
            first.push(a()?);
        }
    }
    Ok((first, second))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(a: Option<f64>, b: f64) {
        assert!(a.is_some_and(|a| (a - b).abs() < 1e-9), "{a:?} for {b}");
    }

    #[test]
    fn the_median_is_the_middle_whatever_the_order() {
        near(median(&[3.0, 1.0, 2.0]), 2.0);
        near(median(&[4.0, 1.0, 3.0, 2.0]), 2.5);
        near(median(&[7.0]), 7.0);
        assert_eq!(median(&[]), None);
    }

    #[test]
    fn quantiles_lie_between_figures() {
        let figures: Vec<f64> = (0..=100).map(f64::from).collect();
        near(quantile(&figures, 0.99), 99.0);
        near(quantile(&figures, 1.0), 100.0);
        near(quantile(&[0.0, 10.0], 0.25), 2.5);
    }

    #[test]
    fn a_ratio_is_that_of_pairs_and_not_of_all() {
        // The machine became three times slower meanwhile: no difference for the ratio.
        let pairs = Pairs {
            a: vec![1.0, 2.0, 3.0],
            b: vec![2.0, 4.0, 6.0],
        };
        let summary = pairs.summary().unwrap();
        assert_eq!(summary, Summary::exact(2.0));
        near(pairs.ratio_of_medians(), 2.0);
    }

    #[test]
    fn one_outlier_does_not_move_the_ratio() {
        let pairs = Pairs {
            a: vec![1.0; 5],
            b: vec![1.0, 1.0, 1.0, 1.0, 90.0],
        };
        near(pairs.summary().map(|all| all.median), 1.0);
    }

    #[test]
    fn nothing_to_compare_with_gives_no_ratio() {
        let pairs = Pairs {
            a: vec![0.0],
            b: vec![1.0],
        };
        assert_eq!(pairs.summary(), None);
        assert_eq!(Pairs::default().ratio_of_medians(), None);
    }

    #[test]
    fn turns_are_taken_as_a_b_b_a() {
        let order = std::cell::RefCell::new(String::new());
        let step = |word: char| {
            order.borrow_mut().push(word);
            Ok::<_, ()>(word)
        };
        let (a, b) = alternate(3, true, || step('a'), || step('b')).unwrap();
        assert_eq!(order.into_inner(), "abab".to_owned() + "baab");
        assert_eq!((a.len(), b.len()), (3, 3));
    }

    #[test]
    fn an_error_ends_the_turns() {
        let result = alternate(3, false, || Ok(1), || Err("no"));
        assert_eq!(result, Err("no"));
    }
}
