// SPDX-License-Identifier: GPL-2.0-only

//! The current task, and the time.

use kernel::error::to_result;
use kernel::prelude::*;

use crate::ffi;

/// Room for a command name (`TASK_COMM_LEN`).
pub(crate) const COMMAND_SIZE: usize = 16;

/// Who a task is, at one moment.
#[derive(Clone, Copy)]
pub(crate) struct TaskInfo {
    /// Thread group id in the initial pid namespace.
    pub(crate) pid: u32,
    /// Effective user id in the initial user namespace.
    pub(crate) uid: u32,
    /// Command name, padded with NUL, one at least.
    pub(crate) command: [u8; COMMAND_SIZE],
}

impl TaskInfo {
    /// The current task.
    pub(crate) fn current() -> TaskInfo {
        let mut command = [0; COMMAND_SIZE];
        // SAFETY: `hw_current_comm()` writes `TASK_COMM_LEN` (16) bytes, the last of them NUL.
        unsafe { ffi::hw_current_comm(command.as_mut_ptr().cast()) };
        TaskInfo {
            // SAFETY: No precondition but a task context, which all our callers have.
            pid: unsafe { ffi::hw_current_tgid() },
            // SAFETY: As above.
            uid: unsafe { ffi::hw_current_euid() },
            command,
        }
    }

    /// The command name without its padding.
    pub(crate) fn command(&self) -> &[u8] {
        self.command.split(|&b| b == 0).next().unwrap_or(&[])
    }
}

/// Nanoseconds of `CLOCK_BOOTTIME`.
pub(crate) fn boottime_ns() -> u64 {
    // SAFETY: No precondition.
    unsafe { ffi::hw_boottime_ns() }
}

/// How long something may take in a task of its own, once that has had RTNL, in milliseconds.
const PATIENCE_MS: u32 = 10_000;

/// What is to be done in a task of its own, and what came of it.
struct Call<F> {
    work: Option<F>,
    done: Result,
}

impl<F: FnOnce() -> Result + Send> Call<F> {
    /// # Safety
    ///
    /// Only for a call in a task of its own, with a `Call<F>` that is its alone.
    unsafe extern "C" fn run(call: *mut c_void) {
        // SAFETY: By the contract.
        let call = unsafe { &mut *call.cast::<Call<F>>() };
        if let Some(work) = call.work.take() {
            call.done = work();
        }
    }
}

/// Does something that takes RTNL in a task of its own, which is killed when it takes too long: then `ETIMEDOUT`,
/// unless that has helped.
///
/// Somebody who loads a module waits until it is there, and it is not before all have let go of
/// what its init takes. We hold some of that: `pernet_ops_rwsem` at a death, `cb_lock` in a request.
pub(crate) fn killable<F: FnOnce() -> Result + Send>(work: F) -> Result {
    let mut call = Call {
        work: Some(work),
        done: Err(EINTR),
    };
    let run = Some(Call::<F>::run as unsafe extern "C" fn(*mut c_void));
    // SAFETY: `call` outlives the call, during which nobody else has it.
    let killed =
        to_result(unsafe { ffi::hw_call_killable(run, (&raw mut call).cast(), PATIENCE_MS) });
    call.done.map_err(|error| killed.err().unwrap_or(error))
}

/// Does something in a task of its own, and waits for it. It must not need a lock that is held.
pub(crate) fn aside<F: FnOnce() -> Result + Send>(work: F) -> Result {
    let mut call = Call {
        work: Some(work),
        done: Err(EINTR),
    };
    let run = Some(Call::<F>::run as unsafe extern "C" fn(*mut c_void));
    // SAFETY: `call` outlives the call, during which nobody else has it.
    to_result(unsafe { ffi::hw_call_aside(run, (&raw mut call).cast()) })?;
    call.done
}

/// Does something in a task of its own while RTNL is held; `ETIMEDOUT` if it waits for that.
pub(crate) fn below_rtnl<F: FnOnce() -> Result + Send>(work: F) -> Result {
    let mut call = Call {
        work: Some(work),
        done: Err(EINTR),
    };
    let run = Some(Call::<F>::run as unsafe extern "C" fn(*mut c_void));
    // SAFETY: `call` outlives the call, during which nobody else has it.
    to_result(unsafe { ffi::hw_call_below_rtnl(run, (&raw mut call).cast(), PATIENCE_MS) })?;
    call.done
}
