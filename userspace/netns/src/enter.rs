// SPDX-License-Identifier: MIT OR Apache-2.0

//! The way of this process into a network namespace, before it becomes a command.

use std::fs;
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::mount::{mount, umount2, MntFlags, MsFlags};
use nix::sched::{setns, unshare, CloneFlags};
use nix::sys::statvfs::{statvfs, FsFlags};

use crate::error::{Error, Result};
use crate::mounts::{keep_below, Kept};
use crate::name::Name;

const NONE: Option<&str> = None;
const SYS: &str = "/sys";
const ETC: &str = "/etc";
const ETC_NETNS: &str = "/etc/netns";

/// What to do on the way besides entering.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Name of the namespace: the files of /etc/netns/NAME are bound over those of /etc.
    pub name: Option<Name>,
    /// What to call the namespace in errors.
    pub label: String,
    /// Whether what is mounted below /sys (cgroup, bpf, debugfs, tracefs) stays within reach.
    pub keep_mounts: bool,
}

/// Something on the way that failed without being worth a refusal.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Warning {
    /// A file of /etc/netns/NAME could not be put over that of /etc.
    #[error("Bind {} -> {} failed: {}", .from.display(), .to.display(), .errno.desc())]
    Bind {
        /// The file of /etc/netns/NAME.
        from: PathBuf,
        /// The file of /etc.
        to: PathBuf,
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

/// Moves this process into an open network namespace and gives it a mount namespace with a /sys that
/// shows it. Only for a process with one thread, about to become a command.
pub fn enter(namespace: impl AsFd, settings: &Settings) -> Result<Vec<Warning>> {
    setns(namespace, CloneFlags::CLONE_NEWNET).map_err(|errno| Error::Enter {
        name: settings.label.clone(),
        errno,
    })?;
    unshare(CloneFlags::CLONE_NEWNS).map_err(Error::UnshareMounts)?;
    // Nothing that is mounted from here on shall be seen outside.
    let flags = MsFlags::MS_SLAVE | MsFlags::MS_REC;
    mount(NONE, "/", NONE, flags, NONE).map_err(Error::Enslave)?;

    let kept = if settings.keep_mounts {
        keep_below(Path::new(SYS))
    } else {
        Vec::new()
    };
    mount_sys(&settings.label)?;
    let mut warnings: Vec<Warning> = kept.into_iter().filter_map(put_back).collect();
    if let Some(name) = &settings.name {
        bind_etc(name, &mut warnings);
    }
    Ok(warnings)
}

/// sysfs shows the network namespace of the one who mounted it, so a new one is needed.
fn mount_sys(label: &str) -> Result<()> {
    let mut flags = MsFlags::empty();
    if umount2(SYS, MntFlags::MNT_DETACH).is_err() {
        // The new one goes on top. A read-only one cannot be covered by one that can be written.
        if statvfs(SYS).is_ok_and(|system| system.flags().contains(FsFlags::ST_RDONLY)) {
            flags = MsFlags::MS_RDONLY;
        }
    }
    mount(Some(label), SYS, Some("sysfs"), flags, NONE).map_err(Error::MountSys)
}

fn put_back(kept: Kept) -> Option<Warning> {
    let path = kept.path.clone();
    let errno = kept.put_back().err()?;
    Some(Warning::Keep { path, errno })
}

fn bind_etc(name: &Name, warnings: &mut Vec<Warning>) {
    let directory = Path::new(ETC_NETNS).join(name.as_os_str());
    let Ok(entries) = fs::read_dir(directory) else {
        return;
    };
    for entry in entries.flatten() {
        let (from, to) = (entry.path(), Path::new(ETC).join(entry.file_name()));
        if let Err(errno) = mount(Some(&from), &to, NONE, MsFlags::MS_BIND, NONE) {
            warnings.push(Warning::Bind { from, to, errno });
        }
    }
}
