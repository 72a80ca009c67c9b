// SPDX-License-Identifier: GPL-2.0-only

//! The versions of iproute2 that are there.

use std::fmt;
use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;

/// Where versions of Debian's archive are, each with its own loader and libraries.
const FETCHED: &str = "/iproute2";
/// The suites that they are of, from the oldest to the newest.
const SUITES: [&str; 3] = ["bookworm", "trixie", "sid"];

/// A version: major and minor number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Version(u32, u32);

impl Version {
    /// Reads `6.15`.
    pub(crate) fn parse(text: &str) -> Self {
        let (major, minor) = text.split_once('.').expect("a version");
        let number = |text: &str| text.parse().expect("a number");
        Version(number(major), number(minor))
    }

    /// Of a program that says who it is: `ip utility, iproute2-6.15.0, libbpf 1.5.0`.
    fn of(command: &mut Command) -> Self {
        let output = command.arg("-V").output().expect("ip");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let (_, rest) = text.split_once("iproute2-").expect("its name");
        let numbers: Vec<&str> = rest.split(['.', ',', '-', '\n']).take(2).collect();
        Version::parse(&numbers.join("."))
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.0, self.1)
    }
}

/// One of them.
#[derive(Debug)]
pub(crate) struct Iproute2 {
    /// In which suite's directory it is; None for that of the host.
    suite: Option<&'static str>,
    pub(crate) version: Version,
}

impl Iproute2 {
    fn new(suite: Option<&'static str>) -> Self {
        let version = Version::of(&mut program(suite));
        Iproute2 { suite, version }
    }

    /// Runs it with these words.
    pub(crate) fn command(&self, words: &[String]) -> Command {
        let mut command = program(self.suite);
        command.args(words);
        command
    }

    /// The same as a word for the shell.
    pub(crate) fn shell(&self) -> String {
        let command = program(self.suite);
        let words = std::iter::once(command.get_program()).chain(command.get_args());
        let words: Vec<&str> = words.filter_map(|word| word.to_str()).collect();
        words.join(" ")
    }
}

fn program(suite: Option<&str>) -> Command {
    let Some(suite) = suite else {
        return Command::new("/usr/bin/ip");
    };
    let place = format!("{FETCHED}/{suite}");
    let mut command = Command::new(format!("{place}/ld.so"));
    command.args(["--argv0", "ip", "--library-path"]);
    command.args([format!("{place}/lib"), format!("{place}/ip")]);
    command
}

/// The host's and those that were fetched, each version once, from the oldest to the newest.
pub(crate) fn all() -> &'static [Iproute2] {
    static ALL: OnceLock<Vec<Iproute2>> = OnceLock::new();
    ALL.get_or_init(|| {
        let fetched = SUITES.into_iter().filter(|suite| is_there(suite));
        let mut all = vec![Iproute2::new(None)];
        all.extend(fetched.map(|suite| Iproute2::new(Some(suite))));
        // The host's comes first of two that are equal.
        all.sort_by_key(|one| one.version);
        all.dedup_by_key(|one| one.version);
        all
    })
}

fn is_there(suite: &str) -> bool {
    Path::new(FETCHED).join(suite).exists()
}

/// The oldest of them, and the newest.
pub(crate) fn ends() -> [&'static Iproute2; 2] {
    let all = all();
    [&all[0], &all[all.len() - 1]]
}

/// Tells which could not be fetched.
pub(crate) fn tell_absent() {
    for suite in SUITES.into_iter().filter(|suite| !is_there(suite)) {
        println!("summary: iproute2 of {suite}: not compared, as it could not be fetched");
    }
}
