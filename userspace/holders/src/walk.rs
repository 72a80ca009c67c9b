// SPDX-License-Identifier: MIT OR Apache-2.0

//! One pass over all tasks and their descriptors. Nothing of it is kept here.

use std::io;
use std::path::Path;

use homeward_netns::{in_initial_pid_namespace, task_dir, tasks};

use crate::error::Result;
use crate::proc;
use crate::tables::{Owner, Tables};

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
pub(crate) struct Task<'a> {
    pub(crate) pid: u32,
    pub(crate) tid: u32,
    /// Inode number of its network namespace.
    pub(crate) net: u64,
    /// Its directory in /proc.
    pub(crate) dir: &'a Path,
}

/// What looks at tasks and descriptors.
pub(crate) trait Visit {
    /// A task; the threads of a process come one after the other.
    fn task(&mut self, task: &Task<'_>);
    /// A descriptor, and what it leads to.
    fn descriptor(&mut self, owner: &mut Owner, fd: i32, link: &Path);
}

/// Looks at everything but this process itself. Returns what could not be seen.
pub(crate) fn all(visit: &mut impl Visit) -> Result<Blind> {
    let own = std::process::id();
    let pids = proc::pids()?;
    let mut blind = Blind {
        // The first process never ends.
        outside: !in_initial_pid_namespace() || pids.first() != Some(&1),
        ..Blind::default()
    };
    for pid in pids.into_iter().filter(|pid| *pid != own) {
        one(pid, visit, &mut blind);
    }
    Ok(blind)
}

/// Looks at one process.
pub(crate) fn one(pid: u32, visit: &mut impl Visit, blind: &mut Blind) {
    let mut hidden = false;
    let mut tables = Tables::default();
    match tasks(pid) {
        Ok(tids) => {
            for tid in tids {
                hidden |= task(pid, tid, visit, &mut tables).is_err();
            }
        }
        Err(error) => hidden = barred(&error, &task_dir(pid, pid)),
    }
    for mut owner in tables.all() {
        match owner.descriptors() {
            Ok(list) => list
                .iter()
                .for_each(|(fd, link)| visit.descriptor(&mut owner, *fd, link)),
            Err(error) => hidden |= barred(&error, &owner.dir()),
        }
    }
    blind.processes += usize::from(hidden);
}

/// Looks at one task; an error if the caller may not.
fn task(
    pid: u32,
    tid: u32,
    visit: &mut impl Visit,
    tables: &mut Tables,
) -> std::result::Result<(), ()> {
    let dir = task_dir(pid, tid);
    match proc::namespace(&dir, "net") {
        Ok(net) => {
            visit.task(&Task {
                pid,
                tid,
                net,
                dir: &dir,
            });
            tables.add(pid, tid, net);
            Ok(())
        }
        Err(error) if barred(&error, &dir) => Err(()),
        // It has ended, and then it has no namespaces.
        Err(_) => Ok(()),
    }
}

/// Whether the caller may not look at a task. The kernel says the same of one that has just ended.
fn barred(error: &io::Error, dir: &Path) -> bool {
    error.kind() == io::ErrorKind::PermissionDenied && dir.exists()
}
