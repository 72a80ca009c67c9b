// SPDX-License-Identifier: GPL-2.0-only

//! The grammar of `ip netns`.
//!
//! `ip OPTIONS netns WORDS` may be written so, too, with `homeward` for `ip`; or as `homeward netns
//! OPTIONS WORDS`; or as `ip-netns OPTIONS WORDS` where a link with that name leads to this program.

mod number;
mod options;
#[cfg(test)]
mod properties;
mod script;
#[cfg(test)]
mod tests;
mod verbs;

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use crate::error::Failure;
use crate::exit::Status;
use crate::request::netns::{Invocation, Work};

pub(crate) use script::{lines, Line};
pub(crate) use verbs::script_line;

use verbs::parse as verb;

/// The text of `ip netns help`.
pub(crate) const USAGE: &str = "\
Usage:\tip netns list
\tip netns add NAME
\tip netns attach NAME PID
\tip netns set NAME NETNSID
\tip [-all] netns delete [NAME]
\tip netns identify [PID]
\tip netns pids NAME
\tip [-all] netns exec [NAME] cmd ...
\tip netns monitor
\tip netns list-id [target-nsid POSITIVE-INT] [nsid POSITIVE-INT]
NETNSID := auto | POSITIVE-INT";

/// Names of this program that stand for `ip netns`, with and without a hyphen (as iproute2 has it).
const LINKS: [&str; 2] = ["ip-netns", "ipnetns"];

/// What comes after `netns`, if this command line is one of `ip netns`.
pub(crate) fn words(line: &[OsString]) -> Option<Vec<OsString>> {
    let (program, line) = line.split_first()?;
    if LINKS
        .map(OsStr::new)
        .map(Some)
        .contains(&Path::new(program).file_name())
    {
        return Some(line.to_vec());
    }
    let (_, rest) = options::parse(line);
    let (before, rest) = line.split_at_checked(line.len().checked_sub(rest.ok()?.len())?)?;
    let (_, rest) = rest.split_first().filter(|(verb, _)| *verb == "netns")?;
    // The help of this program, and not the option for sizes that nobody uses.
    if matches!(rest, [word] if word == "-h" || word == "--help") {
        return None;
    }
    // An option before the verb has the same effect after it.
    let before = match before {
        [before @ .., last] if last == "--" => before,
        all => all,
    };
    Some([before, rest].concat())
}

/// What comes after `netns` and before it, if a command line that this program's own grammar does not
/// know is one of `ip netns` with something wrong before `netns`. `known` are the verbs of the own
/// grammar.
pub(crate) fn misspelt(line: &[OsString], known: impl Fn(&OsStr) -> bool) -> Option<Vec<OsString>> {
    let (_, line) = line.split_first()?;
    let at = line.iter().position(|word| word == "netns")?;
    let (before, rest) = line.split_at_checked(at)?;
    if before.is_empty() || before.iter().any(|word| known(word)) {
        return None;
    }
    Some([before, rest.get(1..)?].concat())
}

/// Reads what comes after `netns`.
pub(crate) fn parse(line: &[OsString], json: bool) -> Invocation {
    let (mut options, rest) = options::parse(line);
    options.format.json |= json;
    let work = rest.and_then(|words| {
        if options.version {
            return Ok(Work::Version);
        }
        if let Some((file, force)) = options.script() {
            return Ok(Work::Script(file, force));
        }
        verb(words, options.all).map(Work::Verb)
    });
    Invocation {
        enter: options.enter,
        all: options.all,
        format: options.format,
        work,
    }
}

/// Whether `word` is `whole` or the beginning of it.
fn matches(word: &OsStr, whole: &str) -> bool {
    !word.is_empty() && whole.as_bytes().starts_with(word.as_bytes())
}

/// A refusal that `ip` ends with at once.
fn refuse(text: impl ToString) -> Failure {
    Failure::bare(Status::Netns, text)
}

fn usage() -> Failure {
    Failure::lines(Status::Netns, USAGE)
}

fn wrong(word: &OsStr, why: &str) -> Failure {
    let word = Path::new(word).display();
    refuse(format!("Error: argument \"{word}\" is wrong: {why}"))
}

fn required(what: &str) -> Failure {
    refuse(format!("Error: argument \"{what}\" is required"))
}

fn incomplete() -> Failure {
    refuse("Command line is not complete. Try option \"help\"")
}
