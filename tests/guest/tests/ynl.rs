// SPDX-License-Identifier: GPL-2.0-only

//! The kernel's own client for netlink specifications, with ours.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdout, Command, Output, Stdio};

use homeward_guest_tests::{
    batch, client, cookie_of, eventually, exists, ip, load, Namespace, Netdevsim,
};
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

/// One process for many questions: to read the specification takes it longer than all else.
struct Session {
    child: Child,
    answers: BufReader<ChildStdout>,
}

/// What it runs: the client's own library, called as its `cli.py` does.
const ASK: &str = "
import json, sys
sys.path.append('/ynl/pyynl')
from lib import YnlFamily
family = YnlFamily('/ynl/specs/homeward.yaml', schema='')
policy = lambda op, _: family.get_policy(op, 'do').to_dict()
modes = {'do': family.do, 'dump': family.dump, 'policy': policy}
for line in sys.stdin:
    mode, op, request = json.loads(line)
    answer = modes[mode](op, request)
    print(json.dumps(answer, default=lambda o: o.hex() if isinstance(o, bytes) else sorted(o)), flush=True)
";

impl Session {
    fn start() -> Self {
        let mut child = Command::new("python3")
            .args(["-c", ASK])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("python3");
        let answers = BufReader::new(child.stdout.take().expect("its output"));
        Session { child, answers }
    }

    #[track_caller]
    fn answer(&mut self, mode: &str, op: &str, request: &Value) -> Value {
        let input = self.child.stdin.as_mut().expect("its input");
        writeln!(input, "{}", json!([mode, op, request])).expect("a question");
        let mut line = String::new();
        self.answers.read_line(&mut line).expect("an answer");
        serde_json::from_str(&line).unwrap_or_else(|_| panic!("{mode} {op} {request}: {line}"))
    }

    #[track_caller]
    fn ask(&mut self, op: &str, request: &Value) -> Value {
        self.answer("do", op, request)
    }

    #[track_caller]
    fn dump(&mut self, op: &str) -> Vec<Value> {
        let found = self.answer("dump", op, &json!({}));
        found.as_array().cloned().expect("a list")
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // Its input ends.
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
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
    // Ends before the namespace, of which it will have a descriptor.
    let mut ynl = Session::start();
    let cookie = red.cookie();
    ip("netns set red 77");
    ip("link set sim0 netns red");
    red.ip("link set sim0 name ct0 mtu 1400");

    let ns = ynl.ask("ns-get", &json!({ "cookie": cookie }));
    assert_eq!(
        (&ns["cookie"], &ns["state"]),
        (&json!(cookie), &json!("live"))
    );
    assert_eq!(ynl.ask("ns-get", &json!({ "inum": ns["inum"] })), ns);
    assert_eq!(ynl.ask("ns-get", &json!({ "pid": 1 }))["initial"], true);
    let all: Vec<_> = ynl
        .dump("ns-get")
        .iter()
        .map(|ns| ns["cookie"].clone())
        .collect();
    assert!(all.contains(&json!(cookie)) && all.contains(&json!(cookie_of(1))));

    let mut device = ynl.ask("dev-get", &json!({ "ns-cookie": cookie, "name": "ct0" }));
    assert_eq!(device["home"][0]["name"], "sim0");
    assert_eq!(device["fate"]["action"], "return");
    assert_eq!(device["fate"]["reason"], "physical");
    // What it is like is told of one device only.
    let now = device
        .as_object_mut()
        .and_then(|device| device.remove("now"));
    assert!(now.is_some_and(|now| now["name"] == "ct0"));
    let devices = ynl.dump("dev-get");
    assert!(devices.contains(&device));

    let set = ynl.ask(
        "dev-set",
        &json!({ "ns-cookie": cookie, "name": "ct0", "mark": "release" }),
    );
    assert_eq!(set["mark"], "release");
    assert_eq!(set["fate"]["reason"], "mark");
    let mut homes = device["home"].clone();
    homes[0]["name"] = json!("renamed");
    let request = json!({ "ns-cookie": cookie, "name": "ct0", "mark": "none", "home": homes });
    assert_eq!(ynl.ask("dev-set", &request)["home"][0]["name"], "renamed");

    let rule = json!({
        "name": "r*", "class": "physical", "action": "return",
        "restore": ["name", "mtu", "up"], "template": "%s_%d",
    });
    let rule = ynl.ask("rule-add", &rule);
    assert_eq!(ynl.ask("rule-get", &json!({ "id": rule["id"] })), rule);
    assert_eq!(ynl.dump("rule-get"), std::slice::from_ref(&rule));

    let recalled = ynl.ask("recall", &json!({ "ns-cookie": cookie, "name": "ct0" }));
    assert_eq!(recalled["recalled-count"], 1);
    let one = &recalled["recalled"][0];
    assert_eq!(
        (&one["name"], &one["return"]["cause"]),
        (&json!("renamed"), &json!("recall"))
    );
    assert!(exists("renamed"));

    ynl.ask("rule-del", &json!({ "id": rule["id"] }));
    ynl.ask("rule-flush", &json!({}));
    assert!(ynl.dump("rule-get").is_empty());
    assert!(ynl.ask("ns-open", &json!({ "cookie": cookie }))["fd"].as_u64() > Some(2));
    assert_eq!(ynl.ask("stats-get", &json!({}))["returned"], 1);
    let told = json!({ "id": 77, "ns-cookie": cookie, "inum": ns["inum"] });
    assert!(ynl.dump("nsid-get").contains(&told));
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
    let mut ynl = Session::start();
    let mut policy = |op: &str| ynl.answer("policy", op, &Value::Null);
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
    let all = |verb: &str| {
        (0..60)
            .map(|n| format!("netns {verb} tiny{n}\n"))
            .collect::<String>()
    };
    batch(&all("add"));
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
    batch(&all("delete"));
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
