// SPDX-License-Identifier: MIT OR Apache-2.0

//! The way of this process into a network namespace, before it becomes a command.

use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::mount::{mount, umount2, MntFlags, MsFlags};
use nix::sched::{setns, unshare, CloneFlags};
use nix::sys::statvfs::{statvfs, FsFlags};
use rustix::fs::CWD;
use rustix::mount::{
    fsconfig_create, fsconfig_set_string, fsmount, fsopen, move_mount, FsMountFlags, FsOpenFlags,
    MountAttrFlags, MoveMountFlags,
};

use crate::error::{Error, Result};
use crate::etc::bind_all;
use crate::kept::{keep_below, Kept};

const NONE: Option<&str> = None;
const SYS: &str = "/sys";
const SYSFS: &str = "sysfs";

/// What to do on the way besides entering.
#[derive(Debug, Clone)]
pub struct Settings {
    /// A directory whose files are bound over those of /etc; nothing happens if it is not there.
    pub etc: Option<PathBuf>,
    /// Whether to put up a /sys that shows the namespace. What is mounted below it (cgroup, bpf,
    /// debugfs, tracefs, securityfs) stays within reach.
    pub sysfs: bool,
    /// What to call the namespace in errors.
    pub label: String,
}

/// Something on the way that failed without being worth a refusal.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Warning {
    /// A file could not be put over that of /etc.
    #[error("Bind {} -> {} failed: {}", .from.display(), .to.display(), .errno.desc())]
    Bind {
        /// The file of the namespace.
        from: PathBuf,
        /// The file of /etc.
        to: PathBuf,
        /// Why.
        errno: Errno,
    },
    /// The directory with the files of the namespace could not be read.
    #[error("cannot read {}: {}", .path.display(), .errno.desc())]
    Read {
        /// The directory.
        path: PathBuf,
        /// Why.
        errno: Errno,
    },
    /// What was mounted below /sys could not be put back.
    #[error("cannot keep {}: {}", .path.display(), .errno.desc())]
    Keep {
        /// Where it was.
        path: PathBuf,
        /// Why.
        errno: Errno,
    },
}

/// Moves this process into an open network namespace and gives it a mount namespace in which /sys
/// and /etc fit. Without anything to change there, the mount namespace stays the caller's. Only for a
/// process with one thread, about to become a command.
pub fn enter(namespace: impl AsFd, settings: &Settings) -> Result<Vec<Warning>> {
    setns(namespace, CloneFlags::CLONE_NEWNET).map_err(|errno| Error::Enter {
        name: settings.label.clone(),
        errno,
    })?;
    let mut warnings = Vec::new();
    if !settings.sysfs && settings.etc.is_none() {
        return Ok(warnings);
    }
    unshare(CloneFlags::CLONE_NEWNS).map_err(Error::UnshareMounts)?;
    // Nothing that is mounted from here on shall be seen outside.
    let flags = MsFlags::MS_SLAVE | MsFlags::MS_REC;
    mount(NONE, "/", NONE, flags, NONE).map_err(Error::Enslave)?;
    if settings.sysfs {
        let kept = keep_below(Path::new(SYS), SYSFS);
        mount_sys(&settings.label)?;
        warnings.extend(kept.into_iter().filter_map(put_back));
    }
    if let Some(directory) = &settings.etc {
        bind_all(directory, &mut warnings);
    }
    Ok(warnings)
}

/// sysfs shows the network namespace of the one who mounted it, so a new one is needed. In a user namespace there
/// is one only as long as another can be seen (`mount_too_revealing()`), so the old one goes after it is made.
fn mount_sys(label: &str) -> Result<()> {
    let new = new_sys(label);
    let gone = umount2(SYS, MntFlags::MNT_DETACH).is_ok();
    let put = |new| move_mount(new, "", CWD, SYS, MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH);
    new.and_then(put).or_else(|_| {
        // The new one goes on top. A read-only one cannot be covered by one that can be written.
        let fixed = || statvfs(SYS).is_ok_and(|system| system.flags().contains(FsFlags::ST_RDONLY));
        let flags = match !gone && fixed() {
            true => MsFlags::MS_RDONLY,
            false => MsFlags::empty(),
        };
        mount(Some(label), SYS, Some(SYSFS), flags, NONE).map_err(Error::MountSys)
    })
}

/// A new sysfs, not mounted yet. It cannot be written if the one that can be seen cannot.
fn new_sys(label: &str) -> rustix::io::Result<OwnedFd> {
    let system = fsopen(SYSFS, FsOpenFlags::FSOPEN_CLOEXEC)?;
    fsconfig_set_string(&system, "source", label)?;
    fsconfig_create(&system)?;
    let made = |attributes| fsmount(&system, FsMountFlags::FSMOUNT_CLOEXEC, attributes);
    made(MountAttrFlags::empty()).or_else(|_| made(MountAttrFlags::MOUNT_ATTR_RDONLY))
}

fn put_back(kept: Kept) -> Option<Warning> {
    let path = kept.path.clone();
    let errno = kept.put_back().err()?;
    Some(Warning::Keep { path, errno })
}
