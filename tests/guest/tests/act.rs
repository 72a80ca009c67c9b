// SPDX-License-Identifier: GPL-2.0-only

//! The verbs that make and move devices: move, veth.

use std::path::Path;
use std::process::Command;

use homeward_guest_tests::verb::{as_nobody, end, homeward, json, refuses, says, start, words};
use homeward_guest_tests::{
    client, eventually, exists, ip, load, moves_many, run, times, with_and_without, Namespace,
    Netdevsim, Unnamed,
};

#[test]
fn a_device_is_moved_renamed_and_set_up_and_its_home_is_told() {
    load();
    let _sim = Netdevsim::new(1, &["sim0"]);
    let red = Namespace::add("red");
    let moved = json("move sim0 red --name net0 --up");
    assert_eq!(moved["from"]["initial"], true);
    assert_eq!(moved["from_name"], "sim0");
    assert_eq!(moved["namespace"]["name"], "red");
    assert_eq!(moved["namespace"]["cookie"], red.cookie());
    assert_eq!(moved["name"], "net0");
    assert_eq!(moved["up"], true);
    assert_eq!(moved["problems"].as_array().map(Vec::len), Some(0));
    assert_eq!(moved["device"]["homes"][0]["name"], "sim0");
    assert_eq!(moved["device"]["fate"]["action"], "return");
    let link = red.ip("link show net0");
    assert!(link.contains("UP"), "{link}");
    assert!(
        link.starts_with(&format!("{}:", moved["ifindex"])),
        "{link}"
    );
    let back = says("move net0@red init --name sim0");
    assert!(back.starts_with("net0@red -> sim0@init, "), "{back}");
    assert!(back.contains("down, at home"), "{back}");
    assert!(exists("sim0"));
}

#[test]
fn a_move_from_one_foreign_namespace_to_another_needs_no_module() {
    with_and_without(|module| {
        let red = Namespace::add("red");
        let ns = Unnamed::new();
        red.ip("link add dum0 type dummy");
        let moved = json(&format!("move dum0@red pid:{}", ns.pid()));
        assert_eq!(moved["from"]["name"], "red");
        assert_eq!(moved["namespace"]["initial"], false);
        assert_eq!(moved["up"], false);
        assert_eq!(moved["device"].is_object(), module, "{moved}");
        assert!(ns.ip("link show dum0").contains("dum0"));
        let path = format!("/proc/{}/ns/net", ns.pid());
        let text = says(&format!("move ifindex:{}@{path} red", moved["ifindex"]));
        assert!(text.contains("-> dum0@red"), "{text}");
        assert_eq!(text.lines().count(), 1, "{text}");
        assert!(red.ip("link show dum0").contains("dum0"));
    });
}

#[test]
fn each_move_that_cannot_be_is_refused_and_says_why() {
    load();
    let red = Namespace::add("red");
    let _blue = Namespace::add("blue");
    red.ip("link add dum0 type dummy");
    red.ip("link add br0 type bridge");
    ip("link add dum0 type dummy");
    ip("link add other type dummy");
    ip("link property add dev other altname dum1");

    let said = refuses("move lo@red init", 1, "already");
    assert!(said.contains("has a device 'lo'"), "{said}");
    let said = refuses("move lo@red init --name lo7", 1, "netns is immutable");
    assert!(
        said.contains("Invalid argument") && said.contains("bridge"),
        "{said}"
    );
    refuses("move br0@red init", 1, "netns is immutable");
    refuses("move dum0@red init", 1, "choose another name with --name");
    refuses(
        "move dum0@red init --name dum1",
        1,
        "alternative name of 'other'",
    );
    refuses("move dum0@red red", 1, "it is already there");
    refuses(
        "move dum0@red self --name lo",
        1,
        "has a device 'lo' already",
    );
    refuses("move dmu0@red init", 3, "did you mean 'dum0'?");
    refuses("move ifindex:4711@red init", 3, "it has lo, dum0, br0");
    refuses("move nothing-alike@red init", 3, "it has lo");
    refuses("move dum0@red bleu", 3, "did you mean 'blue'?");
    refuses("move dum0@nosuch init", 3, "nosuch");
    refuses("move dum0@red pid:4194303", 3, "pid:4194303");
    refuses(
        "move dum0@red init --name a/b",
        2,
        "a name has 1 to 15 bytes",
    );
    refuses(
        "move dum0@red init --name d%d",
        2,
        "a name has 1 to 15 bytes",
    );
    refuses("move dum0@red /etc/passwd", 3, "is not a network namespace");
    assert!(red.ip("link show dum0").contains("dum0"));
    ip("link del dum0");
    ip("link del other");
}

#[test]
fn a_device_that_cannot_be_renamed_there_has_been_moved_and_that_is_told() {
    load();
    let red = Namespace::add("red");
    ip("link add dum0 type dummy");
    // Its own alternative name is not to be had.
    ip("link property add dev dum0 altname net0");
    let ran = homeward("move dum0 red --name net0 --up --json");
    if moves_many() {
        // There the name is one with the move.
        assert_eq!(ran.status, 1, "{ran:?}");
        assert!(ran.err.contains("altname net0"), "{ran:?}");
        ip("link del dum0");
        return;
    }
    assert_eq!(ran.status, 6, "{ran:?}");
    assert!(
        ran.err.contains("it cannot be renamed to 'net0' there"),
        "{ran:?}"
    );
    let moved: serde_json::Value = serde_json::from_str(&ran.out).expect("JSON");
    assert_eq!(moved["name"], "dum0");
    assert_eq!(moved["up"], true);
    assert_eq!(moved["problems"].as_array().map(Vec::len), Some(1));
    assert!(red.ip("link show dum0").contains("UP"));
}

#[test]
fn an_ordinary_user_moves_and_makes_nothing() {
    with_and_without(|_| {
        let _red = Namespace::add("red");
        ip("link add dum0 type dummy");
        for args in [
            "move dum0 red",
            "move lo@red self",
            "veth a b",
            "veth a b@red",
        ] {
            let ran = as_nobody(args);
            assert_eq!(ran.status, 5, "{args}: {ran:?}");
            assert!(ran.err.contains("run it as root"), "{args}: {ran:?}");
        }
        assert!(!exists("a"));
        ip("link del dum0");
    });
}

#[test]
fn of_two_moves_of_one_device_one_wins_and_the_other_says_that_it_is_gone() {
    load();
    let red = Namespace::add("red");
    let blue = Namespace::add("blue");
    for _ in 0..times(15) {
        ip("link add dum0 type dummy");
        let both = ["move dum0 red", "move dum0 blue"].map(start).map(end);
        let [one, other] = &both;
        let (won, lost) = if one.status == 0 {
            (one, other)
        } else {
            (other, one)
        };
        assert_eq!((won.status, lost.status), (0, 3), "{both:?}");
        assert!(
            lost.err.contains("disappeared meanwhile") || lost.err.contains("has no device"),
            "{both:?}"
        );
        let place = if won.out.contains("@red,") {
            &red
        } else {
            &blue
        };
        place.ip("link del dum0");
    }
}

#[test]
fn a_device_moved_into_a_dying_namespace_is_not_lost() {
    load();
    let _sim = Netdevsim::new(1, &["sim0"]);
    for round in (0u64..).take(times(15)) {
        let ns = Unnamed::new();
        let mover = start(&format!("move sim0 pid:{} --name net0 --up", ns.pid()));
        std::thread::sleep(std::time::Duration::from_millis(2 * round));
        ns.kill();
        let ran = end(mover);
        assert!([0, 3].contains(&ran.status), "{ran:?}");
        eventually("the device at home", || exists("sim0"));
    }
}

#[test]
fn a_device_name_cannot_reach_the_terminal() {
    load();
    let red = Namespace::add("red");
    run("ip", &["link", "add", "a\x1b[31m", "type", "dummy"]);
    let moved = words(&["move", "a\x1b[31m", "red"]);
    assert_eq!(moved.status, 0, "{moved:?}");
    assert!(moved.out.contains("a\\u{1b}[31m@init"), "{moved:?}");
    let again = words(&["move", "a\x1b[31m", "red"]);
    assert_eq!(again.status, 3, "{again:?}");
    assert!(!(moved.out + &again.err).contains('\x1b'));
    drop(red);
    // One that is no text at all goes by its index.
    let red = Namespace::add("red");
    let made = Command::new("sh")
        .args(["-c", "exec ip link add $'b\\xff' type dummy"])
        .status();
    assert!(made.expect("ip").success());
    let links = ip("-o link");
    let line = links.lines().last().expect("a device");
    let (index, _) = line.split_once(':').expect("an index");
    let text = says(&format!("move ifindex:{index} red"));
    assert!(text.contains("@init -> b\u{fffd}@red"), "{text}");
    assert_eq!(red.ip("-o link").lines().count(), 2);
}

#[test]
fn a_pair_between_two_namespaces_carries_traffic() {
    with_and_without(|_| {
        let red = Namespace::add("red");
        let ns = Unnamed::new();
        let there = format!("ct0@pid:{}", ns.pid());
        let pair = json(&format!(
            "veth web0@red {there} --up --mtu 1400 --address-a 10.9.0.1/24 --address-b 10.9.0.2/24 \
             --address-b 2001:db8::2/64"
        ));
        let ends = pair["ends"].as_array().expect("ends");
        assert_eq!(ends[0]["namespace"]["name"], "red");
        assert_eq!(ends[0]["name"], "web0");
        assert_eq!(ends[1]["name"], "ct0");
        assert_eq!(ends[1]["addresses"][1], "2001:db8::2/64");
        assert_eq!(ends[1]["up"], true);
        assert!(red.ip("link show web0").contains("mtu 1400"));
        let link = ns.ip("link show ct0");
        assert!(link.contains("mtu 1400"), "{link}");
        assert!(
            link.starts_with(&format!("{}:", ends[1]["ifindex"])),
            "{link}"
        );
        run(
            "ip",
            &[
                "netns", "exec", "red", "ping", "-c", "1", "-W", "5", "10.9.0.2",
            ],
        );
        assert!(!exists("web0") && !exists("ct0"));
    });
}

#[test]
fn a_pair_may_lie_in_one_namespace_or_have_an_end_here() {
    let red = Namespace::add("red");
    let text = says("veth a@red b@red");
    assert_eq!(text, "a@red down <-> b@red down\n");
    assert!(red.ip("link show a").contains("a@b"));
    let text = says("veth host0 c@red --up");
    assert_eq!(text, "host0@init up <-> c@red up\n");
    assert!(ip("link show host0").contains("LOWER_UP"));
    ip("link del host0");
    refuses(
        "veth x@red x@/run/netns/red",
        1,
        "same name in the same namespace",
    );
    refuses("veth x@red x@red", 2, "both ends");
}

#[test]
fn a_pair_that_cannot_be_made_leaves_nothing_behind() {
    load();
    let red = Namespace::add("red");
    let blue = Namespace::add("blue");
    red.ip("link add taken type dummy");
    run(
        "nsenter",
        &[
            "--net=/run/netns/blue",
            "sh",
            "-c",
            "echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6",
        ],
    );
    let here = || ip("-o link").lines().count();
    let before = here();
    let table = [
        (
            "veth taken@red b@blue",
            1,
            "namespace red has a device 'taken' already",
        ),
        (
            "veth b@blue taken@red",
            1,
            "namespace red has a device 'taken' already",
        ),
        ("veth a@red b@blue --mtu 10", 1, "an MTU of 68 to 65535"),
        ("veth a@red b@blue --mtu 99999", 1, "an MTU of 68 to 65535"),
        (
            "veth a@red b@blue --up --address-a ff02::1/64",
            1,
            "a@red cannot have the address",
        ),
        (
            "veth a@red b@blue --up --address-b 2001:db8::1/64",
            1,
            "b@blue cannot have the address",
        ),
        ("veth a@red b@nosuch", 3, "nosuch"),
        ("veth a@nosuch b@blue", 3, "nosuch"),
        ("veth a b@pid:4194303", 3, "pid:4194303"),
        (
            "veth a b@cookie:18446744073709551615",
            3,
            "cookie:18446744073709551615",
        ),
        (
            "veth a@red b@blue --address-a 10.0.0.1/33",
            2,
            "not an IP address",
        ),
        ("veth ifindex:7@red b@blue", 2, "needs a name"),
    ];
    for (args, status, why) in table {
        refuses(args, status, why);
        assert_eq!(red.ip("-o link").lines().count(), 2, "{args}");
        assert_eq!(blue.ip("-o link").lines().count(), 1, "{args}");
        assert_eq!(here(), before, "{args}");
    }
}

#[test]
fn a_device_comes_out_of_a_namespace_that_only_a_mount_holds() {
    load();
    let red = Namespace::add("red");
    red.ip("link add dum0 type dummy");
    let cookie = red.cookie();
    // A bind mount elsewhere is all that is left of it.
    std::fs::write("/tmp/elsewhere", "").expect("a file");
    run("mount", &["--bind", "/run/netns/red", "/tmp/elsewhere"]);
    red.delete();
    let ran = homeward("move dum0@/tmp/elsewhere self --name dum7 --json");
    assert_eq!(ran.status, 0, "{ran:?}");
    let moved: serde_json::Value = serde_json::from_str(&ran.out).expect("JSON");
    assert_eq!(moved["from"]["cookie"], cookie);
    assert!(Path::new("/sys/class/net/dum7").exists());
    ip("link del dum7");
    run("umount", &["/tmp/elsewhere"]);
    eventually("the end of the namespace", || {
        client().devices(Some(cookie)).is_err()
    });
}

#[test]
fn of_two_pairs_with_the_same_name_one_is_made() {
    let red = Namespace::add("red");
    for _ in 0..times(10) {
        let both = ["veth same@red one@red", "veth same@red two@red"]
            .map(start)
            .map(end);
        let mut statuses = both.each_ref().map(|ran| ran.status);
        statuses.sort_unstable();
        assert_eq!(statuses, [0, 1], "{both:?}");
        assert_eq!(red.ip("-o link").lines().count(), 3);
        red.ip("link del same");
    }
}

#[test]
fn a_device_is_found_by_an_alternative_name_that_is_longer_than_a_name() {
    const LONG: &str = "uplink-to-the-core-switch";
    load();
    let _sim = Netdevsim::new(1, &["sim0"]);
    ip(&format!("link property add dev sim0 altname {LONG}"));
    let red = Namespace::add("red");
    assert_eq!(json(&format!("show {LONG}@init"))["device"]["name"], "sim0");
    assert!(says(&format!("move {LONG} red")).starts_with("sim0@init -> sim0@red"));
    says(&format!("keep {LONG}@red"));
    assert!(says(&format!("recall {LONG}@red")).starts_with("sim0@red -> sim0@init"));
    refuses(&format!("recall {LONG}@red"), 3, "has no device");
    refuses(&format!("move {LONG}@red init"), 3, "has no device");
    drop(red);
}

#[test]
fn a_namespace_with_an_at_in_its_name_is_shown_as_one() {
    load();
    let vpn = Namespace::add("vpn@work");
    let work = Namespace::add("work");
    work.ip("link add vpn type dummy");
    assert_eq!(json("show vpn@work")["cookie"], vpn.cookie());
    drop(vpn);
    assert_eq!(json("show vpn@work")["device"]["name"], "vpn");
}
