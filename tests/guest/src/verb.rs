// SPDX-License-Identifier: GPL-2.0-only

//! The command, run with words as they are.

use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;

/// What became of a run.
#[derive(Debug)]
pub struct Ran {
    /// Its exit status.
    pub status: i32,
    /// Its standard output.
    pub out: String,
    /// Its standard error.
    pub err: String,
}

/// Runs `homeward` with arguments separated by spaces.
#[track_caller]
pub fn homeward(args: &str) -> Ran {
    words(&args.split(' ').collect::<Vec<_>>())
}

/// Runs `homeward` with these arguments.
#[track_caller]
pub fn words(args: &[&str]) -> Ran {
    run(Command::new("homeward").args(args))
}

/// Runs `homeward` as an ordinary user, with arguments separated by spaces.
#[track_caller]
pub fn as_nobody(args: &str) -> Ran {
    let nobody = ["--reuid", "65534", "--regid", "65534", "--clear-groups"];
    let mut command = Command::new("setpriv");
    run(command.args(nobody).arg("homeward").args(args.split(' ')))
}

/// Starts `homeward` with arguments separated by spaces; [`end`] waits for it.
#[track_caller]
pub fn start(args: &str) -> Child {
    Command::new("homeward")
        .args(args.split(' '))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("homeward")
}

/// Waits for what was started.
#[track_caller]
pub fn end(child: Child) -> Ran {
    ran(&child.wait_with_output().expect("an end"))
}

/// Runs a command to its end.
#[track_caller]
pub fn run(command: &mut Command) -> Ran {
    let output = command.output();
    ran(&output.expect("a program"))
}

/// Runs `homeward`, which has to succeed; gives its standard output.
#[track_caller]
pub fn says(args: &str) -> String {
    let ran = homeward(args);
    assert_eq!(ran.status, 0, "homeward {args}: {ran:?}");
    ran.out
}

/// Runs `homeward`, which has to fail; gives its status and its standard error.
#[track_caller]
pub fn fails(args: &str) -> (i32, String) {
    let ran = homeward(args);
    assert_ne!(ran.status, 0, "homeward {args} did not fail");
    (ran.status, ran.err)
}

/// Runs `homeward`, which has to succeed and print JSON.
#[track_caller]
pub fn json(args: &str) -> Value {
    serde_json::from_str(&says(&format!("{args} --json"))).expect("JSON")
}

/// Runs `homeward`, which has to end with this status and these words on standard error.
#[track_caller]
pub fn refuses(args: &str, status: i32, words: &str) -> String {
    let ran = homeward(args);
    assert_eq!(ran.status, status, "homeward {args}: {ran:?}");
    assert!(ran.err.contains(words), "homeward {args}: {ran:?}");
    assert!(ran.err.starts_with("homeward: "), "{ran:?}");
    ran.err
}

/// What became of a run that has ended.
#[track_caller]
pub fn ran(output: &Output) -> Ran {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Ran {
        status: output.status.code().expect("a status"),
        out: text(&output.stdout),
        err: text(&output.stderr),
    }
}

/// The command in a text that stands in quotes and begins so.
#[track_caller]
pub fn quoted<'a>(text: &'a str, beginning: &str) -> &'a str {
    let start = text
        .find(&format!("'{beginning}"))
        .unwrap_or_else(|| panic!("{text}"));
    text[start + 1..].split('\'').next().expect("a command")
}
