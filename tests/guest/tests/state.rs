// SPDX-License-Identifier: GPL-2.0-only

//! What the module knows, kept while it is replaced.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use homeward_client::model::{setting, Device, Mark, NewRule, RuleAction};
use homeward_client::{DeviceChange, Which};
use homeward_guest_tests::{
    client, ip, load, look, run, run_fails, unload, Listener, Namespace, Netdevsim,
};
use serde_json::Value;

/// Where it is kept unless somebody says otherwise.
const FILE: &str = "/run/homeward/state.json";

#[track_caller]
fn put_back() -> Value {
    serde_json::from_str(&run("homeward", &["state", "load", "--json"])).expect("JSON")
}

/// As an upgrade does it.
fn replace_the_module() {
    run("homeward", &["state", "save"]);
    unload();
    load();
}

#[track_caller]
fn device(ns: &Namespace, name: &str) -> Device {
    client()
        .device_by_name(ns.cookie(), name)
        .expect("a device")
}

#[track_caller]
fn outcome<'v>(loaded: &'v Value, name: &str) -> &'v str {
    let devices = loaded["devices"].as_array().expect("devices");
    let found = devices.iter().find(|device| device["name"] == name);
    found.unwrap_or_else(|| panic!("no {name} in {loaded}"))["outcome"]
        .as_str()
        .expect("an outcome")
}

fn dies(ns: Namespace) {
    let cookie = ns.cookie();
    let mut events = Listener::new();
    ns.delete();
    events.until_gone(cookie);
}

#[test]
fn a_nic_that_was_away_comes_home_after_the_module_was_replaced() {
    load();
    let _sim = Netdevsim::new(1, &["sim0"]);
    ip("link set sim0 mtu 1450 alias uplink");
    ip("link property add dev sim0 altname port0");
    let before = look(ip, "sim0");
    let red = Namespace::add("red");
    ip("link set sim0 netns red");
    red.ip("link set sim0 name ct0 mtu 1400 address 02:00:00:00:00:99 alias inside");
    let known = device(&red, "ct0");
    replace_the_module();
    assert!(
        device(&red, "ct0").homes.is_empty(),
        "the new module knows already"
    );
    let loaded = put_back();
    assert_eq!(outcome(&loaded, "ct0"), "done");
    assert_eq!(device(&red, "ct0"), known);
    dies(red);
    assert_eq!(look(ip, "sim0"), before);
}

/// As after a step back to an older version.
#[test]
fn settings_that_the_module_does_not_know_are_told_and_the_rest_is_put_back() {
    load();
    let _sim = Netdevsim::new(1, &["sim0"]);
    let before = look(ip, "sim0");
    let red = Namespace::add("red");
    ip("link set sim0 netns red");
    red.ip("link set sim0 name ct0 mtu 1400");
    let known = device(&red, "ct0");
    replace_the_module();
    let text = fs::read_to_string(FILE).expect("a file");
    let newer = r#""settings": { "setting-63": 7, "setting-4000000000": ["a", "b"],"#;
    let text = text.replacen("\"settings\": {", newer, 1);
    assert!(text.contains("setting-63"), "{text}");
    fs::write("/tmp/newer.json", &text).expect("a file");
    let (status, _) = run_fails("homeward", &["state", "load", "/tmp/newer.json"]);
    assert_eq!(status, 6);
    assert_eq!(device(&red, "ct0"), known);

    unload();
    load();
    let output = Command::new("homeward")
        .args(["state", "load", "--json", "/tmp/newer.json"])
        .output()
        .expect("homeward");
    let loaded: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(outcome(&loaded, "ct0"), "partly");
    let reason = &loaded["devices"][0]["reason"];
    let reason = reason.as_str().expect("a reason");
    assert!(
        reason.ends_with(": setting-63, setting-4000000000"),
        "{reason}"
    );
    dies(red);
    assert_eq!(look(ip, "sim0"), before);
}

/// Likewise.
#[test]
fn a_rule_that_the_module_refuses_costs_no_device_its_home() {
    load();
    let _sim = Netdevsim::new(1, &["sim0"]);
    run(
        "homeward",
        &["policy", "add", "--action", "return", "--restore", "mtu"],
    );
    let red = Namespace::add("red");
    ip("link set sim0 netns red");
    let known = device(&red, "sim0");
    replace_the_module();
    let text = fs::read_to_string(FILE).expect("a file");
    let newer = text.replacen("\"restore\": 2,", "\"restore\": 4611686018427387904,", 1);
    assert_ne!(newer, text);
    fs::write("/tmp/newer.json", &newer).expect("a file");
    let output = Command::new("homeward")
        .args(["state", "load", "--json", "/tmp/newer.json"])
        .output()
        .expect("homeward");
    assert_eq!(output.status.code(), Some(1));
    let loaded: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(loaded["rules"]["outcome"], "failed", "{loaded}");
    let why = loaded["rules"]["reason"].as_str().expect("a reason");
    assert!(why.contains("no such settings"), "{why}");
    assert_eq!(outcome(&loaded, "sim0"), "done");
    assert_eq!(device(&red, "sim0").homes, known.homes);
    dies(red);
}

#[test]
fn altnames_that_are_too_many_to_be_recorded_are_left_alone_after_it_too() {
    load();
    let _sim = Netdevsim::new(1, &["sim0"]);
    for n in 10..22 {
        let name = "z".repeat(100);
        ip(&format!("link property add dev sim0 altname {name}{n}"));
    }
    let before = look(ip, "sim0");
    let red = Namespace::add("red");
    ip("link set sim0 netns red");
    let known = device(&red, "sim0");
    let home = &known.homes[0];
    assert!(
        home.altnames_surplus && home.texts(setting::ALTNAMES).is_empty(),
        "{home:?}"
    );
    replace_the_module();
    put_back();
    assert_eq!(device(&red, "sim0"), known);
    dies(red);
    assert_eq!(look(ip, "sim0"), before);
}

#[test]
fn policy_marks_and_homes_survive_and_a_second_load_changes_nothing() {
    load();
    let _sim = Netdevsim::new(1, &["sim0"]);
    let red = Namespace::add("red");
    let blue = Namespace::add("blue");
    ip("address add 192.0.2.1/24 dev sim0");
    ip("address add 2001:db8::1/64 dev sim0");
    ip("link set sim0 netns red");
    red.ip("link set sim0 name mid0");
    red.ip("link set mid0 netns blue");
    ip("link add dum0 type dummy");
    ip("link set dum0 netns red");
    let change = DeviceChange {
        mark: Some(Mark::Keep),
        home_name: Some(Some("kept0".to_owned())),
        homes: None,
        ..DeviceChange::default()
    };
    let mut first = client();
    first
        .set_device(red.cookie(), Which::Name("dum0"), &change)
        .expect("a mark");
    for name in ["a*", "b*"] {
        let new = NewRule {
            name: Some(name.to_owned()),
            action: RuleAction::Init,
            template: Some("%s-%d".to_owned()),
            ..NewRule::default()
        };
        first.add_rule(&new).expect("a rule");
    }
    let known = (
        device(&blue, "mid0"),
        device(&red, "dum0"),
        first.rules().expect("rules"),
    );
    assert_eq!(known.0.homes.len(), 2);
    replace_the_module();
    let loaded = put_back();
    assert_eq!(loaded["rules"]["outcome"], "done");
    let mut now = (
        device(&blue, "mid0"),
        device(&red, "dum0"),
        client().rules().expect("rules"),
    );
    // The ids begin anew, and so do the counts.
    for (new, old) in now.2.iter_mut().zip(&known.2) {
        new.id = old.id;
    }
    assert_eq!(now, known);

    let again = put_back();
    assert_eq!(again["rules"]["outcome"], "same");
    assert_eq!(outcome(&again, "mid0"), "same");
    assert_eq!(outcome(&again, "dum0"), "same");
    dies(red);
    assert!(ip("link show kept0").contains("kept0"));
    ip("link del kept0");
}

#[test]
fn what_is_gone_or_another_by_now_is_left_out_and_told() {
    load();
    let _sim = Netdevsim::new(1, &["sim0"]);
    let red = Namespace::add("red");
    let blue = Namespace::add("blue");
    for (name, ns) in [
        ("dum1", "red"),
        ("dum2", "red"),
        ("dum3", "red"),
        ("dum4", "blue"),
    ] {
        ip(&format!("link add {name} type dummy"));
        ip(&format!("link set {name} netns {ns}"));
    }
    ip("link set sim0 netns red");
    let index = device(&red, "dum3").ifindex;
    replace_the_module();
    red.ip("link del dum1");
    red.ip("link set dum2 name other");
    // Another device under the same name and index.
    red.ip("link del dum3");
    red.ip(&format!(
        "link add dum3 index {index} type veth peer name peer0"
    ));
    dies(blue);
    let loaded = put_back();
    for name in ["dum1", "dum2", "dum3", "dum4"] {
        assert_eq!(outcome(&loaded, name), "gone", "{loaded}");
    }
    assert_eq!(outcome(&loaded, "sim0"), "done");
    assert!(device(&red, "other").homes.is_empty());
    assert!(device(&red, "dum3").homes.is_empty());
    let text = run("homeward", &["state", "load"]);
    assert!(text.contains("its namespace is gone"), "{text}");
    assert!(text.contains("its index now belongs to 'other'"), "{text}");
}

#[test]
fn what_was_learnt_since_is_not_written_over() {
    load();
    let red = Namespace::add("red");
    let blue = Namespace::add("blue");
    ip("link add dum0 type dummy");
    ip("link set dum0 netns red");
    client().add_rule(&NewRule::default()).expect("a rule");
    replace_the_module();
    // Homes of its own, as if it had been in blue since then.
    let newer = DeviceChange {
        homes: Some(vec![homeward_client::model::Home {
            namespace: blue.cookie(),
            name: Some("dum0".to_owned()),
            ..Default::default()
        }]),
        ..DeviceChange::default()
    };
    let mut client = client();
    client
        .set_device(red.cookie(), Which::Name("dum0"), &newer)
        .expect("homes");
    let rule = NewRule {
        action: RuleAction::Kernel,
        ..NewRule::default()
    };
    client.add_rule(&rule).expect("a rule");
    let (known, rules) = (device(&red, "dum0"), client.rules().expect("rules"));
    let loaded = put_back();
    assert_eq!(outcome(&loaded, "dum0"), "newer");
    assert_eq!(loaded["rules"]["outcome"], "newer");
    assert_eq!(device(&red, "dum0"), known);
    assert_eq!(client.rules().expect("rules"), rules);
    red.ip("link del dum0");
}

#[test]
fn a_file_of_before_the_last_boot_or_of_another_program_is_refused() {
    load();
    let _red = Namespace::add("red");
    ip("link add dum0 type dummy");
    ip("link set dum0 netns red");
    let _ = fs::remove_file(FILE);
    run("homeward", &["state", "save"]);
    let mode = fs::metadata(FILE).expect("a file").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let text = fs::read_to_string(FILE).expect("a file");
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").expect("an id");
    let refused = |text: &str| {
        fs::write("/tmp/state.json", text).expect("a file");
        run_fails("homeward", &["state", "load", "/tmp/state.json"])
    };
    let other = "00000000-0000-0000-0000-000000000000";
    let (status, error) = refused(&text.replace(boot.trim(), other));
    assert_eq!(status, 1);
    assert!(error.contains("before the last boot"), "{error}");
    let (_, error) = refused(&text.replace("\"version\": 2", "\"version\": 3"));
    assert!(error.contains("version 3"), "{error}");
    let (_, error) = refused("{}");
    assert!(
        error.contains("not written by 'homeward state save'"),
        "{error}"
    );
    assert_eq!(run("homeward", &["state", "save", "-"]), text);
    let (status, _) = run_fails("homeward", &["state", "load", "/nonexistent"]);
    assert_eq!(status, 3);
}
