// SPDX-License-Identifier: MIT OR Apache-2.0

//! Mount namespaces that no task is in: a mount or a descriptor keeps them, as snapd and unshare(1)
//! make them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::os::fd::{AsFd, AsRawFd};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::fcntl::{openat, OFlag};
use nix::sys::stat::{fstat, Mode};

use crate::inside::in_mount_namespace;
use crate::mounts::{self, mountinfo};

/// Such mount namespaces: they are gathered, and then looked into.
#[derive(Debug, Default)]
pub struct Vacant {
    /// What need not be looked into, as a task sees all of it, or as it has been.
    seen: BTreeSet<u64>,
    /// What keeps each, and the namespace itself.
    kept: BTreeMap<u64, (PathBuf, Result<File, Errno>)>,
}

impl Vacant {
    /// None as yet.
    pub fn new() -> Self {
        Vacant::default()
    }

    /// A task sees all of this one.
    pub fn inhabited(&mut self, inum: u64) {
        self.seen.insert(inum);
        self.kept.remove(&inum);
    }

    /// Takes note of what is mounted, by the mountinfo of a task with this root.
    pub fn mounted(&mut self, root: &Path, table: &[u8]) {
        if let Ok(proc) = File::open("/proc/thread-self") {
            self.mounted_at(&proc, root, None, table);
        }
    }

    fn mounted_at(&mut self, proc: &File, root: &Path, outer: Option<&Path>, table: &[u8]) {
        const SIGN: &[u8] = b" mnt:[";
        if !table.windows(SIGN.len()).any(|part| part == SIGN) {
            return;
        }
        for mount in mounts::read(table) {
            if let Some(inum) = mount.mount_namespace() {
                let point = mount.point.strip_prefix("/").unwrap_or(&mount.point);
                let path = root.join(point);
                let file = || open(proc, &path, OFlag::O_NOFOLLOW, inum);
                self.add(inum, outer.unwrap_or(&path), file);
            }
        }
    }

    /// Takes note of a descriptor of a process, and what it leads to.
    pub fn descriptor(&mut self, path: &Path, link: &Path) {
        // The root is what the kernel shows of a file that was opened by a mount that is gone.
        let inum = mount_namespace(link).or_else(|| {
            let root = link == Path::new("/");
            let file = root.then(|| fs::metadata(path).ok()).flatten()?;
            (Some(file.dev()) == nsfs()).then(|| file.ino())
        });
        // There are many descriptors, and few of these.
        let Some(inum) = inum else { return };
        if let Ok(proc) = File::open("/proc/thread-self") {
            self.add(inum, path, || open(&proc, path, OFlag::empty(), inum));
        }
    }

    fn add(&mut self, inum: u64, path: &Path, open: impl FnOnce() -> Result<File, Errno>) {
        let known = self.kept.get(&inum).is_some_and(|(_, file)| file.is_ok());
        if !known && !self.seen.contains(&inum) {
            self.kept.insert(inum, (path.to_owned(), open()));
        }
    }

    /// Looks into each, from the inside, where not even /proc may be: `look` gets what keeps it, and its
    /// mountinfo. Returns what could not be looked into.
    pub fn visit(mut self, mut look: impl FnMut(&Path, &[u8]) + Send) -> Vec<(PathBuf, Errno)> {
        let mut unread = Vec::new();
        while let Some((inum, (path, file))) = self.kept.pop_first() {
            self.seen.insert(inum);
            let visited = file.and_then(|file| {
                in_mount_namespace(Some(&file), |proc| {
                    let table = mountinfo(proc)?;
                    look(&path, &table);
                    self.mounted_at(proc, Path::new("/"), Some(&path), &table);
                    Ok(())
                })
            });
            // Another kind of namespace has no mounts.
            match visited {
                Ok(()) | Err(Errno::EINVAL) => {}
                Err(errno) => unread.push((path, errno)),
            }
        }
        unread
    }
}

/// Opens what a path leads to if it is that namespace: another kind of file may wait for ever.
fn open(proc: &File, path: &Path, flags: OFlag, inum: u64) -> Result<File, Errno> {
    let flags = flags | OFlag::O_PATH | OFlag::O_CLOEXEC;
    let seen = nix::fcntl::open(path, flags, Mode::empty())?;
    let file = fstat(seen.as_fd())?;
    if file.st_ino != inum || fstat_of_nsfs(proc) != Some(file.st_dev) {
        return Err(Errno::ENOENT);
    }
    let again = format!("fd/{}", seen.as_raw_fd());
    let flags = OFlag::O_RDONLY | OFlag::O_CLOEXEC;
    openat(proc, again.as_str(), flags, Mode::empty()).map(File::from)
}

fn fstat_of_nsfs(proc: &File) -> Option<u64> {
    let flags = OFlag::O_PATH | OFlag::O_CLOEXEC;
    let own = openat(proc, "ns/mnt", flags, Mode::empty()).ok()?;
    Some(fstat(own).ok()?.st_dev)
}

fn nsfs() -> Option<u64> {
    Some(fs::metadata("/proc/thread-self/ns/mnt").ok()?.dev())
}

/// Reads `mnt:[4026532281]`.
pub(crate) fn mount_namespace(link: &Path) -> Option<u64> {
    let number = link.to_str()?.strip_prefix("mnt:[")?;
    number.strip_suffix(']')?.parse().ok()
}
