// SPDX-License-Identifier: GPL-2.0-only

//! `state`: what the module knows, kept while it is replaced.

use std::collections::{HashMap, HashSet};
use std::fs;

use homeward_client::model::Device;
use homeward_client::{Client, Error, Which};
use nix::errno::Errno;

use super::{alone, policy, Context};
use crate::book::Book;
use crate::error::{Failure, Result};
use crate::exit::Status;
use crate::file::state::{same_rules, SavedDevice, State};
use crate::file::Place;
use crate::view::{PutBack, Restored, RestoredDevice, RulesPutBack};

/// Another one with each boot, as cookies are.
const BOOT_ID: &str = "/proc/sys/kernel/random/boot_id";

/// Writes what the module knows to a file that only its owner can read.
pub(crate) fn save(context: &Context, place: &Place) -> Result<()> {
    let (_client, _lock) = alone::connect(context).map_err(not_saved)?;
    keep(context, place, false).map(|whole| context.warn_if_changing(whole))
}

/// The same, for one who is alone already, and perhaps is to tell another module; false when devices came
/// or went meanwhile.
pub(super) fn keep(context: &Context, place: &Place, unfinished: bool) -> Result<bool> {
    let mut client = Client::connect().map_err(not_saved)?;
    let rules = client.rules().map_err(not_saved)?;
    let mut devices = client.devices_now(None).map_err(not_saved)?;
    // One that went while it was asked for the second time.
    devices.items.retain(|device| !device.abridged);
    let mut state = State::new(boot_id()?, &rules, &devices.items);
    state.unfinished = unfinished;
    write(place, &state)?;
    let (known, rules) = (state.devices.len(), rules.len());
    context.messages.detail(&format!(
        "saved to '{}': devices with something to know about: {known}, rules: {rules}",
        place.label()
    ));
    Ok(devices.consistent)
}

fn write(place: &Place, state: &State) -> Result<()> {
    let text = state.render().map_err(|error| {
        Failure::new(Status::Failed, format!("cannot write the state: {error}"))
    })?;
    place.write(&text, 0o600)
}

fn not_saved(error: Error) -> Failure {
    Failure::client("cannot save the state", &error)
}

/// Puts back what a file has, wherever that is still true.
pub(crate) fn load(context: &Context, place: &Place) -> Result<Restored> {
    let state = read(place)?;
    let (_client, _lock) = alone::connect(context).map_err(not_loaded)?;
    put_back_all(context, place, state)
}

/// The same, for one who is alone already.
pub(super) fn load_again(context: &Context, place: &Place) -> Result<Restored> {
    put_back_all(context, place, read(place)?)
}

/// The same, and then a file that was to be put back has been.
fn put_back_all(context: &Context, place: &Place, state: State) -> Result<Restored> {
    let restored = put_back_what_is_there(context, place, &state)?;
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
    if let Err(failure) = write(place, &state) {
        let why = failure.text;
        context.messages.warning(&format!(
            "who replaces the module again has to say 'homeward state load' first: {why}"
        ));
    }
}

fn not_loaded(error: Error) -> Failure {
    Failure::client("cannot load the state", &error)
}

fn put_back_what_is_there(context: &Context, place: &Place, state: &State) -> Result<Restored> {
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
            Some(device) => put_back(&mut client, saved, device),
            None if live.contains(&saved.namespace) => {
                (PutBack::Gone, Some("it is not there any more".to_owned()))
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

/// Whether a file has what a module knew that was replaced, and no other was told.
pub(super) fn is_unfinished(place: &Place) -> bool {
    read(place).is_ok_and(|state| state.unfinished)
}

/// Whether a file has what a module knew since the last boot.
pub(super) fn is_kept(place: &Place) -> bool {
    read(place).is_ok()
}

fn read(place: &Place) -> Result<State> {
    let file = place.label();
    let refused = |why: String| {
        let text = format!("cannot load the state of '{file}': {why}");
        Failure::new(Status::Failed, text)
    };
    let state = State::parse(&place.read()?).map_err(|error| refused(error.to_string()))?;
    if state.boot_id != boot_id()? {
        let why = "it was saved before the last boot, and the namespaces of then are gone";
        return Err(refused(why.to_owned()));
    }
    Ok(state)
}

/// Rules are put back where there are none: others are newer.
fn put_back_rules(client: &mut Client, state: &State) -> Result<RulesPutBack> {
    let what = "cannot put the rules back";
    let saved = state.rules();
    let now = client
        .rules()
        .map_err(|error| Failure::client(what, &error))?;
    let outcome = match () {
        () if saved.is_empty() || same_rules(&now, &saved) => PutBack::Same,
        () if !now.is_empty() => PutBack::Newer,
        () => {
            policy::replace(client, &saved).map_err(|broken| broken.failure(what))?;
            PutBack::Done
        }
    };
    Ok(RulesPutBack {
        count: saved.len(),
        outcome,
    })
}

fn put_back(
    client: &mut Client,
    saved: &SavedDevice,
    device: &Device,
) -> (PutBack, Option<String>) {
    if let Some(reason) = saved.differs(device) {
        return (PutBack::Gone, Some(reason));
    }
    let change = match saved.change(device) {
        Ok(change) => change,
        Err(reason) => return (PutBack::Failed, Some(reason)),
    };
    let outcome = match change {
        None => PutBack::Same,
        Some(change) => {
            let which = Which::Ifindex(saved.ifindex);
            match client.set_device(saved.namespace, which, &change) {
                Ok(_) => PutBack::Done,
                Err(error) => return refusal(&error),
            }
        }
    };
    match saved.outdated(device) {
        newer if newer.is_empty() => (outcome, None),
        newer => {
            let newer = newer.join(", ");
            let reason = format!("the module has learnt something newer since then: {newer}");
            (PutBack::Newer, Some(reason))
        }
    }
}

fn refusal(error: &Error) -> (PutBack, Option<String>) {
    match error.errno() {
        Some(Errno::ENODEV | Errno::ENOENT | Errno::EBUSY) => {
            (PutBack::Gone, Some("it went just now".to_owned()))
        }
        _ => (PutBack::Failed, Some(error.to_string())),
    }
}

fn boot_id() -> Result<String> {
    match fs::read_to_string(BOOT_ID) {
        Ok(id) => Ok(id.trim().to_owned()),
        Err(error) => {
            let text = format!("cannot read '{BOOT_ID}': {error}");
            Err(Failure::new(Status::Failed, text))
        }
    }
}
