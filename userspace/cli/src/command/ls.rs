// SPDX-License-Identifier: GPL-2.0-only

//! `ls`: all network namespaces.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::Args;
use homeward_client::model::{Namespace, State};
use homeward_client::Client;
use homeward_holders::{owner_uid, Identity};
use homeward_netns::{open_path, processes};
use serde::Serialize;

use super::namespace::{Row, UNTOLD};
use super::{now, Context, Verb};
use crate::book::{Book, Names, Users, INITIAL};
use crate::error::{why_silent, Failure, Result};
use crate::exit::Status;
use crate::render::table::{self, column, plain, Column};
use crate::render::text::{or_absent, span};
use crate::render::Look;

const EXAMPLES: &str = "\
Examples:
  homeward ls
      All network namespaces, with state, age, devices and creator.
  homeward ls --json | jq '.namespaces[] | select(.away > 0).cookie'
      Cookies of those that have devices whose home is elsewhere.";

/// List all network namespaces.
#[derive(Debug, Args)]
#[command(after_help = table::help(EXAMPLES, &COLUMNS))]
pub(crate) struct Ls {}

const COOKIE: Column<Row> =
    column!("cookie" "COOKIE" Number "its key", |row| plain(or_absent(row.cookie())));
const INUM: Column<Row> = column!("inum" "INUM" Number "its inode number in nsfs", |row| plain(or_absent(row.namespace.inum)));
const NAMES: Column<Row> = column!("names" "NAMES" List "its names in /run/netns", Row::names);
const PROCS: Column<Row> = column!("processes" "PROCS" Number "processes in it that you can see", |row| plain(or_absent(row.processes)));
const OWNER: Column<Row> =
    column!("owner" "OWNER" Text "the user who owns its user namespace", Row::owner);

const COLUMNS: [Column<Row>; 11] = [
    COOKIE,
    column!("state" "STATE" Text "live, queued (for its end) or dying", Row::state),
    NAMES,
    column!("age_ns" "AGE" Number "how long ago it was made", |row| plain(or_absent(row.age_ns.map(span)))),
    PROCS,
    column!("devices" "DEVICES" Number "devices in it", |row| plain(or_absent(row.namespace.devices))),
    column!("away" "AWAY" Number "devices in it that would go home, which is elsewhere", Row::away),
    column!("sockets" "SOCKETS" Number "sockets in use in it", |row| plain(or_absent(row.namespace.sockets))),
    OWNER,
    column!("creator" "CREATOR" Object "who made it: command and process id", Row::creator),
    // The last, since it is the one to leave out where there is no room.
    INUM,
];

/// Columns for which the whole table has room.
const WIDE: u16 = 92;

/// Those that are known without the module.
const ORDINARY: [Column<Row>; 5] = [COOKIE, INUM, NAMES, PROCS, OWNER];

/// All network namespaces.
#[derive(Debug, Serialize)]
struct List {
    /// Whether all are there: the module told, and none came or went meanwhile.
    complete: bool,
    /// The namespaces.
    namespaces: Vec<Row>,
}

/// What a namespace of /proc is found by.
#[derive(Default)]
struct Found {
    processes: usize,
    path: Option<PathBuf>,
}

impl Verb for Ls {
    fn run(self, context: &Context) -> Result<Status> {
        let list = find(context)?;
        context.print(&list, |look| table(&list.namespaces, look))
    }
}

/// A table with fewer columns when the module did not tell.
fn table(rows: &[Row], look: Look) -> String {
    let told = rows.iter().any(|row| row.namespace.state != UNTOLD);
    let narrow = look.width.is_some_and(|width| width < WIDE);
    let columns = match told || rows.is_empty() {
        true if narrow => COLUMNS.split_last().map_or(&[][..], |(_, most)| most),
        true => COLUMNS.as_slice(),
        false => ORDINARY.as_slice(),
    };
    table::render(columns, rows, "namespace", look)
}

/// All namespaces, or without the module those that have a name or a process.
fn find(context: &Context) -> Result<List> {
    let error = match Client::connect().and_then(|mut client| client.namespaces_now()) {
        Ok(dump) => {
            context.warn_if_changing(dump.consistent);
            return Ok(List {
                complete: dump.consistent,
                namespaces: with_module(context, dump.items),
            });
        }
        Err(error) => error,
    };
    let Some(reason) = why_silent(&error) else {
        return Err(Failure::client("cannot list network namespaces", &error));
    };
    context.messages.warning(&format!(
        "this list is incomplete: it lacks namespaces without name and process, because {reason}"
    ));
    Ok(List {
        complete: false,
        namespaces: without_module(context)?,
    })
}

fn with_module(context: &Context, told: Vec<Namespace>) -> Vec<Row> {
    let book = Book::new(&told, &context.directory);
    context.warn_if_unread(book.unread());
    let now = now();
    let found = in_processes(context).ok().filter(|found| !found.is_empty());
    let mut users = Users::default();
    let row = |namespace: Namespace| {
        // Only a live one has its number for itself.
        let live = namespace.state == State::Live;
        let inum = namespace.inum.filter(|_| live).map(u64::from);
        let count = |inum: u64| found.as_ref()?.get(&inum).map(|found| found.processes);
        Row {
            processes: found.as_ref().map(|_| inum.and_then(count).unwrap_or(0)),
            owner: namespace.owner_uid.and_then(|uid| users.name(uid)),
            ..Row::new(&namespace, book.names(namespace.cookie), now)
        }
    };
    told.into_iter().map(row).collect()
}

fn without_module(context: &Context) -> Result<Vec<Row>> {
    let names = Names::read(&context.directory);
    context.warn_if_unread(names.unread());
    let mut found = in_processes(context)?;
    for inum in names.networks(&context.directory) {
        found.entry(inum).or_default();
    }
    let mut users = Users::default();
    let row = |(number, found): (u64, Found)| {
        let file = || names.file(number, &context.directory);
        let path = found.path.or_else(file);
        let (cookie, owner_uid) = path.map_or((None, None), |path| facts_of(&path, number));
        let namespace = Namespace {
            inum: u32::try_from(number).ok(),
            initial: number == INITIAL,
            owner_uid,
            ..Namespace::new(cookie.unwrap_or_default(), UNTOLD)
        };
        Row {
            owner: owner_uid.and_then(|uid| users.name(uid)),
            processes: Some(found.processes),
            ..Row::new(&namespace, names.of(number), now())
        }
    };
    Ok(found.into_iter().map(row).collect())
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
            .warning("/proc shows no processes, so namespaces that only it leads to are missing: make sure that it is mounted");
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{check_columns, golden, JSON, TEXT};

    fn rows() -> Vec<Row> {
        crate::command::namespace::fixture()
    }

    fn seen() -> Vec<Row> {
        let namespace = Namespace {
            inum: Some(4026532281),
            ..Namespace::new(0, UNTOLD)
        };
        vec![Row {
            processes: Some(2),
            ..Row::new(&namespace, vec!["red".to_owned()], now())
        }]
    }

    fn json(complete: bool, namespaces: Vec<Row>) -> String {
        let list = List {
            complete,
            namespaces,
        };
        JSON.choose(&list, String::new).unwrap()
    }

    #[test]
    fn namespaces_as_text_and_json_with_and_without_the_module() {
        golden(
            "ls",
            &[
                ("text", table(&rows(), TEXT)),
                ("json", json(true, rows())),
                ("text without the module", table(&seen(), TEXT)),
                ("json without the module", json(false, seen())),
            ],
        );
        check_columns(&COLUMNS, &rows());
        check_columns(&COLUMNS, &seen());
    }

    #[test]
    fn colours_change_no_column() {
        let look = Look {
            color: true,
            ..TEXT
        };
        let colored = table(&rows(), look);
        assert!(colored.contains('\x1b'));
        let mut plain = String::new();
        let mut rest = colored.as_str();
        while let Some((before, after)) = rest.split_once('\x1b') {
            plain.push_str(before);
            rest = after.split_once('m').unwrap().1;
        }
        plain.push_str(rest);
        let trimmed = |text: &str| -> Vec<String> {
            let lines = text.lines();
            lines.map(|line| line.trim_end().to_owned()).collect()
        };
        assert_eq!(trimmed(&plain), trimmed(&table(&rows(), TEXT)));
    }

    #[test]
    fn without_legend_there_are_rows_only() {
        let look = Look {
            header: false,
            footer: false,
            ..TEXT
        };
        assert_eq!(table(&rows(), look).lines().count(), 3);
        assert_eq!(table(&[], look), "");
    }

    fn with_width(width: Option<u16>) -> String {
        let look = Look {
            width,
            footer: false,
            ..TEXT
        };
        table(&rows(), look)
    }

    #[test]
    fn tables_fit_the_terminal_and_lose_nothing() {
        for width in [92, 100, 120] {
            let text = with_width(Some(width));
            let widest = text.lines().map(|line| line.chars().count()).max();
            assert!(widest <= Some(width.into()), "{width}\n{text}");
            for whole in ["COOKIE", "DEVICES", "4026532281"] {
                assert!(text.contains(whole), "{width}\n{text}");
            }
            // Wrapped, but all there.
            let letters = |text: &str| text.chars().filter(|c| !c.is_whitespace()).count();
            let whole = letters(&with_width(None));
            assert_eq!(letters(&text), whole, "{width}\n{text}");
        }
    }

    #[test]
    fn a_narrow_terminal_gets_one_column_less_and_no_wider_line() {
        for width in [76, 80, 91] {
            let text = with_width(Some(width));
            let widest = text.lines().map(|line| line.chars().count()).max();
            assert!(widest <= Some(width.into()), "{width}\n{text}");
            assert!(!text.contains("INUM") && text.contains("CREATOR"), "{text}");
        }
    }
}
