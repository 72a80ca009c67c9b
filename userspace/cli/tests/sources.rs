// SPDX-License-Identifier: GPL-2.0-only

//! A look at the sources. Every command that a text recommends is in the table of what is run where it is
//! recommended (tests/guest/tests/recommended.rs), and each that is there is recommended. What Rust prints
//! for programmers has no place in messages for users.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that fails panics"
)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// What a command begins with.
const PROGRAMS: [&str; 8] = [
    "homeward ",
    "nsenter ",
    "modprobe ",
    "insmod ",
    "mount ",
    "umount ",
    "ip ",
    "ss ",
];

/// They cannot be run where they are recommended, or recommend nothing.
const LEFT_OUT: [(&str, &str); 6] = [
    (
        "modprobe homeward",
        "the guest has no tree of modules; packaging/ does it",
    ),
    ("modprobe veth", "our kernels have it built in"),
    (
        "homeward OPTIONS netns ...",
        "a form of words, compared with ip by compat",
    ),
    ("ip netns", "not ours"),
    (
        "ss -K",
        "our kernels cannot end connections (CONFIG_INET_DIAG_DESTROY)",
    ),
    ("ip -details link", "not ours"),
];

/// Modules of tests only.
const TESTS: [&str; 2] = ["tests", "properties"];

fn sources(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let stem = path.file_stem().unwrap().to_string_lossy().into_owned();
        if TESTS.contains(&stem.as_str()) {
            continue;
        } else if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|end| end == "rs") {
            found.push(path);
        }
    }
}

/// A source without its tests, which come last, line by line and without comments.
fn code(text: &str) -> impl Iterator<Item = &str> {
    let code = text.split("mod tests {").next().unwrap();
    let comment = |line: &&str| {
        ["//! ", "// "]
            .iter()
            .any(|mark| line.trim_start().starts_with(mark))
    };
    code.lines().filter(move |line| !comment(line))
}

/// The commands in quotes in the text of a source, without its tests and comments.
fn commands(text: &str, found: &mut BTreeSet<String>) {
    let mut whole = String::new();
    for line in code(text) {
        // A text goes on after a backslash at the end of a line, and in the help on the next one.
        let line = line.trim().trim_start_matches("/// ");
        match line.strip_suffix('\\') {
            Some(part) => whole.push_str(part),
            None => whole.push_str(&format!("{line} ")),
        }
    }
    for (at, _) in whole.match_indices('\'') {
        let rest = &whole[at + 1..];
        if PROGRAMS.iter().any(|program| rest.starts_with(program)) {
            found.insert(rest.split('\'').next().unwrap().to_owned());
        }
    }
}

#[test]
fn every_command_that_is_recommended_is_run_by_a_test() {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    sources(&own.join("src"), &mut files);
    let mut found = BTreeSet::new();
    for file in files {
        commands(&fs::read_to_string(file).unwrap(), &mut found);
    }
    let table = own.join("../../tests/guest/tests/recommended.rs");
    let table = fs::read_to_string(table).unwrap();
    let table = table
        .split("_TABLE")
        .nth(1)
        .unwrap()
        .split("];")
        .next()
        .unwrap();
    let quoted: Vec<&str> = table.split('"').skip(1).step_by(2).collect();
    let known: BTreeSet<&str> = quoted.iter().step_by(2).copied().collect();
    let left: Vec<&str> = LEFT_OUT.iter().map(|(command, _)| *command).collect();
    for command in &found {
        let command = command.as_str();
        assert!(
            known.contains(command) || left.contains(&command),
            "'{command}' is run by no test"
        );
    }
    for command in known.iter().chain(&left) {
        assert!(
            found.contains(*command),
            "'{command}' is recommended nowhere"
        );
    }
}

#[test]
fn no_message_is_made_of_debug_output() {
    let userspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut files = Vec::new();
    for entry in userspace.read_dir().unwrap() {
        let folder = entry.unwrap().path().join("src");
        if folder.is_dir() {
            sources(&folder, &mut files);
        }
    }
    let debug = |line: &&str| {
        [":?}", ":#?}", "dbg!("]
            .iter()
            .any(|one| line.contains(one))
    };
    let mut found = Vec::new();
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        let lines = code(&text).filter(|line| !line.trim_start().starts_with("///"));
        let lines = lines.filter(debug);
        found.extend(lines.map(|line| format!("{}: {line}", file.display())));
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}
