// SPDX-License-Identifier: GPL-2.0-only

//! The address book: which namespace has which names.

use std::collections::HashMap;
use std::time::{Duration, Instant, SystemTime};

use homeward_client::model::{Namespace, State};
use homeward_netns::Directory;

use crate::view::Place;

/// The clock that stamps files ticks at least this often.
pub(crate) const MOMENT: Duration = Duration::from_millis(20);

/// What is known about the namespaces that others refer to by cookie.
#[derive(Debug, Default)]
pub(crate) struct Book {
    by_cookie: HashMap<u64, Known>,
    names: Names,
}

#[derive(Debug, Default)]
struct Known {
    inum: Option<u64>,
    initial: bool,
    /// The names of one that is dying are gone from the directory, but still what people know it by.
    last_names: Vec<String>,
}

impl Book {
    /// A book of these namespaces, with the names that are in `directory` now.
    pub(crate) fn new(namespaces: &[Namespace], directory: &Directory) -> Self {
        let mut book = Book {
            by_cookie: HashMap::new(),
            names: Names::read(directory),
        };
        for namespace in namespaces {
            book.add(namespace);
        }
        book
    }

    /// Adds a namespace.
    pub(crate) fn add(&mut self, namespace: &Namespace) {
        let known = self.by_cookie.entry(namespace.cookie).or_default();
        known.initial = namespace.initial;
        // Only a live one has its number for itself.
        known.inum = namespace
            .inum
            .filter(|_| namespace.state == State::Live)
            .map(u64::from);
    }

    /// Why the names could not be read, if so.
    pub(crate) fn unread(&self) -> Option<&str> {
        self.names.unread()
    }

    /// Whether a namespace is in it.
    pub(crate) fn knows(&self, cookie: u64) -> bool {
        self.by_cookie.contains_key(&cookie)
    }

    /// Forgets a namespace that is gone.
    pub(crate) fn remove(&mut self, cookie: u64) {
        self.by_cookie.remove(&cookie);
    }

    /// Reads the names again if they may have changed.
    pub(crate) fn refresh(&mut self, directory: &Directory) {
        if self.names.fresh(directory) {
            return;
        }
        self.names = Names::read(directory);
        for known in self.by_cookie.values_mut() {
            let names = known.inum.map(|inum| self.names.of(inum));
            match names {
                Some(names) if !names.is_empty() => known.last_names = names,
                _ => {}
            }
        }
    }

    /// The names of a namespace.
    pub(crate) fn names(&self, cookie: u64) -> Vec<String> {
        let Some(known) = self.by_cookie.get(&cookie) else {
            return Vec::new();
        };
        match known.inum.map(|inum| self.names.of(inum)) {
            Some(names) if !names.is_empty() => names,
            _ => known.last_names.clone(),
        }
    }

    /// What to call a namespace.
    pub(crate) fn place(&self, cookie: u64) -> Place {
        Place {
            cookie,
            name: self.names(cookie).into_iter().next(),
            initial: self
                .by_cookie
                .get(&cookie)
                .is_some_and(|known| known.initial),
        }
    }

    /// What to call the initial namespace.
    pub(crate) fn initial(&self) -> Place {
        let initial = self.by_cookie.iter().find(|(_, known)| known.initial);
        match initial {
            Some((cookie, _)) => self.place(*cookie),
            None => Place {
                cookie: 0,
                name: None,
                initial: true,
            },
        }
    }
}

/// The names in a directory, by inode number.
#[derive(Debug, Default)]
pub(crate) struct Names {
    by_inum: HashMap<u64, Vec<String>>,
    unread: Option<String>,
    changed: Option<SystemTime>,
    /// When it was read, if it may have changed in that moment.
    unsettled: Option<Instant>,
}

impl Names {
    /// Reads a directory. Of one that cannot be read no names are known.
    pub(crate) fn read(directory: &Directory) -> Self {
        let changed = changed(directory);
        let recent = |changed: SystemTime| changed.elapsed().map_or(true, |age| age < MOMENT);
        let mut unsettled = changed.is_some_and(recent);
        let mut names = Names {
            changed,
            ..Names::default()
        };
        let list = directory.list().unwrap_or_else(|error| {
            names.unread = Some(error.to_string());
            Vec::new()
        });
        for entry in list {
            match entry.inum {
                Some(inum) => names
                    .by_inum
                    .entry(inum)
                    .or_default()
                    .push(entry.name.to_string()),
                // A file becomes a name only a moment after it was made.
                None => unsettled = true,
            }
        }
        names.unsettled = unsettled.then(Instant::now);
        for list in names.by_inum.values_mut() {
            list.sort();
        }
        names
    }

    /// The names of the namespace with this inode number, in alphabetical order.
    pub(crate) fn of(&self, inum: u64) -> Vec<String> {
        self.by_inum.get(&inum).cloned().unwrap_or_default()
    }

    /// Why they could not be read, if so.
    pub(crate) fn unread(&self) -> Option<&str> {
        self.unread.as_deref()
    }

    /// The inode numbers that have names.
    pub(crate) fn inums(&self) -> impl Iterator<Item = u64> + '_ {
        self.by_inum.keys().copied()
    }

    /// Whether the directory is as it was read, as far as its time, which is not exact, shows that.
    fn fresh(&self, directory: &Directory) -> bool {
        self.unsettled
            .is_none_or(|read| read.elapsed() < MOMENT / 2)
            && self.changed == changed(directory)
    }
}

fn changed(directory: &Directory) -> Option<SystemTime> {
    std::fs::metadata(directory.path())
        .and_then(|directory| directory.modified())
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn namespace(cookie: u64, state: State, initial: bool) -> Namespace {
        Namespace {
            inum: Some(7),
            initial,
            ..Namespace::new(cookie, state)
        }
    }

    fn book(namespaces: &[Namespace]) -> Book {
        let mut book = Book::new(namespaces, &Directory::at("/nonexistent"));
        let names = vec!["blue".to_owned(), "red".to_owned()];
        book.names.by_inum.insert(7, names);
        book
    }

    #[test]
    fn a_live_namespace_has_the_names_of_its_inode_number() {
        let book = book(&[namespace(4, State::Live, false)]);
        assert_eq!(book.place(4).label(), "blue");
        assert_eq!(book.place(5).label(), "cookie:5");
    }

    #[test]
    fn a_dead_namespace_has_not_the_names_of_the_one_that_took_its_inode_number() {
        let book = book(&[namespace(4, State::Dying, false)]);
        assert_eq!(book.place(4).label(), "cookie:4");
    }

    #[test]
    fn the_initial_namespace_is_called_init() {
        let book = book(&[namespace(1, State::Live, true)]);
        assert_eq!(book.place(1).label(), "init");
    }
}
