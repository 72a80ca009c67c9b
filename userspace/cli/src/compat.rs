// SPDX-License-Identifier: GPL-2.0-only

//! The grammar of `ip netns`.
//!
//! `ip OPTIONS netns WORDS` may be written so, too, with `homeward` for `ip`; or as `homeward netns
//! OPTIONS WORDS`; or as `ip-netns OPTIONS WORDS` where a link with that name leads to this program.

mod options;
mod script;
#[cfg(test)]
mod tests;
mod verbs;

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::time::Duration;

use homeward_netns::Name;

use crate::command::exec::Dress;
use crate::error::{Failure, Result};
use crate::exit::Status;

pub(crate) use script::{lines, Line};
pub(crate) use verbs::script_line;

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

/// A command line of `ip netns`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Invocation {
    /// Namespaces to enter first, one after the other: they come before what may be wrong with the
    /// rest.
    pub(crate) enter: Vec<OsString>,
    /// Whether it is about all names; also in the lines of a script.
    pub(crate) all: bool,
    /// How output looks.
    pub(crate) format: Format,
    /// What to do.
    pub(crate) work: Result<Work>,
}

/// How output looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Format {
    /// As JSON.
    pub(crate) json: bool,
    /// JSON on several lines.
    pub(crate) pretty: bool,
}

/// What to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Work {
    /// Print the version.
    Version,
    /// Do what the lines of a file say, and perhaps go on after one that fails.
    Script(OsString, bool),
    /// One thing.
    Verb(IpVerb),
}

/// One name, or all of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Which {
    /// This one.
    One(Name),
    /// All.
    All,
}

/// A verb of `ip netns`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum IpVerb {
    /// Print all names.
    List,
    /// Print ids.
    ListId {
        /// Those that the namespace with this id gives.
        target: Option<i32>,
        /// Only this one.
        nsid: Option<i32>,
    },
    /// Make a namespace.
    Add(Name),
    /// Give a name to the namespace of a process.
    Attach(Name, i32),
    /// Give an id to the namespace of a name; without one the kernel chooses it.
    Set(Name, Option<u32>),
    /// Take names away, and wait for so long for their namespaces to be gone.
    Delete(Which, Option<Duration>),
    /// Print the name of the namespace of a process.
    Identify(OsString),
    /// Print the processes in a namespace.
    Pids(Name),
    /// Run a command.
    Exec(Which, Dress, Vec<OsString>),
    /// Print names that come and go.
    Monitor,
    /// Print how it is used.
    Help,
}

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
    let (_, rest) = rest
        .split_first()
        .filter(|(verb, _)| matches(verb, "netns"))?;
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
        verbs::parse(words, options.all).map(Work::Verb)
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
