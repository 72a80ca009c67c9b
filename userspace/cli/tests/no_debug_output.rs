// SPDX-License-Identifier: GPL-2.0-only

//! What Rust prints for programmers has no place in messages for users: a look at the sources.

#![allow(clippy::unwrap_used, reason = "a test that fails panics")]

use std::path::Path;

/// Modules that have no messages for users.
const TESTS: [&str; 2] = ["tests", "properties"];

fn look(folder: &Path, found: &mut Vec<String>) {
    for entry in folder.read_dir().unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        match path.is_dir() {
            true if !TESTS.contains(&name.as_str()) => look(&path, found),
            false
                if name
                    .strip_suffix(".rs")
                    .is_some_and(|stem| !TESTS.contains(&stem)) =>
            {
                read(&path, found);
            }
            _ => {}
        }
    }
}

fn read(path: &Path, found: &mut Vec<String>) {
    let text = std::fs::read_to_string(path).unwrap();
    // Tests come last in a file.
    let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
    let comment = |line: &&str| line.trim_start().starts_with("//");
    for line in code.lines().filter(|line| !comment(line)) {
        if [":?}", ":#?}", "dbg!("]
            .iter()
            .any(|one| line.contains(one))
        {
            found.push(format!("{}: {line}", path.display()));
        }
    }
}

#[test]
fn no_message_is_made_of_debug_output() {
    let userspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut found = Vec::new();
    for entry in userspace.read_dir().unwrap() {
        let sources = entry.unwrap().path().join("src");
        if sources.is_dir() {
            look(&sources, &mut found);
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}
