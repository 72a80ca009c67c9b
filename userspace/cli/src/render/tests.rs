// SPDX-License-Identifier: GPL-2.0-only

//! Fixed data, and byte for byte what becomes of it. `golden/*` are what is expected; to see a change,
//! run with `BLESS=1` and look at the difference.

mod act;
mod holders;
mod look;

use std::path::Path;
use std::time::Duration;

use homeward_client::model::{Cause, Event, EventKind, Failure, Return, Settings};
use nix::errno::Errno;

use super::*;
use crate::fixture::{book, container, devices, dying, initial, nic, stuck, veth, JSON, TEXT};
use crate::view::{Check, EventView};

/// First line of a file of expected output.
const LICENCE: &str = "# SPDX-License-Identifier: GPL-2.0-only\n";

#[track_caller]
fn golden(name: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/render/golden");
    let path = path.join(format!("{name}.golden"));
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, format!("{LICENCE}{text}")).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap();
    let expected = expected.strip_prefix(LICENCE).unwrap();
    assert!(
        text == expected,
        "{name}\n--- expected\n{expected}\n--- got\n{text}"
    );
}

fn views() -> Vec<NamespaceView> {
    let now = Duration::from_secs(4000);
    let view = |namespace, names: &[&str]| {
        let names = names.iter().map(|name| (*name).to_owned()).collect();
        NamespaceView {
            processes: Some(2),
            owner: Some("root".to_owned()),
            ..NamespaceView::new(namespace, names, now)
        }
    };
    vec![
        view(&initial(), &[]),
        view(&container(), &["blue", "red"]),
        view(&dying(), &[]),
    ]
}

fn namespaces() -> NamespaceList {
    NamespaceList {
        complete: true,
        namespaces: views(),
    }
}

fn without_module() -> NamespaceList {
    let view = NamespaceView {
        inum: Some(4026532281),
        names: vec!["red".to_owned()],
        processes: Some(2),
        ..NamespaceView::default()
    };
    NamespaceList {
        complete: false,
        namespaces: vec![view],
    }
}

fn events() -> Vec<Line> {
    let back = Return {
        cause: Cause::Death,
        from: Some(4711),
        from_name: Some("net0".to_owned()),
        home_name: Some("eth1".to_owned()),
        restored: Settings::from(0b111),
        failures: vec![Failure {
            setting: Settings::from(1 << 6),
            errno: Errno::EEXIST,
        }],
    };
    let home = Device {
        namespace: 7,
        name: "eth1_0".to_owned(),
        homes: Vec::new(),
        fate: None,
        ..nic()
    };
    let kinds = [
        EventKind::NamespaceBorn(container()),
        EventKind::DeviceAway(nic()),
        EventKind::NamespaceDying(dying()),
        EventKind::DeviceReturned(home, Some(back)),
        EventKind::DeviceDestroyed(veth()),
        EventKind::NamespaceGone(dying()),
        EventKind::DeviceStuck(stuck()),
    ];
    let mut lines: Vec<Line> = (1..)
        .zip(kinds)
        .map(|(seq, kind)| {
            let time = Duration::from_micros(123_456_789 + seq);
            let event = Event { seq, time, kind };
            Line::Event(Box::new(EventView::new(&event, &book())))
        })
        .collect();
    lines.push(Line::Lost {
        event: "lost",
        first: Some(8),
        last: Some(9),
    });
    lines.push(Line::Lost {
        event: "overrun",
        first: None,
        last: None,
    });
    lines
}

#[test]
fn namespaces_as_text_and_json() {
    golden("namespaces.txt", &TEXT.namespaces(&namespaces()).unwrap());
    golden("namespaces.json", &JSON.namespaces(&namespaces()).unwrap());
}

#[test]
fn namespaces_without_module_have_other_columns() {
    let list = without_module();
    golden("without-module.txt", &TEXT.namespaces(&list).unwrap());
    golden("without-module.json", &JSON.namespaces(&list).unwrap());
}

#[test]
fn a_namespace_as_fields() {
    golden("namespace.txt", &TEXT.namespace(&views()[1]).unwrap());
}

#[test]
fn events_are_one_line_each_as_text_and_as_json() {
    let render = |look: Look| -> String {
        let events = events();
        events
            .iter()
            .map(|line| look.event(line).unwrap())
            .collect()
    };
    golden("events.txt", &render(TEXT));
    golden("events.json", &render(JSON));
    assert_eq!(render(JSON).lines().count(), events().len());
}

#[test]
fn checks_as_text_and_json() {
    let checks = Checks {
        checks: vec![
            Check::ok("kernel", "Linux 7.3.4"),
            Check::warn("names", "not shared", "share them"),
            Check::fail("module", "homeward is not loaded", "load it"),
        ],
    };
    golden("checks.txt", &TEXT.checks(&checks).unwrap());
    golden("checks.json", &JSON.checks(&checks).unwrap());
}

mod policy;

#[test]
fn colours_change_no_column() {
    let look = Look {
        color: true,
        ..TEXT
    };
    let colored = look.namespaces(&namespaces()).unwrap();
    assert!(colored.contains('\x1b'));
    let mut plain = String::new();
    let mut rest = colored.as_str();
    while let Some((before, after)) = rest.split_once('\x1b') {
        plain.push_str(before);
        rest = after.split_once('m').unwrap().1;
    }
    plain.push_str(rest);
    let trimmed = |text: &str| -> Vec<String> {
        text.lines()
            .map(|line| line.trim_end().to_owned())
            .collect()
    };
    assert_eq!(
        trimmed(&plain),
        trimmed(&TEXT.namespaces(&namespaces()).unwrap())
    );
}

#[test]
fn without_legend_there_are_rows_only() {
    let look = Look {
        header: false,
        footer: false,
        ..TEXT
    };
    let text = look.namespaces(&namespaces()).unwrap();
    assert_eq!(text.lines().count(), 3);
    let empty = NamespaceList {
        complete: true,
        namespaces: Vec::new(),
    };
    assert_eq!(look.namespaces(&empty).unwrap(), "");
}

#[test]
fn json_says_the_same_without_doing_anything_to_a_terminal() {
    let name = "a\u{202e}\u{7f}\u{9b}\n\u{e0001}\u{e4}\"\\";
    let json = to_json(&[name], true).unwrap();
    assert!(
        json.contains("\\u202e\\u007f\\u009b\\n\\udb40\\udc01\u{e4}"),
        "{json}"
    );
    assert_eq!(serde_json::from_str::<Vec<String>>(&json).unwrap(), [name]);
}
