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
    let words = [
        ("init", "the initial one"),
        ("self", "the one of this shell"),
        ("pid:", "the one of a process"),
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

/// One process for each namespace but the own one: the first.
fn pids() -> Vec<Described> {
    let own = open_self().ok().and_then(|file| inum(&file).ok());
    let mut first = BTreeMap::new();
    for process in processes().unwrap_or_default() {
        match process.inum {
            Some(inum) if Some(inum) != own => first.entry(inum).or_insert(process.pid),
            _ => continue,
        };
    }
    let describe = |pid| {
        let command = fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
        (format!("pid:{pid}"), command.trim().to_owned())
    };
    first.into_values().map(describe).collect()
}

/// Devices with their namespaces; without the module, those of the own one.
pub(super) fn devices() -> Vec<Described> {
    let Ok((namespaces, devices)) = Client::connect().and_then(|mut client| {
        let devices = client.devices_now(None)?;
        Ok((client.namespaces_now()?, devices))
    }) else {
        return own_devices();
    };
    let book = Book::new(&namespaces.items, &Directory::default());
    devices
        .items
        .iter()
        .map(|device| {
            let place = book.place(device.namespace).label();
            let kind = device.kind.clone();
            let kind = kind.unwrap_or_else(|| "no kind".to_owned());
            let away = match device.homes.is_empty() {
                true => String::new(),
                false => ", away from home".to_owned(),
            };
            (format!("{}@{place}", device.name), kind + &away)
        })
        .collect()
}

fn own_devices() -> Vec<Described> {
    let entries = fs::read_dir("/sys/class/net").into_iter().flatten();
    let mut names: Vec<Described> = entries
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .map(|name| (name, String::new()))
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
