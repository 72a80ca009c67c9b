// SPDX-License-Identifier: GPL-2.0-only

//! Fixed data, and byte for byte what becomes of it. `golden/*` are what is expected; to see a change,
//! run with `BLESS=1` and look at the difference.

mod act;
mod holders;
mod look;

use std::path::Path;
use std::time::Duration;

use homeward_client::model::{
    Action, Address, Cause, Creator, Device, Event, EventKind, Failure, Fate, Home, Mark,
    Namespace, Reason, Return, Settings, State, Stuck,
};
use homeward_netns::Directory;
use nix::errno::Errno;

use super::*;
use crate::book::Book;
use crate::view::{Check, DeviceView, EventView};

const TEXT: Look = Look {
    json: false,
    header: true,
    footer: true,
    color: false,
    unicode: true,
    width: None,
};

const JSON: Look = Look { json: true, ..TEXT };

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

fn initial() -> Namespace {
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
        sockets: Some(41),
        dying_for: None,
        stuck: None,
    }
}

fn container() -> Namespace {
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
        sockets: Some(0),
        ..initial()
    }
}

fn dying() -> Namespace {
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

fn nic() -> Device {
    Device {
        physical: true,
        flags: Some(0x1_1103),
        homes: vec![Home {
            namespace: 7,
            alive: true,
            name: Some("eth1".to_owned()),
            settings: Settings::from(1 << 10),
            mtu: Some(1500),
            address: Some(vec![0x52, 0x54, 0, 0x12, 0x34, 0x56]),
            txqlen: Some(1000),
            group: Some(0),
            altnames: vec!["enp0s3".to_owned()],
            gso_max_size: Some(65536),
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
            broadcast: Some(vec![0xff; 6]),
            addr_assign_type: Some(0),
            gro_flush_timeout: Some(200_000),
            tcx_links: vec![78],
            ..Home::default()
        }],
        fate: Some(Fate {
            action: Action::Return,
            reason: Reason::Physical,
            destination: Some(7),
            name: Some("eth1".to_owned()),
            rule: None,
        }),
        ..Device::new(4711, 4, "net0")
    }
}

fn veth() -> Device {
    Device {
        ifindex: 12,
        name: "veth0".to_owned(),
        kind: Some("veth".to_owned()),
        physical: false,
        flags: Some(0x1002),
        homes: Vec::new(),
        fate: Some(Fate {
            action: Action::Kernel,
            reason: Reason::Virtual,
            destination: None,
            name: None,
            rule: None,
        }),
        ..nic()
    }
}

/// Marked, and so it comes home.
fn kept() -> Device {
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
        }),
        mark: Mark::Keep,
        home_name: Some("vpn".to_owned()),
        ..veth()
    }
}

/// A rule leaves it to the kernel.
fn ruled() -> Device {
    Device {
        ifindex: 14,
        name: "eth2".to_owned(),
        fate: Some(Fate {
            action: Action::Kernel,
            reason: Reason::Rule,
            destination: None,
            name: None,
            rule: Some(3),
        }),
        ..nic()
    }
}

/// Unregistered, and somebody still holds it.
fn stuck() -> Device {
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

fn book() -> Book {
    let nowhere = Directory::at("/nonexistent");
    Book::new(&[initial(), container(), dying()], &nowhere)
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

fn device_views() -> Vec<DeviceView> {
    let devices = [nic(), veth(), kept(), ruled(), stuck()];
    devices
        .iter()
        .map(|device| DeviceView::new(device, &book()))
        .collect()
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
fn devices_as_text_and_json() {
    let list = DeviceList {
        complete: true,
        devices: device_views(),
    };
    golden("devices.txt", &TEXT.devices(&list).unwrap());
    golden("devices.json", &JSON.devices(&list).unwrap());
}

#[test]
fn a_plan_as_text_and_json() {
    let plan = Plan {
        namespace: book().place(4711),
        complete: true,
        devices: device_views(),
    };
    golden("plan.txt", &TEXT.plan(&plan).unwrap());
    golden("plan.json", &JSON.plan(&plan).unwrap());
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
