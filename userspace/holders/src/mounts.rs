// SPDX-License-Identifier: MIT OR Apache-2.0

//! Bind mounts of network namespaces, in every mount namespace that a task is in.

use std::collections::{HashMap, HashSet};
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use homeward_netns::{inum, Vacant};

use crate::ioctl;
use crate::mountinfo::{from_root, Line, Place, Table};
use crate::proc::{self, Process, Thread};
use crate::walk::Task;

/// A bind mount of a network namespace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mount {
    /// Inode number in nsfs of the network namespace.
    pub inum: u64,
    /// Where it is, as seen from the root of its mount namespace.
    pub path: PathBuf,
    /// Inode number in nsfs of the mount namespace that it is in.
    pub mount_namespace: u64,
    /// Whether that is the mount namespace of the caller.
    pub own: bool,
    /// A process in that mount namespace.
    pub process: Process,
    /// Which thread of it, if the process itself is elsewhere.
    pub thread: Option<Thread>,
    /// What would have to be unmounted, one after the other, for the path to lead to it.
    pub covers: Vec<PathBuf>,
    /// The file that it is on, if the caller or that process sees on what file system that is.
    pub place: Option<Place>,
    /// A path that leads the caller to that file.
    pub here: Option<PathBuf>,
    /// Whether its mount namespace is that of another user namespace: what such a one was born with
    /// cannot be unmounted in there.
    pub foreign: bool,
    /// The peer group of the mount that it is on: in those, it is unmounted together with this one.
    pub shared: Option<u64>,
    /// The peer groups that the mount that it is on gets from, the nearest first.
    pub masters: Vec<u64>,
}

impl Mount {
    /// Whether this one goes when the other one is unmounted.
    pub fn follows(&self, other: &Mount) -> bool {
        let heard = |group| self.shared == Some(group) || self.masters.contains(&group);
        self.place.is_some() && self.place == other.place && other.shared.is_some_and(heard)
    }
}

/// Finds the mounts of one network namespace.
#[derive(Debug)]
pub(crate) struct Mounts {
    wanted: u64,
    own: Own,
    /// Mount namespaces that have been read, each from a root: what is not below that is not shown.
    read: HashSet<(u64, PathBuf)>,
    /// Mounts that have been found from one root are found again from another.
    known: HashSet<(u64, u64)>,
    /// Which peer group gets from which.
    masters: HashMap<u64, u64>,
    found: Vec<Mount>,
    /// Mount namespaces that no task is in.
    pub(crate) vacant: Vacant,
}

/// The caller's own mount namespace.
#[derive(Debug, Default)]
struct Own {
    key: Option<(u64, PathBuf)>,
    user: Option<u64>,
}

impl Mounts {
    pub(crate) fn of(wanted: u64) -> Self {
        let dir = Path::new("/proc/thread-self");
        let mut mounts = Mounts {
            wanted,
            own: Own {
                key: View::of(dir).map(|view| view.0),
                user: user_namespace(dir),
            },
            read: HashSet::new(),
            known: HashSet::new(),
            masters: HashMap::new(),
            found: Vec::new(),
            vacant: Vacant::new(),
        };
        // First, so that its own paths are preferred.
        let own = std::process::id();
        mounts.look_at(own, own, dir, View::of(dir));
        mounts
    }

    /// Reads the mounts that a task sees, if no other one sees the same.
    pub(crate) fn look(&mut self, task: &Task, view: Option<View>) {
        self.look_at(task.pid, task.tid, &task.dir, view);
    }

    fn look_at(&mut self, pid: u32, tid: u32, dir: &Path, view: Option<View>) {
        let Some(View(key)) = view else { return };
        if self.read.contains(&key) {
            return;
        }
        // If it ends now, another one may tell.
        let Ok(text) = fs::read(dir.join("mountinfo")) else {
            return;
        };
        if key.1 == Path::new("/") {
            self.vacant.inhabited(key.0);
        }
        self.vacant.mounted(&dir.join("root"), &text);
        if let Some(table) = Table::with(&text, self.wanted) {
            self.masters.extend(table.masters());
            let seen_by = Mount {
                inum: self.wanted,
                path: PathBuf::new(),
                mount_namespace: key.0,
                own: self.own.is(&key),
                process: Process::new(pid),
                thread: (tid != pid).then(|| Thread::new(pid, tid)),
                covers: Vec::new(),
                place: None,
                here: None,
                foreign: self.own.foreign(dir),
                shared: None,
                masters: Vec::new(),
            };
            for line in table.of(self.wanted) {
                if self.known.insert((key.0, line.id)) {
                    self.found.push(seen_by.at(&key.1, line, &table));
                }
            }
        }
        self.read.insert(key);
    }

    /// What was found, and how many mount namespaces without a task have more, or may have.
    pub(crate) fn finish(mut self) -> (Vec<Mount>, usize) {
        let mut more = 0;
        let unread = self.vacant.visit(|_, table| {
            more += usize::from(Table::with(table, self.wanted).is_some());
        });
        let own = fs::read("/proc/thread-self/mountinfo").unwrap_or_default();
        let own = Table::read(&own);
        for mount in &mut self.found {
            if !mount.own {
                mount.here = mount.place.as_ref().and_then(|place| own.find(place));
            }
            let next = |last: &u64| self.masters.get(last).copied();
            while let Some(next) = mount.masters.last().and_then(next) {
                if mount.masters.contains(&next) {
                    break;
                }
                mount.masters.push(next);
            }
        }
        (self.found, more + unread.len())
    }
}

impl Mount {
    /// The same, seen by the same, at a line of its table.
    fn at(&self, root: &Path, line: &Line, table: &Table) -> Self {
        let parent = table.parent(line);
        let covers = table.covers(line);
        Mount {
            path: from_root(root, &line.point),
            covers: covers.iter().map(|path| from_root(root, path)).collect(),
            place: parent.and_then(|parent| Place::new(line, parent)),
            shared: parent.and_then(|parent| parent.shared),
            masters: parent
                .and_then(|parent| parent.master)
                .into_iter()
                .collect(),
            ..self.clone()
        }
    }
}

impl Own {
    fn is(&self, other: &(u64, PathBuf)) -> bool {
        let whole = |own: &(u64, PathBuf)| own.1 == Path::new("/") && own.0 == other.0;
        self.key
            .as_ref()
            .is_some_and(|own| own == other || whole(own))
    }

    fn foreign(&self, dir: &Path) -> bool {
        let users = self.user.zip(user_namespace(dir));
        users.is_some_and(|(own, other)| own != other)
    }
}

/// What a task sees of mounts: its mount namespace, and its root.
#[derive(Debug)]
pub(crate) struct View((u64, PathBuf));

impl View {
    /// That of a task.
    pub(crate) fn of(dir: &Path) -> Option<Self> {
        let namespace = proc::namespace(dir, "mnt").ok()?;
        Some(View((namespace, fs::read_link(dir.join("root")).ok()?)))
    }
}

/// The user namespace that owns the mount namespace of a task.
fn user_namespace(dir: &Path) -> Option<u64> {
    let file = File::open(dir.join("ns/mnt")).ok()?;
    inum(ioctl::owner_namespace(file).ok()?).ok()
}
