// SPDX-License-Identifier: MIT OR Apache-2.0

//! What other processes see behind names: in their mount namespaces, and through their links.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io;
use std::os::fd::AsFd;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use nix::errno::Errno;
use rustix::fs::{openat2, Mode, OFlags, ResolveFlags};

use crate::behind::Remnant;
use crate::error::{errno_of, Error, Result};
use crate::kcmp::kcmp_files;
use crate::mounts::{self, Mount};
use crate::name::Name;
use crate::processes::in_initial_pid_namespace;
use crate::survey::Kind;
use crate::vacant::{self, Vacant};

/// Where something is seen behind a name when there is nothing here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sight {
    /// By whom.
    pub viewer: Viewer,
    /// A path that leads there, also from here; None for a link, and where another mount covers it.
    pub path: Option<PathBuf>,
}

/// Whose view it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Viewer {
    /// That of a process, or a thread.
    Task {
        /// Which one.
        pid: u32,
        /// What it calls itself; empty when it has ended.
        command: String,
    },
    /// That of the caller, in whose mount namespace another path leads there.
    Own,
    /// Of nobody: of a mount namespace without a task, which is kept by a mount with this path, or by
    /// this descriptor.
    Vacant(PathBuf),
}

/// Whoever may see something behind a name without being seen.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Blind {
    /// Processes whose mounts the caller may not read, and why.
    pub hidden: Vec<(u32, Errno)>,
    /// What keeps mount namespaces without a task that the caller may not enter, and why.
    pub unread: Vec<(PathBuf, Errno)>,
    /// Whether there may be processes that the caller does not even see.
    pub confined: bool,
}

impl Blind {
    /// Whether all is seen.
    pub fn nothing(&self) -> bool {
        self.hidden.is_empty() && self.unread.is_empty() && !self.confined
    }
}

/// What is seen behind names without a namespace here.
#[derive(Debug, Default)]
pub(crate) struct Sights {
    /// In the caller's mount namespace, by another path or by none.
    near: BTreeMap<OsString, Sight>,
    covered: BTreeMap<OsString, u64>,
    elsewhere: BTreeMap<OsString, Sight>,
    pub(crate) blind: Blind,
}

/// The directory of names, whatever it is called where others look.
struct Place<'a> {
    device: OsString,
    path: PathBuf,
    /// Each file in it that matters, and the name that it is for.
    files: BTreeMap<OsString, &'a OsStr>,
    links: BTreeMap<&'a OsStr, u64>,
}

/// A mount namespace as one task sees it, or whoever enters it.
struct View {
    viewer: Viewer,
    root: PathBuf,
    own: bool,
    table: Vec<Mount>,
}

impl Sights {
    /// Looks through the mount namespaces of all tasks.
    pub(crate) fn of(
        directory: &File,
        path: &Path,
        remnants: &[(&Name, &Remnant)],
        hollow: &[(&OsStr, PathBuf)],
    ) -> Result<Self> {
        let mut sights = Sights::default();
        if remnants.is_empty() && hollow.is_empty() {
            return Ok(sights);
        }
        let table = mounts::own();
        let behind = hollow.iter();
        let behind = behind.filter_map(|(name, path)| Place::of_target(name, path, &table));
        let mut places: Vec<_> = behind.collect();
        places.push(Place::new(directory, path, &table, remnants));
        let own = mount_namespace(Path::new("/proc/thread-self"));
        let mut seen = BTreeSet::new();
        let mut vacant = Vacant::new();
        for (pid, tid, proc) in tasks()? {
            descriptors(pid, tid, &proc, &mut vacant);
            let namespace = mount_namespace(&proc);
            // What is not below its root is not shown to it.
            let key = namespace.clone().zip(fs::read_link(proc.join("root")).ok());
            if key.as_ref().is_some_and(|key| seen.contains(key)) {
                continue;
            }
            match fs::read(proc.join("mountinfo")) {
                Ok(table) => {
                    let own = namespace.is_some() && namespace == own;
                    let view = View::of_task(tid, &proc, own, &table);
                    sights.add(&places, &view);
                    let root = if own { Path::new("/") } else { &view.root };
                    vacant.mounted(root, &table);
                    if let Some((namespace, root)) = &key {
                        let all = root == Path::new("/");
                        let inum = vacant::mount_namespace(namespace).filter(|_| all);
                        inum.into_iter().for_each(|inum| vacant.inhabited(inum));
                    }
                    seen.extend(key);
                }
                // The kernel also says so of one that has just ended, as others have.
                Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                    if proc.exists() {
                        sights.blind.hidden.push((tid, errno_of(&error)));
                    }
                }
                Err(_) => {}
            }
        }
        let unread = vacant.visit(|path, table| {
            let viewer = Viewer::Vacant(path.to_owned());
            let (root, table) = ("/".into(), mounts::read(table));
            let own = false;
            sights.add(
                &places,
                &View {
                    viewer,
                    root,
                    own,
                    table,
                },
            );
        });
        sights.blind.unread = unread;
        // Where /proc hides processes of others, it hides the first one, too.
        sights.blind.confined = !in_initial_pid_namespace() || !Path::new("/proc/1").exists();
        Ok(sights)
    }

    fn add(&mut self, places: &[Place<'_>], view: &View) {
        places.iter().for_each(|place| self.add_at(place, view));
    }

    fn add_at(&mut self, place: &Place<'_>, view: &View) {
        for mount in &view.table {
            let Some((inum, name)) = mount.namespace().zip(place.file_under(mount, &view.table))
            else {
                continue;
            };
            let name = name.to_owned();
            if !view.own {
                self.elsewhere
                    .entry(name)
                    .or_insert_with(|| view.sight(mount, inum));
            } else if let Some(sight) = view.near(mount, inum) {
                self.near.entry(name).or_insert(sight);
            } else {
                self.covered.insert(name, inum);
            }
        }
        if view.own {
            return;
        }
        for directory in place.seen_through(&view.table) {
            for (name, inode) in &place.links {
                let link = directory.join(name);
                if !self.elsewhere.contains_key(*name) && view.leads(&link, *inode) {
                    let sight = Sight {
                        path: None,
                        ..view.sight_of(&link)
                    };
                    self.elsewhere.insert((*name).to_owned(), sight);
                }
            }
        }
    }

    /// What a link to an empty file is.
    pub(crate) fn behind_link(&self, name: &Name, remnant: Remnant) -> Kind {
        let name = name.as_os_str();
        match self.near.get(name).or_else(|| self.elsewhere.get(name)) {
            Some(sight) => Kind::Elsewhere(remnant, sight.clone()),
            None => Kind::Hollow(remnant),
        }
    }

    /// What a name with nothing behind it here is.
    pub(crate) fn kind(&self, name: &Name, remnant: Remnant, young: Duration) -> Kind {
        let name = name.as_os_str();
        // Nothing is mounted on a link, but with another /proc it may lead to a process.
        let blind = match remnant.link {
            Some(_) => self.blind.confined,
            None => !self.blind.nothing(),
        };
        // With one of these left, the name cannot be deleted, so it comes before what covers another.
        if let Some(sight) = self.near.get(name) {
            Kind::Elsewhere(remnant, sight.clone())
        } else if let Some(inum) = self.covered.get(name) {
            Kind::Covered(remnant, *inum)
        } else if let Some(sight) = self.elsewhere.get(name) {
            Kind::Elsewhere(remnant, sight.clone())
        } else if remnant.age().unwrap_or_default() < young {
            Kind::Young(remnant)
        } else if blind {
            Kind::Unseen(remnant)
        } else {
            Kind::Stale(remnant)
        }
    }
}

/// Where a namespace is mounted on a file, if there is none here.
pub fn seen_elsewhere(path: &Path) -> Option<Sight> {
    let (directory, name) = (path.parent()?, path.file_name()?);
    let open = File::open(directory).ok()?;
    let hollow = [(name, path.to_owned())];
    let mut sights = Sights::of(&open, directory, &[], &hollow).ok()?;
    let near = sights.near.remove(name);
    near.or_else(|| sights.elsewhere.remove(name))
}

impl<'a> Place<'a> {
    /// The directory of the file that a path leads to.
    fn of_target(name: &'a OsStr, path: &Path, table: &[Mount]) -> Option<Self> {
        let file = fs::canonicalize(path).ok()?;
        let directory = File::open(file.parent()?).ok()?;
        let place = Place::new(&directory, file.parent()?, table, &[]);
        let files = BTreeMap::from([(file.file_name()?.to_owned(), name)]);
        Some(Place { files, ..place })
    }

    fn new(
        directory: &File,
        path: &Path,
        table: &[Mount],
        remnants: &[(&'a Name, &Remnant)],
    ) -> Self {
        let mount = mounts::of_file(directory, table);
        let known = mount.and_then(|mount| {
            let path = mount.path_of(&fs::canonicalize(path).ok()?)?;
            Some((mount.device.clone(), path))
        });
        // Where that is not known, a name alone is taken for the same.
        let (device, inside) = known.unwrap_or_default();
        // Links in a circle lead nowhere wherever one looks.
        let lost = |name: &Name| {
            let found = fs::metadata(path.join(name.as_os_str()));
            found.is_err_and(|error| error.kind() == io::ErrorKind::NotFound)
        };
        let links = remnants.iter().filter_map(|(name, remnant)| {
            remnant.link.as_ref().filter(|_| lost(name))?;
            Some((name.as_os_str(), remnant.inode))
        });
        let files = remnants
            .iter()
            .filter(|(_, remnant)| remnant.link.is_none());
        Place {
            device,
            path: inside,
            files: files
                .map(|(name, _)| (name.as_os_str().to_owned(), name.as_os_str()))
                .collect(),
            links: links.collect(),
        }
    }

    /// The file of the directory that something is mounted on.
    fn file_under(&self, mount: &Mount, table: &[Mount]) -> Option<&'a OsStr> {
        let name = mount.point.file_name()?;
        let wanted = self.files.get(name)?;
        let below = table.iter().find(|other| other.id == mount.parent);
        let same = match below {
            // Upon another mount, which is on the file in its turn.
            Some(below) if below.point == mount.point => true,
            Some(below) if !self.path.as_os_str().is_empty() => {
                let file = below.path_of(&mount.point);
                below.device == self.device && file.as_deref() == Some(&self.path.join(name))
            }
            // It cannot be told.
            _ => true,
        };
        same.then_some(*wanted)
    }

    /// Where the directory is in a mount namespace.
    fn seen_through<'b>(&'b self, table: &'b [Mount]) -> impl Iterator<Item = PathBuf> + 'b {
        let here = |mount: &&Mount| mount.device == self.device;
        table
            .iter()
            .filter(here)
            .filter_map(|mount| mount.place_of(&self.path))
    }
}

impl View {
    fn of_task(tid: u32, proc: &Path, own: bool, table: &[u8]) -> Self {
        let command = fs::read_to_string(proc.join("comm")).unwrap_or_default();
        let command = command.trim_end_matches('\n').to_owned();
        View {
            viewer: Viewer::Task { pid: tid, command },
            root: proc.join("root"),
            own,
            table: mounts::read(table),
        }
    }

    fn sight(&self, mount: &Mount, inum: u64) -> Sight {
        let mut sight = self.sight_of(&mount.point);
        // Another mount may be on top.
        let other = |path: &PathBuf| fs::metadata(path).is_ok_and(|file| file.ino() != inum);
        sight.path = sight.path.filter(|path| !other(path));
        sight
    }

    /// A mount in the caller's mount namespace, if a path leads there: of the caller's, or through the
    /// root of a task.
    fn near(&self, mount: &Mount, inum: u64) -> Option<Sight> {
        let through = self.sight_of(&mount.point).path;
        let mut paths = [mount.point.clone()].into_iter().chain(through);
        let path = paths.find(|path| fs::metadata(path).is_ok_and(|file| file.ino() == inum))?;
        Some(Sight {
            viewer: Viewer::Own,
            path: Some(path),
        })
    }

    fn sight_of(&self, path: &Path) -> Sight {
        let below = path.strip_prefix("/").unwrap_or(path);
        let place = match &self.viewer {
            Viewer::Task { pid, .. } => {
                Some(PathBuf::from(format!("/proc/{pid}/root")).join(below))
            }
            Viewer::Own | Viewer::Vacant(_) => None,
        };
        Sight {
            viewer: self.viewer.clone(),
            path: place,
        }
    }

    /// Whether a link with this inode number leads somewhere there, with its root and its /proc.
    fn leads(&self, link: &Path, inode: u64) -> bool {
        let Ok(root) = File::open(&self.root) else {
            return false;
        };
        let open = |flags| {
            openat2(
                &root,
                link,
                flags | OFlags::PATH,
                Mode::empty(),
                ResolveFlags::IN_ROOT,
            )
        };
        let same = open(OFlags::NOFOLLOW).is_ok_and(|file| {
            nix::sys::stat::fstat(file.as_fd()).is_ok_and(|file| file.st_ino == inode)
        });
        // The last step into a namespace is not made this way, but it is there.
        same && matches!(open(OFlags::empty()), Ok(_) | Err(rustix::io::Errno::LOOP))
    }
}

fn mount_namespace(proc: &Path) -> Option<PathBuf> {
    fs::read_link(proc.join("ns/mnt")).ok()
}

/// Takes note of the descriptors of a task that it does not share with its process.
fn descriptors(pid: u32, tid: u32, proc: &Path, vacant: &mut Vacant) {
    if pid != tid && kcmp_files(pid, tid) == Ok(Ordering::Equal) {
        return;
    }
    // What may not be seen of others is not taken for a use.
    let all = fs::read_dir(proc.join("fd")).into_iter().flatten();
    for path in all.flatten().map(|entry| entry.path()) {
        if let Ok(link) = fs::read_link(&path) {
            vacant.descriptor(&path, &link);
        }
    }
}

/// All tasks that can be seen, each with its directory in /proc: a thread may have mounts of its own.
fn tasks() -> Result<impl Iterator<Item = (u32, u32, PathBuf)>> {
    let proc = Path::new("/proc");
    let processes = fs::read_dir(proc).map_err(|error| {
        let (path, errno) = (proc.to_owned(), errno_of(&error));
        Error::Read { path, errno }
    })?;
    let processes = processes.flatten().filter_map(|entry| {
        let pid: u32 = entry.file_name().to_str()?.parse().ok()?;
        Some((pid, entry.path()))
    });
    Ok(processes.flat_map(|(pid, path)| {
        let threads = fs::read_dir(path.join("task"))
            .into_iter()
            .flatten()
            .flatten();
        let threads: Vec<_> = threads
            .filter_map(|entry| {
                let tid = entry.file_name().to_str()?.parse().ok()?;
                Some((pid, tid, entry.path()))
            })
            .collect();
        match threads.is_empty() {
            // It has ended, or may not be looked into.
            true => vec![(pid, pid, path)],
            false => threads,
        }
    }))
}
