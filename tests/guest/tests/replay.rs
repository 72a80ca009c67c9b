// SPDX-License-Identifier: GPL-2.0-only

//! What runtimes do to a NIC, all of it and in their order, until the container is killed at some moment: with
//! a baseline, the NIC is then as it was before the container was made.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::os::fd::AsRawFd;
use std::path::Path;
use std::process;
use std::thread::sleep;
use std::time::Duration;

use homeward_client::model::{setting, Cause, Return, Settings};
use homeward_guest_tests::sysfs::{contents, files};
use homeward_guest_tests::verb::says;
use homeward_guest_tests::{
    batch, cookie_of, dies, ip, load, look, returns, run, times, Card, Fleet, Listener, Namespace,
    Unnamed,
};

/// What a runtime does, as lines for `ip`.
struct Runtime {
    name: &'static str,
    /// On the host, up to the move; PID is the container's first process.
    host: &'static [&'static str],
    /// In the container, before its own programs run.
    inside: &'static [&'static str],
    /// One of the settings that it changes on the host.
    changes: u32,
}

/// `netdev_configure_server_phys()`, `lxc_network_move_created_netdev_priv()` and
/// `lxc_network_setup_in_child_namespaces_common()` of LXC 6.
const LXC: Runtime = Runtime {
    name: "LXC",
    host: &[
        "link set dev nic0 mtu 1410",
        "link property del dev nic0 altname slot0",
        "link set dev nic0 netns PID name physAbCdEf",
    ],
    inside: &[
        "link set dev physAbCdEf name eth0",
        "link set dev eth0 address 02:00:00:00:00:98",
        "address add 10.0.3.7/24 dev eth0",
        "link set dev eth0 up",
        "link set dev lo up",
        "route add default via 10.0.3.1",
    ],
    changes: setting::MTU,
};

/// `nicPhysical.Start()` of Incus 6, which then has liblxc do the rest.
const INCUS: Runtime = Runtime {
    name: "Incus",
    host: &[
        "link set dev nic0 address 02:00:00:00:00:99",
        "link set dev nic0 mtu 1300",
        "link property del dev nic0 altname slot0",
        "link set dev nic0 netns PID name physGhIjKl",
    ],
    inside: &[
        "link set dev physGhIjKl name eth0",
        "link set dev eth0 up",
        "link set dev lo up",
    ],
    changes: setting::ADDRESS,
};

/// `ApplyVFConfig()` and `SetupVF()` of sriov-cni, and an address by its IPAM plugin.
const SRIOV_CNI: Runtime = Runtime {
    name: "sriov-cni",
    host: &[
        "link set dev pf0 vf 0 vlan 20 qos 5",
        "link set dev pf0 vf 0 mac 02:00:00:00:0f:99",
        "link set dev pf0 vf 0 min_tx_rate 10 max_tx_rate 50",
        "link set dev pf0 vf 0 spoofchk off",
        "link set dev pf0 vf 0 trust on",
        "link set dev pf0 vf 0 state enable",
        "link set dev vf0 down",
        "link set dev vf0 name temp_7",
        "link set dev temp_7 address 02:00:00:00:0f:99",
        "link set dev temp_7 netns PID",
    ],
    inside: &[
        "link set dev temp_7 name eth0",
        "link set dev eth0 up",
        "address add 10.56.217.7/24 dev eth0",
    ],
    changes: setting::VF_VLAN,
};

/// What root does in the container, over and over; some of it fails, as the name comes and goes.
const SPOIL: &str = "\
link set dev eth0 mtu 1350 txqueuelen 7 alias theirs promisc on
link set dev eth0 address 02:00:00:00:00:66
link property add dev eth0 altname theirs altname theirs-too
link set dev eth0 allmulticast on arp off group 77 gso_max_size 4096
link set dev eth0 name eth1
link set dev eth1 down
link set dev eth1 name eth0 mtu 1280
link set dev eth0 up
link property del dev eth0 altname theirs
";

const SPOIL_FILE: &str = "/tmp/replay-spoil";

/// The program of a container.
fn spoiling() -> String {
    fs::write(SPOIL_FILE, SPOIL).expect("a file");
    format!(
        "exec >/dev/null 2>&1
        until read -r -d '' all </proc/net/dev; [[ $all == *eth0* ]]; do sleep 0.01; done
        while :; do ip -force -batch {SPOIL_FILE}; done"
    )
}

/// All that can be seen of devices at home, but for what counts: each thing by its name.
#[track_caller]
fn seen(devices: &[&str]) -> BTreeMap<String, Option<String>> {
    let mut all = BTreeMap::new();
    for name in devices {
        let dir = Path::new("/sys/class/net").join(name);
        let mut told = contents(&dir, &files(&dir, ""));
        told.retain(|path, _| !path.starts_with("carrier_"));
        told.insert("ip -details link".to_owned(), Some(look(ip, name)));
        all.extend(
            told.into_iter()
                .map(|(what, value)| (format!("{name}: {what}"), value)),
        );
    }
    all
}

/// What is not as it was before.
#[track_caller]
fn differing(before: &BTreeMap<String, Option<String>>, devices: &[&str]) -> Vec<String> {
    let now = seen(devices);
    let other = before
        .iter()
        .filter(|(what, value)| now.get(*what) != Some(value));
    let other = other.map(|(what, value)| format!("{what}: {value:?}, now {:?}", now.get(what)));
    other.collect()
}

/// Makes a container as a runtime does, kills it at a moment that is another one in each round, and tells how
/// its NIC came home.
#[track_caller]
fn replay(runtime: &Runtime, round: usize) -> Return<u64> {
    let red = Unnamed::running(&spoiling());
    let pid = red.pid().to_string();
    batch(&runtime.host.join("\n").replace("PID", &pid));
    // In every other round before the runtime is done, at each of its steps.
    let steps = runtime.inside.len();
    let done = if round % 2 == 0 {
        steps
    } else {
        round / 2 % steps
    };
    let lines = runtime.inside[..done].join("\n");
    fs::write("/tmp/replay-inside", lines).expect("a file");
    let inside = ["-t", &pid, "-n", "/usr/bin/ip", "-batch"];
    run("nsenter", &[&inside[..], &["/tmp/replay-inside"]].concat());
    if done == steps {
        sleep(Duration::from_millis(round as u64 * 7 % 50));
    }
    let cookie = cookie_of(red.pid());
    let mut events = Listener::new();
    red.kill();
    let told = events.until_gone(cookie);
    match returns(&told).as_slice() {
        [(_, how)] => (*how).clone(),
        _ => panic!("{} {round}: {told:?}", runtime.name),
    }
}

/// Replays runtimes by turns, until so many containers have been killed.
#[track_caller]
fn all_come_home(runtimes: &[Runtime], count: usize, devices: &[&str]) {
    let before = seen(devices);
    for round in 0..count {
        let runtime = &runtimes[round % runtimes.len()];
        let how = replay(runtime, round / runtimes.len());
        let what = format!("{}, round {round}", runtime.name);
        let other = differing(&before, devices);
        assert!(other.is_empty(), "{what}: {other:#?}");
        assert_eq!(how.cause, Cause::Death, "{what}");
        assert!(how.failures.is_empty(), "{what}: {how:?}");
        let by_it = Settings::of(runtime.changes);
        assert!(how.by_baseline.contains(by_it), "{what}: {how:?}");
    }
    println!("summary: {count} of {count} came home as before");
}

/// A NIC as an administrator has it, and a baseline of that.
#[track_caller]
fn nic() -> Fleet {
    load();
    let fleet = Fleet::like(1, |_| "mtu 1480 txqueuelen 900 alias mine".to_owned());
    ip("link property add dev nic0 altname slot0");
    says("baseline take nic0");
    fleet
}

#[test]
fn whatever_lxc_and_incus_do_first_a_nic_comes_home_as_before_the_container_was_made() {
    let _fleet = nic();
    all_come_home(&[LXC, INCUS], times(70), &["nic0"]);
}

#[test]
fn whatever_sriov_cni_sets_a_vf_and_its_pf_are_as_before_the_pod_was_made() {
    load();
    let _card = Card::new();
    ip("link set dev vf0 mtu 1480");
    ip("link set dev pf0 vf 0 mac 02:00:00:00:0f:00");
    ip("link set dev pf0 vf 0 vlan 10 qos 3 min_tx_rate 100 max_tx_rate 1000");
    // With which it takes the address that its PF has for it; and no move brings a queueing discipline back.
    ip("link set dev vf0 up");
    let red = Namespace::add("red");
    ip("link set dev vf0 netns red name ct0");
    dies(red);
    says("baseline take vf0");
    all_come_home(&[SRIOV_CNI], times(30), &["vf0", "pf0"]);
}

/// As LXC and Incus do when nothing goes wrong: they put back what they know of.
#[test]
fn what_they_do_not_put_back_on_an_orderly_stop_is_put_back() {
    let _fleet = nic();
    let before = seen(&["nic0"]);
    let address = before["nic0: address"].clone().expect("an address");
    for (runtime, transient) in [(LXC, "physAbCdEf"), (INCUS, "physGhIjKl")] {
        let red = Unnamed::new();
        let pid = red.pid().to_string();
        batch(&runtime.host.join("\n").replace("PID", &pid));
        for line in runtime.inside {
            red.ip(line);
        }
        red.ip("link set dev eth0 mtu 1350 promisc on txqueuelen 7 alias theirs");
        let namespace = File::open(format!("/proc/{pid}/ns/net")).expect("it");
        red.kill();
        let way = format!("--net=/proc/{}/fd/{}", process::id(), namespace.as_raw_fd());
        let carry = [
            "link", "set", "dev", "eth0", "netns", "1", "name", transient,
        ];
        run("nsenter", &[&[&*way, "/usr/bin/ip"], &carry[..]].concat());
        ip(&format!("link set dev {transient} name nic0"));
        ip("link set dev nic0 mtu 1480");
        if runtime.name == INCUS.name {
            ip("link set dev nic0 down");
            ip("link set dev nic0 mtu 1480");
            ip(&format!("link set dev nic0 address {}", address.trim()));
        }
        // By its own setting, a moment ago.
        let its_own = |what: &String| !what.starts_with("nic0: addr_assign_type");
        let other = || differing(&before, &["nic0"]).into_iter().filter(its_own);
        assert_eq!(other().collect::<Vec<_>>(), [""; 0], "{}", runtime.name);
    }
}
