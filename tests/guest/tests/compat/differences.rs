// SPDX-License-Identifier: GPL-2.0-only

//! What is not the same on purpose.

use crate::program::Outcome;
use crate::script::{Script, Step};

/// A part of what comes of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Stdout,
    Stderr,
    Status,
}

/// Where, what, and why. A line is meant by the script that it is in and by what it contains.
type Difference = (&'static str, &'static str, Part, &'static str);

const TABLE: &[Difference] = &[
    (
        "-all add with",
        "add",
        Part::Stderr,
        "with -all, ip does not look at the name and tries to make a file elsewhere",
    ),
    (
        "-all pids with",
        "pids",
        Part::Stderr,
        "with -all, ip opens what is no name",
    ),
    (
        "-all pids with",
        "pids",
        Part::Status,
        "with -all, ip takes the directory itself for an empty namespace",
    ),
    (
        "files that are no namespaces",
        "list",
        Part::Stderr,
        "ip asks twice about each name, so it complains twice",
    ),
    (
        "a link to another name",
        "list",
        Part::Stderr,
        "ip asks twice about each name, so it complains twice",
    ),
    (
        "something that cannot be deleted",
        "list",
        Part::Stderr,
        "ip asks twice about each name, so it complains twice",
    ),
    (
        "ids of many names, and names of what is no network namespace",
        "list",
        Part::Stderr,
        "ip asks twice about each name, so it complains twice",
    ),
    (
        "exec in all with a file that is no namespace",
        "exec",
        Part::Stdout,
        "where one cannot be entered, the child of iproute2 before 6.5 goes on as if it were the parent",
    ),
    (
        "a link to nothing in /etc",
        "cat",
        Part::Stdout,
        "ip cannot put a file over a link to nothing",
    ),
    (
        "a link to nothing in /etc",
        "cat",
        Part::Stderr,
        "ip cannot put a file over a link to nothing",
    ),
    (
        "a link to nothing in /etc",
        "cat",
        Part::Status,
        "ip cannot put a file over a link to nothing",
    ),
    (
        "an id there",
        "| list-id target-nsid 1",
        Part::Stdout,
        "ip takes the id there for one here, and prints the name of another namespace",
    ),
    (
        "ids",
        "nsid -5",
        Part::Stderr,
        "ip shows the next word as wrong, and (null) when there is none",
    ),
    (
        "options that are wrong",
        "-he",
        Part::Stderr,
        "ip shows the usage of all that it works on",
    ),
    (
        "options that are wrong",
        "-f help",
        Part::Stderr,
        "ip shows the usage of all that it works on",
    ),
    (
        "scripts for -batch",
        "-b /tmp |",
        Part::Stderr,
        "ip takes a directory for an empty file",
    ),
    (
        "scripts for -batch",
        "-b /tmp |",
        Part::Status,
        "ip takes a directory for an empty file",
    ),
];

/// Which differences were met.
#[derive(Default)]
pub(crate) struct Differences {
    met: Vec<bool>,
}

impl Differences {
    /// Makes the two equal where they are not on purpose.
    pub(crate) fn forgive(
        &mut self,
        script: &str,
        line: &str,
        theirs: Outcome,
        mut ours: Outcome,
    ) -> (Outcome, Outcome) {
        self.met.resize(TABLE.len(), false);
        // Newer versions of iproute2 do not say why `set` failed; those that do are followed.
        let open = "Cannot open network namespace";
        if line.contains("| s") && theirs.stderr.is_empty() && ours.stderr.starts_with(open) {
            ours.stderr.clear();
        }
        for ((name, text, part, _), met) in TABLE.iter().zip(&mut self.met) {
            if !script.contains(name) || !line.contains(text) {
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
        for ((name, text, part, why), met) in TABLE.iter().zip(&self.met) {
            let here = scripts.iter().any(|script| {
                let invoked = script.steps.iter().any(
                    |step| matches!(step, Step::Invoke(line) if line.to_string().contains(text)),
                );
                script.name.contains(name) && invoked
            });
            if here && !met {
                println!("summary: no difference here: {name}, {text}, {part:?}: {why}");
            }
        }
    }
}
