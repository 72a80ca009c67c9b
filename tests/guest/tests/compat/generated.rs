// SPDX-License-Identifier: GPL-2.0-only

//! Scripts that are combinations.

use crate::script::{Line, Script, Step};

const VERBS: [&str; 13] = [
    "list", "show", "lst", "list-id", "help", "add", "set", "delete", "identify", "pids", "exec",
    "attach", "unknown",
];

/// What every script begins with: a name with an id, one without, one of a process, and files that
/// are no namespaces.
const WORLD: [&str; 4] = [
    "ip netns add red; ip netns set red 7",
    "ip netns add blue",
    "ip netns attach held {PID}",
    "mkdir -p /run/netns; : >/run/netns/.hidden; rm /run/netns/.hidden",
];

/// What comes after a verb. Those that a verb does not care about, or that are wrong for it, too.
const TAILS: [&str; 14] = [
    "",
    "red",
    "absent",
    "''",
    ".",
    "..",
    "a/b",
    "red blue",
    "new {PID}",
    "newer 0",
    "red 3",
    "red auto",
    "red true",
    "nsid 7",
];

/// Every verb with everything behind it.
pub(crate) fn verbs() -> Vec<Script> {
    let with_tails = |verb: &str| {
        let lines = TAILS.iter().map(|tail| format!("| {verb} {tail}"));
        script(format!("{verb} with every tail"), lines)
    };
    VERBS.map(with_tails).into()
}

/// The same after `-all`.
pub(crate) fn verbs_of_all() -> Vec<Script> {
    let with_tails = |verb: &str| {
        let lines = TAILS.iter().map(|tail| format!("-all | {verb} {tail}"));
        script(format!("-all {verb} with every tail"), lines)
    };
    // After the first deletion nothing is left for the next.
    let verbs = VERBS.into_iter().filter(|verb| *verb != "delete");
    verbs.map(with_tails).collect()
}

/// Every beginning of a verb.
pub(crate) fn beginnings() -> Vec<Script> {
    let mut lines = Vec::new();
    for verb in VERBS
        .into_iter()
        .chain(["monitorx", "addd", "LIST", "-list", "list--id"])
    {
        for end in 1..=verb.len() {
            let short = &verb[..end];
            // An option is another matter; and what watches never ends.
            if !short.starts_with('-') && !"monitor".starts_with(short) {
                lines.push(format!("| {short}"));
                lines.push(format!("| {short} n{end} {{PID}}"));
            }
        }
    }
    let some = |(part, lines): (usize, &[String])| {
        let name = format!("every beginning of a verb, part {part}");
        script(name, lines.iter().cloned())
    };
    (1..).zip(lines.chunks(12)).map(some).collect()
}

const OPTIONS: [&str; 44] = [
    "-j",
    "-json",
    "--json",
    "-js",
    "-p",
    "-pretty",
    "-j -p",
    "-p -j",
    "-jp",
    "-d",
    "-s",
    "-s -s",
    "-stat",
    "-statistics",
    "-o",
    "-4",
    "-6",
    "-0",
    "-M",
    "-B",
    "-br",
    "-c",
    "-color=never",
    "-color=auto",
    "-color=x",
    "-c=always",
    "-t",
    "-ts",
    "-i",
    "-iec",
    "-r",
    "-rc 1000",
    "-rc x",
    "-f inet",
    "-f inet6",
    "-f x",
    "-N",
    "-n red",
    "-netns absent",
    "-l 3",
    "-fo",
    "-echo",
    "--",
    "-unknown",
];

/// Every option before a verb that prints, alone and with others.
pub(crate) fn options() -> Vec<Script> {
    let every = |verb: &str| {
        let lines = OPTIONS.map(|option| format!("{option} | {verb}"));
        script(format!("{verb} after every option"), lines.into_iter())
    };
    let mut pairs = Vec::new();
    for (number, first) in OPTIONS.iter().enumerate() {
        let second = OPTIONS[(number * 7 + 3) % OPTIONS.len()];
        // After this one there are no options.
        if *first != "--" {
            pairs.push(format!("{first} {second} | list"));
        }
    }
    vec![
        every("list"),
        every("list-id"),
        every("identify {PID}"),
        script("two options".to_owned(), pairs.into_iter()),
    ]
}

fn script(name: String, lines: impl Iterator<Item = String>) -> Script {
    let prepare = WORLD.map(|line| Step::Prepare(line.to_owned()));
    let invoke = lines.map(|line| Step::Invoke(Line::parse(&line)));
    Script {
        name,
        steps: prepare.into_iter().chain(invoke).collect(),
    }
}
