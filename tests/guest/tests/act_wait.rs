// SPDX-License-Identifier: GPL-2.0-only

//! The verb that waits for the end of a namespace.

use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use homeward_guest_tests::verb::{as_nobody, json, ran, refuses, says, Ran};
use homeward_guest_tests::{client, leak, load, run, times, unload, Listener, Namespace, Unnamed};
use nix::sys::signal::{kill, Signal};
use nix::unistd::Pid;

/// A wait that is under way.
fn start(args: &[&str]) -> Child {
    let child = Command::new("homeward")
        .arg("wait")
        .args(args)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("homeward");
    // It has looked and listens when nothing of it moves any more.
    sleep(Duration::from_millis(700));
    child
}

#[track_caller]
fn end(child: Child) -> Ran {
    ran(&child.wait_with_output().expect("an end"))
}

#[test]
fn a_wait_ends_when_the_namespace_is_gone_and_not_when_its_name_is() {
    load();
    let red = Namespace::add("red");
    let cookie = red.cookie();
    let mut holder = Command::new("ip")
        .args(["netns", "exec", "red", "sleep", "1000"])
        .spawn()
        .expect("sleep");
    sleep(Duration::from_millis(300));
    let by_name = start(&["red"]);
    let by_cookie = start(&[&format!("cookie:{cookie}"), "--json"]);
    red.delete();
    sleep(Duration::from_millis(1500));
    holder.kill().expect("killed");
    holder.wait().expect("an end");
    let ran = end(by_name);
    assert_eq!(ran.status, 0, "{ran:?}");
    assert!(
        ran.out.starts_with("red is gone, torn down within "),
        "{ran:?}"
    );
    let expected = format!("references: 'homeward holders cookie:{cookie}' shows who holds it");
    assert!(
        ran.err.contains("waiting for red: it is in use") && ran.err.contains("who holds it"),
        "{ran:?} {expected}"
    );
    let ran = end(by_cookie);
    let waited: serde_json::Value = serde_json::from_str(&ran.out).expect("JSON");
    assert_eq!(waited["namespace"]["cookie"], cookie);
    assert_eq!(waited["outcome"], "gone");
    assert!(waited["teardown_ns"].as_u64().expect("a time") > 0);
    assert!(waited["waited_ns"].as_u64().expect("a time") > 1_000_000_000);
    // Nothing is left of it now.
    let gone = client().namespace(homeward_client::By::Cookie(cookie));
    assert!(gone.is_err());
}

#[test]
fn a_wait_that_is_late_knows_how_long_the_teardown_took_all_the_same() {
    load();
    let red = Namespace::add("red");
    let cookie = red.cookie();
    let late = start(&["red"]);
    let pid = Pid::from_raw(late.id().try_into().expect("a PID"));
    kill(pid, Signal::SIGSTOP).expect("stopped");
    let mut events = Listener::new();
    red.delete();
    events.until_gone(cookie);
    // It is time to look again by now, before it hears what happened.
    sleep(Duration::from_millis(1500));
    kill(pid, Signal::SIGCONT).expect("continued");
    let ran = end(late);
    assert_eq!(ran.status, 0, "{ran:?}");
    assert!(
        ran.out.starts_with("red is gone, torn down within "),
        "{ran:?}"
    );
}

#[test]
fn a_wait_says_which_device_is_stuck_and_who_queues_behind_it() {
    load();
    let red = Namespace::add("red");
    let blue = Namespace::add("blue");
    red.ip("link add dum0 type dummy");
    let (red_cookie, blue_cookie) = (red.cookie(), blue.cookie());
    leak(&red, "dum0", 8000);
    let mut events = Listener::new();
    red.delete();
    sleep(Duration::from_millis(500));
    blue.delete();
    let of_red = start(&[&format!("cookie:{red_cookie}")]);
    let of_blue = start(&[&format!("cookie:{blue_cookie}")]);
    let said = refuses(
        &format!("wait cookie:{red_cookie} --timeout 2.5"),
        7,
        "timed out",
    );
    assert!(
        said.contains("device dum0 cannot be freed, references left: "),
        "{said}"
    );
    let ran = end(of_red);
    assert_eq!(ran.status, 0, "{ran:?}");
    assert!(ran.err.contains("device dum0 cannot be freed"), "{ran:?}");
    let ran = end(of_blue);
    assert_eq!(ran.status, 0, "{ran:?}");
    assert!(ran.err.contains("it is dead"), "{ran:?}");
    assert!(
        ran.err.contains(&format!(
            "device dum0 of cookie:{red_cookie} cannot be freed"
        )),
        "{ran:?}"
    );
    events.until_gone(blue_cookie);
}

#[test]
fn a_timeout_has_a_status_of_its_own_and_zero_only_looks() {
    load();
    let red = Namespace::add("red");
    let start = Instant::now();
    let said = refuses(
        "wait red --timeout 0",
        7,
        "timed out: namespace red is not gone",
    );
    assert!(said.contains("'homeward holders cookie:"), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
    refuses("wait red --timeout 1.2 -q", 7, "timed out");
    assert!(start.elapsed() >= Duration::from_millis(1200));
    refuses("wait red --timeout soon", 2, "neither a number of seconds");
    drop(red);
}

#[test]
fn what_is_gone_already_or_never_was_is_told_from_what_cannot_be_waited_for() {
    load();
    let ns = Unnamed::new();
    let cookie = homeward_guest_tests::cookie_of(ns.pid());
    let mut events = Listener::new();
    ns.kill();
    events.until_gone(cookie);
    let text = says(&format!("wait cookie:{cookie}"));
    assert_eq!(
        text,
        format!("cookie:{cookie} is gone already, or was never there\n")
    );
    assert_eq!(json("wait cookie:4611686018427387904")["outcome"], "absent");
    refuses("wait nosuch", 3, "use its cookie");
    refuses("wait pid:4194303", 3, "use its cookie");
    refuses("wait init", 1, "never dies");
    refuses("wait self --timeout 1", 1, "never dies");
    let ran = as_nobody("wait cookie:4711");
    assert_eq!(ran.status, 5, "{ran:?}");
}

#[test]
fn without_the_module_nothing_can_be_waited_for() {
    load();
    let red = Namespace::add("red");
    let wait = start(&["red"]);
    unload();
    let ran = end(wait);
    assert_eq!(ran.status, 4, "{ran:?}");
    assert!(ran.err.contains("was unloaded"), "{ran:?}");
    refuses("wait red", 4, "modprobe homeward");
    drop(red);
}

#[test]
fn many_waits_and_much_coming_and_going_miss_nothing() {
    load();
    let red = Namespace::add("red");
    let waits: Vec<Child> = (0..4).map(|_| start(&["red", "--timeout", "20"])).collect();
    for _ in 0..times(30) {
        run("unshare", &["--net", "true"]);
    }
    red.delete();
    for _ in 0..times(10) {
        run("unshare", &["--net", "true"]);
    }
    for wait in waits {
        let ran = end(wait);
        assert_eq!(ran.status, 0, "{ran:?}");
    }
}
