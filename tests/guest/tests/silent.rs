// SPDX-License-Identifier: GPL-2.0-only

//! Devices that say nothing, lo and unused fallback tunnels: tables leave them out, JSON never does.

use std::fs;

use homeward_guest_tests::verb::{json, says};
use homeward_guest_tests::{load, run, unload, with_and_without, Namespace, Pty};
use serde_json::Value;

/// Whether new namespaces have fallback tunnels; as it was when dropped. Guests are started without.
struct Tunnels(String);

const SYSCTL: &str = "/proc/sys/net/core/fb_tunnels_only_for_init_net";

impl Tunnels {
    #[track_caller]
    fn everywhere() -> Self {
        let before = fs::read_to_string(SYSCTL).expect("the sysctl");
        fs::write(SYSCTL, "0").expect("tunnels");
        Tunnels(before)
    }
}

impl Drop for Tunnels {
    fn drop(&mut self) {
        let _ = fs::write(SYSCTL, &self.0);
    }
}

/// A namespace with all the fallback tunnels that this kernel makes.
#[track_caller]
fn stock() -> Namespace {
    let _tunnels = Tunnels::everywhere();
    Namespace::add("red")
}

/// The devices of red in JSON, with what tells whether each says nothing.
#[track_caller]
fn told(args: &str) -> Vec<(String, bool)> {
    let all = json(args);
    let list = match all["devices"].as_array() {
        Some(list) => list.clone(),
        None => all["namespaces"][0]["devices"]
            .as_array()
            .expect("a list")
            .clone(),
    };
    let fact = |one: &Value| {
        let name = one["name"].as_str().expect("a name").to_owned();
        (name, one["silent"] == true)
    };
    list.iter().map(fact).collect()
}

/// The names of the devices in a table, or in a tree.
#[track_caller]
fn shown(args: &str, known: &[(String, bool)]) -> Vec<String> {
    let text = says(args);
    let words: Vec<&str> = text.split_whitespace().collect();
    let names = known.iter().map(|(name, _)| name.clone());
    names
        .filter(|name| words.contains(&name.as_str()))
        .collect()
}

#[test]
fn each_device_of_a_new_namespace_on_a_stock_kernel_says_nothing() {
    with_and_without(|module| {
        let red = stock();
        let listed = red.ip("-brief link");
        let count = listed.lines().count();
        // The kernel has these types built in, or a stock kernel's guest has loaded them.
        assert!(count >= 7, "{listed}");
        let mut verbs = vec!["tree red -q"];
        if module {
            verbs.push("devices red");
        }
        for verb in verbs {
            let all = told(verb);
            assert_eq!(all.len(), count, "{verb}: {all:?}");
            let speaking: Vec<_> = all.iter().filter(|(_, silent)| !silent).collect();
            assert!(speaking.is_empty(), "{verb}: {speaking:?}");
            assert!(shown(verb, &all).is_empty(), "{verb}: {}", says(verb));
            assert_eq!(shown(&format!("{verb} -a"), &all).len(), count, "{verb}");
        }
        if module {
            // Who asks for a kind gets all of it; counts are the kernel's.
            assert_eq!(
                shown("devices red --kind sit", &told("devices red")),
                ["sit0"]
            );
            let row = json("show red");
            assert_eq!(row["devices"], count);
        }
    });
}

#[test]
fn a_fallback_tunnel_that_somebody_uses_is_shown() {
    load();
    let red = stock();
    red.ip("link set sit0 up");
    red.ip("link set gre0 name mine0");
    red.ip("address add 10.9.9.1/24 dev tunl0");
    red.ip("link add vrf9 type vrf table 5");
    red.ip("link set gretap0 master vrf9");
    let all = told("tree red");
    let speaking = |all: &[(String, bool)]| {
        let mut names: Vec<_> = all
            .iter()
            .filter(|one| !one.1)
            .map(|one| one.0.clone())
            .collect();
        names.sort();
        names
    };
    assert_eq!(
        speaking(&all),
        ["gretap0", "mine0", "sit0", "tunl0", "vrf9"]
    );
    // What the module alone tells, and with a look inside.
    assert_eq!(speaking(&told("devices red")), ["mine0", "sit0", "vrf9"]);
    let looked = speaking(&told("devices red -o +addresses"));
    assert_eq!(looked, ["mine0", "sit0", "tunl0", "vrf9"]);
    let mut names = shown("tree red", &all);
    names.sort();
    assert_eq!(names, speaking(&all));
    unload();
}

#[test]
fn on_a_terminal_the_legend_says_how_many_are_not_shown() {
    load();
    let red = stock();
    let count = red.ip("-brief link").lines().count();
    red.ip("link add dum0 type dummy");
    let words = format!("{count} devices not shown");
    for verb in ["devices red", "tree red"] {
        let pty = Pty::run(&format!("{verb} --no-pager"));
        pty.shows(&[&words, "-a shows them"]);
        let all = Pty::run(&format!("{verb} -a --no-pager"));
        let listed = format!("{} devices listed.", count + 1);
        all.shows(&[&listed]);
        assert!(!all.text().contains("not shown"));
    }
}

#[test]
fn a_loopback_device_is_not_physical() {
    load();
    let red = Namespace::add("red");
    for place in ["red", "init"] {
        let all = json(&format!("devices {place}"));
        let all = all["devices"].as_array().expect("a list").clone();
        let lo = all.iter().find(|one| one["name"] == "lo").expect("lo");
        assert_eq!(lo["physical"], false, "{lo:#}");
        assert_eq!(lo["immovable"], true, "{lo:#}");
        let text = says(&format!("devices {place} -a --physical"));
        assert!(!text.split_whitespace().any(|word| word == "lo"), "{text}");
    }
    assert!(says("show lo@red").contains("Physical: no"));
    drop(red);
}

#[test]
fn a_tree_and_a_list_say_what_one_sees_inside() {
    load();
    let red = Namespace::add("red");
    run(
        "ip",
        &[
            "link", "add", "hw0", "type", "veth", "peer", "name", "in0", "netns", "red",
        ],
    );
    red.ip("link set in0 up address 02:00:00:00:00:07 mtu 1400");
    red.ip("address add 10.7.0.7/24 dev in0");
    let all = json("devices red --kind veth -o +addresses,mac,state,speed");
    let inside = &all["devices"][0]["inside"];
    assert_eq!(inside["addresses"], serde_json::json!(["10.7.0.7/24"]));
    assert_eq!(inside["mac"], "02:00:00:00:00:07");
    assert_eq!(
        (&inside["mtu"], &inside["operstate"]),
        (&1400.into(), &"down".into())
    );
    assert_eq!(inside["speed_mbps"], 10_000);
    let text = says("devices red -o name,addresses,mac,state,speed,mtu");
    for word in [
        "10.7.0.7/24",
        "02:00:00:00:00:07",
        "down",
        "10000Mb/s",
        "1400",
    ] {
        assert!(text.contains(word), "no {word} in {text}");
    }
    // Not looked up unless somebody asks.
    assert!(json("devices red")["devices"][0]["inside"].is_null());
    assert!(json("devices red -o +mac")["devices"][0]["inside"]["addresses"].is_null());
    let states = json("devices --kind veth --state up,down");
    assert_eq!(
        states["devices"].as_array().map(Vec::len),
        Some(2),
        "{states:#}"
    );
    let long = says("tree red -l");
    let line = long
        .lines()
        .find(|line| line.contains("- in0 "))
        .expect("in0");
    for word in [
        "02:00:00:00:00:07",
        "mtu 1400",
        "10000Mb/s",
        "10.7.0.7/24",
        "hw0@init",
    ] {
        assert!(line.contains(word), "no {word} in {line}");
    }
    assert!(!says("tree red").contains("10.7.0.7"));
    let show = says("show in0@red");
    for words in [
        "State: down",
        "Speed: 10000Mb/s",
        "IP addresses: 10.7.0.7/24",
    ] {
        assert!(show.contains(words), "no {words} in {show}");
    }
    run("ip", &["link", "del", "hw0"]);
}

#[test]
fn what_cannot_be_looked_into_is_said_once_and_the_rest_is_shown() {
    load();
    let (_red, _blue) = (Namespace::add("red"), Namespace::add("blue"));
    let args = [
        "--bounding-set=-sys_admin",
        "homeward",
        "devices",
        "-a",
        "-o",
        "+mac",
    ];
    let ran = homeward_guest_tests::verb::run(std::process::Command::new("setpriv").args(args));
    assert_eq!(ran.status, 0, "{ran:?}");
    assert_eq!(ran.err.lines().count(), 1, "{ran:?}");
    assert!(ran.err.contains("could not be looked into: "), "{ran:?}");
    assert!(ran.err.contains("Operation not permitted"), "{ran:?}");
    // Where one is already, one needs no permission to go to.
    let lo = |line: &&str| line.starts_with("init") && line.contains(" lo ");
    let own = ran.out.lines().find(lo).expect("lo");
    assert!(own.contains("00:00:00:00:00:00"), "{}", ran.out);
}
