// SPDX-License-Identifier: GPL-2.0-only

//! `state reload`: another module in the place of the one that is loaded, with what that one knew.
//!
//! Whatever can be found out before is found out before the old module goes. From then on no signal
//! ends this command, and if the kernel refuses the new module, the way leads back to the old one.

mod module;

use std::thread::sleep;
use std::time::{Duration, Instant};

use super::signals::{self, Held};
use super::{alone, state, Context};
use crate::error::{Failure, Result, LOAD};
use crate::exit::Status;
use crate::file::{self, Place};
use crate::request::Reload;
use crate::view::Restored;
use module::{Candidate, Stays};

/// Keeps two of us from replacing the module at once.
const LOCK: &str = "reload.lock";

/// How long the module may be in use by somebody who will be done soon, as a dump is.
const PATIENCE: Duration = Duration::from_secs(5);
const TICK: Duration = Duration::from_millis(50);

/// Replaces the module that is loaded.
pub(crate) fn run(context: &Context, request: &Reload) -> Result<Restored> {
    // Nor may what it was told change between the last look and its end, or be saved before it is back.
    let _alone = [LOCK, alone::LOCK].map(|name| file::lock(name, context.messages));
    let Some(old) = module::loaded() else {
        return Err(nothing_to_reload(&request.place));
    };
    let new = Candidate::find(request.module.as_deref()).map_err(untouched)?;
    let fallback = request.fallback.as_deref();
    let fallback = fallback.map(|file| Candidate::find(Some(file)));
    let fallback = fallback.transpose().map_err(untouched)?;

    if state::is_unfinished(&request.place) {
        return Err(untouched(unfinished(&request.place.label())));
    }
    let _held = unload(context, &request.place).map_err(|failure| {
        state::is_known(context, &request.place);
        untouched(failure)
    })?;
    if let Err(refusal) = new.insert() {
        return Err(go_back(context, request, fallback.as_ref(), refusal));
    }
    let (new, place) = (module::loaded().unwrap_or_default(), request.place.label());
    let replaced = format!("module of version {old} replaced by {new}");
    let restored = state::load_again(context, &request.place).map_err(|mut failure| {
        let why = failure.text;
        failure.text = format!(
            "{replaced}, but it knows nothing of before: {why}: {}",
            kept_in(&place)
        );
        failure
    })?;
    context.messages.note(&replaced);
    if !restored.passed() {
        let text = format!(
            "not all that it knew could be put back: {}",
            kept_in(&place)
        );
        context.messages.warning(&text);
    }
    Ok(restored)
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
    if state::is_kept(place) {
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
        let whole = state::keep(context, place, true)?;
        let last = Instant::now() >= patience;
        if whole || last {
            let held = signals::hold();
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
    request: &Reload,
    fallback: Option<&Candidate>,
    refusal: Failure,
) -> Failure {
    let place = request.place.label();
    let mut text = refusal.text;
    let loaded = match fallback.map(Candidate::insert) {
        Some(Ok(())) => "the old one is loaded again",
        _ if module::loaded().is_some() => "somebody else loaded one meanwhile",
        failed => {
            if let Some(Err(second)) = failed {
                text.push_str(&format!(": {}", second.text));
            }
            text.push_str(&format!(
                ": no module is loaded now; what it knew is in '{place}': load one, and then 'homeward state load'"
            ));
            return Failure::new(Status::Failed, format!("cannot reload the module: {text}"));
        }
    };
    let end = match state::load_again(context, &request.place) {
        Ok(restored) if restored.passed() => "with what it knew".to_owned(),
        Ok(_) => "but not all that it knew could be put back: 'homeward state load' tells what"
            .to_owned(),
        Err(second) => format!(
            "but it knows nothing of before: {}: {}",
            second.text,
            kept_in(&place)
        ),
    };
    Failure::new(
        Status::Failed,
        format!("cannot reload the module: {text}: {loaded}, {end}"),
    )
}
