// SPDX-License-Identifier: GPL-2.0-only

//! The scripts for shells in their shells, and the man pages in groff; where those are not there,
//! nothing is tested.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that fails panics"
)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const HOMEWARD: &str = env!("CARGO_BIN_EXE_homeward");

fn output(program: &str, arguments: &[&str]) -> Option<Output> {
    match Command::new(program).args(arguments).output() {
        Ok(output) => Some(output),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => panic!("{program}: {error}"),
    }
}

/// What bash would offer after these words, broken as bash breaks them.
fn bash(line: &str, words: &[&str]) -> Option<Vec<String>> {
    let quoted: Vec<String> = words.iter().map(|word| format!("'{word}'")).collect();
    let script = format!(
        r#"eval "$("$0" completions bash)"
        compopt() {{ :; }}
        COMP_LINE='{line}' COMP_POINT={point} COMP_WORDS=({words}) COMP_CWORD={index}
        _homeward "$0" "${{COMP_WORDS[COMP_CWORD]}}" ''
        printf '%s\n' "${{COMPREPLY[@]}}""#,
        point = line.len(),
        words = quoted.join(" "),
        index = words.len() - 1,
    );
    let output = output("bash", &["-uc", &script, HOMEWARD])?;
    assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{line}");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    Some(text.lines().map(str::to_owned).collect())
}

#[track_caller]
fn completes(line: &str, words: &[&str], expected: &[&str]) {
    if let Some(found) = bash(line, words) {
        assert_eq!(found, expected, "{line}");
    }
}

#[test]
fn bash_completes_verbs_and_values() {
    completes("homeward sho", &["homeward", "sho"], &["show"]);
    completes(
        "homeward policy  sa",
        &["homeward", "policy", "sa"],
        &["save"],
    );
    completes("homeward show ini", &["homeward", "show", "ini"], &["init"]);
    completes(
        "homeward --json policy add --action=ke",
        &["homeward", "--json", "policy", "add", "--action", "=", "ke"],
        &["kernel"],
    );
    completes("homeward nonsense x", &["homeward", "nonsense", "x"], &[""]);
}

#[test]
fn bash_gets_only_what_comes_after_the_break_of_a_word() {
    completes(
        "homeward show pid:",
        &["homeward", "show", "pid", ":"],
        &[""],
    );
    completes(
        "homeward show coo",
        &["homeward", "show", "coo"],
        &["cookie:"],
    );
    completes(
        "homeward --json show coo",
        &["homeward", "--json", "show", "coo"],
        &["cookie:"],
    );
}

#[test]
fn bash_quotes_what_it_would_read_otherwise() {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("bash completion");
    std::fs::create_dir_all(&directory).unwrap();
    std::fs::write(directory.join("rules of mine.toml"), "").unwrap();
    let line = format!("homeward policy check {}/ru", directory.display());
    let typed = format!("{}/ru", directory.display());
    // Typed with a backslash before each space.
    let line = line.replace("bash completion", "bash\\ completion");
    let word = typed.replace("bash completion", "bash\\ completion");
    let Some(found) = bash(&line, &["homeward", "policy", "check", &word]) else {
        return;
    };
    let expected = format!("{}/rules of mine.toml", directory.display());
    assert_eq!(found, [expected.replace(' ', "\\ ")]);
    // Within quotes they are not wanted.
    let word = format!("\"{typed}");
    let line = format!("homeward policy check {word}");
    let found = bash(&line, &["homeward", "policy", "check", &word]);
    assert_eq!(found, Some(vec![expected]));
}

#[test]
fn the_scripts_of_other_shells_are_well_formed() {
    for shell in ["bash", "zsh", "fish"] {
        let script = output(HOMEWARD, &["completions", shell]).expect("homeward");
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("completions.{shell}"));
        std::fs::write(&path, script.stdout).unwrap();
        let Some(output) = output(shell, &["-n", path.to_str().unwrap()]) else {
            continue;
        };
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.success() && error.is_empty(),
            "{shell}: {error}"
        );
    }
}

/// All of them.
fn man_pages(called: &str) -> Vec<PathBuf> {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(called);
    std::fs::create_dir_all(&directory).unwrap();
    let written = output(HOMEWARD, &["man", directory.to_str().unwrap()]).expect("homeward");
    assert!(written.status.success());
    let pages = std::fs::read_dir(&directory).unwrap();
    let pages: Vec<_> = pages.map(|page| page.unwrap().path()).collect();
    assert!(pages.len() > 15);
    pages
}

#[test]
fn the_man_pages_are_well_formed() {
    for page in man_pages("man") {
        let Some(output) = output("groff", &["-ww", "-z", "-man", page.to_str().unwrap()]) else {
            return;
        };
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && error.is_empty(), "{error}");
    }
}

#[test]
fn mandoc_finds_nothing_wrong_with_the_man_pages() {
    for page in man_pages("mandoc") {
        let lint = ["-T", "lint", "-W", "style", page.to_str().unwrap()];
        let Some(output) = output("mandoc", &lint) else {
            return;
        };
        assert_eq!(String::from_utf8_lossy(&output.stdout), "");
        assert!(output.status.success());
    }
}
