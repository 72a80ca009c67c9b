// SPDX-License-Identifier: GPL-2.0-only

//! What does not come home, and what is said of it beforehand.

use homeward_client::model::{Action, Device, EventKind, Reason};
use homeward_client::By;
use homeward_guest_tests::{
    client, cookie_of, dies, eventually, ip, ip_fails, load, run, Listener, Namespace, Netdevsim,
};

/// A device of a namespace, as the module sees it.
#[track_caller]
fn device(ns: &Namespace, name: &str) -> Device {
    client()
        .device_by_name(ns.cookie(), name)
        .unwrap_or_else(|error| panic!("{name}: {error}"))
}

#[track_caller]
fn fate(ns: &Namespace, name: &str) -> (Action, Reason) {
    let fate = device(ns, name).fate.expect("a fate");
    (fate.action, fate.reason)
}

#[test]
fn a_veth_and_a_dummy_are_destroyed_as_the_kernel_would() {
    load();
    let red = Namespace::add("red");
    ip("link add here type veth peer name there netns red");
    ip("link add dum0 type dummy");
    ip("link set dum0 netns red");
    assert_eq!(fate(&red, "there"), (Action::Kernel, Reason::Virtual));
    assert_eq!(fate(&red, "dum0"), (Action::Kernel, Reason::Virtual));
    // The dummy is away from home, the veth was made inside.
    assert_eq!(device(&red, "dum0").homes.len(), 1);
    assert_eq!(device(&red, "there").homes.len(), 0);

    let mut events = Listener::new();
    let cookie = red.cookie();
    red.delete();
    let destroyed: Vec<_> = events
        .until_gone(cookie)
        .into_iter()
        .filter_map(|kind| match kind {
            EventKind::DeviceDestroyed(device) => Some(device.name),
            _ => None,
        })
        .collect();
    assert_eq!(destroyed, ["dum0"]);
    for gone in ["here", "there", "dum0"] {
        assert!(ip_fails(&format!("link show {gone}")).contains("does not exist"));
    }
}

/// How many devices of a namespace would go home, and how many are only lent to it.
#[track_caller]
fn away_and_lent(ns: &Namespace) -> (Option<u32>, Option<u32>) {
    let told = client().namespace(By::Cookie(ns.cookie())).expect("red");
    (told.away, told.lent)
}

#[test]
fn a_device_is_told_with_its_mtu() {
    load();
    let red = Namespace::add("red");
    red.ip("link add dum0 mtu 1400 type dummy");
    assert_eq!(device(&red, "dum0").mtu, Some(1400));
    red.ip("link set dum0 mtu 1300");
    assert_eq!(device(&red, "dum0").mtu, Some(1300));
}

#[test]
fn what_is_lent_is_not_counted_as_away() {
    load();
    let _sim = Netdevsim::new(1, &["sim0"]);
    let red = Namespace::add("red");
    // As runtimes do it: made here, one end moved.
    ip("link add here type veth peer name there");
    ip("link set there netns red");
    assert_eq!(away_and_lent(&red), (Some(0), Some(1)));
    let row = run("homeward", &["show", "red", "--json"]);
    assert!(
        row.contains("\"away\": 0") && row.contains("\"lent\": 1"),
        "{row}"
    );
    ip("link set sim0 netns red");
    assert_eq!(away_and_lent(&red), (Some(1), Some(1)));
    run("homeward", &["release", "sim0@red"]);
    assert_eq!(away_and_lent(&red), (Some(0), Some(1)));
    run("homeward", &["keep", "there@red"]);
    assert_eq!(away_and_lent(&red), (Some(1), Some(0)));
    ip("link del here");
}

#[test]
fn the_home_that_is_shown_is_one_where_the_device_would_go() {
    load();
    let _sim = Netdevsim::new(1, &["sim0"]);
    let home = || {
        let text = run("homeward", &["devices", "red"]);
        let row = text.lines().find(|row| row.contains("inside"));
        row.unwrap_or_else(|| panic!("{text}")).to_owned()
    };
    // By way of a namespace that is gone, as the CNI plugins do it.
    let way = Namespace::add("way");
    let _red = Namespace::add("red");
    ip("link set sim0 netns way");
    way.ip("link set sim0 netns red name inside");
    assert!(home().contains(" sim0@way +1 "), "{}", home());
    let cookie = way.cookie();
    way.delete();
    eventually("its end", || {
        client().namespace(By::Cookie(cookie)).is_err()
    });
    assert!(home().contains(" sim0@init "), "{}", home());
    assert!(!home().contains("+1"), "{}", home());
}

#[test]
fn a_name_is_said_to_be_taken_only_where_another_device_has_it() {
    load();
    let _sim = Netdevsim::new(1, &["sim0"]);
    let taken = |red: Namespace| {
        let told = dies(red);
        let how = told.into_iter().find_map(|kind| match kind {
            EventKind::DeviceReturned(device, Some(how)) => Some((device.name, how.taken)),
            _ => None,
        });
        how.expect("it returns")
    };
    let restore = "default,-name";
    run(
        "homeward",
        &["policy", "add", "--action", "return", "--restore", restore],
    );
    let red = Namespace::add("red");
    ip("link set sim0 netns red");
    red.ip("link set sim0 name inside");
    assert_eq!(taken(red), ("inside".to_owned(), false));
    run("homeward", &["policy", "flush"]);
    ip("link set inside name sim0");
    let red = Namespace::add("red");
    ip("link set sim0 netns red");
    ip("link add sim0 type dummy");
    assert_eq!(taken(red), ("sim0_0".to_owned(), true));
    ip("link del sim0");
}

#[test]
fn a_tunnel_created_inside_is_destroyed_cleanly() {
    load();
    let sim = Netdevsim::new(1, &["sim0"]);
    let red = Namespace::add("red");
    ip("link set sim0 netns red");
    // On top of a NIC that comes home, and on its own.
    red.ip("link add vx0 type vxlan id 5 dstport 4789 dev sim0");
    red.ip("link add gre9 type gre local 192.0.2.1 remote 192.0.2.2");
    red.ip("link add wg0 type wireguard");
    red.ip("link add mac0 link sim0 type macvlan");
    red.ip("link add vlan5 link sim0 type vlan id 5");
    red.ip("link set sim0 up");
    red.ip("link set vx0 up");
    red.ip("link set mac0 up");
    red.ip("link set vlan5 up");
    let mut events = Listener::new();
    let cookie = red.cookie();
    red.delete();
    events.until_gone(cookie);
    assert!(ip("link show").contains(&format!(" {}:", sim.ports[0])));
    for gone in ["vx0", "gre9", "wg0", "mac0", "vlan5"] {
        assert!(ip_fails(&format!("link show {gone}")).contains("does not exist"));
    }
}

#[test]
fn immovable_devices_die_with_their_namespace_and_say_so_before() {
    load();
    let red = Namespace::add("red");
    red.ip("link add br0 type bridge");
    red.ip("link add bond9 type bond");
    red.ip("link add vrf9 type vrf table 5");
    for name in ["lo", "br0", "bond9", "vrf9"] {
        assert!(device(&red, name).immovable, "{name}");
        assert_eq!(
            fate(&red, name),
            (Action::Kernel, Reason::Immovable),
            "{name}"
        );
        ip_fails(&format!("-n red link set {name} netns 1"));
    }
    let mut events = Listener::new();
    let cookie = red.cookie();
    red.delete();
    events.until_gone(cookie);
    assert!(ip_fails("link show br0").contains("does not exist"));
}

#[test]
fn a_physical_device_is_told_where_it_will_go_and_under_which_name() {
    load();
    let _sim = Netdevsim::new(1, &["sim0"]);
    let red = Namespace::add("red");
    let blue = Namespace::add("blue");
    ip("link set sim0 netns red");
    red.ip("link set sim0 name red0");
    red.ip("link set red0 netns blue");
    blue.ip("link set red0 name blue0");

    let sim = device(&blue, "blue0");
    assert!(sim.physical && sim.kind.is_none());
    let homes: Vec<_> = sim.homes.iter().map(|home| home.name.as_deref()).collect();
    assert_eq!(homes, [Some("sim0"), Some("red0")]);
    let fate = sim.fate.expect("a fate");
    assert_eq!(
        (fate.action, fate.reason),
        (Action::Return, Reason::Physical)
    );
    assert_eq!(fate.destination, Some(red.cookie()));
    assert_eq!(fate.name.as_deref(), Some("red0"));

    red.ip("link add red0 type dummy");
    let fate = device(&blue, "blue0").fate.expect("a fate");
    assert_eq!(fate.name.as_deref(), Some("red0_0"));
}

#[test]
fn what_is_in_the_initial_namespace_stays() {
    load();
    let init = cookie_of(1);
    let eth0 = client().device_by_name(init, "eth0").expect("eth0");
    let fate = eth0.fate.expect("a fate");
    assert_eq!((fate.action, fate.reason), (Action::Stay, Reason::Initial));
    assert_eq!(fate.destination, None);
}

#[test]
fn a_port_whose_devlink_instance_dies_too_is_left_to_devlink() {
    load();
    let _sim = Netdevsim::new(1, &["sim0"]);
    let red = Namespace::add("red");
    run(
        "devlink",
        &["dev", "reload", "netdevsim/netdevsim1", "netns", "red"],
    );
    let port = client()
        .devices(Some(red.cookie()))
        .expect("devices")
        .into_iter()
        .find(|device| device.physical && !device.immovable)
        .expect("the port in red");
    let fate = port.fate.expect("a fate");
    assert_eq!(
        (fate.action, fate.reason),
        (Action::Kernel, Reason::Devlink)
    );
    let cookie = red.cookie();
    red.delete();
    eventually("red is gone", || {
        client().namespace(By::Cookie(cookie)).is_err()
    });
    let ports = std::fs::read_dir("/sys/bus/netdevsim/devices/netdevsim1/net");
    assert_eq!(ports.expect("its ports").count(), 1);
}
