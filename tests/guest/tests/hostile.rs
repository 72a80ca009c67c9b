// SPDX-License-Identifier: GPL-2.0-only

//! A tenant, root of a user and a network namespace of his own, who was lent a NIC, tries what he
//! can. Each attempt, and how it has to end.

use std::os::unix::ffi::OsStrExt;

use homeward_client::model::{Device, EventKind, Mark};
use homeward_client::{DeviceChange, Which};
use homeward_guest_tests::{
    client, eventually, exists, ip, load, look, run, times, Listener, Namespace, Netdevsim, Tenant,
};

/// A tenant with a NIC that is not his own, and how that looked before.
struct Lent {
    _sim: Netdevsim,
    tenant: Tenant,
    cookie: u64,
    home: String,
}

impl Lent {
    #[track_caller]
    fn new() -> Self {
        load();
        let sim = Netdevsim::new(1, &["sim0"]);
        let home = look(ip, "sim0");
        let tenant = Tenant::new();
        ip(&format!("link set sim0 netns {}", tenant.pid()));
        Lent {
            cookie: tenant.cookie(),
            _sim: sim,
            tenant,
            home,
        }
    }

    /// The tenant is thrown out: the NIC must be as it was.
    #[track_caller]
    fn comes_home_as_it_was(self) -> Netdevsim {
        let mut events = Listener::new();
        self.tenant.evict();
        events.until_gone(self.cookie);
        assert_eq!(look(ip, "sim0"), self.home);
        self._sim
    }
}

#[test]
fn a_nic_with_every_setting_spoilt_comes_home_as_it_was() {
    let lent = Lent::new();
    let tenant = &lent.tenant;
    tenant.ip("link set sim0 name spoilt mtu 9000 address 02:00:00:00:00:66 txqueuelen 1");
    tenant.ip("link set spoilt promisc on allmulticast on multicast off arp off group 77");
    tenant.ip("link set spoilt gso_max_size 4096 gso_max_segs 7 gro_max_size 4096");
    tenant.ip("link set spoilt broadcast 02:00:00:00:00:67 dynamic on mode dormant");
    tenant.ip("link set spoilt trailers off");
    tenant.ip(&format!("link set spoilt alias {}", "x".repeat(255)));
    tenant.ip(&format!(
        "link property add dev spoilt altname {}",
        "y".repeat(127)
    ));
    tenant.ip("link set spoilt up");
    tenant.ip("addr add 10.6.6.6/24 dev spoilt");
    lent.comes_home_as_it_was();
}

#[test]
fn a_nic_under_a_bridge_a_bond_and_a_macvlan_comes_home() {
    let lent = Lent::new();
    lent.tenant.ip("link add mv0 link sim0 type macvlan");
    lent.tenant.ip("link add vl0 link sim0 type vlan id 7");
    lent.tenant.ip("link set mv0 up");
    lent.tenant.ip("link add br0 type bridge");
    lent.tenant.ip("link set br0 up");
    lent.tenant.ip("link add bond0 type bond");
    lent.comes_home_as_it_was();

    let lent = Lent::new();
    lent.tenant.ip("link add br0 type bridge");
    lent.tenant.ip("link set sim0 master br0");
    lent.tenant.ip("link set sim0 up");
    lent.comes_home_as_it_was();
}

/// Has a tenant move a NIC on, ten deep: more than a home stack holds. Gives how it is known then.
#[track_caller]
fn hidden_ten_deep(tenant: &Tenant) -> Device {
    let script = "for n in 1 2 3 4 5 6 7 8 9 10; do
            unshare --net sleep 1000 >/dev/null 2>&1 & pid=$!
            while [ $(readlink /proc/$pid/ns/net) = $(readlink /proc/$$/ns/net) ]; do sleep 0.05; done
            nsenter --target $from --net ip link set sim0 netns $pid || exit 1
            from=$pid
        done
        echo $from";
    let script = format!("from=$$; {script}");
    let moved = tenant.tries("/bin/sh", &["-c", &script]);
    let deepest = String::from_utf8_lossy(&moved.stdout).trim().to_owned();
    assert!(
        moved.status.success() && !deepest.is_empty(),
        "{}",
        String::from_utf8_lossy(&moved.stderr)
    );
    let all = client().devices(None).expect("devices");
    let deep = all.into_iter().find(|device| device.name == "sim0");
    let deep = deep.expect("sim0");
    assert!(deep.homes.len() <= 8, "{deep:?}");
    deep
}

/// All that he has started, the tenant himself included.
fn kill_all() {
    for (program, args) in [
        ("pkill", &["-KILL", "-x", "sleep"][..]),
        ("killall", &["-KILL", "sleep"]),
    ] {
        let _ = std::process::Command::new(program).args(args).status();
    }
}

#[test]
fn a_nic_hidden_in_a_nest_of_namespaces_comes_home_when_the_last_one_dies() {
    let lent = Lent::new();
    let deep = hidden_ten_deep(&lent.tenant);
    // The first home, where it belongs, is the one that is never given up.
    let initial = client().namespaces().expect("namespaces");
    let initial = initial.iter().find(|ns| ns.initial).expect("init").cookie;
    assert_eq!(deep.homes[0].namespace, initial);
    kill_all();
    eventually("the NIC at home", || exists("sim0"));
    eventually("the NIC in order", || look(ip, "sim0") == lent.home);
}

#[test]
fn a_nic_that_he_hides_so_comes_home_to_the_namespace_that_it_was_lent_from() {
    load();
    let _sim = Netdevsim::new(1, &["sim0"]);
    let middle = Namespace::add("middle");
    ip("link set sim0 netns middle");
    let in_middle = |args: &str| middle.ip(args);
    let before = look(in_middle, "sim0");
    let tenant = Tenant::new();
    middle.ip(&format!("link set sim0 netns {}", tenant.pid()));
    let deep = hidden_ten_deep(&tenant);
    assert_eq!(deep.homes[1].namespace, middle.cookie(), "{deep:?}");
    kill_all();
    drop(tenant);
    eventually("the NIC in the middle", || {
        middle.ip("link show").contains(" sim0:")
    });
    eventually("the NIC in order", || look(in_middle, "sim0") == before);
}

#[test]
fn a_record_as_large_as_a_tenant_can_make_it_is_told_saved_and_put_back() {
    let lent = Lent::new();
    let mut lines = String::new();
    for number in 1..=64 {
        lines += &format!("address add 10.66.{number}.1/24 brd + dev sim0\n");
        lines += &format!("address add fd66:{number}::1/64 dev sim0 nodad\n");
    }
    for number in 100..300 {
        lines += &format!("link property add dev sim0 altname a{number}\n");
    }
    let script = "from=$$; for n in 1 2 3 4 5 6 7; do
            unshare --net sleep 1000 >/dev/null 2>&1 & pid=$!
            while [ $(readlink /proc/$pid/ns/net) = $(readlink /proc/$$/ns/net) ]; do sleep 0.05; done
            nsenter --target $from --net ip link set sim0 netns $pid || exit 1
            nsenter --target $pid --net ip -force -batch $LINES 2>/dev/null
            from=$pid
        done
        unshare --net sleep 1000 >/dev/null 2>&1 & pid=$!
        while [ $(readlink /proc/$pid/ns/net) = $(readlink /proc/$$/ns/net) ]; do sleep 0.05; done
        nsenter --target $from --net ip link set sim0 netns $pid";
    let file = "/tmp/lines";
    std::fs::write(file, lines).expect("lines");
    let script = format!("LINES={file}; {script}");
    let moved = lent.tenant.tries("/bin/sh", &["-c", &script]);
    assert!(moved.status.success(), "{moved:?}");
    let find = || {
        let all = client().devices(None).expect("devices");
        let found = all.into_iter().find(|device| device.name == "sim0");
        found.expect("sim0")
    };
    let deep = find();
    assert!(!deep.abridged && deep.homes.len() == 8, "{deep:?}");
    let addresses: usize = deep.homes.iter().map(|home| home.addresses.len()).sum();
    assert!(addresses > 400, "{addresses}");
    let one = client().device(deep.namespace, deep.ifindex).expect("sim0");
    assert_eq!(one, deep);
    run(
        "homeward",
        &["show", &format!("sim0@cookie:{}", deep.namespace)],
    );

    // An upgrade.
    run("homeward", &["state", "save", "/tmp/large.json"]);
    homeward_guest_tests::unload();
    load();
    assert!(find().homes.is_empty());
    run("homeward", &["state", "load", "/tmp/large.json"]);
    assert_eq!(find(), deep);
    for name in ["pkill", "killall"] {
        let _ = std::process::Command::new(name)
            .args(["-KILL", "sleep"])
            .status();
    }
    homeward_guest_tests::eventually("the NIC at home", || exists("sim0"));
    homeward_guest_tests::eventually("the NIC in order", || look(ip, "sim0") == lent.home);
}

#[test]
fn a_nic_named_like_another_at_home_takes_nothing_from_that() {
    let lent = Lent::new();
    ip("link add host0 type dummy");
    ip("link property add dev host0 altname hostalt");
    let host = look(ip, "host0");
    lent.tenant.ip("link set sim0 name host0");
    lent.tenant
        .ip("link property add dev host0 altname hostalt altname sim0");
    let sim = lent.comes_home_as_it_was();
    assert_eq!(look(ip, "host0"), host);
    ip("link del host0");
    drop(sim);
}

#[test]
fn the_tenants_own_devices_never_come_to_the_host() {
    let lent = Lent::new();
    for kind in ["dummy", "bridge", "ifb", "veth", "macvlan link sim0"] {
        let kind: Vec<&str> = kind.split(' ').collect();
        let link = kind.get(1..).unwrap_or_default().join(" ");
        let line = format!("link add own{} {link} type {}", kind[0].len(), kind[0]);
        let words: Vec<&str> = line.split_whitespace().collect();
        let _ = lent.tenant.tries("/usr/bin/ip", &words);
    }
    let before = ip("-o link show").lines().count();
    let sim = lent.comes_home_as_it_was();
    assert_eq!(ip("-o link show").lines().count(), before + 1);
    drop(sim);
}

#[test]
fn names_at_their_limits_crash_nothing() {
    for name in [
        "all",
        "default",
        "%d",
        "...",
        "a%sb",
        "0123456789abcde",
        "-",
        "\u{e4}\u{f6}",
    ] {
        let lent = Lent::new();
        // Some the kernel refuses, and what those look like is then tested elsewhere.
        let _ = lent
            .tenant
            .tries("/usr/bin/ip", &["link", "set", "sim0", "name", name]);
        lent.comes_home_as_it_was();
    }
    // Not UTF-8.
    let lent = Lent::new();
    let name = std::ffi::OsStr::from_bytes(b"\xff\xfe\x01");
    let pid = lent.tenant.pid().to_string();
    let _ = std::process::Command::new("nsenter")
        .args(["--target", &pid, "--user", "--net"])
        .args(["/usr/bin/ip", "link", "set", "sim0", "name"])
        .arg(name)
        .status();
    assert!(client().devices(Some(lent.cookie)).is_ok());
    lent.comes_home_as_it_was();
}

#[test]
fn many_altnames_and_many_devices_do_not_keep_a_nic_away() {
    let lent = Lent::new();
    let mut lines = String::new();
    for tens in 0..40 {
        let names: String = (0..10)
            .map(|n| format!(" altname {}{}", "z".repeat(100), tens * 10 + n))
            .collect();
        lines += &format!("link property add dev sim0{names}\n");
    }
    for n in 0..100 {
        lines += &format!("link add d{n} type dummy\n");
    }
    // Not all of the names fit.
    lent.tenant.try_batch(&lines);
    let devices = client().devices(Some(lent.cookie)).expect("devices");
    assert!(
        devices.iter().any(|device| device.name == "d99"),
        "{devices:?}"
    );
    let altnames = lent
        .tenant
        .ip("link show dev sim0")
        .matches("altname")
        .count();
    assert!(altnames >= 10, "{altnames}");
    lent.comes_home_as_it_was();
}

#[test]
fn moving_to_and_fro_a_hundred_times_takes_no_memory() {
    let lent = Lent::new();
    let memory = || client().stats().expect("stats").memory;
    let rounds = times(100);
    let script = format!(
        "unshare --net sleep 1000 >/dev/null 2>&1 & pid=$!
        while [ $(readlink /proc/$pid/ns/net) = $(readlink /proc/$$/ns/net) ]; do sleep 0.05; done
        coproc here {{ ip -batch -; }}
        exec 3<&${{here[0]}} 4>&${{here[1]}}
        coproc there {{ nsenter --target $pid --net ip -batch -; }} 2>/dev/null
        for n in $(seq {rounds}); do
            # What is shown then says that it is done.
            echo \"link set sim0 netns $pid\nlink show lo\" >&4
            read -r _ <&3 && read -r _ <&3 || exit 1
            echo \"link set sim0 netns $$\nlink show lo\" >&${{there[1]}}
            read -r _ <&${{there[0]}} && read -r _ <&${{there[0]}} || exit 1
        done
        [ $n = {rounds} ] && kill $pid"
    );
    let before = memory();
    let moved = lent.tenant.tries("/bin/sh", &["-c", &script]);
    assert!(
        moved.status.success(),
        "{}",
        String::from_utf8_lossy(&moved.stderr)
    );
    // The namespace that he made may not be gone yet.
    let after = memory();
    assert!(after < before + 1024, "{before} to {after} bytes");
    lent.comes_home_as_it_was();
}

#[test]
fn a_mark_or_rule_of_the_administrator_is_not_undone_by_a_new_name() {
    let lent = Lent::new();
    let keep = DeviceChange {
        mark: Some(Mark::Keep),
        home_name: Some(Some("sim0".to_owned())),
        ..DeviceChange::default()
    };
    client()
        .set_device(lent.cookie, Which::Name("sim0"), &keep)
        .expect("marked");
    lent.tenant.ip("link set sim0 name other");
    lent.comes_home_as_it_was();
}

#[test]
fn the_family_neither_shows_nor_changes_anything_for_a_tenant() {
    let lent = Lent::new();
    for words in [
        ["ls"].as_slice(),
        &["devices"],
        &["plan", "self"],
        &["watch", "--count", "1", "--timeout", "1"],
    ] {
        let output = lent.tenant.tries("homeward", words);
        let said = String::from_utf8_lossy(&output.stdout);
        let status = output.status.code();
        // `ls` shows what /proc shows to him; nothing else works.
        assert!(
            words == ["ls"] || status == Some(4),
            "{words:?}: {status:?}"
        );
        assert!(!said.contains("init"), "{words:?}: {said}");
    }
    lent.comes_home_as_it_was();
}

#[test]
fn an_event_of_his_making_is_told_and_no_other_is_lost() {
    let lent = Lent::new();
    let mut events = Listener::new();
    // So many births and deaths as he can make in a while.
    let script = "for n in $(seq 50); do unshare --net true; done";
    let made = lent.tenant.tries("/bin/sh", &["-c", script]);
    assert!(made.status.success());
    let red = Namespace::add("red");
    let cookie = red.cookie();
    red.delete();
    let seen = events.until_gone(cookie);
    let born = |kind: &&EventKind| matches!(kind, EventKind::NamespaceBorn(_));
    assert_eq!(seen.iter().filter(born).count(), 51);
    lent.comes_home_as_it_was();
}
