// SPDX-License-Identifier: GPL-2.0-only

//! A NIC comes home.

use homeward_client::model::{setting, EventKind, Settings};
use homeward_guest_tests::verb::says;
use homeward_guest_tests::{
    client, dies, eventually, exists, ip, ip_fails, is_as_before, is_home, load, look, nic_in_red,
    Failing, Fault, Namespace, Netdevsim, Nic, Unnamed,
};
use nix::errno::Errno;

/// Changes every recorded setting of a device, its name too.
fn disguise(ip: impl Fn(&str) -> String, name: &str, as_name: &str) {
    ip(&format!("link set {name} down"));
    ip(&format!("link set {name} name {as_name}"));
    for change in [
        "mtu 1400",
        "address 02:00:00:00:00:09",
        "txqueuelen 77",
        "group 5",
        "alias container",
        "promisc on",
        "allmulticast on",
        "arp off",
        "multicast off",
        "gso_max_size 30000",
        "gso_max_segs 99",
        "gro_max_size 20000",
        "broadcast 02:00:00:00:00:99",
        "dynamic on",
        "trailers off",
        "mode dormant",
    ] {
        ip(&format!("link set dev {as_name} {change}"));
    }
    ip(&format!(
        "link property add dev {as_name} altname added-inside"
    ));
}

#[test]
fn a_nic_comes_home_after_ip_netns_del() {
    load();
    for driver in ["virtio_net", "e1000"] {
        let nic = Nic::driven_by(driver);
        let name = nic.name();
        let ns = Namespace::add("red");
        ip(&format!("link set {name} netns red"));
        assert!(!exists(name));
        ns.delete();
        is_home(name);
    }
    let sim = Netdevsim::new(1, &["sim0"]);
    let ns = Namespace::add("red");
    ip("link set sim0 netns red");
    ns.delete();
    is_home(&sim.ports[0]);
}

#[test]
fn a_nic_comes_home_after_sigkill_of_the_only_process_of_an_unnamed_namespace() {
    load();
    let nic = Nic::driven_by("virtio_net");
    let ns = Unnamed::new();
    ip(&format!("link set {} netns {}", nic.name(), ns.pid()));
    ns.ip(&format!("link set {} name ct0", nic.name()));
    ns.ip("link set ct0 up");
    ns.kill();
    is_home(nic.name());
    assert!(!exists("ct0"));
}

#[test]
fn a_nic_comes_home_exactly_as_it_left_whatever_was_changed_inside() {
    load();
    let _sim = Netdevsim::new(1, &["sim0"]);
    let (virtio, e1000) = (Nic::driven_by("virtio_net"), Nic::driven_by("e1000"));
    for name in [virtio.name(), e1000.name(), "sim0"] {
        // No move brings a queueing discipline back: none that an earlier test left is to be missed.
        let ns = Namespace::add("red");
        ip(&format!("link set {name} netns red"));
        ns.ip(&format!("link set {name} netns 1"));
        ns.delete();
        ip(&format!("link set {name} alias home"));
        ip(&format!("link property add dev {name} altname at-home"));
        let before = look(ip, name);
        let ns = Namespace::add("red");
        ip(&format!("link set {name} netns red"));
        let left = recorded_home(&ns, name);

        disguise(|args| ns.ip(args), name, "ct0");
        ns.ip("link property del dev ct0 altname at-home");
        ns.delete();
        is_as_before(name, &before);

        // Nothing of it is visible to `ip` of old, so ask for what is recorded on leaving again.
        let ns = Namespace::add("red");
        ip(&format!("link set {name} netns red"));
        assert_eq!(recorded_home(&ns, name), left);
        ns.delete();
        is_home(name);
        ip(&format!("link property del dev {name} altname at-home"));
        ip(&format!("link set {name} alias "));
    }
}

/// What is recorded of a device's only home.
fn recorded_home(ns: &Namespace, name: &str) -> homeward_client::model::Home {
    let mut device = client().device_by_name(ns.cookie(), name).expect("the NIC");
    assert_eq!(device.homes.len(), 1, "{device:?}");
    device.homes.remove(0)
}

#[test]
fn a_nic_goes_to_the_namespace_that_it_came_from_when_that_is_not_the_initial_one() {
    let (_sim, red, _) = nic_in_red();
    let blue = Namespace::add("blue");
    red.ip("link set sim0 name red0 mtu 1300");
    red.ip("link set red0 netns blue");
    blue.ip("link set red0 name blue0 mtu 1200");
    blue.delete();
    eventually("red0 comes home to red", || {
        red.ip("link show").contains(" red0:")
    });
    eventually("with its MTU", || {
        red.ip("link show red0").contains("mtu 1300")
    });
    // And from there to the initial one, as it was there.
    red.delete();
    is_home("sim0");
    assert!(ip("link show sim0").contains("mtu 1500"));
}

#[test]
fn a_nic_comes_home_past_a_dead_intermediate_namespace() {
    let (_sim, red, before) = nic_in_red();
    let blue = Namespace::add("blue");
    red.ip("link set sim0 name red0 mtu 1300");
    red.ip("link set red0 netns blue");
    let cookie = red.cookie();
    red.delete();
    eventually("red is gone", || {
        client()
            .namespace(homeward_client::By::Cookie(cookie))
            .is_err()
    });
    blue.ip("link set red0 name blue0 mtu 1200");
    blue.delete();
    is_as_before("sim0", &before);
}

#[test]
fn two_nics_that_want_one_name_get_it_and_a_numbered_one() {
    load();
    let sim = Netdevsim::new(1, &["sim0", "sim1"]);
    let red = Namespace::add("red");
    let blue = Namespace::add("blue");
    ip("link set sim0 netns red");
    ip("link set sim1 name sim0");
    ip("link set sim0 netns blue");
    dies(red);
    dies(blue);
    assert!(exists("sim0") && exists("sim0_0"));
    drop(sim);
}

/// Both away, with their looks at home.
fn two_nics_in_red() -> (Netdevsim, Namespace, [String; 2]) {
    load();
    let sim = Netdevsim::new(1, &["sim0", "sim1"]);
    let before = ["sim0", "sim1"].map(|name| look(ip, name));
    let red = Namespace::add("red");
    ip("link set sim0 netns red");
    ip("link set sim1 netns red");
    (sim, red, before)
}

#[test]
fn two_nics_that_swapped_their_names_inside_come_home_under_their_own() {
    let (_sim, red, before) = two_nics_in_red();
    red.ip("link set sim0 name swap");
    red.ip("link set sim1 name sim0");
    red.ip("link set swap name sim1");
    red.delete();
    is_as_before("sim0", &before[0]);
    is_as_before("sim1", &before[1]);
}

#[test]
fn a_nic_whose_name_is_taken_at_home_gets_a_numbered_one_and_all_its_settings() {
    let (_sim, red, before) = nic_in_red();
    disguise(|args| red.ip(args), "sim0", "ct0");
    ip("link add sim0 type dummy");
    ip("link add sim0_0 type dummy");
    let told = dies(red);
    let how = told.iter().find_map(|kind| match kind {
        EventKind::DeviceReturned(_, how) => how.as_ref(),
        _ => None,
    });
    // That is not the name that it had.
    let restored = how.expect("a return").restored;
    assert!(
        !restored.contains(Settings::of(setting::NAME)),
        "{restored:?}"
    );
    is_home("sim0_1");
    eventually("all else is as before", || {
        look(ip, "sim0_1").replacen("sim0_1", "sim0", 1) == before
    });
    ip("link del sim0");
    ip("link del sim0_0");
}

#[test]
fn a_nic_whose_present_name_is_taken_at_home_gets_its_own_at_once() {
    let (_sim, red, _) = nic_in_red();
    red.ip("link set sim0 name ct0");
    ip("link add ct0 type dummy");
    red.delete();
    is_home("sim0");
    ip("link del ct0");
}

#[test]
fn an_altname_that_clashes_at_home_does_not_keep_a_nic_away() {
    let (_sim, red, before) = nic_in_red();
    red.ip("link set sim0 name ct0");
    // One that somebody else has at home, and one that is its own name at home.
    red.ip("link property add dev ct0 altname clash altname sim0");
    ip("link add other type dummy");
    ip("link property add dev other altname clash");
    red.delete();
    is_as_before("sim0", &before);
    assert!(ip("link show other").contains("clash"));
    ip("link del other");
}

#[test]
fn an_altname_inside_that_is_another_nics_name_at_home_takes_nothing_away() {
    let (_sim, red, before) = two_nics_in_red();
    red.ip("link set sim1 name ct1");
    red.ip("link property add dev sim0 altname sim1");
    red.delete();
    is_as_before("sim0", &before[0]);
    is_as_before("sim1", &before[1]);
}

#[test]
fn a_nic_whose_home_dies_in_the_same_batch_comes_to_the_initial_namespace() {
    load();
    let _sim = Netdevsim::new(1, &["sim0"]);
    let before = look(ip, "sim0");
    for _ in 0..5 {
        let red = Namespace::add("red");
        let _blue = Namespace::add("blue");
        ip("link set sim0 netns red");
        red.ip("link set sim0 name red0 mtu 1300");
        red.ip("link set red0 netns blue");
        red.ip("link add veth0 type veth peer name veth1 netns blue");
        // One call unmounts both, so that the worker finds them together.
        let script =
            "umount /run/netns/red; umount /run/netns/blue; rm /run/netns/red /run/netns/blue";
        homeward_guest_tests::run("sh", &["-c", script]);
        is_as_before("sim0", &before);
    }
}

#[test]
fn a_nic_that_was_enslaved_and_up_comes_home_free_and_down() {
    let (_sim, red, before) = nic_in_red();
    red.ip("link add br0 type bridge");
    red.ip("link set sim0 name ct0 master br0 mtu 1400");
    red.ip("link set ct0 up");
    red.ip("address add 192.0.2.1/24 dev br0");
    red.delete();
    is_as_before("sim0", &before);
    assert!(ip_fails("link show br0").contains("does not exist"));
}

#[test]
fn a_nic_with_a_name_that_ip_refuses_has_its_mtu_at_home_or_that_is_told() {
    load();
    // At the limits of the driver, too, which has no more and no less.
    for (mtu, skip) in [(1500, 0), (1500, 1), (1500, 2), (68, 5), (1280, 5)] {
        let _sim = Netdevsim::new(1, &["sim0"]);
        ip(&format!("link set sim0 mtu {mtu}"));
        let before = look(ip, "sim0");
        let red = Namespace::add("red");
        ip("link set sim0 netns red");
        red.ip("link set sim0 mtu 1000");
        red.ip("link set sim0 name all");
        red.ip(&format!("link set all mtu {mtu}"));
        let fault = Fault::new("netif_set_mtu_ext", Failing::With(Errno::EIO), skip, 1);
        let told = dies(red);
        drop(fault);
        let back = told
            .iter()
            .any(|kind| matches!(kind, EventKind::DeviceReturned(..)));
        assert!(back, "{mtu}, {skip}: {told:?}");
        assert_eq!(look(ip, "sim0"), before, "{mtu}, call {skip}");
        assert!(std::path::Path::new("/proc/sys/net/ipv4/conf/sim0").exists());
    }
}

#[test]
fn a_nic_with_a_name_that_ip_refuses_comes_home_and_has_ip_again() {
    load();
    let _sim = Netdevsim::new(1, &["sim0", "sim1"]);
    let before = (look(ip, "sim0"), look(ip, "sim1"));
    let red = Namespace::add("red");
    for (name, refused) in [("sim0", "all"), ("sim1", "default")] {
        ip(&format!("link set {name} netns red"));
        // Too small for IPv6, which then lets the device go and does not object to the name.
        red.ip(&format!("link set {name} mtu 1000"));
        red.ip(&format!("link set {name} name {refused}"));
    }
    red.delete();
    is_as_before("sim0", &before.0);
    is_as_before("sim1", &before.1);
    for name in ["sim0", "sim1"] {
        for family in ["ipv4", "ipv6"] {
            let conf = format!("/proc/sys/net/{family}/conf/{name}");
            eventually(&conf, || std::path::Path::new(&conf).exists());
        }
    }
    let device = client().device_by_name(homeward_guest_tests::cookie_of(1), "sim0");
    assert!(device.expect("sim0").homes.is_empty());
}

#[test]
fn a_nic_comes_home_past_a_flood_of_altnames() {
    let (_sim, red, before) = nic_in_red();
    let flood: String = (0..300)
        .map(|n| format!("link property add dev sim0 altname flood{n}\n"))
        .collect();
    std::fs::write("/tmp/batch", flood).expect("a batch file");
    red.ip("-batch /tmp/batch");
    red.delete();
    is_as_before("sim0", &before);
}

#[test]
fn a_nic_that_an_administrator_fetches_has_its_settings_back_and_is_at_home() {
    let (_sim, red, before) = nic_in_red();
    red.ip("link set sim0 mtu 1400");
    red.ip("link set sim0 netns 1");
    assert_eq!(look(ip, "sim0"), before);
    let init = client()
        .namespace(homeward_client::By::Pid(1))
        .expect("the initial namespace");
    let device = client().device_by_name(init.cookie, "sim0").expect("sim0");
    assert!(device.homes.is_empty(), "{device:?}");
}

/// Moves devices into `red`, by one program.
fn move_to_red(names: &[&str], with: &str) {
    let batch: String = names
        .iter()
        .map(|name| format!("link set {name} netns red {with}\n"))
        .collect();
    std::fs::write("/tmp/batch", batch).expect("a batch file");
    ip("-batch /tmp/batch");
}

#[test]
fn thirty_two_nics_come_home_together() {
    load();
    let names: Vec<String> = (0..32).map(|n| format!("many{n}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let _sim = Netdevsim::new(1, &names);
    let red = Namespace::add("red");
    move_to_red(&names, "mtu 1400");
    dies(red);
    let links = ip("link show");
    for name in names {
        assert!(links.contains(&format!(" {name}: ")), "{name} is not home");
    }
    assert!(!links.contains("mtu 1400"));
}

/// They are closed as one; not so those that lean on another device, or that another leans on.
#[test]
fn nics_that_are_up_come_home_together_whatever_leans_on_them() {
    load();
    let names: Vec<String> = (0..20).map(|n| format!("many{n}")).collect();
    let mut names: Vec<&str> = names.iter().map(String::as_str).collect();
    let _sim = Netdevsim::new(1, &names);
    let (virtio, e1000) = (Nic::driven_by("virtio_net"), Nic::driven_by("e1000"));
    names.extend([virtio.name(), e1000.name()]);
    let before: Vec<String> = names.iter().map(|name| look(ip, name)).collect();
    let red = Namespace::add("red");
    move_to_red(&names, "");
    red.ip("link add br0 up type bridge");
    red.ip("link set many0 master br0");
    red.ip("link set many1 promisc on master br0");
    red.ip("link add v2 link many2 type vlan id 2");
    red.ip(&format!(
        "link add v3 link {} type vlan id 3",
        virtio.name()
    ));
    red.ip("link add m4 link many4 type macvlan");
    red.ip("link add d5 type dummy");
    red.ip("link add v6 link d5 type vlan id 6");
    says("keep d5@red");
    says("keep v6@red");
    for name in names.iter().copied().chain(["v2", "v3", "m4", "d5", "v6"]) {
        red.ip(&format!("link set {name} up"));
    }
    dies(red);
    for (name, before) in names.iter().zip(&before) {
        if *name != "many4" {
            is_as_before(name, before);
        }
    }
    // Its macvlan asked for promiscuity; the kernel takes that back when the NIC is up again.
    is_home("many4");
    ip("link set many4 up");
    assert!(ip("-d link show many4").contains("promiscuity 0 "));
    for kept in ["d5", "v6"] {
        assert!(
            !ip(&format!("link show dev {kept}")).contains("UP"),
            "{kept} is up"
        );
    }
    ip("link delete v6");
    ip("link delete d5");
}
