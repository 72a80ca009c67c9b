// SPDX-License-Identifier: GPL-2.0-only

//! `prune`: names whose network namespace is gone.

use std::time::Duration;

use clap::Args;
use homeward_netns::{Directory, Error, Kind, Name, Remnant, Removal, Survey};
use nix::errno::Errno;
use nix::unistd::geteuid;
use serde::Serialize;

use super::{Context, Verb};
use crate::error::{Failure, Result};
use crate::exit::Status;
use crate::names::{blind, look_further, words};
use crate::render::table::{self, column, plain, Column};
use crate::render::text::{nanoseconds, or_absent, printable, span};
use crate::render::Style;
use crate::value::time;

const HELP: &str = "\
Such a name is an empty file in /run/netns with nothing mounted on it, or a dangling link.
Names younger than a minute, which somebody may be creating, are kept; so are names that are,
or may be, in use in another mount namespace, and links that are older than the process that
they lead to. The module is not needed.

Examples:
  homeward prune                        show what would be removed
  homeward prune --yes                  remove it
  homeward prune --older-than 0 --yes   also very recent ones";

/// Show, and with --yes remove, names whose network namespace is gone.
#[derive(Debug, Args)]
#[command(after_help = table::help(HELP, &COLUMNS))]
pub(crate) struct Prune {
    /// Remove them.
    #[arg(short, long)]
    yes: bool,
    /// Only names at least this old: seconds, or with units, as 2h or 1d12h.
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = time)]
    older_than: Duration,
}

const COLUMNS: [Column<NameView>; 4] = [
    column!("name" "NAME" Text "the name", |row| plain(printable(&row.name))),
    column!("age_ns" "AGE" Number "how long ago its file or link was made", |row| plain(or_absent(row.age_ns.map(span)))),
    column!("outcome" "OUTCOME" Text "stale (could be removed), removed, kept or failed", |row| (row.outcome.name().to_owned(), row.outcome.style())),
    column!("reason" "REASON" Text "why it is still there", |row| plain(or_absent(row.reason.as_ref()))),
];

/// Names without a namespace.
#[derive(Debug, Serialize)]
struct Pruned {
    /// Whether they were removed, or only looked for.
    removed: bool,
    /// The names.
    names: Vec<NameView>,
}

/// A name without a namespace.
#[derive(Debug, Serialize)]
struct NameView {
    /// The name.
    name: String,
    /// How long ago its file was made; None when the clock says that this is yet to come.
    age_ns: Option<u64>,
    /// What became of it.
    outcome: NameOutcome,
    /// Why it is still there.
    reason: Option<String>,
    /// Whether the caller may not remove it, or not see whether it is in use.
    #[serde(skip)]
    denied: bool,
}

/// What became of a name without a namespace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum NameOutcome {
    /// It could be removed.
    Stale,
    /// It is gone.
    Removed,
    /// It was left alone.
    Kept,
    /// It could not be removed.
    Failed,
}

impl Verb for Prune {
    fn run(self, context: &Context) -> Result<Status> {
        let pruned = prune(context, &self)?;
        context.print_list(&pruned, &pruned.names, |look| {
            table::render(&COLUMNS, &pruned.names, "name", look)
        })?;
        Ok(status(&pruned))
    }
}

/// How it ended.
fn status(pruned: &Pruned) -> Status {
    let denied = pruned.names.iter().any(|name| name.denied);
    let undone = pruned.removed && (denied || pruned.any(NameOutcome::Failed));
    match (undone, pruned.any(NameOutcome::Removed)) {
        (false, _) => Status::Ok,
        (true, true) => Status::Partial,
        (true, false) if denied => Status::Denied,
        (true, false) => Status::Failed,
    }
}

/// Shows such names, or removes them.
fn prune(context: &Context, request: &Prune) -> Result<Pruned> {
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
    names.extend(match request.yes && !stale.is_empty() {
        true => remove(context, &stale)?,
        false => {
            let view = |(name, remnant): &_| NameView::new(name, remnant, NameOutcome::Stale, None);
            stale.iter().map(view).collect()
        }
    });
    if !request.yes && !stale.is_empty() {
        context
            .messages
            .note("nothing was removed: use --yes to remove them");
    }
    names.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(Pruned {
        removed: request.yes,
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
fn tell(context: &Context, request: &Prune, survey: &Survey) {
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
    match request.yes {
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
            let why = "somebody re-created or removed it meanwhile";
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
            context.messages.failure(&Failure::failed(text));
            NameView {
                denied,
                ..NameView::new(name, remnant, NameOutcome::Failed, Some(why.to_owned()))
            }
        }
    };
    Ok(stale.iter().zip(removed).map(view).collect())
}

impl Pruned {
    /// Whether there is a name of which this became.
    fn any(&self, outcome: NameOutcome) -> bool {
        self.names.iter().any(|name| name.outcome == outcome)
    }
}

impl NameView {
    /// A name and what became of it.
    fn new(name: &Name, remnant: &Remnant, outcome: NameOutcome, reason: Option<String>) -> Self {
        NameView {
            name: name.to_string(),
            age_ns: remnant.age().map(nanoseconds),
            outcome,
            reason,
            denied: false,
        }
    }
}

impl NameOutcome {
    /// In a word.
    fn name(self) -> &'static str {
        match self {
            NameOutcome::Stale => "stale",
            NameOutcome::Removed => "removed",
            NameOutcome::Kept => "kept",
            NameOutcome::Failed => "failed",
        }
    }

    fn style(self) -> Style {
        match self {
            NameOutcome::Stale => Style::Notable,
            NameOutcome::Removed => Style::Good,
            NameOutcome::Kept => Style::Plain,
            NameOutcome::Failed => Style::Bad,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::golden_table;

    #[test]
    fn pruned_names_as_text_and_json() {
        let name = |name: &str, age, outcome, reason: Option<&str>| NameView {
            name: name.to_owned(),
            age_ns: age,
            outcome,
            reason: reason.map(str::to_owned),
            denied: false,
        };
        let day = 86_400_000_000_000;
        let pruned = Pruned {
            removed: true,
            names: vec![
                name("bl\x1bue", Some(3 * day), NameOutcome::Removed, None),
                name("future", None, NameOutcome::Kept, Some("it is so young")),
                name(
                    "red",
                    Some(day),
                    NameOutcome::Failed,
                    Some("Permission denied"),
                ),
                name("yellow", Some(day), NameOutcome::Stale, None),
            ],
        };
        golden_table("prune", &COLUMNS, ("name", &pruned.names), &pruned);
    }
}
