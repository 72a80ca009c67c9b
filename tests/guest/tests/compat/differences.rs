// SPDX-License-Identifier: GPL-2.0-only

//! Where the rows of the table of differences are to be seen.

use crate::iproute2::Version;
use crate::program::Outcome;
use crate::script::{Line, Script, Step};
use crate::surroundings;
use crate::table::{self, Row};

/// A part of what comes of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Stdout,
    Stderr,
    Status,
    /// What is in /run/netns afterwards.
    Names,
    /// They say nothing, and ours begins so.
    Why(&'static str),
    /// All of the system's state at the end of the script.
    End,
}

use Part::{End, Names, Status, Stderr, Stdout, Why};

/// A line is meant by the script that it is in, and by what it contains.
type Place = (&'static str, &'static str, &'static [Part]);

const TWICE_TOLD: &str = "`list` prints the same message twice for each name that it cannot open";
const HELP: &str = "`-help` prints the usage of the whole `ip`";
const NO_NAME: &str = "`-n` without a value opens `(null)`";
const ALL_NAME: &str = "`-all` with `add` and `pids`: the name is not checked";
const LINK_IN_ETC: &str =
    "`exec`: a file in /etc/netns/NAME for which /etc has a link to nothing is an error";
const LINK_DELETED: &str = "`delete` of a symbolic link unmounts what it leads to";
const NOT_REMOVED: &str = "`delete` unmounts a name that it cannot remove then";
const LEFT: &str = "first `add` that fails: /run/netns stays mounted on itself";
const TARGET: &str = "`list-id target-nsid`: an id there is taken for one here";
const NULL: &str = "`list-id nsid -5` shows the next word as the wrong one, or `(null)`";
const FOLDER: &str = "`-batch` takes a directory for an empty file";
const CHILD: &str =
    "`-all exec`: the child goes on as if it were the parent where it cannot enter a namespace";
const NO_VALUE: &str = "`-l`, `-f`, `-b`, `-rc` without a value print the usage";
const CONTROL: &str = "JSON has control characters as they are";
const SET_PID: &str = "`set` does not take a process id";
const SILENT: &str = "`set` says nothing if it cannot open the name";
const CANNOT_OPEN: Part = Why("Cannot open network namespace");
const NUMBER: &str =
    "`list` shows the id of a process whose number is the name of what cannot be opened";

/// What each row is to be seen by.
const PLACES: &[(&str, &[Place])] = &[
    (
        TWICE_TOLD,
        &[
            ("files that are no namespaces", "list", &[Stderr]),
            ("something that cannot be deleted", "list", &[Stderr]),
            (
                "ids of many names, and names of what is no network namespace",
                "list",
                &[Stderr],
            ),
        ],
    ),
    (
        HELP,
        &[
            ("options that are wrong", "-he", &[Stderr]),
            ("options that are wrong", "-f help", &[Stderr]),
        ],
    ),
    (
        ALL_NAME,
        &[
            ("-all add with", "add", &[Stderr]),
            ("-all pids with", "pids", &[Stderr, Status]),
        ],
    ),
    (
        LINK_IN_ETC,
        &[(
            "a link to nothing in /etc",
            "cat",
            &[Stdout, Stderr, Status],
        )],
    ),
    (
        LINK_DELETED,
        &[
            ("a link to another name", "delete", &[Names]),
            (
                "a link to another name",
                "list",
                &[Stdout, Stderr, Names, End],
            ),
        ],
    ),
    (
        NOT_REMOVED,
        &[
            ("a name that cannot be removed", "delete", &[Names]),
            (
                "a name that cannot be removed",
                "list",
                &[Stderr, Names, End],
            ),
        ],
    ),
    (LEFT, &[("a first add that fails", "add", &[End])]),
    (
        TARGET,
        &[("an id there", "| list-id target-nsid 1", &[Stdout])],
    ),
    (NULL, &[("ids", "nsid -5", &[Stderr])]),
    (
        FOLDER,
        &[("scripts for -batch", "-b /tmp |", &[Stderr, Status])],
    ),
    (
        SILENT,
        &[
            ("no directory of names", "| set", &[CANNOT_OPEN]),
            ("ids", "| set absent", &[CANNOT_OPEN]),
            ("ids of processes", "| set", &[CANNOT_OPEN]),
            ("set with every tail", "| set", &[CANNOT_OPEN]),
            ("every beginning of a verb", "| se ", &[CANNOT_OPEN]),
        ],
    ),
    (NO_NAME, &[("options without a value", "-n", &[Stderr])]),
    (
        NO_VALUE,
        &[
            ("options without a value", "-l", &[Stderr]),
            ("options without a value", "-f", &[Stderr]),
            ("options without a value", "-b", &[Stderr]),
            ("options without a value", "-rc", &[Stderr]),
        ],
    ),
    (CONTROL, &[("odd bytes in JSON", "-j", &[Stdout])]),
    (
        SET_PID,
        &[
            ("ids of processes", "| set {PID} ", &[Stderr, Status]),
            ("ids of processes", "| list-id", &[Stdout]),
            ("ids of processes", "| list-id", &[End]),
            ("a number that leads nowhere", "| set", &[Stderr, Status]),
        ],
    ),
    (
        NUMBER,
        &[("a number that leads nowhere", "| list", &[Stdout])],
    ),
    (
        CHILD,
        &[(
            "exec in all with a file that is no namespace",
            "exec",
            &[Stdout],
        )],
    ),
];

/// Rows that no script shows, and why.
const UNSEEN: &[(&str, &str)] = &[
    (
        "`add` and `attach` wait for ever for who keeps the lock on /run/netns",
        "a script would not end",
    ),
    (
        "`exec` does not warn of a link to a process that is younger than it",
        "it takes a pid namespace, which names.rs makes",
    ),
];

/// Whether what differs in this part of a line's outcome is in the table.
struct Known {
    row: Row,
    place: &'static Place,
    part: Part,
    met: bool,
}

/// Those that are known from one version, and which were met.
pub(crate) struct Differences(Vec<Known>);

impl Differences {
    /// From this version.
    pub(crate) fn with(version: Version) -> Self {
        let mut all = Vec::new();
        for (what, places) in PLACES {
            let row = Row::of(what);
            for place in places.iter().filter(|_| row.is_about(version)) {
                let known = |part: &Part| Known {
                    row,
                    place,
                    part: *part,
                    met: false,
                };
                all.extend(place.2.iter().map(known));
            }
        }
        Differences(all)
    }

    /// Makes ours equal to theirs where it is not, and the table says so.
    pub(crate) fn forgive(
        &mut self,
        script: &str,
        line: &Line,
        theirs: &Outcome,
        mut ours: Outcome,
    ) -> Outcome {
        for known in self
            .0
            .iter_mut()
            .filter(|known| known.is_here(script, line))
        {
            let (theirs, ours) = match known.part {
                Stdout => (&theirs.stdout, &mut ours.stdout),
                Stderr => (&theirs.stderr, &mut ours.stderr),
                Status => (&theirs.status, &mut ours.status),
                Names => (&theirs.names, &mut ours.names),
                Why(text) if theirs.stderr.is_empty() && ours.stderr.starts_with(text) => {
                    (&theirs.stderr, &mut ours.stderr)
                }
                Why(_) | End => continue,
            };
            if theirs != ours {
                known.met = true;
                ours.clone_from(theirs);
            }
        }
        ours
    }

    /// Whether the state at the end of a script may differ, as it does.
    pub(crate) fn forgives_end(&mut self, script: &str) -> bool {
        let ends = |known: &&mut Known| known.part == End && script.contains(known.place.0);
        let found = self.0.iter_mut().find(ends);
        found.map(|known| known.met = true).is_some()
    }

    /// Those that these scripts should have shown and did not: the table is not true any more.
    pub(crate) fn unmet<'a>(self, scripts: &'a [Script]) -> impl Iterator<Item = String> + 'a {
        let here = |known: &Known| {
            scripts.iter().any(|script| {
                let mut lines = script.steps.iter().filter_map(Step::line);
                lines.any(|line| known.is_here(&script.name, line))
            })
        };
        let unmet = self
            .0
            .into_iter()
            .filter(move |known| !known.met && here(known));
        unmet.map(|known| {
            let (script, line, _) = known.place;
            format!(
                "no difference any more: {script}: {line}: {:?}: {}",
                known.part, known.row.what
            )
        })
    }
}

impl Known {
    fn is_here(&self, script: &str, line: &Line) -> bool {
        script.contains(self.place.0) && line.to_string().contains(self.place.1)
    }
}

/// The table and the tests tell of the same differences.
pub(crate) fn compare_with_the_table() {
    let mut seen: Vec<&str> = PLACES.iter().map(|(what, _)| *what).collect();
    seen.extend(surroundings::rows());
    seen.extend(UNSEEN.iter().map(|(what, _)| *what));
    for what in &seen {
        Row::of(what);
    }
    for row in table::rows() {
        assert_eq!(row.fault(), None, "{row:?}");
        assert!(seen.contains(&row.what), "no test sees {row:?}");
        let same = |other: &Row| other.what == row.what;
        assert_eq!(table::rows().filter(same).count(), 1, "twice: {row:?}");
    }
}
