// SPDX-License-Identifier: GPL-2.0-only

//! Namespaces by their ids, as nsenter names them, and ids of namespaces of processes.

use std::fs::{self, File};
use std::net::UdpSocket;
use std::os::unix::fs::MetadataExt;

use homeward_guest_tests::verb::{homeward, json, refuses, says};
use homeward_guest_tests::{
    cookie_without_module, ip, with_and_without, Killed, Namespace, Unnamed,
};
use homeward_netns::own_cookie;
use nix::sched::{unshare, CloneFlags};

/// Makes something in a new network namespace, by a thread that ends; and the namespace's number.
fn left_behind<T: Send + 'static>(make: impl FnOnce() -> T + Send + 'static) -> (u64, u64, T) {
    let thread = std::thread::spawn(|| {
        unshare(CloneFlags::CLONE_NEWNET).expect("unshare");
        let own = fs::metadata("/proc/thread-self/ns/net").expect("own").ino();
        (own_cookie().expect("a cookie"), own, make())
    });
    thread.join().expect("made")
}

#[test]
fn an_id_means_the_same_with_the_module_and_without() {
    with_and_without(|module| {
        let red = Namespace::add("red");
        let cookie = cookie_without_module("red");
        let own = fs::metadata("/run/netns/red").expect("red").ino();
        let link = says(&format!("exec :{cookie} readlink /proc/self/ns/net"));
        assert_eq!(link.trim(), format!("net:[{own}]"));
        let holders = json(&format!("holders :{cookie}"));
        assert_eq!(holders["namespace"]["cookie"], cookie);
        let completed = says(&format!("__complete 2 -- homeward show :{cookie}"));
        assert_eq!(completed.contains("\tred"), module, "{completed}");
        ip("link add dum0 type dummy");
        says(&format!("move dum0 :{cookie}"));
        assert!(red.ip("-o link").contains("dum0"));
        says(&format!("move dum0@:{cookie} init"));
        ip("link del dum0");

        // One that only a descriptor holds.
        let (cookie, inum, file) =
            left_behind(|| File::open("/proc/thread-self/ns/net").expect("own"));
        let link = says(&format!("exec :{cookie} readlink /proc/self/ns/net"));
        assert_eq!(link.trim(), format!("net:[{inum}]"));
        drop(file);

        // One that only a socket holds.
        let (cookie, inum, socket) =
            left_behind(|| UdpSocket::bind("0.0.0.0:0").expect("a socket"));
        let ran = homeward(&format!("exec :{cookie} readlink /proc/self/ns/net"));
        match module {
            true => assert_eq!(ran.out.trim(), format!("net:[{inum}]"), "{ran:?}"),
            false => assert_eq!(ran.status, 3, "{ran:?}"),
        }
        drop(socket);

        refuses(
            "exec :18446744073709551615 true",
            3,
            "cookie:18446744073709551615",
        );
        refuses("exec :0 true", 2, "positive number");
        // That of the initial mount namespace is none of a network namespace (MNT_NS_INIT_ID).
        refuses("exec :8 true", 3, "cookie:8");
    });
}

#[test]
fn a_process_without_a_name_for_its_namespace_gets_an_id() {
    let unnamed = Unnamed::new();
    let pid = unnamed.pid();
    says(&format!("netns set {pid} 4711"));
    assert!(ip("netns list-id").contains("nsid 4711"));
    // A name goes first.
    let named = Namespace::add(&pid.to_string());
    says(&format!("netns set {pid} 12"));
    assert!(ip("netns list").contains(&format!("{} (id: 12)", named.name())));
    drop(named);
    let gone = Killed(std::process::Command::new("true").spawn().expect("true"));
    let number = gone.0.id();
    drop(gone);
    let said = homeward(&format!("netns set {number} 5"));
    assert_eq!(said.status, 1, "{said:?}");
    let words = format!("Cannot open network namespace \"{number}\": No such file or directory\n");
    assert_eq!(said.err, words);
}
