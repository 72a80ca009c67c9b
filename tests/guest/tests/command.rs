// SPDX-License-Identifier: GPL-2.0-only

//! The command against the module.

use std::fs;
use std::process::{Command, Stdio};

use homeward_guest_tests::verb::{fails, homeward, json, says};
use homeward_guest_tests::{
    born_of_a_socket, ip, load, nic_in_red, run, unload, watch_listens, Listener, Namespace,
    Netdevsim, Unnamed,
};
use serde_json::Value;

/// The words of the line of a table that begins with these.
#[track_caller]
fn row<'t>(table: &'t str, first: &[&str]) -> Vec<&'t str> {
    table
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>())
        .find(|words| words.starts_with(first))
        .unwrap_or_else(|| panic!("no {first:?} in\n{table}"))
}

#[test]
fn ls_shows_a_namespace_without_name_and_its_creator() {
    load();
    let red = Namespace::add("red");
    let ns = Unnamed::new();
    let list = json("ls");
    assert_eq!(list["complete"], true);
    let list = list["namespaces"].as_array().expect("a list").clone();
    let named = list
        .iter()
        .find(|one| one["names"][0] == red.name())
        .expect("red");
    assert_eq!(named["creator"]["command"], "ip");
    let unnamed = list
        .iter()
        .find(|one| one["creator"]["pid"] == ns.pid())
        .expect("the unnamed one");
    assert_eq!(unnamed["creator"]["command"], "unshare");
    assert_eq!(unnamed["state"], "live");
    assert!(list.iter().any(|one| one["initial"] == true));
    assert!(says("ls").contains(" red "));
}

#[test]
fn ls_shows_a_namespace_that_only_a_socket_holds() {
    load();
    let mut events = Listener::new();
    let (cookie, socket) = born_of_a_socket(&mut events);
    let shown = json(&format!("show cookie:{cookie}"));
    assert_eq!(shown["state"], "live");
    assert_eq!(shown["sockets"], 1);
    drop(socket);
    events.until_gone(cookie);
    let (status, _) = fails(&format!("show cookie:{cookie}"));
    assert_eq!(status, 3);
}

#[test]
fn every_selector_names_the_same_namespace() {
    load();
    let red = Namespace::add("red");
    let cookie = red.cookie();
    let inum = json("show red")["inum"].clone();
    for selector in [
        "red".to_owned(),
        "/run/netns/red".to_owned(),
        format!("inum:{inum}"),
        format!("net:[{inum}]"),
        format!("cookie:{cookie}"),
    ] {
        assert_eq!(
            json(&format!("show {selector}"))["cookie"],
            cookie,
            "{selector}"
        );
    }
    let init = json("show init")["cookie"].clone();
    assert_eq!(json("show self")["cookie"], init);
    assert_eq!(json("show pid:1")["cookie"], init);
}

#[test]
fn devices_and_plan_tell_where_a_nic_belongs() {
    let (_sim, red, _) = nic_in_red();
    red.ip("link set sim0 name ct0");
    let devices = says("devices red");
    assert!(row(&devices, &["red", "ct0"]).contains(&"sim0@init"));
    let plan = says("plan red");
    assert_eq!(row(&plan, &["ct0"])[3..6], ["return", "init", "sim0"]);
    assert_eq!(row(&plan, &["lo"])[3], "kernel");
}

#[test]
fn watch_tells_of_a_return_one_object_a_line() {
    load();
    let _sim = Netdevsim::new(1, &["sim0"]);
    let red = Namespace::add("red");
    let watch = Command::new("homeward")
        .args(["watch", "--events-only", "--json", "--count", "4"])
        .args(["--timeout", "20"])
        .stdout(Stdio::piped())
        .spawn()
        .expect("homeward");
    watch_listens();
    ip("link set sim0 netns red");
    red.delete();
    let output = watch.wait_with_output().expect("its end");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let events: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).expect("one object a line"))
        .collect();
    let names: Vec<_> = events.iter().map(|event| event["event"].as_str()).collect();
    assert_eq!(
        names,
        [
            Some("dev-away"),
            Some("ns-dying"),
            Some("dev-returned"),
            Some("ns-gone")
        ]
    );
    assert!(output.status.success());
}

#[test]
fn without_proc_what_it_would_tell_is_said_to_be_unknown() {
    load();
    let there = |verb: &str| {
        let script = format!("mount -t tmpfs none /proc; homeward {verb} 2>/dev/null || :");
        run("unshare", &["--mount", "sh", "-c", &script])
    };
    let said = there("doctor");
    let unknown =
        "unknown, because /proc/self/status cannot be read: make sure that /proc is mounted";
    assert!(said.contains(unknown), "{said}");
    let said = there("ls --json");
    let list: Value = serde_json::from_str(&said).expect("JSON");
    let processes = |one: &Value| one["processes"].clone();
    let all = list["namespaces"].as_array().expect("a list");
    assert!(all.iter().all(|one| processes(one).is_null()), "{said}");
    let list = json("ls");
    assert!(processes(&list["namespaces"][0]).is_u64(), "{list}");
}

#[test]
fn doctor_is_content_with_the_module_and_says_what_to_do_without() {
    load();
    // Another test may have left one of a device that is gone.
    let _ = fs::remove_file("/var/lib/homeward/baseline.json");
    let said = says("doctor");
    assert!(said.lines().all(|line| line.starts_with("ok")), "{said}");
    unload();
    let ran = homeward("doctor");
    assert_eq!(ran.status, 1);
    let said = ran.out;
    assert!(said.contains("fail") && said.contains("modprobe"), "{said}");
}

#[test]
fn without_the_module_ls_says_that_it_is_incomplete_and_others_how_to_load_it() {
    unload();
    let _red = Namespace::add("red");
    let ran = homeward("ls");
    assert_eq!(ran.status, 0);
    assert!(ran.out.contains("red"));
    assert!(ran.err.contains("incomplete"));
    for verb in ["devices", "plan red", "watch"] {
        let (status, error) = fails(verb);
        assert_eq!(status, 4, "{verb}");
        assert_eq!(error.lines().count(), 1, "{error}");
        assert!(error.contains("modprobe homeward"), "{error}");
    }
}

#[test]
fn netns_makes_lists_enters_and_deletes_as_ip_netns_does() {
    for module in [true, false] {
        if module {
            load();
        } else {
            unload();
        }
        for program in ["homeward", "/usr/bin/ip"] {
            let netns = |args: &str| {
                let all: Vec<_> = ["netns"].into_iter().chain(args.split(' ')).collect();
                Command::new(program).args(all).output().expect(program)
            };
            assert!(netns("add red").status.success());
            let again = netns("add red");
            assert_eq!(again.status.code(), Some(1));
            assert!(!again.stderr.is_empty());
            // Either sees what the other made.
            assert!(run("/usr/bin/ip", &["netns"]).contains("red"));
            assert!(says("netns list").contains("red"));
            let mounts = std::fs::read_to_string("/proc/self/mountinfo").expect("mounts");
            assert!(mounts.contains(" /run/netns/red "), "{mounts}");

            let inside = netns("exec red ls /sys/class/net");
            let inside = String::from_utf8_lossy(&inside.stdout).into_owned();
            assert!(
                inside.contains("lo") && !inside.contains("eth0"),
                "{inside}"
            );
            assert_eq!(netns("exec red false").status.code(), Some(1));

            assert!(netns("delete red").status.success());
            assert_eq!(netns("delete red").status.code(), Some(1));
            assert!(!std::path::Path::new("/run/netns/red").exists());
        }
    }
}

#[test]
fn a_file_in_etc_netns_is_seen_inside_and_only_inside() {
    let red = Namespace::add("red");
    std::fs::create_dir_all("/etc/netns/red").expect("a directory");
    std::fs::write("/etc/netns/red/hosts", "192.0.2.7 only-inside\n").expect("a file");
    let inside = says("netns exec red cat /etc/hosts");
    assert_eq!(inside, "192.0.2.7 only-inside\n");
    assert!(!std::fs::read_to_string("/etc/hosts")
        .expect("hosts")
        .contains("only-inside"));
    std::fs::remove_dir_all("/etc/netns").expect("cleaned up");
    red.delete();
}

#[test]
fn exec_enters_any_namespace_and_passes_the_status_on() {
    load();
    let ns = Unnamed::new();
    let own = std::fs::read_link(format!("/proc/{}/ns/net", ns.pid())).expect("a link");
    let seen = says(&format!("exec pid:{} readlink /proc/self/ns/net", ns.pid()));
    assert_eq!(seen.trim(), own.to_string_lossy());
    let output = Command::new("homeward")
        .args(["exec", &format!("pid:{}", ns.pid()), "sh", "-c", "exit 7"])
        .status()
        .expect("homeward");
    assert_eq!(output.code(), Some(7));
    assert_eq!(fails(&format!("exec pid:{} /no/such", ns.pid())).0, 127);
}
