// SPDX-License-Identifier: GPL-2.0-only

//! What cannot be done is told, and the rest goes on.

use homeward_client::model::{setting, EventKind, Mark, Return};
use homeward_client::{DeviceChange, Which};
use homeward_guest_tests::{
    client, ip, load, look, nic_in_red, Failing, Fault, Listener, Namespace, Netdevsim,
};
use nix::errno::Errno;

/// Deletes a namespace, and returns how each device came home.
#[track_caller]
fn returns(ns: Namespace) -> Vec<(String, Return)> {
    let cookie = ns.cookie();
    let mut events = Listener::new();
    ns.delete();
    events
        .until_gone(cookie)
        .into_iter()
        .filter_map(|kind| match kind {
            EventKind::DeviceReturned(device, Some(how)) => Some((device.name, how)),
            _ => None,
        })
        .collect()
}

#[test]
fn a_setting_that_the_driver_refuses_is_told_and_all_others_are_put_back() {
    load();
    let _sim = Netdevsim::new(1, &["sim0"]);
    ip("link add mac0 link sim0 type macvlan");
    let red = Namespace::add("red");
    ip("link set mac0 netns red");
    red.ip("link set mac0 name inside mtu 1200 txqueuelen 77 alias container");
    let keep = DeviceChange {
        mark: Some(Mark::Keep),
        ..DeviceChange::default()
    };
    let marked = client().set_device(red.cookie(), Which::Name("inside"), &keep);
    assert_eq!(marked.expect("marked").mark, Mark::Keep);
    // A macvlan may not be larger than what it lies on: its own 1500 is refused now.
    ip("link set sim0 mtu 1300");

    let before = client().stats().expect("stats");
    let came = returns(red);
    let (name, how) = &came[0];
    assert_eq!(name, "mac0");
    assert_eq!(how.restored.names(), ["name", "txqlen", "alias"]);
    assert_eq!(how.failures.len(), 1, "{how:?}");
    assert_eq!(how.failures[0].setting, setting::MTU);
    assert_eq!(how.failures[0].errno, Errno::EINVAL);
    let link = ip("link show mac0");
    assert!(
        link.contains("mtu 1200") && link.contains("qlen 1000"),
        "{link}"
    );
    let after = client().stats().expect("stats");
    assert_eq!(after.not_restored - before.not_restored, 1);
    assert_eq!(after.restored - before.restored, 3);
    ip("link del mac0");
}

#[test]
fn an_own_altname_that_somebody_took_meanwhile_is_told_and_the_others_come_back() {
    load();
    let _sim = Netdevsim::new(1, &["sim0"]);
    ip("link property add dev sim0 altname first altname second altname third");
    let red = Namespace::add("red");
    ip("link set sim0 netns red");
    red.ip("link property del dev sim0 altname first altname second altname third");
    ip("link add other type dummy");
    ip("link property add dev other altname second");
    let came = returns(red);
    let how = &came[0].1;
    assert_eq!(how.failures.len(), 1, "{how:?}");
    assert_eq!(how.failures[0].setting, setting::ALTNAMES);
    assert_eq!(how.failures[0].errno, Errno::EEXIST);
    let link = ip("link show sim0");
    assert!(link.contains("first") && link.contains("third") && !link.contains("second"));
    ip("link del other");
}

#[test]
fn a_device_whose_every_numbered_name_is_taken_still_comes_home() {
    let (_sim, red, _) = nic_in_red();
    red.ip("link set sim0 name ct0 mtu 1400");
    // All that are tried, on one device.
    ip("link add other type dummy");
    ip("link property add dev other altname sim0");
    for tens in 0..13 {
        // So many fit into one request of `ip`.
        let names: String = (0..10)
            .map(|n| format!(" altname sim0_{}", 10 * tens + n))
            .collect();
        ip(&format!("link property add dev other{names}"));
    }
    let fate = client()
        .device_by_name(red.cookie(), "ct0")
        .expect("ct0")
        .fate
        .expect("a fate");
    assert_eq!(fate.name, None);
    let came = returns(red);
    let (name, how) = &came[0];
    assert_eq!(how.restored.names(), ["mtu"], "{name}");
    assert!(ip(&format!("link show {name}")).contains("mtu 1500"));
    assert_eq!(client().stats().expect("stats").name_clashes, 1);
    ip("link del other");
}

#[test]
fn a_listener_that_does_not_read_loses_events_and_the_devices_come_home_all_the_same() {
    load();
    let names: Vec<String> = (0..8).map(|n| format!("many{n}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let _sim = Netdevsim::new(1, &names);
    let deaf = client().subscribe().expect("events");
    let mut events = Listener::new();
    for round in 0..5 {
        let red = Namespace::add(&format!("red{round}"));
        for name in &names {
            ip(&format!("link set {name} netns red{round}"));
        }
        let cookie = red.cookie();
        red.delete();
        let came = events.until_gone(cookie);
        let count = came
            .iter()
            .filter(|kind| matches!(kind, EventKind::DeviceReturned(..)))
            .count();
        assert_eq!(count, names.len());
    }
    drop(deaf);
    assert_eq!(client().stats().expect("stats").events_lost, 0);
}

/// Without memory for a list of them they are not closed as one, but each as it moves.
#[test]
fn nics_that_are_up_come_home_though_they_cannot_be_listed() {
    load();
    let names = ["sim1", "sim2"];
    let _sim = Netdevsim::new(2, &names);
    let before = names.map(|name| look(ip, name));
    let red = Namespace::add("red");
    for name in names {
        ip(&format!("link set {name} netns red"));
        red.ip(&format!("link set {name} up"));
    }
    let stats = client().stats().expect("stats");
    let fault = Fault::new("kvrealloc_node_align_noprof", Failing::WithNull, 0, 1);
    let home = returns(red);
    assert!(fault.struck());
    drop(fault);
    assert_eq!(home.len(), 2);
    assert_eq!(names.map(|name| look(ip, name)), before);
    assert_eq!(client().stats().expect("stats").failed, stats.failed);
}
