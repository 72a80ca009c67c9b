// SPDX-License-Identifier: GPL-2.0-only

//! Who lives in a network namespace: how many processes, which is the first, where else it is mounted, whose it is.

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use homeward_netns::{each, in_initial_pid_namespace, network_mounts, proc_hides};
use homeward_netns::{processes, task_dir, Process};
use serde::Serialize;

use crate::command::Context;
use crate::error::{Failure, Result};
use crate::owner::{Owner, Owners, Parent, Tells};

/// So many processes of a namespace are asked whose it is: the first may be one of the host that entered it.
const FEW: usize = 4;
/// More than this of a command line is not read.
const LONG: usize = 1 << 16;

/// What is known of those who live in a network namespace.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct Tenancy {
    /// Number of processes in it that the caller can see. None when they were not counted, and where there may
    /// be some that cannot be seen, and none can.
    pub(crate) processes: Option<usize>,
    /// The first of them.
    pub(crate) first_process: Option<First>,
    /// Where it is mounted outside of /run/netns.
    pub(crate) paths: Vec<String>,
    /// Whose it is. None when that is not known, or was not looked up.
    pub(crate) owned_by: Option<Owner>,
}

/// The process with the lowest id, before threads of processes that are elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct First {
    /// Its id.
    pub(crate) pid: u32,
    /// Its command line, or the name of its command where it has none.
    pub(crate) command: String,
}

/// What is looked up, as each takes time.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Wanted {
    /// The command line of the first process.
    pub(crate) first: bool,
    /// All paths; else only those of namespaces that have no name.
    pub(crate) paths: bool,
    /// Whose it is.
    pub(crate) owner: bool,
}

/// Everything.
pub(crate) const ALL: Wanted = Wanted {
    first: true,
    paths: true,
    owner: true,
};

/// Those who live in all network namespaces.
#[derive(Debug)]
pub(crate) struct Tenants {
    wanted: Wanted,
    names: PathBuf,
    found: BTreeMap<u64, Found>,
    /// Whether there may be processes that cannot be seen.
    hidden: bool,
    mounts: Option<HashMap<u64, Vec<PathBuf>>>,
    owners: Owners,
}

/// The processes of a network namespace.
#[derive(Debug, Default)]
struct Found {
    count: usize,
    /// The first, and behind one that is there as a whole a few more such.
    few: Vec<Process>,
    /// The control groups of the first.
    groups: Option<String>,
}

impl Tenants {
    /// Looks at all processes. A failure begins with `what`.
    pub(crate) fn find(context: &Context, wanted: Wanted, what: &str) -> Result<Self> {
        let processes = processes().map_err(|error| Failure::netns(what, &error))?;
        let hidden = processes.iter().filter(|one| one.inum.is_none()).count();
        if hidden > 0 {
            context.messages.detail(&format!(
                "the namespaces of {hidden} processes of other users cannot be seen"
            ));
        }
        let mut found: BTreeMap<u64, Found> = BTreeMap::new();
        for process in processes {
            if let Some(inum) = process.inum {
                found.entry(inum).or_default().add(process);
            }
        }
        if wanted.owner {
            let mut all: Vec<_> = found.values_mut().collect();
            let groups = each(&all, |found| {
                let first = found.few.first()?;
                text(&task_dir(first.pid, first.tid).join("cgroup"))
            });
            for (found, groups) in all.iter_mut().zip(groups) {
                found.groups = groups;
            }
        }
        Ok(Tenants {
            wanted,
            names: context.directory.path().to_owned(),
            found,
            hidden: hidden > 0 || proc_hides() || !in_initial_pid_namespace(),
            mounts: None,
            owners: Owners::default(),
        })
    }

    /// Whether /proc shows no processes, though this one is there.
    pub(crate) fn nobody(&self) -> bool {
        self.found.is_empty()
    }

    /// The inode numbers of all network namespaces with processes.
    pub(crate) fn inums(&self) -> impl Iterator<Item = u64> + '_ {
        self.found.keys().copied()
    }

    /// The inode numbers of those that are mounted outside of /run/netns.
    pub(crate) fn mounted(&mut self) -> impl Iterator<Item = u64> + '_ {
        self.mounts().keys().copied()
    }

    /// A file that leads to the network namespace, and is none of its names.
    pub(crate) fn way(&mut self, inum: u64) -> Option<PathBuf> {
        let first = self.found.get(&inum).and_then(|found| found.few.first());
        let path = first.map(Process::path);
        path.or_else(|| self.paths(inum).into_iter().next())
    }

    /// Those of a network namespace with these names. None stands for one that has no number for itself.
    pub(crate) fn of(&mut self, inum: Option<u64>, initial: bool, names: &[String]) -> Tenancy {
        let Some(inum) = inum else {
            return Tenancy {
                processes: Some(0),
                ..Tenancy::default()
            };
        };
        let paths = match self.wanted.paths || (names.is_empty() && !initial) {
            true => self.paths(inum),
            false => Vec::new(),
        };
        let owned_by = match self.wanted.owner {
            true => self.owner(Some(inum), initial, names),
            false => None,
        };
        let found = self.found.get(&inum);
        let first = found.and_then(|found| found.few.first());
        let first = first.filter(|_| self.wanted.first);
        Tenancy {
            processes: match found {
                Some(found) => Some(found.count),
                None => (!self.hidden).then_some(0),
            },
            first_process: first.and_then(|first| {
                let command = command(&task_dir(first.pid, first.tid))?;
                Some(First {
                    pid: first.pid,
                    command,
                })
            }),
            paths: paths
                .iter()
                .map(|path| path.to_string_lossy().into_owned())
                .collect(),
            owned_by,
        }
    }

    /// Whose a network namespace with these names is. The initial one is the host's.
    pub(crate) fn owner(
        &mut self,
        inum: Option<u64>,
        initial: bool,
        names: &[String],
    ) -> Option<Owner> {
        let inum = inum.filter(|_| !initial)?;
        let named = names.iter().map(|name| self.names.join(name));
        let mut mounts: Vec<PathBuf> = named.collect();
        if names.is_empty() || self.wanted.paths {
            mounts.extend(self.paths(inum));
        }
        let Some(found) = self.found.get(&inum) else {
            return self.owners.find(None, &mounts, || None, || None);
        };
        let mut read = found.groups.clone();
        most_telling(found.few.iter().filter_map(|process| {
            let directory = task_dir(process.pid, process.tid);
            let groups = read.take().or_else(|| text(&directory.join("cgroup")));
            let (parent, command) = (|| parent(&directory), || command(&directory));
            self.owners
                .find(groups.as_deref(), &mounts, parent, command)
        }))
    }

    /// Where it is mounted besides its names.
    fn paths(&mut self, inum: u64) -> Vec<PathBuf> {
        self.mounts().get(&inum).cloned().unwrap_or_default()
    }

    /// All such mounts. To read them takes time where there are thousands.
    fn mounts(&mut self) -> &HashMap<u64, Vec<PathBuf>> {
        let names = &self.names;
        self.mounts.get_or_insert_with(|| {
            let mut all: HashMap<u64, Vec<PathBuf>> = HashMap::new();
            for (inum, path) in network_mounts() {
                if path.parent() != Some(names) {
                    all.entry(inum).or_default().push(path);
                }
            }
            all
        })
    }
}

impl Found {
    fn add(&mut self, process: Process) {
        self.count += 1;
        let elsewhere = |one: &Process| one.tid != one.pid;
        match self.few.first() {
            Some(first) if elsewhere(first) && !elsewhere(&process) => self.few = vec![process],
            Some(_) if elsewhere(&process) || self.few.len() == FEW => {}
            _ => self.few.push(process),
        }
    }
}

/// The one that tells most, the first of equals. Who is behind one that leaves no doubt is not asked.
fn most_telling(mut owners: impl Iterator<Item = Owner>) -> Option<Owner> {
    let mut best = owners.next()?;
    while best.tells() < Tells::Container {
        match owners.next() {
            Some(next) if next.tells() > best.tells() => best = next,
            Some(_) => {}
            None => break,
        }
    }
    Some(best)
}

/// The command line of a task, or else the name of its command. None for one that is gone.
fn command(task: &Path) -> Option<String> {
    let words = text(&task.join("cmdline"))?;
    let words = words.trim_end_matches('\0').replace('\0', " ");
    match words.is_empty() {
        true => text(&task.join("comm")).map(|name| name.trim_end().to_owned()),
        false => Some(words),
    }
}

/// The parent of a task.
fn parent(task: &Path) -> Option<Parent> {
    let stat = text(&task.join("stat"))?;
    // The name of its command stands in parentheses, and may have any of its own.
    let (_, rest) = stat.rsplit_once(')')?;
    let pid = rest.split_whitespace().nth(1)?.parse().ok()?;
    let task = task_dir(pid, pid);
    let words = text(&task.join("cmdline"))?;
    Some(Parent {
        words: words.split('\0').map(str::to_owned).collect(),
        uid: task.metadata().ok()?.uid(),
    })
}

/// A file of /proc: with as few calls as can be, as there may be thousands.
fn text(path: &Path) -> Option<String> {
    let mut file = File::open(path).ok()?;
    let mut all: Vec<u8> = Vec::new();
    let mut bytes = [0; 4096];
    loop {
        let count = file.read(&mut bytes).ok()?;
        all.extend(bytes.get(..count)?);
        // All of these files are written in one piece.
        if count < bytes.len() || all.len() > LONG {
            return Some(String::from_utf8_lossy(&all).into_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn process(pid: u32, tid: u32) -> Process {
        let inum = Some(7);
        Process { pid, tid, inum }
    }

    #[test]
    fn the_first_process_is_none_that_only_has_a_thread_there() {
        let mut found = Found::default();
        let mut first = |pid, tid| {
            found.add(process(pid, tid));
            found.few.first().map(|first| first.pid)
        };
        assert_eq!(first(3, 4), Some(3));
        assert_eq!(first(5, 6), Some(3));
        assert_eq!(first(7, 7), Some(7));
        assert_eq!(first(8, 8), Some(7));
        assert_eq!(first(9, 10), Some(7));
        assert_eq!(found.count, 5);
        let few = |found: &Found| found.few.iter().map(|one| one.pid).collect::<Vec<_>>();
        assert_eq!(few(&found), [7, 8]);
        (10..20).for_each(|pid| found.add(process(pid, pid)));
        assert_eq!(few(&found), [7, 8, 10, 11]);
    }

    #[test]
    fn a_process_that_entered_a_namespace_does_not_hide_whose_it_is() {
        let owner = |kind, source| Owner {
            kind,
            source,
            ..Owner::default()
        };
        let (group, mount) = (owner("lxc", "cgroup"), owner("docker", "mount"));
        let (unit, process) = (owner("unit", "cgroup"), owner("process", "process"));
        for (few, expected) in [
            (vec![&process, &group], Some(&group)),
            (vec![&unit, &process, &group], Some(&group)),
            (vec![&mount, &group], Some(&group)),
            (vec![&unit, &mount], Some(&mount)),
            (vec![&process, &unit], Some(&process)),
            (vec![], None),
        ] {
            assert_eq!(most_telling(few.into_iter().cloned()).as_ref(), expected);
        }
        // Nobody is asked in vain.
        let mut all = [group.clone(), mount].into_iter();
        assert_eq!(most_telling(&mut all), Some(group));
        assert_eq!(all.len(), 1);
    }

    #[test]
    fn a_process_says_its_command_line_and_one_that_is_gone_nothing() {
        let own = command(Path::new("/proc/self")).unwrap();
        assert!(!own.contains('\0') && own.contains("homeward"), "{own}");
        assert_eq!(command(Path::new("/proc/4294967295")), None);
    }

    #[test]
    fn the_parent_of_a_task_is_found_whatever_that_calls_itself() {
        let place = tempfile::tempdir().unwrap();
        let stat = format!("7 (a) S 1 (b) S {} 7 7 0", std::process::id());
        std::fs::write(place.path().join("stat"), stat).unwrap();
        let found = parent(place.path()).unwrap();
        assert_eq!(found.words[0], std::env::args().next().unwrap());
        assert_eq!(found.uid, nix::unistd::getuid().as_raw());
        assert!(parent(Path::new("/proc/4294967295")).is_none());
    }
}
