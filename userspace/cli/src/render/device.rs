// SPDX-License-Identifier: GPL-2.0-only

//! Network devices.

use super::table::{self, number, text, Column, Content};
use super::text::{list, or_absent, printable, span, yes, ABSENT};
use super::{Look, Style};
use crate::view::{DeviceList, DeviceView, FateView, HomeView, Place, Plan, StuckView};

const DEVICES: [Column<DeviceView>; 9] = [
    text("NAMESPACE", |row| plain(place(&row.namespace))),
    text("NAME", |row| plain(printable(&row.name))),
    number("IFINDEX", |row| plain(row.ifindex.to_string())),
    text("KIND", |row| plain(or_absent(row.kind.as_ref()))),
    text("PHYSICAL", |row| plain(yes(row.physical))),
    text("FLAGS", |row| plain(flags(row))),
    text("HOME", home),
    text("MARK", |row| plain(or_absent(row.mark))),
    text("FATE", fate),
];

const PLAN: [Column<DeviceView>; 7] = [
    text("NAME", |row| plain(printable(&row.name))),
    number("IFINDEX", |row| plain(row.ifindex.to_string())),
    text("KIND", |row| plain(or_absent(row.kind.as_ref()))),
    text("ACTION", |row| {
        let action = row.fate.as_ref().map_or(ABSENT, |fate| fate.action);
        (action.to_owned(), Style::of_action(action))
    }),
    text("DESTINATION", |row| {
        plain(or_absent(destination(row).map(place)))
    }),
    text("NEW-NAME", |row| {
        plain(or_absent(
            row.fate.as_ref().and_then(|fate| fate.name.as_ref()),
        ))
    }),
    text("REASON", |row| {
        let trouble = || row.stuck.as_ref().map(stuck);
        plain(or_absent(row.fate.as_ref().map(reason).or_else(trouble)))
    }),
];

/// A table of devices.
pub(super) fn table(list: &DeviceList, look: Look) -> String {
    table::render(&DEVICES, &list.devices, "device", look)
}

/// A table of fates.
pub(super) fn plan(plan: &Plan, look: Look) -> String {
    table::render(&PLAN, &plan.devices, "device", look)
}

/// A namespace that something else refers to.
pub(super) fn place(place: &Place) -> String {
    printable(&place.label())
}

/// A name in a namespace.
pub(super) fn home_name(home: &HomeView) -> String {
    let name = or_absent(home.name.as_ref());
    format!("{name}@{}", place(&home.namespace))
}

fn destination(row: &DeviceView) -> Option<&Place> {
    row.fate.as_ref()?.destination.as_ref()
}

/// Those that say how a device is, not what it is.
fn flags(row: &DeviceView) -> String {
    const SHOWN: [&str; 5] = ["up", "lower-up", "noarp", "promisc", "allmulti"];
    let shown: Vec<&str> = row
        .flag_names
        .iter()
        .copied()
        .filter(|name| SHOWN.contains(name))
        .collect();
    list(&shown)
}

/// Where a device has been last, and how many homes are below that.
fn home(row: &DeviceView) -> Content {
    let Some(newest) = row.homes.last() else {
        return plain(ABSENT.to_owned());
    };
    let text = match row.homes.len() {
        1 => home_name(newest),
        count => format!("{} +{}", home_name(newest), count - 1),
    };
    (text, Style::Notable)
}

/// For how long the kernel could not free a device, who holds it, and who waits for it.
pub(super) fn stuck(stuck: &StuckView) -> String {
    let time = span(stuck.for_ns);
    let (refs, waiting) = (stuck.refs, stuck.waiting_count);
    format!("stuck for {time}, references: {refs}, namespaces waiting: {waiting}")
}

fn fate(row: &DeviceView) -> Content {
    if let Some(trouble) = &row.stuck {
        return (stuck(trouble), Style::Bad);
    }
    let Some(fate) = &row.fate else {
        return plain(ABSENT.to_owned());
    };
    let mut text = fate.action.to_owned();
    if let Some(to) = &fate.destination {
        text.push_str(&format!(" to {}", place(to)));
    }
    if let Some(name) = &fate.name {
        text.push_str(&format!(" as {}", printable(name)));
    }
    (text, Style::of_action(fate.action))
}

/// The reason of a fate in words.
pub(super) fn reason(fate: &FateView) -> String {
    let words = match fate.reason {
        "mark" => "an administrator marked it",
        "rule" => {
            let id = or_absent(fate.rule);
            return format!("rule {id} matches it");
        }
        "tunnel" => "its packets travel in this namespace, and the kernel destroys it",
        "no-home" => "a rule matches it, but it has no home where that could send it",
        "link" => "its lower device or its peer ends here, and the kernel destroys it with that",
        "wiphy" => "the kernel moves its radio to the initial network namespace",
        "initial" => "the initial network namespace never dies",
        "immovable" => "the kernel refuses to move it",
        "devlink" => "its devlink instance lives here, and the kernel reloads that",
        "physical" => "physical devices come home",
        "virtual" => "virtual devices die with their namespace",
        other => other,
    };
    words.to_owned()
}

fn plain(text: String) -> Content {
    (text, Style::Plain)
}
