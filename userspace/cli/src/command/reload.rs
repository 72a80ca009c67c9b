// SPDX-License-Identifier: GPL-2.0-only

//! `state reload`: another module in the place of the one that is loaded, with what that one knew.
//!
//! Whatever can be found out before is found out before the old module goes. From then on no signal
//! ends this command, and if the kernel refuses the new module, the way leads back to the old one.

mod module;

use super::{signals, state, Context};
use crate::error::{Failure, Result, LOAD};
use crate::exit::Status;
use crate::file;
use crate::request::Reload;
use crate::view::Restored;
use module::Candidate;

/// Keeps two of us from replacing the module at once.
const LOCK: &str = "reload.lock";

/// Replaces the module that is loaded.
pub(crate) fn run(context: &Context, request: &Reload) -> Result<Restored> {
    let _lock = file::lock(LOCK, context.messages);
    let Some(old) = module::loaded() else {
        let text = format!("cannot reload the module: it is not loaded: {LOAD}");
        return Err(Failure::new(Status::NoModule, text));
    };
    let new = Candidate::find(request.module.as_deref()).map_err(untouched)?;
    let fallback = request.fallback.as_deref();
    let fallback = fallback.map(|file| Candidate::find(Some(file)));
    let fallback = fallback.transpose().map_err(untouched)?;
    state::save(context, &request.place).map_err(untouched)?;

    let _held = signals::hold();
    module::remove().map_err(untouched)?;
    if let Err(refusal) = new.insert() {
        return Err(go_back(context, request, fallback.as_ref(), refusal));
    }
    let restored = state::load(context, &request.place)?;
    let (new, place) = (module::loaded().unwrap_or_default(), request.place.label());
    context
        .messages
        .note(&format!("module of version {old} replaced by {new}"));
    if !restored.passed() {
        context.messages.warning(&format!(
            "not all that it knew could be put back: it is kept in '{place}', and 'homeward state load' tries again"
        ));
    }
    Ok(restored)
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
    let lost = format!(
        "no module is loaded now; what it knew is in '{place}': load one, and then 'homeward state load'"
    );
    let text = match fallback.map(Candidate::insert) {
        None => format!("{}: {lost}", refusal.text),
        Some(Err(second)) => format!("{}: {}: {lost}", refusal.text, second.text),
        Some(Ok(())) => match state::load(context, &request.place) {
            Ok(restored) if restored.passed() => {
                format!(
                    "{}: the old one is loaded again, with what it knew",
                    refusal.text
                )
            }
            Ok(_) => format!(
                "{}: the old one is loaded again, but not all that it knew could be put back: \
                 'homeward state load' tells what",
                refusal.text
            ),
            Err(second) => format!(
                "{}: the old one is loaded again: {}: what it knew is in '{place}'",
                refusal.text, second.text
            ),
        },
    };
    Failure::new(Status::Failed, format!("cannot reload the module: {text}"))
}
