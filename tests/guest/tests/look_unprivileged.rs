// SPDX-License-Identifier: GPL-2.0-only

//! The verbs to look with for a user without any permission: what can be known is shown, and said to be
//! a part.

use std::os::unix::fs::MetadataExt;
use std::process::Command;

use homeward_guest_tests::verb::{self, as_nobody, Ran};
use homeward_guest_tests::{load, unload, with_and_without, Namespace};
use serde_json::Value;

#[test]
fn tree_shows_the_own_namespace_and_what_it_cannot_look_into() {
    load();
    let red = Namespace::add("red");
    red.ip("link add secret0 type dummy");
    let ran = as_nobody("tree --json");
    let error = ran.err;
    assert_eq!(ran.status, 0, "{error}");
    assert_eq!(error.lines().count(), 1, "{error}");
    assert!(
        error.contains("incomplete") && error.contains("as root"),
        "{error}"
    );
    let tree: Value = serde_json::from_str(&ran.out).expect("JSON");
    assert_eq!(tree["complete"], false);
    let mut all = tree["namespaces"].as_array().unwrap().iter();
    let own = all.clone().find(|one| one["initial"] == true).expect("own");
    assert!(own["devices"]
        .as_array()
        .unwrap()
        .iter()
        .any(|one| one["name"] == "lo"));
    let red = all.find(|one| one["names"][0] == "red").expect("red");
    assert_eq!(red["hidden"], "Operation not permitted");
    assert_eq!(red["devices"].as_array().unwrap().len(), 0);
    let ran = as_nobody("tree -q");
    assert!(ran
        .out
        .contains("cannot look inside: Operation not permitted"));
}

#[test]
fn what_only_the_module_knows_is_refused_with_a_status_of_its_own() {
    load();
    for verb in ["stats", "watch", "watch --json"] {
        let ran = as_nobody(verb);
        let error = ran.err;
        assert_eq!(ran.status, 5, "{verb}: {error}");
        assert_eq!(error.lines().count(), 1, "{verb}: {error}");
        assert!(error.contains("so run it as root"), "{verb}: {error}");
        assert_eq!(ran.out, "", "{verb}");
    }
    let ran = as_nobody("doctor");
    assert_eq!(ran.status, 1);
    let found = ran.out;
    assert!(found.contains("fail  permission"), "{found}");
    assert!(found.contains("run it as root"), "{found}");
}

/// Runs words of a shell where process 1 is one of its own, in a network namespace that is not the initial one.
fn in_a_container(script: &str) -> Ran {
    let container = [
        "exec",
        "red",
        "unshare",
        "--fork",
        "--pid",
        "--mount-proc",
        "sh",
        "-c",
    ];
    verb::run(Command::new("ip").arg("netns").args(container).arg(script))
}

#[test]
fn the_initial_namespace_is_not_that_of_a_container() {
    with_and_without(|_| {
        let _red = Namespace::add("red");
        for verb in [
            "exec init true",
            "veth a0@self b0@init",
            "tree init",
            "holders init",
        ] {
            let ran = in_a_container(&format!("homeward {verb}"));
            assert_ne!(ran.status, 0, "{verb}: {ran:?}");
            let told = ran.err.contains("cannot be reached from here");
            assert!(told, "{verb}: {ran:?}");
        }
    });
}

#[test]
fn a_process_that_proc_hides_is_not_said_to_be_absent() {
    unload();
    let _red = Namespace::add("red");
    let inum = std::fs::metadata("/run/netns/red").expect("red").ino();
    let hidden = |args: &str| {
        let user = "setpriv --reuid 65534 --regid 65534 --clear-groups";
        let script = format!("mount -t proc -o hidepid=2 proc /proc && {user} homeward {args}");
        verb::run(Command::new("unshare").args(["--mount", "sh", "-c", &script]))
    };
    for args in [
        "exec pid:1 true",
        &format!("exec inum:{} true", inum + 1000),
    ] {
        let ran = hidden(args);
        assert_eq!(ran.status, 5, "{args}: {ran:?}");
        let told = ran.err.contains("/proc hides") && ran.err.contains("run it as root");
        assert!(told, "{args}: {ran:?}");
    }
}
