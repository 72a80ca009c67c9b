// SPDX-License-Identifier: GPL-2.0-only

//! The address book: which namespace has which names.

use std::collections::HashMap;
use std::path::PathBuf;
use std::time::{Duration, Instant, SystemTime};

use homeward_client::model::{Device, Namespace, Return, State};
use homeward_netns::{open_path, Directory, Error as NetnsError, Name};
use nix::unistd::{Uid, User};
use serde::Serialize;

use crate::selector::of_namespace;

/// Number of the initial namespace in nsfs since Linux 6.18; before, it has no fixed one.
pub(crate) const INITIAL: u64 = 0xefff_fff9;

/// The clock that stamps files ticks at least this often.
pub(crate) const MOMENT: Duration = Duration::from_millis(20);

/// A network namespace that something else refers to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Place {
    /// Its key.
    pub(crate) cookie: u64,
    /// Its first name in /run/netns.
    pub(crate) name: Option<String>,
    /// Whether it is the initial one.
    pub(crate) initial: bool,
}

impl Place {
    /// A selector for it.
    pub(crate) fn label(&self) -> String {
        let names = self.name.as_slice();
        label(self.initial, names, Some(self.cookie), None)
    }
}

/// A selector, or what stands for none.
pub(crate) fn label(
    initial: bool,
    names: &[String],
    cookie: Option<u64>,
    inum: Option<u64>,
) -> String {
    of_namespace(initial, names, cookie, inum).unwrap_or_else(|| "-".to_owned())
}

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
    /// A name may go from the directory long before its namespace, and is still what people know it by.
    last_names: Vec<Name>,
    /// Not there any more when somebody last looked.
    absent: bool,
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
        known.absent = false;
        known.initial = namespace.initial;
        // Only a live one has its number for itself, and names; whoever gets the number next does not.
        let live = namespace.inum.filter(|_| namespace.state == State::Live);
        let before = std::mem::replace(&mut known.inum, live.map(u64::from));
        if let (Some(inum), None) = (before, known.inum) {
            self.names.by_inum.remove(&inum);
        }
        known.learn(&self.names);
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
        // Whoever gets its number next does not get its names.
        let inum = self.by_cookie.remove(&cookie).and_then(|known| known.inum);
        inum.map(|inum| self.names.by_inum.remove(&inum));
    }

    /// Forgets what is not among `there`, and was not the last time either: until then it may be told of.
    pub(crate) fn review(&mut self, there: &[Namespace]) {
        self.by_cookie.retain(|_, known| !known.absent);
        for known in self.by_cookie.values_mut() {
            known.absent = true;
        }
        for namespace in there {
            self.add(namespace);
        }
    }

    /// Reads the names again if they may have changed; false when one has to look again in a moment.
    pub(crate) fn refresh(&mut self, directory: &Directory) -> bool {
        if self.names.fresh(directory) {
            return !self.names.recent && !self.names.unfinished;
        }
        // Where there are thousands, most of the time shall be left for other things.
        if self
            .names
            .read
            .is_some_and(|(at, took)| at.elapsed() < 8 * took)
        {
            return false;
        }
        self.names = Names::read(directory);
        for known in self.by_cookie.values_mut() {
            known.learn(&self.names);
        }
        !self.names.recent
    }

    /// The names of a namespace; without any, the last ones that it had.
    pub(crate) fn names(&self, cookie: u64) -> Vec<String> {
        let Some(known) = self.by_cookie.get(&cookie) else {
            return Vec::new();
        };
        let names = known.inum.map(|inum| self.names.of(inum));
        match names {
            Some(names) if !names.is_empty() => names,
            // One that lives on while another has its name is not called by that.
            Some(_) if self.names.has_any(&known.last_names) => Vec::new(),
            _ => texts(&known.last_names),
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

    /// A device with what to call each namespace that it refers to.
    pub(crate) fn device(&self, device: Device) -> Device<Place> {
        device.map(&|cookie| self.place(cookie))
    }

    /// The same with how a device came home.
    pub(crate) fn homecoming(&self, how: Return) -> Return<Place> {
        how.map(&|cookie| self.place(cookie))
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

impl Known {
    /// Remembers the names that it has, if it has any.
    fn learn(&mut self, names: &Names) {
        if let Some(names) = self.inum.and_then(|inum| names.by_inum.get(&inum)) {
            self.last_names.clone_from(names);
        }
    }
}

/// The names in a directory, by inode number.
#[derive(Debug, Default)]
pub(crate) struct Names {
    by_inum: HashMap<u64, Vec<Name>>,
    unread: Option<String>,
    changed: Option<SystemTime>,
    /// When it was read, and how long that took.
    read: Option<(Instant, Duration)>,
    /// Whether it may have changed in that moment.
    recent: bool,
    /// Whether there was a file with no namespace behind it.
    unfinished: bool,
}

impl Names {
    /// Reads a directory. Of one that cannot be read no names are known.
    pub(crate) fn read(directory: &Directory) -> Self {
        let start = Instant::now();
        let changed = changed(directory);
        let recent = |changed: SystemTime| changed.elapsed().map_or(true, |age| age < MOMENT);
        let mut names = Names {
            recent: changed.is_some_and(recent),
            changed,
            ..Names::default()
        };
        let list = directory.list().unwrap_or_else(|error| {
            names.unread = Some(error.to_string());
            Vec::new()
        });
        for entry in list {
            match entry.inum {
                Some(inum) => names.by_inum.entry(inum).or_default().push(entry.name),
                // A file becomes a name only a moment after it was made.
                None => names.unfinished = true,
            }
        }
        for list in names.by_inum.values_mut() {
            list.sort();
        }
        names.read = Some((Instant::now(), start.elapsed()));
        names
    }

    /// The names of the namespace with this inode number, in alphabetical order.
    pub(crate) fn of(&self, inum: u64) -> Vec<String> {
        self.by_inum
            .get(&inum)
            .map_or_else(Vec::new, |names| texts(names))
    }

    /// The file of the first of them.
    pub(crate) fn file(&self, inum: u64, directory: &Directory) -> Option<PathBuf> {
        let first = self.by_inum.get(&inum)?.first()?;
        Some(directory.file(first))
    }

    /// Why they could not be read, if so.
    pub(crate) fn unread(&self) -> Option<&str> {
        self.unread.as_deref()
    }

    fn has_any(&self, wanted: &[Name]) -> bool {
        self.by_inum
            .values()
            .flatten()
            .any(|name| wanted.contains(name))
    }

    /// The inode numbers of network namespaces that have names; other kinds of namespaces may have some, too.
    pub(crate) fn networks<'a>(
        &'a self,
        directory: &'a Directory,
    ) -> impl Iterator<Item = u64> + 'a {
        let other = |name: &Name| {
            let opened = open_path(&directory.file(name));
            matches!(opened, Err(NetnsError::NoNamespace { .. }))
        };
        let networks = self
            .by_inum
            .iter()
            .filter(move |(_, names)| !names.iter().any(other));
        networks.map(|(inum, _)| *inum)
    }

    /// Whether the directory is as it was read, as far as its time, which is not exact, shows that.
    fn fresh(&self, directory: &Directory) -> bool {
        let just_read = || self.read.is_some_and(|(at, _)| at.elapsed() < MOMENT / 2);
        (!(self.recent || self.unfinished) || just_read()) && self.changed == changed(directory)
    }
}

/// Names of users, each looked up once.
#[derive(Debug, Default)]
pub(crate) struct Users {
    names: HashMap<u32, Option<String>>,
}

impl Users {
    /// The name of a user; None for one without.
    pub(crate) fn name(&mut self, uid: u32) -> Option<String> {
        let look_up = || {
            let user = User::from_uid(Uid::from_raw(uid)).ok().flatten();
            user.map(|user| user.name)
        };
        self.names.entry(uid).or_insert_with(look_up).clone()
    }
}

fn texts(names: &[Name]) -> Vec<String> {
    names.iter().map(Name::to_string).collect()
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

    fn name(text: &str) -> Name {
        Name::new(text.as_ref()).unwrap()
    }

    #[test]
    fn a_name_that_is_no_text_still_leads_to_its_file() {
        let name = Name::new(std::os::unix::ffi::OsStrExt::from_bytes(b"r\xffd")).unwrap();
        let mut names = Names::default();
        names.by_inum.insert(7, vec![name.clone()]);
        let directory = Directory::at("/a");
        assert_eq!(names.file(7, &directory), Some(directory.file(&name)));
        assert_eq!(names.of(7), ["r\u{fffd}d"]);
    }

    fn book(namespaces: &[Namespace]) -> Book {
        let mut book = Book::new(namespaces, &Directory::at("/nonexistent"));
        let names = ["blue", "red"].map(name).to_vec();
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
    fn the_last_name_is_remembered_until_the_end_also_without_a_second_look() {
        let mut book = book(&[]);
        book.add(&namespace(4, State::Live, false));
        book.names.by_inum.clear();
        assert_eq!(book.place(4).label(), "blue");
        book.add(&namespace(4, State::Dying, false));
        assert_eq!(book.place(4).label(), "blue");
        // Whoever has the name now is another one.
        book.names.by_inum.insert(8, vec![name("blue")]);
        assert_eq!(book.place(4).label(), "blue");
        book.add(&namespace(4, State::Live, false));
        assert_eq!(book.place(4).label(), "cookie:4");
        book.remove(4);
        assert_eq!(book.place(4).label(), "cookie:4");
    }

    #[test]
    fn who_gets_the_number_of_one_that_is_gone_does_not_get_its_names() {
        let mut book = book(&[namespace(4, State::Live, false)]);
        book.remove(4);
        book.add(&namespace(5, State::Live, false));
        assert_eq!(book.place(5).label(), "cookie:5");
    }

    #[test]
    fn those_whose_end_was_lost_are_forgotten_at_the_second_review() {
        let live = |cookie| namespace(cookie, State::Live, false);
        let mut book = book(&[live(4)]);
        book.review(&[live(5)]);
        assert!(book.knows(4) && book.knows(5));
        book.review(&[live(5)]);
        assert!(!book.knows(4) && book.knows(5));
    }

    #[test]
    fn the_initial_namespace_is_called_init() {
        let book = book(&[namespace(1, State::Live, true)]);
        assert_eq!(book.place(1).label(), "init");
    }

    #[test]
    fn root_has_a_name_and_nobody_in_particular_has_none() {
        let mut users = Users::default();
        assert_eq!(users.name(0).as_deref(), Some("root"));
        assert_eq!(users.name(4_000_000_001), None);
    }
}
