// SPDX-License-Identifier: GPL-2.0-only

//! The verbs that bring devices home, or see to it: recall, keep, release.

use std::net::UdpSocket;

use homeward_guest_tests::verb::{as_nobody, homeward, json, quoted, refuses, says};
use homeward_guest_tests::{
    eventually, exists, inside, ip, load, look, nic_in_red, run, unload, Listener, Namespace,
    Netdevsim, Unnamed,
};

#[test]
fn a_recalled_device_is_home_and_the_command_says_what_was_put_back() {
    let (_sim, red, before) = nic_in_red();
    red.ip("link set sim0 name ct0 mtu 1400 promisc on");
    let text = says("recall ct0@red");
    assert_eq!(text, "ct0@red -> sim0@init, restored: name,mtu,promisc\n");
    assert_eq!(look(ip, "sim0"), before);
    ip("link set sim0 netns red");
    let recalled = json("recall sim0@red");
    assert_eq!(recalled["dry_run"], false);
    assert_eq!(recalled["from"]["name"], "red");
    assert_eq!(
        (&recalled["returned"], &recalled["failed"]),
        (&1.into(), &0.into())
    );
    let device = &recalled["devices"][0];
    assert_eq!(device["from_name"], "sim0");
    assert_eq!(device["namespace"]["initial"], true);
    assert_eq!(device["return"]["cause"], "recall");
    assert!(device["error"].is_null());
}

#[test]
fn what_is_still_on_a_recalled_device_is_told_and_what_is_advised_ends_that() {
    let (_sim, red, _) = nic_in_red();
    red.ip("link add mac0 link sim0 type macvlan");
    // It is on another one.
    red.ip("link add dum0 type dummy");
    red.ip("link add mac1 link dum0 type macvlan");
    let told = homeward("recall sim0@red");
    assert_eq!(told.status, 6, "{told:?}");
    let still = "sim0@init is home, but mac0@red is still on it";
    assert!(told.err.contains(still), "{told:?}");
    assert!(!told.err.contains("mac1"), "{told:?}");
    run("sh", &["-c", quoted(&told.err, "homeward exec")]);
    ip("link add br9 type bridge");
    ip("link set sim0 master br9");
    ip("link delete br9");
}

#[test]
fn a_dry_run_shows_where_devices_would_go_and_moves_none() {
    load();
    let _sim = Netdevsim::new(1, &["sim0", "sim1"]);
    let red = Namespace::add("red");
    ip("link set sim0 netns red");
    ip("link set sim1 netns red");
    red.ip("link set sim0 name ct0");
    let text = says("recall -n --all --from red");
    assert_eq!(
        text,
        "ct0@red would go to sim0@init\nsim1@red would go to sim1@init\n"
    );
    let plan = json("recall --dry-run ct0@red");
    assert_eq!(plan["dry_run"], true);
    assert_eq!(plan["devices"][0]["name"], "sim0");
    refuses("recall -n lo@red", 1, "does not let this device leave");
    red.ip("link add own type dummy");
    refuses("recall -n own@red", 1, "the device is at home");
    assert!(red.ip("link show").contains("sim1"));
}

/// What a recall says beforehand of the name is what it gives.
#[test]
fn a_dry_run_names_the_device_as_the_recall_does() {
    load();
    let _sim = Netdevsim::new(1, &["sim0"]);
    let red = Namespace::add("red");
    let name = |args: &str| json(args)["devices"][0]["name"].clone();
    let same = |expected: &str, from: &str| {
        let links = red.ip("-o link");
        let inside = links.lines().find(|line| !line.contains(" lo: "));
        let inside = inside.and_then(|line| line.split(": ").nth(1));
        let inside = inside.expect("a device");
        assert_eq!(name(&format!("recall -n {inside}@{from}")), expected);
        assert_eq!(name(&format!("recall {inside}@{from}")), expected);
    };
    // A runtime gives it a name for the way.
    says("baseline take sim0");
    ip("link set sim0 name temp_7");
    ip("link set temp_7 netns red");
    same("sim0", "red");
    ip("link set sim0 netns red");
    says("keep sim0@red --as up0");
    same("up0", "red");
    says("baseline clear up0");
    // Of a home that is gone, too, the name is known.
    let blue = Namespace::add("blue");
    ip("link set up0 netns blue");
    blue.ip("link set up0 name ct0");
    blue.ip("link set ct0 netns red");
    blue.delete();
    same("up0", "red");
}

/// It is stuck in there, and then somebody gets the tool.
#[test]
fn what_left_before_the_module_was_loaded_comes_home_by_its_name() {
    unload();
    let _sim = Netdevsim::new(1, &["sim0"]);
    let red = Namespace::add("red");
    ip("link set sim0 netns red");
    red.ip("link set sim0 name ct0");
    load();
    red.ip("link add own type dummy");
    assert_eq!(
        says("recall --all --from red"),
        "no device of red is away from home\n\
         no home of ct0@red is known; to bring it to init: homeward recall ct0@red\n"
    );
    assert_eq!(says("recall -n ct0@red"), "ct0@red would go to ct0@init\n");
    let told = json("recall --all --from red");
    let advice = told["homeless"][0]["recall"].as_str().expect("a command");
    let said = run("sh", &["-c", advice]);
    assert!(said.starts_with("ct0@red -> ct0@init"), "{said}");
    assert!(exists("ct0"));
    refuses("recall ct0@init", 1, "the device is at home");
    refuses("recall own@red", 1, "the device is at home");
}

#[test]
fn all_that_are_away_come_home_and_the_rest_stays() {
    load();
    let _sim = Netdevsim::new(1, &["sim0", "sim1"]);
    let red = Namespace::add("red");
    red.ip("link add own type dummy");
    ip("link set sim0 netns red");
    ip("link set sim1 netns red");
    let text = says("recall --all --from red");
    assert_eq!(text, "sim0@red -> sim0@init\nsim1@red -> sim1@init\n");
    assert!(exists("sim0") && exists("sim1"));
    assert_eq!(
        says("recall --all --from red"),
        "no device of red is away from home\n"
    );
    assert_eq!(json("recall --all --from red")["returned"], 0);
    assert!(red.ip("link show").contains("own"));
}

#[test]
fn an_alternative_name_that_is_taken_at_home_holds_up_nothing_and_is_told() {
    load();
    let _sim = Netdevsim::new(1, &["sim0", "sim1"]);
    ip("link property add dev sim0 altname clash");
    let _red = Namespace::add("red");
    ip("link set sim0 netns red");
    ip("link set sim1 netns red");
    ip("link add other type dummy");
    ip("link property add dev other altname clash");
    let ran = homeward("recall --all --from red");
    assert_eq!(ran.status, 6, "{ran:?}");
    assert_eq!(ran.out, "sim0@red -> sim0@init\nsim1@red -> sim1@init\n");
    assert_eq!(
        ran.err,
        "homeward: sim0@init is home, but altnames was not restored: File exists\n"
    );
    ip("link del other");
}

#[test]
fn a_device_that_is_not_all_in_order_at_home_is_told_by_a_status_of_its_own() {
    load();
    let _sim = Netdevsim::new(1, &["sim0"]);
    ip("link add mac0 link sim0 type macvlan");
    let red = Namespace::add("red");
    ip("link set mac0 netns red");
    red.ip("link set mac0 mtu 1200");
    ip("link set sim0 mtu 1300");
    let ran = homeward("recall mac0@red");
    assert_eq!(ran.status, 6, "{ran:?}");
    assert_eq!(
        ran.err,
        "homeward: mac0@init is home, but mtu was not restored: Invalid argument\n"
    );
    ip("link del mac0");

    ip("link set sim0 netns red");
    red.ip("link set sim0 name ct0");
    ip("link add sim0 type dummy");
    let ran = homeward("recall ct0@red");
    assert_eq!(ran.status, 6, "{ran:?}");
    assert!(ran.out.starts_with("ct0@red -> sim0_0@init"), "{ran:?}");
    assert!(
        ran.err
            .contains("sim0_0@init did not get its name 'sim0' back"),
        "{ran:?}"
    );
    ip("link del sim0");
}

#[test]
fn a_wireguard_device_that_was_made_inside_is_kept_in_vain_and_that_is_said() {
    load();
    let red = Namespace::add("red");
    ip("link add wg8 type wireguard");
    ip("link set wg8 netns red");
    red.ip("link add wg9 type wireguard");
    assert_eq!(homeward("keep wg8@red").err, "");
    let ran = homeward("keep wg9@red");
    assert_eq!(ran.status, 0, "{ran:?}");
    assert!(ran.err.contains("cannot be set up at home"), "{ran:?}");
    red.delete();
    eventually("home", || exists("wg8") && exists("wg9"));
    let up = |name| run("sh", &["-c", &format!("ip link set {name} up 2>&1 || :")]);
    assert_eq!(up("wg8"), "");
    assert!(up("wg9").contains("not on the network"), "{}", up("wg9"));
    ip("link del wg8");
    ip("link del wg9");
}

/// Until somebody undoes it, a name is for each return; who has called the device otherwise since is told.
#[test]
fn doctor_tells_of_a_device_at_home_that_is_to_come_home_under_another_name() {
    let (_sim, red, _) = nic_in_red();
    says("keep sim0@red --as uplink0");
    says("recall sim0@red");
    assert!(!homeward("doctor").out.contains("would come home as"));
    ip("link set uplink0 name wan0");
    let out = homeward("doctor").out;
    assert!(out.contains("wan0 would come home as uplink0"), "{out}");
    says("keep --undo wan0");
    assert!(!homeward("doctor").out.contains("would come home as"));
    drop(red);
}

#[test]
fn each_refusal_of_recall_keep_and_release_says_what_is_wrong() {
    load();
    let red = Namespace::add("red");
    red.ip("link add dum0 type dummy");
    refuses("recall dum0@red", 1, "the device is at home");
    refuses("recall lo@red", 1, "does not let this device leave");
    refuses("recall --all", 2, "--from");
    refuses("recall --from red", 2, "");
    refuses("recall", 2, "DEV@NS");
    for verb in ["recall", "keep", "release"] {
        refuses(&format!("{verb} dmu0@red"), 3, "did you mean 'dum0'?");
        refuses(&format!("{verb} dum0@nosuch"), 3, "nosuch");
        refuses(
            &format!("{verb} dum0@cookie:4611686018427387904"),
            3,
            "cookie:",
        );
        let ran = as_nobody(&format!("{verb} dum0@red"));
        assert_eq!(ran.status, 5, "{ran:?}");
        assert!(ran.err.contains("root"), "{ran:?}");
    }
    refuses("keep dum0@red --as a/b", 2, "a name has 1 to 15 bytes");
    unload();
    for verb in [
        "recall",
        "recall --all --from",
        "keep",
        "release",
        "keep --undo",
    ] {
        refuses(&format!("{verb} dum0@red"), 4, "modprobe homeward");
    }
}

#[test]
fn a_device_comes_home_out_of_a_namespace_that_only_a_socket_holds() {
    load();
    let _sim = Netdevsim::new(1, &["sim0"]);
    let red = Namespace::add("red");
    let cookie = red.cookie();
    let socket = inside("red", || UdpSocket::bind("0.0.0.0:0").expect("a socket"));
    ip("link set sim0 netns red");
    red.delete();
    let text = says(&format!("recall --all --from cookie:{cookie}"));
    assert_eq!(text, format!("sim0@cookie:{cookie} -> sim0@init\n"));
    let mut events = Listener::new();
    drop(socket);
    events.until_gone(cookie);
}

#[test]
fn a_kept_virtual_device_comes_home_under_the_name_that_was_chosen() {
    load();
    ip("link add dum0 type dummy");
    let red = Namespace::add("red");
    ip("link set dum0 netns red");
    let text = says("keep dum0@red --as kept0");
    assert_eq!(
        text,
        "dum0@red: keep, named kept0 at home; when red dies, it goes home to kept0@init: an \
         administrator marked it\n"
    );
    let device = json("keep dum0@red");
    assert_eq!(device["mark"], "keep");
    assert_eq!(device["home_name"], "kept0");
    let cookie = red.cookie();
    let mut events = Listener::new();
    red.delete();
    events.until_gone(cookie);
    assert!(exists("kept0"));
    ip("link del kept0");
}

#[test]
fn a_released_device_is_left_to_the_kernel_until_that_is_taken_back() {
    load();
    let _sim = Netdevsim::new(1, &["sim0"]);
    ip("link add dum0 type dummy");
    let _red = Namespace::add("red");
    ip("link set dum0 netns red");
    ip("link set sim0 netns red");
    says("keep dum0@red --as other");
    let text = says("release dum0@red");
    assert!(
        text.contains("is left to the kernel: an administrator marked it"),
        "{text}"
    );
    let text = says("release --undo dum0@red");
    assert_eq!(
        text,
        "dum0@red: no mark; when red dies, it is left to the kernel: virtual devices die with their \
         namespace\n"
    );
    let device = json("keep --undo dum0@red");
    assert!(device["mark"].is_null() && device["home_name"].is_null());
}

#[test]
fn keeping_a_device_that_cannot_leave_is_said_to_be_in_vain() {
    load();
    let ns = Unnamed::new();
    let ran = homeward(&format!("keep lo@pid:{}", ns.pid()));
    assert_eq!(ran.status, 0, "{ran:?}");
    assert!(
        ran.err
            .contains("is marked, but the kernel does not let it leave"),
        "{ran:?}"
    );
}
