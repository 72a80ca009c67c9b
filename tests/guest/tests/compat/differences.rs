// SPDX-License-Identifier: GPL-2.0-only

//! What is not the same on purpose.

use crate::program::{Outcome, Program};
use crate::script::{Script, Step};

/// A part of what comes of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Stdout,
    Stderr,
    Status,
}

/// From whom it differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum From {
    /// Every `ip`.
    Both,
    /// That of the host, where it is an older one; the newest is followed.
    Host,
}

impl From {
    fn is(self, with: Program) -> bool {
        match self {
            From::Both => true,
            From::Host => with == Program::Ip,
        }
    }
}

/// Where, what, from whom, and why. A line is meant by the script that it is in and by what it contains.
type Difference = (&'static str, &'static str, Part, From, &'static str);

const TABLE: &[Difference] = &[
    (
        "-all add with",
        "add",
        Part::Stderr,
        From::Both,
        "with -all, ip does not look at the name and tries to make a file elsewhere",
    ),
    (
        "-all pids with",
        "pids",
        Part::Stderr,
        From::Both,
        "with -all, ip opens what is no name",
    ),
    (
        "-all pids with",
        "pids",
        Part::Status,
        From::Both,
        "with -all, ip takes the directory itself for an empty namespace",
    ),
    (
        "files that are no namespaces",
        "list",
        Part::Stderr,
        From::Both,
        "ip asks twice about each name, so it complains twice",
    ),
    (
        "a link to another name",
        "list",
        Part::Stderr,
        From::Both,
        "ip asks twice about each name, so it complains twice",
    ),
    (
        "something that cannot be deleted",
        "list",
        Part::Stderr,
        From::Both,
        "ip asks twice about each name, so it complains twice",
    ),
    (
        "ids of many names, and names of what is no network namespace",
        "list",
        Part::Stderr,
        From::Both,
        "ip asks twice about each name, so it complains twice",
    ),
    (
        "exec in all with a file that is no namespace",
        "exec",
        Part::Stdout,
        From::Host,
        "where one cannot be entered, the child of iproute2 before 6.9 goes on as if it were the parent",
    ),
    (
        "a link to nothing in /etc",
        "cat",
        Part::Stdout,
        From::Both,
        "ip cannot put a file over a link to nothing",
    ),
    (
        "a link to nothing in /etc",
        "cat",
        Part::Stderr,
        From::Both,
        "ip cannot put a file over a link to nothing",
    ),
    (
        "a link to nothing in /etc",
        "cat",
        Part::Status,
        From::Both,
        "ip cannot put a file over a link to nothing",
    ),
    (
        "an id there",
        "| list-id target-nsid 1",
        Part::Stdout,
        From::Both,
        "ip takes the id there for one here, and prints the name of another namespace",
    ),
    (
        "ids",
        "nsid -5",
        Part::Stderr,
        From::Both,
        "ip shows the next word as wrong, and (null) when there is none",
    ),
    (
        "options that are wrong",
        "-he",
        Part::Stderr,
        From::Both,
        "ip shows the usage of all that it works on",
    ),
    (
        "options that are wrong",
        "-f help",
        Part::Stderr,
        From::Both,
        "ip shows the usage of all that it works on",
    ),
    (
        "scripts for -batch",
        "-b /tmp |",
        Part::Stderr,
        From::Both,
        "ip takes a directory for an empty file",
    ),
    (
        "scripts for -batch",
        "-b /tmp |",
        Part::Status,
        From::Both,
        "ip takes a directory for an empty file",
    ),
];

/// Which differences were met.
pub(crate) struct Differences {
    with: Program,
    met: Vec<bool>,
}

impl Differences {
    /// From this one.
    pub(crate) fn with(with: Program) -> Self {
        let met = vec![false; TABLE.len()];
        Differences { with, met }
    }

    /// Makes the two equal where they are not on purpose.
    pub(crate) fn forgive(
        &mut self,
        script: &str,
        line: &str,
        theirs: Outcome,
        mut ours: Outcome,
    ) -> (Outcome, Outcome) {
        // Since iproute2 6.4 nothing is said of why `set` failed; that helps nobody.
        let open = "Cannot open network namespace";
        if line.contains("| s") && theirs.stderr.is_empty() && ours.stderr.starts_with(open) {
            ours.stderr.clear();
        }
        for ((name, text, part, from, _), met) in TABLE.iter().zip(&mut self.met) {
            if !from.is(self.with) || !script.contains(name) || !line.contains(text) {
                continue;
            }
            let (theirs, ours) = match part {
                Part::Stdout => (&theirs.stdout, &mut ours.stdout),
                Part::Stderr => (&theirs.stderr, &mut ours.stderr),
                Part::Status => (&theirs.status, &mut ours.status),
            };
            if theirs != ours {
                *met = true;
                ours.clone_from(theirs);
            }
        }
        (theirs, ours)
    }

    /// Tells of differences that were none: versions of iproute2 differ, too.
    pub(crate) fn tell_unmet(&self, scripts: &[Script]) {
        for ((name, text, part, from, why), met) in TABLE.iter().zip(&self.met) {
            let here = scripts.iter().any(|script| {
                let invoked = script.steps.iter().any(
                    |step| matches!(step, Step::Invoke(line) if line.to_string().contains(text)),
                );
                script.name.contains(name) && invoked
            });
            if here && from.is(self.with) && !met {
                println!("summary: no difference here: {name}, {text}, {part:?}: {why}");
            }
        }
    }
}
