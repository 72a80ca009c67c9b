// SPDX-License-Identifier: GPL-2.0-only

//! `devices [NS]`: where devices are, where they have been, and their fate.

mod list;

use clap::Args;
use homeward_client::model::Mark;

use super::filter::OfDevices;
use super::inside::{Detail, Wanted};
use super::namespace::owned_by;
use super::{Context, Verb};
use crate::error::Result;
use crate::exit::Status;
use crate::render::choice::Choice;
use crate::render::device::{home, place, stuck};
use crate::render::table::{self, column, plain, Column, Content};
use crate::render::text::{list as words, or_absent, printable, yes, ABSENT};
use crate::render::Style;
use crate::selector::{help, Selector};
use crate::silent::legend;

pub(super) use list::{DeviceList, Row};

const EXAMPLES: &str = "\
Examples:
  homeward devices
      All devices of all namespaces.
  homeward devices red
      Those in 'red': where they have been, and what would happen to them.
  homeward devices --away
      Those whose home is elsewhere.
  homeward devices --kind veth --owner web -o +addresses,mac,state,speed
      The pairs of the container 'web', with what can be seen inside, too.
  homeward devices --json cookie:42
      The same about a namespace without a name, for programs.

lo and fallback tunnels that nobody uses (sit0, gre0 and others) are left out without -a; with -o +addresses,
one that has some is used.";

/// List devices: where they are, where they have been, and their fate.
#[derive(Debug, Args)]
#[command(after_help = table::help(EXAMPLES, &COLUMNS))]
pub(crate) struct Devices {
    #[arg(value_name = "NS", help = help("Only those of this network namespace"))]
    namespace: Option<Selector>,
    /// Show lo and unused fallback tunnels, too.
    #[arg(short, long)]
    all: bool,
    #[command(flatten)]
    choice: Choice,
    #[command(flatten)]
    filter: OfDevices,
}

const COLUMNS: [Column<Row>; 17] = [
    column!("namespace" "NAMESPACE" Object "where it is", |row| plain(place(&row.namespace))),
    NAME,
    IFINDEX,
    KIND,
    column!("physical" "PHYSICAL" Bool "the kernel itself would move it", |row| plain(yes(row.physical))),
    column!("flag_names" "FLAGS" List "those of its flags that say how it is", |row| plain(flags(row))),
    column!("homes" "HOME" List "where it would go, or was last; how many others are alive", newest),
    column!("mark" "MARK" Text "what an administrator decided about it", |row| plain(or_absent(mark(row)))),
    column!("fate" "FATE" Object "what would happen if its namespace died now", fate),
    column!("rdma" "RDMA" List "its RDMA devices, if any device has one", |row| plain(words(&row.rdma()))),
    // Only for those who ask.
    column!("owned_by" "OWNED-BY" Object "whose its namespace is, as in 'homeward ls'", |row| owned_by(row.owned_by.as_ref())),
    column!("mtu" "MTU" Number "its MTU", |row| plain(or_absent(row.mtu))),
    column!("parent" "PARENT" Text "the device that it belongs to", |row| plain(or_absent(row.parent.as_ref()))),
    // Only these have to be looked up inside of each namespace.
    column!("inside.addresses" "ADDRESSES" List "its IP addresses", |row| plain(inside(row).map_or(ABSENT.to_owned(), Detail::addresses))),
    column!("inside.mac" "MAC" Text "its link-layer address", |row| plain(or_absent(inside(row).and_then(|inside| inside.mac.as_ref())))),
    column!("inside.operstate" "STATE" Text "whether it can pass packets, as /sys/class/net/*/operstate has it", |row| plain(or_absent(inside(row).and_then(|inside| inside.operstate)))),
    column!("inside.speed_mbps" "SPEED" Number "how fast it is, if it can tell", |row| plain(inside(row).map_or(ABSENT.to_owned(), Detail::speed))),
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
        let needs = |key| choice.needs(&shown, &COLUMNS, key);
        let owned = context.look.json || self.filter.need_owner() || needs("owned_by")?;
        let inside = self.filter.need_inside() || needs("inside")?;
        let wanted = Wanted {
            addresses: needs("inside.addresses")?,
            speeds: needs("inside.speed_mbps")?,
            ..Wanted::default()
        };
        let what = "cannot list devices";
        let mut list = DeviceList {
            namespace: None,
            ..DeviceList::ask(context, self.namespace.as_ref(), what)?
        };
        list.devices.retain(|row| self.filter.pass(row));
        if owned {
            list.find_owners(context);
        }
        if inside {
            list.look_inside(context, wanted);
        }
        list.devices.retain(|row| self.filter.pass_looked_up(row));
        let passed = list.devices.len();
        if !(self.all || self.filter.name_kinds() || context.look.json) {
            list.devices.retain(|row| !row.silent);
        }
        let left_out = passed.saturating_sub(list.devices.len());
        choice.sort(&COLUMNS, &mut list.devices)?;
        let columns = choice.columns(&COLUMNS, usual(&list.devices))?;
        context.print_list(&list, &list.devices, |look| {
            let mut text = table::render(&columns, &list.devices, "device", look);
            if look.footer {
                text.push_str(&legend(left_out));
            }
            text
        })
    }
}

/// The columns that are shown unless others are asked for: the last one only if there is something in it.
fn usual(rows: &[Row]) -> &'static [Column<Row>] {
    const ALL: &[Column<Row>] = &COLUMNS;
    let has_rdma = rows.iter().any(|row| !row.rdma.is_empty());
    ALL.get(..USUAL - usize::from(!has_rdma)).unwrap_or(ALL)
}

fn inside(row: &Row) -> Option<&Detail> {
    row.inside.as_ref()
}

fn mark(row: &Row) -> Option<&'static str> {
    (row.mark != Mark::None).then(|| row.mark.name())
}

/// Those that say how a device is, not what it is.
fn flags(row: &Row) -> String {
    const SHOWN: [&str; 5] = ["up", "lower-up", "noarp", "promisc", "allmulti"];
    let mut names = row.flag_names();
    names.retain(|name| SHOWN.contains(name));
    words(&names)
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
mod tests {
    use super::*;
    use crate::command::inside::fixture;
    use crate::fixture::{book, check_columns, devices, golden, JSON, TEXT};
    use crate::rdma::Rdma;

    fn text(rows: &[Row]) -> String {
        table::render(usual(rows), rows, "device", TEXT)
    }

    fn rows() -> Vec<Row> {
        let mut devices = devices();
        (devices[0].dev_port, devices[0].dev_id) = (1, 2);
        devices.into_iter().map(Row::from).collect()
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
        devices[0].inside = Some(fixture());
        let list = DeviceList {
            namespace: None,
            complete: true,
            devices,
            namespaces: Vec::new(),
        };
        let json = JSON.choose(&list, String::new).unwrap();
        let all = table::render(&COLUMNS, &list.devices, "device", TEXT);
        let tables = [("text", text(&list.devices)), ("text of all columns", all)];
        golden("devices-tables", &tables);
        golden("devices", &[("json", json)]);
        check_columns(&COLUMNS, &list.devices);
    }

    #[test]
    fn where_no_device_has_an_rdma_device_there_is_no_column_for_them() {
        assert!(!text(&rows()).contains("RDMA"));
    }
}
