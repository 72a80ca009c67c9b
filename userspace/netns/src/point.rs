// SPDX-License-Identifier: MIT OR Apache-2.0

//! The mount that names are mounted on, and the names that were there before it.
//!
//! Names are to be seen in other mount namespaces too. Where the directory lies on a mount that is
//! shared, as systemd has /run, they are, and nothing is to be done: a mount point of its own would
//! cover what other programs have mounted there, in every mount namespace that it propagates to. Where
//! it does not, the directory is made a shared mount point, as iproute2 does it, and the names that are
//! there come along: none stays covered by it, as a covered one can be neither seen nor deleted.

use std::fs::{self, File, OpenOptions};
use std::os::fd::AsRawFd;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::fcntl::{Flock, FlockArg, OFlag};
use nix::mount::{mount, umount2, MntFlags, MsFlags};
use nix::sched::{unshare, CloneFlags};
use rustix::fs::{statx, AtFlags, StatxAttributes, StatxFlags};

use crate::directory::{in_thread, unmount, Directory};
use crate::error::{errno_of, Error, Result};
use crate::mounts;

const NONE: Option<&str> = None;
/// What others may need between looking up a path and mounting something there.
const SLOW_MOUNT: Duration = Duration::from_millis(20);
/// For how long somebody holds the lock who makes names or removes them.
const PATIENCE: Duration = Duration::from_secs(3);
const PAUSE: Duration = Duration::from_millis(10);

/// How what is mounted in the directory reaches other mount namespaces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Propagation {
    /// Whether the directory is a mount point of its own.
    pub own: bool,
    /// Whether the mount that it is, or lies on, is shared.
    pub shared: bool,
}

/// Takes the lock of whoever makes names or removes them. EWOULDBLOCK when somebody keeps it.
pub(crate) fn lock(mut directory: File) -> std::result::Result<Flock<File>, Errno> {
    let start = Instant::now();
    loop {
        match Flock::lock(directory, FlockArg::LockExclusiveNonblock) {
            Err((file, Errno::EWOULDBLOCK)) if start.elapsed() < PATIENCE => directory = file,
            other => return other.map_err(|(_, errno)| errno),
        }
        sleep(PAUSE);
    }
}

/// Whether the mount that a directory lies on is shared.
fn is_shared(directory: &File) -> bool {
    mounts::of_file(directory, &mounts::own()).is_some_and(|mount| mount.shared)
}

impl Directory {
    /// How what is mounted in it propagates; None when that cannot be known, or it is not there.
    pub fn propagation(&self) -> Option<Propagation> {
        let directory = File::open(self.path()).ok()?;
        let table = mounts::own();
        let shared = mounts::of_file(&directory, &table)?.shared;
        let found = statx(&directory, "", AtFlags::EMPTY_PATH, StatxFlags::empty()).ok()?;
        let own = found.stx_attributes.contains(StatxAttributes::MOUNT_ROOT);
        Some(Propagation { own, shared })
    }

    /// Sees to it that what is mounted in the directory propagates.
    pub(crate) fn prepare(&self) -> Result<()> {
        self.make()?;
        let opened = OpenOptions::new()
            .read(true)
            .custom_flags(OFlag::O_DIRECTORY.bits())
            .open(self.path());
        let directory = opened.map_err(|error| {
            let (path, errno) = (self.path().to_owned(), errno_of(&error));
            Error::OpenDirectory { path, errno }
        })?;
        if self.share_own()? || is_shared(&directory) {
            return Ok(());
        }
        // Without it, two callers would each put a mount upon the other's (iproute2 takes the same
        // lock). Where there are no locks, or somebody keeps it, as whoever can read the directory
        // may, that is a risk and no reason to refuse.
        let lock = directory.try_clone().map(lock);
        let result = match self.share_own() {
            Ok(false) => self.settle(&directory),
            other => other.map(drop),
        };
        drop(lock);
        result
    }

    /// Makes the directory shared if it is a mount point; false if it is none.
    fn share_own(&self) -> Result<bool> {
        match self.share() {
            Err(Error::Share {
                errno: Errno::EINVAL,
                ..
            }) => Ok(false),
            other => other.map(|()| true),
        }
    }

    fn share(&self) -> Result<()> {
        let flags = MsFlags::MS_SHARED | MsFlags::MS_REC;
        mount(NONE, self.path(), NONE, flags, NONE).map_err(|errno| {
            let path = self.path().to_owned();
            Error::Share { path, errno }
        })
    }

    /// Makes the directory a shared mount point, unless it lies on a mount that is shared.
    fn settle(&self, directory: &File) -> Result<()> {
        let table = mounts::own();
        let below = mounts::of_file(directory, &table);
        if below.is_some_and(|mount| mount.shared) {
            return Ok(());
        }
        let flags = MsFlags::MS_BIND | MsFlags::MS_REC;
        mount(Some(self.path()), self.path(), NONE, flags, NONE).map_err(|errno| {
            let path = self.path().to_owned();
            Error::MakeMountPoint { path, errno }
        })?;
        if let Some(below) = below {
            self.bring_up(directory, below.id);
        }
        // It keeps its master, if it has one: names from there are to be seen here as before.
        self.share()?;
        if let Some(below) = below {
            // Whoever had looked up the path of a name before, and then had to wait, mounts below even now.
            sleep(SLOW_MOUNT);
            self.bring_up(directory, below.id);
        }
        Ok(())
    }

    /// Takes away what is mounted on names below the new mount: a copy of it is on that. With one left
    /// below, the name's file could not be removed any more, nor would its namespace ever be free.
    fn bring_up(&self, covered: &File, below: u64) {
        let Ok(place) = fs::canonicalize(self.path()) else {
            return;
        };
        // Opened before it was covered, so it still leads there.
        let covered = format!("/proc/thread-self/fd/{}", covered.as_raw_fd());
        for mounted in mounts::own() {
            let Some(inum) = mounted.namespace().filter(|_| mounted.parent == below) else {
                continue;
            };
            let Ok(name) = mounted.point.strip_prefix(&place) else {
                continue;
            };
            let (from, to) = (Path::new(&covered).join(name), self.path().join(name));
            // One that was mounted just now has no copy yet.
            if !fs::metadata(&to).is_ok_and(|file| file.ino() == inum) {
                let _ = mount(Some(&from), &to, NONE, MsFlags::MS_BIND, NONE);
            }
            while umount2(&from, MntFlags::MNT_DETACH).is_ok() {}
        }
    }

    /// Removes a file on which more is mounted than a path leads to: below a mount that covers the
    /// directory, or several times. The kernel removes a file that is a mount point in other mount
    /// namespaces, and all that is mounted on it goes with it. So in a mount namespace of its own all
    /// that is in the way is taken off, which nobody else sees, and then the file is removed.
    pub(crate) fn delete_all_of(&self, path: &Path) -> std::result::Result<(), Errno> {
        let inode = |path: &Path| {
            fs::symlink_metadata(path)
                .ok()
                .map(|file| (file.dev(), file.ino()))
        };
        let work = || {
            let busy = |_| Errno::EBUSY;
            unshare(CloneFlags::CLONE_NEWNS).map_err(busy)?;
            let private = MsFlags::MS_PRIVATE | MsFlags::MS_REC;
            mount(NONE, "/", NONE, private, NONE).map_err(busy)?;
            let mut wanted = None;
            loop {
                while unmount(path).is_ok() {}
                let found = inode(path);
                // What comes to light may be another file with this name.
                if wanted.is_some() && wanted != found {
                    return Err(Errno::EBUSY);
                }
                wanted = found;
                match fs::remove_file(path).map_err(|error| errno_of(&error)) {
                    Err(Errno::EBUSY) => {
                        umount2(self.path(), MntFlags::MNT_DETACH).map_err(busy)?;
                    }
                    other => return other,
                }
            }
        };
        in_thread(work).map_err(|_| Errno::EBUSY)?
    }
}
