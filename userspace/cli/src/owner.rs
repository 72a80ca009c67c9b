// SPDX-License-Identifier: GPL-2.0-only

//! Whose a network namespace is: a container's, a machine's, a unit's of systemd; else its first process says
//! what it is.
//!
//! The control group of that process tells it, or where the namespace is mounted; no daemon is asked. Whoever may
//! make a control group chooses its name, so this is for people to read and nothing is decided by it.

mod files;
mod pattern;
mod table;

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::book::Users;
use crate::printable::printable;
use files::Files;
use pattern::{begins, is_all, parts, Found};
use table::{is_infra, RUNTIMES};

/// Command lines are cut to so many characters.
const SHORT: usize = 32;
/// So many digits of an id are enough for people.
const DIGITS: usize = 12;

/// Whose a network namespace is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Owner {
    /// What kind of owner it is: one of the runtimes, `unit`, or `process`.
    pub(crate) kind: &'static str,
    /// The name of a container, a machine or a unit; the command line of a process.
    pub(crate) name: Option<String>,
    /// The id of a container.
    pub(crate) id: Option<String>,
    /// The pod of a container: NAMESPACE/NAME, or its id.
    pub(crate) pod: Option<String>,
    /// The user in whose session manager it runs, by name or number.
    pub(crate) user: Option<String>,
    /// What told it: `cgroup`, `mount`, `monitor` (the process that watches over a container) or `process`.
    pub(crate) source: &'static str,
    /// The container in which it runs.
    pub(crate) within: Option<Box<Owner>>,
}

/// How much is known of an owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Tells {
    /// Only what a process is, or where it was started.
    Process,
    /// Which container it may be, by something besides its processes.
    Beside,
    /// Which container it is.
    Container,
}

/// The parent of the first process of a namespace.
#[derive(Debug)]
pub(crate) struct Parent {
    /// Its command line.
    pub(crate) words: Vec<String>,
    /// Its user.
    pub(crate) uid: u32,
}

/// Who finds out.
#[derive(Debug)]
pub(crate) struct Owners {
    files: Files,
    users: Users,
}

impl Default for Owners {
    fn default() -> Self {
        Owners::below("/")
    }
}

impl Owners {
    /// With the files of runtimes below this directory.
    fn below(root: impl Into<PathBuf>) -> Self {
        Owners {
            files: Files::below(root),
            users: Users::default(),
        }
    }

    /// Whose a namespace is: by the control groups and the command line of its first process, by the paths
    /// where it is mounted, and by the parent of that process.
    pub(crate) fn find(
        &mut self,
        groups: Option<&str>,
        mounts: &[PathBuf],
        parent: impl FnOnce() -> Option<Parent>,
        command: impl FnOnce() -> Option<String>,
    ) -> Option<Owner> {
        let by_group = groups.and_then(|groups| self.of_groups(groups));
        let is_unit = |owner: &Owner| owner.kind == "unit";
        let container = by_group.clone().filter(|owner| !is_unit(owner));
        if let Some(container) = container {
            return Some(self.with_name(container, parent));
        }
        let by_mount = mounts.iter().find_map(|path| self.of_mount(path));
        by_mount
            .or_else(|| self.of_parent(parent()?))
            .or(by_group)
            .or_else(|| {
                let command = command()?;
                self.of_command(&command).or_else(|| of_process(command))
            })
    }

    /// A container with the name that its monitor knows, where no file that may be read has one.
    fn with_name(&mut self, mut owner: Owner, parent: impl FnOnce() -> Option<Parent>) -> Owner {
        let mut runtimes = RUNTIMES.iter().filter(|one| one.kind == owner.kind);
        let watched = runtimes.any(|one| one.monitor.is_some());
        if !watched || owner.name.is_some() || owner.id.is_none() {
            return owner;
        }
        let monitor = parent().and_then(|parent| self.of_parent(parent));
        let same = monitor.filter(|one| (one.kind, &one.id) == (owner.kind, &owner.id));
        match same.and_then(|one| one.name) {
            Some(name) if is_infra(&name, owner.pod.as_deref()) => owner.id = None,
            name => owner.name = name,
        }
        owner
    }

    /// By /proc/PID/cgroup, in which the hierarchies of version 1 have a line each.
    fn of_groups(&mut self, text: &str) -> Option<Owner> {
        let mut paths: Vec<&str> = text
            .lines()
            .filter_map(|line| line.splitn(3, ':').nth(2))
            .collect();
        paths.dedup();
        let mut unit = None;
        // The last ones are those of systemd.
        for path in paths.into_iter().rev() {
            match self.of_group(path) {
                Some(owner) if owner.kind != "unit" => return Some(owner),
                other => unit = unit.or(other),
            }
        }
        unit
    }

    fn of_group(&mut self, path: &str) -> Option<Owner> {
        let path = path.trim_end_matches(" (deleted)");
        let by_systemd = as_by_systemd(path);
        let parts = parts(&by_systemd);
        let (mut owner, mut unit, mut user): (Option<Owner>, _, _) = (None, None, None);
        let mut rest = parts.as_slice();
        while let [part, after @ ..] = rest {
            if let Some((inner, more)) = self.container(rest) {
                let same = |outer: &Owner| {
                    (outer.kind, &outer.id, &outer.name) == (inner.kind, &inner.id, &inner.name)
                };
                let within = owner.take().filter(|outer| !same(outer)).map(Box::new);
                let user = user.take();
                owner = Some(Owner {
                    user,
                    within,
                    ..inner
                });
                rest = more;
                continue;
            }
            if let Some(uid) = manager(part) {
                user = Some(self.user(uid));
                unit = Some(*part);
            // Not if it is only written as systemd would have it.
            } else if is_unit(part) && path.contains(part) {
                unit = Some(*part);
            }
            rest = after;
        }
        owner.or_else(|| {
            Some(Owner {
                kind: "unit",
                name: Some(unit?.to_owned()),
                user,
                source: "cgroup",
                ..Owner::default()
            })
        })
    }

    /// The container whose group has a path that begins so, and what follows in the path.
    fn container<'p, 's>(&self, parts: &'s [&'p str]) -> Option<(Owner, &'s [&'p str])> {
        RUNTIMES.iter().find_map(|runtime| {
            let found = runtime.groups.iter().find_map(|group| begins(group, parts));
            let (found, count) = found?;
            let owner = self.owner(runtime, found, "cgroup")?;
            Some((owner, parts.get(count..).unwrap_or_default()))
        })
    }

    fn of_mount(&mut self, path: &Path) -> Option<Owner> {
        let parts = parts(path.to_str()?);
        let (mut owner, user) = RUNTIMES.iter().find_map(|runtime| {
            let found = runtime
                .mounts
                .iter()
                .find_map(|mount| is_all(mount, &parts))?;
            Some((self.owner(runtime, found, "mount")?, found.user))
        })?;
        owner.user = user.map(|uid| self.user(uid));
        Some(owner)
    }

    fn of_parent(&mut self, parent: Parent) -> Option<Owner> {
        let words: Vec<_> = parent.words.iter().map(String::as_str).collect();
        let owner = RUNTIMES.iter().find_map(|runtime| {
            let found = runtime.monitor?(&words)?;
            self.owner(runtime, found, "monitor")
        })?;
        let user = (parent.uid != 0).then(|| self.user(&parent.uid.to_string()));
        Some(Owner { user, ..owner })
    }

    fn of_command(&self, command: &str) -> Option<Owner> {
        RUNTIMES.iter().find_map(|runtime| {
            let found = (runtime.process)(command)?;
            self.owner(runtime, found, "process")
        })
    }

    fn owner(
        &self,
        runtime: &table::Runtime,
        found: Found<'_>,
        source: &'static str,
    ) -> Option<Owner> {
        let names = (runtime.names)(&self.files, found)?;
        let pod = || found.pod.map(|uid| uid.replace('_', "-"));
        Some(Owner {
            kind: runtime.kind,
            name: names.name,
            id: found.id.filter(|_| !names.holds_pod).map(str::to_owned),
            pod: names.pod.or_else(pod),
            source,
            ..Owner::default()
        })
    }

    fn user(&mut self, uid: &str) -> String {
        let name = uid.parse().ok().and_then(|uid| self.users.name(uid));
        name.unwrap_or_else(|| uid.to_owned())
    }
}

impl Owner {
    /// Whether it, or what it is in, is called so: by its name, its pod, at least the first digits of its id
    /// that are shown, or as it is shown.
    pub(crate) fn is_called(&self, text: &str) -> bool {
        let pod = |pod: &String| pod == text || pod.rsplit('/').next() == Some(text);
        let id = |id: &String| text.len() >= DIGITS && id.starts_with(text);
        let named = self.name.as_deref() == Some(text) || self.text() == text;
        let own = named && self.kind != "process";
        own || self.pod.as_ref().is_some_and(pod)
            || self.id.as_ref().is_some_and(id)
            || self
                .within
                .as_ref()
                .is_some_and(|outer| outer.is_called(text))
    }

    /// How much is known of it.
    pub(crate) fn tells(&self) -> Tells {
        match (self.kind, self.source) {
            ("unit" | "process", _) => Tells::Process,
            (_, "cgroup") => Tells::Container,
            _ => Tells::Beside,
        }
    }

    /// In one line.
    pub(crate) fn text(&self) -> String {
        let short = |id: &String| id.chars().take(DIGITS).collect::<String>();
        let pod = self.pod.as_ref().map(|pod| match pod.contains('/') {
            true => pod.clone(),
            false => short(pod),
        });
        // The first container of a pod does nothing but hold its namespace.
        let id = self.id.as_ref().filter(|_| self.kind != "pod");
        let name = self.name.clone().or_else(|| id.map(short));
        let name: Vec<String> = pod.into_iter().chain(name).collect();
        let name = printable(&name.join("/"));
        let mut text = match self.kind {
            "unit" => name,
            "process" => cut(&name),
            kind => format!("{kind}:{name}"),
        };
        if let Some(user) = &self.user {
            text.push_str(&format!(" of {}", printable(user)));
        }
        if let Some(outer) = &self.within {
            text.push_str(&format!(" in {}", outer.text()));
        }
        text
    }
}

/// The owner of a namespace, for tests.
#[cfg(test)]
pub(crate) fn fixture() -> Owner {
    let machine = Owner {
        kind: "machine",
        name: Some("deb".to_owned()),
        source: "cgroup",
        ..Owner::default()
    };
    Owner {
        kind: "docker",
        name: Some("we\x1bb".to_owned()),
        id: Some("9ec39b91f3d70e1beff50a308f77067065ea6be0d91a3378375056cd4422cf3d".to_owned()),
        source: "cgroup",
        within: Some(Box::new(machine)),
        ..Owner::default()
    }
}

fn of_process(command: String) -> Option<Owner> {
    Some(Owner {
        kind: "process",
        name: Some(command),
        source: "process",
        ..Owner::default()
    })
}

/// A long text without its end.
fn cut(text: &str) -> String {
    match text.char_indices().nth(SHORT) {
        Some((at, _)) => format!("{}...", text.get(..at).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// A path with the groups that systemd would have made, where a runtime told it so (SLICE:PREFIX:ID) but went
/// without it.
fn as_by_systemd(path: &str) -> Cow<'_, str> {
    if !path.contains(".slice:") {
        return path.into();
    }
    let part = |part: &str| {
        let (slice, rest) = part.split_once(':')?;
        let (prefix, id) = rest.split_once(':')?;
        let scope = format!("{slice}/{prefix}-{id}.scope");
        slice.ends_with(".slice").then_some(scope)
    };
    let parts = path.split('/');
    let parts: Vec<_> = parts
        .map(|one| part(one).unwrap_or_else(|| one.to_owned()))
        .collect();
    parts.join("/").into()
}

/// The user whose manager a unit is.
fn manager(part: &str) -> Option<&str> {
    begins("user@{user}.service", &[part]).and_then(|(found, _)| found.user)
}

/// Whether a part is a unit that says whose it is: neither that of an init nor a login session does.
fn is_unit(part: &str) -> bool {
    let unit = part.ends_with(".service") || part.ends_with(".scope");
    unit && part != "init.scope" && !part.starts_with("session-")
}

#[cfg(test)]
mod tests;
