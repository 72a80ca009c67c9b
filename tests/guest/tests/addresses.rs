// SPDX-License-Identifier: GPL-2.0-only

//! Addresses: those that a device had when it left come back where a rule asks for them, and no
//! other; what does not is told.

use std::collections::BTreeMap;
use std::fs;

use homeward_client::model::{setting, EventKind, Home, Return, Settings};
use homeward_client::{DeviceChange, Which};
use homeward_guest_tests::{
    all_come_home_with, client, dies, home_of, ip, load, Failing, Fault, Listener, Namespace,
    Netdevsim, Tenant,
};
use nix::errno::Errno;

fn bring_all_up() {
    all_come_home_with(Settings::ALL);
}

/// The addresses of a device in the initial namespace, but for those of the kernel's making.
#[track_caller]
fn addresses(name: &str) -> Vec<String> {
    let shown = ip(&format!("-o address show dev {name}"));
    let lines = shown.lines().filter(|line| !line.contains("fe80::"));
    let mut all: Vec<_> = lines
        .filter_map(|line| line.split_whitespace().nth(3).map(str::to_owned))
        .collect();
    all.sort();
    all
}

/// How each device came home.
fn returns(events: Vec<EventKind>) -> BTreeMap<String, Return> {
    let told = events.into_iter().filter_map(|kind| match kind {
        EventKind::DeviceReturned(device, Some(how)) => Some((device.name, how)),
        _ => None,
    });
    told.collect()
}

/// What could not be put back of the addresses, and why.
fn not_back(how: &Return) -> Vec<Errno> {
    let failures = how.failures.iter();
    let of_addresses = failures.filter(|failure| failure.setting == setting::ADDRESSES);
    of_addresses.map(|failure| failure.errno).collect()
}

fn says_restored(how: &Return) -> bool {
    how.restored.contains(Settings::of(setting::ADDRESSES))
}

/// What is done with a device `DEV` before it leaves, which of its two addresses come back, and
/// whether there is another.
const JOURNEYS: [(&str, &[&str], &str); 9] = [
    ("left up", &[], "46"),
    ("set down", &["link set DEV down"], "46"),
    (
        "set down and renamed",
        &["link set DEV down", "link set DEV name DEVn"],
        "46",
    ),
    (
        "set down and flushed",
        &["link set DEV down", "address flush dev DEV"],
        "",
    ),
    (
        "set down and bereft of one",
        &["link set DEV down", "address del A4 dev DEV"],
        "",
    ),
    (
        "down, up, down",
        &["link set DEV down", "link set DEV up", "link set DEV down"],
        "4",
    ),
    (
        "set down and given another",
        &[
            "link set DEV down",
            "address add 2001:db8:99::9/64 dev DEV nodad",
        ],
        "4+",
    ),
    (
        "bereft of one and set down",
        &["address del A6 dev DEV", "link set DEV down"],
        "4",
    ),
    ("flushed while up", &["address flush dev DEV"], ""),
];

#[test]
fn no_address_comes_back_that_was_removed_before_the_device_left() {
    load();
    let names: Vec<_> = (0..JOURNEYS.len()).map(|nth| format!("sim{nth}")).collect();
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    let _sim = Netdevsim::new(1, &names);
    let red = Namespace::add("red");
    let own = |nth: usize| {
        let six = format!("2001:db8:{}::1/64", nth + 1);
        (format!("192.0.{nth}.1/24"), six)
    };
    for (nth, (_, steps, _)) in JOURNEYS.iter().enumerate() {
        let (four, six) = own(nth);
        ip(&format!("link set sim{nth} up"));
        ip(&format!("address add {four} dev sim{nth}"));
        ip(&format!("address add {six} dev sim{nth} nodad"));
        for step in *steps {
            let step = step.replace("DEV", &format!("sim{nth}"));
            ip(&step.replace("A4", &four).replace("A6", &six));
        }
    }
    // One after the other, so what is known of one must not be of another.
    for (nth, (_, steps, _)) in JOURNEYS.iter().enumerate() {
        let renamed = steps.iter().any(|step| step.contains("name"));
        let name = if renamed { "n" } else { "" };
        ip(&format!("link set sim{nth}{name} netns red"));
        // What is done inside does not count.
        red.ip(&format!(
            "address add 203.0.113.{nth}/24 dev sim{nth}{name}"
        ));
    }
    bring_all_up();
    let told = returns(dies(red));
    for (nth, (what, steps, back)) in JOURNEYS.iter().enumerate() {
        let renamed = steps.iter().any(|step| step.contains("name"));
        let name = format!("sim{nth}{}", if renamed { "n" } else { "" });
        let (four, six) = own(nth);
        let mut expected = Vec::new();
        expected.extend(back.contains('4').then_some(four));
        expected.extend(back.contains('6').then_some(six));
        expected.extend(back.contains('+').then(|| "2001:db8:99::9/64".to_owned()));
        expected.sort();
        assert_eq!(addresses(&name), expected, "{what}");
        // What there was not is not said to be back.
        let how = &told[&name];
        assert_eq!(says_restored(how), !expected.is_empty(), "{what}: {how:?}");
        assert_eq!(not_back(how), [], "{what}: {how:?}");
    }
}

/// The kernel takes them with that and tells nobody: it took them when the device was set down.
#[test]
fn no_ipv6_address_comes_back_where_ipv6_was_switched_off_before_the_device_left() {
    load();
    let _sim = Netdevsim::new(1, &["sim0"]);
    ip("link set sim0 up");
    ip("address add 192.0.2.1/24 dev sim0");
    ip("address add 2001:db8::1/64 dev sim0 nodad");
    ip("link set sim0 down");
    fs::write("/proc/sys/net/ipv6/conf/sim0/disable_ipv6", "1").expect("no IPv6");
    let red = Namespace::add("red");
    ip("link set sim0 netns red");
    bring_all_up();
    let told = returns(dies(red));
    assert_eq!(addresses("sim0"), ["192.0.2.1/24"]);
    assert_eq!(not_back(&told["sim0"]), [], "{told:?}");
    assert!(says_restored(&told["sim0"]), "{told:?}");
}

#[test]
fn addresses_that_are_not_recorded_are_told_with_the_reason() {
    load();
    let _sim = Netdevsim::new(1, &["sim0", "sim1", "sim2", "sim3"]);
    let red = Namespace::add("red");
    for name in ["sim0", "sim1", "sim2", "sim3"] {
        ip(&format!("link set {name} up"));
    }
    ip("address add 192.0.2.1/24 dev sim0");
    ip("address add 192.0.2.2/24 dev sim0 valid_lft 1000 preferred_lft 500");
    ip("address add 2001:db8::2/64 dev sim0 nodad valid_lft 1000 preferred_lft 500");
    for nth in 1..=40 {
        ip(&format!("address add 198.51.100.{nth}/24 dev sim1"));
    }
    ip("address add 2001:db8:2::1/64 dev sim2 nodad valid_lft 1000 preferred_lft 500");
    // That one is lost before it leaves, and was there all the same.
    ip("link set sim2 down");
    for name in ["sim0", "sim1", "sim2", "sim3"] {
        ip(&format!("link set {name} netns red"));
    }
    let counts = |home: &Home| {
        let Home {
            addresses,
            addresses_expiring,
            addresses_surplus,
            addresses_lost,
            ..
        } = home;
        (
            addresses.len(),
            *addresses_expiring,
            *addresses_surplus,
            *addresses_lost,
        )
    };
    assert_eq!(counts(&home_of(&red, "sim0")), (1, 2, 0, 0));
    assert_eq!(counts(&home_of(&red, "sim1")), (32, 0, 8, 0));
    assert_eq!(counts(&home_of(&red, "sim2")), (0, 1, 0, 0));
    assert_eq!(counts(&home_of(&red, "sim3")), (0, 0, 0, 0));
    // A module that replaces this one knows it as well.
    let homes = vec![home_of(&red, "sim1")];
    let change = DeviceChange {
        homes: Some(homes.clone()),
        ..DeviceChange::default()
    };
    let set = client().set_device(red.cookie(), Which::Name("sim1"), &change);
    assert_eq!(set.expect("the same").homes, homes);

    bring_all_up();
    let told = returns(dies(red));
    for (name, reasons) in [
        ("sim0", &[Errno::ETIME][..]),
        ("sim1", &[Errno::E2BIG]),
        ("sim2", &[Errno::ETIME]),
        ("sim3", &[]),
    ] {
        let how = &told[name];
        assert!(!says_restored(how), "{name}: {how:?}");
        assert_eq!(not_back(how), reasons, "{name}: {how:?}");
        assert!(
            how.restored.contains(Settings::of(setting::UP)),
            "{name}: {how:?}"
        );
    }
    assert_eq!(addresses("sim0"), ["192.0.2.1/24"]);
    assert_eq!(addresses("sim1").len(), 32);
}

#[test]
fn addresses_for_which_there_was_no_memory_are_told() {
    load();
    bring_all_up();
    for skip in 0..100 {
        let _sim = Netdevsim::new(1, &["sim0"]);
        let red = Namespace::add("red");
        ip("link set sim0 up");
        ip("address add 192.0.2.1/24 dev sim0");
        ip("address add 2001:db8::1/64 dev sim0 nodad");
        let before = addresses("sim0");
        let fault = Fault::new("krealloc_node_align_noprof", Failing::WithNull, skip, 1);
        ip("link set sim0 netns red");
        let struck = fault.struck();
        drop(fault);
        let told = returns(dies(red));
        if let Some(how) = told.get("sim0").filter(|how| how.home_name.is_some()) {
            let whole = addresses("sim0") == before;
            assert_eq!(says_restored(how), whole, "call {skip}: {how:?}");
            assert_eq!(not_back(how).is_empty(), whole, "call {skip}: {how:?}");
        }
        if !struck {
            assert!(skip > 3, "{skip} allocations");
            return;
        }
    }
    panic!("allocations without end");
}

#[test]
fn what_the_kernel_refuses_at_home_is_told_and_the_rest_is_there() {
    load();
    let _sim = Netdevsim::new(1, &["sim0"]);
    ip("link set sim0 up");
    ip("address add 192.0.2.1/24 dev sim0");
    ip("address add 2001:db8::1/64 dev sim0 nodad");
    let red = Namespace::add("red");
    ip("link set sim0 netns red");
    bring_all_up();
    // For devices that come.
    let switch = "/proc/sys/net/ipv6/conf/default/disable_ipv6";
    fs::write(switch, "1").expect("no IPv6");
    let told = returns(dies(red));
    fs::write(switch, "0").expect("IPv6");
    let how = &told["sim0"];
    assert_eq!(addresses("sim0"), ["192.0.2.1/24"]);
    assert!(!says_restored(how), "{how:?}");
    assert_eq!(not_back(how), [Errno::EACCES], "{how:?}");
}

#[test]
fn addresses_come_back_with_protocol_and_preferred_lifetime() {
    load();
    let _sim = Netdevsim::new(1, &["sim0"]);
    ip("link set sim0 up");
    ip("address add 192.0.2.1/24 dev sim0");
    ip("address add 192.0.2.2/24 dev sim0 preferred_lft 0");
    ip("address add 2001:db8::1/64 dev sim0 nodad");
    ip("address add 2001:db8::2/64 dev sim0 nodad preferred_lft 0");
    ip("address add 2001:db8::3/64 dev sim0 nodad preferred_lft 1000");
    let look = || {
        let shown: serde_json::Value =
            serde_json::from_str(&ip("-j address show dev sim0")).expect("JSON");
        let all = shown[0]["addr_info"].as_array().expect("addresses").clone();
        let all = all.into_iter().filter(|one| one["scope"] == "global");
        all.map(|mut one| {
            let preferred = one["preferred_life_time"].as_u64().expect("a lifetime");
            // Time passes.
            let kind = match preferred {
                0 => "deprecated",
                900..=1000 => "for a while",
                _ => "for ever",
            };
            one["preferred_life_time"] = kind.into();
            (one["local"].to_string(), one)
        })
        .collect::<BTreeMap<_, _>>()
    };
    let before = look();
    assert_eq!(before.len(), 5);
    let text = format!("{before:?}");
    assert!(
        text.contains("for a while") && text.contains("deprecated"),
        "{text}"
    );
    let red = Namespace::add("red");
    ip("link set sim0 netns red");

    // They survive a module that is replaced.
    let mut homes = vec![home_of(&red, "sim0")];
    load();
    // An older `ip` cannot give one.
    for address in &mut homes[0].addresses {
        address.protocol = 66;
    }
    let change = DeviceChange {
        homes: Some(homes.clone()),
        ..DeviceChange::default()
    };
    let set = client().set_device(red.cookie(), Which::Name("sim0"), &change);
    assert_eq!(set.expect("put back").homes, homes);

    bring_all_up();
    let told = returns(dies(red));
    assert_eq!(look(), before);
    assert!(says_restored(&told["sim0"]), "{told:?}");
    let blue = Namespace::add("blue");
    ip("link set sim0 netns blue");
    let again = home_of(&blue, "sim0").addresses;
    assert_eq!(again.len(), 5);
    assert!(again.iter().all(|one| one.protocol == 66), "{again:?}");
}

/// A device of a tenant, set down after it had an address.
fn set_down(nth: u32) -> String {
    format!(
        "link add dum{nth} type dummy\nlink set dum{nth} addrgenmode none up
         address add 2001:db8:{nth}::1/64 dev dum{nth} nodad\nlink set dum{nth} down\n"
    )
}

/// So many of them.
#[track_caller]
fn tenant_with(devices: u32) -> Tenant {
    let tenant = Tenant::new();
    tenant.try_batch(&(0..devices).map(set_down).collect::<String>());
    let last = devices - 1;
    let link = tenant.ip(&format!("link show dum{last}"));
    assert!(link.contains("state DOWN"), "{link}");
    tenant
}

#[test]
fn what_a_tenant_sets_down_costs_the_host_none_of_its_addresses() {
    load();
    let _sim = Netdevsim::new(1, &["sim0", "sim1"]);
    // Those that are up when they die are set down once more: that is to cost no place for good, also
    // where it halves what is left of the sixteen.
    for devices in [8, 4, 2, 1] {
        let tenant = tenant_with(devices);
        let up = |nth| format!("link set dum{nth} up\n");
        tenant.try_batch(&(0..devices).map(up).collect::<String>());
        let cookie = tenant.cookie();
        let mut events = Listener::new();
        tenant.evict();
        events.until_gone(cookie);
    }
    let red = Namespace::add("red");
    let own = [
        ("sim0", "2001:db8:100::1/64"),
        ("sim1", "2001:db8:101::1/64"),
    ];
    for (name, address) in own {
        ip(&format!("link set {name} up"));
        ip(&format!("address add {address} dev {name} nodad"));
        ip(&format!("link set {name} down"));
    }
    // More than are remembered.
    let flood = tenant_with(20);
    for (name, _) in own {
        ip(&format!("link set {name} netns red"));
    }
    flood.evict();
    bring_all_up();
    let told = returns(dies(red));
    for (name, address) in own {
        assert_eq!(addresses(name), [address], "{name}: {told:?}");
    }
}
