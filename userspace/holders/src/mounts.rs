// SPDX-License-Identifier: MIT OR Apache-2.0

//! Bind mounts of network namespaces, in every mount namespace that a task is in.

use std::collections::HashSet;
use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

use homeward_netns::unescape;

use crate::proc::{self, bracketed, number, Process};
use crate::walk::Task;

/// A bind mount of a network namespace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mount {
    /// Where it is, as seen by the process.
    pub path: PathBuf,
    /// Inode number in nsfs of the mount namespace that it is in.
    pub mount_namespace: u64,
    /// Whether that is the mount namespace of the caller, seen from the same root.
    pub own: bool,
    /// A process in that mount namespace.
    pub process: Process,
}

/// Finds the mounts of one network namespace.
#[derive(Debug)]
pub(crate) struct Mounts {
    wanted: u64,
    own: Option<(u64, PathBuf)>,
    /// Mount namespaces that have been read, each from a root: what is not below that is not shown.
    read: HashSet<(u64, PathBuf)>,
    /// Mounts that have been found from one root are found again from another.
    known: HashSet<(u64, u64)>,
    pub(crate) found: Vec<Mount>,
}

impl Mounts {
    pub(crate) fn of(wanted: u64) -> Self {
        let mut mounts = Mounts {
            wanted,
            own: None,
            read: HashSet::new(),
            known: HashSet::new(),
            found: Vec::new(),
        };
        let own = std::process::id();
        // First, so that its own paths are preferred.
        mounts.own = key(Path::new("/proc/thread-self"));
        mounts.look_at(own, Path::new("/proc/thread-self"));
        mounts
    }

    /// Reads the mounts that a task sees, if no other one sees the same.
    pub(crate) fn look(&mut self, task: &Task<'_>) {
        self.look_at(task.pid, task.dir);
    }

    fn look_at(&mut self, pid: u32, dir: &Path) {
        let Some(key) = key(dir) else { return };
        if self.read.contains(&key) {
            return;
        }
        // If it ends now, another one may tell.
        let Ok(table) = fs::read(dir.join("mountinfo")) else {
            return;
        };
        for (id, path) in of_namespace(&table, self.wanted) {
            if self.known.insert((key.0, id)) {
                self.found.push(Mount {
                    path,
                    mount_namespace: key.0,
                    own: self.own.as_ref() == Some(&key),
                    process: Process::new(pid),
                });
            }
        }
        self.read.insert(key);
    }
}

/// The mount namespace of a task, and its root.
fn key(dir: &Path) -> Option<(u64, PathBuf)> {
    let namespace = proc::namespace(dir, "mnt").ok()?;
    Some((namespace, fs::read_link(dir.join("root")).ok()?))
}

/// Ids and mount points of the mounts of one network namespace in a mountinfo table.
fn of_namespace(table: &[u8], wanted: u64) -> Vec<(u64, PathBuf)> {
    table
        .split(|byte| *byte == b'\n')
        .filter_map(|line| {
            let mut fields = line.split(|byte| *byte == b' ');
            let id = number(fields.next()?)?;
            let root = fields.nth(2)?;
            let point = fields.next()?;
            // The root of a mount is chosen by whoever made the directory; the type is not.
            let kind = fields.skip_while(|field| *field != b"-").nth(1)?;
            let it = kind == b"nsfs" && bracketed(root, "net") == Some(wanted);
            it.then(|| (id, PathBuf::from(OsString::from_vec(unescape(point)))))
        })
        .collect()
}

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_mounts_of_this_namespace_are_taken() {
        let table = b"\
            22 1 0:20 / /run/netns rw shared:5 - tmpfs tmpfs rw\n\
            41 22 0:4 net:[4026532281] /run/netns/red rw shared:7 - nsfs nsfs rw\n\
            42 22 0:4 net:[4026532300] /run/netns/blue rw - nsfs nsfs rw\n\
            43 22 0:4 mnt:[4026532281] /run/mnt rw - nsfs nsfs rw\n\
            44 22 0:9 net:[4026532281] /fake rw - tmpfs nsfs rw\n\
            45 22 0:4 net:[4026532281] /a\\040b rw shared:1 master:2 - nsfs nsfs rw\n\
            46 22 0:4 net:[4026532281] /\xff rw - nsfs nsfs rw\n\
            broken\n\
            47 22 0:4 net:[4026532281] /cut";
        let found = of_namespace(table, 4026532281);
        let path = |bytes: &[u8]| PathBuf::from(OsString::from_vec(bytes.to_vec()));
        let expected = [
            (41, path(b"/run/netns/red")),
            (45, path(b"/a b")),
            (46, path(b"/\xff")),
        ];
        assert_eq!(found, expected);
    }
}
