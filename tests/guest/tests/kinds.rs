// SPDX-License-Identifier: GPL-2.0-only

//! Devices of every kind that the kernel can make: what is foretold of each is what happens to it.

use std::collections::BTreeSet;
use std::fs;

use homeward_client::model::{Action, Device, Fate, Mark, NewRule, Reason, RuleAction, Settings};
use homeward_client::{DeviceChange, Which};
use homeward_guest_tests::{
    client, cookie_of, dies, exists, ip, load, stock, try_batch, Namespace,
};

/// What stands behind a symbol `*link_ops` of the kernel.
enum Made {
    /// Made by `ip link add NAME type` and these words; `LOWER` and `OTHER` are Ethernet devices,
    /// `N` is a number of its own, `PEER` a name of its own.
    By(&'static str),
    /// As a device on LOWER: `ip link add link LOWER name NAME type` and these words.
    On(&'static str),
    /// Otherwise, or not by itself: so it is not tried here, and this is why.
    Else(#[expect(dead_code, reason = "for who reads it")] &'static str),
}
use Made::{By, Else, On};

/// Every link type of the kernel, by its `struct rtnl_link_ops`.
const KINDS: &[(&str, Made)] = &[
    (
        "amt_link_ops",
        On("amt mode gateway local 192.0.2.1 discovery 192.0.2.2 dev LOWER"),
    ),
    ("bareudp_link_ops", By("bareudp dstport N ethertype ipv4")),
    ("bond_link_ops", By("bond")),
    ("bpf_netns_link_ops", Else("of BPF, no link type")),
    ("br_link_ops", By("bridge")),
    ("can_link_ops", Else("hardware only")),
    ("dummy_link_ops", By("dummy")),
    (
        "erspan_link_ops",
        By("erspan seq key N local 192.0.2.1 remote 192.0.2.2 erspan_ver 1 erspan 1"),
    ),
    ("geneve_link_ops", By("geneve id N remote 192.0.2.2")),
    ("gtp_link_ops", By("gtp role sgsn")),
    ("hsr_link_ops", By("hsr slave1 LOWER slave2 OTHER")),
    ("ifb_link_ops", By("ifb")),
    ("internal_dev_link_ops", Else("made by Open vSwitch")),
    (
        "ip6_link_ops",
        By("ip6tnl local 2001:db8::1 remote 2001:db8::2"),
    ),
    (
        "ip6erspan_tap_link_ops",
        By("ip6erspan seq key N local 2001:db8::1 remote 2001:db8::2 erspan_ver 1 erspan 1"),
    ),
    (
        "ip6gre_link_ops",
        By("ip6gre local 2001:db8::1 remote 2001:db8::2"),
    ),
    (
        "ip6gre_tap_link_ops",
        By("ip6gretap local 2001:db8::1 remote 2001:db8::2"),
    ),
    ("ipgre_link_ops", By("gre local 192.0.2.1 remote 192.0.2.2")),
    (
        "ipgre_tap_link_ops",
        By("gretap local 192.0.2.1 remote 192.0.2.2"),
    ),
    ("ipip_link_ops", By("ipip local 192.0.2.1 remote 192.0.2.2")),
    ("ipvlan_link_ops", On("ipvlan")),
    ("ipvtap_link_ops", On("ipvtap")),
    // Of the core, the list of all; and of wireguard.
    ("link_ops", By("wireguard")),
    ("macsec_link_ops", On("macsec")),
    ("macvlan_link_ops", On("macvlan mode bridge")),
    ("macvtap_link_ops", On("macvtap mode bridge")),
    ("netkit_link_ops", By("netkit")),
    ("nlmon_link_ops", By("nlmon")),
    ("nsim_link_ops", Else("made by netdevsim: physical")),
    ("ovpn_link_ops", By("ovpn")),
    ("pfcp_link_ops", By("pfcp")),
    ("ppp_link_ops", Else("made by an open /dev/ppp")),
    ("rmnet_link_ops", On("rmnet mux_id 1")),
    ("sit_link_ops", By("sit local 192.0.2.1 remote 192.0.2.2")),
    ("sock_map_link_ops", Else("of BPF, no link type")),
    ("team_link_ops", By("team")),
    ("tun_link_ops", Else("made by an open /dev/net/tun")),
    ("vcan_link_ops", By("vcan")),
    ("veth_link_ops", By("veth peer name PEER")),
    ("virt_wifi_link_ops", On("virt_wifi")),
    ("vlan_link_ops", On("vlan id 5")),
    ("vrf_link_ops", By("vrf table N")),
    ("vsockmon_link_ops", By("vsockmon")),
    (
        "vti6_link_ops",
        By("vti6 local 2001:db8::1 remote 2001:db8::2 key N"),
    ),
    (
        "vti_link_ops",
        By("vti local 192.0.2.1 remote 192.0.2.2 key N"),
    ),
    ("vxcan_link_ops", By("vxcan peer name PEER")),
    (
        "vxlan_link_ops",
        By("vxlan id N dstport 4789 remote 192.0.2.2"),
    ),
    ("wwan_rtnl_link_ops", Else("made by a modem")),
    ("xfrmi_link_ops", By("xfrm dev LOWER if_id N")),
];

/// The link types of this kernel, by the names of its symbols.
fn of_this_kernel() -> BTreeSet<String> {
    let symbols = fs::read_to_string("/proc/kallsyms").expect("symbols");
    let names = symbols
        .lines()
        .filter_map(|line| line.split_whitespace().nth(2));
    let kinds = names.filter(|name| *name == "link_ops" || name.ends_with("_link_ops"));
    kinds.map(str::to_owned).collect()
}

/// The lines that make a device `KIND-NUMBER` of each kind in a namespace, and what they need.
fn lines(made_in: &str, then: &str) -> String {
    let mut lines = String::new();
    for (number, (_, made)) in KINDS.iter().enumerate() {
        let Some((name, words)) = device(number, made) else {
            continue;
        };
        for lower in [format!("lo{number}"), format!("ot{number}")] {
            if words.contains(&lower) || matches!(made, On(_)) {
                lines += &format!("link add {lower}{made_in} type dummy\n");
            }
        }
        let on = match made {
            On(_) => format!("link lo{number} name "),
            _ => String::new(),
        };
        lines += &format!("link add {on}{name}{made_in} type {words}\n");
        lines += &then.replace("NAME", &name);
    }
    lines
}

/// The name of the device of this number, and the words that make it.
fn device(number: usize, made: &Made) -> Option<(String, String)> {
    let (By(words) | On(words)) = made else {
        return None;
    };
    let kind = words.split(' ').next().expect("a kind");
    let words = words
        .replace("LOWER", &format!("lo{number}"))
        .replace("OTHER", &format!("ot{number}"))
        .replace("PEER", &format!("pe{number}"));
    let words: Vec<_> = words.split(' ').collect();
    let own = (number + 100).to_string();
    let words = words
        .iter()
        .map(|word| if *word == "N" { &own } else { *word });
    Some((
        format!("{kind}-{number}"),
        words.collect::<Vec<_>>().join(" "),
    ))
}

/// The devices of a namespace that were made to be looked at.
fn subjects(red: &Namespace) -> Vec<Device> {
    let mut all = client().devices(Some(red.cookie())).expect("devices");
    all.retain(|device| device.name.contains('-'));
    all
}

fn keep(red: &Namespace, device: &Device) {
    let change = DeviceChange {
        mark: Some(Mark::Keep),
        ..DeviceChange::default()
    };
    client()
        .set_device(red.cookie(), Which::Ifindex(device.ifindex), &change)
        .expect("a mark");
}

fn fate(device: &Device) -> Fate {
    device.fate.clone().expect("a fate")
}

/// A namespace dies; compares what was foretold of its devices with what happened to them, and
/// removes what came.
fn compare(red: Namespace, foretold: &[Device]) {
    dies(red);
    let mut wrong = Vec::new();
    let mut came = String::new();
    for device in foretold {
        let fate = fate(device);
        let there = exists(&device.name);
        if there != matches!(fate.action, Action::Return | Action::Wiphy) {
            wrong.push(format!("{} {fate:?}, there: {there}", device.name));
        }
        if there {
            came += &format!("link del {}\n", device.name);
        }
    }
    came += &lowers();
    try_batch(&came);
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Lines that remove what some devices are made on.
fn lowers() -> String {
    let of_one = |number| format!("link del lo{number}\nlink del ot{number}\n");
    (0..KINDS.len()).map(of_one).collect()
}

/// Those that cannot be told to leave: the kernel does not let them.
fn may_leave(devices: &[Device]) -> Vec<&Device> {
    devices.iter().filter(|device| !device.immovable).collect()
}

/// Makes a device of each kind in red.
fn made_inside() -> Namespace {
    let red = Namespace::add("red");
    let made: String = lines("", "");
    inside(&red, &made);
    red
}

/// Lines for `ip` inside of a namespace.
fn inside(red: &Namespace, lines: &str) {
    let file = "/tmp/kinds";
    fs::write(file, lines).expect("a file");
    let all = ["-n", red.name(), "-force", "-batch", file];
    let output = std::process::Command::new("/usr/bin/ip").args(all).output();
    let said = String::from_utf8_lossy(&output.expect("ip").stderr).into_owned();
    println!("{said}");
}

/// Those that are destroyed with their namespace wherever they are.
const TIED: [&str; 19] = [
    "bareudp",
    "erspan",
    "geneve",
    "gre",
    "gretap",
    "gtp",
    "ip6erspan",
    "ip6gre",
    "ip6gretap",
    "ip6tnl",
    "ipip",
    "pfcp",
    "sit",
    "vti",
    "vti6",
    "vxlan",
    "xfrm",
    "l2tpeth",
    "openvswitch",
];

/// Those that are destroyed with what they are linked to.
const LINKED: [&str; 10] = [
    "ipvlan", "ipvtap", "macsec", "macvlan", "macvtap", "netkit", "rmnet", "veth", "vlan", "vxcan",
];

#[test]
fn every_kind_of_this_kernel_is_in_the_list() {
    // Others have more kinds, and only some of ours.
    if stock() {
        return;
    }
    load();
    let known: BTreeSet<_> = KINDS
        .iter()
        .map(|(symbol, _)| (*symbol).to_owned())
        .collect();
    let missing: Vec<_> = of_this_kernel().difference(&known).cloned().collect();
    assert!(
        missing.is_empty(),
        "not in the list of this test: {missing:?}"
    );
    // And each that is listed can be made here.
    let red = made_inside();
    let there: BTreeSet<_> = subjects(&red)
        .into_iter()
        .map(|device| device.name)
        .collect();
    let wanted = KINDS.iter().enumerate();
    let wanted: BTreeSet<_> = wanted
        .filter_map(|(n, (_, made))| Some(device(n, made)?.0))
        .collect();
    assert_eq!(there, wanted);
    dies(red);
}

#[test]
fn what_was_made_inside_leaves_by_no_rule_and_by_a_mark_if_the_kernel_lets_it_live() {
    load();
    let red = made_inside();
    let rules = [RuleAction::Return, RuleAction::Init].map(|action| {
        let rule = NewRule {
            action,
            restore: Some(Settings::ALL),
            ..NewRule::default()
        };
        client().add_rule(&rule).expect("a rule").id
    });
    for id in rules {
        let all = subjects(&red);
        for device in may_leave(&all) {
            let (fate, kind) = (fate(device), device.kind.as_deref().expect("a kind"));
            assert_eq!(fate.action, Action::Kernel, "{device:?}");
            let tied = TIED.contains(&kind);
            let reason = if tied { Reason::Tunnel } else { Reason::NoHome };
            assert_eq!(fate.reason, reason, "{device:?}");
        }
        client().delete_rule(id).expect("no rule");
    }
    for device in subjects(&red) {
        keep(&red, &device);
    }
    let all = subjects(&red);
    for device in may_leave(&all) {
        let kind = device.kind.as_deref().expect("a kind");
        let reason = match (TIED.contains(&kind), LINKED.contains(&kind)) {
            (true, _) => Reason::Tunnel,
            (_, true) => Reason::Link,
            _ => Reason::Mark,
        };
        assert_eq!(fate(device).reason, reason, "{device:?}");
    }
    compare(red, &all);
}

#[test]
fn what_was_made_at_home_comes_back_by_a_rule() {
    load();
    let red = Namespace::add("red");
    try_batch(&lines("", "link set NAME netns red\n"));
    let rule = NewRule {
        action: RuleAction::Init,
        ..NewRule::default()
    };
    let id = client().add_rule(&rule).expect("a rule").id;
    let all = subjects(&red);
    let (here, count) = (cookie_of(1), all.len());
    assert!(stock() || count > 30, "{count}");
    for device in &all {
        let fate = fate(device);
        assert_eq!(
            (fate.action, fate.reason),
            (Action::Return, Reason::Rule),
            "{device:?}"
        );
        assert_eq!(fate.destination, Some(here), "{device:?}");
    }
    compare(red, &all);
    client().delete_rule(id).expect("no rule");
    // What the kernel did not let go.
    let names = KINDS
        .iter()
        .enumerate()
        .filter_map(|(n, (_, made))| Some(device(n, made)?.0));
    let left: String = names.map(|name| format!("link del {name}\n")).collect();
    try_batch(&left);
}

#[test]
fn what_was_made_from_outside_lives_as_long_as_what_it_is_tied_to() {
    load();
    let red = Namespace::add("red");
    try_batch(&lines(" netns red", "").replace(" netns red type dummy", " type dummy"));
    for device in subjects(&red) {
        keep(&red, &device);
    }
    let all = subjects(&red);
    compare(red, &all);
}

#[test]
fn a_pair_comes_home_together_and_a_stack_with_what_is_below() {
    load();
    let red = Namespace::add("red");
    inside(
        &red,
        "link add a-1 type veth peer name b-1\nlink add c-1 type dummy\n\
        link add link c-1 name d-1 type vlan id 5\nlink add link d-1 name e-1 type macvlan\n\
        link add f-1 type dummy\nlink add link f-1 name g-1 type macsec\n",
    );
    for device in subjects(&red) {
        keep(&red, &device);
    }
    let all = subjects(&red);
    for device in &all {
        // A macsec device does not bear that the one below moves.
        let reason = if device.name == "g-1" {
            Reason::Link
        } else {
            Reason::Mark
        };
        assert_eq!(fate(device).reason, reason, "{device:?}");
    }
    compare(red, &all);
}

#[test]
fn what_l2tp_made_inside_dies_and_what_it_made_at_home_comes_back() {
    if stock() {
        return;
    }
    load();
    let red = Namespace::add("red");
    let tunnel =
        "l2tp add tunnel tunnel_id 1 peer_tunnel_id 1 encap udp local 127.0.0.1 remote 127.0.0.1 \
        udp_sport 5000 udp_dport 5001";
    let session = "l2tp add session tunnel_id 1 session_id 1 peer_session_id 1 name";
    ip("link set lo up");
    red.ip("link set lo up");
    for words in [tunnel, &format!("{session} own-1")] {
        red.ip(&words.split_whitespace().collect::<Vec<_>>().join(" "));
    }
    for words in [tunnel, &format!("{session} lent-1")] {
        ip(&words.split_whitespace().collect::<Vec<_>>().join(" "));
    }
    ip("link set lent-1 netns red");
    let all = subjects(&red);
    let reasons: Vec<_> = all.iter().map(|device| fate(device).reason).collect();
    assert_eq!(reasons, [Reason::Tunnel, Reason::Physical], "{all:?}");
    dies(red);
    assert!(exists("lent-1") && !exists("own-1"));
    ip("l2tp del tunnel tunnel_id 1");
}
