// SPDX-License-Identifier: GPL-2.0-only

//! What passes each filter, and that what is not known passes none.

use std::time::Duration;

use clap::Parser;
use homeward_client::model::Return;

use super::*;
use crate::command::inside::{fixture as detail, Detail};
use crate::fixture::{book, container, dying, kept, nic, ruled, stuck, veth};

/// Filters as they are typed.
#[derive(Debug, Parser)]
struct Typed<T: Args> {
    #[command(flatten)]
    filter: T,
}

#[track_caller]
fn typed<T: Args + std::fmt::Debug>(line: &str) -> T {
    let words = ["x"].into_iter().chain(line.split_whitespace());
    Typed::try_parse_from(words).unwrap().filter
}

fn refusal<T: Args + std::fmt::Debug>(line: &str) -> String {
    let words = ["x"].into_iter().chain(line.split_whitespace());
    Typed::<T>::try_parse_from(words).unwrap_err().to_string()
}

/// The initial namespace, a container, one that is dying: which of them pass.
fn namespaces(line: &str) -> Vec<usize> {
    let filter: OfNamespaces = typed(line);
    let all = namespace::fixture();
    let all = all.iter().enumerate();
    all.filter(|(_, row)| filter.pass(row))
        .map(|(at, _)| at)
        .collect()
}

#[test]
fn namespaces_pass_by_what_is_known_of_them() {
    for (line, passed) in [
        ("", &[0, 1, 2][..]),
        ("--away", &[1, 2]),
        ("--state dying", &[2]),
        ("--state live", &[0, 1]),
        ("--state dying,live", &[0, 1, 2]),
        ("--unnamed", &[2]),
        // Of a user by name or number, of a container and what that is in.
        ("--owner root", &[0, 1, 2]),
        ("--owner 0", &[0, 1, 2]),
        ("--owner deb", &[1]),
        ("--owner 9ec39b91f3d7", &[1]),
        ("--owner 9ec39b91f3d", &[]),
        ("--owner nobody", &[]),
        ("--away --state live", &[1]),
    ] {
        assert_eq!(namespaces(line), passed, "{line}");
    }
}

#[test]
fn what_is_not_known_of_a_namespace_passes_no_filter() {
    let untold = Namespace::new(0, namespace::UNTOLD);
    let row = namespace::Row::new(&untold, vec!["red".to_owned()], Duration::ZERO);
    assert!(typed::<OfNamespaces>("").pass(&row));
    for line in ["--away", "--state live", "--owner root", "--unnamed"] {
        assert!(!typed::<OfNamespaces>(line).pass(&row), "{line}");
    }
    for (line, module) in [
        ("--away", true),
        ("--state live", true),
        ("--owner x --unnamed", false),
    ] {
        assert_eq!(typed::<OfNamespaces>(line).need_module(), module, "{line}");
    }
}

#[test]
fn a_wrong_word_is_refused_with_all_that_there_are() {
    let told = refusal::<OfNamespaces>("--state alive");
    assert!(told.contains("live, queued, dying"), "{told}");
    let told = refusal::<OfDevices>("--state off");
    assert!(told.contains("lowerlayerdown"), "{told}");
    let told = refusal::<OfHolders>("--kind tasks");
    assert!(told.contains("proc-file"), "{told}");
    let told = refusal::<OfEvents>("--event ns-born,dev-gone");
    let all: Vec<_> = EventKind::names().collect();
    assert!(all.len() > 6 && told.contains(&all.join(", ")), "{told}");
}

#[test]
fn devices_pass_by_what_is_known_of_them() {
    let owned = |device: Device, inside: Option<Detail>| {
        let mut row = devices::Row::from(book().device(device));
        row.owned_by = inside.as_ref().map(|_| crate::owner::fixture());
        row.inside = inside;
        row
    };
    let lent = Device {
        homes: nic().homes,
        ..veth()
    };
    // Of the last one a rule says that it stays, and yet its home is elsewhere.
    let all = [nic(), veth(), kept(), lent, stuck(), ruled()].map(|device| owned(device, None));
    for (line, passed) in [
        ("", &[0, 1, 2, 3, 4, 5][..]),
        ("--away", &[0, 2, 5]),
        ("--physical", &[0, 5]),
        ("--kind veth", &[1, 3, 4]),
        ("--kind veth,wireguard", &[1, 2, 3, 4]),
        ("--kind vet", &[]),
        ("--unnamed", &[0, 1, 2, 3, 4, 5]),
        ("--kind veth --away", &[]),
        // Not looked up.
        ("--state up", &[]),
        ("--owner deb", &[]),
    ] {
        let filter: OfDevices = typed(line);
        let pass = |row: &&devices::Row| filter.pass(row) && filter.pass_looked_up(row);
        let found = all.iter().enumerate().filter(|(_, row)| pass(row));
        let found: Vec<_> = found.map(|(at, _)| at).collect();
        assert_eq!(found, passed, "{line}");
    }
    let known = owned(nic(), Some(detail()));
    for line in ["--state up,down", "--owner deb"] {
        let filter: OfDevices = typed(line);
        assert!(
            filter.pass(&known) && filter.pass_looked_up(&known),
            "{line}"
        );
    }
}

#[test]
fn events_pass_by_their_name_their_namespace_and_their_device() {
    let back = Return {
        cause: homeward_client::model::Cause::Death,
        from: Some(4712),
        from_name: None,
        home_name: None,
        restored: Default::default(),
        failures: Vec::new(),
        taken: false,
        by_rule: Default::default(),
        by_baseline: Default::default(),
    };
    let home = Device {
        namespace: 7,
        homes: Vec::new(),
        ..nic()
    };
    let all = [
        EventKind::NamespaceBorn(container()),
        EventKind::NamespaceGone(dying()),
        EventKind::DeviceAway(nic()),
        EventKind::DeviceReturned(home, Some(back)),
        EventKind::DeviceDestroyed(veth()),
    ];
    for (line, namespace, passed) in [
        ("", None, &[0, 1, 2, 3, 4][..]),
        ("--event ns-gone,dev-away", None, &[1, 2]),
        ("--event ns-gone --event dev-away", None, &[1, 2]),
        ("--ns x", Some(4711), &[0, 2, 4]),
        // It is where one of them is at home, and where another came from.
        ("--ns x", Some(7), &[2, 3]),
        ("--ns x", Some(4712), &[1, 3]),
        ("--kind veth", None, &[4]),
        ("--physical", None, &[2, 3]),
        ("--physical --ns x", Some(4711), &[2]),
        ("--event ns-born --physical", None, &[]),
    ] {
        let typed: OfEvents = typed(line);
        let filter = typed.within(namespace);
        let found = all.iter().enumerate().filter(|(_, kind)| filter.pass(kind));
        let found: Vec<_> = found.map(|(at, _)| at).collect();
        assert_eq!(found, passed, "{line} {namespace:?}");
    }
}
