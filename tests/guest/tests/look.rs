// SPDX-License-Identifier: GPL-2.0-only

//! The verbs to look with: tree, stats, watch, doctor.

#![allow(
    clippy::panic,
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "tests"
)]

use std::process::{Child, Command, Output, Stdio};

use homeward_guest_tests::{eventually, ip, leak, load, unload, Namespace, Netdevsim, Unnamed};
use serde_json::Value;

fn homeward(args: &str) -> Output {
    let mut command = Command::new("homeward");
    command.args(args.split(' ')).env("LANG", "C.UTF-8");
    command.output().expect("homeward")
}

#[track_caller]
fn says(args: &str) -> String {
    let output = homeward(args);
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "homeward {args}: {error}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[track_caller]
fn json(args: &str) -> Value {
    serde_json::from_str(&says(args)).expect("JSON")
}

/// The namespace in a tree that has this name, or the initial one for `init`.
#[track_caller]
fn part<'t>(tree: &'t Value, name: &str) -> &'t Value {
    let all = tree["namespaces"].as_array().expect("a list");
    let mut all = all.iter();
    let found = all.find(|one| match name {
        "init" => one["initial"] == true,
        name => one["names"][0] == name,
    });
    found.unwrap_or_else(|| panic!("no {name} in {tree}"))
}

#[track_caller]
fn device<'t>(tree: &'t Value, place: &str, name: &str) -> &'t Value {
    let devices = part(tree, place)["devices"].as_array().expect("a list");
    let found = devices.iter().find(|one| one["name"] == name);
    found.unwrap_or_else(|| panic!("no {name} in {place}: {tree}"))
}

/// Two namespaces with a pair between them, and more devices.
struct Scene {
    red: Namespace,
    _blue: Namespace,
    _sim: Netdevsim,
}

impl Scene {
    #[track_caller]
    fn set() -> Self {
        let (red, blue) = (Namespace::add("red"), Namespace::add("blue"));
        let sim = Netdevsim::new(1, &["sim0"]);
        ip("link add v0 netns red type veth peer name v1 netns blue");
        ip("link add dum0 type dummy");
        ip("link add link dum0 name mv0 netns red type macvlan");
        ip("link add br0 type bridge");
        ip("link add w0 type veth peer name w1 netns red");
        ip("link set w0 master br0");
        ip("link add vx0 type vxlan id 5 remote 192.0.2.1 dstport 4789");
        ip("link set vx0 netns red");
        ip("link set sim0 netns red name ct0");
        Scene {
            red,
            _blue: blue,
            _sim: sim,
        }
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        for name in ["dum0", "br0", "w0"] {
            let _ = Command::new("/usr/bin/ip")
                .args(["link", "del", name])
                .output();
        }
    }
}

#[test]
fn tree_shows_what_is_connected_to_what() {
    for module in [true, false] {
        unload();
        if module {
            load();
        }
        let scene = Scene::set();
        scene.red.ip("link set v0 up");
        let tree = json("tree --json --quiet");
        assert_eq!(tree["complete"], module);

        let v0 = &device(&tree, "red", "v0")["link"];
        assert_eq!(v0["relation"], "peer");
        assert_eq!(
            (&v0["name"], &v0["namespace"]["name"]),
            (&"v1".into(), &"blue".into())
        );
        let v1 = &device(&tree, "blue", "v1")["link"];
        assert_eq!(
            (&v1["name"], &v1["namespace"]["name"]),
            (&"v0".into(), &"red".into())
        );
        assert_eq!(device(&tree, "red", "v0")["state"], "no-carrier");
        assert_eq!(device(&tree, "blue", "v1")["state"], "down");

        let mv0 = &device(&tree, "red", "mv0")["link"];
        assert_eq!(
            (&mv0["relation"], &mv0["name"]),
            (&"lower".into(), &"dum0".into())
        );
        assert_eq!(mv0["namespace"]["initial"], true);
        let vx0 = &device(&tree, "red", "vx0")["link"];
        assert_eq!(
            (&vx0["relation"], &vx0["name"]),
            (&"underlay".into(), &Value::Null)
        );
        assert_eq!(vx0["namespace"]["initial"], true);

        let w0 = device(&tree, "init", "w0");
        assert_eq!(
            (&w0["master"], &w0["link"]["name"]),
            (&"br0".into(), &"w1".into())
        );
        assert_eq!(w0["link"]["namespace"]["name"], "red");
        let home = &device(&tree, "red", "ct0")["home"];
        match module {
            true => assert_eq!(home["name"], "sim0"),
            false => assert_eq!(*home, Value::Null),
        }
        assert_eq!(device(&tree, "red", "lo")["link"], Value::Null);
    }
}

#[test]
fn tree_as_text_and_for_graphviz() {
    load();
    let _scene = Scene::set();
    let text = says("tree");
    for line in [
        "→ v1@blue",
        "→ dum0@init",
        "→ @init",
        "(home sim0@init)",
        "└─ br0",
        "   └─ w0",
    ] {
        assert!(text.contains(line), "no '{line}' in\n{text}");
    }
    let dot = says("tree --dot");
    assert!(dot.starts_with("graph homeward {"), "{dot}");
    assert!(
        dot.contains("label=\"red\"") && dot.contains("[label=\"veth\"]"),
        "{dot}"
    );
    let output = homeward("tree --dot --json");
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn tree_of_one_namespace_shows_what_is_connected_to_it_and_no_more() {
    load();
    let _scene = Scene::set();
    let _green = Namespace::add("green");
    let tree = json("tree blue --json");
    let names: Vec<_> = tree["namespaces"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["names"][0])
        .collect();
    assert_eq!(names.len(), 2, "{tree}");
    assert_eq!(part(&tree, "blue")["devices"].as_array().unwrap().len(), 2);
    let others: Vec<_> = part(&tree, "red")["devices"]
        .as_array()
        .unwrap()
        .iter()
        .collect();
    assert_eq!((others.len(), &others[0]["name"]), (1, &"v0".into()));
    // What is away from it belongs to it, too.
    let tree = json("tree init --json");
    assert_eq!(device(&tree, "red", "ct0")["home"]["name"], "sim0");
    assert!(!says("tree init").contains("v1"));
}

#[test]
fn tree_finds_a_namespace_without_name_and_process_and_hostile_names() {
    load();
    let red = Namespace::add("red");
    let socket = std::thread::spawn(|| {
        nix::sched::unshare(nix::sched::CloneFlags::CLONE_NEWNET).expect("unshare");
        let name = "a\"\\\x1b[2J";
        let status = Command::new("/usr/bin/ip")
            .args(["link", "add", name, "type", "dummy"])
            .status();
        assert!(status.expect("ip").success());
        std::net::UdpSocket::bind("0.0.0.0:0").expect("a socket")
    });
    let socket = socket.join().expect("a socket");
    let tree = json("tree --json");
    let hostile = |one: &Value| one["name"] == "a\"\\\u{1b}[2J";
    let mut all = tree["namespaces"].as_array().unwrap().iter();
    let found = all.find(|one| one["devices"].as_array().unwrap().iter().any(hostile));
    assert_eq!(
        found.expect("that namespace")["names"]
            .as_array()
            .unwrap()
            .len(),
        0
    );
    for form in ["tree", "tree --dot"] {
        assert!(!says(form).contains('\x1b'), "{form}");
    }
    assert!(says("tree --dot").contains("a\\\"\\\\\\\\u{1b}[2J (dummy)"));
    drop(socket);
    red.delete();
}

#[test]
fn tree_finds_both_ends_of_many_pairs() {
    load();
    let made: Vec<Namespace> = (0..100).map(|n| Namespace::add(&format!("n{n}"))).collect();
    for n in 0..100 {
        ip(&format!(
            "link add h{n} type veth peer name eth0 netns n{n}"
        ));
    }
    let tree = json("tree --json");
    for n in 0..100 {
        let link = &device(&tree, "init", &format!("h{n}"))["link"];
        assert_eq!(link["namespace"]["name"], format!("n{n}"));
        let back = &device(&tree, &format!("n{n}"), "eth0")["link"];
        assert_eq!(back["name"], format!("h{n}"));
    }
    drop(made);
}

#[test]
fn stats_count_a_return() {
    load();
    let _sim = Netdevsim::new(1, &["sim0"]);
    let red = Namespace::add("red");
    ip("link set sim0 netns red");
    assert_eq!(json("stats --json")["devices_away"], 1);
    red.delete();
    eventually("the return", || json("stats --json")["returned"] == 1);
    eventually("the end", || json("stats --json")["gone"] == 1);
    let text = says("stats");
    assert!(
        text.contains("returned") && text.contains("longest teardown"),
        "{text}"
    );
    assert!(!says("stats --no-legend").contains("Namespaces"));
}

/// Starts `homeward watch --json` and waits until it listens.
#[track_caller]
fn watch(args: &[&str]) -> Child {
    let child = Command::new("homeward")
        .args(["watch", "--json", "--timeout", "20"])
        .args(args)
        .stdout(Stdio::piped())
        .spawn()
        .expect("homeward");
    // Its port is its process id, and it listens on the second socket that it opens.
    eventually("watch listens", || {
        let sockets = std::fs::read_to_string("/proc/net/netlink").unwrap_or_default();
        sockets.lines().any(|line| {
            let words: Vec<_> = line.split_whitespace().collect();
            let groups = words.get(3).map(|groups| u32::from_str_radix(groups, 16));
            words.get(1) == Some(&"16") && groups.is_some_and(|g| g.unwrap_or(0).count_ones() > 1)
        })
    });
    child
}

#[track_caller]
fn lines(watch: Child) -> Vec<Value> {
    let output = watch.wait_with_output().expect("its end");
    assert!(output.status.success());
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let lines = text
        .lines()
        .map(|line| serde_json::from_str(line).expect("an object"));
    lines.collect()
}

#[test]
fn watch_shows_what_is_there_and_then_what_happens() {
    load();
    let _sim = Netdevsim::new(1, &["sim0"]);
    let red = Namespace::add("red");
    ip("link set sim0 netns red");
    let watch = watch(&["--count", "3"]);
    // Whether it comes before or after the list, it is told once.
    red.delete();
    let lines = lines(watch);
    let names: Vec<&str> = lines
        .iter()
        .map(|one| one["event"].as_str().unwrap())
        .collect();
    let listed = names
        .iter()
        .position(|name| *name == "listed")
        .expect("an end of the list");
    let (list, events) = (&lines[..listed], &names[listed + 1..]);
    assert!(list.iter().any(|one| one["namespace"]["initial"] == true));
    let away = list.iter().find(|one| one["event"] == "dev-present");
    if let Some(away) = away {
        assert_eq!(away["device"]["homes"][0]["name"], "sim0");
        assert_eq!(events, ["ns-dying", "dev-returned", "ns-gone"]);
    }
    assert_eq!(lines[listed]["complete"], true);
}

#[test]
fn watch_neither_loses_nor_repeats_what_happens_while_it_begins() {
    load();
    // They come and go all the time, so that some do while the list is read.
    let busy = std::sync::atomic::AtomicBool::new(true);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while busy.load(std::sync::atomic::Ordering::Relaxed) {
                drop(Unnamed::new());
            }
        });
        for _ in 0..5 {
            let lines = lines(watch(&["--count", "12"]));
            let mut there = std::collections::BTreeSet::new();
            let mut last = None;
            for line in &lines {
                let cookie = line["namespace"]["cookie"].as_u64();
                let seq = line["seq"].as_u64();
                match line["event"].as_str().unwrap() {
                    "ns-present" | "ns-born" => assert!(there.insert(cookie), "twice: {line}"),
                    "ns-gone" => assert!(there.remove(&cookie), "never there: {line}"),
                    "ns-dying" => assert!(there.contains(&cookie), "never there: {line}"),
                    "listed" => {}
                    other => panic!("{other}: {line}"),
                }
                if line["event"] != "listed" && seq.is_some() {
                    assert!(last < seq, "{line} after {last:?}");
                    last = seq;
                }
            }
        }
        busy.store(false, std::sync::atomic::Ordering::Relaxed);
    });
}

#[test]
fn watch_without_the_list_shows_events_only() {
    load();
    let watch = watch(&["--count", "1", "--events-only"]);
    let _red = Namespace::add("red");
    let lines = lines(watch);
    assert_eq!(lines.len(), 1);
    assert_eq!(lines[0]["event"], "ns-born");
}

#[test]
fn doctor_names_what_is_stuck_and_what_is_stale() {
    load();
    let red = Namespace::add("red");
    red.ip("link add stuck0 type dummy");
    leak(&red, "stuck0", 6000);
    let cookie = red.cookie();
    red.delete();
    std::fs::write("/run/netns/old", "").expect("a file");
    let found = || {
        let output = homeward("doctor --json");
        serde_json::from_slice::<Value>(&output.stdout).expect("JSON")
    };
    let check = |all: &Value, name: &str| -> Value {
        let checks = all["checks"].as_array().unwrap();
        checks
            .iter()
            .find(|one| one["name"] == name)
            .expect(name)
            .clone()
    };
    eventually("it is stuck", || {
        check(&found(), "stuck devices")["outcome"] == "fail"
    });
    let all = found();
    let text = check(&all, "stuck devices")["found"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(
        text.starts_with(&format!("stuck0@cookie:{cookie} for ")),
        "{text}"
    );
    let stale = check(&all, "stale names");
    assert_eq!(stale["outcome"], "warn");
    assert!(stale["found"].as_str().unwrap().contains("old"));
    std::fs::remove_file("/run/netns/old").expect("removed");
    let tree = json("tree --json");
    let dying = tree["namespaces"]
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["cookie"] == cookie);
    let dying = dying.expect("the dying one");
    assert!(dying["hidden"].is_string());
    assert!(dying["devices"]
        .as_array()
        .unwrap()
        .iter()
        .any(|one| one["stuck"] == true));
    eventually("it is free", || {
        check(&found(), "stuck devices")["outcome"] == "ok"
    });
}

#[test]
fn a_closed_pipe_ends_every_verb_quietly() {
    load();
    let _red = Namespace::add("red");
    let verbs = [
        "ls",
        "show red",
        "devices",
        "plan red",
        "tree",
        "tree --dot",
        "stats",
        "watch",
        "doctor",
        "netns list",
        "--help",
        "ls --json",
        "tree --json",
        "watch --json",
        "stats --json",
    ];
    for verb in verbs {
        let (reader, writer) = nix::unistd::pipe().expect("a pipe");
        drop(reader);
        let output = Command::new("homeward")
            .args(verb.split(' '))
            .stdout(writer)
            .output()
            .expect("homeward");
        assert_eq!(output.status.code(), Some(0), "{verb}");
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{verb}");
    }
}
