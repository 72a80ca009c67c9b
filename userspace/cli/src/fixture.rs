// SPDX-License-Identifier: GPL-2.0-only

//! Fixed data for tests, and what is expected to become of it.

use std::path::Path;
use std::time::Duration;

use clap::{Command, CommandFactory};
use homeward_client::model::{
    self, setting, Action, Address, Creator, Device, Expected, Fate, Home, Mark, Moved, Namespace,
    Reason, Source, State, Stuck,
};
use homeward_netns::Directory;
use serde::Serialize;
use serde_json::Value;

use crate::book::{Book, Place};
use crate::help::verbs;
use crate::render::table::{self, Column, Json};
use crate::render::Look;

/// As text.
pub(crate) const TEXT: Look = Look {
    json: false,
    lines: false,
    header: true,
    footer: true,
    color: false,
    unicode: true,
    width: None,
};

/// As JSON.
pub(crate) const JSON: Look = Look { json: true, ..TEXT };

/// First line of a file of expected output.
const LICENCE: &str = "# SPDX-License-Identifier: GPL-2.0-only\n";

/// Compares what becomes of fixed data with `tests/golden/VERB`, byte by byte: its parts have a title each,
/// and those called `json` are compared with JSON.md, too. To see a change, run with `BLESS=1` and look at
/// the difference.
#[track_caller]
pub(crate) fn golden(verb: &str, parts: &[(&str, String)]) {
    let part = |(title, text): &(&str, String)| format!("== {title}\n{text}");
    let text: String = parts.iter().map(part).collect();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let path = path.join(format!("{verb}.golden"));
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, format!("{LICENCE}{text}")).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap();
    let expected = expected.strip_prefix(LICENCE).unwrap();
    assert!(
        text == expected,
        "{verb}\n--- expected\n{expected}\n--- got\n{text}"
    );
}

/// The same of data as text and as JSON.
#[track_caller]
pub(crate) fn golden_data(verb: &str, text: String, data: &impl Serialize) {
    let json = JSON.choose(data, String::new).unwrap();
    golden(verb, &[("text", text), ("json", json)]);
}

/// The same of a list as a table and as JSON, with its columns.
#[track_caller]
pub(crate) fn golden_table<T: Serialize>(
    verb: &str,
    columns: &[Column<T>],
    (thing, rows): (&str, &[T]),
    list: &impl Serialize,
) {
    let text = table::render(columns, rows, thing, TEXT);
    golden_data(verb, text, list);
    check_columns(columns, rows);
}

/// Each column has what its key leads to in the JSON of a row, as the type that it says.
#[track_caller]
pub(crate) fn check_columns<T: Serialize>(columns: &[Column<T>], rows: &[T]) {
    for row in rows {
        let json = serde_json::to_value(row).unwrap();
        for Column {
            key, json: kind, ..
        } in columns
        {
            let mut keys = key.split('.');
            let value = keys.try_fold(&json, |value, key| match key.strip_suffix("[]") {
                _ if value.is_null() => Some(value),
                Some(key) => value.get(key)?.as_array()?.first().or(Some(&Value::Null)),
                None => value.get(key),
            });
            let fits = match value {
                Some(Value::Null) => true,
                Some(Value::String(_)) => *kind == Json::Text,
                Some(Value::Number(_)) => *kind == Json::Number,
                Some(Value::Bool(_)) => *kind == Json::Bool,
                Some(Value::Array(_)) => *kind == Json::List,
                Some(Value::Object(_)) => *kind == Json::Object,
                None => false,
            };
            assert!(fits, "{key} has another type in {json}");
        }
    }
}

/// The initial namespace.
pub(crate) fn initial() -> Namespace {
    Namespace {
        cookie: 7,
        inum: Some(4026531833),
        state: State::Live,
        initial: true,
        refs: Some(130),
        born: None,
        creator: None,
        owner_uid: Some(0),
        user_ns_inum: Some(4026531837),
        devices: Some(3),
        away: Some(0),
        lent: Some(0),
        sockets: Some(41),
        dying_for: None,
        stuck: None,
    }
}

/// A namespace that somebody made.
pub(crate) fn container() -> Namespace {
    Namespace {
        cookie: 4711,
        inum: Some(4026532281),
        initial: false,
        refs: Some(2),
        born: Some(Duration::from_secs(100)),
        creator: Some(Creator {
            pid: Some(812),
            uid: Some(1000),
            command: Some("un\x1bshare".to_owned()),
        }),
        devices: Some(2),
        away: Some(1),
        lent: Some(2),
        sockets: Some(0),
        ..initial()
    }
}

/// One that is being taken down.
pub(crate) fn dying() -> Namespace {
    Namespace {
        cookie: 4712,
        inum: Some(4026532300),
        state: State::Dying,
        refs: Some(0),
        dying_for: Some(Duration::from_millis(1500)),
        stuck: Some(1),
        ..container()
    }
}

/// A physical device away from home.
pub(crate) fn nic() -> Device {
    Device {
        physical: true,
        flags: Some(0x1_1103),
        homes: vec![Home {
            namespace: 7,
            alive: true,
            name: Some("eth1".to_owned()),
            settings: [
                (setting::MULTICAST, model::Value::Number(1)),
                (setting::PROMISC, model::Value::Number(0)),
                (setting::MTU, model::Value::Number(1500)),
                (
                    setting::ADDRESS,
                    model::Value::Address(vec![0x52, 0x54, 0, 0x12, 0x34, 0x56]),
                ),
                (
                    setting::ALIAS,
                    model::Value::Texts(vec!["uplink".to_owned()]),
                ),
                (
                    setting::ALTNAMES,
                    model::Value::Texts(vec!["enp0s3".to_owned()]),
                ),
                (setting::GRO_FLUSH_TIMEOUT, model::Value::Number(200_000)),
                (setting::PAUSE, model::Value::Numbers(vec![1, 0, 0])),
                // Of a module that is newer.
                (99, model::Value::Number(7)),
            ]
            .into(),
            addresses: vec![Address {
                local: "192.0.2.7".parse().unwrap(),
                peer: None,
                prefix: 24,
                scope: 0,
                flags: 0x80,
                label: Some("eth1".to_owned()),
                broadcast: Some("192.0.2.255".parse().unwrap()),
                metric: 0,
                protocol: 0,
                preferred_until: None,
            }],
            xdp_programs: vec![75],
            tcx_links: vec![78],
            ..Home::default()
        }],
        fate: Some(Fate {
            action: Action::Return,
            reason: Reason::Physical,
            destination: Some(7),
            name: Some("eth1".to_owned()),
            rule: None,
            moved: Some(Moved::Settings),
            settings: [
                (setting::MTU, model::Value::Number(9000), Source::Rule),
                (
                    setting::ALIAS,
                    model::Value::Texts(vec!["up\u{1b}".to_owned()]),
                    Source::Rule,
                ),
                (
                    setting::TXQLEN,
                    model::Value::Number(1000),
                    Source::Baseline,
                ),
            ]
            .map(|(setting, value, source)| Expected {
                setting,
                value,
                source,
            })
            .into(),
        }),
        baseline: Some(Home {
            namespace: 7,
            name: Some("eth1".to_owned()),
            settings: [(setting::TXQLEN, model::Value::Number(1000))].into(),
            ..Home::default()
        }),
        ..Device::new(4711, 4, "net0")
    }
}

/// A virtual device at home.
pub(crate) fn veth() -> Device {
    Device {
        ifindex: 12,
        name: "veth0".to_owned(),
        kind: Some("veth".to_owned()),
        physical: false,
        flags: Some(0x1002),
        homes: Vec::new(),
        baseline: None,
        fate: Some(Fate {
            action: Action::Kernel,
            reason: Reason::Virtual,
            destination: None,
            name: None,
            rule: None,
            moved: None,
            settings: Vec::new(),
        }),
        ..nic()
    }
}

/// Marked, and so it comes home.
pub(crate) fn kept() -> Device {
    let home = Home {
        name: Some("wg0".to_owned()),
        ..nic().homes.remove(0)
    };
    Device {
        ifindex: 13,
        name: "wg0".to_owned(),
        kind: Some("wireguard".to_owned()),
        homes: vec![home],
        fate: Some(Fate {
            action: Action::Return,
            reason: Reason::Mark,
            destination: Some(7),
            name: Some("vpn".to_owned()),
            rule: None,
            moved: None,
            settings: Vec::new(),
        }),
        mark: Mark::Keep,
        home_name: Some("vpn".to_owned()),
        ..veth()
    }
}

/// A rule leaves it to the kernel.
pub(crate) fn ruled() -> Device {
    Device {
        ifindex: 14,
        name: "eth2".to_owned(),
        fate: Some(Fate {
            action: Action::Kernel,
            reason: Reason::Rule,
            destination: None,
            name: None,
            rule: Some(3),
            moved: Some(Moved::Leave),
            settings: Vec::new(),
        }),
        baseline: None,
        ..nic()
    }
}

/// Unregistered, and somebody still holds it.
pub(crate) fn stuck() -> Device {
    Device {
        namespace: 4712,
        name: "veth7".to_owned(),
        flags: None,
        fate: None,
        stuck: Some(Stuck {
            refs: 2,
            waiting_for: Duration::from_millis(4200),
            waiting: vec![4712, 4713],
            waiting_count: 2,
        }),
        ..veth()
    }
}

/// A book of these namespaces.
pub(crate) fn book() -> Book {
    let nowhere = Directory::at("/nonexistent");
    Book::new(&[initial(), container(), dying()], &nowhere)
}

/// All these devices.
pub(crate) fn devices() -> Vec<Device<Place>> {
    let devices = [nic(), veth(), kept(), ruled(), stuck()];
    devices.map(|device| book().device(device)).into()
}

/// All verbs, and the verbs of those, with what to type for each.
pub(crate) fn all_verbs() -> Vec<(String, Command)> {
    below(&crate::run::Args::command(), "homeward")
}

fn below(command: &Command, typed: &str) -> Vec<(String, Command)> {
    verbs(command)
        .flat_map(|verb| {
            let typed = format!("{typed} {}", verb.get_name());
            let mut below = self::below(verb, &typed);
            below.push((typed, verb.clone()));
            below
        })
        .collect()
}
