// SPDX-License-Identifier: MIT OR Apache-2.0

//! Short visits to network namespaces, and to mount namespaces.

use std::fs::File;
use std::num::NonZero;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use nix::errno::Errno;
use nix::sched::{setns, unshare, CloneFlags};

use crate::directory::in_thread;
use crate::error::{errno_of, Error, Result};

/// Runs `work` in an open network namespace, in a thread of its own, so that the caller stays where it
/// is. What the thread opens there belongs to that namespace and may be taken out of it.
pub fn inside<T: Send>(namespace: impl AsFd, work: impl FnOnce() -> T + Send) -> Result<T> {
    let namespace = namespace.as_fd();
    in_thread(|| {
        enter(namespace)?;
        Ok(work())
    })?
}

/// Runs `work` in a thread in another mount namespace, or in the caller's with a root directory of its own,
/// with the directory of that thread in the caller's /proc: there may be no other one there.
pub fn in_mount_namespace<T: Send>(
    namespace: Option<&File>,
    work: impl FnOnce(&File) -> std::result::Result<T, Errno> + Send,
) -> std::result::Result<T, Errno> {
    let visit = || {
        let proc = File::open("/proc/thread-self").map_err(|error| errno_of(&error))?;
        // The kernel wants a root directory that no other thread shares.
        unshare(CloneFlags::CLONE_FS)?;
        if let Some(namespace) = namespace {
            setns(namespace, CloneFlags::CLONE_NEWNS)?;
        }
        work(&proc)
    };
    in_thread(visit).unwrap_or(Err(Errno::EAGAIN))
}

/// No more threads visit many namespaces: the kernel has locks that they would wait for.
const MOST_THREADS: usize = 4;

/// Runs `work` in each of many network namespaces, in a few threads of its own, none of which starts a
/// thread for each. `way` makes for each of them what opens the one with a number; `refused` is what becomes
/// of one that cannot be entered. The answers come in no order.
pub fn inside_each<W, T, E>(
    numbers: &[usize],
    way: impl Fn() -> W + Sync,
    refused: impl Fn(Error) -> E + Sync,
    work: impl Fn() -> std::result::Result<T, E> + Sync,
) -> Vec<(usize, std::result::Result<T, E>)>
where
    W: FnMut(usize) -> std::result::Result<OwnedFd, E>,
    T: Send,
    E: Send,
{
    let next = AtomicUsize::new(0);
    let travel = || {
        let mut open = way();
        let mut answers = Vec::new();
        while let Some(number) = numbers.get(next.fetch_add(1, Ordering::Relaxed)) {
            let entered = open(*number).and_then(|file| enter(file).map_err(&refused));
            answers.push((*number, entered.and_then(|()| work())));
        }
        answers
    };
    let threads = thread::available_parallelism().map_or(1, NonZero::get);
    let threads = threads.min(MOST_THREADS).min(numbers.len());
    thread::scope(|scope| {
        let start = || thread::Builder::new().spawn_scoped(scope, travel).ok();
        let threads: Vec<_> = (0..threads).filter_map(|_| start()).collect();
        let answers = threads.into_iter().filter_map(|thread| thread.join().ok());
        answers.flatten().collect()
    })
}

/// Has this thread enter a network namespace.
fn enter(namespace: impl AsFd) -> Result<()> {
    setns(namespace, CloneFlags::CLONE_NEWNET).map_err(|errno| Error::System {
        what: "setns to a network namespace",
        errno,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::open::open_self;

    #[test]
    fn each_number_has_one_answer_also_if_there_is_no_way_or_no_entry() {
        let numbers: Vec<usize> = (0..100).collect();
        let open = |number: usize| match number % 3 {
            0 => Err("no way"),
            1 => open_self().map_err(|_| "no own one"),
            _ => Ok(std::fs::File::open("/dev/null").unwrap().into()),
        };
        let mut answers = inside_each(&numbers, || open, |_| "no entry", || Ok(()));
        answers.sort_by_key(|(number, _)| *number);
        let root = nix::unistd::geteuid().is_root();
        for (at, (number, answer)) in answers.iter().enumerate() {
            assert_eq!(at, *number);
            let expected = [Err("no way"), Ok(()), Err("no entry")][at % 3];
            // Nobody else may enter even the own one.
            assert!(*answer == expected || (!root && at % 3 == 1), "{number}");
        }
        assert_eq!(answers.len(), numbers.len());
        assert!(inside_each(&[], || open, |_| "", || Ok(())).is_empty());
    }
}
