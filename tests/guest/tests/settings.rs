// SPDX-License-Identifier: GPL-2.0-only

//! The table of settings: each is put back, and taken in requests as it says.

use std::collections::BTreeMap;

use homeward_client::model::{setting, Home, Kind, Value};
use homeward_client::{DeviceChange, Error, Refusal, Which};
use homeward_guest_tests::{client, dies, ip, load, run, Namespace, Netdevsim};
use nix::errno::Errno;

/// How a setting of the device ct0 is changed in a container; None for what only others can have.
fn change(name: &str) -> Option<&'static str> {
    Some(match name {
        "mtu" => "ip link set ct0 mtu 1400",
        // With how it was assigned.
        "address" | "addr-assign-type" => "ip link set ct0 address 02:00:00:00:00:77",
        "txqlen" => "ip link set ct0 txqlen 77",
        "group" => "ip link set ct0 group 77",
        "alias" => "ip link set ct0 alias inside",
        "altnames" => "ip link property add dev ct0 altname inside",
        "promisc" => "ip link set ct0 promisc on",
        "allmulti" => "ip link set ct0 allmulticast on",
        "noarp" => "f=$(cat flags); echo $((f ^ 0x80)) >flags",
        "multicast" => "f=$(cat flags); echo $((f ^ 0x1000)) >flags",
        // One changes the other.
        "gso-max-size" | "gso-ipv4-max-size" => "ip link set ct0 gso_max_size 40000",
        "gso-max-segs" => "ip link set ct0 gso_max_segs 77",
        "gro-max-size" | "gro-ipv4-max-size" => "ip link set ct0 gro_max_size 40000",
        "broadcast" => "ip link set ct0 broadcast 02:00:00:00:00:66",
        "dynamic" => "ip link set ct0 dynamic on",
        "notrailers" => "ip link set ct0 trailers off",
        "debug" => "f=$(cat flags); echo $((f ^ 0x4)) >flags",
        "portsel" => "f=$(cat flags); echo $((f ^ 0x2000)) >flags",
        "automedia" => "f=$(cat flags); echo $((f ^ 0x4000)) >flags",
        "link-mode" => "ip link set ct0 mode dormant",
        "features" => "ethtool -K ct0 gro off",
        "channels" => "ethtool -L ct0 combined 3",
        "rings" => "ethtool -G ct0 rx 77",
        "coalesce" => "ethtool -C ct0 rx-usecs 77",
        "pause" => "ethtool -A ct0 rx on",
        "fec" => "ethtool --set-fec ct0 encoding baser",
        // Only where a rule sets the device up: tests/conf.rs.
        "ipv4-conf" | "addr-gen-mode" | "ipv6-token" => return None,
        "gro-flush-timeout" => "echo 77 >gro_flush_timeout",
        "napi-defer-hard-irqs" => "echo 77 >napi_defer_hard_irqs",
        // Another test attaches one; a macvlan has the others, see below.
        "xdp" | "proto-down" | "proto-down-reason" => return None,
        // Only a VF has those: see vf.rs.
        vf if vf.starts_with("vf-") => return None,
        // No driver here has them, or only one of a machine's: tests/ethtool.rs.
        "private-flags" | "rss-table" | "wol" => return None,
        other => panic!("'{other}' is new: how is it changed?"),
    })
}

/// How the settings of a device were at its last home.
#[track_caller]
fn at_home(ns: &Namespace, name: &str) -> BTreeMap<u32, Value> {
    let device = client().device_by_name(ns.cookie(), name);
    let mut homes = device.expect("a device").homes;
    homes.pop().expect("a home").settings
}

#[test]
fn every_setting_that_is_changed_in_a_container_is_put_back() {
    load();
    let _sim = Netdevsim::with_queues(1, &["sim0"], 4);
    let (red, blue) = (Namespace::add("red"), Namespace::add("blue"));
    // One without any is one that has nothing to set.
    run("ethtool", &["--set-fec", "sim0", "encoding", "rs"]);
    ip("link set sim0 alias mine");
    ip("link property add dev sim0 altname mine");
    ip("link set sim0 netns red");
    red.ip("link set sim0 name ct0");
    let home = at_home(&red, "ct0");
    for one in setting::ALL.iter().filter(|one| one.kind != Kind::Apart) {
        if let Some(change) = change(one.name) {
            let script = format!("cd /sys/class/net/ct0 && {change}");
            let words = ["netns", "exec", "red", "sh", "-ec", &script];
            run("/usr/bin/ip", &words);
        }
    }
    red.ip("link set ct0 netns blue");
    let spoilt = at_home(&blue, "ct0");
    for one in setting::ALL.iter().filter(|one| one.kind != Kind::Apart) {
        let same = home.get(&one.id) == spoilt.get(&one.id);
        assert_eq!(same, change(one.name).is_none(), "{}", one.name);
    }
    dies(red);
    dies(blue);
    let green = Namespace::add("green");
    ip("link set sim0 netns green");
    assert_eq!(at_home(&green, "sim0"), home);
    dies(green);
}

/// Seen by ethtool, not by ourselves.
#[test]
fn offloads_that_a_container_switches_off_are_on_again() {
    load();
    let _sim = Netdevsim::new(1, &["sim0"]);
    let before = run("ethtool", &["-k", "sim0"]);
    assert!(before.contains("generic-receive-offload: on"), "{before}");
    let red = Namespace::add("red");
    ip("link set sim0 netns red");
    let switch_off = [
        "netns", "exec", "red", "ethtool", "-K", "sim0", "gro", "off", "gso", "off",
    ];
    run("/usr/bin/ip", &switch_off);
    dies(red);
    assert_eq!(run("ethtool", &["-k", "sim0"]), before);
}

/// What the kernel says about a home of dum0 with this setting.
#[track_caller]
fn refusal(ns: &Namespace, id: u32, value: Value) -> Refusal {
    let home = Home {
        namespace: 100,
        name: Some("dum0".to_owned()),
        settings: [(id, value)].into(),
        ..Home::default()
    };
    let change = DeviceChange {
        homes: Some(vec![home]),
        ..DeviceChange::default()
    };
    match client().set_device(ns.cookie(), Which::Name("dum0"), &change) {
        Err(Error::Refused(refusal)) => refusal,
        other => panic!("setting {id}: {other:?}"),
    }
}

/// Whether a refusal is one for this reason, names the setting, and blames it.
#[track_caller]
fn is_named(refusal: &Refusal, errno: Errno, id: u32, name: &str) {
    assert_eq!(
        (refusal.errno, refusal.setting),
        (errno, Some(id)),
        "{refusal:?}"
    );
    let message = refusal.message.as_deref().unwrap_or_default();
    assert!(message.contains(name), "{refusal:?}");
}

#[test]
fn a_setting_that_no_device_can_have_is_refused_by_its_name() {
    load();
    let red = Namespace::add("red");
    red.ip("link add dum0 type dummy");
    let texts = |len: u16| Value::Texts(vec!["x".repeat(len.into())]);
    for one in &setting::ALL {
        let (wrong, large) = match one.kind {
            Kind::Number(most) => (texts(1), most.checked_add(1).map(Value::Number)),
            Kind::Switch => (texts(1), Some(Value::Number(2))),
            Kind::Address | Kind::Apart => (Value::Number(1), None),
            Kind::Numbers(names) => {
                let fewer = vec![0; names.len() - 1];
                (Value::Numbers(fewer), None)
            }
            // No text is longer than 255 bytes.
            Kind::Text(most) | Kind::Texts(most) => {
                (Value::Number(1), (most < 255).then(|| texts(most + 1)))
            }
        };
        let refused = refusal(&red, one.id, wrong);
        is_named(&refused, Errno::EINVAL, one.id, one.name);
        if let Some(large) = large {
            let refused = refusal(&red, one.id, large);
            is_named(&refused, Errno::ERANGE, one.id, one.name);
        }
    }
    for id in [setting::ADDRESS, setting::BROADCAST] {
        let refused = refusal(&red, id, Value::Address(vec![2; 7]));
        is_named(&refused, Errno::EINVAL, id, "the length of the device's");
    }
    let device = client().device_by_name(red.cookie(), "dum0").expect("dum0");
    assert!(device.homes.is_empty(), "{device:?}");
}

#[test]
fn a_setting_that_the_module_does_not_know_is_refused_by_its_number() {
    load();
    let red = Namespace::add("red");
    red.ip("link add dum0 type dummy");
    let next = u32::try_from(setting::ALL.len()).expect("a number");
    for id in [next, 63, 64, 4_000_000_000] {
        for value in [Value::Number(1), Value::Texts(vec![])] {
            let refused = refusal(&red, id, value);
            is_named(&refused, Errno::EOPNOTSUPP, id, &format!("no setting {id}"));
            assert_eq!(refused.attribute.as_deref(), Some("home.setting.id"));
        }
    }
}
