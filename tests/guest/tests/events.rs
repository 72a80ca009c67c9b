// SPDX-License-Identifier: GPL-2.0-only

//! What the module tells, and how it lists.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use homeward_client::model::{Cause, EventKind, State};
use homeward_client::By;
use homeward_guest_tests::{
    client, cookie_of, ip, load, times, Listener, Namespace, Namespaces, Netdevsim, Unnamed,
};

#[test]
fn the_events_of_a_return_arrive_in_order_and_without_holes() {
    load();
    let _sim = Netdevsim::new(1, &["sim0"]);
    let mut events = Listener::new();
    let red = Namespace::add("red");
    let cookie = red.cookie();
    ip("link set sim0 netns red");
    red.ip("link set sim0 name ct0 mtu 1400 txqueuelen 77");
    red.delete();

    let told = events.until_gone(cookie);
    let names: Vec<_> = told.iter().map(EventKind::name).collect();
    assert_eq!(
        names,
        ["ns-born", "dev-away", "ns-dying", "dev-returned", "ns-gone"]
    );

    let EventKind::NamespaceBorn(born) = &told[0] else {
        panic!("{told:?}")
    };
    assert_eq!(born.cookie, cookie);
    let creator = born.creator.as_ref().expect("a creator");
    assert_eq!(creator.command.as_deref(), Some("ip"));
    assert_eq!(creator.uid, Some(0));

    let EventKind::DeviceAway(away) = &told[1] else {
        panic!("{told:?}")
    };
    assert_eq!((away.namespace, away.name.as_str()), (cookie, "sim0"));
    assert_eq!(away.homes.len(), 1);

    let EventKind::NamespaceDying(dying) = &told[2] else {
        panic!("{told:?}")
    };
    assert_eq!((dying.state, dying.away), (State::Dying, Some(1)));

    let EventKind::DeviceReturned(back, Some(how)) = &told[3] else {
        panic!("{told:?}")
    };
    assert_eq!((back.namespace, back.name.as_str()), (cookie_of(1), "sim0"));
    assert!(back.homes.is_empty());
    assert_eq!(how.cause, Cause::Death);
    assert_eq!(
        (how.from, how.from_name.as_deref()),
        (Some(cookie), Some("ct0"))
    );
    assert_eq!(how.home_name.as_deref(), Some("sim0"));
    assert_eq!(how.restored.names(), ["name", "mtu", "txqlen"]);
    assert!(how.failures.is_empty(), "{how:?}");

    let EventKind::NamespaceGone(gone) = &told[4] else {
        panic!("{told:?}")
    };
    assert!(gone.dying_for.is_some_and(|time| !time.is_zero()));
    assert_eq!(gone.devices, Some(0));
}

#[test]
fn a_return_by_hand_is_told_as_a_move() {
    load();
    let _sim = Netdevsim::new(1, &["sim0"]);
    let red = Namespace::add("red");
    let mut events = Listener::new();
    ip("link set sim0 netns red");
    red.ip("link set sim0 netns 1");
    let told = events.until(|kind| matches!(kind, EventKind::DeviceReturned(..)));
    assert_eq!(told.len(), 2);
    let EventKind::DeviceReturned(_, Some(how)) = &told[1] else {
        panic!("{told:?}")
    };
    assert_eq!(how.cause, Cause::Moved);
}

#[test]
fn an_unnamed_namespace_is_known_with_its_creator() {
    load();
    let ns = Unnamed::new();
    let known = client()
        .namespace(By::Pid(ns.pid()))
        .expect("the namespace");
    assert_eq!(known.state, State::Live);
    assert!(!known.initial);
    let creator = known.creator.expect("a creator");
    assert_eq!(creator.pid, Some(ns.pid()));
    assert_eq!(creator.command.as_deref(), Some("unshare"));
    // Named by its inode number it is the same one.
    let by_inum = client()
        .namespace(By::Inum(known.inum.expect("an inum")))
        .expect("the same");
    assert_eq!(by_inum.cookie, known.cookie);
}

#[test]
fn dumps_neither_skip_nor_repeat_while_namespaces_come_and_go() {
    load();
    let standing = Namespaces::add("stand", 40);
    let cookies: BTreeSet<u64> = standing.iter().map(Namespace::cookie).collect();
    let stop = AtomicBool::new(false);
    let churned = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        let churner = scope.spawn(|| {
            while !stop.load(Ordering::Relaxed) {
                Namespace::add("churn").delete();
                churned.fetch_add(1, Ordering::Relaxed);
            }
        });
        let mut dumped = 0;
        let enough = || churned.load(Ordering::Relaxed) >= times(40);
        // Whatever ends the churn fails the test, and at once.
        while (dumped < times(200) || !enough()) && !churner.is_finished() {
            // Interrupted or not, what stands is there, once, and in order.
            let dump = client().namespaces_now().expect("a dump");
            let seen: Vec<u64> = dump.items.iter().map(|ns| ns.cookie).collect();
            assert!(seen.windows(2).all(|pair| pair[0] < pair[1]), "{seen:?}");
            let seen: BTreeSet<u64> = seen.into_iter().collect();
            assert!(cookies.is_subset(&seen));
            dumped += 1;
            let devices = client().devices_now(None).expect("a dump");
            let seen: Vec<_> = devices
                .items
                .iter()
                .map(|device| (device.namespace, device.ifindex))
                .collect();
            assert!(seen.windows(2).all(|pair| pair[0] < pair[1]), "{seen:?}");
        }
        stop.store(true, Ordering::Relaxed);
        println!("{dumped} dumps, {churned:?} came and went");
    });
}

#[test]
fn a_thousand_namespaces_are_dumped_whole_while_others_come_and_go() {
    load();
    let files = nix::sys::resource::Resource::RLIMIT_NOFILE;
    nix::sys::resource::setrlimit(files, 4096, 4096).expect("more descriptors");
    // A debug kernel takes a minute to make so many, and longer to take them down again.
    let count = times(1000);
    // Held by descriptors alone: neither name nor process.
    let standing: Vec<std::fs::File> = std::thread::spawn(move || {
        (0..count)
            .map(|_| {
                nix::sched::unshare(nix::sched::CloneFlags::CLONE_NEWNET).expect("unshare");
                std::fs::File::open("/proc/thread-self/ns/net").expect("a namespace")
            })
            .collect()
    })
    .join()
    .expect("the namespaces");
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !stop.load(Ordering::Relaxed) {
                nix::sched::unshare(nix::sched::CloneFlags::CLONE_NEWNET).expect("unshare");
            }
        });
        for _ in 0..10 {
            let seen: Vec<u64> = client()
                .namespaces_now()
                .expect("a dump")
                .items
                .iter()
                .map(|ns| ns.cookie)
                .collect();
            assert!(seen.windows(2).all(|pair| pair[0] < pair[1]));
            assert!(seen.len() > count, "{}", seen.len());
        }
        stop.store(true, Ordering::Relaxed);
    });
    let whole = client().namespaces().expect("a consistent dump");
    assert!(whole.len() > count);
    drop(standing);
}

#[test]
fn every_namespace_that_was_born_is_gone_in_the_end() {
    load();
    let before = client().namespaces().expect("a dump").len();
    let mut events = Listener::new();
    let spaces = Namespaces::add("many", 20);
    let mut cookies: BTreeSet<u64> = spaces.iter().map(Namespace::cookie).collect();
    drop(spaces);
    while !cookies.is_empty() {
        if let EventKind::NamespaceGone(ns) = events.wait().kind {
            cookies.remove(&ns.cookie);
        }
    }
    assert_eq!(client().namespaces().expect("a dump").len(), before);
}

#[test]
fn a_refusal_says_why_in_the_kernels_words() {
    load();
    let error = client()
        .namespace(By::Cookie(u64::MAX))
        .expect_err("no such");
    assert!(
        error
            .to_string()
            .contains("no network namespace has this cookie"),
        "{error}"
    );
    let error = client()
        .device_by_name(cookie_of(1), "nosuch")
        .expect_err("no such");
    assert!(error.to_string().contains("no such device"), "{error}");
}
