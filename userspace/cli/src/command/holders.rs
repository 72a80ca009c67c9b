// SPDX-License-Identifier: GPL-2.0-only

//! `holders NS`: what keeps a network namespace alive.

mod mounts;
mod references;
mod release;
mod rows;

use clap::Args;
use homeward_client::model::{Device, Namespace, State};
use homeward_client::{By, Client};
use homeward_holders::{find, Findings, Identity};
use nix::errno::Errno;
use serde::Serialize;

use super::filter::OfHolders;
use super::search::{module, unseen, warn, Atlas, Has, Target, Whereabouts};
use super::{recall, Context, Verb};
use crate::book::Users;
use crate::error::{Failure, Result};
use crate::exit::Status;
use crate::names::refuse_other;
use crate::render::choice::Choice;
use crate::render::table::{self, column, plain, Column};
use crate::render::text::{or_absent, printable, ABSENT};
use crate::render::{Look, Style};
use crate::selector::{help, Selector};

use references::References;
pub(super) use rows::{Holder, KINDS};

const EXAMPLES: &str = "\
Examples:
  homeward holders red           what keeps red alive, and what would release it
  homeward holders cookie:4711   the same for one that has neither name nor process
  homeward holders red --kind socket,file
                                 only sockets and open files of the namespace
  homeward holders red -v        with each mount, also in the sandboxes of systemd's services
  homeward holders red blue      for one after the other
  homeward holders red --json | jq '.holders[] | select(.kind == \"socket\")'

Only root sees everything. The kernel's own reference count is known only with the module.";

/// Show what keeps network namespaces alive, and what would release them.
#[derive(Debug, Args)]
#[command(after_help = table::help(EXAMPLES, &COLUMNS))]
pub(crate) struct Holders {
    #[arg(value_name = "NS", required_unless_present = "list", help = help("Which network namespaces"))]
    namespaces: Vec<Selector>,
    /// Show each mount, also those that go away with another one.
    #[arg(short, long)]
    verbose: bool,
    #[command(flatten)]
    choice: Choice,
    #[command(flatten)]
    filter: OfHolders,
}

const COLUMNS: [Column<Holder>; 6] = [
    column!("kind" "KIND" Text "what kind of thing it is", |row| plain(row.kind)),
    column!("process.pid" "PID" Number "who has it, and how many others", |row| plain(pid(row))),
    column!("process.command" "COMMAND" Text "its command", |row| plain(or_absent(row.process.as_ref().map(|who| &who.process.command)))),
    column!("process.user" "USER" Text "its user", |row| plain(row.process.as_ref().map_or(ABSENT.to_owned(), |who| who.user()))),
    column!("what" "WHAT" Text "what it is", |row| plain(printable(&row.what))),
    column!("release" "TO RELEASE IT" Text "what would release it, for a mount a command", |row| plain(printable(&row.release))),
];

/// What holds a network namespace, and how that compares with the kernel's count.
#[derive(Debug, Serialize)]
struct List {
    /// The namespace.
    namespace: Whereabouts,
    /// Where it stands in its life, after the look; None without the module.
    state: Option<State>,
    /// How many of its devices the kernel cannot free; None without the module.
    stuck: Option<u32>,
    /// Whether everything could be seen that can be seen at all.
    complete: bool,
    /// The holders.
    holders: Vec<Holder>,
    /// Devices that came from it and are elsewhere. They do not hold it.
    away: Vec<Away>,
    /// Descriptors that wait to be received: any of them may hold it.
    in_flight: Vec<InFlight>,
    /// The references that the holders take.
    references: References,
}

/// A device that came from a namespace and is elsewhere.
#[derive(Debug, Serialize)]
struct Away {
    /// Its name there.
    name: String,
    /// Its index there.
    ifindex: u32,
    /// Where it is.
    namespace: Whereabouts,
    /// The command that brings it back.
    recall: String,
}

/// Descriptors that wait to be received.
#[derive(Debug, Serialize)]
struct InFlight {
    /// Who can receive them.
    #[serde(flatten)]
    receiver: Has,
    /// How many there are.
    count: u32,
}

impl Verb for Holders {
    // Each is looked at when its turn comes.
    fn run(self, context: &Context) -> Result<Status> {
        if let Some(listed) = self.choice.list(context, &COLUMNS) {
            return listed;
        }
        let columns = self.choice.columns(&COLUMNS, &COLUMNS)?;
        let (mut lists, status) = context.each(&self.namespaces, |namespace| {
            refuse_other(namespace, &context.directory)?;
            List::find(context, namespace, self.verbose)
        });
        for list in &mut lists {
            list.holders.retain(|row| self.filter.pass(row));
            self.choice.sort(&COLUMNS, &mut list.holders)?;
        }
        let none = match self.filter.are_none() {
            true => NONE,
            false => "No such holder was found.\n",
        };
        let asked = self.namespaces.len();
        context.print_each(&lists, asked, |list, look| match asked {
            1 => text(list, &columns, none, look),
            _ => format!(
                "{}\n{}",
                heading(list, look),
                text(list, &columns, none, look)
            ),
        })?;
        Ok(status)
    }
}

/// The same as text, for another verb.
pub(super) fn words(context: &Context, namespace: &Selector) -> Result<String> {
    let list = List::find(context, namespace, false)?;
    Ok(text(&list, &COLUMNS, NONE, context.look))
}

impl List {
    fn find(context: &Context, selector: &Selector, each: bool) -> Result<Self> {
        let what = format!("cannot look for holders of namespace {selector}");
        let mut module = module(&what)?;
        let Target { file, told } = Target::new(context, &mut module, selector, &what)?;
        let mut findings = match &file {
            Some(file) => find(file).map_err(|error| Failure::holders(&what, &error))?,
            None => Findings::default(),
        };
        if let Some(told) = &told {
            findings.namespace.cookie = Some(told.cookie);
        }
        // Before the count is read, lest this is in it.
        drop(file);
        let counted = match (&mut module, &told) {
            (Ok(client), Some(told)) => count(client, told.cookie, &what)?,
            (Err(reason), _) => Err(reason.clone()),
            (Ok(_), None) => Err("the module does not know it".to_owned()),
        };
        warn(context, &findings.blind);

        let now = counted.as_ref().ok();
        let (state, stuck) = (now.map(|now| now.state), now.and_then(|now| now.stuck));
        let atlas = Atlas::new(context, module.as_mut().ok());
        let mut users = Users::default();
        let away = match (&mut module, findings.namespace.cookie) {
            (Ok(client), Some(cookie)) => away(client, cookie, &atlas, &what)?,
            _ => Vec::new(),
        };
        let names = context.directory.path();
        let in_flight = findings.in_flight.iter().map(|one| InFlight {
            receiver: Has::new(&one.receiver, &mut users),
            count: one.count,
        });
        let in_flight = in_flight.collect();
        let namespace = atlas.whereabouts(findings.namespace);
        let mut holders = rows::all(&findings, &atlas, names, each, &mut users);
        if namespace.initial {
            // To end them would be of no use, and of much harm.
            for holder in &mut holders {
                holder.release = NEVER.to_owned();
            }
        }
        Ok(List {
            namespace,
            state,
            stuck,
            complete: findings.blind.nothing(),
            away,
            in_flight,
            holders,
            references: References::new(
                findings.references(),
                counted.map(|now| now.refs.unwrap_or_default()),
                unseen(&findings.blind),
            ),
        })
    }
}

/// The namespace as it is now, with the kernel's count of references.
fn count(
    client: &mut Client,
    cookie: u64,
    what: &str,
) -> Result<std::result::Result<Namespace, String>> {
    match client.namespace(By::Cookie(cookie)) {
        Ok(now) if now.refs.is_some() => Ok(Ok(now)),
        Ok(_) => Ok(Err("the module does not report it".to_owned())),
        Err(error) if error.errno() == Some(Errno::ENOENT) => Ok(Err(
            "it is gone by now: nothing holds it any more".to_owned(),
        )),
        Err(error) => Err(Failure::client(what, &error)),
    }
}

/// Devices that came from a namespace and are elsewhere.
fn away(client: &mut Client, cookie: u64, atlas: &Atlas, what: &str) -> Result<Vec<Away>> {
    let devices = client.devices_now(None);
    let devices = devices.map_err(|error| Failure::client(what, &error))?;
    let from_here = devices.items.into_iter().filter(|device| {
        device.namespace != cookie && device.homes.iter().any(|home| home.namespace == cookie)
    });
    Ok(from_here
        .map(|device| {
            let place = atlas.whereabouts(Identity {
                cookie: Some(device.namespace),
                inum: None,
            });
            Away::new(device, place)
        })
        .collect())
}

impl Away {
    fn new(device: Device, namespace: Whereabouts) -> Self {
        let recall = recall::command(&device.name, device.ifindex, &namespace.label());
        Away {
            name: device.name,
            ifindex: device.ifindex,
            namespace,
            recall,
        }
    }
}

/// What would release the initial namespace.
const NEVER: &str = "nothing: the initial namespace never dies";

/// What is said of none.
const NONE: &str = "No holder was found.\n";

/// A table of holders or what is said of none, and what that means.
fn text(list: &List, columns: &[Column<Holder>], none: &str, look: Look) -> String {
    let mut text = if list.holders.is_empty() {
        none.to_owned()
    } else {
        table::render(columns, &list.holders, "holder", look)
    };
    if !look.header {
        return text;
    }
    text.push('\n');
    for device in &list.away {
        let name = printable(&format!("{}@{}", device.name, device.namespace.label()));
        let recall = printable(&device.recall);
        text.push_str(&format!(
            "Away from it, but not keeping it alive: {name}; '{recall}' brings it home.\n"
        ));
    }
    text + &references::summary(list, look)
}

/// Whose holders follow.
fn heading(list: &List, look: Look) -> String {
    let name = printable(&list.namespace.label());
    Style::Heading.paint(&format!("Holders of {name}:"), look.color)
}

/// A process, or several of which one is named.
fn pid(row: &Holder) -> String {
    let pid = or_absent(row.process.as_ref().map(|who| who.process.pid));
    match row.others.len() {
        0 => pid,
        more => format!("{pid} +{more}"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::search::tests::{init, red, who};
    use super::*;
    use crate::fixture::{check_columns, golden, JSON, TEXT};

    fn holder(kind: &'static str, pid: u32, what: &str, release: &str) -> Holder {
        Holder {
            kind,
            process: Some(who(pid, "sle\x1bep")),
            what: what.to_owned(),
            release: release.to_owned(),
            ..Holder::default()
        }
    }

    fn has(pid: u32, command: &str, tid: Option<u32>, fd: i32) -> Has {
        Has {
            process: who(pid, command),
            tid,
            fd,
        }
    }

    fn in_flight(pid: u32, command: &str) -> Vec<InFlight> {
        vec![InFlight {
            receiver: has(pid, command, None, 5),
            count: 2,
        }]
    }

    fn counted(counted: std::result::Result<u32, String>) -> List {
        let close = "close fd 7 of 900, fd 3 of 901, or end them";
        let what = "inet tcp 127.0.0.1:80 (process is elsewhere)";
        let delete = "homeward netns delete red";
        List {
            namespace: red(),
            state: Some(State::Live),
            stuck: Some(0),
            complete: true,
            holders: vec![
                holder("task", 812, "process in it", "end process 812"),
                holder("task", 813, "process in it", "end process 813"),
                Holder {
                    fd: Some(7),
                    inode: Some(99),
                    others: vec![has(901, "nc", Some(902), 3)],
                    ..holder("socket", 900, what, close)
                },
                Holder {
                    process: None,
                    path: Some("/run/netns/red".to_owned()),
                    copies: Some(2),
                    ..holder("mount", 1, "bind mount /run/netns/red", delete)
                },
            ],
            away: vec![Away {
                name: "net0".to_owned(),
                ifindex: 4,
                namespace: init(),
                recall: "homeward recall net0@init".to_owned(),
            }],
            in_flight: in_flight(812, "passer"),
            references: References::new(references::tests::found(), counted, Vec::new()),
        }
    }

    #[test]
    fn holders_as_text_and_json() {
        let list = counted(Ok(3));
        golden(
            "holders",
            &[
                ("text", text(&list, &COLUMNS, NONE, TEXT)),
                ("summaries", summaries()),
                ("json", JSON.choose(&list, String::new).unwrap()),
            ],
        );
        check_columns(&COLUMNS, &list.holders);
    }

    /// The summary says no more than is known.
    fn summaries() -> String {
        let mut unexplained = counted(Ok(6));
        unexplained.in_flight = in_flight(77, "broker");
        unexplained.references.unseen =
            vec!["2 processes that this user may not look into".to_owned()];
        let unknown = counted(Err("the module is not loaded".to_owned()));
        let mut dead = counted(Ok(0));
        dead.state = Some(State::Dying);
        let mut stuck = counted(Ok(0));
        (stuck.state, stuck.stuck) = (Some(State::Dying), Some(2));
        let (all, more) = (counted(Ok(3)), counted(Ok(4)));
        let all = [all, more, unexplained, counted(Ok(2)), unknown, dead, stuck];
        let last = |list: &List| {
            format!(
                "{}\n",
                text(list, &COLUMNS, NONE, TEXT).lines().last().unwrap()
            )
        };
        all.iter().map(last).collect()
    }

    #[test]
    fn nothing_found_is_said() {
        let list = List {
            holders: Vec::new(),
            ..counted(Ok(3))
        };
        let look = Look {
            header: false,
            footer: false,
            ..TEXT
        };
        assert_eq!(text(&list, &COLUMNS, NONE, look), "No holder was found.\n");
    }
}
