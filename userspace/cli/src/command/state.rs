// SPDX-License-Identifier: GPL-2.0-only

//! `state`: what the module knows, kept while it is replaced.

mod load;
mod reload;

use std::fs;

use clap::{Args, ValueHint};
use homeward_client::model::Device;
use homeward_client::{Client, Error};
use nix::errno::Errno;

use super::{alone, verbs, Context, Verb};
use crate::error::{Failure, Result};
use crate::exit::Status;
use crate::file::state::State as Saved;
use crate::file::{output, Place};
use load::Load;
use reload::Reload;

/// Where the state is kept: a place that does not outlive a reboot, as cookies do not.
const FILE: &str = "/run/homeward/state.json";

/// Another one with each boot, as cookies are.
const BOOT_ID: &str = "/proc/sys/kernel/random/boot_id";

const HELP: &str = "\
Examples:
  homeward state reload
      Replaces the module without forgetting where devices belong.
  homeward state save && rmmod homeward && insmod new.ko && homeward state load
      The same by hand. Moves in between are not recorded, so run it as one command.";

/// Save and restore what the module knows, and reload it.
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub(crate) struct State {
    #[command(subcommand)]
    verb: StateVerbs,
}

verbs! { StateVerbs:
    Save(Save),
    Load(Load),
    Reload(Reload),
}

impl Verb for State {
    fn run(self, context: &Context) -> Result<Status> {
        self.verb.run(context)
    }
}

const SAVE_HELP: &str = "\
Examples:
  homeward state save
      Writes to /run/homeward/state.json.
  homeward state save - | less
      Shows what would be written.";

/// Write marks, homes and rules to a file.
#[derive(Debug, Args)]
#[command(after_help = SAVE_HELP)]
pub(crate) struct Save {
    /// The file; '-' for standard output.
    #[arg(value_name = "FILE", default_value = FILE, value_hint = ValueHint::FilePath, value_parser = output())]
    file: Place,
}

impl Verb for Save {
    fn run(self, context: &Context) -> Result<Status> {
        let (_client, _lock) = alone::connect(context).map_err(not_saved)?;
        context.warn_if_changing(keep(context, &self.file, false)?);
        Ok(Status::Ok)
    }
}

/// Writes what the module knows to a file that only its owner can read. The caller holds the lock.
/// `unfinished`: another module is to be told of it. False when devices came or went meanwhile.
fn keep(context: &Context, place: &Place, unfinished: bool) -> Result<bool> {
    let mut client = Client::connect().map_err(not_saved)?;
    let rules = client.rules().map_err(not_saved)?;
    let mut devices = client.devices_now(None).map_err(not_saved)?;
    devices.items = whole(&mut client, devices.items)?;
    let mut state = Saved::new(boot_id()?, &rules, &devices.items);
    state.unfinished = unfinished;
    write(place, &state)?;
    let (known, rules) = (state.devices.len(), rules.len());
    context.messages.detail(&format!(
        "saved to '{}': devices: {known}, rules: {rules}",
        place.label()
    ));
    Ok(devices.consistent)
}

/// Asks again for those of which not everything was told, and leaves out those that are gone.
fn whole(client: &mut Client, told: Vec<Device>) -> Result<Vec<Device>> {
    let mut all = Vec::with_capacity(told.len());
    for device in told {
        if !device.abridged {
            all.push(device);
            continue;
        }
        match client.device(device.namespace, device.ifindex) {
            Ok(device) => all.push(device),
            Err(error) => match error.errno() {
                Some(Errno::ENODEV | Errno::ENOENT | Errno::EBUSY) => {}
                _ => return Err(not_saved(error)),
            },
        }
    }
    Ok(all)
}

fn write(place: &Place, state: &Saved) -> Result<()> {
    let text = state
        .render()
        .map_err(|error| Failure::failed(format!("cannot write the state: {error}")))?;
    place.write(&text, 0o600)
}

fn not_saved(error: Error) -> Failure {
    Failure::client("cannot save the state", &error)
}

/// What a file has that was saved since the last boot.
fn read(place: &Place) -> Result<Saved> {
    let file = place.label();
    let refused = |why: String| {
        let text = format!("cannot load the state of '{file}': {why}");
        Failure::failed(text)
    };
    let state = Saved::parse(&place.read()?).map_err(|error| refused(error.to_string()))?;
    if state.boot_id != boot_id()? {
        let why = "it was saved before the last boot, and its namespaces no longer exist";
        return Err(refused(why.to_owned()));
    }
    Ok(state)
}

fn boot_id() -> Result<String> {
    match fs::read_to_string(BOOT_ID) {
        Ok(id) => Ok(id.trim().to_owned()),
        Err(error) => {
            let text = format!("cannot read '{BOOT_ID}': {error}");
            Err(Failure::failed(text))
        }
    }
}
