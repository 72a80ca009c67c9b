// SPDX-License-Identifier: GPL-2.0-only

//! The options of `ip` that come before its verbs.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use super::verbs::unsigned;
use super::{incomplete, matches, refuse, required, usage, wrong, Format};
use crate::error::{Failure, Result};

/// What the options ask for.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Options {
    /// Namespaces to enter, one after the other.
    pub(super) enter: Vec<OsString>,
    pub(super) all: bool,
    pub(super) format: Format,
    /// Asks who this is, which ends everything.
    pub(super) version: bool,
    force: bool,
    file: Option<OsString>,
}

impl Options {
    /// The file with commands to run, and whether to go on after one that fails.
    pub(super) fn script(&mut self) -> Option<(OsString, bool)> {
        Some((self.file.take()?, self.force))
    }
}

/// An option of `ip`.
#[derive(Debug, Clone, Copy)]
enum Meaning {
    /// Changes nothing that `netns` prints.
    Nothing,
    /// The same, with a value after it.
    Number,
    Family,
    Receive,
    Version,
    Force,
    Batch,
    Json,
    Pretty,
    Help,
    Netns,
    All,
}

/// In the order in which `ip` compares: the first that begins as typed is meant.
const TABLE: [(&str, Meaning); 26] = [
    ("-loops", Meaning::Number),
    ("-family", Meaning::Family),
    ("=-4", Meaning::Nothing),
    ("=-6", Meaning::Nothing),
    ("=-0", Meaning::Nothing),
    ("=-M", Meaning::Nothing),
    ("=-B", Meaning::Nothing),
    ("-human-readable", Meaning::Nothing),
    ("-iec", Meaning::Nothing),
    ("-stats", Meaning::Nothing),
    ("-statistics", Meaning::Nothing),
    ("-details", Meaning::Nothing),
    ("-resolve", Meaning::Nothing),
    ("-oneline", Meaning::Nothing),
    ("-timestamp", Meaning::Nothing),
    ("-tshort", Meaning::Nothing),
    ("-Version", Meaning::Version),
    ("-force", Meaning::Force),
    ("-batch", Meaning::Batch),
    ("-brief", Meaning::Nothing),
    ("-json", Meaning::Json),
    ("-pretty", Meaning::Pretty),
    ("-rcvbuf", Meaning::Receive),
    ("-help", Meaning::Help),
    ("-netns", Meaning::Netns),
    ("-Numeric", Meaning::Nothing),
];

/// Reads options up to the first word that is none; the rest is what comes after them, or what is
/// wrong with them.
pub(super) fn parse(line: &[OsString]) -> (Options, Result<&[OsString]>) {
    let mut options = Options::default();
    let rest = read(&mut options, line);
    (options, rest)
}

fn read<'a>(options: &mut Options, mut line: &'a [OsString]) -> Result<&'a [OsString]> {
    while let Some((word, rest)) = line.split_first() {
        if word == "--" {
            return Ok(rest);
        }
        if !word.as_bytes().starts_with(b"-") {
            break;
        }
        line = rest;
        let mut value = |missing: fn() -> Failure| {
            let (value, rest) = line.split_first().ok_or_else(missing)?;
            line = rest;
            Ok(value)
        };
        match meaning(word)? {
            Meaning::Nothing => {}
            Meaning::Number => drop(value(|| required("loop count"))?),
            Meaning::Family => family(value(|| required("family type"))?)?,
            Meaning::Receive => receive(value(|| required("rcvbuf size"))?)?,
            Meaning::Version => {
                options.version = true;
                return Ok(&[]);
            }
            Meaning::Force => options.force = true,
            Meaning::Batch => options.file = Some(value(|| required("batch file"))?.clone()),
            Meaning::Json => options.format.json = true,
            Meaning::Pretty => options.format.pretty = true,
            Meaning::Help => return Err(usage()),
            Meaning::Netns => options.enter.push(value(incomplete)?.clone()),
            Meaning::All => options.all = true,
        }
    }
    Ok(line)
}

fn meaning(word: &OsStr) -> Result<Meaning> {
    let bytes = word.as_bytes();
    // Two hyphens are as good as one.
    let word = match bytes.strip_prefix(b"-") {
        Some(rest) if rest.starts_with(b"-") => OsStr::from_bytes(rest),
        _ => word,
    };
    for (name, meaning) in TABLE {
        let found = match name.strip_prefix('=') {
            Some(name) => word == name,
            None => matches(word, name),
        };
        // Where it stands in ip's order.
        if matches!(meaning, Meaning::Help) && is_color(word) {
            return Ok(Meaning::Nothing);
        }
        if found {
            return Ok(meaning);
        }
    }
    if matches(word, "-all") {
        return Ok(Meaning::All);
    }
    if word == "-echo" {
        return Ok(Meaning::Nothing);
    }
    let word = Path::new(word).display();
    Err(refuse(format!(
        "Option \"{word}\" is unknown, try \"ip -help\"."
    )))
}

fn is_color(word: &OsStr) -> bool {
    let mut parts = word.as_bytes().splitn(2, |byte| *byte == b'=');
    let name = parts.next().unwrap_or_default();
    let when = parts.next().unwrap_or_default();
    matches(OsStr::from_bytes(name), "-color")
        && [b"".as_slice(), b"always", b"auto", b"never"].contains(&when)
}

fn family(word: &OsStr) -> Result<()> {
    match word.as_bytes() {
        b"help" => Err(usage()),
        b"inet" | b"inet6" | b"link" | b"mpls" | b"bridge" => Ok(()),
        _ => Err(wrong(word, "invalid protocol family")),
    }
}

fn receive(word: &OsStr) -> Result<()> {
    let shown = Path::new(word).display();
    match unsigned(word) {
        Some(_) => Ok(()),
        None => Err(refuse(format!("Invalid rcvbuf size '{shown}'"))),
    }
}
