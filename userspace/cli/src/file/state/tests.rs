// SPDX-License-Identifier: GPL-2.0-only

use homeward_client::model::{setting, Moved, RuleAction, RuleClass, Settings, Stuck, Value};

use super::*;

mod properties;

fn device() -> Device {
    Device {
        physical: true,
        ..Device::new(4711, 4, "net0")
    }
}

fn away() -> Device {
    let home = Home {
        namespace: 7,
        alive: true,
        name: Some("eth0".to_owned()),
        ..Home::default()
    };
    Device {
        homes: vec![home],
        ..device()
    }
}

fn marked() -> Device {
    Device {
        mark: Mark::Keep,
        home_name: Some("vpn".to_owned()),
        ..device()
    }
}

fn saved(device: &Device) -> SavedDevice {
    SavedDevice::new(device)
}

fn state(devices: &[Device]) -> State {
    State::new("boot".to_owned(), &[], devices)
}

#[test]
fn only_what_there_is_to_know_is_saved() {
    let stuck = Device {
        stuck: Some(Stuck::default()),
        ..away()
    };
    let devices = [device(), away(), marked(), stuck];
    assert_eq!(state(&devices).devices, [saved(&away()), saved(&marked())]);
}

/// The removal of the package `homeward-dkms` looks for these (packaging/debian/homeward-dkms.prerm).
#[test]
fn a_shell_script_can_tell_whether_devices_count_on_the_module() {
    let text = |device| state(&[device]).render().expect("text");
    let with_baseline = Device {
        baseline: away().homes.pop(),
        ..device()
    };
    let released = Device {
        mark: Mark::Release,
        ..device()
    };
    let named = Device {
        home_name: Some("vpn".to_owned()),
        ..device()
    };
    let words = ["\"homes\": [\n", "\"mark\": 3", "\"home_name\": \""];
    for (device, word) in [(away(), 0), (released, 1), (named, 2)] {
        let text = text(device);
        let found = words.map(|one| text.contains(one));
        assert_eq!(found, [0, 1, 2].map(|at| at == word), "{text}");
    }
    let text = text(with_baseline);
    assert!(text.contains("\"baseline\": {"), "{text}");
    for line in ["\"homes\": [],", "\"mark\": 1,", "\"home_name\": null,"] {
        assert_eq!(text.matches(line).count(), 1, "{text}");
    }
}

#[test]
fn what_is_no_such_file_is_refused() {
    let text = state(&[away()]).render().expect("text");
    assert_eq!(State::parse(&text), Ok(state(&[away()])));
    let newer = text.replace("\"version\": 2", "\"version\": 3");
    assert_eq!(State::parse(&newer), Err(Unusable::Version(3)));
    for text in [
        "",
        "[]",
        "{}",
        &text.replace(FORMAT, "other"),
        &text.replace("\"ifindex\"", "\"index\""),
        &text[..text.len() / 2],
    ] {
        let result = State::parse(text);
        assert!(
            matches!(result, Err(Unusable::Foreign(_))),
            "{text}: {result:?}"
        );
    }
}

#[test]
fn another_device_in_the_same_place_is_not_taken_for_the_saved_one() {
    let saved = saved(&away());
    assert_eq!(saved.differs(&device()), None);
    for other in [
        Device {
            name: "other".to_owned(),
            ..device()
        },
        Device {
            kind: Some("veth".to_owned()),
            ..device()
        },
        Device {
            physical: false,
            ..device()
        },
    ] {
        assert!(saved.differs(&other).is_some(), "{other:?}");
    }
}

#[test]
fn what_the_module_has_learnt_since_is_not_written_over() {
    let change = saved(&away()).change(&device());
    let homes = change.expect("a change").homes.expect("homes");
    assert_eq!(homes[0].name.as_deref(), Some("eth0"));
    assert_eq!(saved(&away()).change(&away()), None);
    assert!(saved(&away()).outdated(&away()).is_empty());
    assert!(saved(&away()).outdated(&device()).is_empty());

    let mut elsewhere = away();
    elsewhere.homes[0].namespace = 9;
    assert_eq!(saved(&away()).change(&elsewhere), None);
    assert_eq!(saved(&away()).outdated(&elsewhere), ["homes"]);
    let released = Device {
        mark: Mark::Release,
        ..device()
    };
    assert_eq!(saved(&marked()).outdated(&released), ["mark"]);
    let change = saved(&marked()).change(&released);
    let expected = DeviceChange {
        home_name: Some(Some("vpn".to_owned())),
        ..DeviceChange::default()
    };
    assert_eq!(change, Some(expected));
}

#[test]
fn rules_keep_their_order_and_all_they_say() {
    let rule = Rule {
        id: 7,
        name: Some("eth*".to_owned()),
        kind: Some("veth".to_owned()),
        class: Some(RuleClass::Virtual),
        action: RuleAction::Init,
        template: Some("%s-%d".to_owned()),
        restore: Settings::ALL,
        moved: Moved::Leave,
        hits: 3,
        set: [
            (setting::MTU, Value::Number(9000)),
            (setting::ADDRESS, Value::Permanent),
        ]
        .into(),
    };
    let other = Rule {
        id: 3,
        name: None,
        ..rule.clone()
    };
    let rules = [rule, other];
    let text = State::new(String::new(), &rules, &[])
        .render()
        .expect("text");
    let news = State::parse(&text).expect("a state").rules();
    assert!(same_rules(&rules, &news));
    let turned: Vec<_> = news.into_iter().rev().collect();
    assert!(!same_rules(&rules, &turned));
}
