// SPDX-License-Identifier: MIT OR Apache-2.0

//! Tables of mounts (/proc/PID/mountinfo), and which mount a path leads to.

use std::collections::HashSet;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use homeward_netns::unescape;

use crate::proc::{bracketed, number};

/// A mount.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) id: u64,
    /// The mount that it is on.
    pub(crate) parent: u64,
    /// Its file system, by the device number.
    pub(crate) device: Vec<u8>,
    /// What of that file system is mounted.
    pub(crate) root: PathBuf,
    /// Where, as seen from the root of the task.
    pub(crate) point: PathBuf,
    /// The peer group that it sends to and gets from.
    pub(crate) shared: Option<u64>,
    /// The peer group that it gets from only.
    pub(crate) master: Option<u64>,
    /// The network namespace that it is a bind mount of.
    pub(crate) net: Option<u64>,
}

impl Line {
    fn parse(line: &[u8]) -> Option<Self> {
        let mut fields = line.split(|byte| *byte == b' ');
        let id = number(fields.next()?)?;
        let parent = number(fields.next()?)?;
        let device = fields.next()?.to_vec();
        let root = fields.next()?;
        let point = path(fields.next()?);
        let mut fields = fields.skip(1);
        let optional: Vec<_> = fields.by_ref().take_while(|field| *field != b"-").collect();
        let group = |name: &[u8]| optional.iter().find_map(|field| field.strip_prefix(name));
        // The root of a mount is chosen by whoever made the directory; the type is not.
        let nsfs = fields.next()? == b"nsfs";
        Some(Line {
            id,
            parent,
            device,
            root: path(root),
            point,
            shared: group(b"shared:").and_then(number),
            master: group(b"master:").and_then(number),
            net: bracketed(root, "net").filter(|_| nsfs),
        })
    }
}

fn path(field: &[u8]) -> PathBuf {
    PathBuf::from(OsString::from_vec(unescape(field)))
}

/// The mounts that one task sees.
#[derive(Debug, Default)]
pub(crate) struct Table(Vec<Line>);

impl Table {
    /// Reads a table; None if no network namespace with this inode number is mounted there, as is so
    /// with most.
    pub(crate) fn with(table: &[u8], inum: u64) -> Option<Self> {
        let text = format!(" net:[{inum}] ");
        let there = table
            .windows(text.len())
            .any(|part| part == text.as_bytes());
        there.then(|| Table::read(table))
    }

    pub(crate) fn read(table: &[u8]) -> Self {
        let lines = table.split(|byte| *byte == b'\n');
        Table(lines.filter_map(Line::parse).collect())
    }

    /// The mounts of a network namespace, in the order in which they can be unmounted: what is on top
    /// of another one is newer than that.
    pub(crate) fn of(&self, inum: u64) -> impl Iterator<Item = &Line> {
        let its = move |line: &&Line| line.net == Some(inum);
        self.0.iter().rev().filter(its)
    }

    /// What a mount is on.
    pub(crate) fn parent(&self, line: &Line) -> Option<&Line> {
        self.0.iter().find(|parent| parent.id == line.parent)
    }

    /// The way down to where a path leads, mount by mount, as if some were not there.
    fn way(&self, path: &Path, without: &HashSet<u64>) -> Vec<&Line> {
        let known = |id| self.0.iter().any(|line| line.id == id);
        let next = |last: Option<&&Line>| {
            let on = |line: &&Line| match last {
                Some(last) => line.parent == last.id && line.id != last.id,
                // The root of the task: what that is mounted on is not shown.
                None => !known(line.parent) || line.parent == line.id,
            };
            let here = self.0.iter().filter(|line| !without.contains(&line.id));
            here.filter(on)
                .filter(|line| path.starts_with(&line.point))
                .min_by_key(|line| line.point.as_os_str().len())
        };
        let mut way: Vec<&Line> = Vec::new();
        while let Some(line) = next(way.last()).filter(|_| way.len() < self.0.len()) {
            way.push(line);
        }
        way
    }

    /// What has to be unmounted, one after the other, until the path of a mount of a network namespace
    /// leads to it. Other mounts of that namespace are taken for gone by then.
    pub(crate) fn covers(&self, mount: &Line) -> Vec<PathBuf> {
        let others = self.0.iter().filter(|line| line.net == mount.net);
        let mut gone: HashSet<u64> = others.map(|line| line.id).collect();
        gone.remove(&mount.id);
        let mut own = HashSet::from([mount.id]);
        let mut parent = self.parent(mount);
        while let Some(line) = parent.filter(|line| own.insert(line.id)) {
            parent = self.parent(line);
        }
        let mut covers = Vec::new();
        loop {
            let way = self.way(&mount.point, &gone);
            let Some(other) = way.iter().find(|line| !own.contains(&line.id)) else {
                return covers;
            };
            let Some(top) = self.way(&other.point, &gone).last().map(|top| top.id) else {
                return covers;
            };
            gone.insert(top);
            covers.push(other.point.clone());
        }
    }

    /// The path that leads to a place, if one does; or to what is mounted right there.
    pub(crate) fn find(&self, place: &Place) -> Option<PathBuf> {
        let of_device = |line: &&Line| line.device == place.device;
        self.0.iter().filter(of_device).find_map(|line| {
            let rest = place.path.strip_prefix(&line.root).ok()?;
            let path = join(&line.point, rest);
            let way = self.way(&path, &HashSet::new());
            let last = way.iter().rev().find(|line| line.net.is_none())?;
            (last.id == line.id).then_some(path)
        })
    }

    /// The groups that get from others, with those.
    pub(crate) fn masters(&self) -> impl Iterator<Item = (u64, u64)> + '_ {
        self.0
            .iter()
            .filter_map(|line| line.shared.zip(line.master))
    }
}

/// A file or directory that something is mounted on, wherever it is seen.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Place {
    /// Its file system, by the device number.
    device: Vec<u8>,
    /// Its path in there.
    path: PathBuf,
}

impl Place {
    /// That of a mount on another one.
    pub(crate) fn new(mount: &Line, parent: &Line) -> Option<Self> {
        let rest = mount.point.strip_prefix(&parent.point).ok()?;
        // On top of another namespace, it is not on a file.
        parent.net.is_none().then(|| Place {
            device: parent.device.clone(),
            path: join(&parent.root, rest),
        })
    }
}

/// A path below another; `rest` may be empty.
pub(crate) fn join(path: &Path, rest: &Path) -> PathBuf {
    match rest.as_os_str().is_empty() {
        true => path.to_owned(),
        false => path.join(rest),
    }
}

/// A path as seen from the root of the mount namespace of a task with this root.
pub(crate) fn from_root(root: &Path, point: &Path) -> PathBuf {
    let rest = point.as_os_str().as_bytes();
    let rest = rest.strip_prefix(b"/").unwrap_or(rest);
    join(root, Path::new(OsStr::from_bytes(rest)))
}

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests {
    use super::*;

    fn points<'t>(lines: impl Iterator<Item = &'t Line>) -> Vec<(u64, PathBuf)> {
        lines.map(|line| (line.id, line.point.clone())).collect()
    }

    #[test]
    fn only_mounts_of_this_namespace_are_taken_the_newest_first() {
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
        let path = |bytes: &[u8]| PathBuf::from(OsString::from_vec(bytes.to_vec()));
        let expected = [
            (46, path(b"/\xff")),
            (45, path(b"/a b")),
            (41, path(b"/run/netns/red")),
        ];
        let read = Table::with(table, 4026532281).unwrap();
        assert_eq!(points(read.of(4026532281)), expected);
        let a = read.of(4026532281).nth(1).unwrap();
        assert_eq!((a.shared, a.master), (Some(1), Some(2)));
        assert!(Table::with(table, 7).is_none());
    }

    /// What `ip netns add` makes of a /run/netns with names in it, and one more on top.
    const COVERED: &[u8] = b"\
        1 1 0:2 / / rw - rootfs rootfs rw\n\
        20 1 0:20 / /run rw - tmpfs tmpfs rw\n\
        21 20 0:4 net:[7] /run/netns/old rw - nsfs nsfs rw\n\
        22 20 0:20 /netns /run/netns rw - tmpfs tmpfs rw\n\
        23 22 0:4 net:[7] /run/netns/old rw - nsfs nsfs rw\n\
        24 22 0:4 net:[8] /run/netns/new rw - nsfs nsfs rw\n\
        25 24 0:4 net:[7] /run/netns/new rw - nsfs nsfs rw\n\
        26 20 0:20 /netns /run/copy rw - tmpfs tmpfs rw\n";

    #[test]
    fn what_covers_a_mount_is_known() {
        let table = Table::read(COVERED);
        let covers: Vec<_> = table
            .of(7)
            .map(|line| (line.id, table.covers(line)))
            .collect();
        let netns = PathBuf::from("/run/netns");
        assert_eq!(covers, [(25, vec![]), (23, vec![]), (21, vec![netns])]);
        let below = table.of(8).next().unwrap();
        assert_eq!(table.covers(below), [PathBuf::from("/run/netns/new")]);
    }

    #[test]
    fn one_file_is_one_place_from_wherever_it_is_seen() {
        let table = Table::read(COVERED);
        let place = |line: &Line| Place::new(line, table.parent(line)?);
        let places: Vec<_> = table.of(7).map(place).collect();
        assert_eq!(places[0], None);
        assert_eq!(places[1], places[2]);
        let place = places[1].clone().unwrap();
        assert_eq!(place.path, Path::new("/netns/old"));
        assert_eq!(table.find(&place), Some("/run/netns/old".into()));
        let elsewhere = Place {
            device: b"0:9".to_vec(),
            ..place
        };
        assert_eq!(table.find(&elsewhere), None);
    }

    #[test]
    fn a_path_is_told_from_the_root_of_the_mount_namespace() {
        let told = |root, point| from_root(Path::new(root), Path::new(point));
        assert_eq!(told("/", "/a/b"), Path::new("/a/b"));
        assert_eq!(told("/jail", "/a/b"), Path::new("/jail/a/b"));
        assert_eq!(told("/jail", "/"), Path::new("/jail"));
    }
}
