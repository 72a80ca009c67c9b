// SPDX-License-Identifier: GPL-2.0-only

//! Checks of names: whether they reach other mount namespaces, and whether something is behind them.

use std::fs;
use std::path::Path;

use homeward_netns::{Blind, Directory, Kind, Name, Propagation, YOUNG};

use nix::errno::Errno;
use nix::unistd::{access, AccessFlags};

use super::{some, Check, NAMED};
use crate::names::{words, Words};
use crate::printable::shell_word;

const NAMES: &str = "names";
const STALE: &str = "stale names";

/// Makes the checks.
pub(super) fn checks(directory: &Directory) -> Vec<Check> {
    let spoilt = spoilt(directory.path());
    let mut checks = vec![spoilt.unwrap_or_else(|| propagation(directory))];
    match directory.survey(YOUNG) {
        Ok(survey) => checks.extend(stale(&survey.names, &survey.blind, directory)),
        Err(error) => checks.push(Check::warn(
            STALE,
            error.to_string(),
            "names are of no use to whoever cannot read that directory",
        )),
    }
    checks
}

/// What keeps anybody from making names, whatever the directory is mounted on.
fn spoilt(path: &Path) -> Option<Check> {
    let place = path.display();
    let (text, advice) = match fs::symlink_metadata(path) {
        Ok(found) if found.is_symlink() && !path.exists() => (
            format!("{place} is a link that leads nowhere"),
            format!("remove it, or make what it leads to: {}", rm(path)),
        ),
        Ok(_) if path.exists() && !path.is_dir() => (
            format!("{place} is no directory"),
            format!("see whose it is, and remove it: {}", rm(path)),
        ),
        other => {
            let place = other.map_or_else(|_| path.parent(), |_| Some(path))?;
            if access(place, AccessFlags::W_OK) != Err(Errno::EROFS) {
                return None;
            }
            let place = place.display();
            (
                format!("names cannot be made or removed: {place} is read-only"),
                format!("mount -o remount,rw {place}"),
            )
        }
    };
    Some(Check::warn(NAMES, text, advice))
}

fn rm(path: &Path) -> String {
    shell_word(path, |path| format!("rm {path}"))
}

fn propagation(directory: &Directory) -> Check {
    let name = NAMES;
    let path = directory.path();
    let place = path.display();
    match directory.propagation() {
        Some(Propagation {
            own: true,
            shared: true,
        }) => Check::ok(name, format!("{place} is a shared mount point")),
        Some(Propagation {
            own: false,
            shared: true,
        }) => Check::ok(name, format!("{place} lies on a mount that is shared")),
        None if !path.exists() => Check::ok(name, format!("{place} is made with the first name")),
        Some(Propagation { own: true, .. }) => Check::warn(
            name,
            format!("{place} is mounted, but not shared, so other mount namespaces keep names"),
            format!("mount --make-shared {place}"),
        ),
        Some(_) => Check::warn(
            name,
            format!("{place} is no mount point, so names may not reach other mount namespaces"),
            "'homeward netns add NAME' puts that right",
        ),
        None => Check::warn(
            name,
            format!("{place} cannot be looked at, or its mounts cannot"),
            "see that it is a directory, and that /proc is mounted",
        ),
    }
}

fn stale(names: &[(Name, Kind)], blind: &Blind, directory: &Directory) -> Vec<Check> {
    let (mut gone, mut others) = (Vec::new(), Vec::new());
    for (name, kind) in names {
        match (kind, words(name, kind, blind, directory)) {
            (Kind::Stale(_), _) => gone.push(name.to_string()),
            (_, Some(words)) => others.push((name, words)),
            (_, None) => {}
        }
    }
    let mut checks = Vec::new();
    if !gone.is_empty() {
        let found = format!("no network namespace is behind {}", some(&gone));
        let advice = "'homeward prune' shows them all, 'homeward prune --yes' removes them";
        checks.push(Check::warn(STALE, found, advice));
    }
    let more = others.len().saturating_sub(NAMED);
    checks.extend(others.into_iter().take(NAMED).map(|(name, words)| {
        let Words { what, advice } = words;
        let found = format!("no network namespace is behind '{name}' here: {what}");
        let advice = advice.unwrap_or_else(|| "leave it, or find out whose it is".to_owned());
        Check::warn(STALE, found, advice)
    }));
    if more > 0 {
        let found = format!("{more} more names are no network namespaces");
        checks.push(Check::warn(STALE, found, "see to these first"));
    }
    if checks.is_empty() {
        checks.push(Check::ok(STALE, "none"));
    }
    checks
}
