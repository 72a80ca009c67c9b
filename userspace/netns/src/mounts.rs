// SPDX-License-Identifier: MIT OR Apache-2.0

//! The mounts below a directory, kept aside as open trees while what is above them is replaced.

use std::ffi::OsString;
use std::fs;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use rustix::fs::CWD;
use rustix::mount::{move_mount, open_tree, MoveMountFlags, OpenTreeFlags};

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

/// Keeps a copy of each mount below `root`, with all that is mounted below it in turn. What cannot be
/// kept is left out: it would have been out of reach anyway.
pub(crate) fn keep_below(root: &Path) -> Vec<Kept> {
    let table = fs::read("/proc/thread-self/mountinfo").unwrap_or_default();
    outermost(&table, root)
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

/// The mount points below `root` in a mountinfo table that are not below another of them.
fn outermost(table: &[u8], root: &Path) -> Vec<PathBuf> {
    let mut points: Vec<PathBuf> = table
        .split(|byte| *byte == b'\n')
        .filter_map(|line| line.split(|byte| *byte == b' ').nth(4))
        .map(|field| PathBuf::from(OsString::from_vec(unescape(field))))
        .filter(|point| point != root && point.starts_with(root))
        .collect();
    points.sort();
    // Sorted, a directory comes before what is below it.
    points.dedup_by(|later, earlier| later.starts_with(earlier));
    points
}

/// What of file systems of a type is mounted, and where.
pub(crate) fn trees_of(kind: &str) -> Vec<(PathBuf, PathBuf)> {
    let table = fs::read("/proc/thread-self/mountinfo").unwrap_or_default();
    trees_in(&table, kind)
}

fn trees_in(table: &[u8], kind: &str) -> Vec<(PathBuf, PathBuf)> {
    let path = |field: &[u8]| PathBuf::from(OsString::from_vec(unescape(field)));
    let tree = |line: &[u8]| {
        let mut fields = line.split(|byte| *byte == b' ').skip(3);
        let (root, point) = (fields.next()?, fields.next()?);
        // After a variable number of others.
        let mut fields = fields.skip_while(|field| *field != b"-").skip(1);
        (fields.next()? == kind.as_bytes()).then(|| (path(root), path(point)))
    };
    table
        .split(|byte| *byte == b'\n')
        .filter_map(tree)
        .collect()
}

/// Whether what is mounted below a mount point is seen in other mount namespaces too; None when it is
/// no mount point.
pub(crate) fn shared(point: &Path) -> Option<bool> {
    let table = fs::read("/proc/thread-self/mountinfo").ok()?;
    shared_in(&table, point)
}

fn shared_in(table: &[u8], wanted: &Path) -> Option<bool> {
    let mut found = None;
    for line in table.split(|byte| *byte == b'\n') {
        let mut fields = line.split(|byte| *byte == b' ').skip(4);
        let Some(point) = fields.next() else {
            continue;
        };
        if Path::new(&OsString::from_vec(unescape(point))) == wanted {
            // Of several on top of one another, the last one counts.
            let optional = fields.skip(1).take_while(|field| *field != b"-");
            found = Some(
                optional
                    .into_iter()
                    .any(|field| field.starts_with(b"shared:")),
            );
        }
    }
    found
}

/// The files on which a network namespace is mounted, in a mountinfo table.
pub(crate) fn namespace_files(table: &[u8]) -> impl Iterator<Item = PathBuf> + '_ {
    table.split(|byte| *byte == b'\n').filter_map(|line| {
        let mut fields = line.split(|byte| *byte == b' ').skip(3);
        let root = fields.next()?;
        let point = fields.next()?;
        let point = || PathBuf::from(OsString::from_vec(unescape(point)));
        root.starts_with(b"net:[").then(point)
    })
}

/// Undoes the octal escapes of a field of mountinfo.
pub fn unescape(field: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(field.len());
    let mut rest = field;
    while let Some((first, tail)) = rest.split_first() {
        let octal = (*first == b'\\')
            .then(|| tail.get(..3))
            .flatten()
            .filter(|digits| digits.iter().all(u8::is_ascii_digit))
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .and_then(|digits| u8::from_str_radix(digits, 8).ok());
        match octal {
            Some(byte) => {
                bytes.push(byte);
                rest = tail.get(3..).unwrap_or_default();
            }
            None => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    bytes
}

#[cfg(test)]
mod properties;
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
        let kept = outermost(table, Path::new("/sys"));
        let expected = [
            "/sys/a b",
            "/sys/fs/cgroup",
            "/sys/fs/cgroup2",
            "/sys/kernel/debug",
        ];
        assert_eq!(kept, expected.map(PathBuf::from));
    }

    #[test]
    fn the_last_of_several_mounts_tells_whether_it_is_shared() {
        let table = b"\
            22 1 0:20 / /run/netns rw,nosuid - tmpfs tmpfs rw\n\
            23 22 0:20 / /run/netns rw,nosuid master:1 shared:5 - tmpfs tmpfs rw\n\
            24 1 0:20 / /mnt rw shared-not:x - tmpfs shared:9 rw\n";
        assert_eq!(shared_in(table, Path::new("/run/netns")), Some(true));
        assert_eq!(shared_in(table, Path::new("/mnt")), Some(false));
        assert_eq!(shared_in(table, Path::new("/run")), None);
    }

    #[test]
    fn only_network_namespaces_are_found_in_a_mountinfo_table() {
        let table = b"\
            22 1 0:4 net:[4026532281] /run/netns/a\\040b rw - nsfs nsfs rw\n\
            23 1 0:4 mnt:[4026532282] /run/mnt rw - nsfs nsfs rw\n\
            24 1 0:5 / /run rw - tmpfs tmpfs rw\n\
            25 1\n";
        let found: Vec<_> = namespace_files(table).collect();
        assert_eq!(found, [PathBuf::from("/run/netns/a b")]);
    }

    #[test]
    fn mounts_are_found_by_their_type() {
        let table = b"\
            22 1 0:20 / /a rw shared:1 - cgroup2 none rw\n\
            23 1 0:20 / /b rw - tmpfs cgroup2 rw\n\
            broken -\n\
            24 1 0:20 /x /c\\040d rw - cgroup2 cgroup2 rw\n";
        let found = trees_in(table, "cgroup2");
        let expected = [("/", "/a"), ("/x", "/c d")];
        assert_eq!(found, expected.map(|(a, b)| (a.into(), b.into())));
    }

    #[test]
    fn a_broken_escape_stays_as_it_is() {
        assert_eq!(unescape(b"a\\04"), b"a\\04");
        assert_eq!(unescape(b"\\999\\"), b"\\999\\");
        assert_eq!(unescape(b"\\+12"), b"\\+12");
        assert_eq!(unescape(b"\\134"), b"\\");
    }
}
