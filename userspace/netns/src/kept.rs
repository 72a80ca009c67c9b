// SPDX-License-Identifier: MIT OR Apache-2.0

//! The mounts below a directory, kept aside as open trees while what is above them is replaced.

use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use rustix::fs::CWD;
use rustix::mount::{move_mount, open_tree, MoveMountFlags, OpenTreeFlags};

use crate::mounts::{self, Mount};

/// A mount that can be put back.
#[derive(Debug)]
pub(crate) struct Kept {
    /// Where it was.
    pub(crate) path: PathBuf,
    tree: OwnedFd,
}

impl Kept {
    /// Puts it back.
    pub(crate) fn put_back(self) -> Result<(), Errno> {
        move_mount(
            &self.tree,
            "",
            CWD,
            &self.path,
            MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH,
        )
        .map_err(|error| Errno::from_raw(error.raw_os_error()))
    }
}

/// Keeps a copy of each mount below `root`, with all that is mounted below it in turn, but for those of
/// the `replaced` kind: containers have pieces of the old file system there, which would cover the new one.
/// What cannot be kept is left out: it would have been out of reach anyway.
pub(crate) fn keep_below(root: &Path, replaced: &str) -> Vec<Kept> {
    let mut table = mounts::own();
    table.retain(|mount| !mount.is_a(replaced));
    outermost(table, root)
        .into_iter()
        .filter_map(|path| {
            let flags = OpenTreeFlags::OPEN_TREE_CLONE
                | OpenTreeFlags::OPEN_TREE_CLOEXEC
                | OpenTreeFlags::AT_RECURSIVE;
            let tree = open_tree(CWD, &path, flags).ok()?;
            Some(Kept { path, tree })
        })
        .collect()
}

/// The mount points below `root` that are not below another of them.
pub(crate) fn outermost(table: Vec<Mount>, root: &Path) -> Vec<PathBuf> {
    let mut points: Vec<PathBuf> = table
        .into_iter()
        .map(|mount| mount.point)
        .filter(|point| point != root && point.starts_with(root))
        .collect();
    points.sort();
    // Sorted, a directory comes before what is below it.
    points.dedup_by(|later, earlier| later.starts_with(earlier));
    points
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_outermost_mounts_below_are_kept() {
        let table = b"\
            22 1 0:20 / /sys rw - sysfs sysfs rw\n\
            23 22 0:21 / /sys/fs/cgroup rw - tmpfs none rw\n\
            24 23 0:22 / /sys/fs/cgroup/cpu rw - cgroup none rw\n\
            25 22 0:23 / /sys/kernel/debug rw - debugfs none rw\n\
            26 22 0:24 / /sys/fs/cgroup2 rw - cgroup2 none rw\n\
            27 1 0:25 / /system rw - tmpfs none rw\n\
            28 22 0:26 / /sys/a\\040b rw - tmpfs none rw\n\
            broken\n";
        let kept = outermost(mounts::read(table), Path::new("/sys"));
        let expected = [
            "/sys/a b",
            "/sys/fs/cgroup",
            "/sys/fs/cgroup2",
            "/sys/kernel/debug",
        ];
        assert_eq!(kept, expected.map(PathBuf::from));
    }
}
