// SPDX-License-Identifier: GPL-2.0-only

//! `state load`: what was saved, put back into the module that is loaded.

use std::collections::{HashMap, HashSet};

use clap::{Args, ValueHint};
use homeward_client::model::Device;
use homeward_client::{Client, Error};
use nix::errno::Errno;
use serde::Serialize;

use super::{read, write, FILE};
use crate::book::{self, Book};
use crate::command::known::{names, set_what_is_known};
use crate::command::{alone, policy, Context, Verb};
use crate::error::{Failure, Result};
use crate::exit::Status;
use crate::file::state::{same_rules, SavedDevice, State};
use crate::file::{input, Place};
use crate::render::device::place;
use crate::render::table::{self, column, plain, Column, Content};
use crate::render::text::{or_absent, printable};
use crate::render::{Look, Style};
use crate::rule;

const HELP: &str = "\
Examples:
  homeward state load
      Restores what is in /run/homeward/state.json, and reports on each device.
  homeward state load --json ./state.json
      From another file, with output for programs.

Skips devices that are not where they were with the same index, name and kind, and everything
for which the module knows something newer. Exits with status 1 if the kernel refuses
something, and with 6 if the module does not know a setting.";

/// Restore what was saved, where it still applies.
#[derive(Debug, Args)]
#[command(after_help = table::help(HELP, &COLUMNS))]
pub(crate) struct Load {
    /// The file; '-' for standard input.
    #[arg(value_name = "FILE", default_value = FILE, value_hint = ValueHint::FilePath, value_parser = input())]
    file: Place,
}

const COLUMNS: [Column<RestoredDevice>; 5] = [
    column!("namespace" "NAMESPACE" Object "where it was", |row| plain(place(&row.namespace))),
    column!("name" "NAME" Text "its name there", |row| plain(printable(&row.name))),
    column!("ifindex" "IFINDEX" Number "its index there", |row| plain(row.ifindex.to_string())),
    column!("outcome" "OUTCOME" Text "done, partly, same (it is so already), newer, gone or failed", outcome),
    column!("reason" "REASON" Text "why, unless it was restored", |row| plain(or_absent(row.reason.as_ref()))),
];

/// What became of something that was saved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum PutBack {
    /// It was put back.
    Done,
    /// It was put back, but for settings that the module does not know.
    Partly,
    /// It is so already.
    Same,
    /// The module knows something newer, which stays.
    Newer,
    /// What it is about is gone.
    Gone,
    /// It was refused.
    Failed,
}

/// What became of a file of `state save`.
#[derive(Debug, Serialize)]
pub(super) struct Restored {
    /// The file.
    file: String,
    /// What became of the rules.
    rules: RestoredRules,
    /// What became of each device.
    devices: Vec<RestoredDevice>,
}

/// What became of the rules.
#[derive(Debug, Serialize)]
struct RestoredRules {
    /// How many were saved.
    count: usize,
    /// What became of them.
    outcome: PutBack,
    /// Why, if they were refused.
    reason: Option<String>,
}

/// What became of what was known of a device.
#[derive(Debug, Serialize)]
struct RestoredDevice {
    /// Where it was.
    namespace: book::Place,
    /// Its index there.
    ifindex: u32,
    /// Its name there.
    name: String,
    /// What became of it.
    outcome: PutBack,
    /// Why, unless it was put back.
    reason: Option<String>,
}

impl Restored {
    /// Whether nothing was refused.
    pub(super) fn passed(&self) -> bool {
        self.status() == Status::Ok
    }

    fn status(&self) -> Status {
        let mut outcomes = vec![self.rules.outcome];
        outcomes.extend(self.devices.iter().map(|device| device.outcome));
        match () {
            () if outcomes.contains(&PutBack::Failed) => Status::Failed,
            () if outcomes.contains(&PutBack::Partly) => Status::Partial,
            () => Status::Ok,
        }
    }

    pub(super) fn print(&self, context: &Context) -> Result<Status> {
        context.print(self, |look| self.text(look))?;
        Ok(self.status())
    }

    /// A line for the rules, and a table of devices.
    fn text(&self, look: Look) -> String {
        let (what, style) = match self.rules.outcome {
            PutBack::Done => ("restored", Style::Good),
            PutBack::Same => ("already in force", Style::Plain),
            PutBack::Newer => (
                "not restored, because others are in force ('homeward policy flush' removes those)",
                Style::Notable,
            ),
            PutBack::Gone | PutBack::Partly | PutBack::Failed => ("not restored", Style::Bad),
        };
        let why = self.rules.reason.as_deref().map(printable);
        let why = why.map_or(String::new(), |why| format!(": {why}"));
        let mut text = match self.rules.count {
            0 => "no rules saved\n".to_owned(),
            count => {
                let (rules, what) = (rule::count(count), style.paint(what, look.color));
                format!("{rules} saved: {what}{why}\n")
            }
        };
        if !self.devices.is_empty() {
            text.push('\n');
            text.push_str(&table::render(&COLUMNS, &self.devices, "device", look));
        }
        text
    }
}

fn outcome(row: &RestoredDevice) -> Content {
    let (word, style) = match row.outcome {
        PutBack::Done => ("done", Style::Good),
        PutBack::Partly => ("partly", Style::Notable),
        PutBack::Same => ("same", Style::Plain),
        PutBack::Newer => ("newer", Style::Notable),
        PutBack::Gone => ("gone", Style::Notable),
        PutBack::Failed => ("failed", Style::Bad),
    };
    (word.to_owned(), style)
}

impl Verb for Load {
    fn run(self, context: &Context) -> Result<Status> {
        let saved = read(&self.file)?;
        let (_client, _lock) = alone::connect(context).map_err(not_loaded)?;
        put_back(context, &self.file, saved)?.print(context)
    }
}

/// Puts back what was saved, wherever that is still true. The caller holds the lock.
pub(super) fn put_back(context: &Context, place: &Place, state: State) -> Result<Restored> {
    let restored = put_back_each(context, place, &state)?;
    if restored.passed() {
        finish(context, place, state);
    }
    Ok(restored)
}

/// The module that is loaded knows what is in the file.
pub(super) fn is_known(context: &Context, place: &Place) {
    if let Ok(state) = read(place) {
        finish(context, place, state);
    }
}

fn finish(context: &Context, place: &Place, mut state: State) {
    if !std::mem::take(&mut state.unfinished) {
        return;
    }
    if let Err(why) = write(place, &state) {
        context.messages.warning(&format!(
            "run 'homeward state load' before replacing the module again: {why}"
        ));
    }
}

fn not_loaded(error: Error) -> Failure {
    Failure::client("cannot load the state", &error)
}

fn put_back_each(context: &Context, place: &Place, state: &State) -> Result<Restored> {
    let mut client = Client::connect().map_err(not_loaded)?;
    let namespaces = client.namespaces_now().map_err(not_loaded)?;
    let devices = client.devices_now(None).map_err(not_loaded)?;
    context.warn_if_changing(devices.consistent);
    let rules = put_back_rules(&mut client, state)?;

    let book = Book::new(&namespaces.items, &context.directory);
    let live: HashSet<u64> = namespaces.items.iter().map(|one| one.cookie).collect();
    let known: HashMap<(u64, u32), &Device> = devices
        .items
        .iter()
        .map(|device| ((device.namespace, device.ifindex), device))
        .collect();
    let mut restored = Vec::with_capacity(state.devices.len());
    for saved in &state.devices {
        let found = known.get(&(saved.namespace, saved.ifindex)).copied();
        let (outcome, reason) = match found {
            Some(device) => put_back_device(&mut client, saved, device),
            None if live.contains(&saved.namespace) => {
                (PutBack::Gone, Some("it is no longer there".to_owned()))
            }
            None => (PutBack::Gone, Some("its namespace is gone".to_owned())),
        };
        restored.push(RestoredDevice {
            namespace: book.place(saved.namespace),
            ifindex: saved.ifindex,
            name: saved.name.clone(),
            outcome,
            reason,
        });
    }
    Ok(Restored {
        file: place.label(),
        rules,
        devices: restored,
    })
}

/// Rules are put back where there are none: others are newer.
fn put_back_rules(client: &mut Client, state: &State) -> Result<RestoredRules> {
    let what = "cannot restore the rules";
    let saved = state.rules();
    let now = client
        .rules()
        .map_err(|error| Failure::client(what, &error))?;
    let (outcome, reason) = match () {
        () if saved.is_empty() || same_rules(&now, &saved) => (PutBack::Same, None),
        () if !now.is_empty() => (PutBack::Newer, None),
        () => match policy::replace(client, &saved) {
            Ok(_) => (PutBack::Done, None),
            // An older module may not know something that they say. Devices have their homes all the same.
            Err(broken) => (PutBack::Failed, Some(broken.failure(what).to_string())),
        },
    };
    Ok(RestoredRules {
        count: saved.len(),
        outcome,
        reason,
    })
}

fn put_back_device(
    client: &mut Client,
    saved: &SavedDevice,
    device: &Device,
) -> (PutBack, Option<String>) {
    if let Some(reason) = saved.differs(device) {
        return (PutBack::Gone, Some(reason));
    }
    let outcome = match saved.change(device) {
        None => PutBack::Same,
        Some(change) => match set_what_is_known(client, saved.namespace, saved.ifindex, change) {
            Ok(unknown) if unknown.is_empty() => PutBack::Done,
            Ok(unknown) => {
                let unknown = names(&unknown);
                let reason = format!("this version of the module does not know: {unknown}");
                return (PutBack::Partly, Some(reason));
            }
            Err(error) => return refusal(&error),
        },
    };
    match saved.outdated(device) {
        newer if newer.is_empty() => (outcome, None),
        newer => {
            let newer = newer.join(", ");
            let reason = format!("the module knows something newer: {newer}");
            (PutBack::Newer, Some(reason))
        }
    }
}

fn refusal(error: &Error) -> (PutBack, Option<String>) {
    match error.errno() {
        Some(Errno::ENODEV | Errno::ENOENT | Errno::EBUSY) => {
            (PutBack::Gone, Some("it has just disappeared".to_owned()))
        }
        _ => (PutBack::Failed, Some(error.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{book, check_columns, golden_data, TEXT};

    fn restored() -> Restored {
        let outcomes = [
            (PutBack::Done, None),
            (PutBack::Same, None),
            (
                PutBack::Newer,
                Some("the module knows something newer: homes"),
            ),
            (PutBack::Gone, Some("its namespace is gone")),
            (PutBack::Failed, Some("dev-set refused: Invalid argument")),
        ];
        let devices = (4..)
            .zip(outcomes)
            .map(|(ifindex, (outcome, reason))| RestoredDevice {
                namespace: book().place(4711),
                ifindex,
                name: format!("net{ifindex}"),
                outcome,
                reason: reason.map(str::to_owned),
            });
        Restored {
            file: "/run/homeward/state.json".to_owned(),
            rules: RestoredRules {
                count: 2,
                outcome: PutBack::Newer,
                reason: None,
            },
            devices: devices.collect(),
        }
    }

    #[test]
    fn what_was_put_back_as_text_and_json() {
        golden_data("state-load", restored().text(TEXT), &restored());
        check_columns(&COLUMNS, &restored().devices);
        let nothing = Restored {
            rules: RestoredRules {
                count: 0,
                outcome: PutBack::Same,
                reason: None,
            },
            devices: Vec::new(),
            ..restored()
        };
        assert_eq!(nothing.text(TEXT), "no rules saved\n");
        let refused = Restored {
            rules: RestoredRules {
                count: 2,
                outcome: PutBack::Failed,
                reason: Some("an action that is not known".to_owned()),
            },
            devices: Vec::new(),
            ..restored()
        };
        let text = "2 rules saved: not restored: an action that is not known\n";
        assert_eq!(refused.text(TEXT), text);
        assert!(!refused.passed());
        assert!(nothing.passed() && !restored().passed());
    }
}
