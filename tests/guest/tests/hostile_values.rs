// SPDX-License-Identifier: GPL-2.0-only

//! A tenant, and what a device that he was lent is to be like at home: its baseline, the values that rules fix,
//! and what the PF of a VF has set for it. None of that is his to change, or to reach another device with.

use std::fs;
use std::process::Command;

use homeward_client::model::{setting, Device, Home, NewRule, Rule, Value};
use homeward_guest_tests::verb::{json, says};
use homeward_guest_tests::{
    client, ip, load, look, times, vfs, Card, Listener, Namespace, Netdevsim, Nic, Tenant,
};

const FILE: &str = "/var/lib/homeward/baseline.json";

/// A baseline of a device at home, which is lent to a tenant then.
#[track_caller]
fn lend(name: &str) -> Tenant {
    let _ = fs::remove_file(FILE);
    says(&format!("baseline take {name}"));
    let tenant = Tenant::new();
    ip(&format!("link set {name} netns {}", tenant.pid()));
    tenant
}

/// He leaves, and everything of his.
#[track_caller]
fn evict(tenant: Tenant) {
    let cookie = tenant.cookie();
    let mut events = Listener::new();
    tenant.evict();
    events.until_gone(cookie);
}

#[track_caller]
fn all_devices() -> Vec<Device> {
    client().devices(None).expect("devices")
}

/// All that an administrator said.
#[track_caller]
fn said() -> (Vec<Home>, Vec<Rule>, String) {
    let baselines = all_devices().into_iter().filter_map(|one| one.baseline);
    let rules = client().rules().expect("rules");
    let kept = fs::read_to_string(FILE).expect("the file");
    (baselines.collect(), rules, kept)
}

#[test]
fn nobody_but_the_administrator_says_what_a_device_is_to_be_like() {
    load();
    let _sim = Netdevsim::new(1, &["sim0"]);
    let home = look(ip, "sim0");
    let rule = NewRule {
        set: [(setting::GROUP, Value::Number(0))].into(),
        ..NewRule::default()
    };
    client().add_rule(&rule).expect("a rule");
    let tenant = lend("sim0");
    tenant.ip("link set sim0 mtu 1300");
    let red = Namespace::add("red");
    red.ip("link add own0 type dummy");
    says("state save");
    let before = said();
    assert_eq!((before.0.len(), before.1.len()), (1, 1), "{before:?}");
    for words in [
        "baseline take",
        "baseline take sim0",
        "baseline take own0",
        "baseline clear",
        "baseline clear sim0",
        "baseline load",
        "policy add --action return --set mtu=9000",
        "policy flush",
        "state load /run/homeward/state.json",
        "recall --all --from init",
    ] {
        let words: Vec<_> = words.split(' ').collect();
        let his = tenant.tries("homeward", &words);
        // Real root, but elsewhere.
        let mut command = Command::new("ip");
        command.args(["netns", "exec", "red", "homeward"]);
        let roots = command.args(&words).output().expect("ip");
        for output in [his, roots] {
            // Out of reach from there, or not permitted.
            let refused = matches!(output.status.code(), Some(4 | 5));
            assert!(refused, "{words:?}: {output:?}");
            assert_eq!(said(), before, "{words:?}");
        }
    }
    evict(tenant);
    assert_eq!(look(ip, "sim0"), home);
}

#[test]
fn what_a_tenant_makes_of_a_nic_is_never_its_baseline_and_takes_no_memory() {
    load();
    let _sim = Netdevsim::new(1, &["sim0"]);
    ip("link set sim0 alias mine");
    ip("link property add dev sim0 altname slot0");
    let home = look(ip, "sim0");
    let tenant = lend("sim0");
    let before = said();
    let memory = || client().stats().expect("stats").memory;
    let bytes = memory();
    let mut names = String::new();
    for number in 0..40 {
        let name = format!("{}{number}", "y".repeat(100));
        names += &format!("link property add dev sim0 altname {name}\n");
    }
    tenant.try_batch(&names);
    let (alias, rounds) = ("x".repeat(255), times(20));
    let script = format!(
        "unshare --net sleep 1000 >/dev/null 2>&1 & pid=$!
        while [ $(readlink /proc/$pid/ns/net) = $(readlink /proc/$$/ns/net) ]; do sleep 0.05; done
        for n in $(seq {rounds}); do
            ip link set sim0 mtu 13$((n % 80 + 10)) alias {alias} netns $pid || exit 1
            nsenter --target $pid --net ip link set sim0 netns $$ || exit 1
        done
        kill $pid"
    );
    let moved = tenant.tries("/bin/sh", &["-c", &script]);
    assert!(moved.status.success(), "{moved:?}");
    // The namespace that he made may not be gone yet.
    assert!(memory() < bytes + 1024, "{bytes} to {} bytes", memory());
    assert_eq!(said(), before);
    evict(tenant);
    assert_eq!(look(ip, "sim0"), home);
    assert_eq!(said(), before);
}

#[test]
fn no_device_of_a_tenant_passes_for_the_one_that_has_a_baseline() {
    load();
    let card = Nic::driven_by("e1000");
    let home = look(ip, card.name());
    let tenant = lend(card.name());
    let own = |all: &Device| all.name == card.name();
    let lent = all_devices().into_iter().find(own).expect("it");
    let mac = lent.permanent_address.expect("an address").to_string();
    tenant.ip(&format!("link set {} name lent0 mtu 1300", card.name()));
    tenant.ip(&format!(
        "link add {} address {mac} type dummy",
        card.name()
    ));
    tenant.ip(&format!(
        "link add link lent0 own0 address {mac} type macvlan"
    ));
    tenant.ip("link add link lent0 own1 type vlan id 7");
    // What is known of it is in the file only.
    load();
    let loaded = json("baseline load");
    assert_eq!(loaded["devices"][0]["outcome"], "done", "{loaded:#}");
    let with: Vec<_> = all_devices()
        .into_iter()
        .filter(|one| one.baseline.is_some())
        .map(|one| one.name)
        .collect();
    assert_eq!(with, ["lent0"]);
    evict(tenant);
    assert_eq!(look(ip, card.name()), home);
}

#[test]
fn a_tenant_with_a_vf_reaches_neither_its_pf_nor_another_vf() {
    load();
    let _card = Card::new();
    ip("link set pf0 vf 0 mac 02:00:00:00:0f:00");
    ip("link set pf0 vf 0 vlan 10 trust on");
    let rule = NewRule {
        set: [(setting::VF_VLAN, Value::Number(10))].into(),
        ..NewRule::default()
    };
    client().add_rule(&rule).expect("a rule");
    let all = || (vfs(ip), ["vf0", "vf1", "pf0"].map(|name| look(ip, name)));
    let before = all();
    let tenant = lend("vf0");
    tenant.ip("link set vf0 name pf0 mtu 1300 alias theirs");
    tenant.ip("link set pf0 address 02:00:00:00:00:66");
    tenant.ip("link set pf0 up");
    for words in ["vlan 5", "mac 02:00:00:00:0f:66", "trust on", "rate 1"] {
        for vf in [0, 1] {
            let words = format!("link set pf0 vf {vf} {words}");
            let tried = tenant.tries("/usr/bin/ip", &words.split(' ').collect::<Vec<_>>());
            assert!(!tried.status.success(), "{words}");
        }
    }
    evict(tenant);
    assert_eq!(all(), before);
}
