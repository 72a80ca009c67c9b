// SPDX-License-Identifier: GPL-2.0-only

//! Moves that fail.

use homeward_client::model::EventKind;
use homeward_client::{Error, Which};
use homeward_guest_tests::{
    assert_balance, client, ip, load, look, moves_many, run, Fault, Listener, Namespace, Netdevsim,
};
use nix::errno::Errno;

use crate::{each_fails_at_death, wait_until_gone, Changed, NO_MEMORY};

/// What fails with a move.
fn the_move() -> &'static str {
    match moves_many() {
        true => "netdev_move_prepare",
        false => "dev_change_net_namespace",
    }
}

#[test]
fn a_move_that_fails_at_a_death_is_left_to_the_kernel_and_told() {
    load();
    let world = Changed::new();
    let mut events = Listener::new();
    // One that cannot move along with others is tried alone.
    let tries = 1 + u32::from(moves_many());
    let fault = Fault::new(the_move(), NO_MEMORY, 0, tries);
    world.red.delete();
    let seen = events.until_gone(world.cookie);
    assert!(fault.struck());
    drop(fault);
    // The kernel itself brought it to the initial namespace, which is its home.
    let returned = seen.iter().find_map(|kind| match kind {
        EventKind::DeviceReturned(device, how) => Some((device, how)),
        _ => None,
    });
    let (device, how) = returned.expect("it is back");
    assert_eq!(device.name, "ct0");
    let how = how.as_ref().expect("how");
    assert!(how.restored.names().is_empty(), "{how:?}");
    assert!(look(ip, "ct0").contains("mtu 1400"), "put back by then");
    let after = client().stats().expect("stats");
    assert_eq!(after.failed - world.before.failed, 1);
    assert_eq!(after.returned, world.before.returned);
    assert_balance(&after);
    let log = run("dmesg", &[]);
    assert!(log.contains("of dying namespace") && log.contains("left to the kernel: error -12"));
}

#[test]
fn of_two_devices_one_whose_move_fails_does_not_hold_up_the_other() {
    load();
    let _sim = Netdevsim::new(2, &["sim1", "sim2"]);
    let red = Namespace::add("red");
    for name in ["sim1", "sim2"] {
        ip(&format!("link set {name} netns red"));
        red.ip(&format!("link set {name} name in{name} mtu 1300"));
    }
    let cookie = red.cookie();
    let fault = Fault::new(the_move(), NO_MEMORY, 0, 1);
    red.delete();
    wait_until_gone(cookie);
    drop(fault);
    // It is tried again alone, where it was to move along with the other.
    let first = if moves_many() { "sim1" } else { "insim1" };
    assert!(look(ip, first).contains("mtu 1500"));
    assert!(look(ip, "sim2").contains("mtu 1500"));
}

#[test]
fn a_move_that_fails_at_a_recall_is_refused_in_the_kernels_words_and_changes_nothing() {
    load();
    let world = Changed::new();
    let inside = look(|args| world.red.ip(args), "ct0");
    let fault = Fault::new(the_move(), NO_MEMORY, 0, 1);
    let refused = client().recall(world.cookie, Which::Name("ct0"));
    drop(fault);
    let Err(Error::Refused(refusal)) = refused else {
        panic!("{refused:?}");
    };
    assert_eq!(refusal.errno, Errno::ENOMEM);
    let words = refusal.message.expect("a reason");
    assert_eq!(words, "the kernel did not move the device");
    assert_eq!(look(|args| world.red.ip(args), "ct0"), inside);
    client()
        .recall(world.cookie, Which::Name("ct0"))
        .expect("recalled");
    assert_eq!(look(ip, "sim0"), world.home);
}

#[test]
fn a_recall_that_fails_gives_back_the_altnames_that_were_in_its_way() {
    load();
    let _sim = Netdevsim::new(2, &["sim1"]);
    let red = Namespace::add("red");
    ip("link set sim1 netns red");
    red.ip("link property add dev sim1 altname clash altname harmless");
    ip("link add other type dummy");
    ip("link property add dev other altname clash");
    let fault = Fault::new(the_move(), NO_MEMORY, 0, 1);
    let refused = client().recall(red.cookie(), Which::Name("sim1"));
    drop(fault);
    assert!(refused.is_err(), "{refused:?}");
    let link = red.ip("link show sim1");
    assert!(
        link.contains("clash") && link.contains("harmless"),
        "{link}"
    );
    client()
        .recall(red.cookie(), Which::Name("sim1"))
        .expect("recalled");
    ip("link del other");
}

#[test]
fn a_move_that_fails_in_the_recall_of_all_is_told_beside_those_that_came() {
    load();
    let _sim = Netdevsim::new(2, &["sim1", "sim2", "sim3"]);
    let red = Namespace::add("red");
    for name in ["sim1", "sim2", "sim3"] {
        ip(&format!("link set {name} netns red"));
    }
    let fault = Fault::new(the_move(), NO_MEMORY, 1, 1);
    let recalled = client().recall_all(red.cookie()).expect("recalled");
    drop(fault);
    assert_eq!((recalled.returned, recalled.failed), (2, 1), "{recalled:?}");
    assert!(red.ip("link show sim2").contains("sim2"));
    ip("link show sim1");
    ip("link show sim3");
}

#[test]
fn each_move_fails_at_a_death() {
    assert!(each_fails_at_death(the_move(), NO_MEMORY) > 0);
}
