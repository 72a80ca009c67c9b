// SPDX-License-Identifier: GPL-2.0-only

//! The command as a whole, on a machine without the module. Nothing here needs a privilege; what does is
//! tested in the guest.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that fails panics"
)]

use std::fs::File;
use std::path::Path;
use std::process::{Command, Output, Stdio};

const LOAD: &str = "load it with 'modprobe homeward'";

fn homeward(words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_homeward"));
    command.args(words).stdin(Stdio::null());
    command
}

fn run(words: &[&str]) -> Output {
    homeward(words).output().unwrap()
}

fn stdout(output: &Output) -> &str {
    std::str::from_utf8(&output.stdout).unwrap()
}

fn stderr(output: &Output) -> &str {
    std::str::from_utf8(&output.stderr).unwrap()
}

#[track_caller]
fn status(output: &Output, expected: i32) {
    assert_eq!(output.status.code(), Some(expected), "{}", stderr(output));
}

fn own_inum() -> u64 {
    let link = std::fs::read_link("/proc/self/ns/net").unwrap();
    let link = link.to_str().unwrap();
    let number = link
        .strip_prefix("net:[")
        .unwrap()
        .strip_suffix(']')
        .unwrap();
    number.parse().unwrap()
}

/// A developer may have the module loaded; then these say nothing.
fn module_is_loaded() -> bool {
    Path::new("/sys/module/homeward").exists()
}

#[test]
fn help_names_every_verb_on_standard_output() {
    let output = run(&["--help"]);
    status(&output, 0);
    let verbs =
        "ls show devices plan tree find holders sockets watch top stats metrics doctor check exec recall keep release \
                 move veth wait prune umount netns policy state completions man";
    for verb in verbs.split(' ') {
        assert!(stdout(&output).contains(&format!("\n  {verb} ")), "{verb}");
    }
    assert_eq!(stderr(&output), "");
}

#[test]
fn the_page_about_the_command_shows_the_help_as_it_is() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/COMMAND.md");
    let page = std::fs::read_to_string(page).unwrap();
    let help = run(&["--help"]);
    let shown: String = stdout(&help)
        .lines()
        .map(|line| format!("    {line}").trim_end().to_owned() + "\n")
        .collect();
    assert!(page.contains(&shown), "run 'make tour' and copy:\n{shown}");
}

#[test]
fn the_policy_in_the_readme_has_no_mistake() {
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../README.md");
    let readme = std::fs::read_to_string(readme).unwrap();
    let (_, policy) = readme.split_once("```toml\n").unwrap();
    let (policy, _) = policy.split_once("```").unwrap();
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(&file, policy).unwrap();
    status(&run(&["policy", "check", file.path().to_str().unwrap()]), 0);
}

#[test]
fn a_wrong_command_line_is_told_with_status_2() {
    for words in [
        ["foo"].as_slice(),
        &["ls", "extra"],
        &["ls", "--foo"],
        &["show"],
        &["exec", "red"],
        &["-q", "-v", "ls"],
        &["watch", "--count", "0"],
        &["watch", "--timeout", "soon"],
        &["tree", "--dot", "--json"],
        &["tree", "--svg", "-", "--json"],
        &["tree", "--dot", "--mermaid"],
        &["tree", "a/b"],
        &["top"],
        &["top", "--json"],
        &["top", "--interval", "soon"],
        &["stats", "extra"],
        &["show", "pid:0"],
        &["show", "a/b"],
        &["devices", "inum:x"],
        &["recall"],
        &["recall", "--all"],
        &["recall", "eth0", "--all", "--from", "red"],
        &["recall", "--from", "red"],
        &["keep", "--undo", "eth0", "--as", "x"],
        &["release", "eth0", "--as", "x"],
        &["move", "eth0"],
        &["move", "eth0", "red", "--name", "eth%d"],
        &["veth", "a"],
        &["veth", "a@red", "a@red"],
        &["veth", "ifindex:7", "b"],
        &["veth", "a", "b", "--address-a", "10.0.0.1/33"],
        &["veth", "a", "b", "--mtu", "-1"],
        &["wait", "red", "--timeout", "-1"],
        &["prune", "--older-than", "long"],
        &["policy", "add", "--action", "stay"],
        &["policy", "add", "--action", "init", "--template", "x"],
        &["policy", "del", "0"],
        &["completions", "csh"],
    ] {
        let output = run(words);
        status(&output, 2);
        let begin = match words.contains(&"--json") {
            true => "{\"error\":{\"status\":2,",
            false => "homeward: ",
        };
        assert!(stderr(&output).starts_with(begin), "{words:?}");
        assert_eq!(stdout(&output), "", "{words:?}");
    }
}

#[test]
fn without_a_verb_the_help_goes_to_standard_error() {
    let output = run(&[]);
    status(&output, 2);
    assert!(stderr(&output).contains("Usage: homeward"));
}

#[test]
fn a_selector_that_is_none_says_what_would_be_one() {
    let output = run(&["show", "a/b"]);
    let expected =
        "homeward: invalid value 'a/b' for '<NS|DEV@NS>...': not a network namespace: use NAME (in \
                    /run/netns), /PATH, pid:N, inum:N or net:[N], cookie:N or :N, init, self\n\n\
                    For more information, try '--help'.\n";
    assert_eq!(stderr(&output), expected);
}

#[test]
fn a_value_that_makes_no_sense_is_told_with_its_argument_and_status_2() {
    for (words, expected) in [
        (
            ["move", "a/b", "self"].as_slice(),
            "homeward: invalid value 'a/b' for '<DEV@NS>': not a device: a name has ",
        ),
        (
            &["devices", "pid:x"],
            "homeward: invalid value 'pid:x' for '[NS]': not a network namespace: 'x' is not ",
        ),
        (
            &["move", "lo", "self", "--name", "a:b"],
            "homeward: invalid value 'a:b' for '--name <NAME>': a name has ",
        ),
        (
            &["prune", "--older-than", "1y"],
            "homeward: invalid value '1y' for '--older-than <TIME>': neither a number of seconds nor ",
        ),
    ] {
        let output = run(words);
        status(&output, 2);
        assert!(stderr(&output).starts_with(expected), "{}", stderr(&output));
    }
}

#[test]
fn the_help_of_a_table_names_its_columns() {
    let help = run(&["devices", "--help"]);
    let row = "\n  HOME       where it would go, or was last; how many others are alive (homes)\n";
    assert!(stdout(&help).contains(row), "{}", stdout(&help));
}

#[test]
fn ls_without_module_works_and_says_that_it_is_incomplete() {
    if module_is_loaded() {
        return;
    }
    let output = run(&["ls"]);
    status(&output, 0);
    assert!(stdout(&output).contains(&own_inum().to_string()));
    assert!(stderr(&output).contains("this list is incomplete"));
    assert!(stderr(&output).contains(LOAD));
}

#[test]
fn ls_as_json_says_in_the_data_that_it_is_incomplete() {
    if module_is_loaded() {
        return;
    }
    let output = run(&["ls", "--json", "--quiet"]);
    status(&output, 0);
    assert_eq!(stderr(&output), "");
    let data: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(data["complete"], false);
    let namespaces = data["namespaces"].as_array().unwrap();
    let own = namespaces
        .iter()
        .find(|one| one["inum"] == own_inum())
        .unwrap();
    assert!(own["processes"].as_u64().unwrap() > 0);
    assert!(own["names"].is_array());
}

#[test]
fn what_needs_the_module_says_how_to_load_it_with_status_4() {
    if module_is_loaded() {
        return;
    }
    for words in [
        ["show", "self"].as_slice(),
        &["devices"],
        &["devices", "self"],
        &["plan", "init"],
        &["watch"],
        &["watch", "--events-only"],
        &["--json", "watch", "--count", "1"],
        &["recall", "eth0"],
        &["recall", "--all", "--from", "self"],
        &["keep", "eth0@self"],
        &["release", "eth0@self"],
        &["wait", "self"],
        &["stats"],
        &["stats", "--json"],
        &["policy", "show"],
        &["policy", "flush"],
        &["policy", "save"],
        &["policy", "add", "--action", "init"],
        &["policy", "load", "/dev/null"],
        &["state", "save"],
    ] {
        let output = run(words);
        status(&output, 4);
        assert!(stderr(&output).contains(LOAD), "{words:?}");
        assert_eq!(stderr(&output).lines().count(), 1, "{words:?}");
        assert_eq!(stdout(&output), "", "{words:?}");
    }
}

#[test]
fn doctor_fails_without_module_and_says_what_to_do() {
    if module_is_loaded() {
        return;
    }
    let output = run(&["doctor"]);
    status(&output, 1);
    let failed = |line: &str| line.starts_with("fail  module") && line.contains(LOAD);
    assert!(stdout(&output).lines().any(failed));
    let output = run(&["doctor", "--json"]);
    let data: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let checks = data["checks"].as_array().unwrap();
    assert!(checks.iter().any(|check| check["outcome"] == "fail"));
}

#[test]
fn a_name_that_is_not_there_is_told_with_status_3() {
    let output = run(&["exec", "hwtest-no-such-name", "true"]);
    status(&output, 3);
    let expected = "homeward: there is no network namespace 'hwtest-no-such-name': ";
    assert!(stderr(&output).starts_with(expected));
    let output = run(&["exec", "pid:4194304", "true"]);
    status(&output, 3);
}

#[test]
fn a_file_that_is_no_namespace_is_refused() {
    let output = run(&["exec", "/etc/passwd", "true"]);
    status(&output, 3);
    let expected = "homeward: cannot open namespace /etc/passwd: \"/etc/passwd\" is not a network \
                    namespace: 'homeward ls' lists network namespaces\n";
    assert_eq!(stderr(&output), expected);
}

#[test]
fn netns_refuses_in_the_words_of_ip_netns() {
    let table = [
        (["add"].as_slice(), 1, "No netns name specified\n"),
        (&["add", "a/b"], 255, "Invalid netns name \"a/b\"\n"),
        (&["exec", "red"], 1, "No command specified\n"),
        (
            &["foo"],
            255,
            "Command \"foo\" is unknown, try \"ip netns help\".\n",
        ),
        (
            &["exec", "hwtest-no-such-name", "true"],
            255,
            "Cannot open network namespace \"hwtest-no-such-name\": No such file or directory\n",
        ),
    ];
    for (words, code, text) in table {
        let output = run(&[&["netns"], words].concat());
        status(&output, code);
        assert_eq!(stderr(&output), text);
        assert_eq!(stdout(&output), "");
    }
}

#[test]
fn a_check_tells_each_mistake_with_its_line() {
    let output = run(&["policy", "check", "/dev/null"]);
    status(&output, 0);
    assert_eq!(stdout(&output), "/dev/null: ok, 0 rules\n");
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("mistakes.toml");
    std::fs::write(&path, "[[rule]]\nname = \"\"\n\"a\\u001b\" = 1\n").unwrap();
    let path = path.to_str().unwrap();
    let output = run(&["policy", "check", path]);
    status(&output, 1);
    let lines: Vec<&str> = stdout(&output).lines().collect();
    assert!(lines[0].starts_with(&format!("{path}:1:1: this rule has no action")));
    assert!(lines[1].starts_with(&format!("{path}:2:8: a pattern is not empty")));
    assert!(lines[2].starts_with(&format!("{path}:3:1: unknown key 'a\\u{{1b}}'")));
    let output = run(&["policy", "check", "--json", path]);
    status(&output, 1);
    let data: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(data["mistakes"][1]["line"], 2);
    status(&run(&["policy", "check", "/nonexistent"]), 3);
}

#[test]
fn a_closed_pipe_ends_quietly() {
    let (reader, writer) = nix::unistd::pipe().unwrap();
    drop(reader);
    let output = homeward(&["ls", "-q"]).stdout(writer).output().unwrap();
    status(&output, 0);
    assert_eq!(stderr(&output), "");
}

#[test]
fn a_closed_pipe_ends_every_verb_quietly() {
    for words in [
        ["ls", "-q"].as_slice(),
        &["ls", "-q", "--json"],
        &["tree", "-q"],
        &["tree", "-q", "--dot"],
        &["tree", "-q", "--json"],
        &["netns", "list"],
        &["--help"],
        &["tree", "--help"],
    ] {
        let (reader, writer) = nix::unistd::pipe().unwrap();
        drop(reader);
        let output = homeward(words).stdout(writer).output().unwrap();
        status(&output, 0);
        assert_eq!(stderr(&output), "", "{words:?}");
    }
}

#[test]
fn tree_without_module_works_and_says_that_it_is_incomplete() {
    if module_is_loaded() {
        return;
    }
    let output = run(&["tree", "self", "-a"]);
    status(&output, 0);
    assert!(stdout(&output).contains(&own_inum().to_string()));
    assert!(stdout(&output).contains(" lo "), "{}", stdout(&output));
    assert!(stderr(&output).contains("this tree is incomplete"));
    assert!(stderr(&output).contains(LOAD));
    assert_eq!(stderr(&output).lines().count(), 1);
    let output = run(&["tree", "self", "--json", "-q"]);
    let data: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(data["complete"], false);
    assert_eq!(stderr(&output), "");
}

#[test]
fn only_a_utf8_locale_gets_characters_beyond_ascii() {
    let tree = |locale: &str| {
        let mut command = homeward(&["tree", "self", "-a", "-q"]);
        let output = command.env("LC_ALL", locale).output().unwrap();
        stdout(&output).to_owned()
    };
    assert!(tree("C.UTF-8").contains("─ lo"));
    assert!(tree("C").is_ascii());
}

#[test]
fn the_help_lists_the_exit_statuses_and_verbs_to_look_with_have_examples() {
    let help = run(&["--help"]);
    for line in [
        "\n  0    success",
        "\n  4    the module is not loaded",
        "\n  70   internal",
    ] {
        assert!(stdout(&help).contains(line), "{line}");
    }
    for verb in ["tree", "watch", "stats", "doctor"] {
        let help = run(&[verb, "--help"]);
        status(&help, 0);
        let example = format!("Examples:\n  homeward {verb}");
        assert!(stdout(&help).contains(&example), "{verb}");
    }
}

#[test]
fn output_that_cannot_be_written_is_a_failure() {
    let full = File::options().write(true).open("/dev/full").unwrap();
    let output = homeward(&["ls", "-q"]).stdout(full).output().unwrap();
    status(&output, 1);
    assert!(stderr(&output).starts_with("homeward: cannot write the output: "));
}

#[test]
fn every_verb_that_changes_something_has_examples_in_its_help() {
    for verb in [
        "recall", "keep", "release", "move", "veth", "wait", "prune", "umount",
    ] {
        let output = run(&[verb, "--help"]);
        status(&output, 0);
        let example = format!("\n  homeward {verb} ");
        assert!(stdout(&output).contains(&example), "{verb}");
    }
}

#[test]
fn a_device_that_is_not_there_is_told_with_what_is() {
    let output = run(&["move", "l", "self"]);
    status(&output, 3);
    assert!(stderr(&output).contains("namespace self has no device 'l': "));
    let output = run(&["move", "ol", "self"]);
    status(&output, 3);
    assert!(stderr(&output).contains("did you mean 'lo'?"));
    let output = run(&["move", "lo", "self"]);
    status(&output, 1);
    assert!(stderr(&output).contains("it is already there"));
}

#[test]
fn no_word_forges_a_line_of_standard_error_or_turns_it_round() {
    let word = "a\nhomeward: all is well\u{202e}\x1b[2J";
    for words in [
        ["show", word].as_slice(),
        &["netns", "exec", word, "true"],
        &["netns", word],
        &["-n", word, "netns"],
        &["exec", word, "true"],
        &["policy", "check", word],
        &["policy", "load", word],
        &["state", "load", word],
        &["move", word, "init"],
        &["wait", "red", "--timeout", word],
        &["ls", word],
        &[word],
        &["policy", "add", "--action", word],
        &["watch", "--count", word],
    ] {
        let output = run(words);
        let said = stderr(&output);
        assert!(!output.status.success(), "{words:?}");
        assert!(
            !said
                .lines()
                .any(|line| line.starts_with("homeward: all is")),
            "{words:?}: {said}"
        );
        assert!(!said.contains(['\u{202e}', '\x1b']), "{words:?}: {said}");
        assert!(said.contains("\\u{202e}"), "{words:?}: {said}");
    }
}
