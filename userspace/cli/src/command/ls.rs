// SPDX-License-Identifier: GPL-2.0-only

//! `ls`: all network namespaces.

use std::collections::BTreeSet;
use std::path::Path;

use clap::Args;
use homeward_client::model::{Namespace, State};
use homeward_client::Client;
use homeward_holders::{owner_uid, Identity};
use homeward_netns::open_path;
use serde::Serialize;

use super::filter::OfNamespaces;
use super::namespace::{Row, UNTOLD};
use super::{now, Context, Verb};
use crate::book::{Book, Names, Users, INITIAL};
use crate::error::{why_silent, Failure, Result};
use crate::exit::Status;
use crate::render::choice::Choice;
use crate::render::table::{self, column, plain, Column};
use crate::render::text::{list, or_absent, span};
use crate::tenancy::{First, Tenants, Wanted};

const EXAMPLES: &str = "\
Examples:
  homeward ls
      All network namespaces, with state, age, devices, and who they belong to.
  homeward ls -o +owned-by,command
      The same for more than 250, too, with the command line of the first process in each.
  homeward ls --unnamed --owner web
      Those without a name in /run/netns that belong to the container, pod, unit or user 'web'.
  homeward ls --json | jq '.namespaces[] | select(.away > 0).cookie'
      Cookies of those that have devices whose home is elsewhere.";

/// List all network namespaces.
#[derive(Debug, Args)]
#[command(after_help = table::help(EXAMPLES, &COLUMNS))]
pub(crate) struct Ls {
    #[command(flatten)]
    choice: Choice,
    #[command(flatten)]
    filter: OfNamespaces,
}

const COOKIE: Column<Row> =
    column!("cookie" "COOKIE" Number "its key", |row| plain(or_absent(row.cookie())));
const INUM: Column<Row> = column!("inum" "INUM" Number "its inode number in nsfs", |row| plain(or_absent(row.namespace.inum)));
const NAMES: Column<Row> =
    column!("names" "NAMES" List "its names in /run/netns, else where it is mounted", Row::names);
const PROCS: Column<Row> = column!("processes" "PROCS" Number "processes in it that you can see", |row| plain(or_absent(row.tenancy.processes)));
const OWNER: Column<Row> =
    column!("owner" "OWNER" Text "the user who owns its user namespace", Row::owner);
const OWNED_BY: Column<Row> = column!("owned_by" "OWNED-BY" Object "who it belongs to: a container, a machine, a unit, or else its first process", Row::owned_by);
const CREATOR: Column<Row> =
    column!("creator" "CREATOR" Object "who made it: command and process id", Row::creator);
const PID: Column<Row> = column!("first_process.pid" "PID" Number "its first process", |row| plain(or_absent(first(row).map(|first| first.pid))));
const COMMAND: Column<Row> = column!("first_process.command" "COMMAND" Text "the command line of that", |row| plain(or_absent(first(row).map(|first| &first.command))));
const PATHS: Column<Row> = column!("paths" "PATHS" List "where it is mounted outside of /run/netns", |row| plain(list(&row.tenancy.paths)));

const COLUMNS: [Column<Row>; 15] = [
    COOKIE,
    column!("state" "STATE" Text "live, queued (for its end) or dying", Row::state),
    NAMES,
    column!("age_ns" "AGE" Number "how long ago it was made", |row| plain(or_absent(row.age_ns.map(span)))),
    PROCS,
    column!("devices" "DEVICES" Number "devices in it, with lo and fallback tunnels", |row| plain(or_absent(row.namespace.devices))),
    column!("away" "AWAY" Number "devices in it that would go home, which is elsewhere", Row::away),
    column!("sockets" "SOCKETS" Number "sockets in use in it", |row| plain(or_absent(row.namespace.sockets))),
    OWNER,
    OWNED_BY,
    // The last of these is the first to be left out where there is no room.
    CREATOR,
    INUM,
    // Only for those who ask.
    PID,
    COMMAND,
    PATHS,
];

/// So many of them are shown unless others are asked for.
const USUAL: usize = 12;

/// Of more namespaces than this OWNED-BY is not shown, as to find it takes as long as all the rest.
const MANY: usize = 250;
const LEFT_OUT: &str =
    "OWNED-BY not shown, as it takes long to find for so many: -o +owned-by shows it.\n";

/// Columns for which the table has room without the creator, and without the inode number.
const WIDE: [u16; 2] = [92, 112];

/// Those that are known without the module.
const ORDINARY: [Column<Row>; 6] = [COOKIE, INUM, NAMES, PROCS, OWNER, OWNED_BY];

const WHAT: &str = "cannot list network namespaces";

/// All network namespaces.
#[derive(Debug, Serialize)]
struct List {
    /// Whether all are there: the module told, and none came or went meanwhile.
    complete: bool,
    /// The namespaces.
    namespaces: Vec<Row>,
}

impl Verb for Ls {
    fn run(self, context: &Context) -> Result<Status> {
        let choice = &self.choice;
        if let Some(listed) = choice.list(context, &COLUMNS) {
            return listed;
        }
        let shown = choice.columns(&COLUMNS, &usual(true, 0, None))?;
        let all = context.look.json;
        let needs = |key| Ok::<_, Failure>(all || choice.needs(&shown, &COLUMNS, key)?);
        let wanted = Wanted {
            first: needs("first_process")?,
            paths: needs("paths")?,
            owner: needs("owned_by")? || self.filter.need_owner(),
        };
        let asked = all
            || !choice.is_usual()
            || self.filter.need_owner()
            || choice.needs(&[], &COLUMNS, "owned_by")?;
        let mut list = find(context, wanted, asked, self.filter.need_module())?;
        list.namespaces.retain(|row| self.filter.pass(row));
        choice.sort(&COLUMNS, &mut list.namespaces)?;
        let rows = &list.namespaces;
        let told = rows.is_empty() || rows.iter().any(|row| row.namespace.state != UNTOLD);
        let count = if asked { 0 } else { rows.len() };
        let usual = usual(told, count, context.look.width);
        let columns = choice.columns(&COLUMNS, &usual)?;
        context.print_list(&list, &list.namespaces, |look| {
            let mut text = table::render(&columns, &list.namespaces, "namespace", look);
            if look.footer && told && count > MANY {
                text.push_str(LEFT_OUT);
            }
            text
        })
    }
}

/// The columns that are shown of so many namespaces unless others are asked for: fewer when the module did not tell.
fn usual(told: bool, count: usize, width: Option<u16>) -> Vec<Column<Row>> {
    if !told {
        return ORDINARY.to_vec();
    }
    let narrow = |wide: &&u16| width.is_some_and(|width| width < **wide);
    let room = USUAL.saturating_sub(WIDE.iter().filter(narrow).count());
    let columns = COLUMNS.iter().take(room).copied();
    let left_out = |column: &Column<Row>| column.key == OWNED_BY.key && count > MANY;
    columns.filter(|column| !left_out(column)).collect()
}

fn first(row: &Row) -> Option<&First> {
    row.tenancy.first_process.as_ref()
}

/// All namespaces, or without the module, unless that has to tell, those that have a name, a mount or a process.
/// Of very many it looks up whose they are only if somebody asked for that.
fn find(context: &Context, wanted: Wanted, asked: bool, module: bool) -> Result<List> {
    let error = match Client::connect().and_then(|mut client| client.namespaces_now()) {
        Ok(dump) => {
            context.warn_if_changing(dump.consistent);
            let many = dump.items.len() > MANY;
            let wanted = Wanted {
                owner: wanted.owner && (asked || !many),
                ..wanted
            };
            return Ok(List {
                complete: dump.consistent,
                namespaces: with_module(context, wanted, dump.items),
            });
        }
        Err(error) => error,
    };
    let Some(reason) = why_silent(&error).filter(|_| !module) else {
        return Err(Failure::client(WHAT, &error));
    };
    context.messages.warning(&format!(
        "this list is incomplete: it lacks namespaces without a name, mount or process that can be \
         seen, because {reason}"
    ));
    Ok(List {
        complete: false,
        namespaces: without_module(context, wanted)?,
    })
}

fn with_module(context: &Context, wanted: Wanted, told: Vec<Namespace>) -> Vec<Row> {
    let book = Book::new(&told, &context.directory);
    context.warn_if_unread(book.unread());
    let now = now();
    let tenants = tenants(context, wanted).ok();
    let mut tenants = tenants.filter(|tenants| !tenants.nobody());
    let mut users = Users::default();
    let row = |namespace: Namespace| {
        // Only a live one has its number for itself.
        let live = namespace.state == State::Live;
        let inum = namespace.inum.filter(|_| live).map(u64::from);
        let names = book.names(namespace.cookie);
        let tenancy = tenants
            .as_mut()
            .map(|all| all.of(inum, namespace.initial, &names));
        Row {
            owner: namespace.owner_uid.and_then(|uid| users.name(uid)),
            tenancy: tenancy.unwrap_or_default(),
            ..Row::new(&namespace, names, now)
        }
    };
    told.into_iter().map(row).collect()
}

fn without_module(context: &Context, wanted: Wanted) -> Result<Vec<Row>> {
    let names = Names::read(&context.directory);
    context.warn_if_unread(names.unread());
    let mut tenants = tenants(context, wanted)?;
    let mut all: BTreeSet<u64> = tenants.inums().collect();
    all.extend(names.networks(&context.directory));
    all.extend(tenants.mounted());
    let mut users = Users::default();
    let row = |number: u64| {
        let file = || names.file(number, &context.directory);
        let path = tenants.way(number).or_else(file);
        let (cookie, owner_uid) = path.map_or((None, None), |path| facts_of(&path, number));
        let namespace = Namespace {
            inum: u32::try_from(number).ok(),
            initial: number == INITIAL,
            owner_uid,
            ..Namespace::new(cookie.unwrap_or_default(), UNTOLD)
        };
        let names = names.of(number);
        Row {
            owner: owner_uid.and_then(|uid| users.name(uid)),
            tenancy: tenants.of(Some(number), namespace.initial, &names),
            ..Row::new(&namespace, names, now())
        }
    };
    Ok(all.into_iter().map(row).collect())
}

fn tenants(context: &Context, wanted: Wanted) -> Result<Tenants> {
    let tenants = Tenants::find(context, wanted, WHAT)?;
    if tenants.nobody() {
        context
            .messages
            .warning("/proc shows no processes, so namespaces that only it leads to are missing: make sure that it is mounted");
    }
    Ok(tenants)
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
mod tests;
