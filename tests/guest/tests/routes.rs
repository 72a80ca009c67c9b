// SPDX-License-Identifier: GPL-2.0-only

//! Routes: the static ones of a device come back where a rule asks for them, and no others; what does not
//! is told.

use std::collections::BTreeMap;
use std::fs;

use homeward_client::model::{setting, EventKind, Home, NewRule, Return, RuleAction, Settings};
use homeward_client::{DeviceChange, Error, Which};
use homeward_guest_tests::{
    all_come_home_with, client, dies, eventually, home_of, ip, load, Namespace, Netdevsim,
};
use nix::errno::Errno;

fn bring_all_up() {
    all_come_home_with(Settings::ALL);
}

/// The routes of a device that somebody made, of all tables.
#[track_caller]
fn routes(name: &str) -> Vec<String> {
    let all = ["-4", "-6"].map(|family| ip(&format!("{family} route show table all dev {name}")));
    let own = |line: &&str| {
        ![
            "proto kernel",
            "proto ra",
            "local ",
            "multicast ",
            "anycast ",
            "broadcast ",
        ]
        .iter()
        .any(|words| line.contains(words))
    };
    let lines = all.iter().flat_map(|text| text.lines());
    let mut found: Vec<_> = lines.filter(own).map(steady).collect();
    found.sort();
    found
}

/// What is told of a route, but for what netdevsim adds, which has no carrier once it has been closed, and traps
/// routes.
fn steady(line: &str) -> String {
    let words = line.split_whitespace();
    let words = words.filter(|word| !["linkdown", "rt_trap"].contains(word));
    words.collect::<Vec<_>>().join(" ")
}

fn returns(events: Vec<EventKind>) -> BTreeMap<String, Return> {
    let told = events.into_iter().filter_map(|kind| match kind {
        EventKind::DeviceReturned(device, Some(how)) => Some((device.name, how)),
        _ => None,
    });
    told.collect()
}

fn not_back(how: &Return) -> Vec<Errno> {
    let failures = how.failures.iter();
    let of_routes = failures.filter(|failure| failure.setting == setting::ROUTES);
    of_routes.map(|failure| failure.errno).collect()
}

fn says_restored(how: &Return) -> bool {
    how.restored.contains(Settings::of(setting::ROUTES))
}

/// A device that is up with addresses of both families.
#[track_caller]
fn set_up(name: &str, nth: u32) {
    ip(&format!("link set {name} up"));
    ip(&format!("address add 192.0.{nth}.2/24 dev {name}"));
    ip(&format!(
        "address add 2001:db8:{nth}::2/64 dev {name} nodad"
    ));
}

/// What an administrator may want of them.
const ROUTES: [&str; 10] = [
    "route add default via 192.0.2.1 dev sim0",
    "route add default via 192.0.2.3 dev sim0 metric 700",
    "route add 198.51.100.0/24 dev sim0 scope link proto static",
    "route add 203.0.113.0/24 via 198.51.100.1 dev sim0 src 192.0.2.2 mtu 1300 advmss 1200",
    "route add 203.0.113.9 dev sim0 via 10.9.9.9 onlink tos 0x10",
    "-6 route add default via 2001:db8:2::1 dev sim0",
    "-6 route add default via fe80::1 dev sim0 metric 700 pref high",
    "-6 route add 2001:db8:100::/48 dev sim0 mtu 1400",
    "-6 route add 2001:db8:101::/48 via 2001:db8:2::3 dev sim0 metric 5",
    "-6 route add 2001:db8:102::/48 via 2001:db8:2::3 dev sim0 proto static",
];

#[test]
fn static_routes_come_back_however_the_device_left() {
    load();
    bring_all_up();
    for (what, before_it_leaves) in [("up", &[][..]), ("set down", &["link set sim0 down"])] {
        let _sim = Netdevsim::new(1, &["sim0"]);
        set_up("sim0", 2);
        for route in ROUTES {
            ip(route);
        }
        let before = routes("sim0");
        assert_eq!(before.len(), ROUTES.len(), "{before:?}");
        // Those of others are theirs, and so are those of other tables.
        ip("route add 10.1.0.0/16 via 192.0.2.1 dev sim0 proto 12");
        ip("route add 10.2.0.0/16 via 192.0.2.1 dev sim0 proto 16");
        ip("route add 10.3.0.0/16 via 192.0.2.1 dev sim0 table 77");
        let red = Namespace::add("red");
        for step in before_it_leaves {
            ip(step);
        }
        ip("link set sim0 netns red");
        // What is inside is of no importance.
        red.ip("link set sim0 up");
        red.ip("address add 172.16.0.2/24 dev sim0");
        red.ip("route add default via 172.16.0.1 dev sim0");
        let home = home_of(&red, "sim0");
        assert_eq!(home.routes.len(), ROUTES.len(), "{what}: {home:?}");
        // A module that replaces this one knows it as well.
        let change = DeviceChange {
            homes: Some(vec![home.clone()]),
            ..DeviceChange::default()
        };
        let set = client().set_device(red.cookie(), Which::Name("sim0"), &change);
        assert_eq!(set.expect("the same").homes, [home]);
        let told = returns(dies(red));
        let how = &told["sim0"];
        assert_eq!(routes("sim0"), before, "{what}: {how:?}");
        assert!(says_restored(how), "{what}: {how:?}");
        assert_eq!(not_back(how), [], "{what}: {how:?}");
    }
}

/// As it does in every guest; with FILTER='routes::those_of ipv6.disable=1' it is seen where there is none.
#[test]
fn those_of_ipv4_come_back_whether_there_is_ipv6_or_not() {
    load();
    bring_all_up();
    let _sim = Netdevsim::new(1, &["sim0"]);
    ip("link set sim0 up");
    ip("address add 192.0.2.2/24 dev sim0");
    ip("route add 10.6.0.0/16 via 192.0.2.1 dev sim0");
    let red = Namespace::add("red");
    ip("link set sim0 netns red");
    let told = returns(dies(red));
    let how = &told["sim0"];
    assert!(says_restored(how), "{how:?}");
    assert_eq!(not_back(how), [], "{how:?}");
    let now = ip("-4 route show dev sim0");
    assert!(now.contains("10.6.0.0/16 via 192.0.2.1"), "{now}");
}

/// Where somebody else has the way by then, none gets behind him.
#[test]
fn all_routes_to_one_destination_come_back_in_their_order() {
    load();
    bring_all_up();
    ip("link add dum0 type dummy");
    ip("link set dum0 up");
    let in_order = || {
        let all = ip("-4 route show");
        let by_gateway = all.lines().filter(|line| line.contains(" via "));
        by_gateway.map(steady).collect::<Vec<_>>()
    };
    for taken in [false, true] {
        let _sim = Netdevsim::new(1, &["sim0"]);
        set_up("sim0", 2);
        for (how, host) in [("add", 3), ("append", 9), ("append", 5)] {
            ip(&format!(
                "route {how} 10.5.0.0/16 via 192.0.2.{host} dev sim0"
            ));
            ip(&format!(
                "route {how} default via 192.0.2.{host} dev sim0 metric 70"
            ));
        }
        let before = in_order();
        assert_eq!(before.len(), 6, "{before:?}");
        let red = Namespace::add("red");
        ip("link set sim0 netns red");
        let (mut wanted, mut errors) = (before, vec![]);
        if taken {
            ip("route add default dev dum0 metric 70");
            wanted.retain(|route| !route.contains("default"));
            errors.push(Errno::EEXIST);
        }
        let told = returns(dies(red));
        let how = &told["sim0"];
        assert_eq!(in_order(), wanted, "{how:?}");
        assert_eq!(says_restored(how), !taken, "{how:?}");
        let mut not_back = not_back(how);
        not_back.dedup();
        assert_eq!(not_back, errors, "{how:?}");
    }
    ip("link del dum0");
}

/// At home it goes by the name that it has, whatever it is called inside.
#[test]
fn a_rule_with_a_name_pattern_brings_them_back_with_what_ip_has_of_the_device() {
    const SYSCTL: &str = "/proc/sys/net/ipv4/conf/sim0/forwarding";
    load();
    let rule = NewRule {
        name: Some("si?0".to_owned()),
        action: RuleAction::Return,
        restore: Some(Settings::ALL),
        ..NewRule::default()
    };
    client().add_rule(&rule).expect("a rule");
    for before_it_leaves in [&[][..], &["link set sim0 down"]] {
        let _sim = Netdevsim::new(1, &["sim0", "sim1"]);
        for (name, nth) in [("sim0", 2), ("sim1", 3)] {
            set_up(name, nth);
            ip(&format!(
                "route add 10.{nth}.0.0/16 via 192.0.{nth}.1 dev {name}"
            ));
        }
        fs::write(SYSCTL, "1").expect("a sysctl");
        let before = routes("sim0");
        let red = Namespace::add("red");
        for step in before_it_leaves {
            ip(step);
        }
        for name in ["sim0", "sim1"] {
            ip(&format!("link set {name} netns red"));
        }
        // Of the other one the rule wants nothing, also if it has that name now.
        red.ip("link set sim0 name ct0");
        red.ip("link set sim1 name sim0");
        assert_eq!(home_of(&red, "ct0").routes.len(), 1);
        assert_eq!(home_of(&red, "sim0").routes.len(), 0);
        let told = returns(dies(red));
        let how = &told["sim0"];
        assert_eq!(routes("sim0"), before, "{how:?}");
        assert!(says_restored(how), "{how:?}");
        assert_eq!(fs::read_to_string(SYSCTL).expect("a sysctl").trim(), "1");
        let ip_conf = Settings::of(setting::IPV4_CONF);
        assert!(how.restored.contains(ip_conf), "{how:?}");
        assert_eq!(routes("sim1"), Vec::<String>::new());
    }
}

#[test]
fn no_route_comes_back_that_was_removed_or_that_no_rule_asks_for() {
    load();
    let names = ["sim0", "sim1", "sim2", "sim3"];
    let _sim = Netdevsim::new(1, &names);
    let red = Namespace::add("red");
    // Before there is a rule.
    set_up("sim3", 30);
    ip("route add 10.30.0.0/16 via 192.0.30.1 dev sim3");
    ip("link set sim3 netns red");
    bring_all_up();
    for (name, nth) in [("sim0", 2), ("sim1", 3), ("sim2", 4)] {
        set_up(name, nth);
        ip(&format!(
            "route add 10.{nth}.0.0/16 via 192.0.{nth}.1 dev {name}"
        ));
        ip(&format!(
            "-6 route add 2001:db8:10{nth}::/48 via 2001:db8:{nth}::1 dev {name}"
        ));
    }
    ip("route del 10.2.0.0/16 dev sim0");
    // It has lost them with that, and is up without.
    ip("link set sim1 down");
    ip("link set sim1 up");
    // Whoever flushes it wants it so.
    ip("link set sim2 down");
    ip("address flush dev sim2");
    for name in &names[..3] {
        ip(&format!("link set {name} netns red"));
    }
    let told = returns(dies(red));
    let back = |name: &str| {
        let how = &told[name];
        assert_eq!(not_back(how), [], "{name}: {how:?}");
        let back = routes(name);
        assert_eq!(says_restored(how), !back.is_empty(), "{name}: {how:?}");
        back.len()
    };
    assert_eq!(
        routes("sim0"),
        ["2001:db8:102::/48 via 2001:db8:2::1 metric 1024 pref medium"]
    );
    assert_eq!(names.map(back), [1, 0, 0, 0]);
}

#[test]
fn routes_that_are_not_recorded_or_not_back_are_told_with_the_reason() {
    load();
    bring_all_up();
    let _sim = Netdevsim::new(1, &["sim0", "sim1", "sim2"]);
    set_up("sim0", 2);
    ip("nexthop add id 7 via 192.0.2.1 dev sim0");
    ip("route add 10.1.0.0/16 nhid 7");
    ip("-6 route add 2001:db8:100::/48 via 2001:db8:2::1 dev sim0 expires 1000");
    ip("route add 10.2.0.0/16 via 192.0.2.1 dev sim0");
    set_up("sim1", 3);
    for nth in 1..=40 {
        ip(&format!("route add 10.3.{nth}.0/24 via 192.0.3.1 dev sim1"));
    }
    set_up("sim2", 4);
    ip("route add 10.4.0.0/16 via 192.0.4.1 dev sim2");
    let red = Namespace::add("red");
    for name in ["sim0", "sim1", "sim2"] {
        ip(&format!("link set {name} netns red"));
    }
    let counts = |name: &str| {
        let home = home_of(&red, name);
        (
            home.routes.len(),
            home.routes_unsupported,
            home.routes_surplus,
            home.routes_lost,
        )
    };
    assert_eq!(counts("sim0"), (1, 2, 0, 0));
    assert_eq!(counts("sim1"), (32, 0, 8, 0));
    // Its place is taken when it comes home.
    ip("link add dum0 type dummy");
    ip("link set dum0 up");
    ip("route add 10.4.0.0/16 dev dum0");
    let told = returns(dies(red));
    for (name, reason) in [
        ("sim0", Errno::EOPNOTSUPP),
        ("sim1", Errno::E2BIG),
        ("sim2", Errno::EEXIST),
    ] {
        let how = &told[name];
        assert!(!says_restored(how), "{name}: {how:?}");
        assert_eq!(not_back(how), [reason], "{name}: {how:?}");
    }
    assert_eq!(routes("sim0"), ["10.2.0.0/16 via 192.0.2.1"]);
    assert_eq!(routes("sim1").len(), 32);
    ip("link del dum0");
}

#[test]
fn a_route_whose_source_is_not_ready_comes_back_without_it_and_that_is_told() {
    load();
    bring_all_up();
    let _sim = Netdevsim::new(1, &["sim0"]);
    set_up("sim0", 2);
    // With duplicate address detection.
    ip("address add 2001:db8:9::2/64 dev sim0");
    eventually("the address is ready", || {
        !ip("-6 address show dev sim0").contains("tentative")
    });
    ip("-6 route add 2001:db8:200::/48 via 2001:db8:2::1 dev sim0 metric 5 src 2001:db8:9::2");
    let red = Namespace::add("red");
    ip("link set sim0 netns red");
    let told = returns(dies(red));
    let how = &told["sim0"];
    assert_eq!(not_back(how), [Errno::EINVAL], "{how:?}");
    assert!(!says_restored(how), "{how:?}");
    let now = routes("sim0");
    let back = "2001:db8:200::/48 via 2001:db8:2::1 metric 5 pref medium";
    assert!(now.iter().any(|route| route == back), "{now:?}");
}

#[test]
fn what_is_no_static_route_of_the_main_table_is_refused() {
    load();
    let red = Namespace::add("red");
    red.ip("link add dum0 type dummy");
    let mut other_table = vec![2, 0, 0, 0, 100, 4, 0, 1, 0, 0, 0, 0];
    let good = {
        other_table[4] = 254;
        let good = other_table.clone();
        other_table[4] = 100;
        good
    };
    let mut of_kernel = good.clone();
    of_kernel[5] = 2;
    let with_device = [&good[..], &[8, 0, 4, 0, 1, 0, 0, 0]].concat();
    let set = |routes: Vec<Vec<u8>>| {
        let home = Home {
            namespace: 100,
            name: Some("dum0".to_owned()),
            routes,
            ..Home::default()
        };
        let change = DeviceChange {
            homes: Some(vec![home]),
            ..DeviceChange::default()
        };
        client().set_device(red.cookie(), Which::Name("dum0"), &change)
    };
    for wrong in [vec![], other_table, of_kernel, with_device] {
        match set(vec![wrong.clone()]) {
            Err(Error::Refused(refusal)) => {
                assert_eq!(refusal.errno, Errno::EINVAL, "{refusal:?}");
                assert_eq!(
                    refusal.attribute.as_deref(),
                    Some("home.route"),
                    "{wrong:?}"
                );
            }
            other => panic!("{wrong:?}: {other:?}"),
        }
    }
    match set(vec![good; 65]) {
        Err(Error::Refused(refusal)) => assert_eq!(refusal.errno, Errno::E2BIG, "{refusal:?}"),
        other => panic!("{other:?}"),
    }
}
