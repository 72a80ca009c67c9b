// SPDX-License-Identifier: MIT OR Apache-2.0

//! The mounts that a task sees, as /proc/PID/mountinfo has them.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::Read;
use std::os::fd::AsFd;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::fcntl::{openat, OFlag};
use nix::sys::stat::Mode;
use rustix::fs::{statx, AtFlags, StatxFlags};

use crate::error::errno_of;
use crate::vacant::mount_namespace;

/// A mount.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mount {
    /// Its id, and that of the mount it is mounted on.
    pub(crate) id: u64,
    pub(crate) parent: u64,
    /// Major and minor number of its file system.
    pub(crate) device: OsString,
    /// What of the file system is mounted: a path in it, or the likes of `net:[4026532281]`.
    pub(crate) root: PathBuf,
    /// Where it is mounted.
    pub(crate) point: PathBuf,
    /// Whether mounts below it are seen in other mount namespaces too.
    pub(crate) shared: bool,
    kind: Vec<u8>,
}

impl Mount {
    fn parse(line: &[u8]) -> Option<Self> {
        let mut fields = line.split(|byte| *byte == b' ');
        let mut field = || fields.next();
        let (id, parent) = (number(field()?)?, number(field()?)?);
        let device = OsString::from_vec(field()?.to_vec());
        let (root, point, _options) = (path(field()?), path(field()?), field()?);
        // A variable number of them, up to a dash.
        let mut optional = fields.by_ref().take_while(|field| *field != b"-");
        let shared = optional.any(|field| field.starts_with(b"shared:"));
        optional.for_each(drop);
        let kind = fields.next()?.to_vec();
        Some(Mount {
            id,
            parent,
            device,
            root,
            point,
            shared,
            kind,
        })
    }

    /// Whether its file system is of this kind.
    pub(crate) fn is_a(&self, kind: &str) -> bool {
        self.kind == kind.as_bytes()
    }

    /// Inode number in nsfs of the network namespace that is mounted.
    pub(crate) fn namespace(&self) -> Option<u64> {
        let number = self.root.to_str()?.strip_prefix("net:[")?;
        number.strip_suffix(']')?.parse().ok()
    }

    /// Inode number in nsfs of the mount namespace that is mounted.
    pub(crate) fn mount_namespace(&self) -> Option<u64> {
        self.is_a("nsfs")
            .then(|| mount_namespace(&self.root))
            .flatten()
    }

    /// Where a path of its file system is to be seen through it.
    pub(crate) fn place_of(&self, path: &Path) -> Option<PathBuf> {
        rebase(path, &self.root, &self.point)
    }

    /// What a place that is seen through it is in its file system.
    pub(crate) fn path_of(&self, place: &Path) -> Option<PathBuf> {
        rebase(place, &self.point, &self.root)
    }
}

fn number(field: &[u8]) -> Option<u64> {
    std::str::from_utf8(field).ok()?.parse().ok()
}

fn path(field: &[u8]) -> PathBuf {
    PathBuf::from(OsString::from_vec(unescape(field)))
}

fn rebase(path: &Path, from: &Path, to: &Path) -> Option<PathBuf> {
    let rest = path.strip_prefix(from).ok()?;
    // To join with nothing would add a slash.
    let whole = rest.as_os_str().is_empty();
    Some(if whole { to.into() } else { to.join(rest) })
}

/// The mounts of a mountinfo table, in its order.
pub(crate) fn read(table: &[u8]) -> Vec<Mount> {
    let lines = table.split(|byte| *byte == b'\n');
    lines.filter_map(Mount::parse).collect()
}

/// What is mounted, as the thread with this directory in /proc sees it.
pub fn mountinfo(proc: &File) -> Result<Vec<u8>, Errno> {
    let flags = OFlag::O_RDONLY | OFlag::O_CLOEXEC;
    let mut file = File::from(openat(proc, "mountinfo", flags, Mode::empty())?);
    let mut table = Vec::new();
    file.read_to_end(&mut table)
        .map_err(|error| errno_of(&error))?;
    Ok(table)
}

/// The mounts that this thread sees.
pub(crate) fn own() -> Vec<Mount> {
    read(&fs::read("/proc/thread-self/mountinfo").unwrap_or_default())
}

/// The mount that an open file was reached through (Linux 5.8).
pub(crate) fn of_file(file: impl AsFd, table: &[Mount]) -> Option<&Mount> {
    let found = statx(file, "", AtFlags::EMPTY_PATH, StatxFlags::MNT_ID).ok()?;
    table.iter().find(|mount| mount.id == found.stx_mnt_id)
}

/// Where the mount is mounted that a file is on (Linux 5.8).
pub fn mount_point(path: &Path) -> Option<PathBuf> {
    let file = File::open(path).ok()?;
    of_file(&file, &own()).map(|mount| mount.point.clone())
}

/// Where network namespaces are mounted in the mount namespace of this thread, each with its inode number in
/// nsfs. Where several are mounted on one another, the one that the path leads to.
pub fn network_mounts() -> Vec<(u64, PathBuf)> {
    networks_in(&fs::read("/proc/thread-self/mountinfo").unwrap_or_default())
}

fn networks_in(table: &[u8]) -> Vec<(u64, PathBuf)> {
    let lines = table.split(|byte| *byte == b'\n');
    // Most are others, of which there may be thousands.
    let network = lines.filter(|line| line.windows(6).any(|part| part == b" net:["));
    let mounts = network.filter_map(Mount::parse);
    let mounts = mounts.filter(|mount| mount.kind == b"nsfs");
    // What is mounted on another comes later.
    let on_top: BTreeMap<PathBuf, u64> = mounts
        .filter_map(|mount| Some((mount.namespace()?, mount.point)))
        .map(|(inum, point)| (point, inum))
        .collect();
    on_top
        .into_iter()
        .map(|(point, inum)| (inum, point))
        .collect()
}

/// What of file systems of a type is mounted, and where.
pub(crate) fn trees_of(kind: &str) -> Vec<(PathBuf, PathBuf)> {
    trees_in(own(), kind)
}

fn trees_in(table: Vec<Mount>, kind: &str) -> Vec<(PathBuf, PathBuf)> {
    let of_kind = table
        .into_iter()
        .filter(|mount| mount.kind == kind.as_bytes());
    of_kind.map(|mount| (mount.root, mount.point)).collect()
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
    fn a_line_has_all_that_is_known_of_a_mount() {
        let table = b"\
            22 1 0:20 / /run rw,nosuid - tmpfs tmpfs rw\n\
            23 22 0:20 /netns /run/netns rw,nosuid master:1 shared:5 - tmpfs tmpfs rw\n\
            24 1 0:20 / /mnt rw shared-not:x - tmpfs shared:9 rw\n";
        let table = read(table);
        let shared: Vec<_> = table.iter().map(|mount| mount.shared).collect();
        assert_eq!(shared, [false, true, false]);
        assert_eq!((table[1].id, table[1].parent), (23, 22));
        assert_eq!(
            (&table[0].device, &table[1].device),
            (&"0:20".into(), &"0:20".into())
        );
    }

    #[test]
    fn a_path_is_found_through_each_mount_that_shows_it() {
        let mount = |line: &[u8]| Mount::parse(line).unwrap();
        let run = mount(b"22 1 0:20 / /run rw - tmpfs tmpfs rw");
        let names = mount(b"23 22 0:20 /netns /a\\040b rw - tmpfs tmpfs rw");
        let path = run.path_of(Path::new("/run/netns/red")).unwrap();
        assert_eq!(path, Path::new("/netns/red"));
        assert_eq!(names.place_of(&path).unwrap(), Path::new("/a b/red"));
        let root = names.place_of(Path::new("/netns")).unwrap();
        assert_eq!(root.as_os_str(), "/a b");
        assert_eq!(names.place_of(Path::new("/other")), None);
        assert_eq!(run.path_of(Path::new("/srv")), None);
    }

    #[test]
    fn only_network_namespaces_are_found_in_a_mountinfo_table() {
        let table = b"\
            22 1 0:4 net:[4026532281] /run/netns/a\\040b rw - nsfs nsfs rw\n\
            23 1 0:4 mnt:[4026532282] /run/mnt rw - nsfs nsfs rw\n\
            24 1 0:5 / /run rw - tmpfs tmpfs rw\n\
            25 1\n";
        let table = read(table);
        let found = table
            .iter()
            .filter_map(|one| Some((one.namespace()?, &one.point)));
        let found: Vec<_> = found.collect();
        assert_eq!(found, [(4026532281, &PathBuf::from("/run/netns/a b"))]);
    }

    #[test]
    fn network_namespaces_are_told_by_where_their_paths_lead() {
        let table = b"\
            22 1 0:4 net:[4026532281] /run/docker/netns/a\\040b rw - nsfs nsfs rw\n\
            23 1 0:4 mnt:[4026532282] /run/mnt rw - nsfs nsfs rw\n\
            24 1 0:5 net:[4026532283] /run/x rw - tmpfs tmpfs rw\n\
            25 1 0:4 net:[4026532284] /run/twice rw - nsfs nsfs rw\n\
            26 25 0:4 net:[4026532285] /run/twice rw - nsfs nsfs rw\n\
            27 1 net:[\n";
        let found = networks_in(table);
        let expected = [
            (4026532281, "/run/docker/netns/a b"),
            (4026532285, "/run/twice"),
        ];
        assert_eq!(found, expected.map(|(inum, path)| (inum, path.into())));
    }

    #[test]
    fn mounts_are_found_by_their_type() {
        let table = b"\
            22 1 0:20 / /a rw shared:1 - cgroup2 none rw\n\
            23 1 0:20 / /b rw - tmpfs cgroup2 rw\n\
            broken -\n\
            24 1 0:20 /x /c\\040d rw - cgroup2 cgroup2 rw\n";
        let found = trees_in(read(table), "cgroup2");
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
