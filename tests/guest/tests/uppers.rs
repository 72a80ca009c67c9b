// SPDX-License-Identifier: GPL-2.0-only

//! What a container has put on a NIC that it was lent: macvlan, ipvlan and VLANs.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use homeward_client::model::{Device, EventKind, Mark};
use homeward_client::{DeviceChange, Which};
use homeward_guest_tests::{client, dies, exists, ip, load, Namespace, Netdevsim};

/// What acts on a NIC as soon as that is there, as networkd and ifupdown do.
struct Racer(Child);

impl Racer {
    fn start(then: &str) -> Racer {
        let script = format!("echo; until [ -e /sys/class/net/sim0 ]; do :; done; set -e; {then}");
        let mut child = Command::new("/bin/sh")
            .args(["-c", &script])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("a shell");
        let mut started = String::new();
        let out = child.stdout.as_mut().expect("a pipe");
        BufReader::new(out)
            .read_line(&mut started)
            .expect("it runs");
        Racer(child)
    }

    #[track_caller]
    fn succeeds(self, round: usize) {
        let output = self.0.wait_with_output().expect("ended");
        assert!(output.status.success(), "{round}: {output:?}");
    }
}

/// How often a device of this name is told of in such events.
fn count(events: &[EventKind], name: &str, of: fn(&EventKind) -> Option<&Device>) -> usize {
    let all = events.iter().filter_map(of);
    all.filter(|device| device.name == name).count()
}

fn destroyed(kind: &EventKind) -> Option<&Device> {
    match kind {
        EventKind::DeviceDestroyed(device) => Some(device),
        _ => None,
    }
}

fn returned(kind: &EventKind) -> Option<&Device> {
    match kind {
        EventKind::DeviceReturned(device, _) => Some(device),
        _ => None,
    }
}

#[test]
fn a_nic_is_free_for_bridges_and_vlans_as_soon_as_it_is_home() {
    load();
    let _sim = Netdevsim::new(1, &["sim0"]);
    ip("link add br7 type bridge");
    for round in 0..5 {
        // Lent, so that events tell of it.
        ip("link add lent0 link sim0 type macvlan mode bridge");
        let red = Namespace::add("red");
        ip("link set sim0 netns red");
        ip("link set lent0 netns red");
        red.ip("link add mac0 link sim0 type macvlan mode bridge");
        red.ip("link add vlan5 link sim0 type vlan id 5");
        red.ip("link add on5 link vlan5 type vlan id 6");
        for name in ["sim0", "lent0", "mac0", "vlan5", "on5"] {
            red.ip(&format!("link set {name} up"));
        }
        let racer =
            Racer::start("ip link add home5 link sim0 type vlan id 5; ip link set sim0 master br7");
        let events = dies(red);
        racer.succeeds(round);
        assert_eq!(count(&events, "lent0", destroyed), 1, "{events:?}");
        assert_eq!(count(&events, "sim0", returned), 1, "{events:?}");
        ip("link delete home5");
        ip("link set sim0 nomaster");
    }
    ip("link delete br7");
}

#[test]
fn an_ipvlan_is_gone_when_the_nic_is_home_and_a_vlan_elsewhere_stays() {
    load();
    let _sim = Netdevsim::new(1, &["sim0"]);
    ip("link add br8 type bridge");
    let (red, green) = (Namespace::add("red"), Namespace::add("green"));
    ip("link set sim0 netns red");
    red.ip("link add ipv0 link sim0 type ipvlan");
    red.ip("link set ipv0 up");
    red.ip("link add vlan5 link sim0 type vlan id 5");
    red.ip("link set vlan5 netns green");
    let racer = Racer::start("ip link set sim0 master br8");
    dies(red);
    racer.succeeds(0);
    green.ip("link show vlan5");
    ip("link delete br8");
}

#[test]
fn what_is_marked_comes_home_on_the_nic_that_it_is_on() {
    load();
    let _sim = Netdevsim::new(1, &["sim0"]);
    let red = Namespace::add("red");
    ip("link set sim0 netns red");
    red.ip("link add kept0 link sim0 type macvlan");
    red.ip("link add mac0 link sim0 type macvlan");
    let change = DeviceChange {
        mark: Some(Mark::Keep),
        ..DeviceChange::default()
    };
    let marked = client().set_device(red.cookie(), Which::Name("kept0"), &change);
    marked.expect("a mark");
    let events = dies(red);
    assert_eq!(count(&events, "kept0", returned), 1, "{events:?}");
    assert_eq!(count(&events, "kept0", destroyed), 0, "{events:?}");
    assert!(exists("sim0") && !exists("mac0"));
    assert!(ip("link show kept0").contains("kept0@sim0"));
    ip("link delete kept0");
}
