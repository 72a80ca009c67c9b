// SPDX-License-Identifier: GPL-2.0-only

//! `homeward state reload`: another module in the place of the one that is loaded.

#![allow(
    clippy::panic,
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "tests"
)]

use std::fs;
use std::thread::{sleep, spawn};
use std::time::Duration;

use homeward_abi::cmd;
use homeward_client::model::Device;
use homeward_guest_tests::verb::words;
use homeward_guest_tests::{
    client, ip, is_loaded, load, look, run, said, unload, Listener, Namespace, Namespaces,
    Netdevsim, StandingDump,
};

/// The module that works.
const GOOD: &str = "/homeward.ko";
/// The same, but with a symbol that no kernel has: only loading it shows that.
const BAD: &str = "/tmp/homeward.ko";

/// A NIC that was lent to a namespace, and how it looked before.
struct Away {
    _sim: Netdevsim,
    red: Namespace,
    before: String,
}

impl Away {
    #[track_caller]
    fn new() -> Self {
        load();
        let sim = Netdevsim::new(1, &["sim0"]);
        ip("link set sim0 mtu 1450 alias uplink");
        let before = look(ip, "sim0");
        let red = Namespace::add("red");
        ip("link set sim0 netns red");
        red.ip("link set sim0 name ct0 mtu 1400 address 02:00:00:00:00:99 alias inside");
        Away {
            _sim: sim,
            red,
            before,
        }
    }

    #[track_caller]
    fn known(&self) -> Device {
        let device = client().device_by_name(self.red.cookie(), "ct0");
        device.expect("a device")
    }

    /// Its namespace dies: the NIC must come home as it had left.
    #[track_caller]
    fn comes_home(self) {
        let cookie = self.red.cookie();
        let mut events = Listener::new();
        self.red.delete();
        events.until_gone(cookie);
        assert_eq!(look(ip, "sim0"), self.before);
    }
}

fn births() -> u64 {
    client().stats().expect("counts").born
}

fn spoil_a_module() {
    let mut module = fs::read(GOOD).expect("a module");
    let (symbol, other) = (b"dev_change_net_namespace", b"dev_change_net_namespacX");
    let mut found = 0;
    for at in 0..module.len() - symbol.len() {
        if module[at..].starts_with(symbol) {
            module[at..at + other.len()].copy_from_slice(other);
            found += 1;
        }
    }
    assert!(found > 0, "the module does not name that symbol");
    fs::write(BAD, module).expect("a file");
}

#[test]
fn a_nic_that_was_away_comes_home_after_a_reload() {
    let away = Away::new();
    let known = away.known();
    Namespace::add("blue").delete();
    let ran = words(&["state", "reload", GOOD, "--json"]);
    let said = said(ran, "state reload");
    assert_eq!(said.data["devices"][0]["name"], "ct0");
    assert_eq!(said.data["devices"][0]["outcome"], "done");
    assert!(said.error.contains("replaced by"), "{}", said.error);
    assert_eq!(births(), 0, "it is still the old one");
    assert_eq!(away.known(), known);
    away.comes_home();
}

#[test]
fn what_is_no_module_for_this_kernel_leaves_the_old_one_loaded() {
    let away = Away::new();
    let known = away.known();
    let blue = Namespace::add("blue");
    let old = births();
    fs::write("/tmp/text.ko", "no module").expect("a file");
    let module = fs::read(GOOD).expect("a module");
    let at = module
        .windows(9)
        .position(|bytes| bytes == b"vermagic=")
        .expect("a vermagic");
    let mut foreign = module.clone();
    foreign[at + 9] = b'9';
    fs::write("/tmp/foreign.ko", foreign).expect("a file");
    for (file, why) in [
        ("/tmp/text.ko", "/tmp/text.ko"),
        ("/tmp/foreign.ko", "is made for Linux 9"),
        ("/fault.ko", "is no module 'homeward'"),
        ("/nonexistent.ko", "/nonexistent.ko"),
    ] {
        for words_of in [
            vec!["state", "reload", file],
            vec!["state", "reload", GOOD, "--fallback", file],
        ] {
            let ran = words(&words_of);
            assert_eq!(ran.status, 1, "{}", ran.err);
            assert!(ran.err.contains(why), "{}", ran.err);
            assert!(ran.err.contains("stays, with all"), "{}", ran.err);
        }
    }
    // It was never away.
    assert_eq!(births(), old);
    assert_eq!(away.known(), known);
    blue.delete();
    away.comes_home();
}

#[test]
fn a_module_that_the_kernel_refuses_gives_way_to_the_old_one() {
    let away = Away::new();
    let known = away.known();
    spoil_a_module();
    let ran = words(&["state", "reload", BAD, "--fallback", GOOD]);
    assert_eq!(ran.status, 1, "{}", ran.err);
    assert!(
        ran.err.contains("refuses '/tmp/homeward.ko'"),
        "{}",
        ran.err
    );
    assert!(
        ran.err
            .contains("the old one is loaded again, with what it knew"),
        "{}",
        ran.err
    );
    assert_eq!(away.known(), known);
    away.comes_home();
}

#[test]
fn without_a_way_back_what_was_known_is_in_the_file() {
    let away = Away::new();
    let known = away.known();
    spoil_a_module();
    let ran = words(&["state", "reload", BAD]);
    assert_eq!(ran.status, 1, "{}", ran.err);
    assert!(ran.err.contains("no module is loaded now"), "{}", ran.err);
    assert!(!is_loaded());
    run("insmod", &[GOOD]);
    run("homeward", &["state", "load"]);
    assert_eq!(away.known(), known);
    away.comes_home();
}

#[test]
fn a_module_in_use_stays() {
    let away = Away::new();
    let known = away.known();
    // More than the first answer has room for.
    let many = Namespaces::add("many", 60);
    let dump = StandingDump::of(cmd::NS_GET);
    let ran = words(&["state", "reload", GOOD]);
    assert_eq!(ran.status, 1, "{}", ran.err);
    assert!(ran.err.contains("it is in use"), "{}", ran.err);
    assert_eq!(away.known(), known);
    // One who is soon done is waited for.
    let soon = spawn(move || {
        sleep(Duration::from_secs(1));
        drop(dump);
    });
    let ran = words(&["state", "reload", GOOD]);
    assert_eq!(ran.status, 0, "{}", ran.err);
    soon.join().expect("a thread");
    drop(many);
    assert_eq!(away.known(), known);
    away.comes_home();
}

#[test]
fn without_a_module_there_is_nothing_to_reload() {
    unload();
    let ran = words(&["state", "reload", GOOD]);
    assert_eq!(ran.status, 4, "{}", ran.err);
    assert!(ran.err.contains("it is not loaded"), "{}", ran.err);
    assert!(!is_loaded());
    load();
    // None is installed in the guest.
    let ran = words(&["state", "reload"]);
    assert_eq!(ran.status, 1, "{}", ran.err);
    assert!(
        ran.err.contains("none is installed for Linux"),
        "{}",
        ran.err
    );
    assert!(is_loaded());
}
