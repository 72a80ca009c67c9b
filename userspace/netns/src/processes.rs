// SPDX-License-Identifier: MIT OR Apache-2.0

//! Which processes are in which network namespace, as far as the caller may see it.

use std::fs;
use std::io;
use std::num::NonZero;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::thread;

use nix::errno::Errno;

use crate::error::{errno_of, Error, Result};

/// Inode number in nsfs of the initial pid namespace (PROC_PID_INIT_INO).
const INITIAL_PID: u64 = 0xefff_fffc;
/// The same of the initial user namespace (PROC_USER_INIT_INO).
const INITIAL_USER: u64 = 0xefff_fffd;

/// More threads than this would only wait for one another.
const MOST_THREADS: usize = 4;
/// To start a thread takes as long as to look at some processes.
const LEAST_SHARE: usize = 100;

/// A process, and a network namespace that one of its tasks is in. Its threads may be in different ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Process {
    /// Its id in the caller's pid namespace.
    pub pid: u32,
    /// The first of its tasks that is in there: the process itself, or a thread.
    pub tid: u32,
    /// Inode number in nsfs of that network namespace; None when the caller may not know it.
    pub inum: Option<u64>,
}

impl Process {
    /// The file in /proc that leads to the network namespace.
    pub fn path(&self) -> PathBuf {
        task_dir(self.pid, self.tid).join("ns/net")
    }
}

/// Whether this process is in the initial pid namespace, and so can see all processes.
pub fn in_initial_pid_namespace() -> bool {
    let own = fs::metadata("/proc/self/ns/pid").map(|own| own.ino());
    own.is_ok_and(|own| own == INITIAL_PID)
}

/// Whether this process is in the initial user namespace.
pub fn in_initial_user_namespace() -> bool {
    let own = fs::metadata("/proc/self/ns/user").map(|own| own.ino());
    own.is_ok_and(|own| own == INITIAL_USER)
}

/// Whether /proc keeps processes of others from the caller, who sees no trace of them then: mounted with
/// `hidepid=2` it does, and the first process, which never ends, is not there either.
pub fn proc_hides() -> bool {
    // Where there is no /proc at all, it is not that.
    Path::new("/proc/self").exists() && !Path::new("/proc/1").exists()
}

/// All processes in /proc, in ascending order of their ids, each once for each network namespace that
/// it is in.
pub fn processes() -> Result<Vec<Process>> {
    let proc = Path::new("/proc");
    let mut pids = numbers(proc).map_err(|error| {
        let (path, errno) = (PathBuf::from(proc), errno_of(&error));
        Error::Read { path, errno }
    })?;
    pids.sort_unstable();
    Ok(each(&pids, |pid| of_process(*pid))
        .into_iter()
        .flatten()
        .collect())
}

/// One process, once for each network namespace that it is in.
fn of_process(pid: u32) -> Vec<Process> {
    let mut list: Vec<Process> = Vec::with_capacity(1);
    // A process may end at any moment.
    for tid in tasks(pid).unwrap_or_default() {
        let mut task = Process {
            pid,
            tid,
            inum: None,
        };
        match fs::read_link(task.path()) {
            Ok(link) => task.inum = link.to_str().and_then(parse),
            // One that has ended has no namespaces, and its process may go on without it.
            Err(error) if [Errno::ENOENT, Errno::ESRCH].contains(&errno_of(&error)) => continue,
            // It is there, and that is all that is known of it.
            Err(_) => {}
        }
        if !list.iter().any(|other| other.inum == task.inum) {
            list.push(task);
        }
    }
    list
}

/// What comes of each of many, in their order. The kernel takes most of the time that it takes to look at
/// processes, so several threads do it.
pub fn each<T: Sync, R: Send>(all: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let share = match all.len() <= LEAST_SHARE {
        true => LEAST_SHARE,
        false => {
            let threads = thread::available_parallelism().map_or(1, NonZero::get);
            all.len()
                .div_ceil(threads.min(MOST_THREADS))
                .max(LEAST_SHARE)
        }
    };
    let (own, others) = all.split_at(all.len().min(share));
    let some = |part: &[T]| part.iter().map(&work).collect::<Vec<R>>();
    thread::scope(|scope| {
        let started: Vec<_> = others
            .chunks(share)
            .map(|part| {
                (
                    part,
                    thread::Builder::new().spawn_scoped(scope, move || some(part)),
                )
            })
            .collect();
        let mut list = some(own);
        for (part, thread) in started {
            let done = thread.ok().and_then(|thread| thread.join().ok());
            // Where no more threads may be.
            list.extend(done.unwrap_or_else(|| some(part)));
        }
        list
    })
}

/// The ids of the tasks of a process.
///
/// The directory has a link for each, and two more (proc_task_getattr() in fs/proc/base.c), so that of a
/// process with one task, as most are, need not be read.
pub fn tasks(pid: u32) -> io::Result<Vec<u32>> {
    let directory = PathBuf::from(format!("/proc/{pid}/task"));
    match fs::metadata(&directory)?.nlink() {
        3 => Ok(vec![pid]),
        _ => numbers(&directory),
    }
}

/// The directory in /proc of a task. The shorter of two, where there are two: each part takes time.
pub fn task_dir(pid: u32, tid: u32) -> PathBuf {
    match pid == tid {
        true => PathBuf::from(format!("/proc/{pid}")),
        false => PathBuf::from(format!("/proc/{pid}/task/{tid}")),
    }
}

/// Names in a directory that are numbers.
fn numbers(directory: &Path) -> io::Result<Vec<u32>> {
    let mut list = Vec::new();
    for entry in fs::read_dir(directory)? {
        // What ends while it is read is no error.
        let Ok(entry) = entry else { break };
        list.extend(
            entry
                .file_name()
                .to_str()
                .and_then(|name| name.parse::<u32>().ok()),
        );
    }
    Ok(list)
}

/// Reads `net:[4026532281]`.
fn parse(link: &str) -> Option<u64> {
    link.strip_prefix("net:[")?.strip_suffix(']')?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_is_found() {
        let own = std::process::id();
        let list = processes().unwrap();
        let found = list.iter().find(|process| process.pid == own).unwrap();
        assert!(found.inum.is_some());
        assert_eq!(found.path(), PathBuf::from(format!("/proc/{own}/ns/net")));
        // Threads that are where the process is are not told again.
        assert_eq!(list.iter().filter(|process| process.pid == own).count(), 1);
    }

    #[test]
    fn each_task_of_a_process_is_found_with_its_directory() {
        let own = std::process::id();
        let (stay, wait) = std::sync::mpsc::channel::<()>();
        let other = std::thread::spawn(move || wait.recv().is_err());
        let found = tasks(own).unwrap();
        assert!(found.len() > 1 && found.contains(&own), "{found:?}");
        let directory = |tid: &u32| task_dir(own, *tid).join("ns/net").exists();
        assert!(found.iter().all(directory));
        drop(stay);
        assert!(other.join().unwrap());
        let mut child = std::process::Command::new("sleep")
            .arg("60")
            .spawn()
            .unwrap();
        assert_eq!(tasks(child.id()).unwrap(), [child.id()]);
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(tasks(child.id()).is_err());
    }

    #[test]
    fn what_several_threads_do_is_in_order() {
        for count in [0, 1, 99, 100, 101, 1000, 1001] {
            let all: Vec<u32> = (0..count).collect();
            let done = each(&all, |one| vec![one * 2]);
            assert_eq!(
                done,
                all.iter().map(|one| vec![one * 2]).collect::<Vec<_>>()
            );
        }
    }

    #[test]
    fn only_links_to_network_namespaces_are_read() {
        assert_eq!(parse("net:[4026532281]"), Some(4026532281));
        for other in ["mnt:[1]", "net:[]", "net:[x]", "net:[1", ""] {
            assert_eq!(parse(other), None);
        }
    }
}
