// SPDX-License-Identifier: GPL-2.0-only

//! `policy`: the rules in force, and the file of rules.

mod replace;

use homeward_client::model::NewRule;
use homeward_client::{Client, Error};

use super::{alone, Context};
use crate::error::{Failure, Result};
use crate::exit::Status;
use crate::file::{policy, Mistake, Place};
use crate::view::{Checked, Loaded, RuleList, RuleView};

pub(super) use replace::replace;

/// The rules in force.
pub(crate) fn show() -> Result<RuleList> {
    let failed = failed("cannot show the rules");
    let rules = Client::connect().and_then(|mut client| client.rules());
    Ok(RuleList::new(&rules.map_err(failed)?))
}

/// Adds a rule; gives it as it is in force.
pub(crate) fn add(context: &Context, new: &NewRule) -> Result<RuleList> {
    let failed = failed("cannot add the rule");
    let (mut client, _lock) = alone::connect(context).map_err(failed)?;
    let rule = client.add_rule(new).map_err(failed)?;
    Ok(RuleList::new(&[rule]))
}

/// Removes rules, as far as that goes.
pub(crate) fn delete(context: &Context, ids: &[u32]) -> Result<()> {
    let (mut client, _lock) = alone::connect(context).map_err(failed("cannot delete a rule"))?;
    let mut result = Ok(());
    for id in ids {
        if let Err(error) = client.delete_rule(*id) {
            let failure = Failure::client(&format!("cannot delete rule {id}"), &error);
            context.messages.failure(&failure);
            result = Err(Failure::silent(failure.status));
        }
    }
    result
}

/// Removes all rules.
pub(crate) fn flush(context: &Context) -> Result<()> {
    let failed = failed("cannot delete the rules");
    let (mut client, _lock) = alone::connect(context).map_err(failed)?;
    client.flush_rules().map_err(failed)
}

/// Reads a file and tells what is wrong in it.
pub(crate) fn check(place: &Place) -> Result<Checked> {
    let (rules, mistakes) = match policy::parse(&place.read()?) {
        Ok(rules) => (rules.len(), Vec::new()),
        Err(mistakes) => (0, mistakes),
    };
    Ok(Checked {
        file: place.label(),
        rules,
        mistakes,
    })
}

/// Puts the rules of a file in the place of those in force: all of them, or none.
pub(crate) fn load(context: &Context, place: &Place) -> Result<Loaded> {
    let new =
        policy::parse(&place.read()?).map_err(|mistakes| refuse(context, place, &mistakes))?;
    let (mut client, _lock) = alone::connect(context).map_err(failed("cannot load the rules"))?;
    let replaced = replace(&mut client, &new).map_err(|broken| {
        let file = place.label();
        broken.failure(&format!("cannot load the rules of '{file}'"))
    })?;
    if let Some(early) = replaced.early {
        context.messages.warning(&format!(
            "the old and the new rules together are more than the kernel holds, so {early} of the \
             old ones were gone for a moment before the new ones were there"
        ));
    }
    Ok(Loaded {
        file: place.label(),
        rules: new.len(),
        added: replaced.added,
        removed: replaced.removed,
    })
}

/// Writes the rules in force to a file.
pub(crate) fn save(place: &Place, force: bool) -> Result<()> {
    let rules = Client::connect().and_then(|mut client| client.rules());
    let rules = policy::of_rules(&rules.map_err(failed("cannot save the rules"))?);
    let file = place.label();
    let refused = |why: String| Failure::new(Status::Failed, why);
    let text = policy::render(&rules)
        .map_err(|why| refused(format!("cannot save the rules to '{file}': {why}")))?;
    if let Some(present) = place.present()? {
        if policy::parse(&present).is_ok_and(|present| present == rules) {
            // Nothing would change but what people wrote around the rules.
            return Ok(());
        }
        if !force && !policy::is_own(&present) {
            return Err(refused(format!(
                "cannot save the rules to '{file}': it was written by hand, and comments would be \
                 lost: save them elsewhere, or use --force"
            )));
        }
    }
    place.write(&text, 0o644)
}

fn refuse(context: &Context, place: &Place, mistakes: &[Mistake]) -> Failure {
    let file = place.label();
    for mistake in mistakes {
        let Mistake {
            line,
            column,
            message,
        } = mistake;
        let text = format!("{file}:{line}:{column}: {message}");
        context
            .messages
            .failure(&Failure::new(Status::Failed, text));
    }
    let count = match mistakes.len() {
        1 => "a mistake".to_owned(),
        count => format!("{count} mistakes"),
    };
    let text = format!("'{file}' has {count} in it, so the rules in force were left as they are");
    Failure::new(Status::Failed, text)
}

fn failed(what: &'static str) -> impl Fn(Error) -> Failure + Copy {
    move |error| Failure::client(what, &error)
}

impl RuleList {
    fn new(rules: &[homeward_client::model::Rule]) -> Self {
        RuleList {
            rules: rules.iter().map(RuleView::new).collect(),
        }
    }
}
