// SPDX-License-Identifier: GPL-2.0-only

//! `ls`: all network namespaces.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use homeward_client::model::{Namespace, State};
use homeward_client::{Client, Error};
use homeward_holders::{owner_uid, Identity};
use homeward_netns::{open_path, processes};
use nix::errno::Errno;

use super::{now, Context};
use crate::atlas::INITIAL;
use crate::book::{Book, Names};
use crate::error::{Failure, Result, LOAD};
use crate::users::Users;
use crate::view::{NamespaceList, NamespaceView};

/// What a namespace of /proc is found by.
#[derive(Default)]
struct Found {
    processes: usize,
    path: Option<PathBuf>,
}

/// Lists all namespaces, or without the module those that have a name or a process.
pub(crate) fn run(context: &Context) -> Result<NamespaceList> {
    match Client::connect().and_then(|mut client| client.namespaces_now()) {
        Ok(dump) => {
            context.warn_if_changing(dump.consistent);
            Ok(NamespaceList {
                complete: dump.consistent,
                namespaces: with_module(context, &dump.items),
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
pub(super) fn reason(error: &Error) -> Option<String> {
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

fn with_module(context: &Context, told: &[Namespace]) -> Vec<NamespaceView> {
    let book = Book::new(told, &context.directory);
    context.warn_if_unread(book.unread());
    let now = now();
    let found = in_processes(context).ok().filter(|found| !found.is_empty());
    let mut users = Users::default();
    let view = |item: &Namespace| {
        // Only a live one has its number for itself.
        let live = item.state == State::Live;
        let inum = item.inum.filter(|_| live).map(u64::from);
        let count = |inum: u64| found.as_ref()?.get(&inum).map(|found| found.processes);
        NamespaceView {
            processes: found.as_ref().map(|_| inum.and_then(count).unwrap_or(0)),
            owner: item.owner_uid.and_then(|uid| users.name(uid)),
            ..NamespaceView::new(item, book.names(item.cookie), now)
        }
    };
    told.iter().map(view).collect()
}

fn without_module(context: &Context) -> Result<NamespaceList> {
    let names = Names::read(&context.directory);
    context.warn_if_unread(names.unread());
    let mut found = in_processes(context)?;
    for inum in names.networks(&context.directory) {
        found.entry(inum).or_default();
    }
    let mut users = Users::default();
    let namespaces = found
        .into_iter()
        .map(|(number, found)| {
            let path = found
                .path
                .or_else(|| names.file(number, &context.directory));
            let names = names.of(number);
            let (cookie, owner_uid) = path.map_or((None, None), |path| facts_of(&path, number));
            NamespaceView {
                cookie,
                inum: Some(number),
                initial: (number == INITIAL).then_some(true),
                names,
                owner_uid,
                owner: owner_uid.and_then(|uid| users.name(uid)),
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

/// The namespaces that processes are in, by inode number: one whose threads are in several counts in
/// each.
fn in_processes(context: &Context) -> Result<BTreeMap<u64, Found>> {
    let mut found: BTreeMap<u64, Found> = BTreeMap::new();
    let processes = processes().map_err(|error| {
        let what = "cannot list network namespaces";
        Failure::netns(what, &error)
    })?;
    // This process is there.
    if processes.is_empty() {
        context
            .messages
            .warning("no process is in /proc: what is known by it is missing, so make sure that it is mounted");
    }
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
            entry.path.get_or_insert_with(|| process.path());
        }
    }
    Ok(found)
}

/// The cookie and the owner of the namespace behind `path`, if it still is the one with this inode
/// number.
fn facts_of(path: &Path, number: u64) -> (Option<u64>, Option<u32>) {
    let file = open_path(path).ok();
    let facts = file.and_then(|file| {
        let identity = Identity::of(&file).ok()?;
        let same = identity.inum == Some(number);
        same.then(|| (identity.cookie, owner_uid(&file)))
    });
    facts.unwrap_or_default()
}
