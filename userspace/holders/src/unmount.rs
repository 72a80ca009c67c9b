// SPDX-License-Identifier: MIT OR Apache-2.0

//! Takes bind mounts of network namespaces away, in any mount namespace.
//!
//! umount(8) cannot: in the mount namespace of a container it looks for itself in a /proc that does not know
//! it, and `nsenter` runs whatever the container has under that name.

use std::fs::{File, OpenOptions};
use std::os::fd::AsRawFd;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use homeward_netns::{errno_of, in_mount_namespace, mountinfo};
use nix::errno::Errno;
use nix::fcntl::{openat, OFlag};
use nix::mount::{mount, umount2, MntFlags, MsFlags};
use nix::sched::{unshare, CloneFlags};
use nix::sys::stat::Mode;
use nix::unistd::fchdir;
use rustix::fd::OwnedFd;
use rustix::fs::{
    openat2, statat, statx, unlinkat, AtFlags, FileType, OFlags, ResolveFlags, StatxFlags, CWD,
};

use crate::error::{Error, Result};
use crate::mountinfo::{Line, Place, Table};

const NONE: Option<&str> = None;

/// Unmounts the network namespace with inode number `inum` from `path`, seen from the root of the mount
/// namespace that a file leads to, as /proc/PID/ns/mnt; None is that of the caller. Nothing is run there,
/// and no symbolic link is followed.
///
/// Where something else covers the mount, that stays: the file below is removed, which takes away what is
/// mounted on it in all mount namespaces (`detach_mounts()`). Only an empty one is, as that of a name is.
///
/// Needs CAP_SYS_PTRACE for that file, CAP_SYS_ADMIN in the user namespaces of the caller and of the mount
/// namespace, and Linux 5.8.
pub fn unmount(mounts: Option<&Path>, inum: u64, path: &Path) -> Result<()> {
    let namespace = mounts.map(open_namespace).transpose()?;
    let work = |proc: &File| Ok(take_away(proc, inum, path));
    in_mount_namespace(namespace.as_ref(), work).map_err(|errno| Error::Enter { errno })?
}

/// Another kind of file may keep who opens it waiting.
fn open_namespace(path: &Path) -> Result<File> {
    let flags = OFlag::O_NONBLOCK.bits();
    let file = OpenOptions::new().read(true).custom_flags(flags).open(path);
    file.map_err(|error| Error::Read {
        path: path.to_owned(),
        errno: errno_of(&error),
    })
}

fn take_away(proc: &File, inum: u64, path: &Path) -> Result<()> {
    let failed = |errno| Error::Unmount {
        path: path.to_owned(),
        errno,
    };
    let table = || {
        mountinfo(proc)
            .map(|table| Table::read(&table))
            .map_err(failed)
    };
    let all = table()?;
    let mounted = newest(&all, inum, path).ok_or_else(|| Error::NotMounted {
        path: path.to_owned(),
    })?;
    if covered(&all, inum, path).is_none() {
        return detach(proc, path, Some(mounted.id)).map_err(failed);
    }
    // In a copy of the mount namespace, all of that can go.
    unshare(CloneFlags::CLONE_NEWNS).map_err(failed)?;
    let private = MsFlags::MS_PRIVATE | MsFlags::MS_REC;
    mount(NONE, "/", NONE, private, NONE).map_err(failed)?;
    let copy = table()?;
    uncover(proc, &copy, inum, path).map_err(failed)?;
    remove(path)
}

fn newest<'t>(table: &'t Table, inum: u64, path: &Path) -> Option<&'t Line> {
    table.of(inum).find(|line| line.point == path)
}

/// One that something else covers, also where another one is on top of all.
fn covered<'t>(table: &'t Table, inum: u64, path: &Path) -> Option<&'t Line> {
    let mut there = table.of(inum).filter(|line| line.point == path);
    there.find(|line| !table.covers(line).is_empty())
}

/// Takes away what is mounted on the file below a path, and what covers that.
fn uncover(proc: &File, table: &Table, inum: u64, path: &Path) -> std::result::Result<(), Errno> {
    let place = |line: &Line| Place::new(line, table.parent(line)?);
    let wanted = covered(table, inum, path).ok_or(Errno::ESTALE)?;
    let file = place(wanted);
    let same = |line: &&Line| line.id == wanted.id || (file.is_some() && place(line) == file);
    let with_covers = table
        .of(inum)
        .filter(same)
        .map(|line| (line, table.covers(line)));
    let (open, covered): (Vec<_>, Vec<_>) = with_covers.partition(|(_, covers)| covers.is_empty());
    for (line, covers) in open.iter().chain(&covered) {
        for path in covers.iter().chain([&line.point]) {
            detach(proc, path, None)?;
        }
    }
    Ok(())
}

/// Opens what a path leads to, which has no symbolic link in it where it is that of a mount.
fn open(path: &Path) -> std::result::Result<OwnedFd, Errno> {
    let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let found = openat2(
        CWD,
        path,
        flags,
        rustix::fs::Mode::empty(),
        ResolveFlags::NO_SYMLINKS,
    );
    found.map_err(|errno| Errno::from_raw(errno.raw_os_error()))
}

/// Unmounts what is on top at a path, if it is the mount with this id, and whatever uses it. By a
/// descriptor: a tenant can have its paths lead elsewhere at any moment.
fn detach(proc: &File, path: &Path, id: Option<u64>) -> std::result::Result<(), Errno> {
    let top = open(path)?;
    let known = statx(&top, "", AtFlags::EMPTY_PATH, StatxFlags::MNT_ID);
    let known = known.map_err(|errno| Errno::from_raw(errno.raw_os_error()))?;
    if id.is_some_and(|id| id != known.stx_mnt_id) {
        return Err(Errno::ESTALE);
    }
    let flags = OFlag::O_PATH | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC;
    let descriptors = openat(proc, "fd", flags, Mode::empty())?;
    fchdir(descriptors)?;
    umount2(top.as_raw_fd().to_string().as_str(), MntFlags::MNT_DETACH)
}

/// Removes an empty file.
fn remove(path: &Path) -> Result<()> {
    let failed = |errno| Error::Remove {
        path: path.to_owned(),
        errno,
    };
    let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else {
        return Err(failed(Errno::EBUSY));
    };
    let parent = open(parent).map_err(failed)?;
    let raw = |errno: rustix::io::Errno| failed(Errno::from_raw(errno.raw_os_error()));
    let file = statat(&parent, name, AtFlags::SYMLINK_NOFOLLOW).map_err(raw)?;
    let empty = FileType::from_raw_mode(file.st_mode) == FileType::RegularFile && file.st_size == 0;
    match empty {
        true => unlinkat(&parent, name, AtFlags::empty()).map_err(raw),
        false => Err(Error::InUse {
            path: path.to_owned(),
        }),
    }
}
