// SPDX-License-Identifier: GPL-2.0-only

//! Filters: what the verbs that list something are asked to leave out, as text and in JSON.

use homeward_guest_tests::verb::{end, json, refuses, says, start};
use homeward_guest_tests::{
    born_of_a_socket, ip, load, nic_in_red, unload, watches_listen, Listener, Namespace, Tenant,
    Unnamed,
};
use serde_json::Value;

/// The rows of a list.
#[track_caller]
fn rows(args: &str, list: &str) -> Vec<Value> {
    let all = json(args);
    all[list]
        .as_array()
        .unwrap_or_else(|| panic!("{all:#}"))
        .clone()
}

/// The names of devices in a list.
#[track_caller]
fn names(args: &str) -> Vec<String> {
    let all = rows(args, "devices");
    let mut names: Vec<_> = all
        .iter()
        .map(|one| one["name"].as_str().expect("a name").to_owned())
        .collect();
    names.sort();
    names
}

#[test]
fn namespaces_are_listed_by_state_name_owner_and_what_is_away_in_them() {
    let (_sim, red, _) = nic_in_red();
    let unnamed = Unnamed::new();
    let tenant = Tenant::new();
    let cookies = |args: &str| -> Vec<Value> {
        let all = rows(args, "namespaces");
        all.iter().map(|one| one["cookie"].clone()).collect()
    };
    let (red_one, hidden) = (
        Value::from(red.cookie()),
        json(&format!("show pid:{}", unnamed.pid())),
    );
    assert_eq!(cookies("ls --away"), std::slice::from_ref(&red_one));
    let unnamed_ones = cookies("ls --unnamed");
    assert!(unnamed_ones.contains(&hidden["cookie"]), "{unnamed_ones:?}");
    assert!(
        unnamed_ones.contains(&tenant.cookie().into()),
        "{unnamed_ones:?}"
    );
    assert!(!unnamed_ones.contains(&red_one), "{unnamed_ones:?}");
    assert!(!unnamed_ones.contains(&json("show init")["cookie"]));
    assert_eq!(cookies("ls --owner 65534"), [tenant.cookie()]);
    assert_eq!(
        cookies("ls --owner nobody-of-that-name"),
        Vec::<Value>::new()
    );
    assert_eq!(cookies("ls --away --unnamed"), Vec::<Value>::new());
    assert!(cookies("ls --state live").len() >= 4);
    assert_eq!(says("ls --away --no-legend").lines().count(), 1);
    refuses("ls --state alive", 2, "live, queued, dying");
}

#[test]
fn without_the_module_a_filter_that_it_has_to_tell_says_so() {
    unload();
    let _red = Namespace::add("red");
    let unnamed = Unnamed::new();
    for filter in ["--away", "--state live"] {
        refuses(&format!("ls {filter}"), 4, "is not loaded");
    }
    let all = rows("ls -q --unnamed", "namespaces");
    let inums: Vec<_> = all.iter().map(|one| one["inum"].clone()).collect();
    let link = std::fs::read_link(format!("/proc/{}/ns/net", unnamed.pid())).expect("a link");
    let inum = link.to_string_lossy().replace("net:[", "").replace(']', "");
    assert!(
        inums.contains(&inum.parse::<u64>().expect("a number").into()),
        "{inums:?}"
    );
    assert!(all
        .iter()
        .all(|one| one["names"].as_array().is_some_and(Vec::is_empty)));
}

#[test]
fn devices_are_listed_by_kind_home_and_whether_they_are_physical() {
    let (_sim, red, _) = nic_in_red();
    red.ip("link add dum0 type dummy");
    ip("link add hw0 type veth peer name in0 netns red");
    ip("link add lent0 type dummy");
    ip("link set lent0 netns red");
    assert_eq!(names("devices --away"), ["sim0"]);
    assert_eq!(names("devices red --physical"), ["sim0"]);
    assert_eq!(
        names("devices red --kind dummy,veth"),
        ["dum0", "in0", "lent0"]
    );
    assert_eq!(names("devices --kind veth"), ["hw0", "in0"]);
    assert_eq!(names("devices --unnamed --kind veth"), Vec::<String>::new());
    assert_eq!(names("devices --kind nothing"), Vec::<String>::new());
    says("keep lent0@red");
    assert_eq!(names("devices --away"), ["lent0", "sim0"]);
    says("release sim0@red");
    assert_eq!(names("devices --away"), ["lent0"]);
    let text = says("devices red --physical --no-legend");
    assert_eq!(text.lines().count(), 1, "{text}");
    ip("link del hw0");
    // It would come home and be in the way of others.
    red.ip("link del lent0");
}

#[test]
fn sockets_and_holders_are_listed_by_what_they_are_and_whose() {
    load();
    let mut events = Listener::new();
    let (cookie, socket) = born_of_a_socket(&mut events);
    let strays = rows("sockets --away", "sockets");
    assert!(!strays.is_empty());
    assert!(
        strays.iter().all(|one| one["strays"] == true),
        "{strays:#?}"
    );
    assert!(strays
        .iter()
        .any(|one| one["namespace"]["cookie"] == cookie));
    let unnamed = rows("sockets --unnamed --owner root", "sockets");
    assert!(
        unnamed
            .iter()
            .any(|one| one["namespace"]["cookie"] == cookie),
        "{unnamed:#?}"
    );
    assert!(unnamed
        .iter()
        .all(|one| one["namespace"]["initial"] == false));
    assert_eq!(
        rows("sockets --owner 4000000001", "sockets"),
        Vec::<Value>::new()
    );
    drop(socket);

    let red = Namespace::add("red");
    let kinds = |args: &str| -> Vec<Value> {
        let all = rows(args, "holders");
        all.iter().map(|one| one["kind"].clone()).collect()
    };
    assert_eq!(kinds("holders red"), ["mount"]);
    assert_eq!(kinds("holders red --kind task,mount"), ["mount"]);
    assert_eq!(kinds("holders red --kind task"), Vec::<Value>::new());
    let text = says("holders red --kind task");
    assert!(text.starts_with("No such holder was found.\n"), "{text}");
    // The summary is about all of them.
    assert!(text.contains(" explained: "), "{text}");
    refuses("holders red --kind tasks", 2, "proc-file");
    drop(red);
}

#[test]
fn watch_tells_only_of_the_events_and_of_the_namespace_that_are_asked_for() {
    let (_sim, red, _) = nic_in_red();
    let cookie = red.cookie();
    let gone = start("watch --json --event ns-gone --ns red --count 1 --timeout 20");
    let back = start("watch --json --event dev-returned,dev-away --count 1 --timeout 20");
    let physical = start("watch --json --physical --count 1 --timeout 20");
    watches_listen(3);
    // Others do not count.
    Namespace::add("blue").delete();
    red.delete();
    let lines = |child| -> Vec<Value> {
        let ran = end(child);
        assert_eq!(ran.status, 0, "{ran:?}");
        let lines = ran.out.lines();
        lines
            .map(|line| serde_json::from_str(line).expect("an object"))
            .collect()
    };
    let gone = lines(gone);
    assert_eq!(gone.len(), 1, "{gone:#?}");
    assert_eq!(
        (&gone[0]["event"], &gone[0]["namespace"]["cookie"]),
        (&"ns-gone".into(), &cookie.into())
    );
    let back = lines(back);
    assert_eq!(back.len(), 1, "{back:#?}");
    assert_eq!(back[0]["event"], "dev-returned");
    // The NIC, the end of the list, its return.
    let physical = lines(physical);
    let told: Vec<_> = physical.iter().map(|one| one["event"].clone()).collect();
    assert_eq!(told, ["dev-present", "listed", "dev-returned"]);
    assert_eq!(
        (&physical[1]["namespaces"], &physical[1]["devices"]),
        (&0.into(), &1.into())
    );
    refuses("watch --ns absent-one", 3, "absent-one");
    refuses("watch --event dev-gone", 2, "dev-returned");
}
