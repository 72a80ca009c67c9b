// SPDX-License-Identifier: MIT OR Apache-2.0

//! The directory of names: a shared mount point with one bind mount for each name.

use std::ffi::OsStr;
use std::fs::{self, DirBuilder, OpenOptions};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::thread;

use nix::errno::Errno;
use nix::fcntl::{AtFlags, OFlag, AT_FDCWD};
use nix::mount::{mount, umount2, MntFlags, MsFlags};
use nix::sched::{unshare, CloneFlags};
use nix::unistd::{faccessat, AccessFlags};

use crate::behind::leads_home;
use crate::error::{errno_of, Error, Result};
use crate::name::Name;
use crate::open::open_file;

/// Where iproute2 keeps names.
pub const RUN_DIR: &str = "/run/netns";

const NONE: Option<&str> = None;

/// A directory of names.
#[derive(Debug, Clone)]
pub struct Directory {
    path: PathBuf,
}

/// A name in the directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The name.
    pub name: Name,
    /// Inode number in nsfs; None when there is a file, but no namespace behind it.
    pub inum: Option<u64>,
}

impl Default for Directory {
    fn default() -> Self {
        Directory::at(RUN_DIR)
    }
}

impl Directory {
    /// A directory elsewhere.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Directory { path: path.into() }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The file of a name.
    pub fn file(&self, name: &Name) -> PathBuf {
        self.path.join(name.as_os_str())
    }

    /// All names, in the order of the directory. None is there when the directory is not.
    pub fn list(&self) -> Result<Vec<Entry>> {
        let entries = match fs::read_dir(&self.path) {
            Ok(entries) => entries,
            Err(error) if none_there(&error) => return Ok(Vec::new()),
            Err(error) => return Err(self.read_error(&error)),
        };
        let nsfs = fs::metadata("/proc/self/ns/net").map(|own| own.dev()).ok();
        let mut list = Vec::new();
        for entry in entries {
            let entry = entry.map_err(|error| self.read_error(&error))?;
            let Ok(name) = Name::new(&entry.file_name()) else {
                continue;
            };
            // A link to one's own namespace is a name of none.
            let own =
                entry.file_type().is_ok_and(|kind| kind.is_symlink()) && leads_home(&entry.path());
            // One that was removed meanwhile has no inode either.
            let inum = fs::metadata(entry.path())
                .ok()
                .filter(|file| Some(file.dev()) == nsfs && !own)
                .map(|file| file.ino());
            list.push(Entry { name, inum });
        }
        Ok(list)
    }

    /// Opens the namespace of a name.
    pub fn open(&self, name: &Name) -> Result<OwnedFd> {
        open_file(&self.file(name), &name.to_string())
    }

    /// Opens what `ip -netns` opens: the word need not be a name.
    pub fn open_word(&self, word: &OsStr) -> Result<OwnedFd> {
        // Not joined: an absolute path stays below the directory.
        let mut path = self.path.clone().into_os_string();
        path.push("/");
        path.push(word);
        open_file(Path::new(&path), &Path::new(word).display().to_string())
    }

    /// Makes a new network namespace and gives it a name.
    pub fn add(&self, name: &Name) -> Result<()> {
        let path = self.file(name);
        check_free(&path)?;
        self.prepare()?;
        self.create(&path)?;
        bind_new(name, &path).inspect_err(|_| {
            // The first error is the one to tell.
            let _ = self.delete(name);
        })
    }

    /// Takes a name away. The namespace goes with it unless somebody else holds it.
    pub fn delete(&self, name: &Name) -> Result<()> {
        let path = self.file(name);
        // First, as the namespace may end with the mount.
        let removed = self.check_writable().and_then(|()| {
            // Fails for a file with nothing mounted on it, which can be removed all the same.
            let _ = unmount(&path);
            match fs::remove_file(&path).map_err(|error| errno_of(&error)) {
                // More is mounted on it, perhaps where no path leads.
                Err(Errno::EBUSY) => self.delete_all_of(&path),
                other => other,
            }
        });
        removed.map_err(|errno| Error::Remove { path, errno })
    }

    /// Whether names can be removed: the file system may be read-only, or that may not be permitted.
    fn check_writable(&self) -> std::result::Result<(), Errno> {
        // With a dot, so that for a file in its place the error is that of a removal.
        let place = self.path.join(".");
        let how = AccessFlags::W_OK | AccessFlags::X_OK;
        faccessat(AT_FDCWD, &place, how, AtFlags::AT_EACCESS)
    }

    /// Gives a name to the namespace of a process.
    pub fn attach(&self, name: &Name, pid: i32) -> Result<()> {
        let to = self.file(name);
        check_free(&to)?;
        self.prepare()?;
        self.create(&to)?;
        let from = PathBuf::from(format!("/proc/{pid}/ns/net"));
        mount(Some(&from), &to, NONE, MsFlags::MS_BIND, NONE).map_err(|errno| {
            // The first error is the one to tell.
            let _ = fs::remove_file(&to);
            Error::Bind { from, to, errno }
        })
    }

    fn create(&self, path: &Path) -> Result<()> {
        // Exclusive, so that of two callers with one name the second is refused; never readable,
        // so that a name without namespace is of no use to anybody.
        OpenOptions::new()
            .read(true)
            .custom_flags((OFlag::O_CREAT | OFlag::O_EXCL).bits())
            .mode(0o000)
            .open(path)
            .map(drop)
            .map_err(|error| {
                let (path, errno) = (path.to_owned(), errno_of(&error));
                Error::Create { path, errno }
            })
    }

    /// Makes the directory if it is not there.
    pub(crate) fn make(&self) -> Result<()> {
        match DirBuilder::new().mode(0o755).create(&self.path) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                let (path, errno) = (self.path.clone(), errno_of(&error));
                Err(Error::MakeDirectory { path, errno })
            }
            _ => Ok(()),
        }
    }

    fn read_error(&self, error: &io::Error) -> Error {
        let (path, errno) = (self.path.clone(), errno_of(error));
        Error::Read { path, errno }
    }
}

/// Takes off what is mounted on a name; of a link, not what is mounted on what it leads to.
pub(crate) fn unmount(path: &Path) -> std::result::Result<(), Errno> {
    umount2(path, MntFlags::MNT_DETACH | MntFlags::UMOUNT_NOFOLLOW)
}

/// Refuses a name that is there, before anything is made for it.
fn check_free(path: &Path) -> Result<()> {
    match fs::symlink_metadata(path) {
        Ok(_) => Err(Error::Create {
            path: path.to_owned(),
            errno: Errno::EEXIST,
        }),
        Err(_) => Ok(()),
    }
}

/// Whether there is no directory, but perhaps a file.
fn none_there(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}

/// Makes a network namespace in a thread of its own, so that the caller stays where it is, and binds
/// it to a file.
fn bind_new(name: &Name, path: &Path) -> Result<()> {
    let work = || {
        unshare(CloneFlags::CLONE_NEWNET).map_err(|errno| {
            let name = name.to_string();
            Error::Unshare { name, errno }
        })?;
        let from = Path::new("/proc/thread-self/ns/net");
        mount(Some(from), path, NONE, MsFlags::MS_BIND, NONE).map_err(|errno| {
            let (from, to) = ("/proc/self/ns/net".into(), path.to_owned());
            Error::Bind { from, to, errno }
        })
    };
    in_thread(work)?
}

/// Runs `work` in a thread that may leave its namespace.
pub(crate) fn in_thread<T: Send>(work: impl FnOnce() -> T + Send) -> Result<T> {
    let failed = |errno| Error::System {
        what: "starting a thread",
        errno,
    };
    thread::scope(|scope| {
        thread::Builder::new()
            .spawn_scoped(scope, work)
            .map_err(|error| failed(errno_of(&error)))?
            .join()
            .map_err(|_| failed(Errno::ECANCELED))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_that_is_not_there_has_no_names() {
        assert_eq!(Directory::at("/nonexistent/netns").list().unwrap(), []);
    }

    #[test]
    fn a_file_without_namespace_is_listed_as_stale() {
        let path = std::env::temp_dir().join(format!("hwtest-{}", std::process::id()));
        fs::create_dir(&path).unwrap();
        fs::write(path.join("red"), "").unwrap();
        let directory = Directory::at(&path);
        let list = directory.list().unwrap();
        let name = Name::new(OsStr::new("red")).unwrap();
        directory.delete(&name).unwrap();
        let again = directory.delete(&name).unwrap_err();
        fs::remove_dir(&path).unwrap();
        assert_eq!(list, [Entry { name, inum: None }]);
        assert_eq!(
            again.to_string(),
            format!(
                "Cannot remove namespace file \"{}/red\": No such file or directory",
                path.display()
            )
        );
    }
}
