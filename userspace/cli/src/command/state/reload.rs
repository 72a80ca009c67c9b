// SPDX-License-Identifier: GPL-2.0-only

//! `state reload`: another module in the place of the one that is loaded, with what that one knew.
//!
//! Whatever can be found out before is found out before the old module goes. From then on no signal
//! ends this command, and if the kernel refuses the new module, the way leads back to the old one.

use std::path::PathBuf;
use std::thread::sleep;
use std::time::{Duration, Instant};

use clap::{Args, ValueHint};

use super::load::{is_known, put_back, Restored};
use super::module::{self, Candidate, Stays};
use super::{keep, read, FILE};
use crate::command::alone::{self, Held};
use crate::command::{Context, Verb};
use crate::error::{Failure, Result, LOAD};
use crate::exit::Status;
use crate::file::{self, Place};

const HELP: &str = "\
Examples:
  homeward state reload
      Loads the module that is installed for this kernel, in the place of the one that runs.
  homeward state reload ./homeward.ko --fallback /root/old.ko
      Loads one from a file, and the old one again if the kernel refuses the new one.

If the module is in use, or the new one is missing or made for another kernel, the old one
stays, with all that it knows. What moves in the moment between the two goes unseen. What
changes rules, marks or the saved state waits until it is done.";

/// Replace the module that is loaded, and put back what it knew.
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub(crate) struct Reload {
    /// The module's file; without it, the one that is installed.
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    module: Option<PathBuf>,
    /// File of a module to load if the kernel refuses the new one.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    fallback: Option<PathBuf>,
}

/// Keeps two of us from replacing the module at once.
const LOCK: &str = "reload.lock";

/// How long the module may be in use by somebody who will be done soon, as a dump is.
const PATIENCE: Duration = Duration::from_secs(5);
const TICK: Duration = Duration::from_millis(50);

impl Verb for Reload {
    fn run(self, context: &Context) -> Result<Status> {
        reload(context, &self, &Place::File(FILE.into()))?.print(context)
    }
}

/// Replaces the module that is loaded.
fn reload(context: &Context, request: &Reload, place: &Place) -> Result<Restored> {
    // Nor may what it was told change between the last look and its end, or be saved before it is back.
    let _alone = [LOCK, alone::LOCK].map(|name| file::lock(name, context.messages));
    let Some(old) = module::loaded() else {
        return Err(nothing_to_reload(place));
    };
    let new = Candidate::find(request.module.as_deref()).map_err(untouched)?;
    let fallback = request.fallback.as_deref();
    let fallback = fallback.map(|file| Candidate::find(Some(file)));
    let fallback = fallback.transpose().map_err(untouched)?;

    // It has what a module knew that was replaced, and no other was told.
    if read(place).is_ok_and(|state| state.unfinished) {
        return Err(untouched(unfinished(&place.label())));
    }
    let _held = unload(context, place).map_err(|failure| {
        is_known(context, place);
        untouched(failure)
    })?;
    if let Err(refusal) = new.insert() {
        return Err(go_back(context, place, fallback.as_ref(), refusal));
    }
    let new = module::loaded().unwrap_or_default();
    let replaced = format!("module of version {old} replaced by {new}");
    let kept = kept_in(&place.label());
    let restored = put_back_kept(context, place).map_err(|mut failure| {
        let why = failure.text;
        failure.text = format!("{replaced}, but it knows nothing of before: {why}: {kept}");
        failure
    })?;
    context.messages.note(&replaced);
    if !restored.passed() {
        let text = format!("not all that it knew could be put back: {kept}");
        context.messages.warning(&text);
    }
    Ok(restored)
}

fn put_back_kept(context: &Context, place: &Place) -> Result<Restored> {
    put_back(context, place, read(place)?)
}

fn unfinished(place: &str) -> Failure {
    let text = format!(
        "the last time came to no end, and '{place}' has what the module knew then: \
         'homeward state load' puts it back, and then this can go on"
    );
    Failure::new(Status::Failed, text)
}

fn kept_in(place: &str) -> String {
    format!("what the old one knew is in '{place}', and 'homeward state load' tries again to put it back")
}

fn nothing_to_reload(place: &Place) -> Failure {
    let mut text = format!("cannot reload the module: it is not loaded: {LOAD}");
    if read(place).is_ok() {
        let place = place.label();
        text.push_str(&format!(
            ", and then 'homeward state load' puts back what '{place}' has of the last one"
        ));
    }
    Failure::new(Status::NoModule, text)
}

/// Unloads the module, also if somebody uses it for a moment longer. What it knows is saved right before
/// each attempt, lest it learns something in between.
fn unload(context: &Context, place: &Place) -> Result<Held> {
    let patience = Instant::now() + PATIENCE;
    loop {
        let whole = keep(context, place, true)?;
        let last = Instant::now() >= patience;
        if whole || last {
            let held = alone::hold();
            match module::remove() {
                Err(Stays::InUse) if !last => {}
                Err(why) => return Err(why.failure()),
                Ok(()) => {
                    context.warn_if_changing(whole);
                    return Ok(held);
                }
            }
        }
        sleep(TICK);
    }
}

/// The failure of something that happened before anything was changed.
fn untouched(mut failure: Failure) -> Failure {
    failure.text = format!(
        "cannot reload the module: {}: the one that is loaded stays, with all that it knows",
        failure.text
    );
    failure
}

/// Loads the old module again, as the new one was refused; gives back what is to be told.
fn go_back(
    context: &Context,
    place: &Place,
    fallback: Option<&Candidate>,
    refusal: Failure,
) -> Failure {
    let file = place.label();
    let mut text = refusal.text;
    let loaded = match fallback.map(Candidate::insert) {
        Some(Ok(())) => "the old one is loaded again",
        _ if module::loaded().is_some() => "somebody else loaded one meanwhile",
        failed => {
            if let Some(Err(second)) = failed {
                text.push_str(&format!(": {}", second.text));
            }
            text.push_str(&format!(
                ": no module is loaded now; what it knew is in '{file}': load one, and then 'homeward state load'"
            ));
            return Failure::new(Status::Failed, format!("cannot reload the module: {text}"));
        }
    };
    let end = match put_back_kept(context, place) {
        Ok(restored) if restored.passed() => "with what it knew".to_owned(),
        Ok(_) => "but not all that it knew could be put back: 'homeward state load' tells what"
            .to_owned(),
        Err(second) => format!(
            "but it knows nothing of before: {}: {}",
            second.text,
            kept_in(&file)
        ),
    };
    Failure::new(
        Status::Failed,
        format!("cannot reload the module: {text}: {loaded}, {end}"),
    )
}
