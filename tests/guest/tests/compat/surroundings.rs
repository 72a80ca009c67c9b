// SPDX-License-Identifier: GPL-2.0-only

//! The same lines through both wherever /run/netns lies, and what is not the same there on purpose.

use std::collections::BTreeSet;

use homeward_guest_tests::{Mounts, SURROUNDINGS};

/// Those that are there to be refused, or have nothing to do with mounts of names.
const OTHERS: [(&str, &str); 6] = [
    ("a file", "touch /run/netns"),
    ("a link to nothing", "ln -s nowhere /run/netns"),
    (
        "unbindable",
        "mount --make-unbindable /run; mkdir /run/netns",
    ),
    ("read-only", "mkdir /run/netns; mount -o remount,ro /run"),
    ("read-only, nothing there", "mount -o remount,ro /run"),
    ("no /sys", "mkdir /run/netns; umount -l /sys"),
];

/// `old` is there before.
const LINES: [&str; 9] = [
    "add red",
    "list",
    "add blue",
    "exec red true",
    "exec old true",
    "delete old",
    "list",
    "delete red",
    "list",
];

const COVERED: &str = "ip covers the names that are there, so that they cannot be deleted any more";
const TWICE: &str = "ip puts a mount where none is needed, and so mounts each name twice";

const MOUNTS: &[&str] = &["mounts", "mounts of a slave", "mounts of a peer"];
const NAMES: &[&str] = &[
    "delete old",
    "list",
    "mounts",
    "mounts of a slave",
    "mounts of a peer",
];

/// Where, what, and why.
const DIFFERENCES: [(&str, &[&str], &str); 8] = [
    ("private", NAMES, COVERED),
    ("slave", NAMES, COVERED),
    ("a link in private", NAMES, COVERED),
    ("shared", MOUNTS, TWICE),
    ("slave and shared", MOUNTS, TWICE),
    ("a link", MOUNTS, TWICE),
    ("read-only", MOUNTS, TWICE),
    ("no /sys", MOUNTS, TWICE),
];

/// What came of each line, and the mounts at the end.
fn run(setup: &str, program: &str) -> Vec<(String, String)> {
    let place = Mounts::new(setup);
    place.sh("touch /run/netns/old && unshare --net=/run/netns/old true");
    let (slave, peer) = (place.copy("slave"), place.copy("unchanged"));
    // All in one shell, each with an end that no program prints.
    let end = "printf '\\001%s\\001' $?; printf '\\001\\001' >&2";
    let lines = LINES.map(|line| format!("{program} netns {line}\n{end}\n"));
    let ran = place.sh(&lines.concat());
    let (out, err): (Vec<&str>, Vec<&str>) = (
        ran.out.split('\x01').collect(),
        ran.err.split('\x01').collect(),
    );
    assert_eq!(
        (out.len(), err.len()),
        (2 * LINES.len() + 1, 2 * LINES.len() + 1),
        "{ran:?}"
    );
    let parts = out.chunks(2).zip(err.chunks(2));
    let mut outcomes: Vec<(String, String)> = LINES
        .iter()
        .zip(parts)
        .map(|(line, (out, err))| (line.to_string(), format!("{out:?} {}", err[0])))
        .collect();
    let ends = [
        ("mounts", &place),
        ("mounts of a slave", &slave),
        ("mounts of a peer", &peer),
    ];
    outcomes.extend(ends.map(|(what, one)| (what.to_owned(), names(&one.table()))));
    outcomes
}

/// The mounts below /run, without numbers that change.
fn names(table: &str) -> String {
    let line = |line: &str| {
        let words: Vec<_> = line.split(' ').collect();
        let neutral = |word: &&str| {
            let end = word.find([':', '[']).map_or(word.len(), |at| at + 1);
            word[..end].to_owned()
        };
        let shown: Vec<String> = words[3..].iter().map(neutral).collect();
        words[4].starts_with("/run/").then(|| shown.join(" "))
    };
    table
        .lines()
        .filter_map(line)
        .collect::<Vec<_>>()
        .join("\n")
}

/// Compares all of them. What differs is what is told, neither more nor less.
pub(crate) fn compare() {
    let mut found = BTreeSet::new();
    let mut seen = Vec::new();
    for (called, setup) in SURROUNDINGS.iter().chain(&OTHERS) {
        let (theirs, ours) = (run(setup, "ip"), run(setup, "homeward"));
        for ((what, theirs), (_, ours)) in theirs.iter().zip(&ours) {
            if theirs != ours {
                found.insert((*called, what.clone()));
                seen.push(format!(
                    "{called}: {what}\n  ip: {theirs}\n  homeward: {ours}"
                ));
            }
        }
    }
    let told = DIFFERENCES.iter().flat_map(|(called, all, _)| {
        let all = all.iter();
        all.map(|what| (*called, what.to_string()))
    });
    assert_eq!(found, told.collect(), "{}", seen.join("\n"));
}
