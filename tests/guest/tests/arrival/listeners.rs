// SPDX-License-Identifier: GPL-2.0-only

//! What those hear who listen to uevents and rtnetlink at home.

use std::time::{Duration, Instant};

use homeward_client::Which;
use homeward_guest_tests::{
    client, die_together, dies, inside, ip, load, returns, stride, times, unload, Fleet, Link,
    Namespace, Namespaces, Netdevsim, News, Nic, Observer, Rtnl,
};

use super::disguised;

/// Every one of them came home with nothing left to be told.
#[track_caller]
fn die_without_a_failure(red: Namespaces, count: usize) {
    let told = die_together(red);
    let how = returns(&told);
    assert_eq!(how.len(), count);
    let failed = how.iter().find(|(_, how)| !how.failures.is_empty());
    assert!(failed.is_none(), "{failed:#?}");
}

/// Returns of NICs that were changed in every way: all at once, of one namespace and of many that die together,
/// down and up. 1,024 with `make test LONG=1`; without it hundreds, beside those of the other tests here.
#[test]
fn hundreds_of_returns_are_never_seen_under_a_foreign_name_or_setting() {
    load();
    let nics = if stride() == 1 { 256 } else { times(48) };
    let fleet = Fleet::new(nics);
    for (namespaces, up) in [(1, ""), (32, " up"), (64, ""), (4, " up")] {
        let namespaces = namespaces.min(nics);
        let red = Namespaces::add("red", namespaces);
        fleet.leave_for(&red, |number| disguised(number) + up);
        let mut observer = Observer::new();
        let begun = Instant::now();
        die_without_a_failure(red, nics);
        let what = format!("{nics} NICs of {namespaces} namespaces{up}");
        println!("{what} in {:?}", begun.elapsed());
        fleet.arrived_as_themselves(&what, &observer.heard());
        fleet.all_as_before(&what);
    }
}

/// 32 namespaces of one NIC each, up and renamed, that die together; the order in which they are is any.
#[test]
fn namespaces_of_one_nic_each_that_die_together_send_all_home_in_order() {
    load();
    for round in 0..2 {
        let fleet = Fleet::like(32, |number| {
            format!("alias mine{number} mtu {}", 1500 + number)
        });
        let red = Namespaces::add("red", 32);
        // Of some the name alone is different, and some keep theirs.
        let words = |number| match number % 4 {
            0 => format!("name ct{number} up"),
            1 => "up".to_owned(),
            2 => disguised(number) + " up",
            _ => format!("name nic{} up", (number + 4) % 32),
        };
        fleet.leave_for(&red, words);
        let mut observer = Observer::new();
        die_without_a_failure(red, 32);
        let what = format!("round {round}");
        fleet.arrived_as_themselves(&what, &observer.heard());
        fleet.all_as_before(&what);
    }
}

#[test]
fn a_recalled_nic_is_never_seen_under_a_foreign_name_or_setting() {
    load();
    let count = times(60);
    let fleet = Fleet::new(count);
    let red = Namespace::add("red");
    fleet.leave_for(std::slice::from_ref(&red), |number| {
        disguised(number) + if number % 2 == 0 { " up" } else { "" }
    });
    let mut observer = Observer::new();
    let cookie = red.cookie();
    // Half of them one by one.
    for number in 0..count / 2 {
        let home = client().recall(cookie, Which::Name(&format!("ct{number}")));
        let how = home.expect("a recall").outcome.expect("a return");
        assert!(how.failures.is_empty(), "{how:?}");
    }
    let all = client().recall_all(cookie).expect("all");
    assert_eq!((all.returned as usize, all.failed), (count - count / 2, 0));
    fleet.arrived_as_themselves("a recall", &observer.heard());
    fleet.all_as_before("a recall");
}

/// A home is any namespace that a device left, and who listens there is as little to be led astray.
#[test]
fn a_nic_arrives_as_itself_in_a_home_that_is_not_the_initial_namespace() {
    load();
    for by in ["death", "recall"] {
        let mut fleet = Fleet::new(8);
        let (blue, red) = (Namespaces::add("blue", 1), Namespaces::add("red", 1));
        fleet.leave_for(&blue, |number| {
            format!("name at{number} mtu 1300 alias blue group 3")
        });
        let first = fleet.homes.clone();
        let homes = inside("blue0", || {
            let mut rtnl = Rtnl::new();
            let at = |number| rtnl.by_name(&format!("at{number}")).expect("there");
            (0..8).map(at).collect::<Vec<_>>()
        });
        for (number, home) in homes.iter().enumerate() {
            blue[0].ip(&format!(
                "link set {} netns red0 {}",
                home.name,
                disguised(number)
            ));
        }
        fleet.homes = homes;
        let mut observer = inside("blue0", Observer::new);
        match by {
            "death" => die_without_a_failure(red, 8),
            _ => {
                let all = client().recall_all(red[0].cookie()).expect("all");
                assert_eq!((all.returned, all.failed), (8, 0));
            }
        }
        fleet.arrived_as_themselves(by, &observer.heard());
        fleet.homes = first;
        // Its sockets would keep blue0 alive.
        drop(observer);
        let mut observer = Observer::new();
        die_without_a_failure(blue, 8);
        fleet.arrived_as_themselves(by, &observer.heard());
        fleet.all_as_before(by);
    }
}

/// What a listener hears of one device, and that all of it is right.
#[track_caller]
fn only_itself(what: &str, home: &Link, news: &[News]) {
    let mut adds = 0;
    for one in news {
        match one {
            News::Uevent(event) if event.action == "add" && event.name == home.name => adds += 1,
            News::Link(link) if link == home => {}
            other => panic!("{what}: {other}\ninstead of\n{home}\n{news:#?}"),
        }
    }
    assert_eq!(adds, 1, "{what}: {news:#?}");
}

#[test]
fn cards_of_the_machine_arrive_as_themselves_too() {
    load();
    let mut rtnl = Rtnl::new();
    for driver in ["virtio_net", "e1000"] {
        for (by, up) in [("death", ""), ("death", " up"), ("recall", " up")] {
            let nic = Nic::driven_by(driver);
            let home = rtnl.by_name(nic.name()).expect("the NIC");
            let red = Namespace::add("red");
            let words = "name ct0 mtu 1400 address 02:00:00:99:00:01 txqueuelen 77 promisc on alias theirs group 5";
            ip(&format!(
                "link set dev {} netns red {words}{up}",
                nic.name()
            ));
            let mut observer = Observer::new();
            let what = format!("{driver}{up} by {by}");
            match by {
                "death" => drop(dies(red)),
                _ => {
                    client()
                        .recall(red.cookie(), Which::Name("ct0"))
                        .expect("home");
                }
            }
            only_itself(&what, &home, &observer.heard());
            assert_eq!(rtnl.link(home.ifindex), Some(home), "{what}");
        }
    }
}

/// What both listeners hear of one return, without the module and with it. For the documentation it is
/// printed by `make test ONLY_GUEST=1 LONG=1 FILTER=one_return`.
#[test]
fn one_return_as_those_who_listen_hear_it() {
    for loaded in [false, true] {
        match loaded {
            true => load(),
            false => unload(),
        }
        let _sim = Netdevsim::new(1, &["enp1s0"]);
        ip("link set enp1s0 address 52:54:00:12:34:56");
        let home = Rtnl::new().by_name("enp1s0").expect("the NIC");
        let red = Namespace::add("red");
        ip("link set enp1s0 netns red name ct0 mtu 1400 address 02:00:00:00:00:01 promisc on");
        red.ip("link set ct0 up alias container");
        let mut observer = Observer::new();
        let begun = Instant::now();
        red.delete();
        let with = if loaded { "with" } else { "without" };
        log(&format!("one return {with} the module"));
        let mut all = Vec::new();
        // Without it nothing tells when that is all.
        let mut news = observer.wait(Duration::from_secs(10));
        while !news.is_empty() {
            let ms = begun.elapsed().as_secs_f64() * 1000.0;
            for one in news {
                log(&format!("{ms:7.1} ms  {one}"));
                all.push(one);
            }
            news = observer.wait(Duration::from_millis(300));
        }
        if loaded {
            only_itself("one return", &home, &all);
        }
    }
}

/// What is meant for people, in a run that is: the runner passes on what begins so.
fn log(line: &str) {
    let mark = if stride() == 1 { "summary" } else { "log" };
    println!("\n{mark}: {line}");
}
