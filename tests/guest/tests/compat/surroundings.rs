// SPDX-License-Identifier: GPL-2.0-only

//! The same lines through both wherever /run/netns lies, and what is not the same there on purpose.

use std::collections::{BTreeMap, BTreeSet};
use std::thread;

use homeward_guest_tests::{stock, Mounts, SURROUNDINGS};

use crate::iproute2::{self, Iproute2};
use crate::table::Row;

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

const COVERED: &str = "first `add`, /run not shared: the names that are there are covered";
const TWICE: &str = "first `add`, /run shared: each name is mounted twice";
const CUT: &str = "first `add`, /run shared: the names that are there are covered, and others do not see new ones";
const LEFT: &str = "first `add` that fails: /run/netns stays mounted on itself";

const MOUNTS: &[&str] = &["mounts", "mounts of a slave", "mounts of a peer"];
const NAMES: &[&str] = &[
    "delete old",
    "list",
    "mounts",
    "mounts of a slave",
    "mounts of a peer",
];

/// Where, what, and which row of the table says so.
const DIFFERENCES: [(&str, &[&str], &str); 12] = [
    ("private", NAMES, COVERED),
    ("slave", NAMES, COVERED),
    ("a link in private", NAMES, COVERED),
    ("shared", MOUNTS, TWICE),
    ("slave and shared", MOUNTS, TWICE),
    ("a link", MOUNTS, TWICE),
    ("no /sys", MOUNTS, TWICE),
    ("shared", NAMES, CUT),
    ("slave and shared", NAMES, CUT),
    ("a link", NAMES, CUT),
    ("no /sys", NAMES, CUT),
    ("read-only", MOUNTS, LEFT),
];

/// The rows of the table that are seen here.
pub(crate) fn rows() -> impl Iterator<Item = &'static str> {
    DIFFERENCES.into_iter().map(|(.., row)| row)
}

/// What came of each line, and the mounts at the end.
type Outcomes = Vec<(String, String)>;

fn run(setup: &str, program: &str) -> Outcomes {
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
    let mut outcomes: Outcomes = LINES
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

/// What differs in one place: the place, what, and both.
type Found = BTreeMap<(&'static str, String), String>;

fn found(theirs: &str, into: &mut Found, called: &'static str, all: (&Outcomes, &Outcomes)) {
    for ((what, their), (_, own)) in all.0.iter().zip(all.1) {
        if their != own {
            let told = format!("{called}: {what}\n  {theirs}: {their}\n  homeward: {own}");
            into.insert((called, what.clone()), told);
        }
    }
}

/// What differs from each version in some places.
fn differences(all: &[Iproute2], places: &[&(&'static str, &str)]) -> Vec<Found> {
    let mut differ: Vec<Found> = all.iter().map(|_| Found::new()).collect();
    for (called, setup) in places {
        let ours = run(setup, "homeward");
        for (ip, differ) in all.iter().zip(&mut differ) {
            let theirs = run(setup, &ip.shell());
            let name = format!("ip {}", ip.version);
            found(&name, differ, called, (&theirs, &ours));
        }
    }
    differ
}

/// Compares all of them with each version, on one of several kernels with the newest. What differs is what is
/// told, neither more nor less.
pub(crate) fn compare() {
    let all = iproute2::all();
    let first = if stock() { all.len() - 1 } else { 0 };
    let all = &all[first..];
    let places: Vec<_> = SURROUNDINGS.iter().chain(&OTHERS).collect();
    // Each place has mounts of its own, so half of them can be tried beside the other half.
    let (some, others) = places.split_at(places.len() / 2);
    let (mut differ, rest) = thread::scope(|scope| {
        let some = scope.spawn(|| differences(all, some));
        let others = differences(all, others);
        (some.join().expect("compared"), others)
    });
    for (differ, rest) in differ.iter_mut().zip(rest) {
        differ.extend(rest);
    }
    for (ip, differ) in all.iter().zip(differ) {
        let told = DIFFERENCES
            .iter()
            .filter(|(.., row)| Row::of(row).is_about(ip.version));
        let told = told.flat_map(|(called, all, _)| {
            let all = all.iter();
            all.map(|what| (*called, what.to_string()))
        });
        let seen: BTreeSet<_> = differ.keys().cloned().collect();
        let shown: Vec<_> = differ.into_values().collect();
        assert_eq!(seen, told.collect(), "{}", shown.join("\n"));
    }
}
