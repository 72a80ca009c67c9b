// SPDX-License-Identifier: GPL-2.0-only

//! Radios, which the kernel itself moves to the initial namespace with all their devices.

use homeward_client::model::{
    setting, Action, Device, EventKind, Fate, Mark, Reason, Return, Settings,
};
use homeward_client::{By, DeviceChange, Which};
use homeward_guest_tests::verb::{json, refuses, says};
use homeward_guest_tests::{
    client, cookie_of, dies, exists, ip, load, look, stock, Failing, Fault, Namespace, News,
    Observer, Radio,
};

fn mark(red: &Namespace, name: &str, mark: Mark) -> Device {
    let change = DeviceChange {
        mark: Some(mark),
        ..DeviceChange::default()
    };
    let marked = client().set_device(red.cookie(), Which::Name(name), &change);
    marked.expect("a mark")
}

fn fate(device: &Device) -> Fate {
    device.fate.clone().expect("a fate")
}

#[test]
fn a_radio_comes_home_with_its_device_under_its_name_and_as_it_was() {
    load();
    let red = Namespace::add("red");
    let Some(radio) = Radio::new() else {
        assert!(stock(), "no radio");
        return;
    };
    let name = radio.device.as_str();
    let before = look(ip, name);
    radio.move_to("red");
    red.ip(&format!(
        "link set {name} name inside mtu 1400 address 02:00:00:00:00:66 alias foreign"
    ));
    // What is on top of it comes along if it is kept.
    red.ip("link add link inside name on-top type vlan id 7");
    mark(&red, "on-top", Mark::Keep);
    let all = client().devices(Some(red.cookie())).expect("devices");
    let radio_device = all
        .iter()
        .find(|device| device.name == "inside")
        .expect("inside");
    let fate_of_radio = fate(radio_device);
    assert_eq!(
        (fate_of_radio.action, fate_of_radio.reason),
        (Action::Wiphy, Reason::Wiphy)
    );
    assert_eq!(fate_of_radio.destination, Some(cookie_of(1)));
    assert_eq!(fate_of_radio.name.as_deref(), Some(name));
    let on_top = all
        .iter()
        .find(|device| device.name == "on-top")
        .expect("on-top");
    assert_eq!(fate(on_top).reason, Reason::Mark);
    let mut observer = Observer::new();
    let events = dies(red);
    assert_eq!(look(ip, name), before);
    assert!(exists("on-top"));
    for one in observer.heard() {
        match one {
            News::Link(link) if link.name != "on-top" => {
                assert_eq!((link.name.as_str(), link.mtu), (name, 1500));
            }
            News::Uevent(uevent) => assert_ne!(uevent.name, "inside", "{uevent:?}"),
            News::Link(_) | News::Gone(_) => {}
        }
    }
    let told = events.iter().find_map(|kind| match kind {
        EventKind::DeviceReturned(device, Some(how)) if device.name == name => Some(how),
        _ => None,
    });
    let told = told.expect("a return");
    assert_eq!(told.from_name.as_deref(), Some("inside"));
    assert_eq!(
        told.restored,
        Settings::of(setting::NAME)
            | Settings::of(setting::MTU)
            | Settings::of(setting::ADDRESS)
            | Settings::of(setting::ALIAS)
    );
    ip("link del on-top");
}

#[test]
fn a_released_radio_and_one_that_was_never_seen_at_home_come_as_the_kernel_brings_them() {
    load();
    let Some(radio) = Radio::new() else {
        assert!(stock(), "no radio");
        return;
    };
    let name = radio.device.as_str();
    let red = Namespace::add("red");
    radio.move_to("red");
    red.ip(&format!("link set {name} name inside mtu 1400"));
    // It was moved before, for all that this module knows.
    load();
    let device = client()
        .device_by_name(red.cookie(), "inside")
        .expect("inside");
    let foretold = fate(&device);
    assert_eq!(
        (foretold.action, foretold.destination),
        (Action::Wiphy, None)
    );
    dies(red);
    assert!(ip("link show inside").contains("mtu 1400"));
    let blue = Namespace::add("blue");
    radio.move_to("blue");
    blue.ip("link set inside mtu 1300");
    let released = fate(&mark(&blue, "inside", Mark::Release));
    assert_eq!(
        (released.action, released.reason),
        (Action::Kernel, Reason::Mark)
    );
    dies(blue);
    assert!(ip("link show inside").contains("mtu 1300"));
}

#[test]
fn a_radio_for_which_there_was_no_memory_on_the_way_is_told() {
    load();
    let Some(radio) = Radio::new() else {
        assert!(stock(), "no radio");
        return;
    };
    let name = radio.device.as_str();
    let failed = || client().stats().expect("stats").failed;
    for skip in 0..100 {
        let red = Namespace::add("red");
        radio.move_to("red");
        red.ip(&format!("link set {name} name inside"));
        // A module that has not yet taken the memory to see it leave.
        let known = client().device_by_name(red.cookie(), "inside");
        let change = DeviceChange {
            homes: Some(known.expect("inside").homes),
            ..DeviceChange::default()
        };
        load();
        let set = client().set_device(red.cookie(), Which::Name("inside"), &change);
        set.expect("put back");
        let before = failed();
        let fault = Fault::new("krealloc_node_align_noprof", Failing::WithNull, skip, 1);
        let events = dies(red);
        let struck = fault.struck();
        drop(fault);
        let told = events.iter().find_map(|kind| match kind {
            EventKind::DeviceReturned(_, how) => how.as_ref(),
            _ => None,
        });
        assert!(
            told.is_some() || failed() > before,
            "call {skip}: {events:?}"
        );
        // What it is to be like is never lost on the way, so it has its name, or its failure is told.
        if exists("inside") {
            let named = |how: &Return| how.failures.iter().any(|one| one.setting == setting::NAME);
            assert!(failed() > before || told.is_some_and(named), "call {skip}");
            ip(&format!("link set inside name {name}"));
        }
        assert!(exists(name));
        if !struck {
            assert!(skip > 0 && told.is_some());
            return;
        }
    }
    panic!("allocations without end");
}

#[test]
fn a_radio_is_moved_and_recalled_by_the_command_with_all_that_it_takes_along() {
    load();
    let Some(radio) = Radio::new() else {
        assert!(stock(), "no radio");
        return;
    };
    let name = radio.device.as_str();
    let before = look(ip, name);
    let red = Namespace::add("red");
    let said = says(&format!("move {name} red --name inside"));
    assert!(
        said.starts_with(&format!("{name}@init -> inside@red with its radio, ")),
        "{said}"
    );
    red.ip("link set inside mtu 1400 alias foreign");
    let dry = says("recall -n --all --from red");
    assert_eq!(dry, format!("inside@red would go to {name}@init\n"));
    let said = says("recall inside@red");
    let restored = format!("inside@red -> {name}@init, restored: name,mtu,alias\n");
    assert_eq!(said, restored);
    assert_eq!(look(ip, name), before);
    // All that are away are brought home, and it is among them.
    says(&format!("move {name} red"));
    let there = client().namespace(By::Cookie(red.cookie())).expect("red");
    assert_eq!(there.away, Some(1));
    let all = json("recall --all --from red");
    assert_eq!((&all["returned"], &all["failed"]), (&1.into(), &0.into()));
    assert_eq!(json("recall --all --from red")["returned"], 0);
    assert_eq!(look(ip, name), before);
    // Its name is taken there: the kernel would call it something else.
    red.ip(&format!("link add {name} type dummy"));
    refuses(&format!("move {name} red --name other"), 1, "already");
    assert!(exists(name));
}
