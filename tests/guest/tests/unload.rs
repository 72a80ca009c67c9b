// SPDX-License-Identifier: GPL-2.0-only

//! Loading and unloading touch nothing.

use std::fs::{self, File};
use std::os::fd::AsFd;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::channel;
use std::sync::Arc;
use std::thread::spawn;
use std::time::Duration;

use homeward_client::model::Settings;
use homeward_client::{Client, Error, Notice, Which};
use homeward_guest_tests::{
    all_come_home_with, client, eventually, inside, ip, is_as_before, is_loaded, load, look,
    nic_in_red, times, unload, Failing, Fault, Listener, Namespace, Netdevsim, Opener, Rtnl,
};
use nix::errno::Errno;
use nix::kmod::{delete_module, DeleteModuleFlags};

#[test]
fn rmmod_with_live_namespaces_moves_nothing_and_a_later_death_is_the_kernels_own() {
    let (_sim, red, _) = nic_in_red();
    red.ip("link set sim0 name ct0 mtu 1400 address 02:00:00:00:00:09 up");
    red.ip("address add 192.0.2.1/24 dev ct0");
    eventually("nobody else has its IPv6 address", || {
        !red.ip("address show").contains("tentative")
    });
    let (inside, outside) = (red.ip("-d address show"), ip("-d address show"));
    unload();
    assert_eq!(red.ip("-d address show"), inside);
    assert_eq!(ip("-d address show"), outside);

    // Left alone, the kernel brings it home as the container made it.
    red.delete();
    eventually("ct0 comes home", || ip("link show").contains(" ct0:"));
    let link = ip("link show ct0");
    assert!(
        link.contains("mtu 1400") && link.contains("02:00:00:00:00:09"),
        "{link}"
    );
}

#[test]
fn what_happened_before_loading_is_not_known_and_what_happens_after_is() {
    unload();
    let _sim = Netdevsim::new(1, &["sim0", "sim1"]);
    let red = Namespace::add("red");
    ip("link set sim0 netns red");
    load();
    let old = client().device_by_name(red.cookie(), "sim0").expect("sim0");
    assert!(old.homes.is_empty());
    let ns = client()
        .namespace(homeward_client::By::Cookie(red.cookie()))
        .expect("red");
    assert_eq!((ns.born, ns.creator), (None, None));

    ip("link set sim1 netns red");
    red.ip("link set sim1 name ct1");
    let before = look(|args| red.ip(args), "sim0");
    red.delete();
    // The one comes home as it is, the other as it was.
    eventually("both come home", || {
        let links = ip("link show");
        links.contains(" sim0:") && links.contains(" sim1:")
    });
    assert_eq!(look(ip, "sim0"), before);
}

/// Somebody brings a NIC home, and in the same call asks for something that takes its time: he has not put it in
/// order yet, which he does on his way back.
#[test]
fn one_who_is_kept_in_the_call_that_brought_a_nic_home_keeps_the_module_and_lets_no_rmmod_wait() {
    let (_sim, red, before) = nic_in_red();
    let opener = Opener::that_waits();
    ip("link set opener0 netns red");
    red.ip("link set sim0 mtu 1400 alias theirs");
    let mut rtnl = inside("red", Rtnl::new);
    let mut index = |name: &str| rtnl.by_name(name).expect("a NIC").ifindex;
    let (sim, slow) = (index("sim0"), index("opener0"));
    let here = File::open("/proc/self/ns/net").expect("this namespace");
    let mover = spawn(move || rtnl.carry_and_set_up(sim, here.as_fd(), slow));
    let gate = opener.waits();

    let (tell, told) = channel();
    spawn(move || tell.send(delete_module(c"homeward", DeleteModuleFlags::O_NONBLOCK)));
    let answer = told.recv_timeout(Duration::from_secs(10));
    assert_eq!(answer.expect("an answer at once"), Err(Errno::EAGAIN));

    // It works on, and goes when he is done.
    drop(gate);
    mover.join().expect("an end").expect("done");
    is_as_before("sim0", &before);
    assert!(client().namespaces().is_ok());
    red.ip("link set opener0 down");
    unload();
    assert!(!is_loaded());
}

/// The kernel tells a module that goes of the end of each device. Its routes are read by kernel threads.
#[test]
fn rmmod_does_not_read_the_routes_of_the_devices_that_are_up() {
    load();
    all_come_home_with(Settings::ALL);
    let _sim = Netdevsim::new(1, &["sim0", "sim1"]);
    let calls = || {
        Fault::new(
            "kthread_create_on_node",
            Failing::With(Errno::ENOMEM),
            1000,
            1,
        )
    };
    for name in ["sim0", "sim1"] {
        ip(&format!("link set {name} up"));
    }
    let fault = calls();
    ip("link set sim1 down");
    assert_ne!(fault.calls(), 0, "they are read in another way");
    drop(fault);
    let fault = calls();
    unload();
    assert_eq!(fault.calls(), 0);
}

/// What is left to be done for a device that is brought home is done by the end of the call, and there can be many
/// in one.
#[test]
fn a_nic_that_comes_home_time_and_again_in_one_call_is_not_noted_each_time() {
    const TIMES: usize = 4000;
    let (_sim, red, before) = nic_in_red();
    red.ip("link set sim0 mtu 1400");
    let there = File::open("/run/netns/red").expect("red");
    let here = File::open("/proc/self/ns/net").expect("this namespace");
    let mut theirs = inside("red", Rtnl::new);
    let sim = theirs.by_name("sim0").expect("a NIC").ifindex;
    let left = || client().stats().expect("stats").left;
    let (had_left, mut back) = (left(), Rtnl::new());
    let fault = Fault::new("task_work_add", Failing::With(Errno::ESRCH), 10_000, 1);

    let ended = Arc::new(AtomicBool::new(false));
    let end = ended.clone();
    let mover = spawn(move || {
        let sent = theirs.carry_often(sim, here.as_fd(), TIMES);
        end.store(true, Ordering::Release);
        sent
    });
    // Where a move takes long, each request finds it there again.
    let mut enough = 20;
    while enough > 0 && !ended.load(Ordering::Acquire) {
        enough -= u32::from(back.carry(sim, there.as_fd()).is_ok());
    }
    mover.join().expect("an end").expect("sent");
    let times = left() - had_left;
    assert!(times > 8, "it came home {times} times only");
    assert!(
        (1..=4).contains(&fault.calls()),
        "{} of {times}",
        fault.calls()
    );
    drop(fault);
    let _ = client().recall(red.cookie(), Which::Ifindex(sim));
    eventually("it is as it was", || look(ip, "sim0") == before);
}

#[test]
fn without_the_module_the_client_says_that_it_is_not_loaded() {
    unload();
    assert!(matches!(Client::connect(), Err(Error::NotLoaded)));
    load();
    assert!(Client::connect().is_ok());
}

#[test]
fn a_listener_hears_that_the_module_goes() {
    load();
    let mut events = client().subscribe().expect("events");
    unload();
    let notice = events.next(Some(Duration::from_secs(20)));
    assert_eq!(notice.expect("a notice"), Some(Notice::Unloaded));
}

#[test]
fn loading_and_unloading_work_while_namespaces_come_and_go() {
    unload();
    let _sim = Netdevsim::new(1, &["sim0"]);
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !stop.load(Ordering::Relaxed) {
                let red = Namespace::add("churn");
                ip("link set sim0 netns churn");
                red.ip("link set sim0 name ct0");
                red.delete();
                // As itself, or as the kernel alone brings it.
                eventually("the NIC comes home", || {
                    let links = ip("link show");
                    links.contains(" sim0:") || links.contains(" ct0:")
                });
                eventually("it has its name", || {
                    let links = ip("link show");
                    if links.contains(" ct0:") && !links.contains(" sim0:") {
                        // Perhaps it is just being renamed: then this fails.
                        let _ = std::process::Command::new("/usr/bin/ip")
                            .args(["link", "set", "ct0", "name", "sim0"])
                            .output();
                    }
                    ip("link show").contains(" sim0:")
                });
            }
        });
        for _ in 0..times(10) {
            load();
            assert!(client().namespaces().is_ok());
            unload();
            assert!(!is_loaded());
        }
        stop.store(true, Ordering::Relaxed);
    });
    knows_what_happens();
}

#[test]
fn namespaces_may_be_born_and_die_at_any_moment_of_loading_and_unloading() {
    unload();
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                while !stop.load(Ordering::Relaxed) {
                    nix::sched::unshare(nix::sched::CloneFlags::CLONE_NEWNET).expect("unshare");
                }
            });
        }
        for _ in 0..times(25) {
            load();
            assert!(client().namespaces_now().is_ok());
            unload();
        }
        stop.store(true, Ordering::Relaxed);
    });
    knows_what_happens();
}

/// Loads the module and sees one namespace through.
fn knows_what_happens() {
    load();
    let mut events = Listener::new();
    let red = Namespace::add("red");
    let cookie = red.cookie();
    red.delete();
    events.until_gone(cookie);
}

/// Those who asked for memory that is in use: of each object the function that called the allocator.
fn who_asked() -> Vec<String> {
    let caches = fs::read_dir("/sys/kernel/debug/slab").expect("debugfs");
    let mut all = Vec::new();
    for cache in caches.flatten() {
        let text = fs::read_to_string(cache.path().join("alloc_traces")).unwrap_or_default();
        let mut stack = text.lines().map(str::trim_start);
        while let Some(line) = stack.next() {
            if line.contains("krealloc") {
                all.extend(
                    stack
                        .find(|line| !line.contains("alloc"))
                        .map(str::to_owned),
                );
            }
        }
    }
    all
}

#[test]
fn what_the_module_asks_for_is_on_record_so_that_the_end_of_the_run_can_tell_what_is_left() {
    load();
    let mine = |all: &[String]| all.iter().filter(|one| one.ends_with("[homeward]")).count();
    let asked = who_asked();
    assert!(mine(&asked) > 0, "{asked:?}");
}
