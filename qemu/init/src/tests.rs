// SPDX-License-Identifier: GPL-2.0-only

//! Runs the tests in /tests: Rust test programs as cargo builds them.
//!
//! Every test is a process of its own. So one that crashes or hangs takes no other with it, its
//! output is its own, and its result is an exit status, which no output can imitate.

use crate::{
    checks,
    child::{
        self,
        End, //
    },
    setup,
    Error,
    Port, //
};
use homeward_vm::protocol::{
    Message,
    TestEnd, //
};
use std::{
    fs,
    path::{
        Path,
        PathBuf, //
    },
    process::Command,
    time::{
        Duration,
        Instant, //
    },
};

const DIRECTORY: &str = "/tests";
/// For one test. The slowest wait for grace periods under emulation.
const TEST_LIMIT: Duration = Duration::from_secs(120);
/// How much longer it may take where the kernel looks for faults itself.
const DEBUG_FACTOR: u32 = 4;
/// How much longer it may take where it tries all cases: a thousand devices that go one after the other.
const LONG_FACTOR: u32 = 6;
/// What is after it on a line is to be seen also when the test passes.
const SUMMARY: &str = "summary: ";
const LIST_LIMIT: Duration = Duration::from_secs(30);

/// How many passed and failed.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counts {
    pub(crate) passed: u32,
    pub(crate) failed: u32,
}

impl Counts {
    /// Adds those of more tests.
    pub(crate) fn extend(&mut self, more: Counts) {
        self.passed += more.passed;
        self.failed += more.failed;
    }

    fn add(&mut self, end: TestEnd) {
        match end {
            TestEnd::Ok => self.passed += 1,
            TestEnd::Failed => self.failed += 1,
            TestEnd::Ignored => {}
        }
    }
}

/// The suites in which many act at once: they need more than one CPU to mean something.
const RACES: [&str; 6] = [
    "arrival::window::",
    "compat::twenty_at_once",
    "events::",
    "hostile::",
    "unload::",
    "without_module::",
];

/// Which tests this guest runs.
#[derive(Clone, Debug)]
pub(crate) struct Choice {
    /// Those whose `PROGRAM::NAME` contains this, or one of its parts between commas.
    filter: String,
    /// Of several guests that share the tests, which one this is, and how many there are.
    share: (usize, usize),
    /// How many there have been so far.
    seen: usize,
}

impl Choice {
    /// As `filter` and `share`, for example `1/2`, say.
    pub(crate) fn new(filter: Option<String>, share: Option<&str>) -> Self {
        let share = share
            .and_then(|text| text.split_once('/'))
            .and_then(|(which, of)| Some((which.parse().ok()?, of.parse().ok()?)));
        Choice {
            filter: filter.unwrap_or_default(),
            share: share.filter(|(_, of)| *of > 0).unwrap_or((1, 1)),
            seen: 0,
        }
    }

    /// Whether this guest runs the test. To be asked once about each.
    ///
    /// The first guest has the suites that race, as it has more than one CPU, and two thirds of
    /// what each of the others has of the rest: so all end at about the same time.
    fn takes(&mut self, full: &str) -> bool {
        if !self.filter.split(',').any(|part| full.contains(part)) {
            return false;
        }
        let (which, of) = self.share;
        if RACES.iter().any(|suite| full.starts_with(suite)) {
            return which == 1;
        }
        self.seen += 1;
        let turn = self.seen % (3 * of - 1);
        which == if turn < 2 { 1 } else { (turn + 4) / 3 }
    }
}

/// Runs the chosen tests of those programs that are wanted.
pub(crate) fn run_all(
    port: &mut Port,
    choice: &mut Choice,
    wanted: impl Fn(&str) -> bool,
) -> Result<Counts, Error> {
    let mut counts = Counts::default();
    for program in programs()? {
        if wanted(&suite_of(&program)) {
            run_program(port, &program, choice, &mut counts)?;
        }
    }
    Ok(counts)
}

fn suite_of(program: &Path) -> String {
    program
        .file_name()
        .map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}

fn programs() -> Result<Vec<PathBuf>, Error> {
    let entries = fs::read_dir(DIRECTORY).map_err(Error::io(format!("read {DIRECTORY}")))?;
    let mut programs: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    programs.sort();
    Ok(programs)
}

fn run_program(
    port: &mut Port,
    program: &Path,
    choice: &mut Choice,
    counts: &mut Counts,
) -> Result<(), Error> {
    let suite = suite_of(program);
    let Some(mut tests) = list(port, program)? else {
        return Ok(());
    };
    tests.retain(|name| choice.takes(&format!("{suite}::{name}")));
    if tests.is_empty() {
        return Ok(());
    }
    port.say(&Message::Suite(suite.clone()));
    for name in &tests {
        let full = format!("{suite}::{name}");
        counts.add(run_test(port, program, name, full)?);
    }
    Ok(())
}

/// The names of the tests in a program; nothing, and a problem told, when it cannot tell.
fn list(port: &mut Port, program: &Path) -> Result<Option<Vec<String>>, Error> {
    let mut names = Vec::new();
    let mut command = Command::new(program);
    command.args(["--list", "--format", "terse"]);
    let end = child::run(&mut command, LIST_LIMIT, |line| {
        names.extend(line.strip_suffix(": test").map(str::to_owned));
    })?;
    if end == End::Exited(0) {
        return Ok(Some(names));
    }
    let text = format!(
        "{} did not list its tests: it {}",
        program.display(),
        end.phrase()
    );
    port.say(&Message::Problem(text));
    Ok(None)
}

/// How many times as long as usual a test may take: for a slow emulation the host says so.
fn patience() -> u32 {
    if checks::looks_for_leaks() {
        return DEBUG_FACTOR;
    }
    let said = setup::kernel_argument("homeward.patience");
    said.and_then(|text| text.parse().ok()).unwrap_or(1)
}

fn run_test(port: &mut Port, program: &Path, name: &str, full: String) -> Result<TestEnd, Error> {
    port.say(&Message::Run(full.clone()));
    let mut output = Vec::new();
    let mut result = None;
    let mut command = Command::new(program);
    command
        .args([name, "--exact", "--nocapture"])
        .args(["--test-threads=1", "--color=never"]);
    let mut limit = TEST_LIMIT * patience();
    if setup::kernel_argument("homeward.long").is_some() {
        command.env("HOMEWARD_LONG", "1");
        limit *= LONG_FACTOR;
    }
    let begun = Instant::now();
    let end = child::run(&mut command, limit, |line| {
        result = result.or_else(|| result_of(line));
        output.push(line.to_owned());
    })?;
    // For the console's log: where the time goes.
    eprintln!(
        "homeward-init: {full} took {} ms",
        begun.elapsed().as_millis()
    );
    if let (End::Exited(0), Some(good)) = (&end, result) {
        port.say(&Message::Test(full, good));
        for (_, summary) in output.iter().filter_map(|line| line.split_once(SUMMARY)) {
            port.say(&Message::Out(summary.to_owned()));
        }
        return Ok(good);
    }
    port.say(&Message::Test(full, TestEnd::Failed));
    for line in output.into_iter().filter(|line| !is_frame(line)) {
        port.say(&Message::Out(line));
    }
    port.say(&Message::Out(format!("(the test {})", end.phrase())));
    Ok(TestEnd::Failed)
}

/// What a line says of the one test that was asked for, if that is what it is about, and good.
fn result_of(line: &str) -> Option<TestEnd> {
    let counts = line.strip_prefix("test result: ok. ")?;
    if counts.starts_with("1 passed; 0 failed; 0 ignored; ") {
        Some(TestEnd::Ok)
    } else if counts.starts_with("0 passed; 0 failed; 1 ignored; ") {
        Some(TestEnd::Ignored)
    } else {
        None
    }
}

/// Whether a line is what the test program says around the test, and not of the test itself.
fn is_frame(line: &str) -> bool {
    line.is_empty() || line == "running 1 test" || line == "failures:" || line == "FAILED"
}

#[cfg(test)]
mod unit_tests {
    use super::*;

    #[test]
    fn each_test_is_run_by_exactly_one_of_those_who_share_them() {
        let names: Vec<String> = RACES
            .iter()
            .map(|race| format!("{race}one"))
            .chain((0..50).map(|n| format!("suite::test_{n}")))
            .collect();
        for of in 1..=6 {
            let mut taken = vec![0; names.len()];
            for which in 1..=of {
                let mut choice = Choice::new(None, Some(&format!("{which}/{of}")));
                for (name, count) in names.iter().zip(&mut taken) {
                    *count += usize::from(choice.takes(name));
                }
            }
            assert!(taken.iter().all(|&count| count == 1), "{of}: {taken:?}");
        }
    }

    #[test]
    fn a_test_has_passed_or_was_ignored_only_if_it_was_that_one() {
        let rest = "0 measured; 3 filtered out; finished in 0.00s";
        let of = |counts: &str| result_of(&format!("test result: {counts}; {rest}"));
        assert_eq!(of("ok. 1 passed; 0 failed; 0 ignored"), Some(TestEnd::Ok));
        assert_eq!(
            of("ok. 0 passed; 0 failed; 1 ignored"),
            Some(TestEnd::Ignored)
        );
        for other in [
            "ok. 0 passed; 0 failed; 0 ignored",
            "ok. 1 passed; 0 failed; 1 ignored",
            "ok. 10 passed; 0 failed; 0 ignored",
            "FAILED. 0 passed; 1 failed; 0 ignored",
        ] {
            assert_eq!(of(other), None, "{other}");
        }
    }

    #[test]
    fn those_that_race_go_to_the_first() {
        let mut first = Choice::new(None, Some("1/3"));
        assert!(RACES.iter().all(|race| first.takes(&format!("{race}one"))));
    }
}
