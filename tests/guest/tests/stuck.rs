// SPDX-License-Identifier: GPL-2.0-only

//! Devices that the kernel cannot free, and the counters.

use std::collections::BTreeSet;

use homeward_client::model::{EventKind, State};
use homeward_client::By;
use homeward_guest_tests::verb::says;
use homeward_guest_tests::{
    batch, client, eventually, ip, leak, leak_many, load, run, Listener, Namespace, Namespaces,
    Netdevsim, StandingDump,
};
use homeward_netlink::attrs;

#[test]
fn a_device_that_keeps_a_namespace_from_dying_is_told_with_those_that_wait_behind() {
    load();
    let red = Namespace::add("red");
    let blue = Namespace::add("blue");
    red.ip("link add dum0 type dummy");
    let (red_cookie, blue_cookie) = (red.cookie(), blue.cookie());
    leak(&red, "dum0", 6000);
    let mut events = Listener::new();
    red.delete();
    events.until(|kind| matches!(kind, EventKind::NamespaceDying(ns) if ns.cookie == red_cookie));
    blue.delete();

    // The first may come before blue is dead, the second comes later.
    let mut told = Vec::new();
    while told.len() < 2 {
        if let EventKind::DeviceStuck(device) = events.wait().kind {
            told.push(device);
        }
    }
    let device = told.pop().expect("the second");
    assert_eq!(
        (device.namespace, device.name.as_str()),
        (red_cookie, "dum0")
    );
    let stuck = device.stuck.expect("how it is stuck");
    assert_eq!(stuck.refs, 2);
    assert_eq!(stuck.waiting, [blue_cookie]);
    assert!(stuck.waiting_for.as_millis() > 500);

    let devices = client().devices(Some(red_cookie)).expect("devices");
    assert!(devices.iter().any(|device| device.stuck.is_some()));
    let red = client().namespace(By::Cookie(red_cookie)).expect("red");
    assert_eq!((red.state, red.stuck), (State::Dying, Some(1)));
    let holders = says(&format!("holders cookie:{red_cookie}"));
    assert!(
        holders.contains("cannot free 1 of its devices"),
        "{holders}"
    );
    let blue = client().namespace(By::Cookie(blue_cookie)).expect("blue");
    assert_eq!((blue.state, blue.stuck), (State::Queued, None));

    events.until_gone(red_cookie);
    events.until_gone(blue_cookie);
    let devices = client().devices(None).expect("devices");
    assert!(devices.iter().all(|device| device.stuck.is_none()));
    let stats = client().stats().expect("stats");
    assert_eq!(stats.longest_teardown_cookie, Some(red_cookie));
    assert!(stats.longest_teardown.as_secs() >= 4, "{stats:?}");
}

/// The payload of the first attribute of this number.
fn attribute(message: &[u8], number: u16) -> Option<&[u8]> {
    let mut all = attrs(message).flatten();
    all.find(|attr| attr.kind == number)
        .map(|attr| attr.payload)
}

#[test]
fn a_dump_neither_skips_nor_repeats_a_stuck_device_when_others_become_free() {
    load();
    let red = Namespace::add("red");
    let lines = |count| (0..count).map(|nth| format!("link add dum{nth} netns red type dummy\n"));
    batch(&lines(60).collect::<String>());
    let indices: Vec<u32> = client()
        .devices(Some(red.cookie()))
        .expect("devices")
        .iter()
        .filter(|device| device.name.starts_with("dum"))
        .map(|device| device.ifindex)
        .collect();
    // Every other one until it is let go, the others until the end.
    let held = indices.iter().enumerate();
    let held = held.map(|(nth, &index)| (index, if nth % 2 == 0 { 0 } else { 600_000 }));
    leak_many(&red, &held.collect::<Vec<_>>());
    // Those that wait are told of with each, which makes the dump longer than a buffer.
    let behind = Namespaces::add("behind", 30);
    let cookie = red.cookie();
    red.delete();
    let stuck = || {
        let devices = client().devices(Some(cookie)).expect("devices");
        devices
            .iter()
            .filter(|device| device.stuck.is_some())
            .count()
    };
    eventually("all are stuck", || stuck() == 60);
    drop(behind);
    let standing = StandingDump::of(homeward_abi::cmd::DEV_GET);
    std::fs::write("/sys/module/leak/parameters/let_go", "1").expect("let go");
    eventually("some are free", || stuck() == 30);
    let (messages, interrupted) = standing.rest(4096);
    let number = |bytes: &[u8]| u32::from_ne_bytes(bytes.try_into().expect("a number"));
    let told: Vec<u32> = messages
        .iter()
        .filter(|message| attribute(message, homeward_abi::dev::STUCK).is_some())
        .filter_map(|message| attribute(message, homeward_abi::dev::IFINDEX).map(number))
        .collect();
    for index in indices.iter().skip(1).step_by(2) {
        assert!(
            told.contains(index),
            "{index} of {indices:?} not in {told:?}"
        );
    }
    let different: BTreeSet<_> = told.iter().collect();
    assert_eq!(different.len(), told.len(), "{told:?}");
    assert!(
        told.len() < 60,
        "all of it was in the first buffer: {told:?}"
    );
    assert!(interrupted);
    run("rmmod", &["leak"]);
    eventually("the end", || {
        client().namespace(By::Cookie(cookie)).is_err()
    });
}

/// What was made and is not gone is there; who left and is not back is away.
#[track_caller]
fn balanced() {
    let stats = client().stats().expect("stats");
    let present = client().namespaces().expect("namespaces").len() as u64;
    assert_eq!(
        u64::from(stats.older) + stats.born - stats.gone,
        u64::from(stats.namespaces)
    );
    assert_eq!(u64::from(stats.namespaces), present);
    let away = stats.left - stats.settled - stats.destroyed - stats.forgotten;
    assert_eq!(away, u64::from(stats.devices_away), "{stats:?}");
    let devices = client().devices(None).expect("devices");
    let shown = devices
        .iter()
        .filter(|device| !device.homes.is_empty())
        .count();
    assert_eq!(away, shown as u64);
}

#[test]
fn the_counters_always_balance() {
    load();
    let _sim = Netdevsim::new(1, &["sim0", "sim1"]);
    balanced();
    let red = Namespace::add("red");
    let blue = Namespace::add("blue");
    ip("link add dum0 type dummy");
    for name in ["sim0", "sim1", "dum0"] {
        ip(&format!("link set {name} netns red"));
    }
    balanced();
    red.ip("link set sim0 netns blue");
    blue.ip("link set sim0 name ct0 mtu 1400");
    balanced();
    red.ip("link set sim1 netns 1");
    balanced();
    ip("link add ct0 type dummy");
    let (red_cookie, blue_cookie) = (red.cookie(), blue.cookie());
    let before = client().stats().expect("stats");
    let mut events = Listener::new();
    blue.delete();
    events.until_gone(blue_cookie);
    balanced();
    red.delete();
    events.until_gone(red_cookie);
    balanced();
    let after = client().stats().expect("stats");
    assert_eq!(after.returned - before.returned, 2);
    assert_eq!(after.destroyed - before.destroyed, 1);
    assert_eq!(after.gone - before.gone, 2);
    assert!(after.restored > before.restored);
    assert_eq!(after.failed, 0);
    assert!(after.memory > 0);
    assert_eq!(after.events_lost, 0);
    ip("link del ct0");
}
