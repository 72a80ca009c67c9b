// SPDX-License-Identifier: GPL-2.0-only

//! The last that a listener at home hears of an arrival is how the device is in the end, whatever had to be
//! put back there.

use std::os::fd::OwnedFd;

use homeward_client::model::{setting, EventKind, NewRule, Return, RuleAction, Settings};
use homeward_client::Which;
use homeward_guest_tests::{
    attach_xdp, client, dies, inside, ip, link_tcx, load, tcx_program, Fleet, Link, Namespace,
    News, Observer, Rtnl, Side,
};

/// What a device is like at home, by words of `ip link set`.
const AT_HOME: &str =
    "alias mine group 7 txqueuelen 500 mtu 9000 gso_max_size 40000 gso_max_segs 80 \
    gro_max_size 50000";

/// What is changed inside: words of `ip link set dev ct0`, or of `ip link property`, and the name of what
/// is put back.
const CHANGES: [(&str, &str); 16] = [
    ("set dev ct0 alias theirs", "alias"),
    ("set dev ct0 group 5", "group"),
    ("set dev ct0 txqueuelen 77", "txqlen"),
    ("set dev ct0 mtu 1400", "mtu"),
    ("set dev ct0 address 02:00:00:99:00:01", "address"),
    ("set dev ct0 promisc on", "promisc"),
    ("set dev ct0 allmulticast on", "allmulti"),
    ("set dev ct0 arp off", "noarp"),
    ("set dev ct0 multicast on", "multicast"),
    ("set dev ct0 mode dormant", "link-mode"),
    ("set dev ct0 broadcast 02:00:00:99:00:99", "broadcast"),
    ("set dev ct0 gso_max_size 30000", "gso-max-size"),
    ("set dev ct0 gso_max_segs 9", "gso-max-segs"),
    ("set dev ct0 gro_max_size 20000", "gro-max-size"),
    ("property add dev ct0 altname foreign", "altnames"),
    ("property del dev ct0 altname first", "altnames"),
];

fn how(told: &[EventKind]) -> &Return {
    let found = told.iter().find_map(|kind| match kind {
        EventKind::DeviceReturned(_, how) => how.as_ref(),
        _ => None,
    });
    found.expect("a return")
}

/// The last that was heard of a device.
#[track_caller]
fn last<'a>(news: &'a [News], ifindex: u32) -> &'a Link {
    let of = |one: &'a News| match one {
        News::Link(link) if link.ifindex == ifindex => Some(link),
        _ => None,
    };
    news.iter().rev().find_map(of).expect("a message")
}

/// nic0 with all sorts of settings of its own, in the namespace `red`, called `ct0` or as ever.
#[track_caller]
fn away(name: &str) -> (Fleet, Namespace) {
    let fleet = with_settings();
    let red = into_red(&fleet, name);
    (fleet, red)
}

#[track_caller]
fn with_settings() -> Fleet {
    let mut fleet = Fleet::like(1, |_| AT_HOME.to_owned());
    ip("link property add dev nic0 altname first altname second");
    fleet.look_again();
    fleet
}

#[track_caller]
fn into_red(fleet: &Fleet, name: &str) -> Namespace {
    let red = Namespace::add("red");
    fleet.leave_for(std::slice::from_ref(&red), |_| format!("name {name}"));
    red
}

#[test]
fn the_last_message_shows_whatever_was_put_back_also_if_that_alone_differed() {
    load();
    let fleet = with_settings();
    for (words, restored) in CHANGES {
        for (by, name) in [("death", "nic0"), ("death", "ct0"), ("recall", "nic0")] {
            let red = into_red(&fleet, name);
            red.ip(&format!("link {}", words.replace("ct0", name)));
            let mut observer = Observer::new();
            let what = format!("{words} as {name}, {by}");
            let how = match by {
                "death" => how(&dies(red)).clone(),
                _ => {
                    let home = client().recall(red.cookie(), Which::Name(name));
                    home.expect("home").outcome.expect("a return")
                }
            };
            assert!(how.failures.is_empty(), "{what}: {how:?}");
            assert!(
                how.restored.names().iter().any(|one| one == restored),
                "{what}: {how:?}"
            );
            let home = &fleet.homes[0];
            let heard = observer.heard();
            let last = last(&heard, home.ifindex);
            assert_eq!(last.differing(home), [""; 0], "{what}: {heard:#?}");
            assert_eq!(
                Rtnl::new().link(home.ifindex).as_ref(),
                Some(home),
                "{what}"
            );
        }
    }
}

/// Programs, which are detached, and what a driver refuses with one: netdevsim an MTU above 4000.
#[test]
fn a_program_of_inside_is_gone_in_the_last_message_and_the_mtu_is_that_of_home() {
    load();
    for mode in ["xdpdrv", "xdpgeneric"] {
        for by in ["death", "recall"] {
            let (fleet, red) = away("ct0");
            red.ip("link set ct0 mtu 1500");
            attach_xdp(&red, "ct0", mode);
            let mut observer = Observer::new();
            let how = match by {
                "death" => how(&dies(red)).clone(),
                _ => {
                    let home = client().recall(red.cookie(), Which::Name("ct0"));
                    home.expect("home").outcome.expect("a return")
                }
            };
            let what = format!("{mode}, {by}");
            assert!(how.failures.is_empty(), "{what}: {how:?}");
            assert!(
                how.restored
                    .contains(Settings::of(setting::MTU) | Settings::of(setting::XDP)),
                "{what}: {how:?}"
            );
            let home = &fleet.homes[0];
            let heard = observer.heard();
            assert_eq!(last(&heard, home.ifindex), home, "{what}: {heard:#?}");
        }
    }
}

/// A driver that refuses the MTU of home as long as a program is attached has the device arrive with that of inside:
/// the kernel exports no call that detaches one before. All the rest is as at home.
#[test]
fn a_nic_with_a_program_that_limits_its_mtu_is_seen_with_nothing_else_of_inside() {
    load();
    for by in ["death", "recall"] {
        let (fleet, red) = away("ct0");
        red.ip("link set ct0 mtu 1500");
        attach_xdp(&red, "ct0", "xdpdrv");
        let mut observer = Observer::new();
        match by {
            "death" => drop(dies(red)),
            _ => drop(client().recall_all(red.cookie()).expect("a recall")),
        }
        for one in observer.heard() {
            if let News::Link(mut link) = one {
                (link.mtu, link.xdp) = (9000, false);
                assert_eq!(link, fleet.homes[0], "{by}");
            }
        }
    }
}

#[test]
fn a_nic_that_lost_only_a_tcx_program_by_its_return_is_told_of_as_it_is() {
    load();
    let (fleet, red) = away("ct0");
    let ifindex = fleet.homes[0].ifindex;
    let link: OwnedFd = inside("red", move || {
        link_tcx(ifindex, Side::Ingress, &tcx_program())
    });
    red.ip("link set ct0 alias theirs");
    let mut observer = Observer::new();
    let told = dies(red);
    assert!(how(&told)
        .restored
        .contains(Settings::of(setting::TCX) | Settings::of(setting::ALIAS)));
    assert_eq!(last(&observer.heard(), ifindex), &fleet.homes[0]);
    drop(link);
}

/// With a rule that asks for it, the last message is that it is up.
#[test]
fn a_nic_that_a_rule_sets_up_is_told_as_itself_and_up() {
    load();
    let rule = NewRule {
        action: RuleAction::Return,
        restore: Some(Settings::DEFAULT | Settings::of(setting::UP)),
        ..NewRule::default()
    };
    client().add_rule(&rule).expect("a rule");
    let (fleet, red) = away("ct0");
    red.ip("link set ct0 alias theirs mtu 1400 up");
    let mut observer = Observer::new();
    dies(red);
    let home = Link {
        up: true,
        ..fleet.homes[0].clone()
    };
    let heard = observer.heard();
    assert_eq!(last(&heard, home.ifindex), &home, "{heard:#?}");
    for one in &heard {
        if let News::Link(link) = one {
            assert_eq!((&link.name, link.mtu), (&home.name, home.mtu), "{heard:#?}");
        }
    }
}

/// A rule that leaves settings as they are inside is obeyed before the arrival as well as after it.
#[test]
fn what_a_rule_does_not_want_back_stays_as_it_was_inside() {
    load();
    let kept = [
        "name", "mtu", "address", "alias", "group", "promisc", "txqlen", "altnames",
    ];
    for kept in kept {
        load();
        let kept_bits = Settings::from_name(kept).expect(kept);
        let restore = Settings::from(Settings::DEFAULT.bits() & !kept_bits.bits());
        let rule = NewRule {
            action: RuleAction::Return,
            restore: Some(restore),
            ..NewRule::default()
        };
        client().add_rule(&rule).expect("a rule");
        let (fleet, red) = away("ct0");
        red.ip("link set ct0 alias theirs group 5 txqueuelen 77 mtu 1400 promisc on address 02:00:00:99:00:01");
        red.ip("link property add dev ct0 altname foreign");
        let there = Rtnl::default();
        drop(there);
        let told = dies(red);
        let how = how(&told);
        assert!(how.failures.is_empty(), "{kept}: {how:?}");
        let home = &fleet.homes[0];
        let now = Rtnl::new().link(home.ifindex).expect("at home");
        let word = if kept == "promisc" { "flags" } else { kept };
        assert_eq!(now.differing(home), [word], "{kept}: {now}");
    }
}
