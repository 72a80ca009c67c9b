// SPDX-License-Identifier: GPL-2.0-only

//! The verbs to look with: tree, stats, doctor.

use std::process::{Command, Output};

use homeward_guest_tests::{
    batch, eventually, ip, leak, load, nic_in_red, times, unload, Namespace, Netdevsim,
};
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
fn tree_draws_what_is_connected_to_what() {
    load();
    let _scene = Scene::set();
    let file = std::env::temp_dir().join("tree.svg");
    let path = file.to_str().expect("a path");
    assert_eq!(says(&format!("tree --svg {path}")), "");
    let picture = std::fs::read_to_string(&file).expect("a picture");
    assert_eq!(picture, says("tree --svg -"));
    std::fs::remove_file(&file).expect("remove");
    for words in [
        "class=\"home\"",
        "ct0@red home init",
        "ct0, home sim0",
        "mv0@red above dum0@init",
        "vx0@red packets travel in init",
    ] {
        assert!(picture.contains(words), "no '{words}' in\n{picture}");
    }
    let pair = ["v0@red and v1@blue", "v1@blue and v0@red"];
    assert!(pair.iter().any(|words| picture.contains(words)));
    let chart = says("tree red --mermaid");
    assert!(chart.starts_with("flowchart LR\n"), "{chart}");
    for words in ["-.->|\"home\"|", "---|\"veth\"|", "[\"red\"]"] {
        assert!(chart.contains(words), "no '{words}' in\n{chart}");
    }
    assert!(says("tree --dot").contains("[label=\"home\", style=dashed]"));
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

/// Many namespaces, each with a pair to the initial one.
struct Crowd(Vec<usize>);

impl Crowd {
    #[track_caller]
    fn batch(&self, lines: impl Fn(usize) -> String) {
        batch(&self.0.iter().map(|n| lines(*n)).collect::<String>());
    }

    #[track_caller]
    fn gather(numbers: std::ops::Range<usize>) -> Self {
        let crowd = Crowd(numbers.collect());
        crowd.batch(|n| {
            format!("netns add n{n}\nlink add h{n} type veth peer name eth0 netns n{n}\n")
        });
        crowd
    }
}

impl Drop for Crowd {
    fn drop(&mut self) {
        self.batch(|n| format!("link del h{n}\nnetns del n{n}\n"));
    }
}

#[test]
fn tree_finds_both_ends_of_many_pairs_in_time_that_grows_with_their_number() {
    load();
    let timed = |count: usize| {
        let start = std::time::Instant::now();
        let tree = json("tree --json");
        let time = start.elapsed();
        let all = tree["namespaces"].as_array().unwrap();
        let of = |one: &Value| one["devices"].as_array().unwrap().to_vec();
        let outside = of(part(&tree, "init"));
        let pairs = outside.iter().filter(|one| one["kind"] == "veth");
        let pairs: Vec<_> = pairs.collect();
        assert_eq!(pairs.len(), count);
        for pair in pairs {
            let number = pair["name"].as_str().unwrap().trim_start_matches('h');
            assert_eq!(pair["link"]["namespace"]["name"], format!("n{number}"));
        }
        for one in all.iter().filter(|one| one["initial"] == false) {
            let number = one["names"][0].as_str().unwrap().trim_start_matches('n');
            let devices = of(one);
            let eth0 = devices
                .iter()
                .find(|one| one["name"] == "eth0")
                .expect("eth0");
            assert_eq!(eth0["link"]["name"], format!("h{number}"));
        }
        time
    };
    let small = times(50);
    let large = 4 * small;
    let _few = Crowd::gather(0..small);
    // The best of some: other guests want the processors, too.
    let best = |count: usize| (0..4).map(|_| timed(count)).min().expect("a time");
    let few = best(small);
    let _more = Crowd::gather(small..large);
    let many = best(large);
    println!("{small} namespaces: {few:?}, {large} namespaces: {many:?}");
    // Four times as many: four times as long, and not sixteen.
    assert!(many < few * 10, "{few:?}, {many:?}");
}

#[test]
fn stats_count_a_return() {
    let (_sim, red, _) = nic_in_red();
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
