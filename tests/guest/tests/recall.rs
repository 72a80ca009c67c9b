// SPDX-License-Identifier: GPL-2.0-only

//! Recall, and opening a namespace by its cookie.

use std::fs::File;
use std::net::UdpSocket;
use std::os::fd::AsFd;
use std::thread::{sleep, spawn};
use std::time::Duration;

use homeward_client::model::{Cause, EventKind};
use homeward_client::{By, Which};
use homeward_guest_tests::{
    client, cookie_of, exists, inside, ip, load, look, nic_in_red, Failing, Fault, Listener,
    Namespace, Netdevsim, Opener, Rtnl, Unnamed,
};
use nix::errno::Errno;

#[track_caller]
fn refused(namespace: u64, name: &str) -> Errno {
    client()
        .recall(namespace, Which::Name(name))
        .expect_err("a refusal")
        .errno()
        .expect("an errno")
}

#[test]
fn a_device_comes_home_from_a_live_namespace_and_the_answer_tells_how() {
    let (_sim, red, before) = nic_in_red();
    red.ip("link set sim0 name ct0 mtu 1400 promisc on");
    red.ip("link set ct0 up");
    let home = client()
        .recall(red.cookie(), Which::Name("ct0"))
        .expect("home");
    assert_eq!(home.namespace, cookie_of(1));
    assert_eq!(home.name.as_deref(), Some("sim0"));
    let how = home.outcome.expect("a return");
    assert_eq!(how.cause, Cause::Recall);
    assert_eq!(how.from, Some(red.cookie()));
    assert_eq!(how.restored.names(), ["name", "mtu", "promisc"]);
    assert!(how.failures.is_empty(), "{how:?}");
    assert_eq!(look(ip, "sim0"), before);
    assert!(red.ip("link show").contains("lo:"));
}

#[test]
fn a_clash_at_home_does_not_keep_a_recalled_device_back() {
    let (_sim, red, _) = nic_in_red();
    red.ip("link set sim0 name ct0");
    red.ip("link property add dev ct0 altname clash");
    ip("link add sim0 type dummy");
    ip("link property add dev sim0 altname clash");
    let home = client()
        .recall(red.cookie(), Which::Name("ct0"))
        .expect("home");
    assert_eq!(home.name.as_deref(), Some("sim0_0"));
    ip("link del sim0");
}

#[test]
fn all_devices_that_are_away_come_home_and_no_other() {
    load();
    let _sim = Netdevsim::new(1, &["sim0", "sim1"]);
    let red = Namespace::add("red");
    red.ip("link add own type dummy");
    ip("link add dum0 type dummy");
    for name in ["sim0", "sim1", "dum0"] {
        ip(&format!("link set {name} netns red"));
    }
    let all = client().recall_all(red.cookie()).expect("all");
    assert_eq!((all.returned, all.failed), (3, 0));
    let mut names: Vec<_> = all
        .devices
        .iter()
        .filter_map(|one| one.name.clone())
        .collect();
    names.sort();
    assert_eq!(names, ["dum0", "sim0", "sim1"]);
    assert!(red.ip("link show own").contains("own"));
    let all = client().recall_all(red.cookie()).expect("all");
    assert_eq!((all.returned, all.failed), (0, 0));
    ip("link del dum0");
}

/// Whoever is root where a device is destroys it just when it is recalled, and gives its index to one of his own
/// that has been elsewhere. True if he was in time.
#[track_caller]
fn is_swapped_in_time(opener: &Opener, yellow: &Namespace, red: &Namespace) -> bool {
    const INDEX: u32 = 4711;
    ip(&format!("link add meant0 index {INDEX} type dummy"));
    ip("link set meant0 netns red");
    // So that there is something to be done about it before it goes.
    red.ip("link set meant0 name ct0");
    yellow.ip(&format!("link add evil0 index {INDEX} type dummy"));
    let there = File::open("/run/netns/red").expect("red");
    let mut in_red = inside("red", Rtnl::new);
    let mut in_yellow = inside("yellow", Rtnl::new);
    let (cookie, mut asks) = (red.cookie(), client());

    // They wait for RTNL in the order in which they came.
    let pause = || sleep(Duration::from_millis(300));
    let (mut opens, gate) = opener.holds_rtnl();
    let recall = spawn(move || asks.recall(cookie, Which::Name("ct0")));
    pause();
    let destroy = spawn(move || in_red.destroy(INDEX));
    pause();
    let put_in_its_place = spawn(move || in_yellow.carry(INDEX, there.as_fd()));
    pause();
    drop(gate);
    opens.wait().expect("ip");
    ip("link set opener0 down");

    let recalled = recall.join().expect("an answer");
    let destroyed = destroy.join().expect("an answer");
    put_in_its_place
        .join()
        .expect("an answer")
        .expect("it is red's now");
    // It is neither on the host nor at its home, whatever it is called by now.
    let gone = inside("red", || Rtnl::new().destroy(INDEX));
    assert_eq!(gone, Ok(()), "{recalled:?}");
    match recalled {
        Ok(home) => {
            assert_eq!(home.name.as_deref(), Some("meant0"));
            ip("link del meant0");
            false
        }
        Err(error) => {
            assert_eq!(error.errno(), Some(Errno::ENODEV), "{error:?}");
            destroyed.is_ok()
                && error
                    .to_string()
                    .contains("the device that was meant is gone")
        }
    }
}

#[test]
fn no_other_device_is_recalled_that_has_the_index_of_the_one_that_was_meant() {
    load();
    let opener = Opener::that_waits();
    let (yellow, red) = (Namespace::add("yellow"), Namespace::add("red"));
    // He is not always in time.
    let in_time = (0..20).any(|_| is_swapped_in_time(&opener, &yellow, &red));
    assert!(in_time, "never in time");
}

/// To a recall it is the same whether the name is there again or still there: no request has any effect here.
#[test]
fn who_gives_a_device_taken_names_again_and_again_is_told_of() {
    let (_sim, red, before) = nic_in_red();
    ip("link add dum0 type dummy");
    ip("link property add dev dum0 altname taken");
    red.ip("link property add dev sim0 altname taken");
    let fault = Fault::new("kernel_sendmsg", Failing::With(Errno::ENOBUFS), 0, 1000);
    let refusal = client().recall(red.cookie(), Which::Name("sim0"));
    let refusal = refusal.expect_err("a refusal");
    assert_eq!(refusal.errno(), Some(Errno::EEXIST), "{refusal:?}");
    let words = "stop its namespace's processes first";
    assert!(refusal.to_string().contains(words), "{refusal}");
    assert!(fault.calls() > 1, "it was tried once only");
    drop(fault);
    let home = client().recall(red.cookie(), Which::Name("sim0"));
    assert_eq!(home.expect("home").name.as_deref(), Some("sim0"));
    assert_eq!(look(ip, "sim0"), before);
    ip("link del dum0");
}

/// A namespace that only a socket holds, and that socket.
fn held_by_a_socket() -> (u64, UdpSocket, Namespace) {
    let red = Namespace::add("red");
    let cookie = red.cookie();
    let socket = inside("red", || UdpSocket::bind("0.0.0.0:0").expect("a socket"));
    (cookie, socket, red)
}

#[test]
fn a_device_comes_home_out_of_a_namespace_that_only_a_socket_holds() {
    load();
    let _sim = Netdevsim::new(1, &["sim0"]);
    let (cookie, socket, red) = held_by_a_socket();
    ip("link set sim0 netns red");
    red.delete();
    assert!(!exists("sim0"));
    let home = client().recall(cookie, Which::Name("sim0")).expect("home");
    assert_eq!(home.name.as_deref(), Some("sim0"));
    let mut events = Listener::new();
    drop(socket);
    events.until_gone(cookie);
}

#[test]
fn each_refusal_of_recall_is_its_own() {
    load();
    let init = cookie_of(1);
    let red = Namespace::add("red");
    red.ip("link add dum0 type dummy");
    assert_eq!(refused(red.cookie(), "dum0"), Errno::EALREADY);
    assert_eq!(refused(red.cookie(), "nosuch"), Errno::ENODEV);
    assert_eq!(refused(red.cookie(), "lo"), Errno::EOPNOTSUPP);
    assert_eq!(refused(u64::MAX, "dum0"), Errno::ENOENT);
    assert_eq!(refused(init, "lo"), Errno::EOPNOTSUPP);
}

#[test]
fn recall_from_a_dead_namespace_is_refused_as_busy() {
    load();
    let red = Namespace::add("red");
    red.ip("link add dum0 type dummy");
    let cookie = red.cookie();
    homeward_guest_tests::leak(&red, "dum0", 3000);
    let mut events = Listener::new();
    red.delete();
    events.until(|kind| matches!(kind, EventKind::NamespaceDying(ns) if ns.cookie == cookie));
    assert_eq!(refused(cookie, "dum0"), Errno::EBUSY);
    let error = client().open(cookie).expect_err("dead").errno();
    assert_eq!(error, Some(Errno::EBUSY));
    events.until_gone(cookie);
}

#[test]
fn a_namespace_without_process_name_or_mount_can_be_opened_and_entered() {
    load();
    let (cookie, socket, red) = held_by_a_socket();
    red.ip("link add inside type dummy");
    red.delete();
    let fd = client().open(cookie).expect("a descriptor");
    let flags = nix::fcntl::fcntl(&fd, nix::fcntl::FcntlArg::F_GETFD).expect("flags");
    assert_eq!(flags & nix::fcntl::FdFlag::FD_CLOEXEC.bits(), 1);
    // The family is not to be seen from inside, so ask first.
    let by_fd = client()
        .namespace(By::Fd(std::os::fd::AsRawFd::as_raw_fd(&fd)))
        .expect("the namespace");
    assert_eq!(by_fd.cookie, cookie);
    let seen = std::thread::spawn(move || {
        nix::sched::setns(fd.as_fd(), nix::sched::CloneFlags::CLONE_NEWNET).expect("setns");
        ip("link show inside")
    });
    assert!(seen.join().expect("entered").contains("inside"));
    let mut events = Listener::new();
    drop(socket);
    events.until_gone(cookie);
}

#[test]
fn an_unnamed_namespace_is_opened_by_its_cookie() {
    load();
    let ns = Unnamed::new();
    let fd = client().open(cookie_of(ns.pid())).expect("a descriptor");
    let link = std::fs::read_link(format!(
        "/proc/self/fd/{}",
        std::os::fd::AsRawFd::as_raw_fd(&fd)
    ));
    let theirs = std::fs::read_link(format!("/proc/{}/ns/net", ns.pid()));
    assert_eq!(link.expect("a link"), theirs.expect("a link"));
}
