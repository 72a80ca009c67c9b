// SPDX-License-Identifier: GPL-2.0-only

//! `ls`: all network namespaces.

use std::collections::BTreeMap;

use homeward_client::{Client, Error};
use homeward_netns::{cookie, inum, open_path, processes};
use nix::errno::Errno;

use super::{now, Context};
use crate::book::{Book, Names};
use crate::error::{Failure, Result, LOAD};
use crate::view::{NamespaceList, NamespaceView};

/// What a namespace of /proc is found by.
#[derive(Default)]
struct Found {
    processes: usize,
    path: Option<String>,
}

/// Number of the initial namespace in nsfs since Linux 6.18; before, it has no fixed one.
pub(super) const INITIAL: u64 = 0xefff_fff9;

/// Lists all namespaces, or without the module those that have a name or a process.
pub(crate) fn run(context: &Context) -> Result<NamespaceList> {
    match Client::connect().and_then(|mut client| client.namespaces_now()) {
        Ok(dump) => {
            context.warn_if_changing(dump.consistent);
            let book = Book::new(&dump.items, &context.directory);
            let now = now();
            let namespaces = dump
                .items
                .iter()
                .map(|item| NamespaceView::new(item, book.names(item.cookie), now))
                .collect();
            Ok(NamespaceList {
                complete: dump.consistent,
                namespaces,
            })
        }
        Err(error) => {
            let Some(reason) = reason(&error) else {
                let what = "cannot list network namespaces";
                return Err(Failure::client(what, &error));
            };
            context.messages.warning(&format!(
                "this list is incomplete: it lacks namespaces without name and process, because \
                 {reason}"
            ));
            without_module(context)
        }
    }
}

/// Why the module does not tell, with what to do, if one can do without it.
fn reason(error: &Error) -> Option<String> {
    match error {
        Error::NotLoaded => Some(format!("{error}: {LOAD}")),
        Error::NotInitial => Some(error.to_string()),
        other if other.errno() == Some(Errno::EPERM) => Some(
            "the module tells only those with CAP_NET_ADMIN in the initial user namespace: run it \
             as root"
                .to_owned(),
        ),
        _ => None,
    }
}

fn without_module(context: &Context) -> Result<NamespaceList> {
    let names = Names::read(&context.directory);
    let mut found: BTreeMap<u64, Found> = BTreeMap::new();
    for inum in names.inums() {
        found.entry(inum).or_default();
    }
    let processes = processes().map_err(|error| {
        let what = "cannot list network namespaces";
        Failure::netns(what, &error)
    })?;
    let hidden = processes.iter().filter(|one| one.inum.is_none()).count();
    if hidden > 0 {
        context.messages.detail(&format!(
            "the namespaces of {hidden} processes of other users cannot be seen"
        ));
    }
    for process in processes {
        if let Some(inum) = process.inum {
            let entry = found.entry(inum).or_default();
            entry.processes += 1;
            entry
                .path
                .get_or_insert_with(|| format!("/proc/{}/ns/net", process.pid));
        }
    }
    let namespaces = found
        .into_iter()
        .map(|(number, found)| {
            let names = names.of(number);
            let path = found.path.or_else(|| {
                let path = context.directory.path().join(names.first()?);
                path.to_str().map(str::to_owned)
            });
            NamespaceView {
                cookie: path.and_then(|path| cookie_of(&path, number)),
                inum: Some(number),
                initial: (number == INITIAL).then_some(true),
                names,
                processes: Some(found.processes),
                ..NamespaceView::default()
            }
        })
        .collect();
    Ok(NamespaceList {
        complete: false,
        namespaces,
    })
}

/// The cookie of the namespace behind `path`, if it still is the one with this inode number.
fn cookie_of(path: &str, number: u64) -> Option<u64> {
    let file = open_path(path.as_ref()).ok()?;
    let same = inum(&file).ok()? == number;
    same.then(|| cookie(&file).ok()).flatten()
}
