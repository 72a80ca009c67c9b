// SPDX-License-Identifier: GPL-2.0-only

//! Others at home who act on what they see of an arrival, at that very moment.

use std::collections::BTreeSet;
use std::fs::File;
use std::net::Ipv4Addr;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::mpsc::{channel, Receiver};
use std::thread::spawn;
use std::time::Duration;

use homeward_client::model::{setting, EventKind, NewRule, Return, RuleAction, Settings};
use homeward_guest_tests::{
    batch, client, dies, eventually, link_tcx, load, tcx_count, tcx_program, times, Fleet, Link,
    Namespace, News, Observer, Rtnl, Side, Stealer, Udev,
};

use super::disguised;

/// 32 NICs that somebody at home moves on into another namespace at the first that is seen of each. When that
/// dies they are what they were at the beginning.
#[test]
fn a_nic_that_is_moved_on_at_its_arrival_comes_home_from_there_as_it_was() {
    load();
    for (by, up) in [("death", " up"), ("recall", "")] {
        let fleet = Fleet::like(32, |number| format!("alias mine{number}"));
        let (red, blue) = (Namespace::add("red"), Namespace::add("blue"));
        fleet.leave_for(std::slice::from_ref(&red), |number| disguised(number) + up);
        let told = move_on(fleet.homes.iter().map(|home| home.ifindex).collect());
        match by {
            "death" => drop(dies(red)),
            // It is told of those that are not to be found any more.
            _ => drop(client().recall_all(red.cookie())),
        }
        let moved = told.recv_timeout(Duration::from_secs(20));
        moved.expect("all were seen, and moved on");
        assert_eq!(blue.ip("-o link show").lines().count(), 33, "{by}");
        let mut observer = Observer::new();
        dies(blue);
        fleet.all_as_before(by);
        fleet.arrived_as_themselves(by, &observer.heard());
    }
}

/// Moves each of these on into `blue` at the first that is heard of it. Says when that has been done.
#[track_caller]
fn move_on(mut waiting: BTreeSet<u32>) -> Receiver<()> {
    let mut observer = Observer::new();
    let there = File::open("/run/netns/blue").expect("blue");
    let (tell, told) = channel();
    spawn(move || {
        let mut rtnl = Rtnl::new();
        while !waiting.is_empty() {
            for news in observer.wait(Duration::from_secs(20)) {
                let News::Link(link) = news else { continue };
                if waiting.remove(&link.ifindex) {
                    rtnl.carry(link.ifindex, there.as_fd()).expect("moved on");
                }
            }
        }
        tell.send(()).expect("told");
    });
    told
}

/// The same name or another one by udev's policy, of a NIC that its administrator gave a name or did not.
#[track_caller]
fn runs_beside_udev(policy: fn(&Link) -> String) {
    load();
    let fleet = Fleet::new(12);
    let mut names: Vec<_> = fleet
        .homes
        .iter()
        .map(|home| (home.ifindex, policy(home)))
        .collect();
    names.sort();
    let mut renamed = Vec::new();
    for run in 0..times(10) {
        let red = Namespace::add("red");
        fleet.leave_for(std::slice::from_ref(&red), |number| {
            format!("name ct{number} mtu 1400")
        });
        let names = names.clone();
        let latest = [0, 5, 30, 200][run % 4];
        let mut observer = Observer::new();
        let udev = Udev::new(
            latest,
            u64::try_from(run).expect("a few") + 1,
            move |ifindex| {
                let at = names
                    .binary_search_by_key(&ifindex, |(index, _)| *index)
                    .ok()?;
                Some(names[at].1.clone())
            },
        );
        dies(red);
        renamed.extend(udev.finish());
        let mut rtnl = Rtnl::new();
        let now = |home: &Link| rtnl.link(home.ifindex).expect("at home").name;
        let now: Vec<_> = fleet.homes.iter().map(now).collect();
        let own: Vec<_> = fleet.homes.iter().map(|home| home.name.clone()).collect();
        assert_eq!(now, own, "run {run}, udev renamed {renamed:#?}");
        seen_by_name(&fleet, &observer.heard());
    }
    assert!(renamed.is_empty(), "{renamed:#?}");
    // And all else that is theirs.
    for home in &fleet.homes {
        let mut now = Rtnl::new().link(home.ifindex).expect("at home");
        now.altnames.retain(|name| *name != policy(home));
        assert_eq!(now, *home);
    }
}

/// Each is seen once as new, and never with another name, MAC or MTU.
#[track_caller]
fn seen_by_name(fleet: &Fleet, news: &[News]) {
    let mut added = BTreeSet::new();
    for one in news {
        let right = match one {
            News::Uevent(event) => event.action == "add" && added.insert(event.name.clone()),
            News::Link(link) => {
                let home = fleet.homes.iter().find(|home| home.ifindex == link.ifindex);
                let wrong = |home| {
                    link.differing(home)
                        .iter()
                        .any(|what| WHO_IT_IS.contains(what))
                };
                home.is_some_and(|home| !wrong(home))
            }
            News::Gone(_) => false,
        };
        assert!(right, "{one}");
    }
    let own: BTreeSet<_> = fleet.homes.iter().map(|home| home.name.clone()).collect();
    assert_eq!(added, own);
}

const WHO_IT_IS: [&str; 3] = ["name", "address", "mtu"];

#[test]
fn twelve_nics_keep_their_names_beside_a_udev_that_would_call_them_so_too() {
    runs_beside_udev(|home| home.name.clone());
}

#[test]
fn twelve_nics_keep_names_of_their_own_beside_a_udev_that_has_others_for_them() {
    runs_beside_udev(|home| format!("enp0s{}", home.ifindex));
}

/// How one NIC came home, whose name somebody takes away, and the name that its event told.
#[track_caller]
fn returned(told: &[EventKind]) -> (&str, &Return) {
    let came = |kind| match kind {
        &EventKind::DeviceReturned(ref device, Some(ref how)) => Some((device.name.as_str(), how)),
        _ => None,
    };
    let mut all = told.iter().filter_map(came);
    let found = all.next().expect("a return");
    assert_eq!(all.count(), 0, "{told:#?}");
    found
}

/// What is told is so: a name that somebody took away is told as such, and a name that is told without that was
/// the device's at that moment.
#[track_caller]
fn what_is_told_is_so(what: &str, told: &[EventKind], stolen: bool, ifindex: u32) -> bool {
    let (name, how) = returned(told);
    let is_told = how.failures.iter().any(|one| one.setting == setting::NAME);
    let now = Rtnl::new().link(ifindex).expect("at home").name;
    match name {
        "nic0" => assert!(!is_told, "{what}: {how:?}"),
        "thief0" => {
            assert!(stolen && is_told, "{what}: {how:?}");
            assert!(
                !how.restored.contains(Settings::of(setting::NAME)),
                "{what}: {how:?}"
            );
            assert_eq!(now, "thief0", "{what}");
        }
        other => panic!("{what}: {other}, {how:?}"),
    }
    // Either it was given back, or it was taken after the event.
    assert!(["nic0", "thief0"].contains(&now.as_str()), "{what}: {now}");
    is_told
}

#[test]
fn a_name_that_somebody_takes_away_at_the_arrival_is_never_told_as_its_own() {
    load();
    for round in 0..times(6) {
        let fleet = Fleet::new(1);
        let ifindex = fleet.homes[0].ifindex;
        let red = Namespace::add("red");
        fleet.leave_for(std::slice::from_ref(&red), disguised);
        // Without delay, by asking all the time.
        let stealer = Stealer::new(ifindex, "thief0", move |rtnl| rtnl.link(ifindex).is_some());
        let told = dies(red);
        let stolen = stealer.finish();
        what_is_told_is_so(
            &format!("round {round}"),
            &told,
            stolen == Some(Ok(())),
            ifindex,
        );
    }
}

/// A rule that has a device set up at home, and given its addresses.
fn up_with_addresses() -> NewRule {
    NewRule {
        action: RuleAction::Return,
        restore: Some(
            Settings::DEFAULT | Settings::of(setting::UP) | Settings::of(setting::ADDRESSES),
        ),
        ..NewRule::default()
    }
}

/// While much is put back yet that can be put back at home only: then the name is gone before the event.
#[test]
fn a_name_that_somebody_takes_away_before_the_event_is_told_as_gone() {
    load();
    client().add_rule(&up_with_addresses()).expect("a rule");
    let mut told_as_gone = 0;
    for round in 0..20 {
        // Whoever takes it is not always in time.
        if told_as_gone > 0 && round >= times(3) {
            break;
        }
        let fleet = Fleet::new(1);
        let ifindex = fleet.homes[0].ifindex;
        let address = |n| format!("address add {} dev nic0\n", Ipv4Addr::new(192, 0, 2, n));
        batch(&(1..=30).map(address).collect::<String>());
        batch("link set nic0 up\n");
        let red = Namespace::add("red");
        fleet.leave_for(std::slice::from_ref(&red), disguised);
        let stealer = Stealer::new(ifindex, "thief0", move |rtnl| {
            rtnl.link(ifindex).is_some_and(|link| link.up)
        });
        let told = dies(red);
        let stolen = stealer.finish();
        eventually("it is up", || {
            Rtnl::new().link(ifindex).is_some_and(|link| link.up)
        });
        let what = format!("round {round}, {stolen:?}");
        told_as_gone += u32::from(what_is_told_is_so(
            &what,
            &told,
            stolen == Some(Ok(())),
            ifindex,
        ));
    }
    assert!(told_as_gone > 0, "never in time");
}

/// What each of these gets at the first that is heard of it: another MTU, an alternative name and a tcx program.
/// Gives what holds the programs when that has been done.
#[track_caller]
fn give_at_arrival(mut waiting: BTreeSet<u32>) -> Receiver<Vec<OwnedFd>> {
    let mut observer = Observer::new();
    let program = tcx_program();
    let (tell, told) = channel();
    spawn(move || {
        let (mut rtnl, mut links) = (Rtnl::new(), Vec::new());
        while !waiting.is_empty() {
            for news in observer.wait(Duration::from_secs(20)) {
                let News::Link(link) = news else { continue };
                let ifindex = link.ifindex;
                if waiting.remove(&ifindex) {
                    rtnl.add_altname(ifindex, &format!("late{ifindex}"))
                        .expect("a name");
                    rtnl.set_mtu(ifindex, 1450).expect("an MTU");
                    links.push(link_tcx(ifindex, Side::Ingress, &program));
                }
            }
        }
        tell.send(links).expect("told");
    });
    told
}

/// While they are put in order yet, as a rule has them set up: one by one, so that there is time.
#[test]
fn what_somebody_gives_a_nic_that_has_just_arrived_stays() {
    load();
    client().add_rule(&up_with_addresses()).expect("a rule");
    for by in ["death", "recall"] {
        let fleet = Fleet::new(12);
        let red = Namespace::add("red");
        fleet.leave_for(std::slice::from_ref(&red), disguised);
        let given = give_at_arrival(fleet.homes.iter().map(|home| home.ifindex).collect());
        match by {
            "death" => drop(dies(red)),
            _ => drop(client().recall_all(red.cookie())),
        }
        let given = given.recv_timeout(Duration::from_secs(20));
        let _links = given.expect("all were seen");
        for home in &fleet.homes {
            let ifindex = home.ifindex;
            let now = Rtnl::new().link(ifindex).expect("at home");
            let wanted = Link {
                up: true,
                mtu: 1450,
                altnames: vec![format!("late{ifindex}")],
                ..home.clone()
            };
            assert_eq!(now, wanted, "{by}");
            assert_eq!(tcx_count(ifindex, Side::Ingress), 1, "{by}: {now}");
        }
    }
}
