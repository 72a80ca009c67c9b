// SPDX-License-Identifier: GPL-2.0-only

//! In which lines of a file something was found.

use std::ops::Range;

use super::Mistake;

/// Finds the lines of what was found.
pub(super) fn in_order(text: &str, mut found: Vec<(Range<usize>, String)>) -> Vec<Mistake> {
    found.sort_by_key(|(place, _)| place.start);
    let mut cursor = Cursor::new(text);
    let mut mistakes: Vec<Mistake> = found
        .into_iter()
        .map(|(place, message)| {
            cursor.advance(place.start);
            Mistake {
                line: cursor.line,
                column: cursor.column,
                message,
            }
        })
        .collect();
    mistakes.sort();
    mistakes.dedup();
    mistakes
}

/// A place in a text that only moves on, so that a file with a mistake in each line is read once.
struct Cursor<'t> {
    rest: &'t str,
    offset: usize,
    line: usize,
    column: usize,
}

impl<'t> Cursor<'t> {
    fn new(text: &'t str) -> Self {
        Cursor {
            rest: text,
            offset: 0,
            line: 1,
            column: 1,
        }
    }

    /// Moves on to a byte, or to the end.
    fn advance(&mut self, offset: usize) {
        let (passed, rest) = self
            .rest
            .split_at_checked(offset.saturating_sub(self.offset))
            .unwrap_or((self.rest, ""));
        for letter in passed.chars() {
            self.column += 1;
            if letter == '\n' {
                (self.line, self.column) = (self.line + 1, 1);
            }
        }
        self.offset += passed.len();
        self.rest = rest;
    }
}
