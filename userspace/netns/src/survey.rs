// SPDX-License-Identifier: MIT OR Apache-2.0

//! What each name is: the one place where that is decided.

use std::fs::File;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use nix::errno::Errno;
use nix::unistd::{unlinkat, UnlinkatFlags};

use crate::behind::{look, Behind, Remnant};
use crate::directory::Directory;
use crate::error::{errno_of, Error, Result};
use crate::name::Name;
use crate::point::lock;
use crate::sight::{Blind, Sight, Sights};

/// A name without a namespace that is younger than this may be in the making: the file comes first.
pub const YOUNG: Duration = Duration::from_secs(60);

/// What a name is.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// That of a network namespace, by the inode number in nsfs; a link may lead to it.
    Namespace(u64),
    /// Nothing is behind it, here or where any other process looks.
    Stale(Remnant),
    /// The same, but somebody may be making it just now.
    Young(Remnant),
    /// Nothing is behind it here, but where another process looks, or by another path, there is.
    Elsewhere(Remnant, Sight),
    /// A network namespace with this inode number is mounted on it, but another mount covers that.
    Covered(Remnant, u64),
    /// Nothing is behind it here, and not all others can be seen.
    Unseen(Remnant),
    /// It is a link to a process that has ended, whose number this one has now, which began later.
    Reused(Remnant, i32),
    /// It is a link to an empty file on which nothing is mounted, here or where anybody looks who is seen.
    Hollow(Remnant),
    /// It is a link, to this, that leads each process to its own network namespace.
    Own(PathBuf),
    /// It is something else, in words.
    Foreign(String),
    /// It cannot be looked at.
    Unreadable(Errno),
}

impl Kind {
    /// What is left of the namespace, where there is nothing else here.
    pub fn remnant(&self) -> Option<&Remnant> {
        match self {
            Kind::Stale(remnant)
            | Kind::Young(remnant)
            | Kind::Elsewhere(remnant, _)
            | Kind::Covered(remnant, _)
            | Kind::Unseen(remnant)
            | Kind::Reused(remnant, _) => Some(remnant),
            _ => None,
        }
    }
}

/// Names, and what each of them is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Survey {
    /// In alphabetical order.
    pub names: Vec<(Name, Kind)>,
    /// Who may have something behind a name without being seen.
    pub blind: Blind,
}

/// What became of a name that was to be removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Removal {
    /// It is gone.
    Removed,
    /// It is not what it was any more, so it was left alone.
    Changed,
    /// It could not be removed.
    Failed(Errno),
}

impl Directory {
    /// All names. One without a namespace that is younger than `young` is [`Kind::Young`].
    pub fn survey(&self, young: Duration) -> Result<Survey> {
        let names = self.list()?.into_iter().map(|entry| entry.name);
        self.classify(names.collect(), young)
    }

    /// One name; None when it is not there.
    pub fn kind(&self, name: &Name, young: Duration) -> Result<Option<(Kind, Blind)>> {
        let Survey { mut names, blind } = self.classify(vec![name.clone()], young)?;
        Ok(names.pop().map(|(_, kind)| (kind, blind)))
    }

    fn classify(&self, mut names: Vec<Name>, young: Duration) -> Result<Survey> {
        let directory = match File::open(self.path()) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Survey::default()),
            other => other.map_err(|error| self.unreadable(errno_of(&error)))?,
        };
        names.sort();
        let found = names.into_iter().filter_map(|name| {
            let behind = look(&directory, &name)?;
            Some((name, behind))
        });
        let found: Vec<_> = found.collect();
        let remnants = found.iter().filter_map(|(name, behind)| match behind {
            Behind::Remnant(remnant) => Some((name, remnant)),
            _ => None,
        });
        let hollow = found.iter().filter_map(|(name, behind)| match behind {
            Behind::Hollow(_) => Some((name.as_os_str(), self.file(name))),
            _ => None,
        });
        let (remnants, hollow): (Vec<_>, Vec<_>) = (remnants.collect(), hollow.collect());
        let sights = Sights::of(&directory, self.path(), &remnants, &hollow)?;
        let names = found.into_iter().map(|(name, behind)| {
            let kind = match behind {
                Behind::Namespace(inum) => Kind::Namespace(inum),
                Behind::Reused(remnant, pid) => Kind::Reused(remnant, pid),
                Behind::Own(link) => Kind::Own(link),
                Behind::Foreign(what) => Kind::Foreign(what),
                Behind::Unreadable(errno) => Kind::Unreadable(errno),
                Behind::Remnant(remnant) => sights.kind(&name, remnant, young),
                Behind::Hollow(remnant) => sights.behind_link(&name, remnant),
            };
            (name, kind)
        });
        let names = names.collect();
        let blind = sights.blind;
        Ok(Survey { names, blind })
    }

    /// Removes names with nothing behind them, each only if it still is what it was, under the lock that
    /// others take to make names. The answers are in the order of the names.
    pub fn remove(&self, names: &[(Name, Remnant)]) -> Result<Vec<Removal>> {
        let directory = File::open(self.path()).map_err(|error| {
            let (path, errno) = (self.path().to_owned(), errno_of(&error));
            Error::OpenDirectory { path, errno }
        })?;
        let lock = lock(directory).map_err(|errno| {
            let path = self.path().to_owned();
            match errno {
                Errno::EWOULDBLOCK => Error::Locked { path },
                errno => Error::Lock { path, errno },
            }
        })?;
        let remove = |(name, remnant): &(Name, Remnant)| match look(&*lock, name) {
            Some(Behind::Remnant(now)) if now == *remnant => {
                // The kernel refuses it if something has been mounted there since.
                match unlinkat(&*lock, name.as_os_str(), UnlinkatFlags::NoRemoveDir) {
                    Ok(()) => Removal::Removed,
                    Err(Errno::EBUSY) => Removal::Changed,
                    Err(errno) => Removal::Failed(errno),
                }
            }
            _ => Removal::Changed,
        };
        Ok(names.iter().map(remove).collect())
    }

    fn unreadable(&self, errno: Errno) -> Error {
        let path = self.path().to_owned();
        Error::Read { path, errno }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::symlink;
    use std::path::PathBuf;

    struct Place(PathBuf);

    impl Place {
        fn new(name: &str) -> (Self, Directory) {
            let name = format!("hwtest-survey-{name}-{}", std::process::id());
            let path = std::env::temp_dir().join(name);
            fs::create_dir(&path).unwrap();
            let directory = Directory::at(&path);
            (Place(path), directory)
        }
    }

    impl Drop for Place {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    fn remnants(survey: &Survey) -> Vec<(Name, Remnant)> {
        let remnant = |(name, kind): &(Name, Kind)| Some((name.clone(), kind.remnant()?.clone()));
        survey.names.iter().filter_map(remnant).collect()
    }

    #[test]
    fn only_empty_files_of_one_name_and_links_to_nothing_are_remnants() {
        let (place, directory) = Place::new("kinds");
        let path = |name| place.0.join(name);
        fs::write(path("red"), "").unwrap();
        fs::write(path("a b\n"), "").unwrap();
        fs::write(path("note"), "text").unwrap();
        fs::create_dir(path("directory")).unwrap();
        symlink("note", path("link")).unwrap();
        symlink("/proc/self/ns/net", path("own")).unwrap();
        symlink("nowhere", path("broken")).unwrap();
        let process = format!("/proc/{}", std::process::id());
        symlink(format!("{process}/ns/net"), path("process")).unwrap();
        symlink(format!("{process}/nothing"), path("alive")).unwrap();
        fs::write(path("twice"), "").unwrap();
        fs::hard_link(path("twice"), path("thrice")).unwrap();
        let survey = directory.survey(Duration::ZERO).unwrap();
        let stale = remnants(&survey);
        let names: Vec<_> = stale.iter().map(|(name, _)| name.as_os_str()).collect();
        assert_eq!(names, ["a b\n", "broken", "red"]);
        let namespaces = |(_, kind): &&(Name, Kind)| matches!(kind, Kind::Namespace(_));
        let namespaces: Vec<_> = survey.names.iter().filter(namespaces).collect();
        assert_eq!(namespaces.len(), 1, "{namespaces:?}");
        assert_eq!(namespaces[0].0.as_os_str(), "process");
        let removed = directory.remove(&stale).unwrap();
        assert_eq!(removed, [Removal::Removed; 3]);
        assert_eq!(fs::read_dir(&place.0).unwrap().count(), 8);
    }

    #[test]
    fn a_file_that_is_another_by_now_is_left_alone() {
        let (place, directory) = Place::new("changed");
        let path = place.0.join("red");
        fs::write(&path, "").unwrap();
        let stale = remnants(&directory.survey(YOUNG).unwrap());
        // Kept, so that its inode number stays in use.
        fs::rename(&path, place.0.join("other")).unwrap();
        fs::write(&path, "").unwrap();
        let removed = directory.remove(&stale).unwrap();
        assert_eq!(removed, [Removal::Changed]);
        fs::remove_file(&path).unwrap();
        let removed = directory.remove(&stale).unwrap();
        assert_eq!(removed, [Removal::Changed]);
    }

    #[test]
    fn who_keeps_the_lock_is_not_waited_for_for_ever() {
        use nix::fcntl::{Flock, FlockArg};

        let (place, directory) = Place::new("locked");
        fs::write(place.0.join("red"), "").unwrap();
        let stale = remnants(&directory.survey(Duration::ZERO).unwrap());
        let kept = File::open(&place.0).unwrap();
        let kept = Flock::lock(kept, FlockArg::LockExclusive).unwrap();
        let refused = directory.remove(&stale).unwrap_err().to_string();
        let told = format!("somebody holds the lock on {}", place.0.display());
        assert_eq!(refused, told);
        drop(kept);
        assert_eq!(directory.remove(&stale).unwrap(), [Removal::Removed]);
    }

    #[test]
    fn a_young_name_is_young_and_a_directory_that_is_not_there_has_none() {
        let (place, directory) = Place::new("young");
        fs::write(place.0.join("red"), "").unwrap();
        let name = Name::new("red".as_ref()).unwrap();
        let (kind, _) = directory.kind(&name, YOUNG).unwrap().unwrap();
        assert!(matches!(kind, Kind::Young(_)), "{kind:?}");
        // Its time may be yet to come, where the clock was set.
        let file = File::options().write(true).open(place.0.join("red"));
        let soon = std::time::SystemTime::now() + YOUNG;
        file.unwrap().set_modified(soon).unwrap();
        let kind = |young| directory.kind(&name, young).unwrap().unwrap().0;
        assert!(matches!(kind(YOUNG), Kind::Young(_)));
        assert!(!matches!(kind(Duration::ZERO), Kind::Young(_)));
        let other = Name::new("blue".as_ref()).unwrap();
        assert_eq!(directory.kind(&other, YOUNG).unwrap(), None);
        let nowhere = Directory::at("/nonexistent/netns");
        assert_eq!(nowhere.survey(YOUNG).unwrap(), Survey::default());
    }
}
