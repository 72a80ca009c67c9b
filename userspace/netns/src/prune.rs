// SPDX-License-Identifier: MIT OR Apache-2.0

//! Names whose namespace is gone: what is left of them is an empty file.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io;
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use nix::errno::Errno;
use nix::fcntl::{AtFlags, Flock, FlockArg};
use nix::sys::stat::{fstat, fstatat, FileStat, SFlag};
use nix::unistd::{unlinkat, UnlinkatFlags};

use crate::directory::Directory;
use crate::error::{errno_of, Error, Result};
use crate::mounts::namespace_files;
use crate::name::Name;
use crate::processes::in_initial_pid_namespace;

/// A name with nothing but an empty file behind it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stale {
    /// The name.
    pub name: Name,
    /// When its file was made, by the clock of the system.
    pub made: SystemTime,
    inode: u64,
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

/// Where the mounts of named namespaces are to be seen.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Mounted {
    /// File names of the mounts, each with a process that sees it.
    pub files: BTreeMap<OsString, u32>,
    /// Number of processes whose mounts the caller may not see.
    pub hidden: usize,
    /// Whether the caller is in a pid namespace that has not all processes of the system.
    pub confined: bool,
}

impl Stale {
    /// How long ago its file was made; None when the clock says that this is yet to come.
    pub fn age(&self) -> Option<Duration> {
        self.made.elapsed().ok()
    }

    /// What a file is, if it is an empty one that nothing is mounted on and that has no other name.
    fn new(name: Name, file: &FileStat, directory: &FileStat) -> Option<Self> {
        let kind = SFlag::from_bits_truncate(file.st_mode) & SFlag::S_IFMT;
        let empty = kind == SFlag::S_IFREG && file.st_size == 0 && file.st_nlink == 1;
        let seconds = u64::try_from(file.st_mtime).unwrap_or_default();
        let rest = u64::try_from(file.st_mtime_nsec).unwrap_or_default();
        let since = Duration::from_secs(seconds) + Duration::from_nanos(rest);
        (empty && file.st_dev == directory.st_dev).then_some(Stale {
            name,
            made: SystemTime::UNIX_EPOCH + since,
            inode: file.st_ino,
        })
    }
}

impl Directory {
    /// The names with nothing but an empty file behind them, in alphabetical order. That may be a name
    /// whose namespace was mounted elsewhere only ([`namespace_mounts`]), or one that is just being
    /// made: nothing but its age tells.
    pub fn stale(&self) -> Result<Vec<Stale>> {
        let directory = match File::open(self.path()) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            other => other.map_err(|error| self.unreadable(errno_of(&error)))?,
        };
        let own = fstat(&directory).map_err(|errno| self.unreadable(errno))?;
        let entries =
            fs::read_dir(self.path()).map_err(|error| self.unreadable(errno_of(&error)))?;
        let mut list = Vec::new();
        for entry in entries {
            let entry = entry.map_err(|error| self.unreadable(errno_of(&error)))?;
            if let Ok(name) = Name::new(&entry.file_name()) {
                list.extend(look(&directory, &own, &name));
            }
        }
        list.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(list)
    }

    /// Removes names, each only if it still is what it was, under the lock that others take to make
    /// names. The answers are in the order of the names.
    pub fn remove_stale(&self, stale: &[Stale]) -> Result<Vec<Removal>> {
        let directory = File::open(self.path()).map_err(|error| {
            let (path, errno) = (self.path().to_owned(), errno_of(&error));
            Error::OpenDirectory { path, errno }
        })?;
        let lock = Flock::lock(directory, FlockArg::LockExclusive).map_err(|(_, errno)| {
            let path = self.path().to_owned();
            Error::Lock { path, errno }
        })?;
        let own = fstat(&*lock).map_err(|errno| self.unreadable(errno))?;
        let remove = |stale: &Stale| match look(&*lock, &own, &stale.name) {
            Some(now) if now == *stale => {
                let name = stale.name.as_os_str();
                // The kernel refuses it if something has been mounted there since.
                match unlinkat(&*lock, name, UnlinkatFlags::NoRemoveDir) {
                    Ok(()) => Removal::Removed,
                    Err(Errno::EBUSY) => Removal::Changed,
                    Err(errno) => Removal::Failed(errno),
                }
            }
            _ => Removal::Changed,
        };
        Ok(stale.iter().map(remove).collect())
    }

    fn unreadable(&self, errno: Errno) -> Error {
        let path = self.path().to_owned();
        Error::Read { path, errno }
    }
}

fn look(directory: impl AsFd, own: &FileStat, name: &Name) -> Option<Stale> {
    // Of a mount, this is what is mounted.
    let file = fstatat(directory, name.as_os_str(), AtFlags::AT_SYMLINK_NOFOLLOW).ok()?;
    Stale::new(name.clone(), &file, own)
}

/// Looks through the mounts of all processes for network namespaces on files with one of these names,
/// in whatever directory: to remove a file here takes away what is mounted on it in any mount
/// namespace. Also finds those here that another mount covers.
pub fn namespace_mounts(names: &BTreeSet<&OsStr>) -> Result<Mounted> {
    let proc = Path::new("/proc");
    let unreadable = |error: io::Error| {
        let (path, errno) = (PathBuf::from(proc), errno_of(&error));
        Error::Read { path, errno }
    };
    let mut mounted = Mounted {
        confined: !in_initial_pid_namespace(),
        ..Mounted::default()
    };
    let mut seen = BTreeSet::new();
    for entry in fs::read_dir(proc).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let pid = entry.file_name();
        let Some(pid) = pid.to_str().and_then(|pid| pid.parse::<u32>().ok()) else {
            continue;
        };
        let path = entry.path();
        let table = match fs::read_link(path.join("ns/mnt")) {
            Ok(link) if seen.contains(&link) => continue,
            // Seen only when it could be read: this process may end, and another be in there.
            Ok(link) => fs::read(path.join("mountinfo")).inspect(|_| {
                seen.insert(link);
            }),
            Err(error) => Err(error),
        };
        match table {
            Ok(table) => {
                let files = namespace_files(&table);
                let names = files.filter_map(|file| {
                    let name = file.file_name()?;
                    names.contains(name).then(|| name.to_owned())
                });
                for name in names {
                    mounted.files.entry(name).or_insert(pid);
                }
            }
            // The kernel also says so of one that has just ended, as others have.
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                mounted.hidden += usize::from(path.exists());
            }
            Err(_) => {}
        }
    }
    Ok(mounted)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    struct Place(PathBuf);

    impl Place {
        fn new(name: &str) -> (Self, Directory) {
            let name = format!("hwtest-prune-{name}-{}", std::process::id());
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

    #[test]
    fn only_empty_files_of_one_name_are_stale() {
        let (place, directory) = Place::new("kinds");
        let path = |name| place.0.join(name);
        fs::write(path("red"), "").unwrap();
        fs::write(path("a b\n"), "").unwrap();
        fs::write(path("note"), "text").unwrap();
        fs::create_dir(path("directory")).unwrap();
        symlink("red", path("link")).unwrap();
        symlink("nowhere", path("broken")).unwrap();
        fs::write(path("twice"), "").unwrap();
        fs::hard_link(path("twice"), path("thrice")).unwrap();
        let stale = directory.stale().unwrap();
        let names: Vec<_> = stale.iter().map(|stale| stale.name.as_os_str()).collect();
        assert_eq!(names, ["a b\n", "red"]);
        let removed = directory.remove_stale(&stale).unwrap();
        assert_eq!(removed, [Removal::Removed, Removal::Removed]);
        assert_eq!(fs::read_dir(&place.0).unwrap().count(), 6);
    }

    #[test]
    fn a_file_that_is_another_by_now_is_left_alone() {
        let (place, directory) = Place::new("changed");
        let path = place.0.join("red");
        fs::write(&path, "").unwrap();
        let stale = directory.stale().unwrap();
        // Kept, so that its inode number stays in use.
        fs::rename(&path, place.0.join("other")).unwrap();
        fs::write(&path, "").unwrap();
        let removed = directory.remove_stale(&stale).unwrap();
        assert_eq!(removed, [Removal::Changed]);
        fs::remove_file(&path).unwrap();
        let removed = directory.remove_stale(&stale).unwrap();
        assert_eq!(removed, [Removal::Changed]);
    }

    #[test]
    fn a_directory_that_is_not_there_has_nothing_stale() {
        assert_eq!(Directory::at("/nonexistent/netns").stale().unwrap(), []);
    }
}
