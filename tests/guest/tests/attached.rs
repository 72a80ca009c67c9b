// SPDX-License-Identifier: GPL-2.0-only

//! Programs that a device brings home: those of tcx, and what XDP is in the way of.

use std::os::fd::OwnedFd;
use std::process::Command;

use homeward_client::model::{setting, EventKind, Home, Return, Stats};
use homeward_client::{DeviceChange, Which};
use homeward_guest_tests::{
    attach_tcx, attach_xdp, client, dies, inside, ip, link_tcx, load, nic_in_red, tcx_count,
    tcx_program, update_link, Namespace, Netdevsim, Side,
};
use nix::errno::Errno;

const SIDES: [Side; 2] = [Side::Ingress, Side::Egress];

#[track_caller]
fn index(ip: impl Fn(&str) -> String) -> u32 {
    let link = ip("link show dev sim0");
    let (ifindex, _) = link.split_once(':').expect("an index");
    ifindex.parse().expect("a number")
}

fn counts(ip: impl Fn(&str) -> String) -> [u32; 2] {
    let ifindex = index(ip);
    SIDES.map(|side| tcx_count(ifindex, side))
}

/// How sim0 came home.
#[track_caller]
fn returns(red: Namespace) -> Return {
    let how = dies(red).into_iter().find_map(|kind| match kind {
        EventKind::DeviceReturned(_, how) => how,
        _ => None,
    });
    how.expect("a return")
}

fn stats() -> Stats {
    client().stats().expect("stats")
}

/// What `doctor` says of programs.
fn doctor() -> (String, String) {
    let output = Command::new("homeward")
        .args(["doctor", "--json"])
        .output()
        .expect("doctor");
    let said: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let checks = said["checks"].as_array().expect("checks");
    let check = checks.iter().find(|check| check["name"] == "programs");
    let text = |key: &str| check.expect("a check")[key].as_str().expect(key).to_owned();
    (text("outcome"), text("found"))
}

#[test]
fn tcx_programs_that_links_attached_inside_are_detached() {
    let (_sim, red, _) = nic_in_red();
    let ifindex = index(|args| red.ip(args));
    let links: Vec<OwnedFd> = inside("red", move || {
        let two = SIDES.iter().flat_map(|side| [side, side]);
        two.map(|side| link_tcx(ifindex, *side, &tcx_program()))
            .collect()
    });
    let how = returns(red);
    assert_eq!(how.restored.names(), ["tcx"]);
    assert!(how.failures.is_empty(), "{how:?}");
    assert_eq!(counts(ip), [0, 0]);
    assert_eq!((stats().programs_left, stats().not_restored), (0, 0));
    assert_eq!(doctor().0, "ok");
    drop(links);
}

#[test]
fn a_tcx_program_that_was_attached_inside_without_a_link_is_told_as_a_failure() {
    let (_sim, red, _) = nic_in_red();
    let ifindex = index(|args| red.ip(args));
    red.ip("link set sim0 mtu 1400");
    let link = inside("red", move || {
        attach_tcx(ifindex, Side::Egress, &tcx_program());
        link_tcx(ifindex, Side::Egress, &tcx_program())
    });
    let how = returns(red);
    assert_eq!(how.restored.names(), ["mtu"]);
    assert_eq!(how.failures.len(), 1, "{how:?}");
    assert_eq!(how.failures[0].setting, setting::TCX);
    assert_eq!(how.failures[0].errno, Errno::EOPNOTSUPP);
    // The link is gone all the same.
    assert_eq!(counts(ip), [0, 1]);
    assert_eq!((stats().programs_left, stats().not_restored), (1, 1));
    let (outcome, found) = doctor();
    assert_eq!(outcome, "warn");
    assert!(found.starts_with("1 devices came home with"), "{found}");
    drop(link);

    // By recall likewise.
    let red = Namespace::add("red");
    ip("link set sim0 netns red");
    let ifindex = index(|args| red.ip(args));
    inside("red", move || {
        attach_tcx(ifindex, Side::Ingress, &tcx_program());
    });
    let output = Command::new("homeward")
        .args(["recall", "sim0@red"])
        .output()
        .expect("recall");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        !output.status.success() && said.contains("tcx"),
        "{output:?}"
    );
    assert_eq!(counts(ip), [1, 1]);
    assert_eq!(stats().programs_left, 2);
}

#[test]
fn tcx_programs_of_home_stay_as_they_are() {
    let (sim, red, _) = nic_in_red();
    drop(red);
    drop(sim);
    let _sim = Netdevsim::new(1, &["sim0"]);
    let ifindex = index(ip);
    attach_tcx(ifindex, Side::Ingress, &tcx_program());
    let link = link_tcx(ifindex, Side::Egress, &tcx_program());
    let red = Namespace::add("red");
    ip("link set sim0 netns red");
    let device = client().device_by_name(red.cookie(), "sim0").expect("sim0");
    let home = &device.homes[0];
    assert_eq!((home.tcx_programs.len(), home.tcx_links.len()), (1, 1));
    // Its owner may give it another program meanwhile.
    update_link(&link, &tcx_program());
    let inner = index(|args| red.ip(args));
    let foreign = inside("red", move || {
        link_tcx(inner, Side::Ingress, &tcx_program())
    });
    let how = returns(red);
    assert_eq!(how.restored.names(), ["tcx"]);
    assert!(how.failures.is_empty(), "{how:?}");
    assert_eq!(counts(ip), [1, 1]);
    drop(foreign);

    // And one that is detached inside is none that came from there.
    let red = Namespace::add("red");
    ip("link set sim0 netns red");
    drop(link);
    let how = returns(red);
    assert!(
        how.restored.is_empty() && how.failures.is_empty(),
        "{how:?}"
    );
    assert_eq!(counts(ip), [1, 0]);
    assert_eq!(stats().programs_left, 0);
}

/// A driver may refuse an MTU while a program is attached: netdevsim does above 4000.
#[test]
fn an_xdp_program_of_inside_does_not_keep_the_mtu_of_home_away() {
    load();
    let _sim = Netdevsim::new(1, &["sim0"]);
    ip("link set sim0 mtu 5000");
    let red = Namespace::add("red");
    ip("link set sim0 netns red");
    red.ip("link set sim0 mtu 1500");
    attach_xdp(&red, "sim0", "xdpdrv");
    let how = returns(red);
    assert_eq!(how.restored.names(), ["mtu", "xdp"]);
    assert!(how.failures.is_empty(), "{how:?}");
}

#[test]
fn what_a_version_that_knew_of_no_programs_has_told_costs_home_none_of_them() {
    load();
    let _sim = Netdevsim::new(1, &["sim0"]);
    let link = link_tcx(index(ip), Side::Ingress, &tcx_program());
    let red = Namespace::add("red");
    ip("link set sim0 netns red");
    reload_with(&red, |home| {
        // It told no broadcast address either.
        home.settings.remove(&setting::BROADCAST);
        home.tcx_links.clear();
    });
    let how = returns(red);
    assert!(
        how.restored.is_empty() && how.failures.is_empty(),
        "{how:?}"
    );
    assert_eq!(counts(ip), [1, 0]);
    drop(link);
}

const MODES: [&str; 2] = ["xdpgeneric", "xdpdrv"];

#[test]
fn an_xdp_program_that_has_replaced_one_of_home_is_detached_and_that_is_told() {
    load();
    let _sim = Netdevsim::new(1, &["sim0"]);
    for mode in MODES {
        attach_xdp(None, "sim0", mode);
        let red = Namespace::add("red");
        ip("link set sim0 netns red");
        attach_xdp(&red, "sim0", mode);
        let how = returns(red);
        assert!(how.restored.is_empty(), "{mode}: {how:?}");
        assert_eq!(how.failures.len(), 1, "{mode}: {how:?}");
        assert_eq!(how.failures[0].setting, setting::XDP);
        assert_eq!(how.failures[0].errno, Errno::ENOENT);
        let now = ip("link show sim0");
        assert!(!now.contains("prog/xdp"), "{mode}: {now}");
    }
    assert_eq!((stats().programs_left, stats().not_restored), (0, 2));
}

/// Has the module loaded anew with the homes of sim0 in red, which `change` changes.
#[track_caller]
fn reload_with(red: &Namespace, change: impl Fn(&mut Home)) {
    let device = client().device_by_name(red.cookie(), "sim0").expect("sim0");
    let mut homes = device.homes;
    change(&mut homes[0]);
    load();
    let change = DeviceChange {
        homes: Some(homes.clone()),
        ..DeviceChange::default()
    };
    let set = client().set_device(red.cookie(), Which::Name("sim0"), &change);
    // What this one tells in its turn is the same.
    assert_eq!(set.expect("put back").homes, homes);
}

#[test]
fn an_xdp_program_of_home_stays_also_over_an_upgrade_and_one_that_replaces_it_then_does_not() {
    load();
    let _sim = Netdevsim::new(1, &["sim0"]);
    for mode in MODES {
        attach_xdp(None, "sim0", mode);
        let before = ip("link show sim0");
        let program = |link: &str| link.split_once("prog/xdp").map(|(_, id)| id.to_owned());
        // As it is, over an upgrade from this version, and from one that told no ids.
        for upgrade in 0..3 {
            let red = Namespace::add("red");
            ip("link set sim0 netns red");
            match upgrade {
                0 => {}
                1 => reload_with(&red, |home| assert_eq!(home.xdp_programs.len(), 1)),
                _ => reload_with(&red, |home| home.xdp_programs.clear()),
            }
            let how = returns(red);
            assert!(how.restored.is_empty(), "{mode} {upgrade}: {how:?}");
            assert!(how.failures.is_empty(), "{mode} {upgrade}: {how:?}");
            let now = ip("link show sim0");
            assert_eq!(program(&now), program(&before), "{mode} {upgrade}");
        }

        let red = Namespace::add("red");
        ip("link set sim0 netns red");
        reload_with(&red, |_| ());
        attach_xdp(&red, "sim0", mode);
        let how = returns(red);
        assert_eq!(how.failures.len(), 1, "{mode}: {how:?}");
        let now = ip("link show sim0");
        assert!(!now.contains("prog/xdp"), "{mode}: {now}");
    }
}
