// SPDX-License-Identifier: GPL-2.0-only

//! What is asked for.

use crate::rows;

/// What is asked for.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Options {
    /// Small sizes and few repetitions.
    pub(crate) quick: bool,
    /// Only these rows; all, if there are none.
    only: Vec<String>,
    /// These sizes and not each row's own.
    sizes: Vec<u64>,
    /// So many pairs and not each row's own number.
    repeat: Option<usize>,
}

impl Options {
    /// Of words such as `quick=1`.
    pub(crate) fn new(words: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut options = Options::default();
        for word in words {
            let (name, value) = word.split_once('=').unwrap_or((&word, ""));
            match name {
                "quick" => options.quick = value == "1",
                "only" => options.only = value.split(',').map(str::to_owned).collect(),
                "sizes" => options.sizes = numbers(value)?,
                "repeat" => options.repeat = Some(number(value)?),
                _ => return Err(format!("unknown word {word:?}")),
            }
        }
        let known = |name: &String| rows::ALL.iter().any(|(row, _)| row == name);
        match options.only.iter().find(|name| !known(name)) {
            Some(name) => Err(format!("there is no row {name:?}")),
            None => Ok(options),
        }
    }

    /// Whether this row is asked for.
    pub(crate) fn wants(&self, row: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|name| name == row)
    }

    /// The sizes to measure, in ascending order.
    pub(crate) fn sizes(&self, all: &[u64], quick: &[u64]) -> Vec<u64> {
        let mut sizes = match (self.sizes.is_empty(), self.quick) {
            (false, _) => self.sizes.clone(),
            (true, true) => quick.to_vec(),
            (true, false) => all.to_vec(),
        };
        sizes.sort_unstable();
        sizes
    }

    /// How many pairs to measure.
    pub(crate) fn pairs(&self, all: usize, quick: usize) -> usize {
        let own = if self.quick { quick } else { all };
        self.repeat.unwrap_or(own)
    }

    /// One of two numbers.
    pub(crate) fn number<T>(&self, all: T, quick: T) -> T {
        if self.quick {
            quick
        } else {
            all
        }
    }
}

fn numbers(text: &str) -> Result<Vec<u64>, String> {
    text.split(',').map(number).collect()
}

fn number<T: std::str::FromStr>(text: &str) -> Result<T, String> {
    text.parse().map_err(|_| format!("{text:?} is no number"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(words: &[&str]) -> Result<Options, String> {
        Options::new(words.iter().map(|&word| word.to_owned()))
    }

    #[test]
    fn without_words_all_rows_are_wanted_at_all_sizes() {
        let options = options(&[]).unwrap();
        assert!(rows::ALL.iter().all(|(name, _)| options.wants(name)));
        assert_eq!(options.sizes(&[100, 1], &[1]), [1, 100]);
        assert_eq!(options.pairs(9, 3), 9);
    }

    #[test]
    fn words_choose() {
        let options = options(&["quick=1", "only=death,list", "sizes=9,2", "repeat=4"]).unwrap();
        assert!(options.wants("list") && !options.wants("churn"));
        assert_eq!(options.sizes(&[100], &[1]), [2, 9]);
        assert_eq!(options.pairs(9, 3), 4);
    }

    #[test]
    fn what_is_not_known_is_refused() {
        assert!(options(&["only=nothing"]).is_err());
        assert!(options(&["sizes=many"]).is_err());
        assert!(options(&["fast"]).is_err());
    }
}
