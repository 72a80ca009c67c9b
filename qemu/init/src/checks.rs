// SPDX-License-Identifier: GPL-2.0-only

//! What must hold when all tests are done. Each check names what is wrong; none is good.

use crate::{
    balance, modules,
    slabs::{
        self,
        Nameless, //
    },
};
use homeward_vm::console::Watch;
use std::{
    fs::{
        self,
        OpenOptions, //
    },
    io::Read,
    os::unix::fs::OpenOptionsExt,
    path::Path,
    time::Duration,
};

/// Taint bits that say something of health. Homeward itself is out of tree and unsigned, which the
/// kernel marks as well (bits 12 and 13).
const BAD_TAINTS: &[(u32, &str)] = &[
    (4, "a machine check"),
    (5, "a bad page"),
    (7, "an oops"),
    (9, "a warning"),
    (14, "a soft lockup"),
];

/// The longest record of `/dev/kmsg`.
const RECORD: usize = 8192;

/// What the kernel knows of leaks before the tests, which is not theirs.
pub(crate) fn before() -> Nameless {
    if looks_for_leaks() {
        // If that does not work, leaks of others are reported, too: no harm.
        let _ = fs::write(KMEMLEAK, "scan");
        let _ = fs::write(KMEMLEAK, "clear");
        return Nameless::new();
    }
    slabs::nameless()
}

/// All of them, and the module is unloaded afterwards.
pub(crate) fn all(before: &Nameless) -> Vec<String> {
    let mut problems = match modules::is_loaded() {
        true => balance::problems(),
        false => Vec::new(),
    };
    // Refused while anybody holds a reference to it.
    if let Err(error) = modules::unload() {
        problems.push(error.to_string());
    } else if modules::is_loaded() {
        problems.push("the module is still there after it was unloaded".into());
    }
    problems.extend(taints());
    // KASAN keeps what was freed for a while; where it is, kmemleak is, too.
    match looks_for_leaks() {
        true => problems.extend(leaks()),
        false => problems.extend(slabs::left_behind(before)),
    }
    problems.extend(complaints());
    problems
}

/// The leak detector of a debug kernel.
const KMEMLEAK: &str = "/sys/kernel/debug/kmemleak";

/// It does not report what is younger than 5 s (MSECS_MIN_AGE).
const LEAK_AGE: Duration = Duration::from_secs(6);

/// Whether the kernel looks for leaks, and so for many other faults.
pub(crate) fn looks_for_leaks() -> bool {
    Path::new(KMEMLEAK).exists()
}

/// What has been leaked since.
fn leaks() -> Vec<String> {
    if !looks_for_leaks() {
        return Vec::new();
    }
    std::thread::sleep(LEAK_AGE);
    // Twice: an object counts as leaked only if two scans in a row do not find it.
    let found = (0..2)
        .try_for_each(|_| fs::write(KMEMLEAK, "scan"))
        .and_then(|()| fs::read_to_string(KMEMLEAK));
    match found {
        Ok(text) => text
            .lines()
            .map(|line| format!("kmemleak: {line}"))
            .collect(),
        Err(error) => vec![format!("cannot use {KMEMLEAK}: {error}")],
    }
}

fn taints() -> Vec<String> {
    let text = fs::read_to_string("/proc/sys/kernel/tainted").unwrap_or_default();
    let Ok(mask) = text.trim().parse::<u64>() else {
        return vec!["cannot read /proc/sys/kernel/tainted".into()];
    };
    BAD_TAINTS
        .iter()
        .filter(|(bit, _)| mask & (1 << bit) != 0)
        .map(|(_, what)| format!("the kernel is tainted by {what}"))
        .collect()
}

/// Complaints in the kernel's log, including those too quiet for the console.
fn complaints() -> Vec<String> {
    let mut watch = Watch::new();
    // O_NONBLOCK: reading is to end with the last record, and not to wait for another.
    let kmsg = OpenOptions::new()
        .read(true)
        .custom_flags(nix::fcntl::OFlag::O_NONBLOCK.bits())
        .open("/dev/kmsg");
    let Ok(mut kmsg) = kmsg else {
        return vec!["cannot read /dev/kmsg".into()];
    };
    let mut record = vec![0; RECORD];
    loop {
        match kmsg.read(&mut record) {
            Ok(0) => break,
            Ok(length) => {
                let text = String::from_utf8_lossy(&record[..length]);
                // "priority,number,time,flags;message", then lines of context.
                let message = text.split_once(';').map_or("", |(_, message)| message);
                watch.line(message.lines().next().unwrap_or(""));
            }
            // A record was overwritten before it was read: go on with the oldest.
            Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => {}
            // The end of the log.
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => break,
            Err(error) => return vec![format!("cannot read /dev/kmsg: {error}")],
        }
    }
    watch
        .findings()
        .iter()
        .map(|line| format!("in the kernel's log: {line}"))
        .collect()
}
