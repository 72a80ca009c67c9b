// SPDX-License-Identifier: GPL-2.0-only

//! `show NS|DEV@NS`: all that is known about one network namespace, or about one device.

mod device;

use clap::Args;
use homeward_client::model::State;
use homeward_client::Client;
use homeward_netns::Name;
use serde::Serialize;

use super::namespace::Row;
use super::{now, Context, Verb};
use crate::book::{Names, Users};
use crate::error::{Failure, Result};
use crate::exit::Status;
use crate::names::refuse_other;
use crate::render::table::{plain, Content};
use crate::render::text::{list, nanoseconds, or_absent, span, yes_or_no};
use crate::render::{Look, Style};
use crate::resolve;
use crate::selector::{help, DeviceSelector, Selector, Subject};
use crate::tenancy::{Tenants, ALL};

const EXAMPLES: &str = "\
Examples:
  homeward show red
      Everything known about the namespace named 'red'.
  homeward show pid:4711
      The same about the namespace that process 4711 is in.
  homeward show eth0@red
      Everything known about that device: how it is now, and how it is to be at home.
  homeward show red blue
      One after the other; if one of them does not exist, the other is still shown.";

/// Show everything known about network namespaces, or about devices.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Show {
    #[arg(value_name = "NS|DEV@NS", required = true, help = help("Which network namespaces, or which devices of them"))]
    subjects: Vec<Subject>,
}

/// What is known.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Shown {
    Namespace(Box<Row>),
    Device(Box<device::Shown>),
}

impl Verb for Show {
    // Each is looked at when its turn comes.
    fn run(self, context: &Context) -> Result<Status> {
        let (found, status) = context.each(&self.subjects, |subject| match subject {
            Subject::Namespace(one) => {
                find(context, one).map(|row| Shown::Namespace(Box::new(row)))
            }
            Subject::Device(one) => match named(context, one) {
                Some(one) => find(context, &one).map(|row| Shown::Namespace(Box::new(row))),
                None => device::find(context, one).map(|one| Shown::Device(Box::new(one))),
            },
        });
        context.print_each(&found, self.subjects.len(), |one, look| match one {
            Shown::Namespace(row) => text(row, look),
            Shown::Device(device) => device::text(device, look),
        })?;
        Ok(status)
    }
}

/// The namespace whose name is what looks like a device of another one: a name may have an `@` in it, and all
/// other verbs read it so.
fn named(context: &Context, device: &DeviceSelector) -> Option<Selector> {
    let name = Name::new(device.to_string().as_ref()).ok()?;
    let there = context.directory.file(&name).symlink_metadata().is_ok();
    there.then_some(Selector::Name(name))
}

fn find(context: &Context, selector: &Selector) -> Result<Row> {
    refuse_other(selector, &context.directory)?;
    let what = format!("cannot show namespace {selector}");
    let mut client = Client::connect().map_err(|error| Failure::client(&what, &error))?;
    let namespace = resolve::namespace(&mut client, selector, &context.directory)?;
    let names = Names::read(&context.directory);
    context.warn_if_unread(names.unread());
    // Only a live one has its number, and so the names behind that, for itself.
    let live = namespace.state == State::Live;
    let inum = namespace.inum.filter(|_| live).map(u64::from);
    let names: Vec<String> = inum.map_or_else(Vec::new, |inum| names.of(inum));
    let uid = namespace.owner_uid;
    let mut tenants = Tenants::find(context, ALL, &what)?;
    Ok(Row {
        owner: uid.and_then(|uid| Users::default().name(uid)),
        tenancy: tenants.of(inum, namespace.initial, &names),
        ..Row::new(&namespace, names, now())
    })
}

fn text(row: &Row, look: Look) -> String {
    let namespace = &row.namespace;
    let uid = namespace.creator.as_ref().and_then(|creator| creator.uid);
    let dying = namespace.dying_for.map(|time| span(nanoseconds(time)));
    let stuck = namespace.stuck.unwrap_or_default();
    let first = row.tenancy.first_process.as_ref();
    let first = first.map(|first| format!("{} {}", first.pid, first.command));
    let fields = [
        ("Cookie", plain(or_absent(row.cookie()))),
        ("Inode", plain(or_absent(namespace.inum))),
        ("State", row.state()),
        ("Names", plain(list(&row.names))),
        ("Also mounted on", plain(list(&row.tenancy.paths))),
        ("Owned by", row.owned_by()),
        ("First process", plain(or_absent(first))),
        ("Processes", plain(or_absent(row.tenancy.processes))),
        ("Initial", plain(yes_or_no(namespace.initial))),
        ("References", plain(or_absent(namespace.refs))),
        ("Age", plain(or_absent(row.age_ns.map(span)))),
        ("Creator", row.creator()),
        ("Creator's user", plain(or_absent(uid))),
        ("Owner", row.owner()),
        ("User namespace", plain(or_absent(namespace.user_ns_inum))),
        ("Devices", plain(or_absent(namespace.devices))),
        ("Away from home", row.away()),
        ("Lent", plain(or_absent(namespace.lent))),
        ("Sockets", plain(or_absent(namespace.sockets))),
        ("Dying for", plain(or_absent(dying))),
        (
            "Stuck devices",
            (stuck.to_string(), Style::Bad.if_any(Some(stuck))),
        ),
    ];
    lines(&fields, look)
}

/// One field a line, their names right-aligned.
fn lines(fields: &[(&str, Content)], look: Look) -> String {
    let width = fields.iter().map(|(name, _)| name.len()).max();
    let width = width.unwrap_or_default();
    let line = |(name, (value, style)): &(&str, Content)| {
        let name = Style::Heading.paint(&format!("{name:>width$}"), look.color);
        format!("{name}: {}\n", style.paint(value, look.color))
    };
    fields.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::namespace::fixture;
    use crate::fixture::{golden, TEXT};

    #[test]
    fn a_namespace_as_fields() {
        golden("show", &[("text", text(&fixture()[1], TEXT))]);
    }
}
