// SPDX-License-Identifier: GPL-2.0-only

//! `homeward holders`, `ls` and `tree` take the task as the unit: whatever state it is in, all that it
//! keeps is found and named, and what is told releases it.

use std::time::{Duration, Instant};

use homeward_guest_tests::verb::as_nobody;
use homeward_guest_tests::{
    explained, homeward, load, only, release, run, said, slow, times, with_and_without, Inhabitant,
    Keeper, Listener, Namespace,
};
use serde_json::Value;

/// The states of keeper.py in which a task can have descriptors, and whether they are a thread's own.
const STATES: [(&str, bool); 9] = [
    ("first", false),
    ("thread", false),
    ("thread-ended", true),
    ("files", true),
    ("files-ended", true),
    ("pid", false),
    ("user", false),
    ("stopped", false),
    ("traced", false),
];

/// All kinds of descriptors, and what `holders` calls them.
const KINDS: [(&str, &str); 9] = [
    ("file", "file"),
    ("tree", "file"),
    ("udp", "socket"),
    ("tcp", "socket"),
    ("unix", "socket"),
    ("packet", "socket"),
    ("netlink", "socket"),
    ("tun", "tun"),
    ("proc", "proc-file"),
];

fn sorted(mut list: Vec<String>) -> Vec<String> {
    list.sort_unstable();
    list
}

fn kinds(holders: &[Value]) -> Vec<String> {
    let kind = |one: &Value| one["kind"].as_str().expect("a kind").to_owned();
    sorted(holders.iter().map(kind).collect())
}

#[test]
fn in_every_state_a_task_is_found_with_all_that_it_keeps() {
    load();
    for (state, own) in STATES {
        let mut events = Listener::new();
        let red = Namespace::add("red");
        let cookie = red.cookie();
        let keeper = Keeper::new("red", state, &KINDS.map(|(kind, _)| kind));
        red.delete();
        let holders = explained(&format!("cookie:{cookie}"));
        let all = KINDS.map(|(_, kind)| kind.to_owned()).to_vec();
        assert_eq!(kinds(&holders), sorted(all), "{state}: {holders:#?}");
        let tid = if own {
            Value::from(keeper.tid)
        } else {
            Value::Null
        };
        for one in &holders {
            assert_eq!(one["process"]["pid"], keeper.pid, "{state}: {one:#}");
            assert_eq!(one["tid"], tid, "{state}: {one:#}");
            let told = one["release"].as_str().expect("words");
            let thread = format!("of thread {} of {}", keeper.tid, keeper.pid);
            assert_eq!(told.contains(&thread), own, "{state}: {told}");
        }
        // The files are one reference.
        let counted = homeward(&format!("holders cookie:{cookie}")).data;
        assert_eq!(counted["references"]["counted"], 8, "{state}: {counted:#}");
        release(&holders, &[]);
        events.until_gone(cookie);
    }
}

#[test]
fn in_every_state_a_task_is_found_that_is_in_it() {
    load();
    for (state, _) in STATES {
        let mut events = Listener::new();
        let red = Namespace::add("red");
        let cookie = red.cookie();
        let keeper = Keeper::new("red", state, &["net"]);
        red.delete();
        let thread = keeper.tid != keeper.pid;
        let holder = only(cookie, if thread { "thread" } else { "task" });
        assert_eq!(holder["process"]["pid"], keeper.pid, "{state}: {holder:#}");
        let tid = if thread {
            Value::from(keeper.tid)
        } else {
            Value::Null
        };
        assert_eq!(holder["tid"], tid, "{state}: {holder:#}");
        let listed = homeward("ls").data;
        let mut listed = listed["namespaces"].as_array().expect("a list").iter();
        let its = listed.find(|one| one["cookie"] == cookie).expect("it");
        assert_eq!(its["processes"], 1, "{state}: {its:#}");
        release(&[holder], &[]);
        events.until_gone(cookie);
    }
}

#[test]
fn a_process_counts_wherever_one_of_its_threads_is() {
    with_and_without(|_| {
        let red = Namespace::add("red");
        let cookie = homeward_guest_tests::cookie_without_module("red");
        let threads = [(); 3].map(|()| Inhabitant::new("red"));
        red.delete();
        // Without the module, only the threads lead there.
        let list = homeward("ls").data;
        let mut listed = list["namespaces"].as_array().expect("a list").iter();
        let its = listed.find(|one| one["cookie"] == cookie).expect("it");
        assert_eq!(its["processes"], 1, "{its:#}");
        let tree = homeward("tree").data;
        let mut listed = tree["namespaces"].as_array().expect("a list").iter();
        let its = listed.find(|one| one["cookie"] == cookie).expect("it");
        assert_eq!(its["devices"][0]["name"], "lo", "{its:#}");
        assert!(run(
            "homeward",
            &["exec", &format!("inum:{}", its["inum"]), "true"]
        )
        .is_empty());
        threads.into_iter().for_each(Inhabitant::leave);
    });
}

#[test]
fn who_hides_processes_from_the_caller_makes_the_list_incomplete() {
    load();
    let _red = Namespace::add("red");
    let complete = |words: &str| said(as_nobody(words), words).data["complete"].clone();
    run("mount", &["-o", "remount,hidepid=invisible", "/proc"]);
    let hidden = ["holders red --json", "sockets --json"].map(complete);
    run("mount", &["-o", "remount,hidepid=off", "/proc"]);
    assert_eq!(hidden, [false, false].map(Value::from));
}

#[test]
fn a_thousand_threads_are_looked_at_as_quickly_as_one_table_of_descriptors() {
    load();
    let red = Namespace::add("red");
    let cookie = red.cookie();
    let _file = std::fs::File::open("/run/netns/red").expect("a name");
    red.delete();
    let start = Instant::now();
    only(cookie, "file");
    let before = start.elapsed();
    let script = format!(
        "import threading, time\n\
         kept = [open('/etc/passwd') for _ in range(500)]\n\
         for _ in range({}): threading.Thread(target=time.sleep, args=[1000]).start()\n\
         print('made', flush=True); time.sleep(1000)",
        times(1000)
    );
    let mut herd = std::process::Command::new("python3")
        .args(["-c", &script])
        .stdout(std::process::Stdio::piped())
        .spawn()
        .expect("python3");
    let mut made = [0; 4];
    let output = herd.stdout.as_mut().expect("output");
    std::io::Read::read_exact(output, &mut made).expect("all made");
    let start = Instant::now();
    only(cookie, "file");
    let with = start.elapsed();
    herd.kill().expect("a process");
    herd.wait().expect("its end");
    println!("holders: {before:?}, with a thousand threads: {with:?}");
    let limit = Duration::from_secs(if slow() { 60 } else { 15 });
    assert!(with < before + limit, "{with:?}");
}
