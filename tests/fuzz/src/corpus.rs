// SPDX-License-Identifier: GPL-2.0-only

//! The requests that are kept, because each reaches code that no other one does.

use std::collections::{BTreeSet, HashSet};
use std::fmt;
use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};

use crate::tree::{self, Attr};

/// Those that are kept in the repository; what they were about is long gone.
const KEPT: &str = include_str!("../corpus/requests.txt");

/// A request without the numbers of its sender and of the family.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Shape {
    pub(crate) command: u8,
    pub(crate) dump: bool,
    /// The attributes.
    pub(crate) body: Vec<u8>,
}

impl Shape {
    pub(crate) fn new(command: u8, dump: bool, attributes: &[Attr]) -> Self {
        let mut body = Vec::new();
        tree::encode(attributes, &mut body);
        Shape {
            command,
            dump,
            body,
        }
    }

    /// The attributes, if they are any.
    pub(crate) fn attributes(&self) -> Option<Vec<Attr>> {
        tree::decode(&self.body)
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let how = if self.dump { "dump" } else { "do" };
        write!(f, "{} {how}", self.command)?;
        if !self.body.is_empty() {
            write!(f, " ")?;
        }
        for byte in &self.body {
            write!(f, "{byte:02x}")?;
        }
        Ok(())
    }
}

impl FromStr for Shape {
    type Err = String;

    fn from_str(line: &str) -> Result<Self, String> {
        let wrong = || format!("not a request of the corpus: {line:?}");
        let mut words = line.split(' ');
        let mut word = || words.next().ok_or_else(wrong);
        let (command, how) = (word()?, word()?);
        // Without attributes there is no word for them.
        let digits = words.next().unwrap_or_default();
        let byte = |at| {
            let digits = digits.get(at..at + 2)?;
            u8::from_str_radix(digits, 16).ok()
        };
        let body: Option<Vec<u8>> = (0..digits.len()).step_by(2).map(byte).collect();
        Ok(Shape {
            command: command.parse().map_err(|_| wrong())?,
            dump: match how {
                "do" => false,
                "dump" => true,
                _ => return Err(wrong()),
            },
            body: body.ok_or_else(wrong)?,
        })
    }
}

/// A request, and where in the module it has been.
#[derive(Debug)]
struct Find {
    shape: Shape,
    reached: Vec<u64>,
}

/// See above.
#[derive(Debug)]
pub(crate) struct Corpus {
    inner: Mutex<Inner>,
}

#[derive(Debug)]
struct Inner {
    /// All that requests are made from.
    shapes: Arc<Vec<Shape>>,
    finds: Vec<Find>,
    reached: HashSet<u64>,
}

impl Corpus {
    /// What the repository has.
    pub(crate) fn kept() -> Result<Self, String> {
        let lines = KEPT.lines().filter(|line| !line.starts_with('#'));
        let shapes: Result<Vec<Shape>, String> = lines.map(str::parse).collect();
        let inner = Inner {
            shapes: Arc::new(shapes?),
            finds: Vec::new(),
            reached: HashSet::new(),
        };
        Ok(Corpus {
            inner: Mutex::new(inner),
        })
    }

    fn inner(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// All that requests are made from.
    pub(crate) fn shapes(&self) -> Arc<Vec<Shape>> {
        Arc::clone(&self.inner().shapes)
    }

    /// Keeps a request if it has been where no other one has.
    pub(crate) fn offer(&self, shape: Shape, trace: HashSet<u64>) {
        let mut inner = self.inner();
        let before = inner.reached.len();
        inner.reached.extend(&trace);
        if inner.reached.len() == before {
            return;
        }
        if !inner.shapes.contains(&shape) {
            Arc::make_mut(&mut inner.shapes).push(shape.clone());
        }
        let reached = trace.into_iter().collect();
        inner.finds.push(Find { shape, reached });
    }

    /// Everywhere that requests have been, in order.
    pub(crate) fn reached(&self) -> Vec<u64> {
        BTreeSet::from_iter(self.inner().reached.iter().copied())
            .into_iter()
            .collect()
    }

    /// As few as possible that have been everywhere: always the one that adds most, as it comes
    /// very near the least and is quick.
    pub(crate) fn fewest(&self) -> Vec<Shape> {
        let inner = self.inner();
        let mut missing = inner.reached.clone();
        let mut fewest: Vec<Shape> = Vec::new();
        while !missing.is_empty() {
            let adds = |find: &&Find| {
                let new = find.reached.iter().filter(|place| missing.contains(place));
                (new.count(), usize::MAX - find.shape.body.len())
            };
            let Some(best) = inner.finds.iter().max_by_key(adds) else {
                break;
            };
            for place in &best.reached {
                missing.remove(place);
            }
            fewest.push(best.shape.clone());
        }
        fewest.sort_by_key(|shape| (shape.command, shape.dump, shape.body.clone()));
        // The same one may have been in more than one place.
        fewest.dedup();
        fewest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_can_be_read() {
        let kept = Corpus::kept().expect("the corpus").shapes();
        assert!(!kept.is_empty());
        for shape in kept.iter() {
            assert_eq!(shape.to_string().parse().as_ref(), Ok(shape));
        }
    }

    #[test]
    fn the_fewest_have_been_everywhere() {
        let corpus = Corpus::kept().expect("the corpus");
        let shape = |command| Shape::new(command, false, &[]);
        corpus.offer(shape(1), HashSet::from([10, 11]));
        corpus.offer(shape(2), HashSet::from([12]));
        // Nothing new.
        corpus.offer(shape(3), HashSet::from([10, 12]));
        corpus.offer(shape(4), HashSet::from([10, 11, 12, 13]));
        assert_eq!(corpus.reached(), [10, 11, 12, 13]);
        assert_eq!(corpus.fewest(), [shape(4)]);
    }
}
