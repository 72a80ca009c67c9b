// SPDX-License-Identifier: MIT OR Apache-2.0

//! The way out of a VRF that `ip vrf exec` has put this process into.

use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use rustix::fs::{openat, Mode, OFlags};
use rustix::mount::{fsconfig_create, fsmount, fsopen, FsMountFlags, FsOpenFlags, MountAttrFlags};

use crate::error::errno_of;
use crate::mounts::trees_of;

const PROCESSES: &str = "cgroup.procs";

/// Why a process stays in the VRF that it is in, in the words of `ip`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum VrfError {
    /// There is no way to the control group.
    #[error("Failed to open cgroups.procs file: {}.", .0.desc())]
    Open(Errno),
    /// The kernel refuses to move it.
    #[error("Failed to join cgroup")]
    Join(Errno),
}

/// Takes this process out of the control group that binds its sockets to a VRF device: that device is
/// not in the namespace which is entered next. Where it is in none, nothing happens.
pub fn leave_vrf() -> Result<(), VrfError> {
    // Without /proc nobody can tell.
    let table = fs::read("/proc/self/cgroup").unwrap_or_default();
    let Some(group) = group_of_all(&table) else {
        return Ok(());
    };
    let mut file = open(&group).map_err(VrfError::Open)?;
    file.write_all(std::process::id().to_string().as_bytes())
        .map_err(|error| VrfError::Join(errno_of(&error)))
}

/// The group that holds those of all VRFs, if this process is somewhere below it: `.../vrf/NAME`.
fn group_of_all(table: &[u8]) -> Option<PathBuf> {
    let path = table
        .split(|byte| *byte == b'\n')
        .find_map(|line| line.strip_prefix(b"0::"))?;
    let path = Path::new(OsStr::from_bytes(path));
    // The outermost, as `ip` has it.
    let above = path.ancestors().skip(1);
    let found = above.filter(|group| group.ends_with("vrf")).last()?;
    Some(found.to_owned())
}

/// Opens what moves processes into a group, where it is mounted, or else in a mount that nobody sees.
fn open(group: &Path) -> Result<File, Errno> {
    let below = |(root, point): (PathBuf, PathBuf)| {
        let rest = group.strip_prefix(root).ok()?;
        Some(point.join(rest).join(PROCESSES))
    };
    let mounted = trees_of("cgroup2").into_iter().find_map(below);
    let Some(file) = mounted else {
        let file = group.strip_prefix("/").unwrap_or(group).join(PROCESSES);
        return unseen(&file).map_err(|error| Errno::from_raw(error.raw_os_error()));
    };
    let opened = OpenOptions::new().write(true).open(file);
    opened.map_err(|error| errno_of(&error))
}

fn unseen(file: &Path) -> rustix::io::Result<File> {
    let context = fsopen("cgroup2", FsOpenFlags::FSOPEN_CLOEXEC)?;
    fsconfig_create(&context)?;
    let root = fsmount(
        &context,
        FsMountFlags::FSMOUNT_CLOEXEC,
        MountAttrFlags::empty(),
    )?;
    let opened: OwnedFd = openat(root, file, OFlags::WRONLY | OFlags::CLOEXEC, Mode::empty())?;
    Ok(opened.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_group_of_a_vrf_is_left() {
        let group = |text: &str| group_of_all(text.as_bytes());
        for (text, found) in [
            ("0::/vrf/red\n", "/vrf"),
            ("1:cpu:/x\n0::/a/ns/vrf/red\n", "/a/ns/vrf"),
            // Of somebody who makes groups of his own there.
            ("0::/vrf/red/child\n", "/vrf"),
            ("0::/vrf/vrf\n", "/vrf"),
        ] {
            assert_eq!(group(text), Some(found.into()), "{text}");
        }
        for text in [
            "0::/\n",
            "0::/vrf\n",
            "0::/xvrf/a\n",
            "1:cpu:/vrf/red\n",
            "",
        ] {
            assert_eq!(group(text), None, "{text}");
        }
    }
}
