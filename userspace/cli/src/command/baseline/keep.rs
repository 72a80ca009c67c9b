// SPDX-License-Identifier: GPL-2.0-only

//! `baseline take`, `clear`, `load`: in the module and in the file.

use clap::Args;
use homeward_client::model::Device;
use homeward_client::{self as client, Client, DeviceChange, Error, Which};
use serde::Serialize;

use super::{failed, file, initial, meant, with_baseline};
use crate::command::{alone, Context, Verb};
use crate::error::{Failure, Result};
use crate::exit::Status;
use crate::file::baseline::{Baselines, Found, Saved};
use crate::render::table::{self, column, plain, Column, Content};
use crate::render::text::{or_absent, printable};
use crate::render::Style;

const TAKE_HELP: &str = "\
Examples:
  homeward baseline take
      Of all NICs that are at home.
  homeward baseline take eth1 eth2
      Of these only; what was taken of others stays.";

/// Record what NICs are like now, for their return and for the next boots.
#[derive(Debug, Args)]
#[command(after_help = table::help(TAKE_HELP, &COLUMNS))]
pub(crate) struct Take {
    /// Names of devices in the initial namespace; all physical ones if none is given.
    #[arg(value_name = "DEV")]
    devices: Vec<String>,
}

const CLEAR_HELP: &str = "\
Examples:
  homeward baseline clear
      All NICs come home as they left, as before a baseline was taken.
  homeward baseline clear eth1
      This one only.";

/// Forget baselines, also in the file.
#[derive(Debug, Args)]
#[command(after_help = table::help(CLEAR_HELP, &COLUMNS))]
pub(crate) struct Clear {
    /// Names that devices have at home; all if none is given.
    #[arg(value_name = "DEV")]
    devices: Vec<String>,
}

const LOAD_HELP: &str = "\
Examples:
  homeward baseline load
      Restores what was taken, from /var/lib/homeward/baseline.json, as the service does at boot.

A device is known again by its permanent MAC address and its place on its bus, whatever it is
called and wherever it is. One that has a baseline keeps it. Without a file there is nothing
to restore.";

/// Restore the baselines that were taken before the boot or the module's reload.
#[derive(Debug, Args)]
#[command(after_help = table::help(LOAD_HELP, &COLUMNS))]
pub(crate) struct Load {}

const COLUMNS: [Column<Row>; 3] = [
    column!("device" "DEVICE" Text "its name at home", |row| plain(printable(&row.device))),
    column!("outcome" "OUTCOME" Text "done, same (it has that one), newer (it has another one), unsaved, gone or failed", outcome),
    column!("reason" "REASON" Text "why, unless it was done", |row| plain(or_absent(row.reason.as_ref()))),
];

/// What became of the baseline of a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Outcome {
    /// It was taken, forgotten or restored.
    Done,
    /// It is so already.
    Same,
    /// The module knows another one, which stays.
    Newer,
    /// It was taken, and cannot be known again after a boot.
    Unsaved,
    /// The device is not there.
    Gone,
    /// It was refused.
    Failed,
}

#[derive(Debug, Serialize)]
struct Row {
    device: String,
    outcome: Outcome,
    reason: Option<String>,
}

/// What became of each.
#[derive(Debug, Serialize)]
struct Outcomes {
    devices: Vec<Row>,
}

impl Row {
    fn new(device: &str, outcome: Outcome, reason: Option<&str>) -> Self {
        Row {
            device: device.to_owned(),
            outcome,
            reason: reason.map(str::to_owned),
        }
    }

    fn refused(device: &str, error: &Error) -> Self {
        Row::new(device, Outcome::Failed, Some(&error.to_string()))
    }
}

impl Outcomes {
    fn print(&self, context: &Context) -> Result<Status> {
        context.print_list(self, &self.devices, |look| {
            table::render(&COLUMNS, &self.devices, "device", look)
        })?;
        let failed = self
            .devices
            .iter()
            .any(|row| row.outcome == Outcome::Failed);
        Ok(if failed { Status::Failed } else { Status::Ok })
    }
}

fn outcome(row: &Row) -> Content {
    let (word, style) = match row.outcome {
        Outcome::Done => ("done", Style::Good),
        Outcome::Same => ("same", Style::Plain),
        Outcome::Newer => ("newer", Style::Notable),
        Outcome::Unsaved => ("unsaved", Style::Notable),
        Outcome::Gone => ("gone", Style::Notable),
        Outcome::Failed => ("failed", Style::Bad),
    };
    (word.to_owned(), style)
}

impl Verb for Take {
    fn run(self, context: &Context) -> Result<Status> {
        let failed = failed("cannot take a baseline");
        let (mut client, _lock) = alone::connect(context).map_err(failed)?;
        let here = initial(&mut client).map_err(failed)?;
        let mut devices = client.devices_now(Some(here)).map_err(failed)?.items;
        devices.retain(|device| device.physical && !device.immovable);
        for device in &mut devices {
            // By the name that it has now.
            device.baseline = None;
        }
        let devices = meant(
            devices,
            &self.devices,
            "the physical devices in the initial namespace",
        )?;
        let mut baselines = read()?;
        let mut rows = Vec::new();
        for device in &devices {
            rows.push(match set(&mut client, device, client::Baseline::Take) {
                Ok(taken) => match Saved::of(&taken) {
                    Some(saved) => {
                        baselines.put(saved);
                        Row::new(&device.name, Outcome::Done, None)
                    }
                    None => Row::new(
                        &device.name,
                        Outcome::Unsaved,
                        Some("it has neither a permanent address nor a place on a bus: after a boot it could not be told from others"),
                    ),
                },
                Err(error) => Row::refused(&device.name, &error),
            });
        }
        write(&baselines)?;
        Outcomes { devices: rows }.print(context)
    }
}

impl Verb for Clear {
    fn run(self, context: &Context) -> Result<Status> {
        const WHAT: &str = "cannot forget a baseline";
        let (mut client, _lock) = alone::connect(context).map_err(failed(WHAT))?;
        let devices = with_baseline(&mut client, &self.devices, WHAT)?;
        let mut baselines = read()?;
        let mut rows = Vec::new();
        for device in &devices {
            let name = super::home_name(device);
            rows.push(match set(&mut client, device, client::Baseline::Clear) {
                Ok(_) => Row::new(name, Outcome::Done, None),
                Err(error) => Row::refused(name, &error),
            });
            if let Some(saved) = Saved::of(device) {
                baselines.forget(&saved.identity);
            }
        }
        if self.devices.is_empty() {
            // Also those of devices that are not there.
            baselines = Baselines::new();
        }
        write(&baselines)?;
        Outcomes { devices: rows }.print(context)
    }
}

impl Verb for Load {
    fn run(self, context: &Context) -> Result<Status> {
        let failed = failed("cannot restore the baselines");
        let (mut client, _lock) = alone::connect(context).map_err(failed)?;
        let here = initial(&mut client).map_err(failed)?;
        let devices = client.devices_now(None).map_err(failed)?.items;
        let baselines = read()?;
        let rows = baselines.devices.iter();
        let rows = rows.map(|saved| put_back(&mut client, saved, &devices, here));
        let devices = rows.collect();
        Outcomes { devices }.print(context)
    }
}

fn put_back(client: &mut Client, saved: &Saved, devices: &[Device], here: u64) -> Row {
    let row = |outcome, reason| Row::new(&saved.name, outcome, reason);
    let device = match saved.identity.find(devices) {
        Found::One(device) => device,
        Found::None => {
            let why = "no device has its permanent address and its place on the bus";
            return row(Outcome::Gone, Some(why));
        }
        Found::Several => {
            let why = "several devices have its permanent address and its place on the bus";
            return row(Outcome::Failed, Some(why));
        }
    };
    let baseline = saved.baseline(here);
    match &device.baseline {
        Some(known) if *known == baseline => return row(Outcome::Same, None),
        Some(_) => {
            return row(
                Outcome::Newer,
                Some("the module knows another one, which stays"),
            )
        }
        None => {}
    }
    let mut change = DeviceChange {
        baseline: Some(client::Baseline::Given(Box::new(baseline.clone()))),
        ..DeviceChange::default()
    };
    if device.namespace != here && device.homes.is_empty() {
        // It left before the module was loaded: now its home is known.
        change.homes = Some(vec![baseline]);
    }
    let which = Which::Ifindex(device.ifindex);
    match client.set_device(device.namespace, which, &change) {
        Ok(_) => row(Outcome::Done, None),
        Err(error) => Row::refused(&saved.name, &error),
    }
}

fn set(
    client: &mut Client,
    device: &Device,
    baseline: client::Baseline,
) -> std::result::Result<Device, Error> {
    let change = DeviceChange {
        baseline: Some(baseline),
        ..DeviceChange::default()
    };
    client.set_device(device.namespace, Which::Ifindex(device.ifindex), &change)
}

/// The file, or an empty one if there is none.
fn read() -> Result<Baselines> {
    match file().present()? {
        Some(text) => parse(&text),
        None => Ok(Baselines::new()),
    }
}

fn parse(text: &str) -> Result<Baselines> {
    let refused = |why| {
        let advice = "remove it, and run 'homeward baseline take'";
        Failure::failed(format!("cannot read '{}': {why}: {advice}", super::FILE))
    };
    Baselines::parse(text).map_err(refused)
}

fn write(baselines: &Baselines) -> Result<()> {
    let text = baselines.render();
    let text = text.map_err(|error| Failure::failed(format!("cannot write baselines: {error}")))?;
    file().write(&text, 0o600)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{check_columns, golden_table};

    #[test]
    fn what_became_of_baselines_as_text_and_json() {
        let devices = vec![
            Row::new("eth1", Outcome::Done, None),
            Row::new("eth\u{1b}2", Outcome::Unsaved, Some("it has neither")),
            Row::new("eth3", Outcome::Gone, Some("no device has it")),
        ];
        let list = Outcomes { devices };
        golden_table("baseline-take", &COLUMNS, ("device", &list.devices), &list);
        check_columns(&COLUMNS, &list.devices);
    }
}
