// SPDX-License-Identifier: GPL-2.0-only

//! Colours, words that are shortened, JSON lines, and messages as JSON.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that fails panics"
)]

use std::process::{Command, Output, Stdio};

use serde_json::{Deserializer, Value};

/// Runs the command, with arguments separated by spaces, and these variables.
fn run_with(line: &str, variables: &[(&str, &str)]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_homeward"));
    command.args(line.split(' ')).stdin(Stdio::null());
    for name in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE"] {
        command.env_remove(name);
    }
    command.envs(variables.iter().copied()).output().unwrap()
}

fn run(line: &str) -> Output {
    run_with(line, &[])
}

fn stdout(output: &Output) -> &str {
    std::str::from_utf8(&output.stdout).unwrap()
}

fn stderr(output: &Output) -> &str {
    std::str::from_utf8(&output.stderr).unwrap()
}

fn values(text: &str) -> Vec<Value> {
    let values = Deserializer::from_str(text).into_iter();
    values.map(|value| value.expect("JSON")).collect()
}

#[test]
fn what_is_typed_decides_about_colour_before_what_is_set() {
    let table = [
        ("ls -q", [].as_slice(), false),
        ("ls -q --color auto", &[], false),
        ("ls -q --color always", &[], true),
        ("--color=always ls -q", &[("NO_COLOR", "1")], true),
        ("ls -q --color never", &[("CLICOLOR_FORCE", "1")], false),
        ("ls -q", &[("CLICOLOR_FORCE", "1")], true),
        (
            "ls -q",
            &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")],
            false,
        ),
        ("ls -q", &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "")], true),
    ];
    for (line, variables, colored) in table {
        let output = run_with(line, variables);
        assert!(output.status.success(), "{}", stderr(&output));
        let found = stdout(&output).contains("\x1b[1m");
        assert_eq!(found, colored, "{line} {variables:?}");
    }
    let output = run("ls --color sometimes");
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("auto, always, never"));
}

#[test]
fn a_verb_may_be_shortened_where_only_one_begins_so() {
    for (short, long) in [
        ("doct --help", "doctor --help"),
        ("comp bash", "completions bash"),
        ("pol ch /dev/null", "policy check /dev/null"),
        ("n help", "netns help"),
        ("net exec red", "netns exec red"),
        ("-j netn x", "-j netns x"),
    ] {
        let (short, long) = (run(short), run(long));
        assert_eq!(short.status, long.status);
        assert_eq!(stdout(&short), stdout(&long));
        assert_eq!(stderr(&short), stderr(&long));
    }
}

#[test]
fn a_verb_that_is_too_short_is_told_with_those_that_it_may_be() {
    for (line, candidates) in [
        ("d", "'devices', 'doctor'"),
        ("--json-lines d", "'devices', 'doctor'"),
        ("h", "'holders', 'help'"),
        ("policy s", "'show', 'save'"),
        ("po s", "'show', 'save'"),
        ("d netns", "'devices', 'doctor'"),
    ] {
        let output = run(line);
        assert_eq!(output.status.code(), Some(2), "{line}");
        assert!(stderr(&output).contains(candidates), "{}", stderr(&output));
    }
    // Of options there will be more.
    let output = run("ls --no-leg");
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn a_list_as_json_lines_has_the_same_entries() {
    for (line, list) in [
        ("doctor", "checks"),
        ("ls --list-columns", ""),
        ("find 127.0.0.1", "found"),
    ] {
        let whole = run(&format!("{line} -q --json"));
        let lines = run(&format!("{line} -q --json-lines"));
        assert_eq!(lines.status, whole.status, "{line}");
        let whole = values(stdout(&whole)).remove(0);
        let rows = match list {
            "" => &whole,
            list => &whole[list],
        };
        let rows = rows.as_array().unwrap();
        assert!(!rows.is_empty(), "{line}");
        assert_eq!(&values(stdout(&lines)), rows, "{line}");
        assert_eq!(stdout(&lines).lines().count(), rows.len(), "{line}");
    }
    // What changes from one moment to the next.
    for (line, key) in [("ls", "cookie"), ("tree", "devices"), ("sockets", "inode")] {
        let output = run(&format!("{line} -q --json-lines"));
        for line in stdout(&output).lines() {
            let row: Value = serde_json::from_str(line).unwrap();
            assert!(row.get(key).is_some(), "{line}");
        }
    }
    // No list, but also on one line.
    let output = run("policy check /dev/null --json-lines");
    assert_eq!(stdout(&output).lines().count(), 1);
}

#[test]
fn with_json_every_message_is_json() {
    let table = [
        (
            "--json exec hwtest-none true",
            3,
            "there is no network namespace 'hwtest-none'",
            "'homeward ls' lists all",
        ),
        ("exec hwtest-none --json", 3, "", ""),
        (
            "foo --json",
            2,
            "unrecognized subcommand 'foo'",
            "Usage: homeward",
        ),
        (
            "--json d",
            2,
            "unrecognized subcommand 'd'",
            "'devices', 'doctor'",
        ),
        (
            "--json-lines ls --foo",
            2,
            "unexpected argument '--foo' found",
            "Usage: homeward ls",
        ),
        (
            "show --json",
            2,
            "required arguments were not provided",
            "<NS|DEV@NS>",
        ),
        ("--json", 2, "requires a subcommand", "Usage: homeward"),
        ("-q -v ls --json", 2, "cannot be used with", "Usage"),
        ("policy check /nonexistent --json", 3, "'/nonexistent'", ""),
    ];
    for (line, status, text, hint) in table {
        let output = run(line);
        assert_eq!(output.status.code(), Some(status), "{}", stderr(&output));
        if line.starts_with("exec") {
            // What follows the namespace is not for this program.
            assert!(stderr(&output).starts_with("homeward: "));
            continue;
        }
        assert_eq!(stderr(&output).lines().count(), 1, "{line}");
        let error: Value = serde_json::from_str(stderr(&output)).unwrap();
        let error = &error["error"];
        assert_eq!(error["status"], status, "{line}");
        assert!(error["text"].as_str().unwrap().contains(text), "{error}");
        let told = error["hint"].as_str().unwrap_or_default();
        assert!(told.contains(hint), "{line}: {error}");
        assert!(!hint.is_empty() || error["hint"].is_null(), "{error}");
    }
}

#[test]
fn with_json_a_warning_is_json_unless_it_is_not_wanted() {
    if std::path::Path::new("/sys/module/homeward").exists() {
        return;
    }
    let output = run("tree self --json");
    let warning: Value = serde_json::from_str(stderr(&output)).unwrap();
    let text = warning["warning"]["text"].as_str().unwrap();
    assert!(text.contains("incomplete"), "{text}");
    assert_eq!(stderr(&run("tree self --json -q")), "");
    let output = run("ls --json -v");
    assert!(!values(stderr(&output)).is_empty());
}

#[test]
fn messages_of_ip_netns_stay_as_they_are() {
    for line in ["netns --json add a/b", "--json netns add a/b"] {
        assert_eq!(stderr(&run(line)), "Invalid netns name \"a/b\"\n", "{line}");
    }
}

#[test]
fn of_several_that_are_not_there_each_is_told_and_the_highest_status_counts() {
    let output = run("--json holders hwtest-a hwtest-b /etc/passwd");
    assert_eq!(output.status.code(), Some(3));
    let told = values(stderr(&output));
    assert_eq!(told.len(), 3, "{told:?}");
    assert_eq!(values(stdout(&output)), [Value::Array(Vec::new())]);
    let output = run("holders hwtest-a hwtest-b");
    assert_eq!(stderr(&output).lines().count(), 2);
    assert_eq!(stdout(&output), "");
}

#[test]
fn those_that_are_there_are_shown_also_after_one_that_is_not() {
    let output = run("holders -q self hwtest-a self");
    assert_eq!(output.status.code(), Some(3), "{}", stderr(&output));
    assert_eq!(stdout(&output).matches("Holders of ").count(), 2);
    let output = run("holders -q self hwtest-a --json");
    let lists = values(stdout(&output)).remove(0);
    assert_eq!(lists.as_array().unwrap().len(), 1);
    let output = run("holders -q self --json");
    assert!(values(stdout(&output))[0].is_object());
    let output = run("holders -q self hwtest-a self --json-lines");
    assert_eq!(stdout(&output).lines().count(), 2);
}
