// SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause)

//! `docs/PROMISES.md` names tests that there are, and at least one for each promise; `docs/SURVIVES.md` for each outcome.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that fails panics"
)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

const PROMISES: &str = include_str!("../../../docs/PROMISES.md");
const SURVIVES: &str = include_str!("../../../docs/SURVIVES.md");
const VERBS: &str = include_str!("../../../Makefile");

/// Programs that hold a promise alone.
const PROGRAMS: [&str; 5] = [
    "make matrix",
    "make selftests",
    "make test-install",
    "make test-real",
    "make test-repo",
];

/// What is said where none can.
const NOWHERE: &str = "no device of the tests has them";

/// Names as `make test` prints them.
type Names = BTreeSet<String>;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten();
    entries.map(|entry| entry.unwrap().path()).collect()
}

fn stem(path: &Path) -> String {
    path.file_stem().unwrap().to_string_lossy().into_owned()
}

/// The tests of a formatted file whose module is `module`.
fn of_text(text: &str, module: &[String], names: &mut Names) {
    let mut inner: Vec<(usize, String)> = Vec::new();
    let mut marked = false;
    for line in text.lines() {
        let word = line.trim_start();
        let depth = line.len() - word.len();
        let function = word.strip_prefix("fn ").filter(|_| marked);
        if let Some(function) = function {
            let name = function.split('(').next().unwrap();
            let path = module.iter().chain(inner.iter().map(|(_, name)| name));
            let path: Vec<&str> = path.map(String::as_str).chain([name]).collect();
            names.insert(path.join("::"));
            marked = false;
        } else if let Some(name) = word
            .trim_start_matches("pub(crate) ")
            .strip_prefix("mod ")
            .and_then(|rest| rest.strip_suffix(" {"))
        {
            inner.push((depth, name.to_owned()));
        } else if word == "}" && inner.last().is_some_and(|(at, _)| *at == depth) {
            inner.pop();
        } else if word == "#[test]" {
            marked = true;
        }
    }
}

/// The tests in a folder of modules, below the module `above`.
fn of_folder(folder: &Path, above: &[String], names: &mut Names) {
    for path in entries(folder) {
        let name = stem(&path);
        let root = name == "main" || (name == "lib" && above.is_empty());
        let module = match root || name == "mod" {
            true => above.to_vec(),
            false => [above, &[name]].concat(),
        };
        if path.is_dir() {
            of_folder(&path, &module, names);
        } else if path.extension().is_some_and(|kind| kind == "rs") {
            of_text(&fs::read_to_string(path).unwrap(), &module, names);
        }
    }
}

/// Test programs, each a file or a folder of modules. Only those of the guest are printed with
/// their names before their tests.
fn of_programs(folder: &Path, named: bool, names: &mut Names) {
    for path in entries(folder) {
        let module: Vec<String> = named.then(|| stem(&path)).into_iter().collect();
        if path.is_dir() {
            of_folder(&path, &module, names);
        } else if let Ok(text) = fs::read_to_string(&path) {
            of_text(&text, &module, names);
        }
    }
}

/// The tests of a script: what comes after `before` in a line, up to `after`.
fn of_script(path: &Path, before: &str, after: &str, program: &str, names: &mut Names) {
    for line in fs::read_to_string(path).unwrap().lines() {
        let name = line
            .strip_prefix(before)
            .and_then(|rest| rest.split_once(after));
        if let Some((name, _)) = name {
            names.insert(format!("{program}::{name}"));
        }
    }
}

fn all() -> Names {
    let root = root();
    let mut names = Names::new();
    for folder in ["userspace", "qemu", "tests"] {
        for package in entries(&root.join(folder)) {
            let guest = package.ends_with("tests/guest");
            of_folder(&package.join("src"), &[], &mut names);
            of_programs(&package.join("tests"), guest, &mut names);
        }
    }
    let tests = root.join("tests");
    of_script(
        &tests.join("packaging/guest.sh"),
        "\tcheck ",
        " ",
        "packaging",
        &mut names,
    );
    for (script, program) in [
        ("rust-headers/run.sh", "rust-headers"),
        ("packaging/scripts.sh", "scripts"),
        ("packaging/hooks.sh", "hooks"),
        ("packaging/setup.sh", "setup"),
    ] {
        of_script(&tests.join(script), "", "() {", program, &mut names);
    }
    // Compiled into a crate of its own.
    of_folder(
        &root.join("module/policy"),
        &["policy".to_owned()],
        &mut names,
    );
    names
}

/// What is wrong with a table of promises, where these are all tests.
fn mistakes(table: &str, names: &Names) -> Vec<String> {
    let mut found = Vec::new();
    for line in table.lines().filter(|line| line.starts_with("| ")) {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let [_, promise, .., holders, _] = cells.as_slice() else {
            found.push(format!("not two cells: {line}"));
            continue;
        };
        if matches!(*holders, "held by" | "shown by" | NOWHERE) {
            continue;
        }
        let named: Vec<&str> = holders.split('`').skip(1).step_by(2).collect();
        let test = |name: &&str| !name.starts_with("make ") || PROGRAMS.contains(name);
        if !named.iter().any(test) {
            found.push(format!("no test holds: {promise}"));
        }
        for name in named {
            let there = match name.strip_prefix("make ") {
                Some(verb) => VERBS.contains(&format!("\n{verb}: ")),
                None => names.contains(name),
            };
            if !there {
                found.push(format!("there is no '{name}', which is to hold: {promise}"));
            }
        }
    }
    found
}

#[test]
fn every_promise_names_tests_that_there_are() {
    let names = all();
    assert!(names.len() > 500, "only {} tests were found", names.len());
    for table in [PROMISES, SURVIVES] {
        let found = mistakes(table, &names);
        assert!(found.is_empty(), "{}", found.join("\n"));
    }
    assert!(PROMISES.contains("\n## Not promised\n"));
}

#[test]
fn a_test_that_is_not_there_and_a_promise_that_nothing_holds_are_found() {
    let mut names = Names::new();
    of_text(
        "#[test]\nfn first() {}\n#[cfg(test)]\npub(crate) mod tests {\n    #[test]\n    #[ignore]\n    fn second() {}\n}\n\
         proptest! {\n    #[test]\n    fn third(\n",
        &["suite".to_owned()],
        &mut names,
    );
    let expected = ["suite::first", "suite::tests::second", "suite::third"];
    assert!(names.iter().map(String::as_str).eq(expected), "{names:?}");
    let row = |holders: &str| {
        mistakes(
            &format!("| promise | held by |\n|---|---|\n| It is so. | {holders} |\n"),
            &names,
        )
    };
    assert!(row("`suite::first`, `make test`").is_empty());
    assert_eq!(row("`suite::fourth`").len(), 1);
    assert_eq!(row("`suite::first`, `make nothing`").len(), 1);
    assert_eq!(row("`make test`").len(), 1);
    assert_eq!(row("").len(), 1);
}
