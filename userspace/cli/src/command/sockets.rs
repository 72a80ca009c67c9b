// SPDX-License-Identifier: GPL-2.0-only

//! `sockets [NS|pid:N]`: sockets, with the network namespaces that they belong to.

use std::path::PathBuf;

use clap::Args;
use homeward_holders::{sockets, Descriptor, Error, Facts, Socket, Wanted};
use serde::Serialize;

use super::filter::OfSockets;
use super::search::{module, unseen, warn, Atlas, Has, Target, Whereabouts};
use super::{Context, Verb};
use crate::book::Users;
use crate::error::{Failure, Result};
use crate::exit::Status;
use crate::render::choice::Choice;
use crate::render::table::{self, column, plain, Column, Content};
use crate::render::text::{or_absent, printable, ABSENT};
use crate::render::Style;
use crate::selector::{help, Selector};

const EXAMPLES: &str = "\
Examples:
  homeward sockets           all sockets; first those whose process is in another namespace
  homeward sockets red       sockets of the namespace red, in whatever process
  homeward sockets pid:812   sockets of the process 812, wherever they belong
  homeward sockets --away    sockets whose process is in another namespace

A socket stays in the network namespace where it was created, and keeps it alive.";

/// List sockets with the network namespaces that they belong to.
#[derive(Debug, Args)]
#[command(after_help = table::help(EXAMPLES, &COLUMNS))]
pub(crate) struct Sockets {
    #[arg(value_name = "NS|pid:N", help = help("Only those of this process (pid:N), or of this network namespace"))]
    of: Option<Selector>,
    #[command(flatten)]
    choice: Choice,
    #[command(flatten)]
    filter: OfSockets,
}

const COLUMNS: [Column<Row>; 12] = [
    column!("namespace" "NAMESPACE" Object "where it belongs", |row| marked(printable(&row.namespace.label()), row)),
    column!("holders[].namespace" "PROCESS-IN" Object "where a process is that has it, if elsewhere", elsewhere),
    column!("family" "FAMILY" Text "its family", |row| plain(or_absent(row.facts.family_name()))),
    column!("type" "TYPE" Text "its type", |row| plain(or_absent(row.facts.kind_name()))),
    column!("protocol" "PROTOCOL" Text "its protocol", |row| plain(or_absent(row.facts.protocol_name()))),
    column!("local" "LOCAL" Text "its own address", |row| plain(or_absent(row.facts.local.as_ref()))),
    column!("peer" "PEER" Text "the address that it is connected to", |row| plain(or_absent(row.facts.peer.as_ref()))),
    column!("inode" "INODE" Number "its inode number", |row| plain(row.inode.to_string())),
    column!("holders[].process.pid" "PID" Number "who has it, and how many others", |row| plain(pid(row))),
    column!("holders[].fd" "FD" Number "by which descriptor", |row| plain(or_absent(first(row).map(|has| has.fd)))),
    column!("holders[].process.command" "COMMAND" Text "its command", |row| plain(or_absent(first(row).map(|has| &has.process.process.command)))),
    column!("holders[].process.user" "USER" Text "its user", |row| plain(first(row).map_or(ABSENT.to_owned(), |has| has.process.user()))),
];

/// Sockets.
#[derive(Debug, Serialize)]
struct List {
    /// Whether everything could be seen.
    complete: bool,
    /// What could not be seen, in words.
    unseen: Vec<String>,
    /// The sockets, those that are not where their process is first.
    sockets: Vec<Row>,
}

/// A socket.
#[derive(Debug, Serialize)]
pub(super) struct Row {
    /// Its inode number.
    inode: u64,
    /// The namespace that it belongs to.
    pub(super) namespace: Whereabouts,
    /// Whether a process that has it is in another one; None when that cannot be told.
    pub(super) strays: Option<bool>,
    /// What it is.
    #[serde(flatten)]
    facts: Facts,
    /// Who has it.
    pub(super) holders: Vec<Holder>,
}

/// Who has a socket.
#[derive(Debug, Serialize)]
pub(super) struct Holder {
    /// By which descriptor.
    #[serde(flatten)]
    pub(super) has: Has,
    /// The namespace of the process, or of that thread.
    namespace: Whereabouts,
}

impl Verb for Sockets {
    fn namespaces(&self) -> Vec<&Selector> {
        let processes = |of: &&Selector| matches!(of, Selector::Pid(_));
        self.of.iter().filter(|of| !processes(of)).collect()
    }

    fn run(self, context: &Context) -> Result<Status> {
        let what = match &self.of {
            None => "cannot list sockets".to_owned(),
            Some(Selector::Pid(pid)) => format!("cannot list sockets of process {pid}"),
            Some(selector) => format!("cannot list sockets of namespace {selector}"),
        };
        let choice = &self.choice;
        if let Some(listed) = choice.list(context, &COLUMNS) {
            return listed;
        }
        let columns = choice.columns(&COLUMNS, &COLUMNS)?;
        let mut list = list(context, self.of.as_ref(), &what)?;
        list.sockets.retain(|row| self.filter.pass(row));
        choice.sort(&COLUMNS, &mut list.sockets)?;
        context.print_list(&list, &list.sockets, |look| {
            table::render(&columns, &list.sockets, "socket", look)
        })
    }
}

fn list(context: &Context, of: Option<&Selector>, what: &str) -> Result<List> {
    let mut module = module(what)?;
    let target;
    let wanted = match of {
        None => Wanted::All,
        Some(Selector::Pid(pid)) => process(*pid)?,
        Some(selector) => {
            target = Target::new(context, &mut module, selector, what)?;
            Wanted::Namespace(target.identity(what)?)
        }
    };
    let failed = |error: Error| Failure::holders(what, &error);
    let found = sockets(wanted).map_err(failed)?;
    warn(context, &found.blind);
    let mut atlas = Atlas::new(context, module.as_mut().ok());
    for namespace in found.namespaces.values() {
        atlas.add(*namespace);
    }
    let mut users = Users::default();
    let mut rows: Vec<Row> = found
        .sockets
        .into_iter()
        .map(|socket| Row::new(socket, &atlas, &mut users))
        .collect();
    // Stable: what was found first stays first among its like.
    rows.sort_by_key(|row| row.strays != Some(true));
    Ok(List {
        complete: found.blind.nothing(),
        unseen: unseen(&found.blind),
        sockets: rows,
    })
}

fn process(pid: u32) -> Result<Wanted> {
    let there = PathBuf::from(format!("/proc/{pid}")).exists();
    there.then_some(Wanted::Process(pid)).ok_or_else(|| {
        Failure::not_found(format!("there is no process {pid}"))
            .advise("'homeward sockets' lists all sockets")
    })
}

impl Row {
    fn new(socket: Socket, atlas: &Atlas, users: &mut Users) -> Self {
        let holder = |one: &Descriptor| Holder {
            has: Has::new(one, users),
            namespace: atlas.whereabouts(one.process_namespace),
        };
        Row {
            inode: socket.inode,
            namespace: atlas.whereabouts(socket.namespace),
            strays: socket.strays(),
            holders: socket.holders.iter().map(holder).collect(),
            facts: socket.facts,
        }
    }
}

fn first(row: &Row) -> Option<&Has> {
    row.holders.first().map(|one| &one.has)
}

/// The namespace of a process that is not where its socket is.
fn elsewhere(row: &Row) -> Content {
    let mut all = row.holders.iter();
    let other = all.find(|one| one.namespace != row.namespace);
    match other.filter(|_| row.strays == Some(true)) {
        Some(one) => marked(printable(&one.namespace.label()), row),
        None => plain(ABSENT),
    }
}

fn pid(row: &Row) -> String {
    let pid = or_absent(first(row).map(|has| has.process.process.pid));
    match row.holders.len() {
        0 | 1 => pid,
        more => format!("{pid} +{}", more - 1),
    }
}

fn marked(text: String, row: &Row) -> Content {
    let style = match row.strays {
        Some(true) => Style::Notable,
        _ => Style::Plain,
    };
    (text, style)
}

#[cfg(test)]
mod tests {
    use super::super::search::tests::{init, red, who};
    use super::*;
    use crate::fixture::golden_table;
    use nix::libc;

    fn sockets() -> List {
        let holder = |pid, namespace| Holder {
            has: Has {
                process: who(pid, "nc"),
                tid: None,
                fd: 3,
            },
            namespace,
        };
        let facts = Facts {
            family: Some(libc::AF_INET),
            kind: Some(libc::SOCK_STREAM),
            protocol: Some(libc::IPPROTO_TCP),
            local: Some("127.0.0.1:80".to_owned()),
            peer: None,
        };
        let stray = Row {
            inode: 4242,
            namespace: red(),
            strays: Some(true),
            facts: facts.clone(),
            holders: vec![holder(812, red()), holder(900, init())],
        };
        let usual = Row {
            inode: 4243,
            namespace: init(),
            strays: Some(false),
            facts: Facts {
                family: Some(libc::AF_UNIX),
                protocol: Some(0),
                local: Some("/run/a\x1bb".to_owned()),
                ..facts
            },
            holders: vec![holder(1, init())],
        };
        List {
            complete: true,
            unseen: Vec::new(),
            sockets: vec![stray, usual],
        }
    }

    #[test]
    fn sockets_as_text_and_json() {
        let list = sockets();
        golden_table("sockets", &COLUMNS, ("socket", &list.sockets), &list);
    }

    #[test]
    fn a_pid_means_the_process_and_all_else_a_namespace() {
        let of = |of| Sockets {
            of,
            choice: Choice::default(),
            filter: OfSockets::default(),
        };
        assert!(of(None).namespaces().is_empty());
        assert!(of(Some(Selector::Pid(812))).namespaces().is_empty());
        let init = of(Some(Selector::Init));
        assert_eq!(init.namespaces(), [&Selector::Init]);
    }
}
