// SPDX-License-Identifier: GPL-2.0-only

use std::net::Ipv4Addr;

use homeward_client::model::{Address, LinkAddress};

use super::*;

fn home(name: &str) -> Home {
    Home {
        namespace: 1,
        name: Some(name.to_owned()),
        ..Home::default()
    }
}

fn device(name: &str, address: u8, parent: &str) -> Device {
    Device {
        physical: true,
        permanent_address: Some(LinkAddress(vec![2, 0, 0, 0, 0, address])),
        parent: Some(parent.to_owned()),
        parent_bus: Some("pci".to_owned()),
        baseline: Some(home(name)),
        ..Device::new(1, 4 + u32::from(address), name)
    }
}

/// The same device without an address of its own.
fn nameless(name: &str, port: u8, parent: &str) -> Device {
    Device {
        permanent_address: None,
        dev_port: u32::from(port),
        ..device(name, port, parent)
    }
}

/// One whose address is made up at each boot.
fn random(name: &str, address: u8, parent: &str) -> Device {
    let mut device = device(name, address, parent);
    let settings = [
        (setting::ADDR_ASSIGN_TYPE, Value::Number(RANDOM)),
        (
            setting::ADDRESS,
            Value::Address(vec![2, 0, 0, 0, 0, address]),
        ),
        (setting::MTU, Value::Number(1500)),
    ];
    device.baseline = Some(Home {
        settings: settings.into(),
        ..home(name)
    });
    device
}

fn saved_among(device: &Device, all: &[Device]) -> Result<Saved, Unknowable> {
    Saved::of(device, device.baseline.as_ref().expect("a baseline"), all)
}

#[track_caller]
fn saved(device: &Device) -> Saved {
    saved_among(device, std::slice::from_ref(device)).expect("an identity")
}

fn file(all: &[Saved]) -> Baselines {
    Baselines {
        devices: all.to_vec(),
        ..Baselines::new()
    }
}

fn find<'a>(saved: &Saved, devices: &'a [Device]) -> Found<'a> {
    file(std::slice::from_ref(saved)).find(saved, devices, &Origin::here())
}

fn names(all: &Baselines) -> Vec<&str> {
    let names = all.devices.iter().map(|saved| saved.name.as_str());
    names.collect()
}

/// What a later boot is, with the same machine and kernel.
fn later() -> Origin {
    Origin {
        boot: Some("another".to_owned()),
        time_ns: 1,
        ..Origin::here()
    }
}

#[test]
fn a_device_is_known_by_address_and_place_and_not_by_its_name() {
    let saved = saved(&device("eth1", 1, "0000:00:03.0"));
    let renamed = device("eth7", 1, "0000:00:03.0");
    let others = [
        device("eth1", 2, "0000:00:03.0"),
        device("eth1", 1, "0000:00:04.0"),
        renamed.clone(),
    ];
    assert_eq!(find(&saved, &others), Found::One(&renamed));
    let other = [device("eth1", 2, "0000:00:03.0")];
    assert_eq!(find(&saved, &other), Found::None);
    let twins = [renamed.clone(), renamed];
    assert_eq!(find(&saved, &twins), Found::Several);
}

#[test]
fn a_device_that_nothing_tells_from_others_is_not_saved() {
    let anybody = Device {
        permanent_address: None,
        parent: None,
        ..device("eth1", 1, "")
    };
    assert_eq!(saved_among(&anybody, &[]), Err(Unknowable::Nothing));
}

#[test]
fn ports_are_told_apart_and_those_that_cannot_be_are_not_saved() {
    let ports = [nameless("can0", 0, "a"), nameless("can1", 1, "a")];
    for port in &ports {
        let saved = saved_among(port, &ports).expect("a port of its own");
        assert_eq!(find(&saved, &ports), Found::One(port));
    }
    let by_id = Device {
        dev_port: 0,
        dev_id: 1,
        ..nameless("can1", 1, "a")
    };
    let ports = [nameless("can0", 0, "a"), by_id];
    assert!(saved_among(&ports[1], &ports).is_ok());
    let twins = [nameless("lan0", 0, "a"), nameless("lan1", 0, "a")];
    for twin in &twins {
        assert_eq!(saved_among(twin, &twins), Err(Unknowable::Twin));
    }
    // A virtual one is none.
    let mut other = twins.clone();
    other[1].physical = false;
    assert!(saved_among(&other[0], &other).is_ok());
}

#[test]
fn one_that_is_in_another_place_is_known_by_its_address_if_no_other_has_it() {
    let saved = saved(&device("eth1", 1, "virtio3"));
    let moved = [device("eth1", 1, "virtio4"), device("eth2", 2, "virtio3")];
    assert_eq!(find(&saved, &moved), Found::One(&moved[0]));
    let twins = [device("eth1", 1, "a"), device("eth2", 1, "b")];
    assert_eq!(find(&saved, &twins), Found::None);
    let here = Origin::here();
    let other = super::tests::saved(&device("eth2", 1, "virtio9"));
    let both = file(&[saved.clone(), other]);
    assert_eq!(both.find(&saved, &moved, &here), Found::None);
    let bridge = [Device {
        physical: false,
        ..device("br0", 1, "")
    }];
    assert_eq!(find(&saved, &bridge), Found::None);
}

#[test]
fn one_with_another_address_at_each_boot_is_known_by_its_place() {
    let saved = saved(&random("vf0", 1, "0000:00:10.0"));
    let next = [random("vf0", 9, "0000:00:10.0"), device("eth0", 1, "b")];
    assert_eq!(find(&saved, &next), Found::One(&next[0]));
    // With another address than its own it is known by that.
    let mut card = random("eth0", 1, "0000:00:03.0");
    card.permanent_address = Some(LinkAddress(vec![2, 0, 0, 0, 0, 77]));
    let by_address = super::tests::saved(&card);
    let next = [random("eth0", 1, "0000:00:03.0")];
    assert_eq!(find(&by_address, &next), Found::None);
    // What has none at all is not taken for one that has.
    let saved = super::tests::saved(&nameless("eth1", 0, "0000:00:03.0"));
    let card = [device("eth1", 1, "0000:00:03.0")];
    assert_eq!(find(&saved, &card), Found::None);
}

#[test]
fn a_place_says_nothing_on_another_machine() {
    let elsewhere = |device: &Device| {
        let mut saved = saved(device);
        saved.taken.machine = Some("another".to_owned());
        saved
    };
    let place = [nameless("eth0", 0, "a")];
    assert_eq!(find(&elsewhere(&place[0]), &place), Found::Foreign);
    assert_eq!(find(&saved(&place[0]), &place), Found::One(&place[0]));
    let card = [device("eth0", 1, "a")];
    assert_eq!(find(&elsewhere(&card[0]), &card), Found::One(&card[0]));
}

#[test]
fn what_holds_in_one_boot_only_is_left_out_in_the_next() {
    let mut taken = random("eth0", 1, "a");
    let address = |until| Address {
        local: Ipv4Addr::LOCALHOST.into(),
        peer: None,
        prefix: 8,
        scope: 0,
        flags: 0,
        label: None,
        broadcast: None,
        metric: 0,
        protocol: 0,
        preferred_until: until,
    };
    let home = taken.baseline.as_mut().expect("a baseline");
    home.addresses = vec![address(None), address(Some(1000)), address(Some(u64::MAX))];
    home.tcx_links = vec![7];
    home.steering = Some(vec![1, 2]);
    let saved = saved(&taken);

    let (same, _) = saved.baseline(1, &Origin::here());
    assert_eq!(same.settings.len(), 3);
    assert_eq!(same.addresses[2].preferred_until, Some(u64::MAX));
    assert!(Saved::is(&taken.baseline.clone().expect("one"), &same));

    let (next, _) = saved.baseline(5, &later());
    assert_eq!(next.namespace, 5);
    let left: Vec<_> = next.settings.keys().copied().collect();
    assert_eq!(left, [setting::MTU]);
    let until: Vec<_> = next
        .addresses
        .iter()
        .map(|one| one.preferred_until)
        .collect();
    assert_eq!(until, [None, Some(1), None]);
    for home in [same, next] {
        assert!(home.tcx_links.is_empty() && home.steering.is_none());
    }
    // One that an administrator or a manager has set is meant.
    let mut set = random("eth0", 1, "a");
    let home = set.baseline.as_mut().expect("a baseline");
    home.settings
        .insert(setting::ADDR_ASSIGN_TYPE, Value::Number(3));
    let (next, _) = super::tests::saved(&set).baseline(5, &later());
    assert_eq!(next.settings.len(), 3);
}

#[test]
fn what_is_numbered_otherwise_in_another_kernel_is_left_out_and_told() {
    let mut taken = device("eth0", 1, "a");
    let home = taken.baseline.as_mut().expect("a baseline");
    home.settings = [
        (setting::MTU, Value::Number(1500)),
        (setting::FEATURES, Value::Number(5)),
        (setting::PRIVATE_FLAGS, Value::Numbers(vec![1])),
    ]
    .into();
    let mut saved = saved(&taken);
    let (whole, others) = saved.baseline(1, &later());
    assert_eq!((whole.settings.len(), others.len()), (3, 0));
    assert_eq!(saved.other_kernel(&later()), None);
    for kernel in [Some("6.1.0".to_owned()), None] {
        saved.taken.kernel = kernel;
        let (rest, others) = saved.baseline(1, &later());
        assert_eq!(rest.settings.len(), 1);
        assert_eq!(others, [setting::FEATURES, setting::PRIVATE_FLAGS]);
        assert!(saved.other_kernel(&later()).is_some());
    }
}

#[test]
fn what_was_in_its_place_or_had_its_address_gives_way_and_a_sibling_does_not() {
    let all = |device: &Device, others: &[Device]| [std::slice::from_ref(device), others].concat();
    // At each boot another address, as a first version saved it.
    let mut piled = file(&[]);
    let vf = random("vf0", 5, "a");
    for address in 1..4 {
        piled.devices.push(saved(&device("vf0", address, "a")));
    }
    piled.put(saved(&vf), &vf, &all(&vf, &[]));
    assert_eq!(names(&piled), ["vf0"]);
    // The ports of a switch have one place and each its own address.
    let ports = [device("swp1", 1, "a"), device("swp2", 2, "a")];
    let mut kept = file(&[]);
    for port in &ports {
        kept.put(saved(port), port, &ports);
    }
    assert_eq!(names(&kept), ["swp1", "swp2"]);
    // A card that has moved is one.
    let moved = device("swp1", 1, "b");
    let now = all(&moved, &ports[1..]);
    kept.put(saved(&moved), &moved, &now);
    assert_eq!(names(&kept), ["swp2", "swp1"]);
    kept.forget(&moved, &now);
    assert_eq!(names(&kept), ["swp2"]);
}

#[test]
fn what_belongs_to_no_device_is_known_and_can_be_forgotten() {
    let there = [device("eth1", 1, "a")];
    let mut all = file(&[
        saved(&there[0]),
        saved(&device("eth5", 5, "e")),
        saved(&device("eth6", 6, "f")),
    ]);
    let here = Origin::here();
    let absent: Vec<_> = all
        .absent(&there, &here)
        .iter()
        .map(|one| one.name.clone())
        .collect();
    assert_eq!(absent, ["eth5", "eth6"]);
    let none: Vec<String> = Vec::new();
    assert_eq!(all.forget_absent(&["eth1".to_owned()], &there, &here), none);
    assert_eq!(
        all.forget_absent(&["eth5".to_owned()], &there, &here),
        ["eth5"]
    );
    assert_eq!(all.forget_absent(&[], &there, &here), ["eth6"]);
    assert_eq!(names(&all), ["eth1"]);
}

#[test]
fn a_file_is_read_as_it_was_written_and_others_are_refused() {
    let mut all = Baselines::new();
    let devices = [device("eth1", 1, "a"), device("eth2", 2, "b")];
    for device in &devices {
        all.put(saved(device), device, &devices);
    }
    let renamed = device("wan", 1, "a");
    all.put(saved(&renamed), &renamed, &devices);
    assert_eq!(names(&all), ["eth2", "wan"], "the newer one of a device");
    let text = all.render().expect("text");
    assert_eq!(Baselines::parse(&text), Ok(all));
    for (other, why) in [
        (text.replace(": 2,", ": 3,"), "version 3"),
        (text.replace(FORMAT, "x"), "its format is 'x'"),
        ("{}".to_owned(), "no file of baselines"),
    ] {
        let refused = Baselines::parse(&other).expect_err(why);
        assert!(refused.contains(why), "{refused}");
    }
}

#[test]
fn a_file_of_the_first_version_is_read() {
    let card = [device("eth1", 1, "a")];
    let mut json = serde_json::to_value(file(&[saved(&card[0])])).expect("JSON");
    json["version"] = 1.into();
    let device = json["devices"][0].as_object_mut().expect("an object");
    for key in ["taken", "dev_port", "dev_id", "any_address"] {
        assert!(device.remove(key).is_some(), "{key}");
    }
    let read = Baselines::parse(&json.to_string()).expect("a file");
    let saved = &read.devices[0];
    assert_eq!(
        read.find(saved, &card, &Origin::here()),
        Found::One(&card[0])
    );
    assert!(read.render().expect("text").contains("\"version\": 2"));
}
