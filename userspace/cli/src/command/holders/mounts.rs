// SPDX-License-Identifier: GPL-2.0-only

//! Bind mounts, and which of them go together.

use std::path::Path;

use homeward_holders::Mount;

use super::release;

/// A mount that can be released, and how.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Row<'m> {
    /// The mount.
    pub(super) mount: &'m Mount,
    /// Those that go with it.
    pub(super) copies: Vec<&'m Mount>,
    /// What releases it, as a command.
    pub(super) release: String,
}

impl Row<'_> {
    /// Whether a mount is in this row.
    fn has(&self, mount: &Mount) -> bool {
        let mut all = self.copies.iter().chain([&self.mount]);
        all.any(|one| std::ptr::eq(*one, mount))
    }
}

/// The rows of these mounts, so that each command works after those before it; `names` is the directory
/// of names.
pub(super) fn rows<'m>(mounts: &'m [Mount], names: &Path) -> Vec<Row<'m>> {
    let mut left: Vec<&Mount> = mounts.iter().collect();
    let mut rows = Vec::new();
    while let Some(first) = left.first().copied() {
        let same = |other: &&Mount| first.place.is_some() && first.place == other.place;
        let (group, rest): (Vec<_>, _) = left
            .into_iter()
            .partition(|other| std::ptr::eq(*other, first) || same(other));
        rows.extend(on_one_file(&group, names));
        left = rest;
    }
    rows
}

/// The rows of mounts on one file. To remove a file takes away what is mounted on it in all mount
/// namespaces; it is refused where something is mounted on it in the own one.
fn on_one_file<'m>(group: &[&'m Mount], names: &Path) -> Vec<Row<'m>> {
    let covered = |one: &&&Mount| !one.covers.is_empty() && (one.own || one.here.is_none());
    if let Some(hidden) = group.iter().find(covered) {
        return vec![all(group, hidden, release::mount(hidden))];
    }
    let own: Vec<_> = group.iter().filter(|one| one.own).copied().collect();
    let name = |mount: &&Mount| {
        let own = mount.own.then_some(&mount.path);
        let path = own.or(mount.here.as_ref());
        let path = path.filter(|path| path.parent() == Some(names));
        // On top of another one, the file would not go with it.
        mount.place.as_ref().and(path).cloned()
    };
    let named = group.iter().find_map(|one| Some((*one, name(one)?)));
    if let Some((mount, path)) = named {
        let mut rows = tops(&own);
        rows.retain(|row| !std::ptr::eq(row.mount, mount) && !row.mount.follows(mount));
        let mut last = all(group, mount, release::delete(&path));
        last.copies
            .retain(|copy| !rows.iter().any(|row| row.has(copy)));
        rows.push(last);
        return rows;
    }
    // What cannot be unmounted where it is goes with its file.
    let stuck = |row: &Row<'_>| {
        let Row { mount, .. } = row;
        !mount.own && (mount.foreign || !mount.covers.is_empty()) && mount.here.is_some()
    };
    let (together, mut rows): (Vec<_>, Vec<_>) = tops(group).into_iter().partition(stuck);
    let first = together.first().map(|row| row.mount);
    if let Some((mount, path)) = first.and_then(|mount| Some((mount, mount.here.as_ref()?))) {
        let together = together.iter();
        let copies =
            together.flat_map(|row| [row.mount].into_iter().chain(row.copies.iter().copied()));
        rows.push(Row {
            mount,
            copies: others(copies, mount),
            release: release::remove(path),
        });
    }
    rows
}

/// Those that do not go when another one is unmounted, with those that do.
fn tops<'m>(group: &[&'m Mount]) -> Vec<Row<'m>> {
    let mut rows: Vec<Row<'m>> = Vec::new();
    let above = |mount: &Mount| {
        let mut others = group.iter().filter(|other| mount.follows(other));
        others.any(|other| !other.follows(mount))
    };
    let (below, top): (Vec<&Mount>, Vec<&Mount>) = group.iter().partition(|mount| above(mount));
    for mount in top.into_iter().chain(below) {
        match rows.iter_mut().find(|row| mount.follows(row.mount)) {
            Some(row) => row.copies.push(mount),
            None => rows.push(Row {
                mount,
                copies: Vec::new(),
                release: release::mount(mount),
            }),
        }
    }
    rows
}

fn all<'m>(group: &[&'m Mount], mount: &'m Mount, release: String) -> Row<'m> {
    Row {
        mount,
        copies: others(group.iter().copied(), mount),
        release,
    }
}

fn others<'m>(group: impl Iterator<Item = &'m Mount>, mount: &Mount) -> Vec<&'m Mount> {
    group.filter(|other| !std::ptr::eq(*other, mount)).collect()
}
