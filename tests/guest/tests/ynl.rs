// SPDX-License-Identifier: GPL-2.0-only

//! The kernel's own client for netlink specifications, with ours.

#![allow(
    clippy::panic,
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "tests"
)]

use std::process::{Command, Output, Stdio};

use homeward_guest_tests::{client, cookie_of, eventually, exists, ip, load, Namespace, Netdevsim};
use serde_json::{json, Value};

const CLI: &str = "/ynl/pyynl/cli.py";
/// Checked against the schema by one test, as YNL itself does with the specs that are installed:
/// in an emulated guest that takes longer than all else.
const SPEC: [&str; 3] = ["--spec", "/ynl/specs/homeward.yaml", "--no-schema"];
const CHECKED: [&str; 5] = [
    CLI,
    "--spec",
    "/ynl/specs/homeward.yaml",
    "--schema",
    "/ynl/genetlink.yaml",
];

fn ynl(args: &[&str]) -> Output {
    Command::new("python3")
        .arg(CLI)
        .args(SPEC)
        .args(args)
        .output()
        .expect("python3")
}

#[track_caller]
fn answer(args: &[&str]) -> Value {
    let output = ynl(&[&["--output-json"], args].concat());
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        output.status.success(),
        "{args:?}: {said}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_str(said.trim()).unwrap_or(Value::Null)
}

#[track_caller]
fn ask(op: &str, request: &Value) -> Value {
    answer(&["--do", op, "--json", &request.to_string()])
}

#[track_caller]
fn dump(op: &str) -> Vec<Value> {
    let found = answer(&["--dump", op]);
    found.as_array().cloned().unwrap_or_default()
}

#[test]
fn the_specification_is_valid_by_the_kernels_schema() {
    let output = Command::new("python3")
        .args(CHECKED)
        .arg("--validate")
        .output()
        .expect("python3");
    assert!(output.status.success(), "{output:?}");
}

#[test]
fn every_operation_works_through_ynl() {
    load();
    let _sim = Netdevsim::new(1, &["sim0"]);
    let red = Namespace::add("red");
    let cookie = red.cookie();
    ip("link set sim0 netns red");
    red.ip("link set sim0 name ct0 mtu 1400");

    let ns = ask("ns-get", &json!({ "cookie": cookie }));
    assert_eq!(
        (&ns["cookie"], &ns["state"]),
        (&json!(cookie), &json!("live"))
    );
    assert_eq!(ask("ns-get", &json!({ "inum": ns["inum"] })), ns);
    assert_eq!(ask("ns-get", &json!({ "pid": 1 }))["initial"], true);
    let all: Vec<_> = dump("ns-get")
        .iter()
        .map(|ns| ns["cookie"].clone())
        .collect();
    assert!(all.contains(&json!(cookie)) && all.contains(&json!(cookie_of(1))));

    let device = ask("dev-get", &json!({ "ns-cookie": cookie, "name": "ct0" }));
    assert_eq!(device["home"][0]["name"], "sim0");
    assert_eq!(device["fate"]["action"], "return");
    assert_eq!(device["fate"]["reason"], "physical");
    let devices = dump("dev-get");
    assert!(devices.contains(&device));

    let set = ask(
        "dev-set",
        &json!({ "ns-cookie": cookie, "name": "ct0", "mark": "release" }),
    );
    assert_eq!(set["mark"], "release");
    assert_eq!(set["fate"]["reason"], "mark");
    let mut homes = device["home"].clone();
    homes[0]["name"] = json!("renamed");
    let request = json!({ "ns-cookie": cookie, "name": "ct0", "mark": "none", "home": homes });
    assert_eq!(ask("dev-set", &request)["home"][0]["name"], "renamed");

    let rule = json!({
        "name": "r*", "class": "physical", "action": "return",
        "restore": ["name", "mtu", "up"], "template": "%s_%d",
    });
    let rule = ask("rule-add", &rule);
    assert_eq!(ask("rule-get", &json!({ "id": rule["id"] })), rule);
    assert_eq!(dump("rule-get"), std::slice::from_ref(&rule));

    let recalled = ask("recall", &json!({ "ns-cookie": cookie, "name": "ct0" }));
    assert_eq!(recalled["recalled-count"], 1);
    let one = &recalled["recalled"][0];
    assert_eq!(
        (&one["name"], &one["return"]["cause"]),
        (&json!("renamed"), &json!("recall"))
    );
    assert!(exists("renamed"));

    ask("rule-del", &json!({ "id": rule["id"] }));
    ask("rule-flush", &json!({}));
    assert!(dump("rule-get").is_empty());
    assert!(ask("ns-open", &json!({ "cookie": cookie }))["fd"].as_u64() > Some(2));
    assert_eq!(ask("stats-get", &json!({}))["returned"], 1);
}

#[test]
fn events_arrive_through_ynl() {
    load();
    let _sim = Netdevsim::new(1, &["sim0"]);
    let listener = Command::new("python3")
        .arg(CLI)
        .args(SPEC)
        .args(["--output-json", "--subscribe", "events", "--duration", "6"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("python3");
    eventually("the client listens", || {
        let sockets = std::fs::read_to_string("/proc/net/netlink").unwrap_or_default();
        sockets.lines().any(|line| {
            let words: Vec<_> = line.split_whitespace().collect();
            words.get(1) == Some(&"16") && words.get(3).is_some_and(|g| *g != "00000000")
        })
    });
    let red = Namespace::add("red");
    ip("link set sim0 netns red");
    red.delete();
    let output = listener.wait_with_output().expect("its end");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    for event in ["ns-born", "dev-away", "ns-dying", "dev-returned", "ns-gone"] {
        assert!(said.contains(event), "no {event} in {said}{output:?}");
    }
}

#[test]
fn the_kernels_policy_has_the_limits_of_the_specification() {
    load();
    let policy = |op: &str| answer(&["--policy", "--do", op]);
    let ns = policy("ns-get");
    for name in ["cookie", "inum", "pid", "fd"] {
        assert!(ns.get(name).is_some(), "{name}: {ns}");
    }
    assert!(ns.get("state").is_none(), "{ns}");
    assert_eq!(ns["cookie"]["min-value"], 1, "{ns}");
    assert_eq!(ns["fd"]["max-value"], i64::from(i32::MAX), "{ns}");
    let device = policy("dev-get");
    assert_eq!(device["name"]["max-length"], 15, "{device}");
    assert_eq!(
        device["ifindex"]["max-value"],
        i64::from(i32::MAX),
        "{device}"
    );
    let rule = policy("rule-add");
    assert_eq!(rule["name"]["max-length"], 31, "{rule}");
    assert_eq!(rule["action"]["max-value"], 3, "{rule}");
    assert!(
        rule.get("hits").is_none() && rule.get("id").is_none(),
        "{rule}"
    );
}

#[test]
fn dumps_are_whole_with_a_tiny_receive_buffer() {
    load();
    let names: Vec<_> = (0..60).map(|n| format!("tiny{n}")).collect();
    let spaces: Vec<_> = names.iter().map(|name| Namespace::add(name)).collect();
    let small = |op| {
        let output = ynl(&["--output-json", "--dbg-small-recv", "4000", "--dump", op]);
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let list = said
            .lines()
            .rev()
            .find(|line| line.starts_with('['))
            .unwrap_or("[]");
        serde_json::from_str::<Vec<Value>>(list).unwrap_or_else(|_| panic!("{output:?}"))
    };
    let cookies: Vec<_> = small("ns-get")
        .iter()
        .map(|ns| ns["cookie"].as_u64())
        .collect();
    let known: Vec<_> = client()
        .namespaces()
        .expect("namespaces")
        .iter()
        .map(|ns| Some(ns.cookie))
        .collect();
    assert_eq!(cookies, known);
    assert_eq!(
        small("dev-get").len(),
        client().devices(None).expect("devices").len()
    );
    drop(spaces);
}

#[test]
fn a_refusal_through_ynl_names_the_attribute_and_the_reason() {
    load();
    let output = ynl(&["--do", "ns-get", "--json", r#"{"cookie": 4711}"#]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned()
        + &String::from_utf8_lossy(&output.stdout);
    assert!(!output.status.success());
    assert!(
        said.contains("no network namespace has this cookie"),
        "{said}"
    );
    assert!(said.contains(".cookie"), "{said}");
    let output = ynl(&["--do", "ns-get", "--json", "{}"]);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        said.contains("name it by cookie, inum, pid or fd"),
        "{said}"
    );
}
