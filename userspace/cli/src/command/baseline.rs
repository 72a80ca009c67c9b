// SPDX-License-Identifier: GPL-2.0-only

//! `baseline`: what physical devices are to be like at home, whatever was done to them before they left.

mod compare;
mod keep;

use std::path::PathBuf;

use clap::Args;
use homeward_client::model::Device;
use homeward_client::{Client, Error};

use super::{verbs, Context, Verb};
use crate::error::{Failure, Result};
use crate::exit::Status;
use crate::file::baseline::{Baselines, Origin};
use crate::file::Place;
use compare::{Diff, Show};
use keep::{Clear, Load, Take};

/// Where baselines are kept over boots.
const FILE: &str = "/var/lib/homeward/baseline.json";

const HELP: &str = "\
A baseline is the state of a NIC once the host has configured it: name, MTU, MAC address,
alternative names, offloads, ... Runtimes change some of that while the NIC is still on the
host; with a baseline it comes home as it was before that. Take it when the network is up and
no container has a NIC, and again after changing the host's configuration.

Examples:
  homeward baseline take
      Of all NICs that are at home; saved to /var/lib/homeward/baseline.json.
  homeward baseline diff
      What is different now.";

/// Record the state of NICs at home, to restore it when they return.
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub(crate) struct Baseline {
    #[command(subcommand)]
    verb: BaselineVerbs,
}

verbs! { BaselineVerbs:
    Take(Take),
    Show(Show),
    Diff(Diff),
    Clear(Clear),
    Load(Load),
}

impl Verb for Baseline {
    fn run(self, context: &Context) -> Result<Status> {
        self.verb.run(context)
    }
}

fn file() -> Place {
    Place::File(PathBuf::from(FILE))
}

/// The file, or an empty one if there is none.
pub(super) fn read() -> Result<Baselines> {
    let refused = |why| {
        let advice = "remove it, and run 'homeward baseline take'";
        Failure::failed(format!("cannot read '{FILE}': {why}: {advice}"))
    };
    match file().present()? {
        Some(text) => Baselines::parse(&text).map_err(refused),
        None => Ok(Baselines::new()),
    }
}

/// The names of those in the file that belong to no device, of these names if any is given. A file that
/// cannot be read has none: who writes it says so.
fn absent(client: &mut Client, names: &[String]) -> std::result::Result<Vec<String>, Error> {
    let Ok(baselines) = read() else {
        return Ok(Vec::new());
    };
    let devices = client.devices_now(None)?.items;
    let absent = baselines.absent(&devices, &Origin::here());
    let mut absent: Vec<_> = absent.into_iter().map(|saved| saved.name.clone()).collect();
    absent.retain(|name| names.is_empty() || names.contains(name));
    Ok(absent)
}

fn failed(what: &'static str) -> impl Fn(Error) -> Failure + Copy {
    move |error| Failure::client(what, &error)
}

/// The cookie of the initial network namespace.
fn initial(client: &mut Client) -> std::result::Result<u64, Error> {
    let namespaces = client.namespaces_now()?.items;
    let initial = namespaces.iter().find(|namespace| namespace.initial);
    Ok(initial.map_or(0, |namespace| namespace.cookie))
}

/// The name of a device at home.
fn home_name(device: &Device) -> &str {
    let baseline = device.baseline.as_ref();
    baseline
        .and_then(|home| home.name.as_deref())
        .unwrap_or(&device.name)
}

/// Those of the devices that are meant, all if none is named; a name that none has is refused. By the name in
/// its baseline, or if none has that there, by the present one of a device at home.
fn meant(mut devices: Vec<Device>, names: &[String], what: &str) -> Result<Vec<Device>> {
    let mut called = Vec::new();
    for name in names {
        let by_baseline = devices.iter().any(|device| home_name(device) == name);
        let is_called = move |device: &Device| match by_baseline {
            true => home_name(device) == name,
            false => device.homes.is_empty() && device.name == *name,
        };
        if !devices.iter().any(is_called) {
            let text = format!("cannot find '{name}' among {what}");
            return Err(Failure::new(Status::NotFound, text));
        }
        called.push(is_called);
    }
    devices.retain(|device| names.is_empty() || called.iter().any(|is_called| is_called(device)));
    Ok(devices)
}

/// The devices that have a baseline, those of these names there.
fn with_baseline(client: &mut Client, names: &[String], what: &'static str) -> Result<Vec<Device>> {
    let mut devices = client.devices_now(None).map_err(failed(what))?.items;
    devices.retain(|device| device.baseline.is_some());
    meant(devices, names, "the devices with a baseline")
}
