// SPDX-License-Identifier: GPL-2.0-only

//! This process as it was started, for the command that it becomes.
//!
//! Before `main`, the standard library ignores SIGPIPE, and opens /dev/null where a standard stream was
//! closed; what it starts gets SIGPIPE at its default. A command in a namespace gets what it would have
//! got without this program between it and its parent, as with `ip netns exec`.

#![expect(
    unsafe_code,
    reason = "nothing safe looks before the standard library does, sets a signal, or forks"
)]

use std::ffi::{CString, OsString};
use std::io;
use std::os::fd::AsFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::ExitStatusExt;
use std::process::{exit, ExitStatus};
use std::ptr::{null, null_mut};
use std::sync::atomic::{AtomicBool, Ordering};

use nix::errno::Errno;
use nix::fcntl::{fcntl, FcntlArg, FdFlag};
use nix::libc;
use nix::sys::signal::{signal, SigHandler, Signal};
use nix::unistd::{execvp, fork, ForkResult};
use rustix::io::retry_on_intr;
use rustix::process::{waitpid, Pid, WaitOptions};

use crate::exit::Status;

static PIPE_WAS_IGNORED: AtomicBool = AtomicBool::new(false);
static WAS_CLOSED: [AtomicBool; 3] = [const { AtomicBool::new(false) }; 3];

/// Called before `main`, as the standard library's own look at the arguments is.
#[used]
#[unsafe(link_section = ".init_array")]
static LOOK: extern "C" fn() = look;

extern "C" fn look() {
    // SAFETY: All zeroes is a valid sigaction; without a new action, sigaction(2) only writes the old one.
    let action = unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        libc::sigaction(libc::SIGPIPE, null(), &raw mut action);
        action
    };
    PIPE_WAS_IGNORED.store(action.sa_sigaction == libc::SIG_IGN, Ordering::Relaxed);
    for (fd, closed) in (0..).zip(&WAS_CLOSED) {
        // SAFETY: F_GETFD changes nothing, whatever the number.
        let flags = unsafe { libc::fcntl(fd, libc::F_GETFD, null_mut::<libc::c_void>()) };
        closed.store(flags < 0, Ordering::Relaxed);
    }
}

/// Replaces this process by a command; gives the program and why it could not be run.
pub(crate) fn become_command(command: &[OsString]) -> (String, io::Error) {
    let words: Result<Vec<CString>, _> = command
        .iter()
        .map(|word| CString::new(word.as_bytes()))
        .collect();
    let (Ok(words), Some(program)) = (words, command.first()) else {
        return (String::new(), io::ErrorKind::InvalidInput.into());
    };
    hand_on();
    let Err(errno) = execvp(&words[0], &words);
    // Whoever is told of it may have gone.
    let _ = set(Signal::SIGPIPE, SigHandler::SigIgn);
    (program.to_string_lossy().into_owned(), errno.into())
}

/// Undoes what the standard library did before `main`.
fn hand_on() {
    if !PIPE_WAS_IGNORED.load(Ordering::Relaxed) {
        let _ = set(Signal::SIGPIPE, SigHandler::SigDfl);
    }
    let (stdin, stdout, stderr) = (io::stdin(), io::stdout(), io::stderr());
    let streams = [stdin.as_fd(), stdout.as_fd(), stderr.as_fd()];
    for (stream, closed) in streams.into_iter().zip(&WAS_CLOSED) {
        if closed.load(Ordering::Relaxed) {
            // Until then, messages must not go into whatever else gets the number.
            let _ = fcntl(stream, FcntlArg::F_SETFD(FdFlag::FD_CLOEXEC));
        }
    }
}

fn set(which: Signal, handler: SigHandler) -> nix::Result<SigHandler> {
    // SAFETY: No function of this process handles a signal: it is ignored, or left to the kernel.
    unsafe { signal(which, handler) }
}

/// Does `work` in a process of its own, and waits for its end: there is no way back out of a namespace.
pub(crate) fn in_child(work: impl FnOnce() -> Status) -> io::Result<ExitStatus> {
    // Ignored, it would take the end of the child with it.
    let before = set(Signal::SIGCHLD, SigHandler::SigDfl)?;
    // SAFETY: This process has one thread whenever it runs commands, so the child may do all that it
    // could do itself.
    let child = match unsafe { fork() }? {
        ForkResult::Child => {
            let _ = set(Signal::SIGCHLD, before);
            exit(work().code().into())
        }
        ForkResult::Parent { child } => Pid::from_raw(child.as_raw()),
    };
    let ended = retry_on_intr(|| waitpid(child, WaitOptions::empty()))?;
    let (_, status) = ended.ok_or(Errno::ECHILD)?;
    Ok(ExitStatus::from_raw(status.as_raw()))
}
