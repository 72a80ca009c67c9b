// SPDX-License-Identifier: GPL-2.0-only

//! A NIC that somebody else brings home, a container runtime or an administrator, by an orderly stop.

use std::fs::File;
use std::os::fd::AsFd;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{scope, spawn};
use std::time::Duration;

use homeward_client::model::{
    setting, Cause, Device, EventKind, Mark, Moved, NewRule, Return, RuleAction, RuleClass,
    Settings,
};
use homeward_client::{DeviceChange, Error, Which};
use homeward_guest_tests::{
    batch, client, cookie_of, dies, eventually, ip, load, run, times, unload, Fleet, Link,
    Listener, Namespace, News, Observer, Rtnl, Tenant,
};
use nix::errno::Errno;

use super::disguised;

/// NICs that have been in `red`, where all was changed that `ip link set` can change.
#[track_caller]
fn in_red(count: usize) -> (Fleet, Namespace) {
    load();
    let fleet = Fleet::like(count, |number| format!("alias mine{number} txqueuelen 500"));
    let red = Namespace::add("red");
    fleet.leave_for(std::slice::from_ref(&red), disguised);
    (fleet, red)
}

/// What a NIC is to be like that has come home under another name.
fn called(home: &Link, name: &str) -> Link {
    Link {
        name: name.to_owned(),
        ..home.clone()
    }
}

/// Waits for the next return that is told.
#[track_caller]
fn next_return(events: &mut Listener) -> (Device, Return) {
    let mut told = events.until(|kind| matches!(kind, EventKind::DeviceReturned(..)));
    match told.pop() {
        Some(EventKind::DeviceReturned(device, Some(how))) => (device, how),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_nic_that_somebody_fetches_has_its_settings_when_he_is_done() {
    let (fleet, red) = in_red(1);
    let mut events = Listener::new();
    red.ip("link set ct0 netns 1");
    // Not a moment later.
    let now = Rtnl::new().link(fleet.homes[0].ifindex);
    assert_eq!(now, Some(called(&fleet.homes[0], "ct0")));
    let (device, how) = next_return(&mut events);
    assert_eq!(device.name, "ct0");
    assert_eq!((how.cause, how.from), (Cause::Moved, Some(red.cookie())));
    assert_eq!(how.home_name.as_deref(), Some("nic0"));
    assert!(how.failures.is_empty(), "{how:?}");
    let restored = how.restored.names();
    for setting in ["mtu", "address", "txqlen", "group", "alias", "promisc"] {
        assert!(
            restored.iter().any(|name| name == setting),
            "{setting}: {how:?}"
        );
    }
    assert!(!restored.iter().any(|name| name == "name"), "{how:?}");
    let clashes = client().stats().expect("counts").name_clashes;
    assert_eq!(clashes, 0, "nobody else has its name");
}

#[test]
fn what_its_mover_sets_stands_by_the_same_request_and_by_later_ones() {
    let (fleet, red) = in_red(1);
    let home = &fleet.homes[0];
    // As LXC does it: under a name in passing, then its own name and an MTU.
    red.ip("link set ct0 netns 1 name physAbCdEf mtu 1300 alias passing");
    let mut expected = called(home, "physAbCdEf");
    expected.mtu = 1300;
    expected.alias = "passing".to_owned();
    assert_eq!(Rtnl::new().link(home.ifindex), Some(expected.clone()));
    ip("link set physAbCdEf name nic0 mtu 1350 promisc on up");
    expected.name = "nic0".to_owned();
    expected.mtu = 1350;
    expected.up = true;
    let now = Rtnl::new().link(home.ifindex).expect("at home");
    assert_eq!(now.differing(&expected), ["flags"], "{now:?}");
}

#[test]
fn orderly_stops_and_crashes_by_turns_end_as_they_began() {
    load();
    let fleet = Fleet::like(2, |number| format!("alias mine{number}"));
    for round in 0..3 {
        let red = Namespace::add("red");
        fleet.leave_for(std::slice::from_ref(&red), disguised);
        red.ip("link set ct0 netns 1");
        red.ip("link set ct1 netns 1");
        batch("link set ct0 name nic0\nlink set ct1 name nic1\n");
        fleet.all_as_before(&format!("stopped, round {round}"));
        fleet.leave_for(std::slice::from_ref(&red), disguised);
        dies(red);
        fleet.all_as_before(&format!("crashed, round {round}"));
    }
}

#[test]
fn one_that_is_left_to_the_kernel_is_left_to_its_mover_too() {
    let (fleet, red) = in_red(1);
    let change = DeviceChange {
        mark: Some(Mark::Release),
        ..DeviceChange::default()
    };
    let which = Which::Name("ct0");
    client()
        .set_device(red.cookie(), which, &change)
        .expect("marked");
    let inside = red.ip("-details link show ct0");
    red.ip("link set ct0 netns 1");
    let now = Rtnl::new().link(fleet.homes[0].ifindex).expect("at home");
    assert_eq!(
        (now.mtu, now.alias.as_str(), now.queue),
        (1400, "theirs", 77),
        "{inside}"
    );
}

/// A rule for all devices, about what somebody else brings home.
fn rule(action: RuleAction, moved: Option<Moved>) -> NewRule {
    NewRule {
        action,
        moved,
        restore: Some(Settings::DEFAULT | Settings::of(setting::UP)),
        ..NewRule::default()
    }
}

/// What `plan` and the module say of it beforehand.
#[track_caller]
fn foretold(red: &Namespace, name: &str) -> Option<Moved> {
    let device = client().device_by_name(red.cookie(), name);
    device.expect(name).fate.expect("a fate").moved
}

#[test]
fn a_rule_says_what_somebody_else_brings_home() {
    let (fleet, red) = in_red(1);
    let home = &fleet.homes[0];
    for (moved, name, up) in [
        (None, "ct0", false),
        (Some(Moved::Settings), "ct0", false),
        (Some(Moved::All), "nic0", true),
    ] {
        let added = client().add_rule(&rule(RuleAction::Return, moved));
        let added = added.expect("a rule");
        let expected = moved.unwrap_or(Moved::Settings);
        assert_eq!(
            (added.moved, foretold(&red, "ct0")),
            (expected, Some(expected))
        );
        let shown = run("homeward", &["plan", "red"]);
        assert!(shown.contains(&format!(" {} ", expected.name())), "{shown}");
        assert_eq!(foretold(&red, "lo"), None, "nobody can move it");
        red.ip("link set ct0 netns 1");
        let now = Rtnl::new().link(home.ifindex).expect("at home");
        let mut expected = called(home, name);
        expected.up = up;
        assert_eq!(now, expected, "{moved:?}");
        client().delete_rule(added.id).expect("deleted");
        ip(&format!("link set {name} down"));
        ip(&format!("link set {name} name nic0"));
        fleet.leave_for(std::slice::from_ref(&red), disguised);
    }
    for left in [
        rule(RuleAction::Return, Some(Moved::Leave)),
        rule(RuleAction::Kernel, None),
    ] {
        let added = client().add_rule(&left).expect("a rule");
        assert_eq!(foretold(&red, "ct0"), Some(Moved::Leave));
        red.ip("link set ct0 netns 1");
        let now = Rtnl::new().link(home.ifindex).expect("at home");
        assert_eq!(
            (now.mtu, now.alias.as_str(), now.queue),
            (1400, "theirs", 77)
        );
        client().delete_rule(added.id).expect("deleted");
        ip("link set ct0 netns red");
    }
}

/// Also where another device has the name that it leaves with, so that it arrives under the new one.
#[test]
fn the_name_that_its_mover_gives_it_stands_though_a_rule_restores_names() {
    for in_the_way in [false, true] {
        let (fleet, red) = in_red(1);
        let home = &fleet.homes[0];
        let added = client().add_rule(&rule(RuleAction::Return, Some(Moved::All)));
        let added = added.expect("a rule");
        if in_the_way {
            ip("link add ct0 type dummy");
        }
        let mut events = Listener::new();
        red.ip("link set ct0 netns 1 name physAbCdEf");
        let now = Rtnl::new().link(home.ifindex).expect("at home");
        assert_eq!((now.name.as_str(), now.mtu), ("physAbCdEf", home.mtu));
        let (device, how) = next_return(&mut events);
        assert_eq!(
            (device.name.as_str(), how.cause),
            ("physAbCdEf", Cause::Moved)
        );
        assert!(
            !how.restored.contains(Settings::of(setting::NAME)),
            "{how:?}"
        );
        let clashes = client().stats().expect("counts").name_clashes;
        assert_eq!(clashes, 0, "nobody else has its name");
        client().delete_rule(added.id).expect("deleted");
        if in_the_way {
            ip("link del ct0");
        }
    }
}

#[test]
fn a_rule_about_what_is_left_alone_cannot_restore_it() {
    load();
    for new in [
        rule(RuleAction::Kernel, Some(Moved::Settings)),
        rule(RuleAction::Kernel, Some(Moved::All)),
        NewRule {
            class: Some(RuleClass::Virtual),
            ..rule(RuleAction::Return, Some(Moved::All))
        },
    ] {
        let Err(Error::Refused(refusal)) = client().add_rule(&new) else {
            panic!("{new:?}");
        };
        assert_eq!(refusal.errno, Errno::EINVAL);
        let words = refusal.message.expect("a reason");
        assert!(words.contains("left to the kernel"), "{words}");
    }
    let left = client().add_rule(&rule(RuleAction::Kernel, None));
    assert_eq!(left.expect("a rule").moved, Moved::Leave);
}

#[test]
fn a_home_between_others_takes_a_nic_back_as_it_was_there() {
    load();
    let fleet = Fleet::new(1);
    let ifindex = fleet.homes[0].ifindex;
    let (red, blue) = (Namespace::add("red"), Namespace::add("blue"));
    ip("link set nic0 netns red mtu 1450 alias reds");
    red.ip("link set nic0 netns blue mtu 1300 alias blues");
    blue.ip("link set nic0 netns red");
    assert!(red.ip("link show nic0").contains("mtu 1450"));
    assert!(red.ip("link show nic0").contains("alias reds"));
    red.ip("link set nic0 netns 1");
    assert_eq!(Rtnl::new().link(ifindex).as_ref(), Some(&fleet.homes[0]));
}

#[test]
fn one_that_somebody_moves_on_at_once_takes_along_what_it_should_have_been() {
    let (fleet, red) = in_red(32);
    let blue = Namespace::add("blue");
    let mut waiting: Vec<u32> = fleet.homes.iter().map(|home| home.ifindex).collect();
    let there = File::open("/run/netns/blue").expect("blue");
    let mut observer = Observer::new();
    let mover = spawn(move || {
        let mut rtnl = Rtnl::new();
        while !waiting.is_empty() {
            for news in observer.wait(Duration::from_secs(20)) {
                let News::Link(link) = news else { continue };
                let Some(at) = waiting.iter().position(|one| *one == link.ifindex) else {
                    continue;
                };
                waiting.remove(at);
                rtnl.carry(link.ifindex, there.as_fd()).expect("moved on");
            }
        }
    });
    for number in 0..32 {
        red.ip(&format!("link set ct{number} netns 1"));
    }
    mover.join().expect("all were moved on");
    dies(blue);
    let mut rtnl = Rtnl::new();
    for (number, home) in fleet.homes.iter().enumerate() {
        let now = rtnl.link(home.ifindex).expect("at home");
        // The name that it left under, which was left to its mover, or its own if it was not in order.
        assert!(
            [&home.name, &format!("ct{number}")].contains(&&now.name),
            "{now}"
        );
        assert_eq!(now, called(home, &now.name));
    }
}

#[test]
fn a_tenant_who_brings_a_nic_from_one_namespace_of_his_to_another_gets_it_as_it_was() {
    load();
    let fleet = Fleet::new(1);
    let tenant = Tenant::new();
    let pid = tenant.pid();
    ip(&format!("link set nic0 netns {pid} mtu 1450 alias his"));
    let inner = "unshare --net sh -c 'echo $$ > /tmp/moved-inner; exec sleep 1000'";
    let mut holder = std::process::Command::new("nsenter")
        .args([
            "--target",
            &pid.to_string(),
            "--user",
            "--net",
            "sh",
            "-c",
            inner,
        ])
        .spawn()
        .expect("an inner namespace");
    eventually("the inner namespace", || {
        std::fs::read_to_string("/tmp/moved-inner").is_ok_and(|text| {
            let inner = text.trim().parse().ok();
            inner.is_some_and(|inner| cookie_of(inner) != cookie_of(pid))
        })
    });
    let inner = std::fs::read_to_string("/tmp/moved-inner").expect("a pid");
    let inner = inner.trim();
    tenant.ip(&format!(
        "link set nic0 netns {inner} mtu 1300 alias inners"
    ));
    let back = std::process::Command::new("nsenter")
        .args(["--target", inner, "--net", "--user", "/usr/bin/ip"])
        .args(["link", "set", "nic0", "netns", &pid.to_string()])
        .status()
        .expect("nsenter");
    assert!(back.success());
    let shown = tenant.ip("link show nic0");
    assert!(
        shown.contains("mtu 1450") && shown.contains("alias his"),
        "{shown}"
    );
    let _ = holder.kill();
    let _ = holder.wait();
    drop(fleet);
}

#[test]
fn a_module_that_goes_meanwhile_leaves_the_movers_alone() {
    let (fleet, red) = in_red(4);
    let done = AtomicBool::new(false);
    scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                for number in 0..4 {
                    red.ip(&format!("link set ct{number} netns 1"));
                    ip(&format!("link set ct{number} netns red mtu 1400"));
                }
            }
        });
        for _ in 0..times(20) {
            unload();
            load();
        }
        done.store(true, Ordering::Relaxed);
    });
    dies(red);
    for home in &fleet.homes {
        assert!(Rtnl::new().link(home.ifindex).is_some(), "{}", home.name);
    }
}
