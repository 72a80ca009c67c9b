// SPDX-License-Identifier: GPL-2.0-only

//! What the verbs print that change something.

use homeward_client::model::Recalled;

use super::*;
use crate::view::{EndView, RecalledView};

fn recalled(ifindex: u32, outcome: std::result::Result<Return, Errno>) -> Recalled {
    let home = outcome.is_ok();
    Recalled {
        namespace: if home { 7 } else { 4711 },
        ifindex,
        name: home.then(|| "eth1".to_owned()),
        outcome,
    }
}

fn how() -> Return {
    Return {
        cause: Cause::Recall,
        from: Some(4711),
        from_name: Some("net0".to_owned()),
        home_name: Some("eth1".to_owned()),
        restored: Settings::from(0b11),
        failures: Vec::new(),
    }
}

fn recall_view() -> RecallView {
    let plain = recalled(
        4,
        Ok(Return {
            restored: Settings::default(),
            ..how()
        }),
    );
    let partial = Return {
        home_name: Some("eth0".to_owned()),
        failures: vec![Failure {
            setting: Settings::from(1 << 1),
            errno: Errno::EINVAL,
        }],
        ..how()
    };
    let view = |one: &Recalled, words: Option<&str>| {
        let name = || Some("st\x1buck0".to_owned());
        RecalledView::new(one, name, words.map(str::to_owned), &book())
    };
    RecallView {
        dry_run: false,
        from: book().place(4711),
        returned: 2,
        failed: 1,
        devices: vec![
            view(&plain, None),
            view(&recalled(5, Ok(partial)), None),
            view(&recalled(6, Err(Errno::EEXIST)), Some("recall refused")),
        ],
    }
}

#[test]
fn a_recall_as_text_and_json() {
    golden("recall.txt", &TEXT.recall(&recall_view()).unwrap());
    golden("recall.json", &JSON.recall(&recall_view()).unwrap());
    assert_eq!(
        recall_view().problems(),
        [
            "eth1@init is not called 'eth0' again, as that name is taken",
            "eth1@init is home, but mtu was not put back: Invalid argument",
            "st\x1buck0@cookie:4711 stays: recall refused",
        ]
    );
}

#[test]
fn a_recall_that_is_only_planned_says_would() {
    let devices = [nic(), veth()];
    let plan = RecallView::plan(book().place(4711), devices.iter(), &book());
    assert_eq!(
        TEXT.recall(&plan).unwrap(),
        "net0@cookie:4711 would go to eth1@init\n"
    );
    assert_eq!(
        plan.devices[1].error.as_deref(),
        Some("the device is at home")
    );
    let nothing = RecallView {
        devices: Vec::new(),
        ..plan
    };
    let expected = "no device of cookie:4711 is away from home\n";
    assert_eq!(TEXT.recall(&nothing).unwrap(), expected);
    let many = RecallView {
        returned: 900,
        failed: 1,
        ..nothing
    };
    assert!(TEXT.recall(&many).unwrap().starts_with("900 devices of"));
}

#[test]
fn a_mark_is_told_with_what_comes_of_it() {
    let lines: String = devices()
        .iter()
        .map(|device| TEXT.mark(device).unwrap())
        .collect();
    golden("mark.txt", &lines);
}

#[test]
fn a_pair_as_text_and_json() {
    let end = |cookie, name: &str, addresses: &[&str]| EndView {
        namespace: book().place(cookie),
        ifindex: 2,
        name: name.to_owned(),
        up: !addresses.is_empty(),
        addresses: addresses.iter().map(|text| (*text).to_owned()).collect(),
    };
    let pair = Pair {
        ends: [
            end(7, "host0", &[]),
            end(4711, "ct0", &["10.0.0.2/24", "2001:db8::2/64"]),
        ],
    };
    golden("pair.txt", &TEXT.pair(&pair).unwrap());
    golden("pair.json", &JSON.pair(&pair).unwrap());
}

#[test]
fn the_end_of_a_wait_as_text_and_json() {
    let wait = |outcome, teardown| {
        let waited = Duration::from_millis(2500);
        Waited::new(book().place(4711), outcome, waited, teardown)
    };
    let gone = wait("gone", Some(Duration::from_millis(40)));
    let text: String = [&gone, &wait("gone", None), &wait("absent", None)]
        .into_iter()
        .map(|waited| TEXT.waited(waited).unwrap())
        .collect();
    golden("waited.txt", &text);
    golden("waited.json", &JSON.waited(&gone).unwrap());
}
