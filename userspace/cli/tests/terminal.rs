// SPDX-License-Identifier: GPL-2.0-only

//! Output on a terminal: what is long goes through a pager.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that fails panics"
)]

use std::fs::File;
use std::io::Read;
use std::process::{Command, Stdio};

use nix::pty::{openpty, Winsize};

/// Each line with a word before it.
const MARKED: &str = "sed s/^/paged:/";

/// What the command writes to a terminal of so many lines, and how it ends.
fn run(line: &str, lines: u16, variables: &[(&str, &str)]) -> (String, Option<i32>) {
    let size = Winsize {
        ws_row: lines,
        ws_col: 80,
        ws_xpixel: 0,
        ws_ypixel: 0,
    };
    let pty = openpty(Some(&size), None).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_homeward"));
    for name in [
        "NO_COLOR",
        "CLICOLOR",
        "CLICOLOR_FORCE",
        "LESS",
        "LV",
        "PAGER",
        "HOMEWARD_PAGER",
    ] {
        command.env_remove(name);
    }
    command
        .args(line.split(' '))
        .env("TERM", "xterm")
        .envs(variables.iter().copied());
    command.stdin(Stdio::null());
    command
        .stdout(pty.slave.try_clone().unwrap())
        .stderr(pty.slave.try_clone().unwrap());
    let mut child = command.spawn().unwrap();
    // The last ones who write there are the command and its pager.
    drop((command, pty.slave));
    let mut output = Vec::new();
    // At the end of all who write, an error.
    let _ = File::from(pty.master).read_to_end(&mut output);
    let text = String::from_utf8(output).unwrap().replace("\r\n", "\n");
    (text, child.wait().unwrap().code())
}

fn is_paged(line: &str, lines: u16, variables: &[(&str, &str)]) -> bool {
    let (text, status) = run(line, lines, variables);
    assert_eq!(status, Some(0), "{text}");
    let marked = text
        .lines()
        .filter(|line| line.starts_with("paged:"))
        .count();
    assert!(marked == 0 || marked == text.lines().count(), "{text}");
    marked > 0
}

#[test]
fn long_output_goes_through_the_pager_that_is_set() {
    let own = [("HOMEWARD_PAGER", MARKED)].as_slice();
    assert!(is_paged("--help", 24, own));
    assert!(is_paged("help", 24, own));
    assert!(is_paged("show --help", 10, own));
    assert!(is_paged("ls --list-columns --json", 5, own));
    assert!(is_paged("ls --list-columns", 5, &[("PAGER", MARKED)]));
    assert!(is_paged(
        "ls --list-columns",
        5,
        &[("PAGER", "true"), ("HOMEWARD_PAGER", MARKED)]
    ));
}

#[test]
fn what_is_short_or_not_to_be_paged_is_not() {
    let own = [("HOMEWARD_PAGER", MARKED)].as_slice();
    assert!(!is_paged("--version", 24, own));
    assert!(!is_paged("ls --list-columns", 100, own));
    assert!(!is_paged("ls --list-columns --no-pager", 5, own));
    assert!(!is_paged("--no-pager --help", 24, own));
    assert!(!is_paged(
        "--help",
        24,
        &[("HOMEWARD_PAGER", "cat"), ("PAGER", MARKED)]
    ));
    assert!(!is_paged(
        "--help",
        24,
        &[("HOMEWARD_PAGER", ""), ("PAGER", MARKED)]
    ));
    assert!(!is_paged(
        "--help",
        24,
        &[("HOMEWARD_PAGER", MARKED), ("TERM", "dumb")]
    ));
    // A script for a shell, and who says how ip says it.
    assert!(!is_paged("completions bash", 5, own));
    let (text, status) = run("netns help", 5, own);
    assert!(!text.contains("paged:"), "{text}");
    assert_eq!(status, Some(255));
}

#[test]
fn a_pager_that_is_missing_or_ends_early_is_no_failure() {
    let (whole, _) = run("--no-pager ls --list-columns", 5, &[]);
    assert!(whole.lines().count() > 5);
    assert_eq!(
        run("ls --list-columns", 5, &[("PAGER", "/nonexistent/pager")]),
        (whole, Some(0))
    );
    assert_eq!(
        run("ls --list-columns", 5, &[("PAGER", "true")]),
        (String::new(), Some(0))
    );
}

#[test]
fn the_pager_gets_colours_and_is_told_how_to_behave() {
    let (text, _) = run("ls --list-columns", 5, &[("PAGER", MARKED)]);
    assert!(text.starts_with("paged:\x1b[1m"), "{text:?}");
    let (text, _) = run(
        "ls --list-columns",
        5,
        &[("PAGER", MARKED), ("NO_COLOR", "1")],
    );
    assert!(!text.contains('\x1b'), "{text:?}");
    let tell = "sh -c 'echo $LESS $LV $LESSSECURE'";
    let (text, _) = run("--help", 24, &[("PAGER", tell)]);
    assert_eq!(text, "FRX -c 1\n");
    let (text, _) = run("--help", 24, &[("PAGER", tell), ("LESS", "i"), ("LV", "x")]);
    assert_eq!(text, "i x 1\n");
}
