// SPDX-License-Identifier: GPL-2.0-only

use homeward_client::model::Value;
use homeward_client::Refusal;
use nix::errno::Errno;

use super::*;
use crate::fixture::{check_columns, golden_table};

/// A module that does not know the queue length, and what it was told.
#[derive(Default)]
struct Older(Option<DeviceChange>);

impl Devices for Older {
    fn change(
        &mut self,
        _: u64,
        _: u32,
        change: &DeviceChange,
    ) -> std::result::Result<Device, Error> {
        let told = |home: &Home| home.settings.contains_key(&setting::TXQLEN);
        let baseline = match &change.baseline {
            Some(client::Baseline::Given(home)) => told(home),
            _ => false,
        };
        if baseline || change.homes.iter().flatten().any(told) {
            return Err(Error::Refused(Refusal {
                operation: "dev-set",
                errno: Errno::EOPNOTSUPP,
                message: None,
                attribute: None,
                setting: Some(setting::TXQLEN),
            }));
        }
        self.0 = Some(change.clone());
        Ok(Device::new(2, 4, "ct0"))
    }
}

/// A NIC that left before the module was loaded, and its baseline.
fn away() -> (Device, Saved) {
    let baseline = Home {
        namespace: 1,
        name: Some("eth1".to_owned()),
        settings: [
            (setting::MTU, Value::Number(1500)),
            (setting::TXQLEN, Value::Number(1000)),
            (setting::BROADCAST, Value::Address(vec![255; 6])),
        ]
        .into(),
        tcx_links: vec![7],
        steering: Some(Vec::new()),
        ..Home::default()
    };
    let device = Device {
        physical: true,
        parent: Some("0000:00:03.0".to_owned()),
        ..Device::new(2, 4, "ct0")
    };
    let saved = Saved::of(&device, &baseline, &[]).expect("a place");
    (device, saved)
}

#[test]
fn an_older_module_is_given_what_it_knows_of_a_baseline() {
    let (device, saved) = away();
    let mut module = Older::default();
    let row = put_back(
        &mut module,
        &saved,
        &Found::One(&device),
        1,
        &Origin::here(),
    );
    assert_eq!(row.outcome, Outcome::Partly);
    let why = row.reason.expect("a reason");
    assert!(why.ends_with("does not know: txqlen"), "{why}");
    let homes = module.0.and_then(|change| change.homes).expect("a home");
    let ids: Vec<_> = homes[0].settings.keys().copied().collect();
    // With a broadcast address it would say that it had no programs there.
    assert_eq!(ids, [setting::MTU]);
    assert!(homes[0].tcx_links.is_empty() && homes[0].steering.is_none());
}

#[test]
fn what_may_be_several_devices_is_no_failure() {
    let (_, saved) = away();
    let outcome = |found: &Found<'_>| {
        put_back(&mut Older::default(), &saved, found, 1, &Origin::here()).outcome
    };
    assert_eq!(outcome(&Found::Several), Outcome::Several);
    assert_eq!(outcome(&Found::Foreign), Outcome::Gone);
    assert_eq!(outcome(&Found::None), Outcome::Gone);
}

#[test]
fn what_is_done_and_not_written_is_told() {
    let failure = Failure::failed("cannot write 'x'");
    let mut done = Row::new("eth1", Outcome::Done, None);
    done.was_not_written(&failure);
    assert_eq!(done.outcome, Outcome::Unsaved);
    assert!(done
        .reason
        .is_some_and(|why| why.contains("cannot write 'x'")));
    let mut refused = Row::new("eth1", Outcome::Failed, Some("why"));
    refused.was_not_written(&failure);
    assert_eq!(
        (refused.outcome, refused.reason.as_deref()),
        (Outcome::Failed, Some("why"))
    );
}

#[test]
fn what_became_of_baselines_as_text_and_json() {
    let devices = vec![
        Row::new("eth1", Outcome::Done, None),
        Row::new("eth\u{1b}2", Outcome::Unsaved, Some("it has neither")),
        Row::new("eth3", Outcome::Gone, Some("no device has it")),
    ];
    let list = Outcomes { devices };
    golden_table("baseline-take", &COLUMNS, ("device", &list.devices), &list);
    check_columns(&COLUMNS, &list.devices);
}
