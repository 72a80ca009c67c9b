// SPDX-License-Identifier: GPL-2.0-only

//! `prune`: names whose network namespace is gone.

use homeward_netns::{Directory, Error, Kind, Name, Remnant, Removal, Survey};
use nix::errno::Errno;
use nix::unistd::geteuid;

use super::Context;
use crate::error::{Failure, Result};
use crate::exit::Status;
use crate::names::{blind, look_further, words};
use crate::request::Prune;
use crate::view::{NameOutcome, NameView, Pruned};

/// Shows such names, or removes them.
pub(crate) fn run(context: &Context, request: Prune) -> Result<Pruned> {
    let failed = |error: Error| {
        let what = "cannot look for names without a network namespace";
        Failure::netns(what, &error)
    };
    let survey = context
        .directory
        .survey(request.older_than)
        .map_err(failed)?;
    let (stale, mut names) = divide(&survey, &context.directory);
    tell(context, request, &survey);
    names.extend(match request.really && !stale.is_empty() {
        true => remove(context, &stale)?,
        false => {
            let view = |(name, remnant): &_| NameView::new(name, remnant, NameOutcome::Stale, None);
            stale.iter().map(view).collect()
        }
    });
    if !request.really && !stale.is_empty() {
        context.messages.note("nothing was removed: --yes does it");
    }
    names.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(Pruned {
        removed: request.really,
        names,
    })
}

/// Divides names without a namespace into those that nothing speaks for and those that stay.
fn divide(survey: &Survey, directory: &Directory) -> (Vec<(Name, Remnant)>, Vec<NameView>) {
    let (mut stale, mut kept) = (Vec::new(), Vec::new());
    for (name, kind) in &survey.names {
        let Some(remnant) = kind.remnant() else {
            continue;
        };
        if let Kind::Stale(_) = kind {
            stale.push((name.clone(), remnant.clone()));
            continue;
        }
        let words = words(name, kind, &survey.blind, directory);
        let view = NameView::new(
            name,
            remnant,
            NameOutcome::Kept,
            words.map(|words| words.what),
        );
        let denied = matches!(kind, Kind::Unseen(_));
        kept.push(NameView { denied, ..view });
    }
    (stale, kept)
}

/// Says why nobody can be sure that some names are not in use: to remove one would end its namespace.
fn tell(context: &Context, request: Prune, survey: &Survey) {
    let unseen = |(_, kind): &&(Name, Kind)| matches!(kind, Kind::Unseen(_));
    let Some((name, _)) = survey.names.iter().find(unseen) else {
        return;
    };
    let more = match survey.names.iter().filter(unseen).count().saturating_sub(1) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let (who, advice) = (blind(&survey.blind), look_further(&survey.blind));
    let text = format!("'{name}'{more} may be in use, as {who}: {advice}");
    match request.really {
        true => {
            let text = format!("cannot remove names: {text}");
            context
                .messages
                .failure(&Failure::new(Status::Denied, text));
        }
        false => context.messages.warning(&text),
    }
}

fn remove(context: &Context, stale: &[(Name, Remnant)]) -> Result<Vec<NameView>> {
    let removed = context.directory.remove(stale);
    let removed = removed.map_err(|error| Failure::netns("cannot remove names", &error))?;
    let view = |((name, remnant), removal): (&(Name, Remnant), Removal)| match removal {
        Removal::Removed => NameView::new(name, remnant, NameOutcome::Removed, None),
        Removal::Changed => {
            let why = "it has been made anew or removed meanwhile";
            NameView::new(name, remnant, NameOutcome::Kept, Some(why.to_owned()))
        }
        Removal::Failed(errno) => {
            let place = context.directory.file(name);
            let (place, why) = (place.display(), errno.desc());
            let denied = matches!(errno, Errno::EACCES | Errno::EPERM);
            let root = geteuid().is_root();
            let advice = if denied && !root {
                ": run it as root"
            } else {
                ""
            };
            let text = format!("cannot remove {place}: {why}{advice}");
            context
                .messages
                .failure(&Failure::new(Status::Failed, text));
            NameView {
                denied,
                ..NameView::new(name, remnant, NameOutcome::Failed, Some(why.to_owned()))
            }
        }
    };
    Ok(stale.iter().zip(removed).map(view).collect())
}
