// SPDX-License-Identifier: GPL-2.0-only

//! The file of baselines in another boot, on another machine, and when it cannot be written.

use std::fs;

use homeward_client::model::{setting, Device};
use homeward_guest_tests::verb::homeward;
use homeward_guest_tests::{
    client, cookie_of, eventually, homeward as json, ip, load, run, unload, Namespace, Netdevsim,
};
use serde_json::Value;

const FILE: &str = "/var/lib/homeward/baseline.json";

/// A NIC with a baseline that was taken just now.
#[track_caller]
fn taken() -> Netdevsim {
    load();
    let _ = fs::remove_file(FILE);
    let sim = Netdevsim::new(1, &["sim0"]);
    assert_eq!(
        json("baseline take sim0").data["devices"][0]["outcome"],
        "done"
    );
    sim
}

/// Changes what the file says of where and when the first baseline was taken.
#[track_caller]
fn edit(key: &str, value: impl Into<Value>) {
    let text = fs::read_to_string(FILE).expect("the file");
    let mut all: Value = serde_json::from_str(&text).expect("JSON");
    let place = &mut all["devices"][0]["taken"][key];
    assert!(!place.is_null(), "{key}: {text}");
    *place = value.into();
    fs::write(FILE, all.to_string()).expect("the file");
}

/// What becomes of it at the next boot.
#[track_caller]
fn loaded_anew() -> (Value, Option<Device>) {
    unload();
    load();
    let loaded = json("baseline load").data["devices"][0].clone();
    let devices = client().devices(None).expect("devices");
    let found = devices.into_iter().find(|one| one.baseline.is_some());
    (loaded, found)
}

#[test]
fn an_address_that_was_made_up_in_another_boot_is_not_given_to_a_nic() {
    let _sim = taken();
    let address = |device: Option<Device>| {
        let settings = device
            .expect("a device")
            .baseline
            .expect("a baseline")
            .settings;
        (
            settings.contains_key(&setting::ADDRESS),
            settings.contains_key(&setting::MTU),
        )
    };
    let (loaded, device) = loaded_anew();
    assert_eq!(
        (&loaded["outcome"], address(device)),
        (&"done".into(), (true, true))
    );
    edit("boot", "another");
    let (loaded, device) = loaded_anew();
    assert_eq!(
        (&loaded["outcome"], address(device)),
        (&"done".into(), (false, true))
    );
    assert_eq!(json("baseline load").data["devices"][0]["outcome"], "same");
    // What somebody has set is meant.
    ip("link set sim0 address 02:00:00:00:00:07");
    assert_eq!(homeward("baseline take sim0").status, 0);
    edit("boot", "another");
    let (_, device) = loaded_anew();
    assert_eq!(address(device), (true, true));
}

#[test]
fn what_another_kernel_may_number_otherwise_is_left_out_and_told() {
    let _sim = taken();
    edit("kernel", "6.1.0");
    let (loaded, device) = loaded_anew();
    assert_eq!(loaded["outcome"], "partly", "{loaded}");
    let why = loaded["reason"].as_str().expect("a reason");
    assert!(why.contains("6.1.0") && why.contains("features"), "{why}");
    let settings = device.expect("it").baseline.expect("a baseline").settings;
    assert!(!settings.contains_key(&setting::FEATURES) && settings.contains_key(&setting::MTU));
    let doctor = homeward("doctor").out;
    assert!(doctor.contains("sim0 with 6.1.0"), "{doctor}");
}

#[test]
fn a_place_on_another_machine_is_not_the_same_place() {
    let _sim = taken();
    let text = fs::read_to_string(FILE).expect("the file");
    // This machine may have no id.
    fs::write(
        FILE,
        text.replacen("\"machine\": null", "\"machine\": \"x\"", 1),
    )
    .expect("the file");
    edit("machine", "another");
    let (loaded, device) = loaded_anew();
    assert_eq!((&loaded["outcome"], device), (&"gone".into(), None));
    assert!(loaded["reason"]
        .as_str()
        .is_some_and(|why| why.contains("another machine")));
}

#[test]
fn a_nic_with_an_address_of_its_own_is_known_in_another_slot() {
    load();
    let _ = fs::remove_file(FILE);
    let own = "02:00:00:00:aa:01";
    let make = |id: u32| {
        let sim = Netdevsim::new(id, &[]);
        let port = format!("/sys/bus/netdevsim/devices/netdevsim{id}");
        fs::write(format!("{port}/new_port"), format!("0 {own}")).expect("a port");
        let names = || {
            fs::read_dir(format!("{port}/net"))
                .into_iter()
                .flatten()
                .flatten()
        };
        eventually("a port", || names().next().is_some());
        let name = names().next().expect("it").file_name();
        ip(&format!("link set {} name own0", name.to_string_lossy()));
        sim
    };
    let sim = make(3);
    ip("link set own0 mtu 1444 address 02:00:00:00:00:07");
    assert_eq!(
        json("baseline take own0").data["devices"][0]["outcome"],
        "done"
    );
    drop(sim);
    let _sim = make(4);
    let (loaded, device) = loaded_anew();
    assert_eq!(loaded["outcome"], "done", "{loaded}");
    let device = device.expect("it");
    assert_eq!(device.name, "own0");
    assert_eq!(
        device.baseline.expect("one").number(setting::MTU),
        Some(1444)
    );
    // Taken anew it is one, and not a second one.
    assert_eq!(homeward("baseline take own0").status, 0);
    let kept = fs::read_to_string(FILE).expect("the file");
    assert_eq!(kept.matches(own).count(), 1, "{kept}");
}

#[test]
fn what_belongs_to_no_device_is_told_and_can_be_forgotten() {
    let sim = taken();
    drop(sim);
    let loaded = homeward("baseline load");
    assert_eq!(loaded.status, 0);
    assert!(loaded.out.contains("gone"), "{}", loaded.out);
    let different = homeward("baseline diff");
    let advice = "'homeward baseline clear sim0' forgets it";
    assert!(different.err.contains(advice), "{different:?}");
    let doctor = homeward("doctor").out;
    assert!(
        doctor.contains("of devices that are not there: sim0"),
        "{doctor}"
    );
    assert_eq!(homeward("baseline clear sim0").status, 0);
    assert!(!fs::read_to_string(FILE).expect("a file").contains("sim0"));
    assert_eq!(homeward("baseline diff").err, "");
    assert_eq!(homeward("baseline clear sim0").status, 3);
}

#[test]
fn a_nic_that_would_come_home_under_another_name_than_it_has_is_told() {
    let _sim = taken();
    let there = || homeward("doctor").out;
    assert!(there().contains("1 device has one"), "{}", there());
    ip("link set sim0 name lan0");
    assert!(
        there().contains("lan0 would come home as sim0"),
        "{}",
        there()
    );
    let different = homeward("baseline diff").out;
    assert!(
        different
            .lines()
            .any(|line| line.contains("name") && line.contains("lan0")),
        "{different}"
    );
    assert_eq!(homeward("baseline take lan0").status, 0);
    assert!(there().contains("1 device has one"), "{}", there());
}

#[test]
fn what_was_taken_or_forgotten_and_cannot_be_kept_is_told_as_that() {
    let _sim = taken();
    let own = "/var/lib/homeward";
    run("mount", &["-t", "tmpfs", "-o", "ro", "tmpfs", own]);
    let taken = homeward("baseline take sim0 --json");
    let cleared = homeward("baseline clear sim0 --json");
    run("umount", &[own]);
    for ran in [taken, cleared] {
        assert_eq!(ran.status, 6, "{ran:?}");
        let said: Value = serde_json::from_str(&ran.out).expect("JSON");
        assert_eq!(said["devices"][0]["outcome"], "unsaved", "{said}");
        let why = said["devices"][0]["reason"].as_str().expect("a reason");
        assert!(why.contains("Read-only file system"), "{why}");
        assert!(ran.err.contains("cannot write"), "{}", ran.err);
    }
    let here = client().devices(Some(cookie_of(1))).expect("devices");
    assert!(
        here.iter().all(|device| device.baseline.is_none()),
        "forgotten"
    );
    drop(Namespace::add("red"));
}
