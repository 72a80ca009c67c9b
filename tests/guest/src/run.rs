// SPDX-License-Identifier: GPL-2.0-only

//! Running programs, and waiting.

use std::path::Path;
use std::process::{Command, Output};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// How long something may take that happens soon. Guests are slow without KVM.
const DEADLINE: Duration = Duration::from_secs(20);

/// Whether the kernel looks for faults at every step, and takes ten times as long for each.
pub fn slow() -> bool {
    Path::new("/sys/kernel/debug/kmemleak").exists()
}

/// Whether it is a kernel of Debian's, whose own modules the guest has loaded at its start.
pub fn stock() -> bool {
    Path::new("/modules").exists()
}

/// The function of a kernel that moves many devices as one, and gives each its name and index (upstream/).
pub const MOVES_MANY: &str = "dev_change_net_namespace_many";

/// Whether the kernel has it.
pub fn moves_many() -> bool {
    let symbols = std::fs::read_to_string("/proc/kallsyms").expect("the kernel's symbols");
    symbols.contains(&format!(" {MOVES_MANY}\n"))
}

fn long() -> bool {
    std::env::var_os("HOMEWARD_LONG").is_some()
}

/// Of many cases that are alike, each of so many is tried: all of them with `make test LONG=1`.
pub fn stride() -> usize {
    match (long(), slow(), stock()) {
        (true, ..) => 1,
        (false, true, _) => 9,
        // Others than on our own kernels.
        (false, false, true) => 7,
        (false, false, false) => 3,
    }
}

/// How often to do what is done `count` times over: on a slow kernel, a few times; on one of
/// several, a third as often.
pub fn times(count: usize) -> usize {
    match (long(), slow(), stock()) {
        (true, ..) => count,
        (false, true, _) => count.div_ceil(5),
        (false, false, true) => count.div_ceil(3),
        (false, false, false) => count,
    }
}

fn output(program: &str, args: &[&str]) -> Output {
    Command::new(program)
        .args(args)
        .output()
        .unwrap_or_else(|error| panic!("{program} {args:?}: {error}"))
}

/// Runs a program that has to succeed; returns what it wrote to standard output.
#[track_caller]
pub fn run(program: &str, args: &[&str]) -> String {
    let output = output(program, args);
    assert!(
        output.status.success(),
        "{program} {args:?}: {}\n{}{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Runs a program that has to fail; returns its exit status and what it wrote to standard error.
#[track_caller]
pub fn run_fails(program: &str, args: &[&str]) -> (i32, String) {
    let output = output(program, args);
    assert!(
        !output.status.success(),
        "{program} {args:?} did not fail:\n{}",
        String::from_utf8_lossy(&output.stdout),
    );
    (
        output.status.code().unwrap_or(-1),
        String::from_utf8_lossy(&output.stderr).into_owned(),
    )
}

/// Runs many lines, each the arguments of the real `ip`, in one process.
#[track_caller]
pub fn batch(lines: &str) {
    with_file(lines, |file| drop(run("ip", &["-batch", file])));
}

/// The same, of which some may fail.
#[track_caller]
pub fn try_batch(lines: &str) {
    with_file(lines, |file| {
        output("/usr/bin/ip", &["-force", "-batch", file]);
    });
}

/// Has `text` in a file, and its path.
#[track_caller]
pub(crate) fn with_file(text: &str, use_it: impl FnOnce(&str)) {
    let file = format!("/tmp/batch-{:?}", std::thread::current().id());
    std::fs::write(&file, text).expect("a file");
    use_it(&file);
    std::fs::remove_file(&file).expect("the file");
}

/// Runs the real `ip`, with arguments separated by spaces.
#[track_caller]
pub fn ip(args: &str) -> String {
    run("/usr/bin/ip", &args.split(' ').collect::<Vec<_>>())
}

/// Runs an `ip` that has to fail; returns what it said.
#[track_caller]
pub fn ip_fails(args: &str) -> String {
    run_fails("/usr/bin/ip", &args.split(' ').collect::<Vec<_>>()).1
}

/// How long until the next look, of one who waits since then: to look may take a program, and so
/// half of a processor that others need.
fn pause(since: Instant) -> Duration {
    (since.elapsed() / 8).clamp(Duration::from_millis(10), Duration::from_millis(200))
}

/// Waits until `done` says yes.
#[track_caller]
pub fn eventually(what: &str, mut done: impl FnMut() -> bool) {
    let start = Instant::now();
    while !done() {
        assert!(
            start.elapsed() < DEADLINE,
            "{what}: not within {DEADLINE:?}"
        );
        sleep(pause(start));
    }
}

/// Waits until `now` gives `wanted`; says what it gave instead.
#[track_caller]
pub(crate) fn becomes(what: &str, wanted: &str, mut now: impl FnMut() -> String) {
    let start = Instant::now();
    loop {
        let is = now();
        if is == wanted {
            return;
        }
        assert!(
            start.elapsed() < DEADLINE,
            "{what}: not within {DEADLINE:?}\n{is}\ninstead of\n{wanted}"
        );
        sleep(pause(start));
    }
}

/// Waits until a `homeward watch` listens.
#[track_caller]
pub fn watch_listens() {
    watches_listen(1);
}

/// Waits until so many of them do.
#[track_caller]
pub fn watches_listen(count: usize) {
    // To two groups: that of the events, and that which tells of the module's end.
    let listens = |line: &&str| {
        let words: Vec<_> = line.split_whitespace().collect();
        let groups = words.get(3).map(|groups| u32::from_str_radix(groups, 16));
        words.get(1) == Some(&"16") && groups.is_some_and(|g| g.unwrap_or(0).count_ones() > 1)
    };
    eventually("watch listens", || {
        let sockets = std::fs::read_to_string("/proc/net/netlink").unwrap_or_default();
        sockets.lines().filter(listens).count() >= count
    });
}
