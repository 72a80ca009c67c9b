// SPDX-License-Identifier: GPL-2.0-only

//! Those who do one thing over and over. Each is called anew until the time is up.

use std::fs::{self, File};
use std::net::UdpSocket;
use std::thread::sleep;
use std::time::{Duration, Instant};

use homeward_client::model::{Mark, NewRule};
use homeward_client::{Client, DeviceChange, Notice, Which};
use nix::sched::{setns, unshare, CloneFlags};

use crate::arena::Arena;
use crate::figures::count;
use crate::filler::RESCUED;

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

/// Makes namespaces, each of which dies when the next one is made.
pub(crate) fn churn(arena: &Arena, dice: &mut fastrand::Rng) {
    for _ in 0..20 {
        if unshare(CloneFlags::CLONE_NEWNET).is_ok() {
            count(&arena.figures.churned);
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
    let Some(devices) = arena.judge("devices", client.devices_now(None)) else {
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
    if arena
        .judge("recall", client.recall(device.namespace, which))
        .is_some()
    {
        count(&arena.figures.recalls);
    }
    if dice.u8(..) < 32 {
        arena.judge("recall of all", client.recall_all(device.namespace));
    }
}

/// Adds and removes rules, none of which matches a card, and marks cards, which come home anyway.
pub(crate) fn policy(arena: &Arena, dice: &mut fastrand::Rng) {
    pause(dice, 300);
    let Some(mut client) = client(arena) else {
        return;
    };
    let name = match dice.bool() {
        true => format!("{RESCUED}*"),
        false => format!("zz{}*", dice.u8(..)),
    };
    let rule = NewRule {
        name: Some(name),
        ..NewRule::default()
    };
    if arena.judge("rule-add", client.add_rule(&rule)).is_some() {
        count(&arena.figures.rules);
    }
    if dice.u8(..) < 32 {
        arena.judge("rule-flush", client.flush_rules());
    }
    let Some(devices) = arena.judge("devices", client.devices_now(None)) else {
        return;
    };
    let away = (devices.items.into_iter()).filter(|one| !one.homes.is_empty());
    if let Some(device) = dice.choice(away.collect::<Vec<_>>()) {
        let change = DeviceChange {
            mark: Some(if dice.bool() { Mark::Keep } else { Mark::None }),
            ..DeviceChange::default()
        };
        let which = Which::Ifindex(device.ifindex);
        let changed = client.set_device(device.namespace, which, &change);
        if arena.judge("dev-set", changed).is_some() {
            count(&arena.figures.marks);
        }
    }
}

/// Enters a namespace that it finds by its cookie, and opens a socket there.
pub(crate) fn enter(arena: &Arena, dice: &mut fastrand::Rng) {
    pause(dice, 100);
    let Some(mut client) = client(arena) else {
        return;
    };
    let Some(all) = arena.judge("namespaces", client.namespaces_now()) else {
        return;
    };
    let Some(one) = dice.choice(all.items) else {
        return;
    };
    let Some(there) = arena.judge("ns-open", client.open(one.cookie)) else {
        return;
    };
    // Of the first process, which never leaves the initial namespace.
    let Ok(here) = File::open("/proc/1/ns/net") else {
        return arena.complain("cannot open /proc/1/ns/net".to_owned());
    };
    if let Err(error) = setns(&there, CloneFlags::CLONE_NEWNET) {
        return arena.complain(format!("cannot enter a namespace: {error}"));
    }
    drop(there);
    let socket = UdpSocket::bind("0.0.0.0:0");
    pause(dice, 50);
    drop(socket);
    if let Err(error) = setns(&here, CloneFlags::CLONE_NEWNET) {
        return arena.complain(format!("cannot return to the initial namespace: {error}"));
    }
    count(&arena.figures.entered);
}

/// Asks for everything.
pub(crate) fn dump(arena: &Arena, dice: &mut fastrand::Rng) {
    pause(dice, 100);
    let Some(mut client) = client(arena) else {
        return;
    };
    arena.judge("namespaces", client.namespaces_now());
    arena.judge("devices", client.devices_now(None));
    arena.judge("rules", client.rules());
    count(&arena.figures.dumps);
}

/// Listens for a while.
pub(crate) fn listen(arena: &Arena, dice: &mut fastrand::Rng) {
    let Some(client) = client(arena) else {
        return;
    };
    let Some(mut events) = arena.judge("subscribe", client.subscribe()) else {
        return;
    };
    count(&arena.figures.subscriptions);
    for _ in 0..dice.u32(1..500) {
        match events.next(Some(Duration::from_millis(200))) {
            Ok(Some(Notice::Event(_))) => count(&arena.figures.events),
            Ok(Some(Notice::Lost { .. } | Notice::Overrun)) => count(&arena.figures.lost),
            Ok(Some(Notice::Unloaded)) | Ok(None) => return,
            Err(error) => return arena.complain(format!("events: {error}")),
        }
    }
}

/// Takes the module away, and brings it back.
pub(crate) fn reload(arena: &Arena, dice: &mut fastrand::Rng) {
    for _ in 0..dice.u32(50..300) {
        if arena.over() {
            return;
        }
        sleep(Duration::from_millis(100));
    }
    arena.unload();
    pause(dice, 500);
    arena.load();
    count(&arena.figures.reloads);
}

/// Takes a processor away, and brings it back.
pub(crate) fn hotplug(arena: &Arena, dice: &mut fastrand::Rng) {
    const SWITCH: &str = "/sys/devices/system/cpu/cpu1/online";
    pause(dice, 3000);
    // Not there on a machine with one.
    if fs::write(SWITCH, "0").is_ok() {
        count(&arena.figures.unplugged);
    }
    pause(dice, 500);
    let _ = fs::write(SWITCH, "1");
}

/// Takes most of what memory is free, and gives it back; drops caches; has the kernel keep more.
pub(crate) fn memory(arena: &Arena, dice: &mut fastrand::Rng) {
    const MEGABYTE: usize = 1 << 20;
    const RESERVE: &str = "/proc/sys/vm/min_free_kbytes";
    pause(dice, 3000);
    let begun = Instant::now();
    let reserve = fs::read_to_string(RESERVE).unwrap_or_default();
    let raised = reserve.trim().parse::<u64>().map(|kbytes| kbytes * 4);
    if let Ok(raised) = raised {
        let _ = fs::write(RESERVE, raised.to_string());
    }
    let _ = fs::write("/proc/sys/vm/drop_caches", "3");
    let text = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let free = text.lines().find_map(|line| {
        let rest = line.strip_prefix("MemAvailable:")?;
        rest.split_whitespace().next()?.parse::<usize>().ok()
    });
    let wanted = free.unwrap_or_default() / 1024 * 8 / 10;
    let hoard: Vec<Vec<u8>> = (0..wanted).map(|_| vec![1; MEGABYTE]).collect();
    pause(dice, 200);
    drop(hoard);
    let _ = fs::write(RESERVE, reserve);
    count(&arena.figures.hoards);
    // It is to be one trouble among others, also where writing memory takes a minute.
    let rested = Instant::now() + begun.elapsed();
    while Instant::now() < rested && !arena.over() {
        sleep(Duration::from_millis(100));
    }
}
