// SPDX-License-Identifier: GPL-2.0-only

//! `baseline take`, `clear`, `load`: in the module and in the file.

use clap::Args;
use homeward_client::model::{setting, Device, Home};
use homeward_client::{self as client, Client, DeviceChange, Error};
use serde::Serialize;

use super::{failed, file, initial, meant, read};
use crate::command::known::{names, set_what_is_known, Devices};
use crate::command::{alone, Context, Verb};
use crate::error::{Failure, Result};
use crate::exit::Status;
use crate::file::baseline::{Baselines, Found, Origin, Saved};
use crate::render::table::{self, column, plain, Column, Content};
use crate::render::text::{or_absent, printable};
use crate::render::Style;

const TAKE_HELP: &str = "\
Examples:
  homeward baseline take
      Of all NICs that are at home.
  homeward baseline take eth1 eth2
      Of these only; what was taken of others stays.";

/// Record the state of NICs now, for their return and for later boots.
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

A device is recognised by its permanent MAC address and its place on its bus, whatever it is
called and wherever it is; in another place by its address alone, if nothing else has that;
and a VF, or one whose address the kernel makes up at each boot, by its place alone. One that
has a baseline keeps it. Without a file there is nothing to restore. Offloads and private
flags are not restored from a baseline of another kernel, which may number them differently:
take a new one.";

/// Restore the baselines that were taken before the boot or the module's reload.
#[derive(Debug, Args)]
#[command(after_help = table::help(LOAD_HELP, &COLUMNS))]
pub(crate) struct Load {}

const COLUMNS: [Column<Row>; 3] = [
    column!("device" "DEVICE" Text "its name at home", |row| plain(printable(&row.device))),
    column!("outcome" "OUTCOME" Text "done, partly, same (it has that one), newer (it has another one), several, unsaved, gone or failed", outcome),
    column!("reason" "REASON" Text "why, unless it was done", |row| plain(or_absent(row.reason.as_ref()))),
];

/// What became of the baseline of a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Outcome {
    /// It was taken, forgotten or restored.
    Done,
    /// The same, but for settings that mean something else in this kernel, or that the module does not know.
    Partly,
    /// It is so already.
    Same,
    /// The module knows another one, which stays.
    Newer,
    /// More than one device may be meant.
    Several,
    /// It was taken or forgotten, and the file does not say so.
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

    /// The file could not be written.
    fn was_not_written(&mut self, failure: &Failure) {
        if self.outcome == Outcome::Done {
            self.outcome = Outcome::Unsaved;
            self.reason = Some(format!("it holds until the next boot only: {failure}"));
        }
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

    /// The same after the file was to be written, which is the last thing to be done: what was changed is told
    /// also if that failed.
    fn finish(mut self, context: &Context, written: Result<()>) -> Result<Status> {
        let Err(failure) = written else {
            return self.print(context);
        };
        for row in &mut self.devices {
            row.was_not_written(&failure);
        }
        let status = self.print(context)?;
        context.messages.failure(&failure);
        Ok(match status {
            Status::Ok => Status::Partial,
            worse => worse,
        })
    }
}

fn outcome(row: &Row) -> Content {
    let (word, style) = match row.outcome {
        Outcome::Done => ("done", Style::Good),
        Outcome::Partly => ("partly", Style::Notable),
        Outcome::Same => ("same", Style::Plain),
        Outcome::Newer => ("newer", Style::Notable),
        Outcome::Several => ("several", Style::Notable),
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
        let all = client.devices_now(None).map_err(failed)?.items;
        let mut devices = all.clone();
        devices.retain(|device| device.namespace == here && device.physical && !device.immovable);
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
                Ok(taken) => keep(&mut baselines, &taken, &all),
                Err(error) => Row::refused(&device.name, &error),
            });
        }
        Outcomes { devices: rows }.finish(context, write(&baselines))
    }
}

/// Keeps the baseline of a device for the next boot.
fn keep(baselines: &mut Baselines, taken: &Device, all: &[Device]) -> Row {
    let name = &taken.name;
    let Some(baseline) = &taken.baseline else {
        return Row::new(name, Outcome::Failed, Some("the module has not kept it"));
    };
    match Saved::of(taken, baseline, all) {
        Ok(saved) => {
            baselines.put(saved, taken, all);
            Row::new(name, Outcome::Done, None)
        }
        Err(why) => {
            // Nor is one of before its own.
            baselines.forget(taken, all);
            Row::new(name, Outcome::Unsaved, Some(why.reason()))
        }
    }
}

impl Verb for Clear {
    fn run(self, context: &Context) -> Result<Status> {
        const WHAT: &str = "cannot forget a baseline";
        let (mut client, _lock) = alone::connect(context).map_err(failed(WHAT))?;
        let all = client.devices_now(None).map_err(failed(WHAT))?.items;
        let mut baselines = read()?;
        // Also those of devices that are not there.
        let absent = baselines.forget_absent(&self.devices, &all, &Origin::here());
        let mut devices = all.clone();
        devices.retain(|device| device.baseline.is_some());
        let mut names = self.devices.clone();
        let is_there = |name: &String| devices.iter().any(|one| super::home_name(one) == name);
        names.retain(|name| is_there(name) || !absent.contains(name));
        let devices = match names.is_empty() && !self.devices.is_empty() {
            // All that were named are not there.
            true => Vec::new(),
            false => meant(devices, &names, "the devices with a baseline")?,
        };
        let mut rows = Vec::new();
        for device in &devices {
            let name = super::home_name(device);
            rows.push(match set(&mut client, device, client::Baseline::Clear) {
                Ok(_) => Row::new(name, Outcome::Done, None),
                Err(error) => Row::refused(name, &error),
            });
            baselines.forget(device, &all);
        }
        let gone = |name: &String| Row::new(name, Outcome::Done, None);
        rows.extend(absent.iter().map(gone));
        if self.devices.is_empty() {
            // Whatever else there may be.
            baselines = Baselines::new();
        }
        Outcomes { devices: rows }.finish(context, write(&baselines))
    }
}

impl Verb for Load {
    fn run(self, context: &Context) -> Result<Status> {
        let failed = failed("cannot restore the baselines");
        let (mut client, _lock) = alone::connect(context).map_err(failed)?;
        let initial = initial(&mut client).map_err(failed)?;
        let devices = client.devices_now(None).map_err(failed)?.items;
        let baselines = read()?;
        let here = Origin::here();
        let rows = baselines.devices.iter().map(|saved| {
            let found = baselines.find(saved, &devices, &here);
            put_back(&mut client, saved, &found, initial, &here)
        });
        let devices = rows.collect();
        Outcomes { devices }.print(context)
    }
}

fn put_back(
    devices: &mut impl Devices,
    saved: &Saved,
    found: &Found<'_>,
    initial: u64,
    here: &Origin,
) -> Row {
    let row = |outcome, reason| Row::new(&saved.name, outcome, reason);
    let device = match found {
        Found::One(device) => *device,
        Found::None => {
            let why = "no device has its permanent address and its place on the bus";
            return row(Outcome::Gone, Some(why));
        }
        Found::Several => {
            let why = "several devices have its permanent address and its place on the bus";
            return row(Outcome::Several, Some(why));
        }
        Found::Foreign => {
            let why =
                "it was taken on another machine, and only its place on the bus is known of it";
            return row(Outcome::Gone, Some(why));
        }
    };
    let (baseline, others) = saved.baseline(initial, here);
    match &device.baseline {
        Some(known) if Saved::is(known, &baseline) => return row(Outcome::Same, None),
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
    if device.namespace != initial && device.homes.is_empty() {
        // It left before the module was loaded: now its home is known.
        change.homes = Some(vec![home_of(baseline)]);
    }
    let unknown = match set_what_is_known(devices, device.namespace, device.ifindex, change) {
        Ok(unknown) => unknown,
        Err(error) => return Row::refused(&saved.name, &error),
    };
    let mut why = Vec::new();
    if !others.is_empty() {
        let (kernel, others) = (saved.kernel(), names(&others));
        why.push(format!(
            "it was taken with Linux {kernel}, where {others} may mean something else: take it anew"
        ));
    }
    if !unknown.is_empty() {
        let unknown = names(&unknown);
        why.push(format!(
            "this version of the module does not know: {unknown}"
        ));
    }
    match why.is_empty() {
        true => row(Outcome::Done, None),
        false => row(Outcome::Partly, Some(&why.join("; "))),
    }
}

/// What is known of the home of a device that left before the module was loaded.
///
/// Not its programs. A home that tells a broadcast address tells these too, and if none that there were none:
/// they would be taken for the container's.
fn home_of(mut baseline: Home) -> Home {
    baseline.settings.remove(&setting::BROADCAST);
    baseline
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
    client.change(device.namespace, device.ifindex, &change)
}

fn write(baselines: &Baselines) -> Result<()> {
    let text = baselines.render();
    let text = text.map_err(|error| Failure::failed(format!("cannot write baselines: {error}")))?;
    file().write(&text, 0o600)
}

#[cfg(test)]
mod tests;
