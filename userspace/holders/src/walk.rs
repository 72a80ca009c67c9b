// SPDX-License-Identifier: MIT OR Apache-2.0

//! One pass over all tasks and their descriptors. Nothing of it is kept here.

use std::io;
use std::path::{Path, PathBuf};

use homeward_netns::{each, in_initial_pid_namespace, task_dir, tasks};

use crate::error::Result;
use crate::proc;
use crate::tables::{Descriptor, Owner, Tables};

/// So many processes are looked at before what was seen of them is told, so that it takes little memory.
const TOGETHER: usize = 1024;

/// What could not be seen, and may matter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Blind {
    /// Processes of which the caller may not see the namespaces or descriptors of every task.
    pub processes: usize,
    /// Sockets that the caller may not ask for their namespace, or that belong to one that cannot be
    /// told apart.
    pub sockets: usize,
    /// Mount namespaces without a task that may have a mount of it: they have, or cannot be read.
    pub mount_namespaces: usize,
    /// Whether there are processes that cannot be seen at all: outside of the caller's pid namespace, or
    /// hidden by /proc (hidepid).
    pub outside: bool,
    /// Whether the kernel cannot lend sockets (pidfd_getfd, Linux 5.6), so that none could be asked.
    pub no_lending: bool,
}

impl Blind {
    /// Whether everything could be seen.
    pub fn nothing(&self) -> bool {
        *self == Blind::default()
    }
}

/// A task with its network namespace.
#[derive(Debug)]
pub(crate) struct Task {
    pub(crate) pid: u32,
    pub(crate) tid: u32,
    /// Inode number of its network namespace.
    pub(crate) net: u64,
    /// Its directory in /proc.
    pub(crate) dir: PathBuf,
}

/// What looks at tasks and descriptors. The kernel takes most of the time that it takes to read /proc, so
/// several threads do that; one after the other it is told what they saw.
pub(crate) trait Visit: Sync {
    /// What is to be known of a task.
    type Seen: Send;
    /// What makes a descriptor matter.
    type Sign: Send;

    /// Reads what is to be known of a task.
    fn see(&self, task: &Task) -> Self::Seen;
    /// Whether a descriptor matters, by what it leads to: most do not.
    fn notice(&self, owner: &Owner, fd: i32, link: &Path) -> Option<Self::Sign>;
    /// A task; the threads of a process come one after the other.
    fn task(&mut self, task: &Task, seen: Self::Seen);
    /// A descriptor that matters, and what it leads to.
    fn descriptor(&mut self, owner: &mut Owner, fd: i32, link: &Path, sign: Self::Sign);
}

/// What was seen of one process.
struct Seen<V: Visit> {
    tasks: Vec<(Task, V::Seen)>,
    tables: Vec<(Owner, Vec<Descriptor<V::Sign>>)>,
    /// Whether the caller may not see all of it.
    hidden: bool,
}

/// Looks at everything but this process itself. Returns what could not be seen.
pub(crate) fn all<V: Visit>(visit: &mut V) -> Result<Blind> {
    let own = std::process::id();
    let mut pids = proc::pids()?;
    let mut blind = Blind {
        // The first process never ends.
        outside: !in_initial_pid_namespace() || pids.first() != Some(&1),
        ..Blind::default()
    };
    pids.retain(|pid| *pid != own);
    for some in pids.chunks(TOGETHER) {
        let eyes = &*visit;
        for seen in each(some, |pid| look(*pid, eyes)) {
            tell(seen, visit, &mut blind);
        }
    }
    Ok(blind)
}

/// Looks at one process.
pub(crate) fn one<V: Visit>(pid: u32, visit: &mut V, blind: &mut Blind) {
    tell(look(pid, visit), visit, blind);
}

fn tell<V: Visit>(seen: Seen<V>, visit: &mut V, blind: &mut Blind) {
    for (task, known) in seen.tasks {
        visit.task(&task, known);
    }
    for (mut owner, descriptors) in seen.tables {
        for (fd, link, sign) in descriptors {
            visit.descriptor(&mut owner, fd, &link, sign);
        }
    }
    blind.processes += usize::from(seen.hidden);
}

fn look<V: Visit>(pid: u32, visit: &V) -> Seen<V> {
    let mut seen = Seen {
        tasks: Vec::new(),
        tables: Vec::new(),
        hidden: false,
    };
    let mut tables = Tables::default();
    match tasks(pid) {
        Ok(tids) => {
            for tid in tids {
                match task(pid, tid) {
                    Ok(Some(task)) => {
                        tables.add(pid, tid, task.net);
                        let known = visit.see(&task);
                        seen.tasks.push((task, known));
                    }
                    Ok(None) => {}
                    Err(()) => seen.hidden = true,
                }
            }
        }
        Err(error) => seen.hidden = barred(&error, &task_dir(pid, pid)),
    }
    for mut owner in tables.all() {
        match owner.descriptors(|owner, fd, link| visit.notice(owner, fd, link)) {
            Ok(list) if list.is_empty() => {}
            Ok(list) => seen.tables.push((owner, list)),
            Err(error) => seen.hidden |= barred(&error, &owner.dir()),
        }
    }
    seen
}

/// Looks at one task. None for one that has ended, which has no namespaces; an error if the caller may not.
fn task(pid: u32, tid: u32) -> std::result::Result<Option<Task>, ()> {
    let dir = task_dir(pid, tid);
    match proc::namespace(&dir, "net") {
        Ok(net) => Ok(Some(Task { pid, tid, net, dir })),
        Err(error) if barred(&error, &dir) => Err(()),
        Err(_) => Ok(None),
    }
}

/// Whether the caller may not look at a task. The kernel says the same of one that has just ended.
fn barred(error: &io::Error, dir: &Path) -> bool {
    error.kind() == io::ErrorKind::PermissionDenied && dir.exists()
}
