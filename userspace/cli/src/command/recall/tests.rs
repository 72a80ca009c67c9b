// SPDX-License-Identifier: GPL-2.0-only

use homeward_client::model::{Cause, Settings};

use super::*;
use crate::fixture::{book, golden_data, nic, veth, TEXT};

fn row(ifindex: u32, outcome: std::result::Result<Return, Errno>) -> Row {
    let home = outcome.is_ok();
    let one = model::Recalled {
        namespace: if home { 7 } else { 4711 },
        ifindex,
        name: home.then(|| "eth1".to_owned()),
        outcome,
    };
    let before = Before::from([(6, Device::new(4711, 6, "st\x1buck0"))]);
    let mut words = HashMap::from([(6, "recall refused".to_owned())]);
    Row::new(one, &before, &mut words, &book())
}

fn how() -> Return {
    Return {
        cause: Cause::Recall,
        from: Some(4711),
        from_name: Some("net0".to_owned()),
        home_name: Some("eth1".to_owned()),
        restored: Settings::from(0b11),
        failures: Vec::new(),
        taken: false,
        by_rule: Settings::default(),
        by_baseline: Settings::default(),
    }
}

fn recalled() -> Recalled {
    let plain = Return {
        restored: Settings::default(),
        ..how()
    };
    let partial = Return {
        home_name: Some("eth0".to_owned()),
        taken: true,
        failures: vec![model::Failure {
            setting: setting::MTU,
            errno: Errno::EINVAL,
        }],
        ..how()
    };
    Recalled {
        dry_run: false,
        from: book().place(4711),
        returned: 2,
        failed: 1,
        devices: vec![
            Row {
                uppers: vec!["mac0".to_owned(), "vlan\u{1b}5".to_owned()],
                ..row(4, Ok(plain))
            },
            row(5, Ok(partial)),
            row(6, Err(Errno::EEXIST)),
        ],
        homeless: vec![Homeless::new(&Device::new(4711, 8, "ct 0"), &book())],
    }
}

#[test]
fn a_recall_as_text_and_json() {
    let recalled = recalled();
    golden_data("recall", text(&recalled, TEXT), &recalled);
    assert_eq!(
        recalled.problems(),
        [
            "eth1@init is home, but mac0@cookie:4711 is still on it: 'homeward exec cookie:4711 ip \
             link delete mac0' ends that",
            "eth1@init is home, but vlan\\u{1b}5@cookie:4711 is still on it: 'homeward exec \
             cookie:4711 ip link delete \"$(printf 'vlan\\0335')\"' ends that",
            "eth1@init did not get its name 'eth0' back, because that is taken",
            "eth1@init is home, but mtu was not restored: Invalid argument",
            "st\x1buck0@cookie:4711 stays: recall refused",
        ]
    );
    assert_eq!(recalled.status(), Status::Partial);
}

#[test]
fn a_recall_that_is_only_planned_says_would() {
    let devices = [nic(), veth()].map(|device| Row::plan(&device, &book()));
    let plan = Recalled {
        dry_run: true,
        homeless: Vec::new(),
        returned: 0,
        failed: 0,
        devices: devices.into(),
        ..recalled()
    };
    let expected = "net0@cookie:4711 would go to eth1@init\n";
    assert_eq!(text(&plan, TEXT), expected);
    let why = plan.devices[1].error.as_deref();
    assert_eq!(why, Some("the device is at home"));
    let nothing = Recalled {
        devices: Vec::new(),
        ..plan
    };
    let expected = "no device of cookie:4711 is away from home\n";
    assert_eq!(text(&nothing, TEXT), expected);
    let many = Recalled {
        returned: 900,
        failed: 1,
        ..nothing
    };
    assert!(text(&many, TEXT).starts_with("900 devices of"));
}
