// SPDX-License-Identifier: GPL-2.0-only

//! `holders` and `sockets` on a machine without the module, as whoever runs the tests. What needs a
//! privilege is tested in the guest.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that fails panics"
)]

use std::net::UdpSocket;
use std::os::fd::AsRawFd;
use std::process::{id, Command, Output, Stdio};

use serde_json::Value;

fn run(words: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_homeward"));
    command.args(words).stdin(Stdio::null());
    command.output().unwrap()
}

fn json(words: &[&str]) -> Value {
    let output = run(words);
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{error}");
    serde_json::from_slice(&output.stdout).unwrap()
}

fn fails(words: &[&str]) -> (Option<i32>, String) {
    let output = run(words);
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.stdout, b"");
    (output.status.code(), error)
}

#[test]
fn a_socket_of_a_process_is_listed_or_said_to_be_hidden() {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let local = socket.local_addr().unwrap().to_string();
    let data = json(&["sockets", &format!("pid:{}", id()), "--json"]);
    let all = data["sockets"].as_array().unwrap();
    let its = all.iter().find(|one| one["local"] == local.as_str());
    match its {
        Some(its) => {
            assert_eq!(its["holders"][0]["process"]["pid"], id(), "{its:#}");
            assert_eq!(its["holders"][0]["fd"], socket.as_raw_fd(), "{its:#}");
            assert_eq!(its["protocol"], "udp", "{its:#}");
            assert_eq!(its["strays"], false, "{its:#}");
        }
        // A security module may keep a child from looking into its parent.
        None => assert_eq!(data["complete"], false, "{data:#}"),
    }
}

#[test]
fn this_process_is_a_holder_of_its_namespace() {
    let data = json(&["holders", "self", "--json"]);
    let all = data["holders"].as_array().unwrap();
    let own = |one: &&Value| one["kind"] == "task" && one["process"]["pid"] == id();
    let its = all.iter().find(own).unwrap();
    // Where tests run in the initial namespace, that would be of no use.
    let release = match data["namespace"]["initial"] == true {
        true => "nothing: the initial namespace never dies".to_owned(),
        false => format!("end process {}", id()),
    };
    assert_eq!(its["release"], release);
    let total = &data["references"]["found"]["total"];
    assert!(total["min"].as_u64() >= Some(1), "{total:#}");
    assert!(total["max"].as_u64() >= total["min"].as_u64(), "{total:#}");
}

#[test]
fn a_watch_on_the_file_of_a_namespace_is_a_holder_with_its_descriptor() {
    use rustix::fs::inotify::{add_watch, init, CreateFlags, WatchFlags};
    let holds = |path| {
        let instance = init(CreateFlags::CLOEXEC).unwrap();
        add_watch(&instance, path, WatchFlags::ALL_EVENTS).unwrap();
        let data = json(&["holders", "self", "--kind", "watch", "--json"]);
        let its = data["holders"]
            .as_array()
            .unwrap()
            .iter()
            .find(|one| one["process"]["pid"] == id() && one["fd"] == instance.as_raw_fd());
        its.map(|its| its["what"].clone())
    };
    let what = "inotify watch on its file (anon_inode:inotify)";
    assert_eq!(holds("/proc/self/ns/net"), Some(what.into()));
    assert_eq!(holds("/proc/self/ns/uts"), None);
    assert_eq!(holds("/etc"), None);
}

#[test]
fn what_is_not_there_is_told_with_the_status_for_that() {
    let (status, error) = fails(&["sockets", "pid:99999999999"]);
    assert_eq!(status, Some(2), "{error}");
    let (status, error) = fails(&["sockets", "pid:4194304"]);
    assert_eq!(status, Some(3), "{error}");
    assert!(error.contains("there is no process 4194304"), "{error}");
    for verb in ["holders", "sockets"] {
        let (status, error) = fails(&[verb, "no-such-name"]);
        assert_eq!(status, Some(3), "{error}");
        assert!(error.contains("'no-such-name'"), "{error}");
    }
    assert_eq!(fails(&["holders"]).0, Some(2));
}

#[test]
fn help_has_examples() {
    for verb in ["holders", "sockets"] {
        let output = run(&[verb, "--help"]);
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(
            text.contains(&format!("Examples:\n  homeward {verb}")),
            "{text}"
        );
    }
}
