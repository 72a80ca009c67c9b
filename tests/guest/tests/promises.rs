// SPDX-License-Identifier: GPL-2.0-only

//! Promises of docs/PROMISES.md that no other test holds.

use homeward_guest_tests::{
    client, cookie_of, dies, ip, is_as_before, load, look, nic_in_red, run, Namespace, Namespaces,
    Netdevsim,
};

/// What the design promises of a namespace, and of a device that is away.
const BYTES: u64 = 512;

fn memory() -> u64 {
    client().stats().expect("stats").memory
}

#[test]
fn a_home_stack_keeps_the_oldest_home_and_the_newest_seven() {
    load();
    let _sim = Netdevsim::new(1, &["sim0"]);
    let before = look(ip, "sim0");
    let mut path: Vec<Namespace> = (0..10).map(|n| Namespace::add(&format!("n{n}"))).collect();
    ip("link set sim0 netns n0");
    for n in 1..path.len() {
        path[n - 1].ip(&format!("link set sim0 netns n{n}"));
    }
    let homes = |ns: &Namespace| -> Vec<u64> {
        let device = client().device_by_name(ns.cookie(), "sim0").expect("sim0");
        device.homes.iter().map(|home| home.namespace).collect()
    };
    let cookies: Vec<u64> = path.iter().map(Namespace::cookie).collect();
    let expected = [vec![cookie_of(1)], cookies[2..9].to_vec()].concat();
    assert_eq!(homes(&path[9]), expected);
    // And all the way back, each home when the last one dies.
    for n in (3..10).rev() {
        dies(path.pop().expect("the last one"));
        assert_eq!(homes(&path[n - 1]), expected[..n - 2]);
    }
    dies(path.pop().expect("the last one"));
    is_as_before("sim0", &before);
}

#[test]
fn a_namespace_takes_at_most_512_bytes_and_so_does_a_device_that_is_away() {
    load();
    let before = memory();
    // They stay to the end: the memory of one that dies would be missing below.
    let _many = Namespaces::add("n", 32);
    let each = memory().saturating_sub(before) / 32;
    assert!((1..=BYTES).contains(&each), "{each} bytes each");
    println!("summary: {each} bytes for a namespace");

    let names: Vec<String> = (0..16).map(|n| format!("sim{n}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let _sim = Netdevsim::new(1, &names);
    let _red = Namespace::add("red");
    let before = memory();
    for name in &names {
        ip(&format!("link set {name} netns red"));
    }
    let each = memory().saturating_sub(before) / 16;
    assert!((1..=BYTES).contains(&each), "{each} bytes each");
    println!("summary: {each} bytes for a device that is away");
}

#[test]
fn what_is_not_recorded_stays_as_the_container_left_it() {
    let (_sim, red, _) = nic_in_red();
    // README and docs/PROMISES.md say so. Should it change, so must they.
    let write = "echo 1 >/sys/class/net/sim0/queues/rx-0/rps_cpus";
    run(
        "/usr/bin/ip",
        &["netns", "exec", red.name(), "sh", "-c", write],
    );
    dies(red);
    let now = std::fs::read_to_string("/sys/class/net/sim0/queues/rx-0/rps_cpus");
    assert_eq!(now.expect("a file").trim(), "1");
}
