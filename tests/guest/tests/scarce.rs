// SPDX-License-Identifier: GPL-2.0-only

//! With too few descriptors, whatever is asked fails, or says that something is missing, or is as with
//! enough of them: what could not be seen is never told as what is not there.

use std::process::Command;

use homeward_guest_tests::verb::{run, Ran};
use homeward_guest_tests::{exists, ip, load, with_and_without, Inhabitant, Namespace, Unnamed};

/// From the first that a program starts with, to more than any of ours needs.
const LIMITS: std::ops::Range<u32> = 4..16;

/// Runs `homeward` with no more than so many descriptors.
#[track_caller]
fn limited(limit: u32, args: &str) -> Ran {
    let line = format!("ulimit -n {limit}; exec homeward {args}");
    run(Command::new("sh").args(["-c", &line]))
}

/// The same with enough of them before and after, and between with each of the limits, from one shell:
/// a process of the kernel's own that begins or ends meanwhile is in one of the two.
#[track_caller]
fn with_each_limit(args: &str) -> (Vec<(u32, Ran)>, [Ran; 2]) {
    let enough = || [1024].into_iter();
    let limits: Vec<u32> = enough().chain(LIMITS).chain(enough()).collect();
    let each = limits.iter().enumerate().map(|(run, limit)| {
        format!(
            "(ulimit -n {limit}; exec homeward {args}) >/tmp/{run}.out 2>/tmp/{run}.err; echo $?\n"
        )
    });
    let all = run(Command::new("sh").args(["-c", &each.collect::<String>()]));
    let text = |run: usize, what: &str| {
        let bytes = std::fs::read(format!("/tmp/{run}.{what}")).expect("what it said");
        String::from_utf8_lossy(&bytes).into_owned()
    };
    let ran = |(run, status): (usize, &str)| Ran {
        status: status.parse().expect("a status"),
        out: text(run, "out"),
        err: text(run, "err"),
    };
    let mut all: Vec<_> = all.out.lines().enumerate().map(ran).collect();
    assert_eq!(all.len(), limits.len());
    let whole = [all.remove(0), all.pop().expect("the last")];
    for whole in &whole {
        assert_eq!(whole.status, 0, "{args}: {whole:?}");
    }
    (LIMITS.zip(all).collect(), whole)
}

#[test]
fn what_is_told_with_few_descriptors_is_true_or_said_to_be_incomplete() {
    with_and_without(|module| {
        let red = Namespace::add("red");
        let blue = Namespace::add("blue");
        red.ip("link add dum0 type dummy");
        red.ip("link add ve0 type veth peer name ve1 netns blue");
        ip("netns set red 7");
        let unnamed = Unnamed::new();
        let inside = format!("pid:{}", unnamed.pid());
        let mut wrong = Vec::new();
        for args in [
            "ls --json",
            "tree --json",
            "holders red --json",
            "sockets red --json",
            "netns list",
            "netns list-id",
            &format!("netns identify {}", unnamed.pid()),
            "netns pids red",
            &format!("sockets {inside} --json"),
        ] {
            let (all, whole) = with_each_limit(args);
            for (limit, ran) in all {
                let out = without_times(&ran.out);
                let same = whole.iter().any(|whole| without_times(&whole.out) == out);
                let told = ran.out.contains("\"complete\":false")
                    || ran.out.contains("\"complete\": false")
                    || whole.iter().all(|whole| ran.err != whole.err);
                if ran.status == 0 && !same && !told {
                    wrong.push(format!(
                        "{args}, {limit}, module {module}: {ran:?}\n{whole:?}"
                    ));
                }
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        drop(blue);
    });
}

/// What `ls` says of the age of each is another every time, and how many sockets the kernel counts
/// changes for a moment with each command that has just ended.
fn without_times(text: &str) -> String {
    let is_count = |line: &str| line.contains("\"sockets\": ") && !line.contains('[');
    let kept =
        |line: &&str| !line.contains("_ns\"") && !line.contains("\"time\"") && !is_count(line);
    text.lines().filter(kept).collect::<Vec<_>>().join("\n")
}

#[test]
fn what_is_done_with_few_descriptors_is_what_is_said() {
    load();
    let red = Namespace::add("red");
    for limit in LIMITS {
        ip("link add dum0 type dummy");
        let ran = limited(limit, "move dum0 red --name net0");
        let there = red.ip("-o link").contains("net0");
        assert_eq!(there, !exists("dum0"), "{limit}: {ran:?}");
        assert_eq!(there, [0, 6].contains(&ran.status), "{limit}: {ran:?}");
        assert!(!ran.err.contains("somebody else"), "{limit}: {ran:?}");
        match there {
            true => red.ip("link del net0"),
            false => ip("link del dum0"),
        };

        let ran = limited(limit, "veth a@red b --up --address-a 10.9.0.1/24");
        assert_eq!(exists("b"), ran.status == 0, "{limit}: {ran:?}");
        assert!(!ran.err.contains("somebody else"), "{limit}: {ran:?}");
        if ran.status == 0 {
            ip("link del dev b");
        }
    }
}

#[test]
fn a_deletion_that_waits_never_ends_well_before_the_end() {
    load();
    for limit in LIMITS {
        let _red = Namespace::add("red");
        // It cannot be gone while this is in it.
        let inhabitant = Inhabitant::new("red");
        let ran = limited(limit, "netns delete --wait=0.2 red");
        assert_ne!(ran.status, 0, "{limit}: {ran:?}");
        inhabitant.leave();
    }
}
