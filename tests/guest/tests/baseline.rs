// SPDX-License-Identifier: GPL-2.0-only

//! As it was, not only as it left: baselines, and the values that rules fix.

use std::fs;

use homeward_client::model::{
    setting, Cause, EventKind, NewRule, RuleAction, Settings, Source, Value,
};
use homeward_client::{Baseline, DeviceChange, Which};
use homeward_guest_tests::verb::homeward;
use homeward_guest_tests::{
    client, cookie_of, dies, homeward as json, ip, link_tcx, load, returns, tcx_count, tcx_program,
    unload, Fleet, Listener, Namespace, Netdevsim, Nic, Side,
};
use nix::errno::Errno;

const FILE: &str = "/var/lib/homeward/baseline.json";

/// NICs with settings of an administrator, and a baseline of that.
#[track_caller]
fn with_baseline(count: usize) -> Fleet {
    load();
    let _ = fs::remove_file(FILE);
    let mut fleet = Fleet::like(count, |number| {
        format!("mtu 1480 txqueuelen 900 alias mine{number}")
    });
    for number in 0..count {
        ip(&format!(
            "link property add dev nic{number} altname slot{number}"
        ));
    }
    fleet.look_again();
    let names: Vec<_> = fleet.homes.iter().map(|home| home.name.as_str()).collect();
    let taken = json(&format!("baseline take {}", names.join(" ")));
    assert_eq!(
        taken.data["devices"].as_array().map(Vec::len),
        Some(count),
        "{taken:?}"
    );
    fleet
}

#[test]
fn what_it_is_to_be_is_foretold_with_where_each_value_comes_from() {
    let _fleet = with_baseline(1);
    let mut client = client();
    let rule = NewRule {
        action: RuleAction::Return,
        set: [
            (setting::MTU, Value::Number(1300)),
            (setting::PROMISC, Value::Number(1)),
        ]
        .into(),
        ..NewRule::default()
    };
    let added = client.add_rule(&rule).expect("a rule");
    assert_eq!(added.set, rule.set);
    let red = Namespace::add("red");
    ip("link set dev nic0 txqueuelen 77 netns red name ct0 mtu 1400");
    let device = client.device_by_name(red.cookie(), "ct0").expect("it");
    let fate = device.fate.expect("a fate");
    let of = |id: u32| {
        let found = fate.settings.iter().find(|one| one.setting == id);
        found.map(|one| (one.value.clone(), one.source))
    };
    assert_eq!(of(setting::MTU), Some((Value::Number(1300), Source::Rule)));
    assert_eq!(of(setting::PROMISC), Some((Value::Number(1), Source::Rule)));
    assert_eq!(
        of(setting::TXQLEN),
        Some((Value::Number(900), Source::Baseline))
    );
    let names = Value::Texts(vec!["slot0".to_owned()]);
    assert_eq!(of(setting::ALTNAMES), Some((names, Source::Baseline)));
    assert_eq!(of(setting::XDP), None, "programs are no part of it");
    let plan = homeward("plan red").out;
    assert!(plan.contains("mtu=1300,promisc=on,baseline"), "{plan}");

    let told = dies(red);
    let back = returns(&told);
    let [(device, how)] = back.as_slice() else {
        panic!("{told:?}")
    };
    assert_eq!((device.name.as_str(), device.mtu), ("nic0", Some(1300)));
    assert_eq!(how.by_rule.names(), ["mtu", "promisc"]);
    assert!(
        how.by_baseline.contains(Settings::of(setting::TXQLEN)),
        "{how:?}"
    );
    let now = client
        .device_by_name(device.namespace, "nic0")
        .expect("it")
        .now
        .expect("now");
    assert_eq!(now.number(setting::TXQLEN), Some(900));
    assert_eq!(now.number(setting::PROMISC), Some(1));
    assert_eq!(now.texts(setting::ALTNAMES), ["slot0"]);
}

#[test]
fn a_rule_sets_the_address_that_each_card_has_of_its_own() {
    load();
    // netdevsim has none.
    let sim = Netdevsim::new(1, &["sim0"]);
    let card = Nic::driven_by("e1000");
    let own = |name: &str| {
        let link = ip(&format!("-details -json link show dev {name}"));
        let link: serde_json::Value = serde_json::from_str(&link).expect("JSON");
        link[0]["permaddr"]
            .as_str()
            .map(str::to_owned)
            .or_else(|| link[0]["address"].as_str().map(str::to_owned))
    };
    let (name, mac) = (card.name().to_owned(), own(card.name()));
    let mut client = client();
    for address in [Value::Permanent, Value::Address(vec![2, 0, 0, 0, 0, 5])] {
        client.flush_rules().expect("no rules");
        let rule = NewRule {
            set: [(setting::ADDRESS, address.clone())].into(),
            ..NewRule::default()
        };
        client.add_rule(&rule).expect("a rule");
        // The runtime's address is there before the NIC leaves.
        ip(&format!("link set dev {name} address 02:00:00:00:00:99"));
        ip("link set dev sim0 address 02:00:00:00:00:98");
        let red = Namespace::add("red");
        ip(&format!("link set dev {name} netns red name ct0"));
        ip("link set dev sim0 netns red name ct1");
        dies(red);
        let link = ip(&format!("-json link show dev {name}"));
        let there = ip("-json link show dev sim0");
        match address {
            Value::Permanent => {
                assert!(link.contains(&mac.clone().expect("an address")), "{link}");
                assert!(there.contains("02:00:00:00:00:98"), "as it left: {there}");
            }
            _ => assert!(
                link.contains("02:00:00:00:00:05") && there.contains("02:00:00:00:00:05"),
                "{link}{there}"
            ),
        }
    }
    drop(sim);
}

#[test]
fn a_nic_that_left_before_the_module_was_loaded_comes_home_as_in_its_baseline() {
    let fleet = with_baseline(1);
    unload();
    let red = Namespace::add("red");
    ip("link property del dev nic0 altname slot0");
    ip("link set dev nic0 mtu 1400 netns red name ct0");
    load();
    let loaded = json("baseline load").data;
    assert_eq!(loaded["devices"][0]["outcome"], "done", "{loaded:#}");
    let device = client().device_by_name(red.cookie(), "ct0").expect("it");
    assert_eq!(device.homes.len(), 1, "its home is known: {device:?}");
    let again = json("baseline load").data;
    assert_eq!(again["devices"][0]["outcome"], "same", "{again:#}");
    dies(red);
    fleet.all_as_before("what the module had not seen leave");
}

#[test]
fn of_two_that_nothing_tells_apart_neither_gets_a_baseline_of_before() {
    // Ports of one simulated card have neither an address of their own nor another place.
    let fleet = with_baseline(2);
    let taken = json("baseline take nic0 nic1").data;
    for row in taken["devices"].as_array().expect("rows") {
        assert_eq!(row["outcome"], "unsaved", "{row}");
        let why = row["reason"].as_str().expect("a reason");
        assert!(why.contains("another device has the same"), "{why}");
    }
    let kept = fs::read_to_string(FILE).expect("the file");
    assert!(!kept.contains("nic0") && !kept.contains("nic1"), "{kept}");
    drop(fleet);

    // Nor if the second one came later; that is no failure of a boot.
    let _fleet = with_baseline(1);
    fs::write("/sys/bus/netdevsim/devices/netdevsim10/new_port", "5").expect("a port");
    unload();
    load();
    let loaded = homeward("baseline load");
    assert_eq!(loaded.status, 0, "{loaded:?}");
    assert!(loaded.out.contains("several devices"), "{}", loaded.out);
    let devices = client().devices(None).expect("devices");
    assert!(devices.iter().all(|device| device.baseline.is_none()));
}

/// A baseline says nothing of programs, though it looks like a home that says there were none.
#[test]
fn a_program_of_home_stays_on_a_nic_that_left_before_the_module_was_loaded() {
    let _fleet = with_baseline(1);
    let ifindex = client().devices(None).expect("devices");
    let ifindex = ifindex
        .iter()
        .find(|one| one.name == "nic0")
        .expect("it")
        .ifindex;
    let (here, told) = (cookie_of(1), |home: &homeward_client::model::Home| {
        (
            home.tcx_programs.len(),
            home.tcx_links.len(),
            home.steering.is_some(),
        )
    });
    let link = link_tcx(ifindex, Side::Ingress, &tcx_program());
    assert_eq!(homeward("baseline take nic0").status, 0);
    let baseline = client().device(here, ifindex).expect("it").baseline;
    assert_eq!(told(&baseline.expect("a baseline")), (0, 0, false));
    unload();
    let red = Namespace::add("red");
    ip("link set dev nic0 netns red");
    load();
    assert_eq!(json("baseline load").data["devices"][0]["outcome"], "done");
    let told = dies(red);
    let back = returns(&told);
    let [(device, how)] = back.as_slice() else {
        panic!("{told:?}")
    };
    assert!(
        how.failures.is_empty() && how.restored.is_empty(),
        "{how:?}"
    );
    assert_eq!(tcx_count(device.ifindex, Side::Ingress), 1);
    drop(link);
}

#[test]
fn a_baseline_outlives_the_module_and_goes_with_it_to_the_next() {
    let fleet = with_baseline(1);
    let red = Namespace::add("red");
    ip("link set dev nic0 mtu 1400 netns red name ct0");
    let before = client()
        .device_by_name(red.cookie(), "ct0")
        .expect("it")
        .baseline;
    assert!(before.is_some());
    let saved = "/run/homeward/state.json";
    assert_eq!(homeward("state save").status, 0);
    unload();
    load();
    assert_eq!(homeward(&format!("state load {saved}")).status, 0);
    let after = client()
        .device_by_name(red.cookie(), "ct0")
        .expect("it")
        .baseline;
    assert_eq!(after, before);
    dies(red);
    fleet.all_as_before("after another module");
}

#[test]
fn one_that_somebody_brings_home_has_its_baseline_too() {
    let fleet = with_baseline(1);
    let red = Namespace::add("red");
    ip("link set dev nic0 mtu 1400 netns red name ct0");
    let mut events = Listener::new();
    red.ip("link set dev ct0 netns 1 name nic0");
    fleet.all_as_before("when its mover is done");
    let told = events.until(|kind| matches!(kind, EventKind::DeviceReturned(..)));
    let back = returns(&told);
    let [(_, how)] = back.as_slice() else {
        panic!("{told:?}")
    };
    assert_eq!(how.cause, Cause::Moved);
    assert!(
        how.by_baseline.contains(Settings::of(setting::MTU)),
        "{how:?}"
    );
}

#[test]
fn a_recalled_one_has_its_baseline_too() {
    let fleet = with_baseline(1);
    let red = Namespace::add("red");
    ip("link set dev nic0 mtu 1400 netns red name ct0");
    assert_eq!(homeward("recall ct0@red").status, 0);
    fleet.all_as_before("recalled");
    drop(red);
}

#[test]
fn what_is_different_is_shown_and_a_cleared_baseline_is_gone() {
    let _fleet = with_baseline(1);
    let same = homeward("baseline diff");
    assert_eq!((same.status, same.err.as_str()), (0, ""), "{}", same.out);
    ip("link set dev nic0 mtu 1400");
    let different = homeward("baseline diff nic0");
    assert_eq!(different.status, 1);
    assert!(
        different.out.contains("mtu") && different.out.contains("1480"),
        "{}",
        different.out
    );
    let shown = homeward("baseline show").out;
    assert!(
        shown.contains("altnames") && shown.contains("slot0"),
        "{shown}"
    );
    assert_eq!(homeward("baseline diff nothing").status, 3);
    assert_eq!(homeward("baseline clear").status, 0);
    let kept = fs::read_to_string(FILE).expect("the file");
    assert!(!kept.contains("slot0"), "{kept}");
    let red = Namespace::add("red");
    ip("link set dev nic0 netns red");
    dies(red);
    let link = ip("-json link show dev nic0");
    assert!(link.contains("\"mtu\":1400"), "as it left: {link}");
}

#[test]
fn the_address_of_a_master_is_no_part_of_it() {
    load();
    let _fleet = Fleet::new(1);
    ip("link add bond0 type bond");
    ip("link set dev bond0 address 02:00:00:00:00:77");
    ip("link set dev nic0 master bond0");
    assert_eq!(homeward("baseline take nic0").status, 0);
    let shown = homeward("baseline show nic0").out;
    assert!(
        shown.contains("mtu") && !shown.contains("02:00:00:00:00:77"),
        "{shown}"
    );
    ip("link del bond0");
}

#[test]
fn a_file_that_is_none_is_refused_and_what_is_advised_helps() {
    let _fleet = with_baseline(1);
    for text in ["", "{}", "[[rule]]", "\0"] {
        fs::write(FILE, text).expect("a file");
        for verb in ["load", "take nic0", "clear"] {
            let refused = homeward(&format!("baseline {verb}"));
            assert_eq!(refused.status, 1, "{verb}: {refused:?}");
            let advice = "remove it, and run 'homeward baseline take'";
            assert!(refused.err.contains(advice), "{refused:?}");
        }
        fs::remove_file(FILE).expect("it is there");
        assert_eq!(homeward("baseline take").status, 0);
        assert!(fs::read_to_string(FILE).expect("a file").contains("slot0"));
    }
}

#[test]
fn a_baseline_that_cannot_be_is_refused_and_told_why() {
    load();
    let _sim = Netdevsim::new(1, &["sim0"]);
    ip("link add veth0 type veth peer veth1");
    let red = Namespace::add("red");
    ip("link set dev sim0 netns red");
    let mut client = client();
    let here = client.namespaces().expect("them");
    let here = here.iter().find(|one| one.initial).expect("it").cookie;
    let take = DeviceChange {
        baseline: Some(Baseline::Take),
        ..DeviceChange::default()
    };
    for (namespace, name, errno) in [
        (here, "veth0", Errno::EOPNOTSUPP),
        (here, "lo", Errno::EOPNOTSUPP),
        (red.cookie(), "sim0", Errno::EINVAL),
    ] {
        let refused = client.set_device(namespace, Which::Name(name), &take);
        let error = refused.expect_err(name);
        assert_eq!(error.errno(), Some(errno), "{name}: {error}");
    }
    let mut set_xdp = NewRule::default();
    set_xdp.set.insert(setting::XDP, Value::Number(0));
    let refused = client.add_rule(&set_xdp).expect_err("a program");
    assert_eq!(refused.errno(), Some(Errno::EINVAL));
    let mut given = client
        .device_by_name(red.cookie(), "sim0")
        .expect("it")
        .now
        .expect("now");
    given.namespace = red.cookie();
    let change = DeviceChange {
        baseline: Some(Baseline::Given(Box::new(given))),
        ..DeviceChange::default()
    };
    let refused = client.set_device(red.cookie(), Which::Name("sim0"), &change);
    assert_eq!(
        refused.expect_err("another home").errno(),
        Some(Errno::EINVAL)
    );
    ip("link del veth0");
}
