// SPDX-License-Identifier: GPL-2.0-only

//! What the PF of a VF has set for it comes back with the VF. The card is one of software
//! ([`Card`]); `make test-real` has QEMU's igb.

use homeward_client::model::{
    setting, EventKind, Failure, LinkAddress, NewRule, Return, RuleAction, Settings, Value,
};
use homeward_guest_tests::verb::{json, says};
use homeward_guest_tests::{
    client, dies, exists, ip, is_home, load, run, unload, vfs, Card, Listener, Namespace,
    Netdevsim, Unnamed,
};
use nix::errno::Errno;

/// Each setting by its name, as it is set at home, and as it is changed.
const CHANGES: [(&str, &str, &str); 7] = [
    (
        "vf-address",
        "mac 02:00:00:00:0f:00",
        "mac 02:00:00:00:0f:99",
    ),
    (
        "vf-vlan",
        "vlan 10 qos 3 proto 802.1ad",
        "vlan 20 qos 5 proto 802.1Q",
    ),
    ("vf-trust", "trust on", "trust off"),
    ("vf-spoofchk", "spoofchk off", "spoofchk on"),
    (
        "vf-max-rate",
        "min_tx_rate 100 max_tx_rate 1000",
        "min_tx_rate 10 max_tx_rate 50",
    ),
    ("vf-link-state", "state enable", "state disable"),
    ("vf-rss-query-en", "query_rss on", "query_rss off"),
];

fn all(which: impl Fn(&(&str, &str, &str)) -> String) -> Vec<String> {
    CHANGES.iter().map(which).collect()
}

/// Has the PF set all of it for a VF, as it is at home.
fn configure(vf: u8) {
    for words in all(|(_, home, _)| (*home).to_owned()) {
        ip(&format!("link set pf0 vf {vf} {words}"));
    }
}

/// Has the PF set all of it otherwise.
fn spoil(ip: impl Fn(&str) -> String, vf: u8) {
    for words in all(|(_, _, other)| (*other).to_owned()) {
        ip(&format!("link set pf0 vf {vf} {words}"));
    }
}

fn mask(name: &str) -> Settings {
    Settings::from_name(name).unwrap_or_else(|| panic!("no {name}"))
}

fn of_pf() -> Settings {
    let names = CHANGES.iter().map(|(name, ..)| mask(name));
    names.fold(Settings::default(), |all, one| all | one)
}

fn return_of(kind: &EventKind) -> Option<&Return<u64>> {
    match kind {
        EventKind::DeviceReturned(_, how) => how.as_ref(),
        _ => None,
    }
}

/// How a device came home.
#[track_caller]
fn how(told: &[EventKind]) -> &Return<u64> {
    told.iter().find_map(return_of).expect("a return")
}

/// The settings of its PF that are recorded of a device at its last home, by their names.
#[track_caller]
fn recorded(ns: &Namespace, name: &str) -> Vec<(&'static str, Value)> {
    let device = client().device_by_name(ns.cookie(), name);
    let home = device.expect("a device").homes.pop().expect("a home");
    let settings = setting::ALL.iter().filter_map(|one| {
        let value = home.settings.get(&one.id)?;
        Some((one.name, value.clone()))
    });
    settings
        .filter(|(name, _)| name.starts_with("vf-"))
        .collect()
}

#[test]
fn vfs_come_home_as_their_pf_had_them_after_sigkill() {
    load();
    let _card = Card::new();
    configure(0);
    let before = vfs(ip);
    let (one, other) = (Unnamed::new(), Unnamed::new());
    for (vf, ns) in [(0, &one), (1, &other)] {
        ip(&format!("link set vf{vf} netns {}", ns.pid()));
        ns.ip(&format!("link set vf{vf} name ct0 up"));
        spoil(ip, vf);
    }
    assert_ne!(vfs(ip), before);
    let mut events = Listener::new();
    one.kill();
    other.kill();
    let returned = |kind: &EventKind| matches!(kind, EventKind::DeviceReturned(..));
    let mut told = events.until(returned);
    told.extend(events.until(returned));
    assert_eq!(vfs(ip), before);
    assert!(exists("vf0") && exists("vf1"));
    let mut ways = told.iter().filter_map(return_of);
    assert!(ways.clone().all(|how| how.failures.is_empty()), "{told:?}");
    assert!(ways.any(|how| how.restored.contains(of_pf())), "{told:?}");
}

#[test]
fn only_what_differs_is_set_again() {
    load();
    let card = Card::new();
    configure(0);
    let before = vfs(ip);
    for (name, _, other) in CHANGES {
        let red = Namespace::add("red");
        ip("link set vf0 netns red");
        ip(&format!("link set pf0 vf 0 {other}"));
        card.calls();
        let told = dies(red);
        assert_eq!(card.calls(), "1", "{name}");
        assert_eq!(vfs(ip), before, "{name}");
        assert_eq!(how(&told).restored, mask(name));
    }
    let red = Namespace::add("red");
    ip("link set vf0 netns red");
    dies(red);
    assert_eq!(card.calls(), "0");
}

#[test]
fn an_address_that_the_vf_has_changed_itself_needs_no_word_of_the_pf() {
    load();
    let card = Card::new();
    let before = vfs(ip);
    let red = Namespace::add("red");
    ip("link set vf0 netns red");
    red.ip("link set vf0 address 02:00:00:00:00:77");
    assert_ne!(vfs(ip), before, "as igb has it");
    let told = dies(red);
    assert_eq!(vfs(ip), before);
    assert_eq!(card.calls(), "0");
    let both = mask("address") | mask("vf-address");
    assert_eq!(how(&told).restored, both);
    // The next one can change it, too.
    ip("link set vf0 address 02:00:00:00:00:78");
}

#[test]
fn an_address_that_a_pf_has_forced_on_a_vf_goes_on_both() {
    load();
    let _card = Card::new();
    let (before, own) = (vfs(ip), ip("-j link show vf0"));
    let red = Namespace::add("red");
    ip("link set vf0 netns red");
    red.ip("link set vf0 up");
    ip("link set pf0 vf 0 mac 02:00:00:00:0f:99");
    red.ip("link set vf0 down");
    assert!(red.ip("link show vf0").contains("02:00:00:00:0f:99"));
    let told = dies(red);
    // Trust, too, is as it was.
    assert_eq!(vfs(ip), before);
    assert!(how(&told).failures.is_empty(), "{told:?}");
    let address = |link: &str| {
        let link: serde_json::Value = serde_json::from_str(link).expect("JSON");
        link[0]["address"].to_string()
    };
    assert_eq!(address(&ip("-j link show vf0")), address(&own));
}

#[test]
fn a_pf_in_another_namespace_is_reached_there() {
    load();
    let _card = Card::new();
    configure(0);
    let before = vfs(ip);
    let (red, blue) = (Namespace::add("red"), Namespace::add("blue"));
    ip("link set vf0 netns red");
    ip("link set pf0 netns blue");
    spoil(|words| blue.ip(words), 0);
    dies(red);
    is_home("vf0");
    assert_eq!(vfs(|words| blue.ip(words)), before);
}

#[test]
fn a_tenant_cannot_undo_by_its_own_namespaces_what_the_host_has_set() {
    load();
    let card = Card::new();
    configure(0);
    let before = vfs(ip);
    let (red, green) = (Namespace::add("red"), Namespace::add("green"));
    ip("link set vf0 netns red");
    red.ip("link set vf0 netns green");
    assert!(
        recorded(&green, "vf0").is_empty(),
        "red has no power over the PF"
    );
    ip("link set pf0 vf 0 vlan 99");
    let meanwhile = vfs(ip);
    card.calls();
    let told = dies(green);
    assert!(how(&told).failures.is_empty(), "{told:?}");
    assert_eq!(card.calls(), "0");
    assert_eq!(vfs(ip), meanwhile);
    // The host's own record is for when it comes home to the host.
    dies(red);
    assert_eq!(vfs(ip), before);
}

#[test]
fn the_home_of_a_tenant_says_nothing_of_a_pf_that_has_left_it() {
    load();
    let card = Card::new();
    let (red, green) = (Namespace::add("red"), Namespace::add("green"));
    ip("link set vf0 netns red");
    ip("link set pf0 netns red");
    red.ip("link set pf0 vf 0 vlan 5");
    red.ip("link set vf0 netns green");
    assert!(
        !recorded(&green, "vf0").is_empty(),
        "red has power over the PF"
    );
    red.ip("link set pf0 netns 1");
    ip("link set pf0 vf 0 vlan 99");
    card.calls();
    let told = dies(green);
    let failures = &how(&told).failures;
    let gone = |failure: &Failure| failure.errno == Errno::ENODEV;
    assert!(
        !failures.is_empty() && failures.iter().all(gone),
        "{failures:?}"
    );
    assert_eq!(card.calls(), "0");
}

#[test]
fn what_a_driver_refuses_is_told_with_its_reason() {
    load();
    let card = Card::new();
    configure(0);
    let red = Namespace::add("red");
    ip("link set vf0 netns red");
    red.ip("link set vf0 mtu 1400");
    spoil(ip, 0);
    card.set("refuse", "1");
    let told = dies(red);
    let how = how(&told);
    assert_eq!(how.restored, mask("mtu"));
    let told: Vec<_> = (how.failures.iter())
        .map(|failure| (failure.setting, failure.errno))
        .collect();
    let wanted: Vec<_> = (setting::ALL.iter())
        .filter(|one| CHANGES.iter().any(|(name, ..)| *name == one.name))
        .map(|one| (one.id, Errno::EPERM))
        .collect();
    assert_eq!(told, wanted);
    is_home("vf0");
}

#[test]
fn a_vf_whose_pf_has_lost_its_driver_comes_home_without_it() {
    load();
    let card = Card::new();
    configure(0);
    let red = Namespace::add("red");
    ip("link set vf0 netns red");
    red.ip("link set vf0 mtu 1400");
    card.set("keep", "1");
    card.lose_pf();
    let told = dies(red);
    let how = how(&told);
    assert_eq!(how.restored, mask("mtu"));
    let gone = |failure: &Failure| failure.errno == Errno::ENODEV;
    assert_eq!(how.failures.len(), CHANGES.len(), "{how:?}");
    assert!(how.failures.iter().all(gone), "{how:?}");
    // And out again, when nobody can tell.
    let red = Namespace::add("red");
    ip("link set vf0 netns red");
    assert!(recorded(&red, "vf0").is_empty());
}

#[test]
fn a_vf_that_goes_with_its_pf_is_destroyed_where_it_is() {
    load();
    let card = Card::new();
    configure(0);
    let red = Namespace::add("red");
    ip("link set vf0 netns red");
    let mut events = Listener::new();
    card.lose_pf();
    events.until(|kind| matches!(kind, EventKind::DeviceDestroyed(_)));
    assert!(!exists("pf0") && !exists("vf1"));
    dies(red);
}

#[test]
fn the_record_tells_of_a_vf_what_its_driver_tells_and_of_others_nothing() {
    load();
    let card = Card::new();
    let _sim = Netdevsim::new(1, &["sim0"]);
    configure(0);
    let red = Namespace::add("red");
    for device in ["vf0", "vf1", "sim0"] {
        if device == "vf1" {
            card.set("silent", "1");
        }
        ip(&format!("link set {device} netns red"));
    }
    let number = Value::Number;
    let wanted = [
        ("vf-address", Value::Address(vec![2, 0, 0, 0, 0xf, 0])),
        ("vf-vlan", number(10)),
        ("vf-qos", number(3)),
        ("vf-vlan-protocol", number(0x88a8)),
        ("vf-trust", number(1)),
        ("vf-spoofchk", number(0)),
        ("vf-min-rate", number(100)),
        ("vf-max-rate", number(1000)),
        ("vf-link-state", number(1)),
        ("vf-rss-query-en", number(1)),
    ];
    assert_eq!(recorded(&red, "vf0"), wanted);
    let untold = ["vf-trust", "vf-spoofchk", "vf-rss-query-en"];
    let told: Vec<_> = recorded(&red, "vf1")
        .iter()
        .map(|(name, _)| *name)
        .collect();
    let names = wanted.iter().map(|(name, _)| *name);
    let rest: Vec<_> = names.filter(|name| !untold.contains(name)).collect();
    assert_eq!(told, rest);
    assert!(recorded(&red, "sim0").is_empty());
    let shown = json("plan red");
    for device in shown["devices"].as_array().expect("devices") {
        let settings = &device["homes"][0]["settings"];
        let wanted = match device["name"].as_str() {
            Some("vf0") => "10",
            Some("vf1") => "0",
            _ => "null",
        };
        assert_eq!(settings["vf-vlan"].to_string(), wanted, "{device}");
    }
}

#[test]
fn an_upgrade_of_the_module_loses_none_of_it() {
    load();
    let _card = Card::new();
    configure(0);
    let before = vfs(ip);
    let red = Namespace::add("red");
    ip("link set vf0 netns red");
    let left = recorded(&red, "vf0");
    run("homeward", &["state", "save"]);
    unload();
    spoil(ip, 0);
    load();
    run("homeward", &["state", "load"]);
    assert_eq!(recorded(&red, "vf0"), left);
    dies(red);
    assert_eq!(vfs(ip), before);
}

#[test]
fn what_the_mover_sets_on_the_pf_after_the_vf_is_home_stands() {
    load();
    let _card = Card::new();
    configure(0);
    let before = vfs(ip);
    let red = Namespace::add("red");
    ip("link set vf0 netns red");
    spoil(ip, 0);
    red.ip("link set vf0 netns 1");
    assert_eq!(vfs(ip), before);
    ip("link set pf0 vf 0 vlan 7");
    assert!(vfs(ip).contains("\"vlan\":7"), "{}", vfs(ip));
}

#[test]
fn a_recalled_vf_is_as_its_pf_had_it() {
    load();
    let _card = Card::new();
    configure(0);
    let before = vfs(ip);
    let red = Namespace::add("red");
    ip("link set vf0 netns red");
    red.ip("link set vf0 up");
    spoil(ip, 0);
    says("recall vf0@red");
    assert_eq!(vfs(ip), before);
}

/// As sriov-cni does.
#[test]
fn a_baseline_undoes_what_was_set_on_the_pf_before_the_vf_left() {
    load();
    let _card = Card::new();
    configure(0);
    let before = vfs(ip);
    says("baseline take vf0");
    spoil(ip, 0);
    let red = Namespace::add("red");
    ip("link set vf0 netns red");
    let told = dies(red);
    assert_eq!(vfs(ip), before);
    assert!(how(&told).restored.contains(of_pf()), "{told:?}");
}

/// igbvf and ixgbevf take it for their own at each reset.
#[test]
fn the_address_that_a_vf_has_of_its_own_is_the_one_of_home_whatever_its_driver_says_since() {
    load();
    let card = Card::new();
    card.set("own", "1");
    let (mine, theirs) = ("02:00:00:00:00:01", "02:00:00:00:00:99");
    ip(&format!("link set vf0 address {mine}"));
    let rule = NewRule {
        set: [(setting::ADDRESS, Value::Permanent)].into(),
        ..NewRule::default()
    };
    for replaced in [false, true] {
        client().flush_rules().expect("no rules");
        client().add_rule(&rule).expect("a rule");
        let red = Namespace::add("red");
        ip("link set vf0 netns red");
        red.ip(&format!("link set vf0 address {theirs}"));
        if replaced {
            says("state save");
            unload();
            load();
            says("state load");
        }
        let there = client().device_by_name(red.cookie(), "vf0").expect("it");
        let told = |own: &Option<LinkAddress>| own.as_ref().map(ToString::to_string);
        assert_eq!(told(&there.permanent_address).as_deref(), Some(theirs));
        assert_eq!(
            told(&there.homes[0].permanent_address).as_deref(),
            Some(mine)
        );
        dies(red);
        let link = ip("-json link show dev vf0");
        assert!(link.contains(mine), "{link}");
    }
}

#[test]
fn which_port_of_its_card_a_device_is_is_told() {
    load();
    let _card = Card::new();
    let devices = client().devices(None).expect("devices");
    let port = |name: &str| {
        let found = devices.iter().find(|device| device.name == name);
        found.map(|device| (device.dev_port, device.dev_id))
    };
    assert_eq!([port("vf0"), port("vf1")], [Some((0, 0)), Some((1, 0))]);
}

#[test]
fn a_rule_fixes_what_a_pf_sets_for_vfs_and_for_nothing_else() {
    load();
    let _card = Card::new();
    let _sim = Netdevsim::new(1, &["sim0"]);
    let rule = NewRule {
        action: RuleAction::Return,
        set: [(setting::VF_VLAN, Value::Number(77))].into(),
        ..NewRule::default()
    };
    client().add_rule(&rule).expect("a rule");
    for (name, restored) in [("vf0", mask("vf-vlan")), ("sim0", Settings::default())] {
        let red = Namespace::add("red");
        ip(&format!("link set {name} netns red"));
        let told = dies(red);
        let how = how(&told);
        assert!(how.failures.is_empty(), "{name}: {how:?}");
        assert_eq!(how.restored, restored, "{name}");
    }
    assert!(vfs(ip).contains("\"vlan\":77"), "{}", vfs(ip));
}
