// SPDX-License-Identifier: GPL-2.0-only

//! `devices [NS]`: where devices are, where they have been, and their fate.

use std::collections::HashMap;
use std::ops::Deref;

use clap::Args;
use homeward_client::model::{Device, Mark, State};
use homeward_client::{Client, Error};
use serde::Serialize;

use super::namespace::owned_by;
use super::{Context, Verb};
use crate::book::{Book, Place};
use crate::error::{Failure, Result};
use crate::exit::Status;
use crate::owner::Owner;
use crate::rdma::{Rdma, RdmaSurvey};
use crate::render::choice::Choice;
use crate::render::device::{home, place, stuck};
use crate::render::table::{self, column, plain, Column, Content};
use crate::render::text::{list, or_absent, printable, yes, ABSENT};
use crate::render::Style;
use crate::resolve;
use crate::selector::{help, Selector};
use crate::tenancy::{Tenants, Wanted};

const EXAMPLES: &str = "\
Examples:
  homeward devices
      All devices of all namespaces.
  homeward devices red
      Those in 'red': where they have been, and what would happen to them.
  homeward devices --json cookie:42
      The same about a namespace without a name, for programs.";

/// List devices: where they are, where they have been, and their fate.
#[derive(Debug, Args)]
#[command(after_help = table::help(EXAMPLES, &COLUMNS))]
pub(crate) struct Devices {
    #[arg(value_name = "NS", help = help("Only those of this network namespace"))]
    namespace: Option<Selector>,
    #[command(flatten)]
    choice: Choice,
}

const COLUMNS: [Column<Row>; 13] = [
    column!("namespace" "NAMESPACE" Object "where it is", |row| plain(place(&row.namespace))),
    NAME,
    IFINDEX,
    KIND,
    column!("physical" "PHYSICAL" Bool "the kernel itself would move it", |row| plain(yes(row.physical))),
    column!("flag_names" "FLAGS" List "those of its flags that say how it is", |row| plain(flags(row))),
    column!("homes" "HOME" List "where it would go, or was last; how many others are alive", newest),
    column!("mark" "MARK" Text "what an administrator decided about it", |row| plain(or_absent(mark(row)))),
    column!("fate" "FATE" Object "what would happen if its namespace died now", fate),
    column!("rdma" "RDMA" List "its RDMA devices, if any device has one", |row| plain(list(&row.rdma()))),
    // Only for those who ask.
    column!("owned_by" "OWNED-BY" Object "whose its namespace is, as in 'homeward ls'", |row| owned_by(row.owned_by.as_ref())),
    column!("mtu" "MTU" Number "its MTU", |row| plain(or_absent(row.mtu))),
    column!("parent" "PARENT" Text "the device that it belongs to", |row| plain(or_absent(row.parent.as_ref()))),
];

/// So many of them are shown unless others are asked for.
const USUAL: usize = 10;

/// Its name.
pub(super) const NAME: Column<Row> =
    column!("name" "NAME" Text "its name", |row| plain(printable(&row.name)));
/// Its index.
pub(super) const IFINDEX: Column<Row> =
    column!("ifindex" "IFINDEX" Number "its index", |row| plain(row.ifindex.to_string()));
/// Its kind.
pub(super) const KIND: Column<Row> = column!("kind" "KIND" Text "its kind, as iproute2 shows it", |row| plain(or_absent(row.kind.as_ref())));

/// A device, with what to call its namespaces.
#[derive(Debug, Serialize)]
pub(crate) struct Row {
    #[serde(flatten)]
    device: Device<Place>,
    /// Its RDMA devices.
    rdma: Vec<Rdma>,
    /// Whose its namespace is. None when that is not known, or was not looked up.
    owned_by: Option<Owner>,
}

impl Deref for Row {
    type Target = Device<Place>;

    fn deref(&self) -> &Device<Place> {
        &self.device
    }
}

impl Row {
    /// That of a device.
    pub(super) fn new(device: Device, survey: &RdmaSurvey, book: &Book) -> Self {
        Row {
            rdma: survey.of(&device, book),
            device: book.device(device),
            owned_by: None,
        }
    }

    /// Its RDMA devices, for people.
    pub(super) fn rdma(&self) -> Vec<String> {
        self.rdma.iter().map(Rdma::text).collect()
    }
}

/// Devices, of all namespaces or of one.
#[derive(Debug, Serialize)]
pub(crate) struct DeviceList {
    /// The one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) namespace: Option<Place>,
    /// Whether all are there: none came or went meanwhile.
    pub(crate) complete: bool,
    /// The devices.
    pub(crate) devices: Vec<Row>,
}

impl Verb for Devices {
    fn namespaces(&self) -> Vec<&Selector> {
        self.namespace.iter().collect()
    }

    fn run(self, context: &Context) -> Result<Status> {
        let choice = &self.choice;
        if let Some(listed) = choice.list(context, &COLUMNS) {
            return listed;
        }
        let shown = choice.columns(&COLUMNS, &[])?;
        let owned = context.look.json || choice.needs(&shown, &COLUMNS, "owned_by")?;
        let what = "cannot list devices";
        let mut list = DeviceList {
            namespace: None,
            ..DeviceList::ask(context, self.namespace.as_ref(), what)?
        };
        if owned {
            list.find_owners(context);
        }
        choice.sort(&COLUMNS, &mut list.devices)?;
        let columns = choice.columns(&COLUMNS, usual(&list.devices))?;
        context.print_list(&list, &list.devices, |look| {
            table::render(&columns, &list.devices, "device", look)
        })
    }
}

impl DeviceList {
    /// Asks the module for them. A failure begins with `what`.
    pub(super) fn ask(context: &Context, one: Option<&Selector>, what: &str) -> Result<Self> {
        let failed = |error: Error| Failure::client(what, &error);
        let mut client = Client::connect().map_err(failed)?;
        let cookie = match one {
            Some(one) => Some(resolve::namespace(&mut client, one, &context.directory)?.cookie),
            None => None,
        };
        let devices = client.devices_now(cookie).map_err(failed)?;
        let namespaces = client.namespaces_now().map_err(failed)?;
        context.warn_if_changing(devices.consistent);
        let book = Book::new(&namespaces.items, &context.directory);
        context.warn_if_unread(book.unread());
        let survey = RdmaSurvey::new(&mut client, &devices.items, &namespaces.items);
        let items = devices.items.into_iter();
        Ok(DeviceList {
            namespace: cookie.map(|cookie| book.place(cookie)),
            complete: devices.consistent,
            devices: items.map(|one| Row::new(one, &survey, &book)).collect(),
        })
    }

    /// Finds out whose the namespace of each is.
    fn find_owners(&mut self, context: &Context) {
        let dump = Client::connect().and_then(|mut client| client.namespaces_now());
        let looked_up = Wanted {
            owner: true,
            ..Wanted::default()
        };
        let (Ok(dump), Ok(mut tenants)) = (dump, Tenants::find(context, looked_up, "")) else {
            return;
        };
        // Only a live one has its number for itself.
        let live = dump.items.iter().filter(|one| one.state == State::Live);
        let inums = live.filter_map(|one| Some((one.cookie, one.inum?.into())));
        let inums: HashMap<u64, u64> = inums.collect();
        let mut known = HashMap::new();
        for row in &mut self.devices {
            let place = &row.device.namespace;
            let owner = known.entry(place.cookie).or_insert_with(|| {
                let inum = inums.get(&place.cookie).copied();
                let names = place.name.as_slice();
                tenants.of(inum, place.initial, names).owned_by
            });
            row.owned_by.clone_from(owner);
        }
    }
}

/// The columns that are shown unless others are asked for: the last one only if there is something in it.
fn usual(rows: &[Row]) -> &'static [Column<Row>] {
    const ALL: &[Column<Row>] = &COLUMNS;
    let has_rdma = rows.iter().any(|row| !row.rdma.is_empty());
    ALL.get(..USUAL - usize::from(!has_rdma)).unwrap_or(ALL)
}

fn mark(row: &Row) -> Option<&'static str> {
    (row.mark != Mark::None).then(|| row.mark.name())
}

/// Those that say how a device is, not what it is.
fn flags(row: &Row) -> String {
    const SHOWN: [&str; 5] = ["up", "lower-up", "noarp", "promisc", "allmulti"];
    let mut names = row.flag_names();
    names.retain(|name| SHOWN.contains(name));
    list(&names)
}

/// Where a device would go, or was last, and how many other homes are alive.
fn newest(row: &Row) -> Content {
    let Some(newest) = home(row) else {
        return plain(ABSENT);
    };
    let text = match row.homes.iter().filter(|home| home.alive).count() {
        0 | 1 => newest,
        count => format!("{newest} +{}", count - 1),
    };
    (text, Style::Notable)
}

fn fate(row: &Row) -> Content {
    if let Some(trouble) = &row.stuck {
        return (stuck(trouble), Style::Bad);
    }
    let Some(fate) = &row.fate else {
        return plain(ABSENT);
    };
    let action = fate.action.name();
    let mut text = action.to_owned();
    if let Some(to) = &fate.destination {
        text.push_str(&format!(" to {}", place(to)));
    }
    if let Some(name) = &fate.name {
        text.push_str(&format!(" as {}", printable(name)));
    }
    (text, Style::of_action(action))
}

#[cfg(test)]
impl From<Device<Place>> for Row {
    fn from(device: Device<Place>) -> Self {
        let rdma = Vec::new();
        Row {
            device,
            rdma,
            owned_by: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{book, check_columns, devices, golden, JSON, TEXT};

    fn text(rows: &[Row]) -> String {
        table::render(usual(rows), rows, "device", TEXT)
    }

    fn rows() -> Vec<Row> {
        devices().into_iter().map(Row::from).collect()
    }

    #[test]
    fn devices_as_text_and_json() {
        let mut devices = rows();
        let [ours, elsewhere] = [None, Some(book().place(7))].map(|namespace| Rdma {
            name: "mlx5_0".to_owned(),
            namespace,
        });
        devices[0].rdma = vec![ours];
        devices[3].rdma = vec![elsewhere];
        devices[0].owned_by = Some(crate::owner::fixture());
        let list = DeviceList {
            namespace: None,
            complete: true,
            devices,
        };
        let json = JSON.choose(&list, String::new).unwrap();
        let all = table::render(&COLUMNS, &list.devices, "device", TEXT);
        golden(
            "devices",
            &[
                ("text", text(&list.devices)),
                ("text of all columns", all),
                ("json", json),
            ],
        );
        check_columns(&COLUMNS, &list.devices);
    }

    #[test]
    fn where_no_device_has_an_rdma_device_there_is_no_column_for_them() {
        assert!(!text(&rows()).contains("RDMA"));
    }
}
