// SPDX-License-Identifier: GPL-2.0-only

//! The session that this project grew out of, with `homeward netns` in place of `ip netns`.

use std::fs;
use std::os::fd::AsRawFd;
use std::path::Path;
use std::process::Command;

use homeward_client::model::EventKind;
use homeward_guest_tests::{
    eventually, exists, ip, load, run, run_fails, Listener, Netdevsim, Unnamed,
};
use nix::sched::{setns, CloneFlags};

/// Runs `homeward netns` with words separated by spaces.
#[track_caller]
fn netns(words: &str) -> String {
    let words: Vec<_> = ["netns"].into_iter().chain(words.split(' ')).collect();
    run("homeward", &words)
}

/// Runs a command in netns1 that has to fail.
#[track_caller]
fn fails_inside(command: &str) -> String {
    let words = ["netns", "exec", "netns1"].into_iter();
    let words: Vec<_> = words.chain(command.split(' ')).collect();
    run_fails("homeward", &words).1
}

#[track_caller]
fn inside(command: &str) -> String {
    netns(&format!("exec netns1 {command}"))
}

mod ioctl {
    nix::ioctl_readwrite!(new_unit, b't', 62, nix::libc::c_int);
}

/// A PPP device in a namespace; gone when dropped, as after the death of its daemon.
fn ppp_in(name: &str) -> fs::File {
    let path = format!("/run/netns/{name}");
    let make = move || {
        setns(
            fs::File::open(path).expect("a namespace"),
            CloneFlags::CLONE_NEWNET,
        )
        .expect("setns");
        let ppp = fs::OpenOptions::new()
            .read(true)
            .write(true)
            .open("/dev/ppp")
            .expect("/dev/ppp");
        let mut unit = -1;
        #[allow(unsafe_code, reason = "an ioctl")]
        // SAFETY: It reads and writes the number of the unit, which outlives the call.
        unsafe { ioctl::new_unit(ppp.as_raw_fd(), &mut unit) }.expect("a unit");
        ppp
    };
    std::thread::spawn(make).join().expect("a PPP device")
}

#[test]
fn the_lecture_goes_as_it_went() {
    load();
    let _ = fs::remove_dir_all("/etc/netns");

    // A new namespace has nothing but a loopback device, which is down.
    netns("add netns1");
    assert_eq!(netns("list"), "netns1\n");
    let links = inside("ip link list");
    assert_eq!(
        links.lines().filter(|line| !line.starts_with(' ')).count(),
        1
    );
    assert!(
        links.contains("lo: <LOOPBACK>") && links.contains("state DOWN"),
        "{links}"
    );
    let told = fails_inside("ping -c 1 127.0.0.1");
    assert!(told.contains("Network is unreachable"), "{told}");
    inside("ip link set dev lo up");
    let told = inside("ping -c 1 127.0.0.1");
    assert!(told.contains("1 received"), "{told}");

    // A device is in one namespace at a time, and leaves its addresses behind.
    ip("link add dummy0 type dummy");
    ip("address add 192.168.100.199/24 dev dummy0");
    ip("link set dummy0 up");
    ip("link set dummy0 netns netns1");
    assert!(!exists("dummy0"));
    let device = inside("ip address show dev dummy0");
    assert!(
        !device.contains("inet ") && device.contains("state DOWN"),
        "{device}"
    );
    inside("ip address add 192.168.100.199/24 dev dummy0");
    inside("ip link set dummy0 up");
    let told = inside("ping -c 1 192.168.100.199");
    assert!(told.contains("1 received"), "{told}");

    // Files of /etc/netns are seen inside, and only inside.
    fs::create_dir_all("/etc/netns/netns1").expect("a directory");
    fs::write(
        "/etc/netns/netns1/hosts",
        "127.0.0.1 localhost\n192.168.100.199 dummy.com\n",
    )
    .expect("hosts");
    let told = inside("ping -c 1 dummy.com");
    assert!(
        told.contains("192.168.100.199") && told.contains("1 received"),
        "{told}"
    );
    let (_, told) = run_fails("ping", &["-c", "1", "dummy.com"]);
    assert!(told.contains("dummy.com"), "{told}");

    // A pair of devices with one end in the namespace of a process.
    let process = Unnamed::new();
    let pid = process.pid();
    ip(&format!(
        "link add veth-a type veth peer name veth-b netns {pid}"
    ));
    ip("address add 10.1.1.1/24 dev veth-a");
    ip("link set veth-a up");
    process.ip("address add 10.1.1.2/24 dev veth-b");
    process.ip("link set veth-b up");
    eventually("traffic", || {
        let ping = ["-c", "1", "-W", "1", "10.1.1.2"];
        Command::new("ping")
            .args(ping)
            .output()
            .expect("ping")
            .status
            .success()
    });

    // A namespace lives as long as somebody uses it, with a name or without.
    let mut events = Listener::new();
    let cookie = homeward_guest_tests::cookie_of(pid);
    netns(&format!("attach named {pid}"));
    assert_eq!(netns(&format!("identify {pid}")), "named\n");
    assert_eq!(netns("pids named"), format!("{pid}\n"));
    fs::write("/run/mounted", "").expect("a file");
    run("mount", &["--bind", "/run/netns/named", "/run/mounted"]);
    netns("delete named");
    assert_eq!(netns(&format!("identify {pid}")), "\n");
    assert!(process.ip("link show").contains("veth-b"));
    process.kill();
    // Not even its last process takes it away, while it is mounted.
    let net = "--net=/run/mounted";
    assert!(run("nsenter", &[net, "ip", "link", "show"]).contains("veth-b"));
    run("umount", &["/run/mounted"]);
    fs::remove_file("/run/mounted").expect("cleaned up");
    events.until_gone(cookie);
    assert!(!exists("veth-a"), "one end of a pair goes with the other");

    // A physical device comes home; what is local to a namespace goes with it, and so does what
    // somebody has made.
    let _sim = Netdevsim::new(1, &["sim0"]);
    ip("link set sim0 netns netns1");
    inside("ip link set sim0 name wan0");
    inside("ip link add br0 type bridge");
    let ppp = ppp_in("netns1");
    let links = inside("ip -o link show");
    for device in ["lo", "br0", "ppp0", "wan0", "dummy0"] {
        assert!(links.contains(&format!(": {device}:")), "{device}: {links}");
    }
    for local in ["lo", "br0"] {
        let told = fails_inside(&format!("ip link set {local} netns 1"));
        assert!(!told.is_empty(), "{local} moved");
    }
    netns("delete --wait netns1");
    assert!(exists("sim0"), "{}", ip("link show"));
    for gone in ["wan0", "br0", "ppp0", "dummy0"] {
        assert!(!exists(gone), "{gone}");
    }
    drop(ppp);
    assert_eq!(netns("list"), "");
    assert!(!Path::new("/run/netns/netns1").exists());
    let seen = events.until(|kind| matches!(kind, EventKind::NamespaceGone(_)));
    assert!(seen
        .iter()
        .any(|kind| matches!(kind, EventKind::DeviceReturned(..))));
    fs::remove_dir_all("/etc/netns").expect("cleaned up");
}
