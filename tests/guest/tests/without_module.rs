// SPDX-License-Identifier: GPL-2.0-only

//! The command without the module: what can work does, everything else says in one line what to do. The
//! guest runs this suite first, on a kernel that has never had the module.

use homeward_guest_tests::verb::{homeward, json, says as works};
use homeward_guest_tests::{
    cookie_without_module, is_loaded, load, run, unload, Namespace, Unnamed,
};
use serde_json::Value;

const LOAD: &str = "load it with 'modprobe homeward' (or 'insmod homeward.ko')";

/// Whether a module from outside of the kernel's tree has been loaded since the machine was started.
fn ever_loaded() -> bool {
    let taints = std::fs::read_to_string("/proc/sys/kernel/tainted").expect("taints");
    taints.trim().parse::<u64>().expect("a number") & 1 << 12 != 0
}

/// What is incomplete says so, once, and how to have it complete; quiet ones say it in the data.
#[track_caller]
fn works_in_part(args: &str) -> Value {
    let ran = homeward(args);
    assert_eq!(ran.status, 0, "{args}");
    let error = ran.err;
    assert_eq!(error.lines().count(), 1, "{args}: {error}");
    assert!(
        error.contains("incomplete") && error.contains(LOAD),
        "{args}: {error}"
    );
    let data = json(&format!("{args} --quiet"));
    assert_eq!(data["complete"], false, "{args}");
    data
}

#[track_caller]
fn says_how_to_load(args: &str) {
    let ran = homeward(args);
    assert_eq!(ran.status, 4, "{args}");
    let error = ran.err;
    assert_eq!(error.lines().count(), 1, "{args}: {error}");
    let begin = match args.contains("--json") {
        true => "{\"error\":{\"status\":4,\"text\":\"cannot ",
        false => "homeward: cannot ",
    };
    assert!(error.starts_with(begin), "{args}: {error}");
    assert!(
        error.contains("is not loaded") && error.contains(LOAD),
        "{args}: {error}"
    );
    assert_eq!(ran.out, "", "{args}");
}

#[track_caller]
fn every_verb() {
    assert!(!is_loaded());
    let red = Namespace::add("red");
    red.ip("link add dum0 type dummy");
    let unnamed = Unnamed::new();

    let list = works_in_part("ls");
    let names = |one: &Value| one["names"][0] == "red";
    assert!(list["namespaces"].as_array().unwrap().iter().any(names));
    assert!(list["namespaces"].as_array().unwrap().len() >= 3);
    let tree = works_in_part("tree");
    let mut all = tree["namespaces"].as_array().unwrap().iter();
    let red_one = all.find(|one| one["names"][0] == "red").expect("red");
    assert!(red_one["devices"]
        .as_array()
        .unwrap()
        .iter()
        .any(|one| one["name"] == "dum0"));
    works_in_part("tree red");

    for verb in [
        "show red",
        "show init",
        "devices",
        "devices red",
        "plan red",
        "watch",
        "watch --events-only",
        "stats",
        "stats --json",
        "--json watch --count 1",
    ] {
        says_how_to_load(verb);
    }

    let doctor = homeward("doctor");
    assert_eq!(doctor.status, 1);
    let doctor = doctor.out;
    assert!(doctor
        .lines()
        .any(|line| line.starts_with("fail  module") && line.contains(LOAD)));
    // This kernel could have it.
    assert!(doctor.contains("ok    kernel configuration"), "{doctor}");

    let inside = works("exec red ls /sys/class/net");
    assert!(inside.contains("dum0"), "{inside}");
    for selector in [
        "/run/netns/red".to_owned(),
        format!("pid:{}", unnamed.pid()),
        "self".to_owned(),
        "init".to_owned(),
        format!("cookie:{}", cookie_without_module("red")),
    ] {
        works(&format!("exec {selector} true"));
    }
    let lost = homeward("exec cookie:99999999 true");
    assert_eq!(lost.status, 3, "{}", lost.err);

    works("netns add green");
    assert!(works("netns list").contains("green"));
    works("netns exec green true");
    works("netns delete green");
}

#[test]
fn a_kernel_that_never_had_it() {
    assert!(!ever_loaded(), "this suite has to be the first one");
    every_verb();
}

#[test]
fn after_it_was_unloaded() {
    load();
    assert!(ever_loaded());
    run("homeward", &["stats"]);
    unload();
    every_verb();
}
