// SPDX-License-Identifier: GPL-2.0-only

//! What there is at this moment, each with a word about it. What cannot be seen is left out.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;

use homeward_client::model::State;
use homeward_client::Client;
use homeward_netns::{inum, open_self, processes, Directory};

use crate::book::Book;
use crate::rule::words;
use crate::selector::{of_device, of_namespace};

/// How a selector by index begins.
const IFINDEX: &str = "ifindex:";

/// A value and what to say about it.
type Described = (String, String);

/// Names in /run/netns.
pub(super) fn names() -> Vec<Described> {
    let entries = Directory::default().list().unwrap_or_default();
    let mut names: Vec<Described> = entries
        .iter()
        .map(|entry| {
            let about = match entry.inum {
                Some(inum) => format!("inum {inum}"),
                None => "nothing behind it".to_owned(),
            };
            (entry.name.to_string(), about)
        })
        .collect();
    names.sort();
    names
}

/// Selectors of namespaces; those that are many only once it is clear that they are wanted.
pub(super) fn namespaces(typed: &str) -> Vec<Described> {
    if typed.starts_with("pid:") {
        return pids();
    }
    for form in ["inum:", "net:["] {
        if typed.starts_with(form) {
            return inums(form);
        }
    }
    let words = [
        ("init", "the initial one"),
        ("self", "the one of this shell"),
        ("pid:", "the one of a process"),
        ("inum:", "by its number in nsfs"),
        ("cookie:", "by its key"),
    ];
    let mut all = names();
    all.extend(words.map(|(word, about)| (word.to_owned(), about.to_owned())));
    // Either is a way to write the same.
    for before in ["cookie:", ":"] {
        if typed.starts_with(before) {
            all.extend(cookies(before));
        }
    }
    all
}

fn cookies(before: &str) -> Vec<Described> {
    let dump = Client::connect().and_then(|mut client| client.namespaces_now());
    let Ok(dump) = dump else {
        return Vec::new();
    };
    let book = Book::new(&dump.items, &Directory::default());
    dump.items
        .iter()
        .filter(|namespace| namespace.state == State::Live)
        .map(|namespace| {
            let maker = namespace.creator.as_ref();
            let maker = maker.and_then(|creator| creator.command.clone());
            let about = match book.place(namespace.cookie) {
                place if place.name.is_some() || place.initial => place.label(),
                _ => maker.map_or(String::new(), |maker| format!("made by {maker}")),
            };
            (format!("{before}{}", namespace.cookie), about)
        })
        .collect()
}

/// The numbers of those with a name or a process, as `ls -l /proc/PID/ns/net` or `lsns` shows them.
fn inums(form: &str) -> Vec<Described> {
    let end = if form.ends_with('[') { "]" } else { "" };
    let named = Directory::default().list().unwrap_or_default().into_iter();
    let named = named.filter_map(|entry| Some((entry.inum?, entry.name.to_string())));
    let mut all: BTreeMap<u64, String> = processes()
        .unwrap_or_default()
        .into_iter()
        .filter_map(|process| Some((process.inum?, format!("of process {}", process.pid))))
        .collect();
    all.extend(named);
    let describe = |(inum, about)| (format!("{form}{inum}{end}"), about);
    all.into_iter().map(describe).collect()
}

/// One task for each namespace but the own one: the first.
fn pids() -> Vec<Described> {
    let own = open_self().ok().and_then(|file| inum(&file).ok());
    let mut first = BTreeMap::new();
    for process in processes().unwrap_or_default() {
        match process.inum {
            Some(inum) if Some(inum) != own => first.entry(inum).or_insert(process.tid),
            _ => continue,
        };
    }
    let describe = |pid| {
        let command = fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
        (format!("pid:{pid}"), command.trim().to_owned())
    };
    first.into_values().map(describe).collect()
}

/// Devices with their namespaces, by their names or by their indices; without the module, those of the own
/// namespace.
pub(super) fn devices(typed: &str) -> Vec<Described> {
    let by_index = typed.starts_with(IFINDEX);
    let Ok((namespaces, devices)) = Client::connect().and_then(|mut client| {
        let devices = client.devices_now(None)?;
        Ok((client.namespaces_now()?, devices))
    }) else {
        return own_devices(by_index);
    };
    let book = Book::new(&namespaces.items, &Directory::default());
    devices
        .items
        .iter()
        .map(|device| {
            let place = book.place(device.namespace);
            let names = book.names(device.namespace);
            let place = of_namespace(place.initial, &names, Some(place.cookie), None);
            let kind = device.kind.clone();
            let kind = kind.unwrap_or_else(|| "no kind".to_owned());
            let away = match device.homes.is_empty() {
                true => String::new(),
                false => ", away from home".to_owned(),
            };
            let (word, about) = word_of(by_index, &device.name, device.ifindex);
            (
                format!("{word}@{}", place.unwrap_or_default()),
                about + &kind + &away,
            )
        })
        .collect()
}

/// A word for a device, and what is to be said when its name is not in it.
fn word_of(by_index: bool, name: &str, ifindex: u32) -> Described {
    match by_index {
        true => (format!("{IFINDEX}{ifindex}"), format!("{name}, ")),
        false => (of_device(name, ifindex), String::new()),
    }
}

fn own_devices(by_index: bool) -> Vec<Described> {
    let entries = fs::read_dir("/sys/class/net").into_iter().flatten();
    let mut names: Vec<Described> = entries
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let ifindex = fs::read_to_string(entry.path().join("ifindex")).ok()?;
            let (word, about) = word_of(
                by_index,
                entry.file_name().to_str()?,
                ifindex.trim().parse().ok()?,
            );
            Some((word, about.trim_end_matches(", ").to_owned()))
        })
        .collect();
    names.sort();
    names
}

/// Ids of the rules in force.
pub(super) fn rules() -> Vec<Described> {
    let rules = Client::connect().and_then(|mut client| client.rules());
    let rules = rules.unwrap_or_default();
    rules
        .iter()
        .map(|rule| {
            let name = rule.name.as_deref().unwrap_or("*");
            let restore = words(rule.restore).join(",");
            let about = format!("{name}: {}, {restore}", rule.action.name());
            (rule.id.to_string(), about)
        })
        .collect()
}

/// Programs in PATH whose names begin so.
pub(super) fn programs(typed: &str) -> Vec<Described> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut found = Vec::new();
    for directory in std::env::split_paths(&path) {
        for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
            let Ok(name) = entry.file_name().into_string() else {
                continue;
            };
            let runs =
                |file: fs::Metadata| file.is_file() && file.permissions().mode() & 0o111 != 0;
            if name.starts_with(typed) && fs::metadata(entry.path()).is_ok_and(runs) {
                found.push((name, String::new()));
            }
        }
    }
    found.sort();
    found.dedup();
    found
}
