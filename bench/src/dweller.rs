// SPDX-License-Identifier: GPL-2.0-only

//! Processes that do nothing but be there, thousands of them.
//!
//! They are forks: to start as many programs would take longer than all that is measured.

use crate::error::{
    Error,
    Result, //
};
use nix::libc;
use nix::sys::signal::{
    kill,
    Signal, //
};
use nix::sys::wait::waitpid;
use nix::unistd::{
    fork,
    pipe,
    read,
    ForkResult,
    Pid, //
};
use std::os::fd::{
    AsRawFd,
    RawFd, //
};

/// A process in the network namespace of the thread that made it; killed when dropped.
#[derive(Debug)]
pub(crate) struct Dweller(Pid);

impl Dweller {
    /// Makes one that has so many files open, besides the first three and one more.
    #[allow(unsafe_code, reason = "nothing else makes a process without a program")]
    pub(crate) fn new(files: usize) -> Result<Self> {
        let (ready, tell) = pipe().map_err(Error::sys("make a pipe"))?;
        // SAFETY: The child only makes system calls, and never returns.
        let forked = unsafe { fork() }.map_err(Error::sys("fork"))?;
        let ForkResult::Parent { child } = forked else {
            dwell(tell.as_raw_fd(), files);
        };
        drop(tell);
        let dweller = Dweller(child);
        let mut byte = [0];
        match read(&ready, &mut byte) {
            Ok(1) => Ok(dweller),
            Ok(_) => Err(Error::other("a process ended at once")),
            Err(errno) => Err(Error::sys("read a pipe")(errno)),
        }
    }

    /// Sends SIGKILL, and does not wait.
    pub(crate) fn kill(&self) -> Result<()> {
        kill(self.0, Signal::SIGKILL).map_err(Error::sys("kill a process"))
    }
}

impl Drop for Dweller {
    fn drop(&mut self) {
        // Also when it has been killed already: it is a zombie until it is waited for.
        let _ = self.kill();
        let _ = waitpid(self.0, None);
    }
}

/// Closes what the parent had open, opens so many of its own, says so, and waits for its end.
#[allow(
    unsafe_code,
    reason = "after a fork of one of several threads, only system calls"
)]
fn dwell(tell: RawFd, files: usize) -> ! {
    let tell_at = libc::c_uint::try_from(tell).unwrap_or(0);
    // SAFETY: These system calls take no memory but one byte, which is there; what they close is
    // used by nobody in this process.
    unsafe {
        if tell_at > 3 {
            libc::syscall(libc::SYS_close_range, 3, tell_at - 1, 0);
        }
        libc::syscall(libc::SYS_close_range, tell_at + 1, libc::c_uint::MAX, 0);
        for _ in 0..files {
            libc::dup(tell);
        }
        libc::write(tell, [1_u8].as_ptr().cast(), 1);
        loop {
            libc::pause();
        }
    }
}
