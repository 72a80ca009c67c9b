// SPDX-License-Identifier: GPL-2.0-only

//! Fills namespaces with devices of all sorts, and deletes them.

use std::fs;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::arena::{ip, Arena};
use crate::figures::{count, KINDS};

/// What a rule rescues when its namespace dies.
pub(crate) const RESCUED: &str = "resc";

/// Makes a namespace with a name, fills and deletes it.
pub(crate) fn fill(arena: &Arena, dice: &mut fastrand::Rng) {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let name = format!("fill{number}");
    if !ip(&format!("netns add {name}")) {
        return;
    }
    let inside = |words: &str| ip(&format!("-n {name} {words}"));
    for (at, (_, words)) in KINDS.iter().enumerate() {
        if (at == 0 || dice.u8(..) < 100) && inside(words) {
            count(&arena.figures.kinds[at]);
        }
    }
    if dice.bool() {
        inside("link set own0 up");
        inside("addr add 192.0.2.7/24 dev own0");
    }
    if dice.bool() {
        // One end here and one outside, which goes with it.
        ip(&format!(
            "link add out{number} type veth peer name own20 netns {name}"
        ));
    }
    if dice.bool() {
        inside(&format!("link add {RESCUED}{number} type dummy"));
    }
    count(&arena.figures.filled);
    if ip(&format!("netns del {name}")) {
        count(&arena.figures.deleted);
    }
    take_rescued(arena);
}

/// Removes what has been rescued so far.
pub(crate) fn take_rescued(arena: &Arena) {
    let entries = fs::read_dir("/sys/class/net").into_iter().flatten();
    for entry in entries.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with(RESCUED) && ip(&format!("link del {name}")) {
            count(&arena.figures.rescued);
        }
    }
}
