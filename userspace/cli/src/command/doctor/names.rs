// SPDX-License-Identifier: GPL-2.0-only

//! Checks of names: whether they reach other mount namespaces, and whether something is behind them.

use homeward_netns::{Blind, Directory, Kind, Name, Propagation, YOUNG};

use super::told::some;
use crate::names::{words, Words};
use crate::view::Check;

const STALE: &str = "stale names";
/// So many that are not just stale are told with what to do.
const TOLD: usize = 5;

/// Makes the checks.
pub(super) fn checks(directory: &Directory) -> Vec<Check> {
    let mut checks = vec![propagation(directory)];
    match directory.survey(YOUNG) {
        Ok(survey) => checks.extend(stale(&survey.names, &survey.blind)),
        Err(error) => checks.push(Check::warn(
            STALE,
            error.to_string(),
            "names are of no use to whoever cannot read that directory",
        )),
    }
    checks
}

fn propagation(directory: &Directory) -> Check {
    let name = "names";
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

fn stale(names: &[(Name, Kind)], blind: &Blind) -> Vec<Check> {
    let (mut gone, mut others) = (Vec::new(), Vec::new());
    for (name, kind) in names {
        match (kind, words(name, kind, blind)) {
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
    let more = others.len().saturating_sub(TOLD);
    checks.extend(others.into_iter().take(TOLD).map(|(name, words)| {
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
