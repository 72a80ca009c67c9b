// SPDX-License-Identifier: MIT OR Apache-2.0

//! The descriptor tables of a process: its threads share one, unless a thread took a copy of its own
//! (unshare(CLONE_FILES)).

use std::cmp::Ordering;
use std::ffi::OsStr;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use homeward_netns::{kcmp_files, task_dir};
use nix::errno::Errno;
use rustix::fs::{readlinkat, Mode, OFlags, RawDir};
use rustix::process::{pidfd_getfd, pidfd_open, Pid, PidfdFlags, PidfdGetfdFlags};

use crate::proc::{self, Process, Thread};

/// Bytes for entries of a directory, of which one takes 24, and for what a link leads to, at first.
const ENTRIES: usize = 8192;
const LINK: usize = 256;

/// The flag PIDFD_THREAD (Linux 6.9): without it, only a process can be opened.
const PIDFD_THREAD: PidfdFlags = PidfdFlags::from_bits_retain(libc::O_EXCL as u32);

/// A descriptor that matters, what it leads to, and why it matters.
pub(crate) type Descriptor<S> = (i32, PathBuf, S);

/// A descriptor table, for as long as it is looked at.
#[derive(Debug)]
pub(crate) struct Owner {
    pub(crate) pid: u32,
    /// Inode number of the network namespace of the first task that has it.
    pub(crate) net: u64,
    /// Those of all tasks that have it.
    nets: Vec<u64>,
    /// The tasks that share it, all of one process.
    tids: Vec<u32>,
    pidfd: Option<Result<OwnedFd, Errno>>,
    process: Option<Process>,
    thread: Option<Option<Thread>>,
    /// What it holds, to tell it from others where the kernel does not.
    listing: Option<Vec<(i32, PathBuf)>>,
}

/// The tables of one process, those that differ, in the order that the kernel gives them.
#[derive(Debug, Default)]
pub(crate) struct Tables(Vec<Owner>);

impl Tables {
    /// Adds that of a task, if no other task shares it.
    pub(crate) fn add(&mut self, pid: u32, tid: u32, net: u64) {
        let mut new = Owner {
            pid,
            net,
            nets: vec![net],
            tids: vec![tid],
            pidfd: None,
            process: None,
            thread: None,
            listing: None,
        };
        // By halves: a process may have thousands of threads, each with a table of its own.
        let (mut start, mut end) = (0, self.0.len());
        while start < end {
            let middle = start + (end - start) / 2;
            let Some(known) = self.0.get_mut(middle) else {
                break;
            };
            match known.order(&mut new) {
                Ordering::Less => start = middle + 1,
                Ordering::Greater => end = middle,
                Ordering::Equal => return known.share(tid, net),
            }
        }
        self.0.insert(start, new);
    }

    /// The tables, that of the process itself first.
    pub(crate) fn all(mut self) -> Vec<Owner> {
        self.0.sort_by_key(Owner::of_thread);
        self.0
    }
}

impl Owner {
    fn share(&mut self, tid: u32, net: u64) {
        self.tids.push(tid);
        if !self.nets.contains(&net) {
            self.nets.push(net);
        }
    }

    /// The first task that has it: the process itself, if that is one of them.
    fn tid(&self) -> u32 {
        self.tids.first().copied().unwrap_or(self.pid)
    }

    /// Whether the process itself has another one, or has ended.
    fn of_thread(&self) -> bool {
        self.tid() != self.pid
    }

    fn order(&mut self, other: &mut Owner) -> Ordering {
        let told = kcmp_files(self.tid(), other.tid());
        // Two copies that nobody changed since then look the same, and hold the same.
        told.unwrap_or_else(|_| self.listing().cmp(other.listing()))
    }

    fn listing(&mut self) -> &[(i32, PathBuf)] {
        if self.listing.is_none() {
            let all = read(&self.dir().join("fd"), |_, _| Some(()));
            let all = all.unwrap_or_default().1.into_iter();
            let mut list: Vec<_> = all.map(|(fd, link, ())| (fd, link)).collect();
            list.sort();
            self.listing = Some(list);
        }
        self.listing.as_deref().unwrap_or_default()
    }

    /// The directory in /proc of the first task that has it.
    pub(crate) fn dir(&self) -> PathBuf {
        task_dir(self.pid, self.tid())
    }

    /// Whether one of the tasks that have it is in a network namespace.
    pub(crate) fn in_namespace(&self, inum: u64) -> bool {
        self.nets.contains(&inum)
    }

    /// What people know the process by.
    pub(crate) fn process(&mut self) -> Process {
        let pid = self.pid;
        self.process
            .get_or_insert_with(|| Process::new(pid))
            .clone()
    }

    /// A thread that has it, if the process itself does not.
    pub(crate) fn thread(&mut self) -> Option<Thread> {
        let (pid, tid, of_thread) = (self.pid, self.tid(), self.of_thread());
        let thread = || of_thread.then(|| Thread::new(pid, tid));
        self.thread.get_or_insert_with(thread).clone()
    }

    /// A duplicate of a descriptor.
    pub(crate) fn borrow(&mut self, fd: i32) -> Result<OwnedFd, Errno> {
        let (tid, of_thread) = (self.tid(), self.of_thread());
        let pidfd = self.pidfd.get_or_insert_with(|| open_pidfd(tid, of_thread));
        let pidfd = pidfd.as_ref().map_err(|errno| *errno)?;
        pidfd_getfd(pidfd, fd, PidfdGetfdFlags::empty()).map_err(errno)
    }

    /// Has nothing borrowed, as if the kernel refused it.
    #[cfg(test)]
    pub(crate) fn lend_nothing(&mut self) {
        self.pidfd = Some(Err(Errno::EPERM));
    }

    /// What fdinfo says of a descriptor. It never waits, as stat can.
    pub(crate) fn info(&self, fd: i32) -> Option<Vec<u8>> {
        proc::read(&self.dir().join("fdinfo").join(fd.to_string())).ok()
    }

    /// The path of a descriptor in /proc.
    pub(crate) fn path(&self, fd: i32) -> PathBuf {
        self.dir().join("fd").join(fd.to_string())
    }

    /// Those of its descriptors that matter, with what they lead to. When the first task ended meanwhile, the
    /// next one has them still.
    pub(crate) fn descriptors<S>(
        &mut self,
        notice: impl Fn(&Owner, i32, &Path) -> Option<S>,
    ) -> io::Result<Vec<Descriptor<S>>> {
        loop {
            let list = read(&self.dir().join("fd"), |fd, link| notice(self, fd, link));
            let found = list.as_ref().is_ok_and(|(any, _)| *any);
            if found || self.tids.len() <= 1 {
                return list.map(|(_, matter)| matter);
            }
            self.tids.remove(0);
        }
    }
}

/// What matters in a directory of descriptors, and whether there are any. By its own descriptor, as each part
/// of a path in /proc takes time, and with as few calls as can be.
fn read<S>(
    directory: &Path,
    notice: impl Fn(i32, &Path) -> Option<S>,
) -> io::Result<(bool, Vec<Descriptor<S>>)> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let directory = rustix::fs::open(directory, flags, Mode::empty())?;
    let (mut any, mut list) = (false, Vec::new());
    let (mut entries, mut link) = (Vec::with_capacity(ENTRIES), Vec::with_capacity(LINK));
    let mut entries = RawDir::new(&directory, entries.spare_capacity_mut());
    while let Some(entry) = entries.next() {
        // What ends while it is read is no error.
        let Ok(entry) = entry else { break };
        let name = entry.file_name();
        let Some(fd) = proc::number(name.to_bytes()) else {
            continue;
        };
        let Ok(found) = readlinkat(&directory, name, link) else {
            link = Vec::with_capacity(LINK);
            continue;
        };
        any = true;
        let path = Path::new(OsStr::from_bytes(found.as_bytes()));
        if let Some(sign) = notice(fd, path) {
            list.push((fd, path.to_owned(), sign));
        }
        link = found.into_bytes();
    }
    Ok((any, list))
}

fn open_pidfd(tid: u32, thread: bool) -> Result<OwnedFd, Errno> {
    let tid = i32::try_from(tid).ok().and_then(Pid::from_raw);
    let flags = if thread {
        PIDFD_THREAD
    } else {
        PidfdFlags::empty()
    };
    pidfd_open(tid.ok_or(Errno::ESRCH)?, flags).map_err(errno)
}

fn errno(error: rustix::io::Errno) -> Errno {
    Errno::from_raw(error.raw_os_error())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::File;
    use std::sync::mpsc::channel;
    use std::thread::spawn;

    use nix::sched::{unshare, CloneFlags};
    use nix::unistd::gettid;

    /// A thread that stays for as long as something is kept.
    fn thread(own_table: bool) -> (u32, impl Drop) {
        struct Stays(Option<std::sync::mpsc::Sender<()>>);
        impl Drop for Stays {
            fn drop(&mut self) {
                drop(self.0.take());
            }
        }
        let (tell, told) = channel();
        let (stay, wait) = channel::<()>();
        spawn(move || {
            if own_table {
                unshare(CloneFlags::CLONE_FILES).unwrap();
            }
            let _file = own_table.then(|| File::open("/etc/passwd").unwrap());
            tell.send(gettid().as_raw().unsigned_abs()).unwrap();
            let _ = wait.recv();
        });
        (told.recv().unwrap(), Stays(Some(stay)))
    }

    #[test]
    fn threads_share_a_table_unless_one_has_its_own() {
        let pid = std::process::id();
        let ((like, _like), (own, _own)) = (thread(false), thread(true));
        let mut tables = Tables::default();
        for (tid, net) in [(pid, 7), (like, 8), (own, 9)] {
            tables.add(pid, tid, net);
        }
        let mut all = tables.all();
        let threads: Vec<_> = all.iter_mut().map(Owner::thread).collect();
        let tids: Vec<_> = threads
            .iter()
            .map(|thread| thread.as_ref().map(|thread| thread.tid))
            .collect();
        assert_eq!(tids, [None, Some(own)]);
        assert!(all[0].in_namespace(8) && !all[0].in_namespace(9));
        // Where the kernel does not tell, what they hold does.
        let (first, second) = all.split_at_mut(1);
        assert_ne!(first[0].listing(), second[0].listing());
        let kept = all[1]
            .descriptors(|_, fd, _| (fd > 0).then_some(()))
            .unwrap();
        assert!(kept.len() > 3 && kept.iter().all(|(fd, ..)| *fd > 0));
    }

    #[test]
    fn when_the_first_task_has_ended_the_next_one_has_them_still() {
        let pid = std::process::id();
        let mut tables = Tables::default();
        tables.add(pid, pid, 7);
        let mut owner = tables.all().remove(0);
        // No task has this id.
        owner.tids.insert(0, u32::MAX);
        let none = owner.descriptors(|_, _, _| None::<()>).unwrap();
        assert!(none.is_empty() && owner.tids == [pid]);
        owner.tids.insert(0, u32::MAX);
        let all = owner.descriptors(|_, _, _| Some(())).unwrap();
        assert!(!all.is_empty() && owner.tids == [pid]);
    }
}
