// SPDX-License-Identifier: GPL-2.0-only

//! `prune`: names whose network namespace is gone.

use homeward_netns::{namespace_mounts, Error, Mounted, Removal, Stale};

use nix::errno::Errno;

use super::Context;
use crate::error::{Failure, Result};
use crate::exit::Status;
use crate::request::Prune;
use crate::view::{NameOutcome, NameView, Pruned};

/// Shows such names, or removes them.
pub(crate) fn run(context: &Context, request: Prune) -> Result<Pruned> {
    let what = "cannot look for names without a network namespace";
    let failed = |error: Error| Failure::netns(what, &error);
    let all = context.directory.stale().map_err(failed)?;
    let (old, mut kept) = by_age(all, request);
    let mounted = mounts(&old).map_err(failed)?;
    if let Some(why) = blind(&mounted) {
        if request.really {
            let text = format!("cannot remove names: {why}");
            return Err(Failure::new(Status::Denied, text));
        }
        context.messages.warning(&why);
    }
    let (old, used) = by_mounts(old, &mounted);
    kept.extend(used);

    let mut names = match request.really && !old.is_empty() {
        true => remove(context, &old)?,
        false => {
            let stale = |stale| NameView::new(stale, NameOutcome::Stale, None);
            old.iter().map(stale).collect()
        }
    };
    if !request.really && !old.is_empty() {
        context.messages.note("nothing was removed: --yes does it");
    }
    names.extend(kept);
    names.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(Pruned {
        removed: request.really,
        names,
    })
}

/// Divides into those that are old enough and those that may be in the making.
fn by_age(all: Vec<Stale>, request: Prune) -> (Vec<Stale>, Vec<NameView>) {
    let (old, young): (Vec<_>, Vec<_>) = all
        .into_iter()
        .partition(|stale| stale.age().is_some_and(|age| age >= request.older_than));
    let why = "it is so young that somebody may be making it (see --older-than)";
    let keep = |stale| NameView::new(stale, NameOutcome::Kept, Some(why.to_owned()));
    (old, young.iter().map(keep).collect())
}

fn mounts(old: &[Stale]) -> std::result::Result<Mounted, Error> {
    if old.is_empty() {
        return Ok(Mounted::default());
    }
    namespace_mounts(&old.iter().map(|stale| stale.name.as_os_str()).collect())
}

/// Why nobody can be sure that a name is not in use: to remove it would end its namespace.
fn blind(mounted: &Mounted) -> Option<String> {
    let what = "a name may be in use where another process looks";
    match (mounted.hidden, mounted.confined) {
        (0, false) => None,
        (0, true) => Some(format!(
            "{what}, which cannot be seen from this pid namespace: run it in the initial one"
        )),
        (hidden, _) => Some(format!(
            "{what}, and the mounts of {hidden} processes cannot be seen: run it as root"
        )),
    }
}

/// Divides into those that are mounted nowhere and those that are in use.
fn by_mounts(old: Vec<Stale>, mounted: &Mounted) -> (Vec<Stale>, Vec<NameView>) {
    let user = |stale: &Stale| mounted.files.get(stale.name.as_os_str()).copied();
    let (used, free): (Vec<_>, Vec<_>) = old.into_iter().partition(|one| user(one).is_some());
    let keep = |stale: &Stale| {
        let pid = user(stale).unwrap_or_default();
        let why = format!("a namespace is mounted on it where process {pid} looks");
        NameView::new(stale, NameOutcome::Kept, Some(why))
    };
    (free, used.iter().map(keep).collect())
}

fn remove(context: &Context, old: &[Stale]) -> Result<Vec<NameView>> {
    let removed = context.directory.remove_stale(old);
    let removed = removed.map_err(|error| Failure::netns("cannot remove names", &error))?;
    let view = |(stale, removal): (&Stale, Removal)| match removal {
        Removal::Removed => NameView::new(stale, NameOutcome::Removed, None),
        Removal::Changed => {
            let why = "it has been made anew or removed meanwhile";
            NameView::new(stale, NameOutcome::Kept, Some(why.to_owned()))
        }
        Removal::Failed(errno) => {
            let place = context.directory.file(&stale.name);
            let (place, why) = (place.display(), errno.desc());
            let denied = matches!(errno, Errno::EACCES | Errno::EPERM);
            let advice = if denied { ": run it as root" } else { "" };
            let text = format!("cannot remove {place}: {why}{advice}");
            context
                .messages
                .failure(&Failure::new(Status::Failed, text));
            NameView {
                denied,
                ..NameView::new(stale, NameOutcome::Failed, Some(why.to_owned()))
            }
        }
    };
    Ok(old.iter().zip(removed).map(view).collect())
}
