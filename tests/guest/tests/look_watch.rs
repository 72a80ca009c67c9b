// SPDX-License-Identifier: GPL-2.0-only

//! `watch`: what is there, and then what happens, without a gap and without a repetition.

use std::collections::BTreeSet;
use std::io::BufRead;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use homeward_guest_tests::{
    batch, cookie_of, ip, load, nic_in_red, run, times, watch_listens, Namespace, Netdevsim,
    Unnamed,
};
use serde_json::Value;

/// Starts `homeward watch --json` and waits until it listens.
#[track_caller]
fn watch(args: &[&str]) -> Child {
    let child = Command::new("homeward")
        .args(["watch", "--json", "--timeout", "20"])
        .args(args)
        .stdout(Stdio::piped())
        .spawn()
        .expect("homeward");
    watch_listens();
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
    let (_sim, red, _) = nic_in_red();
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
    let busy = AtomicBool::new(true);
    let watch_often = || {
        for _ in 0..times(25) {
            let lines = lines(watch(&["--count", "12"]));
            let mut there = BTreeSet::new();
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
    };
    let done = std::thread::scope(|scope| {
        scope.spawn(|| {
            while busy.load(Ordering::Relaxed) {
                drop(Unnamed::new());
            }
        });
        let done = std::panic::catch_unwind(std::panic::AssertUnwindSafe(watch_often));
        busy.store(false, Ordering::Relaxed);
        done
    });
    if let Err(why) = done {
        std::panic::resume_unwind(why);
    }
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

/// The names that a line gives to the namespace that it is about.
fn names(line: &Value) -> Vec<&str> {
    let names = line["namespace"]["names"].as_array().expect("names");
    names.iter().filter_map(Value::as_str).collect()
}

#[test]
fn a_namespace_is_called_by_its_last_name_until_it_is_gone() {
    load();
    let sim = Netdevsim::new(1, &["sim0"]);
    // There before; without a name for now; with one that changes; with one that another gets at once.
    let (red, late) = (Namespace::add("red"), Unnamed::new());
    let (old, twice) = (Namespace::add("old"), Namespace::add("twice"));
    let cookies = [
        red.cookie(),
        cookie_of(late.pid()),
        old.cookie(),
        twice.cookie(),
    ];
    ip("link set sim0 netns red");
    let mut watch = watch(&[]);
    let mut output = lines_of(&mut watch);
    let listed = output.by_ref().find(|line| line["event"] == "listed");
    assert_eq!(listed.expect("a list")["complete"], true);
    red.delete();
    // Nothing happens to namespaces here.
    ip(&format!("netns attach late {}", late.pid()));
    std::thread::sleep(std::time::Duration::from_millis(300));
    ip("netns delete late");
    late.kill();
    run(
        "nsenter",
        &["--net=/run/netns/old", "sh", "-c", "ip netns attach new $$"],
    );
    std::thread::sleep(std::time::Duration::from_millis(300));
    old.delete();
    std::thread::sleep(std::time::Duration::from_millis(300));
    ip("netns delete new");
    batch("netns delete twice\nnetns add twice\n");
    let again = cookie_named("twice");
    let lines = until_gone(output, &cookies);
    watch.kill().expect("its end");
    watch.wait().expect("its end");
    let expected = ["red", "late", "new", "twice"];
    for (cookie, name) in cookies.iter().zip(expected) {
        let about = |line: &&Value| line["namespace"]["cookie"] == *cookie;
        for event in ["ns-dying", "ns-gone"] {
            let line = lines
                .iter()
                .filter(about)
                .find(|line| line["event"] == event);
            assert_eq!(names(line.expect("its end")), [name], "{event}: {line:?}");
        }
    }
    let returned = lines.iter().find(|line| line["event"] == "dev-returned");
    assert_eq!(returned.expect("a return")["return"]["from"]["name"], "red");
    assert_ne!(again, cookies[3]);
    ip("netns delete twice");
    drop(sim);
}

fn cookie_named(name: &str) -> u64 {
    let ls = run("homeward", &["show", "--json", name]);
    let ls: Value = serde_json::from_str(&ls).expect("JSON");
    ls["cookie"].as_u64().expect("a cookie")
}

/// The lines of a watch, as they come.
fn lines_of(watch: &mut Child) -> impl Iterator<Item = Value> {
    let output = std::io::BufReader::new(watch.stdout.take().expect("its output"));
    let parse = |line: std::io::Result<String>| serde_json::from_str(&line.expect("a line"));
    output
        .lines()
        .map(move |line| parse(line).expect("an object"))
}

/// All lines until these namespaces are gone.
fn until_gone(output: impl Iterator<Item = Value>, cookies: &[u64]) -> Vec<Value> {
    let (mut lines, mut left) = (Vec::new(), cookies.len());
    for line in output {
        let cookie = line["namespace"]["cookie"].as_u64();
        if line["event"] == "ns-gone" && cookie.is_some_and(|cookie| cookies.contains(&cookie)) {
            left -= 1;
        }
        lines.push(line);
        if left == 0 {
            break;
        }
    }
    lines
}

#[test]
fn who_is_read_by_nobody_any_more_ends() {
    load();
    for words in ["", " --events-only --event dev-stuck"] {
        let mut child = Command::new("homeward");
        let words = format!("watch{words} --timeout 100");
        child.args(words.split(' ')).stdout(Stdio::piped());
        let mut child = child.spawn().expect("homeward");
        watch_listens();
        let begun = Instant::now();
        drop(child.stdout.take());
        assert_eq!(child.wait().expect("its end").code(), Some(0), "{words}");
        assert!(begun.elapsed() < Duration::from_secs(10), "{words}");
    }
}
