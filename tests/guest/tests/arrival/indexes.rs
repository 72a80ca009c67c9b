// SPDX-License-Identifier: GPL-2.0-only

//! Its index at home, where the kernel can give it (KERNEL=patched), and is free there.

use homeward_client::Which;
use homeward_guest_tests::{client, dies, ip, load, look, moves_many, Namespace, Netdevsim, Rtnl};

fn index(name: &str) -> u32 {
    let link = Rtnl::new().by_name(name);
    link.unwrap_or_else(|| panic!("no {name}")).ifindex
}

/// A NIC in a namespace where another device has the index that it had at home.
fn nic_in(ns: &Namespace) -> (Netdevsim, u32, String) {
    let sim = Netdevsim::new(1, &["sim0"]);
    let before = look(ip, "sim0");
    let index = index("sim0");
    ns.ip(&format!("link add filler index {index} type dummy"));
    ip(&format!("link set sim0 netns {} name ct0", ns.name()));
    (sim, index, before)
}

#[test]
fn it_comes_home_under_the_index_that_it_had_there() {
    load();
    let red = Namespace::add("red");
    let (_sim, was, before) = nic_in(&red);
    dies(red);
    assert_eq!(index("sim0") == was, moves_many(), "not {was}");
    assert_eq!(look(ip, "sim0"), before);
}

#[test]
fn a_recall_gives_it_back_too() {
    load();
    let red = Namespace::add("red");
    let (_sim, was, _) = nic_in(&red);
    client()
        .recall(red.cookie(), Which::Name("ct0"))
        .expect("a recall");
    assert_eq!(index("sim0") == was, moves_many(), "not {was}");
}

#[test]
fn an_index_that_is_taken_at_home_stays_with_who_has_it() {
    load();
    let red = Namespace::add("red");
    let (_sim, was, before) = nic_in(&red);
    ip(&format!("link add squatter index {was} type dummy"));
    dies(red);
    assert_eq!(index("squatter"), was);
    assert_eq!(look(ip, "sim0"), before);
    ip("link del squatter");
}
