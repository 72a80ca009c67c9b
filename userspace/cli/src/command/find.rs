// SPDX-License-Identifier: GPL-2.0-only

//! `find WHAT`: which network namespaces and devices have an address or a name.

mod query;

use std::collections::HashSet;

use clap::builder::NonEmptyStringValueParser;
use clap::Args;
use homeward_client::model::State;
use serde::Serialize;

use super::inside::{self, Wanted};
use super::namespace::owned_by;
use super::search::Whereabouts;
use super::tree::spots::{Purpose, Spots};
use super::tree::{devices, peers, state, target, Device, Namespace};
use super::{Context, Verb};
use crate::error::{Failure, Result};
use crate::exit::Status;
use crate::owner::Owner;
use crate::render::device::place;
use crate::render::table::{self, column, plain, Column, Content};
use crate::render::text::{or_absent, printable, ABSENT};
use crate::render::Style;

use query::{Match, Query};

const PURPOSE: Purpose = Purpose {
    failed: "cannot search network namespaces",
    thing: "search",
};

/// What the argument is called; completions know it by that.
pub(super) const WHAT: &str = "IP|PREFIX|MAC|NAME|CONTAINER";

const EXAMPLES: &str = "\
Examples:
  homeward find 10.0.0.7
      The device with this IP address, its network namespace, and what it is connected to. It may have
      a zone or a port, as ss and logs write it: '[fe80::7%eth0]:443'.
  homeward find 10.0.0.0/8
      All devices with an address in there.
  homeward find 52:54:00:12:34:56
      By link-layer address, also by the one that a device came with. 5254.0012.3456, 525400123456
      and 52:54:0:12:34:56 are the same.
  homeward find eth1
      By name, also by an alternative name and by the name at home of a device that is away.
  homeward find web
      The namespace of the container, pod, machine or unit of that name, or whose id begins with it.";

/// Find the network namespace and the device that have an address or a name.
#[derive(Debug, Args)]
#[command(after_help = table::help(EXAMPLES, &COLUMNS))]
pub(crate) struct Find {
    /// An IP address, a prefix, a link-layer address, or the name of a device, a network namespace or its
    /// owner.
    #[arg(value_name = WHAT, value_parser = NonEmptyStringValueParser::new())]
    what: String,
}

const COLUMNS: [Column<Finding>; 9] = [
    column!("namespace" "NAMESPACE" Object "the network namespace", |row| plain(printable(&row.namespace.label()))),
    column!("device.name" "DEVICE" Text "the device there", |row| plain(or_absent(row.device.as_ref().map(|device| &device.name)))),
    column!("device.kind" "KIND" Text "its kind, as iproute2 shows it", |row| plain(or_absent(row.device.as_ref().and_then(|device| device.kind.as_ref())))),
    column!("device.state" "STATE" Text "whether it is up", |row| row.device.as_ref().map_or(plain(ABSENT), up)),
    column!("by" "FOUND-BY" Text "what was found", |row| plain(row.by)),
    column!("value" "VALUE" Text "that as it is there", |row| plain(printable(&row.value))),
    column!("device.link" "CONNECTED" Object "the other end of a pair, or the device below it", |row| plain(connected(row))),
    column!("owned_by" "OWNED-BY" Object "who the namespace belongs to; for the initial one, who that of the other end belongs to", |row| owned_by(row.owned_by.as_ref().or(row.link_owned_by.as_ref()))),
    column!("device.home" "HOME" Object "where it belongs, if it is away", home),
];

/// What was found.
#[derive(Debug, Serialize)]
struct Findings {
    /// Whether all was searched.
    complete: bool,
    /// All of it.
    found: Vec<Finding>,
}

/// Something that has what was looked for.
#[derive(Debug, Serialize)]
struct Finding {
    /// The namespace.
    namespace: Whereabouts,
    /// The device there; None if it is the namespace itself.
    device: Option<Device>,
    /// What was found.
    by: &'static str,
    /// That as it is there.
    value: String,
    /// Whose the namespace is.
    owned_by: Option<Owner>,
    /// Whose the namespace is that the device is connected to, if that is another one.
    link_owned_by: Option<Owner>,
}

impl Finding {
    /// The keys of the namespace, and of the one that the device is connected to.
    fn cookies(&self) -> [Option<u64>; 2] {
        let link = self.device.as_ref().and_then(|device| device.link.as_ref());
        let other = link.and_then(|link| link.namespace.as_ref());
        [self.namespace.cookie, other.map(|place| place.cookie)]
    }
}

impl Verb for Find {
    fn run(self, context: &Context) -> Result<Status> {
        let findings = search(context, &Query::new(&self.what))?;
        if findings.found.is_empty() {
            // A program reads an empty list, and everybody the status.
            if context.look.json {
                context.print_list(&findings, &findings.found, |_| String::new())?;
            }
            let what = &self.what;
            return Err(Failure::not_found(match findings.complete {
                true => format!("no network namespace and no device has '{what}'"),
                false => format!("nothing that can be seen from here has '{what}'"),
            }));
        }
        context.print_list(&findings, &findings.found, |look| {
            table::render(&COLUMNS, &findings.found, "finding", look)
        })
    }
}

/// Looks into each namespace once, and then asks for the other ends of what was found.
fn search(context: &Context, query: &Query) -> Result<Findings> {
    let mut spots = Spots::find(context, PURPOSE)?;
    let wanted = Wanted {
        addresses: query.wants_addresses(),
        ..Wanted::default()
    };
    spots.look_inside(context, wanted);
    if query.wants_owners() {
        spots.find_owners(context);
    }
    let matches: Vec<Vec<Match>> = spots
        .list
        .iter()
        .map(|spot| query.matches(spot, &spots))
        .collect();
    let found: HashSet<(usize, u32)> = matches
        .iter()
        .enumerate()
        .flat_map(|(at, all)| all.iter().filter_map(move |one| Some((at, one.ifindex?))))
        .collect();
    let peers = peers::find(&mut spots, |at, ifindex| found.contains(&(at, ifindex)));
    let namespaces = devices::assemble(&spots, &peers);
    let hidden = warn_of_hidden(context, &namespaces);
    let found = namespaces.into_iter().zip(matches);
    let mut found: Vec<Finding> = found.flat_map(|(one, all)| findings(&one, all)).collect();
    tell_owners(context, &spots, &mut found);
    Ok(Findings {
        complete: spots.complete && !hidden,
        found,
    })
}

/// Says of what was found whose it is.
fn tell_owners(context: &Context, spots: &Spots, found: &mut [Finding]) {
    let cookies = found.iter().flat_map(Finding::cookies).flatten().collect();
    let owners = spots.owners_of(context, &cookies);
    for one in found {
        let [own, other] = one.cookies().map(|cookie| owners.get(&cookie?).cloned());
        (one.owned_by, one.link_owned_by) = (own, other);
    }
}

fn findings(namespace: &Namespace, matches: Vec<Match>) -> Vec<Finding> {
    let finding = |Match { ifindex, by, value }| {
        let mut devices = namespace.devices.iter();
        Finding {
            namespace: Whereabouts {
                cookie: namespace.cookie,
                inum: namespace.inum,
                name: namespace.names.first().cloned(),
                initial: namespace.initial == Some(true),
            },
            device: ifindex
                .and_then(|index| devices.find(|device| device.ifindex == index))
                .cloned(),
            by,
            value,
            owned_by: None,
            link_owned_by: None,
        }
    };
    matches.into_iter().map(finding).collect()
}

/// Says which namespaces could not be looked into; true if there are any. Of those that are dying the module
/// has told.
fn warn_of_hidden(context: &Context, namespaces: &[Namespace]) -> bool {
    let dying = |one: &&Namespace| matches!(one.state, Some(State::Queued | State::Dying));
    let live = namespaces.iter().filter(|one| !dying(one));
    let hidden = live.filter_map(|one| Some((one.label(), one.hidden.as_deref()?)));
    let hidden: Vec<_> = hidden.collect();
    inside::warn(context, "searched", &hidden, namespaces.len())
}

fn up(device: &Device) -> Content {
    let (word, style) = state(device);
    (word.to_owned(), style)
}

fn connected(row: &Finding) -> String {
    let link = row.device.as_ref().and_then(|device| device.link.as_ref());
    link.map_or_else(|| ABSENT.to_owned(), target)
}

fn home(row: &Finding) -> Content {
    let home = row.device.as_ref().and_then(|device| device.home.as_ref());
    let Some(home) = home else {
        return plain(ABSENT);
    };
    let name = or_absent(home.name.as_ref());
    (format!("{name}@{}", place(&home.namespace)), Style::Notable)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::search::tests::{init, red};
    use crate::command::tree::tests::device;
    use crate::command::tree::{Home, Link};
    use crate::fixture::{book, golden_table};

    fn finding(namespace: Whereabouts, device: Option<Device>, by: &'static str) -> Finding {
        Finding {
            namespace,
            device,
            by,
            value: "e\x1bth0".to_owned(),
            owned_by: None,
            link_owned_by: None,
        }
    }

    #[test]
    fn findings_as_text_and_json() {
        let pair = Device {
            link: Some(Link {
                relation: "peer",
                ifindex: Some(4),
                name: Some("veth1".to_owned()),
                namespace: Some(book().place(7)),
                nsid: Some(0),
            }),
            ..device(2, "eth0", Some("veth"))
        };
        let away = Device {
            home: Some(Home {
                namespace: book().place(7),
                name: Some("eth0".to_owned()),
            }),
            state: Some("down"),
            ..device(5, "ct0", None)
        };
        let findings = Findings {
            complete: false,
            found: vec![
                finding(init(), Some(device(2, "eth0", None)), "name"),
                Finding {
                    link_owned_by: Some(crate::owner::fixture()),
                    ..finding(init(), Some(pair), "altname")
                },
                finding(red(), Some(away), "home-name"),
                Finding {
                    owned_by: Some(crate::owner::fixture()),
                    ..finding(red(), None, "namespace")
                },
            ],
        };
        let rows = ("finding", findings.found.as_slice());
        golden_table("find", &COLUMNS, rows, &findings);
    }
}
