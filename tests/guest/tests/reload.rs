// SPDX-License-Identifier: GPL-2.0-only

//! `homeward state reload`: another module in the place of the one that is loaded.

use std::fs;
use std::process::Command;
use std::thread::{sleep, spawn};
use std::time::Duration;

use homeward_abi::cmd;
use homeward_client::model::{Device, Mark};
use homeward_guest_tests::verb::{end, start, words, Ran};
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
        let sim = Netdevsim::new(1, &["sim0", "sim1"]);
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
        ("/tmp/foreign.ko", "is built for Linux 9"),
        ("/fault.ko", "is not the module 'homeward'"),
        ("/nonexistent.ko", "/nonexistent.ko"),
    ] {
        for words_of in [
            vec!["state", "reload", file],
            vec!["state", "reload", GOOD, "--fallback", file],
        ] {
            let ran = words(&words_of);
            assert_eq!(ran.status, 1, "{}", ran.err);
            assert!(ran.err.contains(why), "{}", ran.err);
            assert!(ran.err.contains("stays and loses nothing"), "{}", ran.err);
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
            .contains("the old one is loaded again, with its state"),
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

/// The state of the module while it is replaced.
const STATE: &str = "/run/homeward/state.json";

/// `homeward state reload` with a script in the place of `insmod`, in which `$real` is that.
fn with_insmod(script: &str) -> Ran {
    fs::create_dir_all("/tmp/fake").expect("a directory");
    let text = format!(
        "#!/bin/sh\nreal=$(PATH=/bin:/sbin:/usr/bin:/usr/sbin command -v insmod)\n{script}\n"
    );
    fs::write("/tmp/fake/insmod", text).expect("a script");
    run("chmod", &["755", "/tmp/fake/insmod"]);
    let path = format!("/tmp/fake:{}", std::env::var("PATH").expect("a path"));
    let output = Command::new("homeward")
        .args(["state", "reload", GOOD])
        .env("PATH", path)
        .output()
        .expect("homeward");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Ran {
        status: output.status.code().unwrap_or(-1),
        out: text(&output.stdout),
        err: text(&output.stderr),
    }
}

#[test]
fn what_happens_while_the_old_module_is_in_use_is_not_forgotten() {
    let away = Away::new();
    let many = Namespaces::add("many", 60);
    let dump = StandingDump::of(cmd::NS_GET);
    let reload = start(&format!("state reload {GOOD}"));
    // Long after it has saved what there was for the first time.
    sleep(Duration::from_millis(800));
    ip("link set sim1 netns red");
    away.red.ip("link set sim1 name ct1");
    let others = [
        "policy add --name x* --action init",
        "keep ct1@red",
        "state save",
    ]
    .map(start);
    sleep(Duration::from_millis(400));
    drop(dump);
    let ran = end(reload);
    assert_eq!(ran.status, 0, "{}", ran.err);
    for other in others {
        let ran = end(other);
        assert_eq!(ran.status, 0, "{}", ran.err);
    }
    drop(many);
    assert_eq!(births(), 0, "it is still the old one");
    let device = client()
        .device_by_name(away.red.cookie(), "ct1")
        .expect("a device");
    assert_eq!(device.homes.len(), 1, "{device:?}");
    assert_eq!(device.homes[0].name, Some("sim1".into()));
    assert_eq!(device.mark, Mark::Keep);
    let rules = client().rules().expect("rules");
    assert_eq!(rules.len(), 1, "{rules:?}");
    away.comes_home();
}

#[test]
fn two_at_once_are_one_after_the_other_and_lose_nothing() {
    let away = Away::new();
    let known = away.known();
    let both = [0, 1].map(|_| start(&format!("state reload {GOOD}")));
    for one in both {
        let ran = end(one);
        assert_eq!(ran.status, 0, "{}", ran.err);
    }
    assert_eq!(away.known(), known);
    away.comes_home();
}

#[test]
fn a_load_that_fails_after_a_good_insert_says_where_the_state_is() {
    let away = Away::new();
    let known = away.known();
    let ran = with_insmod(&format!("$real \"$@\" && mv {STATE} /tmp/kept"));
    assert_ne!(ran.status, 0, "{}", ran.err);
    for part in ["replaced by", STATE, "'homeward state load'"] {
        assert!(ran.err.contains(part), "{part}: {}", ran.err);
    }
    assert!(is_loaded());
    fs::copy("/tmp/kept", STATE).expect("the state");
    run("homeward", &["state", "load"]);
    assert_eq!(away.known(), known);
    away.comes_home();
}

#[test]
fn one_who_is_killed_in_the_middle_leaves_all_that_it_takes_to_go_on() {
    let away = Away::new();
    let known = away.known();
    let ran = with_insmod("kill -KILL $PPID");
    assert_eq!(ran.status, -1, "{}", ran.err);
    assert!(!is_loaded());
    let ran = words(&["state", "reload", GOOD]);
    assert_eq!(ran.status, 4, "{}", ran.err);
    assert!(ran.err.contains("'homeward state load'"), "{}", ran.err);
    run("insmod", &[GOOD]);
    // This one knows nothing: what it would save is not to replace what is there.
    let ran = words(&["state", "reload", GOOD]);
    assert_eq!(ran.status, 1, "{}", ran.err);
    assert!(ran.err.contains("'homeward state load'"), "{}", ran.err);
    run("homeward", &["state", "load"]);
    assert_eq!(away.known(), known);
    run("homeward", &["state", "reload", GOOD]);
    assert_eq!(away.known(), known);
    away.comes_home();
}

#[test]
fn a_module_that_somebody_else_loads_meanwhile_gets_what_was_known() {
    let away = Away::new();
    let known = away.known();
    let ran = with_insmod("$real \"$@\"; exec $real \"$@\"");
    assert_eq!(ran.status, 1, "{}", ran.err);
    assert!(
        ran.err
            .contains("somebody else loaded one meanwhile, with its state"),
        "{}",
        ran.err
    );
    assert_eq!(away.known(), known);
    away.comes_home();
}

#[test]
fn without_room_for_the_state_the_old_module_stays() {
    let away = Away::new();
    let known = away.known();
    fs::create_dir_all("/run/homeward").expect("a directory");
    run(
        "mount",
        &["-t", "tmpfs", "-o", "size=4k", "none", "/run/homeward"],
    );
    run(
        "sh",
        &[
            "-c",
            "dd if=/dev/zero of=/run/homeward/full bs=4k count=9 2>/dev/null; :",
        ],
    );
    let ran = words(&["state", "reload", GOOD]);
    run("umount", &["-l", "/run/homeward"]);
    assert_eq!(ran.status, 1, "{}", ran.err);
    assert!(ran.err.contains("stays and loses nothing"), "{}", ran.err);
    assert_eq!(away.known(), known);
    away.comes_home();
}
