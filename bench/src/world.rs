// SPDX-License-Identifier: GPL-2.0-only

//! Network namespaces that are held, and a way to wait until all others are really gone.
//!
//! The kernel takes namespaces down when it has time to, and tells nobody when that is done: with
//! the module something could be asked, without it not, and what is compared has to be the same.
//! But it counts them for `user.max_net_namespaces`, and a namespace counts until the very last of
//! it is freed. So with a limit of those that are held here and one more, making one succeeds when
//! all others are gone, and is refused, at no cost, before. The one that was made is the next to be
//! used, or at least kept: its own end would be in the way of what is measured.

use crate::error::{
    Error,
    Result, //
};
use homeward_netns::open_self;
use nix::errno::Errno;
use nix::sched::{
    unshare,
    CloneFlags, //
};
use nix::sys::resource::{
    setrlimit,
    Resource, //
};
use std::fs;
use std::os::fd::{
    AsFd,
    AsRawFd,
    BorrowedFd,
    OwnedFd, //
};
use std::sync::atomic::{
    AtomicU64,
    Ordering, //
};
use std::thread;
use std::time::{
    Duration,
    Instant, //
};

const LIMIT: &str = "/proc/sys/user/max_net_namespaces";
/// No limit for what is made here.
const MOST: u64 = 1_000_000;
/// For a thousand namespaces, emulated, on a busy host.
const PATIENCE: Duration = Duration::from_secs(300);
/// Between two tries: much less than a grace period.
const STEP: Duration = Duration::from_micros(200);
/// So many at a time are let go: what takes them down holds locks all the while, and who waits for
/// those for two minutes is a hung task.
const AT_ONCE: usize = 500;

/// How many are held.
static HELD: AtomicU64 = AtomicU64::new(0);

/// Stands for one namespace that is meant to be there.
#[derive(Debug)]
pub(crate) struct Lease(());

impl Lease {
    /// For one that is about to be made.
    pub(crate) fn new() -> Self {
        HELD.fetch_add(1, Ordering::SeqCst);
        Lease(())
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        HELD.fetch_sub(1, Ordering::SeqCst);
    }
}

/// A namespace that only an open file holds; it dies when dropped.
#[derive(Debug)]
pub(crate) struct Namespace {
    file: OwnedFd,
    _lease: Lease,
}

impl Namespace {
    /// Makes one.
    pub(crate) fn new() -> Result<Self> {
        let mut made = many(1)?;
        made.pop()
            .ok_or_else(|| Error::other("no namespace was made"))
    }

    /// Makes one, when there are no others but those that are held: nothing that is dying takes the
    /// kernel's time while this one lives.
    pub(crate) fn alone() -> Result<Self> {
        in_thread(|| {
            others_gone(0)?;
            Ok(Namespace {
                file: open_self()?,
                _lease: Lease::new(),
            })
        })
    }

    /// A path by which other processes can open it.
    pub(crate) fn path(&self) -> String {
        format!("/proc/{}/fd/{}", std::process::id(), self.file.as_raw_fd())
    }
}

impl AsFd for Namespace {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }
}

/// Makes so many, by one thread that goes from one to the next.
pub(crate) fn many(count: usize) -> Result<Vec<Namespace>> {
    in_thread(|| {
        let mut made = Vec::with_capacity(count);
        for _ in 0..count {
            let lease = Lease::new();
            make()?;
            made.push(Namespace {
                file: open_self()?,
                _lease: lease,
            });
        }
        Ok(made)
    })
}

/// Goes into a new namespace, with this thread.
pub(crate) fn make() -> Result<()> {
    unshare(CloneFlags::CLONE_NEWNET).map_err(Error::sys("make a network namespace"))
}

/// Does something in a thread of its own, which may go into other namespaces.
pub(crate) fn in_thread<T: Send>(work: impl FnOnce() -> Result<T> + Send) -> Result<T> {
    let done = thread::scope(|scope| scope.spawn(work).join());
    done.unwrap_or_else(|_| Err(Error::other("a thread panicked")))
}

/// Many namespaces that do nothing but be there.
#[derive(Debug, Default)]
pub(crate) struct Crowd(Vec<Namespace>);

impl Crowd {
    /// Lets it grow to so many.
    pub(crate) fn grow(&mut self, size: u64) -> Result<()> {
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        self.0.extend(many(size.saturating_sub(self.0.len()))?);
        Ok(())
    }
}

impl Drop for Crowd {
    fn drop(&mut self) {
        while !self.0.is_empty() {
            let left = self.0.len().saturating_sub(AT_ONCE);
            self.0.truncate(left);
            if let Err(error) = settle() {
                println!("{error}");
            }
        }
    }
}

/// Waits until there are no namespaces but those that are held. One is left to die.
pub(crate) fn settle() -> Result<()> {
    Namespace::alone().map(drop)
}

/// Waits until there are no namespaces but those that are held, and so many of this thread, which
/// is in one more then.
pub(crate) fn others_gone(own: u64) -> Result<()> {
    let limit = HELD.load(Ordering::SeqCst) + own + 1;
    set_limit(limit)?;
    let result = make_within_limit();
    set_limit(MOST)?;
    result
}

fn make_within_limit() -> Result<()> {
    let begun = Instant::now();
    loop {
        match unshare(CloneFlags::CLONE_NEWNET) {
            Ok(()) => return Ok(()),
            Err(Errno::ENOSPC) if begun.elapsed() < PATIENCE => thread::sleep(STEP),
            Err(Errno::ENOSPC) => return Err(Error::Late("the end of namespaces".to_owned())),
            Err(errno) => return Err(Error::sys("make a network namespace")(errno)),
        }
    }
}

fn set_limit(limit: u64) -> Result<()> {
    write(LIMIT, &limit.to_string())
}

/// Writes a file of the kernel's.
pub(crate) fn write(path: &str, text: &str) -> Result<()> {
    fs::write(path, text).map_err(Error::io(format!("write {text:?} to {path}")))
}

/// Makes room for as many files and namespaces as any row needs.
pub(crate) fn raise_limits() -> Result<()> {
    let files = 200_000;
    setrlimit(Resource::RLIMIT_NOFILE, files, files).map_err(Error::sys("have many files open"))?;
    set_limit(MOST)
}

/// Waits until `done`, with a look every so often.
pub(crate) fn eventually(what: &str, mut done: impl FnMut() -> Result<bool>) -> Result<()> {
    let begun = Instant::now();
    while !done()? {
        if begun.elapsed() > PATIENCE {
            return Err(Error::Late(what.to_owned()));
        }
        thread::sleep(Duration::from_millis(2));
    }
    Ok(())
}
