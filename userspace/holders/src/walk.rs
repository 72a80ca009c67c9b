// SPDX-License-Identifier: MIT OR Apache-2.0

//! One pass over all tasks and their descriptors. Nothing of it is kept here.

use std::fs;
use std::io;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use homeward_netns::in_initial_pid_namespace;
use nix::errno::Errno;
use rustix::process::{pidfd_getfd, pidfd_open, Pid, PidfdFlags, PidfdGetfdFlags};

use crate::error::Result;
use crate::proc::{self, Process};

/// What could not be seen, and may matter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Blind {
    /// Processes whose namespaces or descriptors the caller may not see.
    pub processes: usize,
    /// Sockets that the caller may not ask for their namespace, or that belong to one that cannot be
    /// told apart.
    pub sockets: usize,
    /// Whether there are processes outside of the caller's pid namespace that cannot be seen at all.
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

/// A process, for as long as its descriptors are looked at.
#[derive(Debug)]
pub(crate) struct Owner {
    pub(crate) pid: u32,
    /// Inode number of the network namespace of the process; of a thread of it, when the first one has
    /// ended.
    pub(crate) net: u64,
    /// The directory in /proc of the task with the descriptors.
    dir: PathBuf,
    pidfd: Option<std::result::Result<OwnedFd, Errno>>,
    process: Option<Process>,
}

impl Owner {
    /// What people know the process by.
    pub(crate) fn process(&mut self) -> Process {
        let pid = self.pid;
        self.process
            .get_or_insert_with(|| Process::new(pid))
            .clone()
    }

    /// A duplicate of a descriptor.
    pub(crate) fn borrow(&mut self, fd: i32) -> std::result::Result<OwnedFd, Errno> {
        let pid = self.pid;
        let pidfd = self.pidfd.get_or_insert_with(|| open_pidfd(pid));
        let pidfd = pidfd.as_ref().map_err(|errno| *errno)?;
        pidfd_getfd(pidfd, fd, PidfdGetfdFlags::empty()).map_err(errno)
    }

    /// What fdinfo says of a descriptor. It never waits, as stat can.
    pub(crate) fn info(&self, fd: i32) -> Option<Vec<u8>> {
        fs::read(self.dir.join("fdinfo").join(fd.to_string())).ok()
    }

    /// The path of a descriptor in /proc.
    pub(crate) fn path(&self, fd: i32) -> PathBuf {
        self.dir.join("fd").join(fd.to_string())
    }
}

fn open_pidfd(pid: u32) -> std::result::Result<OwnedFd, Errno> {
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
    pidfd_open(pid.ok_or(Errno::ESRCH)?, PidfdFlags::empty()).map_err(errno)
}

fn errno(error: rustix::io::Errno) -> Errno {
    Errno::from_raw(error.raw_os_error())
}

/// What looks at tasks and descriptors.
pub(crate) trait Visit {
    /// A task; the threads of a process come one after the other.
    fn task(&mut self, task: &Task<'_>);
    /// A descriptor, and what it leads to.
    fn descriptor(&mut self, owner: &mut Owner, fd: i32, link: &Path);
}

/// Looks at everything but this process itself. Returns how many processes could not be seen.
pub(crate) fn all(visit: &mut impl Visit) -> Result<Blind> {
    let own = std::process::id();
    let mut blind = Blind {
        outside: !in_initial_pid_namespace(),
        ..Blind::default()
    };
    for pid in proc::pids()?.into_iter().filter(|pid| *pid != own) {
        one(pid, visit, &mut blind);
    }
    Ok(blind)
}

/// Looks at one process.
pub(crate) fn one(pid: u32, visit: &mut impl Visit, blind: &mut Blind) {
    let hidden = |error: &io::Error| error.kind() == io::ErrorKind::PermissionDenied;
    match tasks(pid, visit) {
        Ok(Some(mut owner)) => match descriptors(&mut owner, visit) {
            Err(error) if hidden(&error) => blind.processes += 1,
            // It has ended meanwhile.
            _ => {}
        },
        Err(error) if hidden(&error) => blind.processes += 1,
        _ => {}
    }
}

/// Looks at the threads of a process; returns the first of those that live.
fn tasks(pid: u32, visit: &mut impl Visit) -> io::Result<Option<Owner>> {
    let root = PathBuf::from(format!("/proc/{pid}/task"));
    let mut owner = None;
    for tid in proc::numbers(&root)? {
        let dir = root.join(tid.to_string());
        let net = match proc::namespace(&dir, "net") {
            Ok(net) => net,
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => return Err(error),
            // It has ended, and then it has no namespaces.
            Err(_) => continue,
        };
        visit.task(&Task {
            pid,
            tid,
            net,
            dir: &dir,
        });
        owner.get_or_insert(Owner {
            pid,
            net,
            dir,
            pidfd: None,
            process: None,
        });
    }
    Ok(owner)
}

fn descriptors(owner: &mut Owner, visit: &mut impl Visit) -> io::Result<()> {
    for entry in fs::read_dir(owner.dir.join("fd"))? {
        let Ok(entry) = entry else { break };
        let name = entry.file_name();
        let fd = proc::number(name.as_encoded_bytes());
        if let (Some(fd), Ok(link)) = (fd, fs::read_link(entry.path())) {
            visit.descriptor(owner, fd, &link);
        }
    }
    Ok(())
}
