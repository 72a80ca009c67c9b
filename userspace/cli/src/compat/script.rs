// SPDX-License-Identifier: GPL-2.0-only

//! The lines of a file for `-batch`.

use std::ffi::{OsStr, OsString};
use std::io::{self, BufRead};
use std::os::unix::ffi::OsStrExt;

use crate::error::{Failure, Result};
use crate::exit::Status;

const SPACE: &[u8] = b" \t\r\n";
const MAX_WORDS: usize = 511;

/// A line that is not empty.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Line {
    /// Its number in the file; that of the last one if it is continued.
    pub(crate) number: usize,
    /// Its words.
    pub(crate) words: Vec<OsString>,
}

/// Reads lines one by one. What is after `#` is left out; `\` at the end continues on the next line.
pub(crate) fn lines(mut file: impl BufRead) -> impl Iterator<Item = Result<Line>> {
    let mut number = 0;
    std::iter::from_fn(move || loop {
        let line = match whole_line(&mut file, &mut number) {
            Ok(Some(line)) => line,
            Ok(None) => return None,
            Err(error) => {
                let text = format!("cannot read commands: {error}");
                return Some(Err(Failure::failed(text)));
            }
        };
        match split(&line) {
            Ok(words) if words.is_empty() => {}
            Ok(words) => return Some(Ok(Line { number, words })),
            Err(text) => return Some(Err(Failure::bare(Status::Failed, text))),
        }
    })
}

fn whole_line(file: &mut impl BufRead, number: &mut usize) -> io::Result<Option<Vec<u8>>> {
    let mut line = Vec::new();
    loop {
        let mut part = Vec::new();
        if file.read_until(b'\n', &mut part)? == 0 {
            // A line that was to be continued and is not is none.
            return Ok(None);
        }
        *number += 1;
        if let Some(start) = part.iter().position(|byte| *byte == b'#') {
            part.truncate(start);
        }
        match part.strip_suffix(b"\\\n") {
            Some(part) => line.extend_from_slice(part),
            None => {
                line.extend_from_slice(&part);
                return Ok(Some(line));
            }
        }
    }
}

/// Divides a line into words; those in quotes may have spaces.
fn split(mut line: &[u8]) -> std::result::Result<Vec<OsString>, &'static str> {
    let mut words = Vec::new();
    loop {
        let start = line.iter().position(|byte| !SPACE.contains(byte));
        let Some(rest) = start.and_then(|start| line.get(start..)) else {
            return Ok(words);
        };
        if words.len() == MAX_WORDS {
            return Err("Too many arguments to command");
        }
        let (word, rest) = match rest.split_first() {
            Some((quote @ (b'\'' | b'"'), rest)) => {
                cut(rest, |byte| byte == quote).ok_or("Unterminated quoted string")?
            }
            _ => cut(rest, |byte| SPACE.contains(byte)).unwrap_or((rest, &[])),
        };
        words.push(OsStr::from_bytes(word).to_owned());
        line = rest;
    }
}

/// What is before the first byte that ends it, and what is after that.
fn cut(bytes: &[u8], ends: impl Fn(&u8) -> bool) -> Option<(&[u8], &[u8])> {
    let end = bytes.iter().position(ends)?;
    let (before, after) = bytes.split_at_checked(end)?;
    Some((before, after.get(1..).unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<(usize, Vec<String>)> {
        let line = |line: Result<Line>| {
            let Line { number, words } = line.unwrap();
            let words = words.into_iter().map(|word| word.into_string().unwrap());
            (number, words.collect())
        };
        lines(text.as_bytes()).map(line).collect()
    }

    #[test]
    fn comments_quotes_and_continued_lines_are_read_as_ip_does() {
        let text = "# first\n\nnetns add red # here\nnetns \\\nadd 'a b' \"c\"d\n  netns\tlist";
        let words = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect();
        let expected: Vec<(usize, Vec<String>)> = vec![
            (3, words(&["netns", "add", "red"])),
            (5, words(&["netns", "add", "a b", "c", "d"])),
            (6, words(&["netns", "list"])),
        ];
        assert_eq!(read(text), expected);
        assert_eq!(read("netns add \\\n"), []);
    }

    #[test]
    fn a_quote_without_end_is_refused() {
        let mut lines = lines("netns add 'red\n".as_bytes());
        let failure = lines.next().unwrap().unwrap_err();
        assert_eq!(failure.text, "Unterminated quoted string");
    }
}
