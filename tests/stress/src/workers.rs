// SPDX-License-Identifier: GPL-2.0-only

//! Those who do one thing over and over. Each is called anew until the time is up.

use std::thread::sleep;
use std::time::Duration;

use homeward_client::model::NewRule;
use homeward_client::{Client, Error, Notice, Which};
use nix::errno::Errno;
use nix::sched::{unshare, CloneFlags};

use crate::arena::{count, Arena};

/// How long a namespace and what is in it may be, in milliseconds.
fn pause(dice: &mut fastrand::Rng, most: u64) {
    sleep(Duration::from_millis(dice.u64(0..=most)));
}

/// A client while the module is there.
fn client(arena: &Arena) -> Option<Client> {
    match Client::connect() {
        Ok(client) => Some(client),
        Err(_) => {
            if !arena.over() {
                sleep(Duration::from_millis(50));
            }
            None
        }
    }
}

/// Whether an error is one that must be expected when others are at work.
fn expected(error: &Error) -> bool {
    matches!(
        error,
        Error::NotLoaded | Error::NotInitial | Error::Interrupted { .. }
    ) || matches!(
        error.errno(),
        // Gone, dead, at home already, its name is taken, the family went away.
        Some(
            Errno::ENOENT
                | Errno::ENODEV
                | Errno::EBUSY
                | Errno::EALREADY
                | Errno::EEXIST
                | Errno::EOPNOTSUPP
        )
    )
}

fn judge<T>(arena: &Arena, what: &str, result: Result<T, Error>) -> Option<T> {
    match result {
        Ok(value) => Some(value),
        Err(error) => {
            // A family that is being unregistered answers in more than one way.
            if !expected(&error) && arena.epoch().is_some() {
                arena.complain(format!("{what}: {error}"));
            }
            None
        }
    }
}

/// Makes namespaces, each of which dies when the next one is made.
pub(crate) fn churn(arena: &Arena, dice: &mut fastrand::Rng) {
    for _ in 0..20 {
        if unshare(CloneFlags::CLONE_NEWNET).is_ok() {
            count(&arena.counts.births);
        }
        pause(dice, 20);
    }
}

/// Recalls whatever is away.
pub(crate) fn recall(arena: &Arena, dice: &mut fastrand::Rng) {
    pause(dice, 2000);
    let Some(mut client) = client(arena) else {
        return;
    };
    let Some(devices) = judge(arena, "devices", client.devices_now(None)) else {
        return;
    };
    let away = devices
        .items
        .into_iter()
        .filter(|one| !one.homes.is_empty());
    let Some(device) = dice.choice(away.collect::<Vec<_>>()) else {
        return;
    };
    let which = Which::Ifindex(device.ifindex);
    if judge(arena, "recall", client.recall(device.namespace, which)).is_some() {
        count(&arena.counts.recalls);
    }
    if dice.u8(..) < 32 {
        judge(arena, "recall of all", client.recall_all(device.namespace));
    }
}

/// Adds and removes rules that match none of the cards.
pub(crate) fn policy(arena: &Arena, dice: &mut fastrand::Rng) {
    pause(dice, 300);
    let Some(mut client) = client(arena) else {
        return;
    };
    let rule = NewRule {
        name: Some(format!("zz{}*", dice.u8(..))),
        ..NewRule::default()
    };
    judge(arena, "rule-add", client.add_rule(&rule));
    if dice.u8(..) < 64 {
        judge(arena, "rule-flush", client.flush_rules());
    }
}

/// Asks for everything.
pub(crate) fn dump(arena: &Arena, dice: &mut fastrand::Rng) {
    pause(dice, 100);
    let Some(mut client) = client(arena) else {
        return;
    };
    judge(arena, "namespaces", client.namespaces_now());
    judge(arena, "devices", client.devices_now(None));
    judge(arena, "rules", client.rules());
    if let Some(namespaces) = judge(arena, "namespaces", client.namespaces_now()) {
        if let Some(one) = dice.choice(namespaces.items) {
            judge(arena, "ns-open", client.open(one.cookie));
        }
    }
    count(&arena.counts.dumps);
}

/// Listens for a while.
pub(crate) fn listen(arena: &Arena, dice: &mut fastrand::Rng) {
    let Some(client) = client(arena) else {
        return;
    };
    let Some(mut events) = judge(arena, "subscribe", client.subscribe()) else {
        return;
    };
    for _ in 0..dice.u32(1..500) {
        match events.next(Some(Duration::from_millis(200))) {
            Ok(Some(Notice::Event(_))) => count(&arena.counts.events),
            Ok(Some(Notice::Lost { .. } | Notice::Overrun)) => count(&arena.counts.lost),
            Ok(Some(Notice::Unloaded)) | Ok(None) => return,
            Err(error) => return arena.complain(format!("events: {error}")),
        }
    }
}

/// Takes the module away, and brings it back.
pub(crate) fn reload(arena: &Arena, dice: &mut fastrand::Rng) {
    for _ in 0..dice.u32(20..100) {
        if arena.over() {
            return;
        }
        sleep(Duration::from_millis(100));
    }
    arena.unload();
    pause(dice, 500);
    arena.load();
    count(&arena.counts.reloads);
}

/// Takes a processor away, and brings it back.
pub(crate) fn hotplug(_: &Arena, dice: &mut fastrand::Rng) {
    const SWITCH: &str = "/sys/devices/system/cpu/cpu1/online";
    pause(dice, 3000);
    // Not there on a machine with one.
    let _ = std::fs::write(SWITCH, "0");
    pause(dice, 500);
    let _ = std::fs::write(SWITCH, "1");
}

/// Takes most of what memory is free, and gives it back.
pub(crate) fn memory(_: &Arena, dice: &mut fastrand::Rng) {
    const MEGABYTE: usize = 1 << 20;
    pause(dice, 3000);
    let text = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let free = text.lines().find_map(|line| {
        let rest = line.strip_prefix("MemAvailable:")?;
        rest.split_whitespace().next()?.parse::<usize>().ok()
    });
    let wanted = free.unwrap_or_default() / 1024 * 8 / 10;
    let hoard: Vec<Vec<u8>> = (0..wanted).map(|_| vec![1; MEGABYTE]).collect();
    pause(dice, 200);
    drop(hoard);
}
