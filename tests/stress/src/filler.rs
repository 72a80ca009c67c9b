// SPDX-License-Identifier: GPL-2.0-only

//! Fills namespaces with devices of all sorts, and deletes them.

use std::fs;
use std::sync::atomic::{AtomicU64, Ordering};

use homeward_client::{Client, DeviceChange, Which};

use crate::arena::{ip, Arena};
use crate::figures::{count, KINDS};

/// The home name of what a rule rescues when its namespace dies.
pub(crate) const RESCUED: &str = "resc";

/// What the same rule does not rescue, whatever its name, as it was made there.
pub(crate) const THEIRS: &str = "resc-own";

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
        inside(&format!("link add {THEIRS}{number} type dummy"));
    }
    if dice.bool() {
        lend(arena, number, &name);
    }
    count(&arena.figures.filled);
    if ip(&format!("netns del {name}")) {
        count(&arena.figures.deleted);
    }
    take_rescued(arena);
}

/// Lends a device to a namespace. It has the name by which it is rescued from then on, so that nobody
/// takes it for one that was.
fn lend(arena: &Arena, number: u64, name: &str) {
    let lent = format!("lent{number}");
    let moved =
        ip(&format!("link add {lent} type dummy")) && ip(&format!("link set {lent} netns {name}"));
    if !moved {
        ip(&format!("link del {lent}"));
    } else if !rename(&lent, &format!("{RESCUED}{number}")) {
        // It dies with the namespace, as no rule matches it.
        count(&arena.figures.refusals);
    }
}

/// Gives a device another name for home, wherever it is.
fn rename(device: &str, home_name: &str) -> bool {
    let change = DeviceChange {
        home_name: Some(Some(home_name.to_owned())),
        ..DeviceChange::default()
    };
    let renamed = || {
        let mut client = Client::connect().ok()?;
        let devices = client.devices_now(None).ok()?.items;
        let found = devices.into_iter().find(|one| one.name == device)?;
        let which = Which::Ifindex(found.ifindex);
        client.set_device(found.namespace, which, &change).ok()
    };
    renamed().is_some()
}

/// Removes what has been rescued so far.
pub(crate) fn take_rescued(arena: &Arena) {
    let entries = fs::read_dir("/sys/class/net").into_iter().flatten();
    for entry in entries.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with(THEIRS) {
            arena.complain(format!("{name}, which was made inside, is here"));
        }
        if name.starts_with(RESCUED) && ip(&format!("link del {name}")) {
            count(&arena.figures.rescued);
        }
    }
}
