// SPDX-License-Identifier: GPL-2.0-only

//! The current task, and the time.

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
