// SPDX-License-Identifier: GPL-2.0-only

//! The table of mounts, which tells when it changes.

use std::fs::File;
use std::os::fd::AsFd;
use std::time::Duration;

use nix::poll::{poll, PollFd, PollFlags, PollTimeout};

/// Without /proc there is no table; then nothing is heard of it.
pub(super) struct Mounts(Option<File>);

impl Mounts {
    pub(super) fn open() -> Self {
        Mounts(File::open("/proc/self/mountinfo").ok())
    }

    /// Waits until it changes, `other` can be read or time is up; whether it has changed. May end before.
    pub(super) fn wait(&self, other: &impl AsFd, time: Option<Duration>) -> bool {
        let mut fds = vec![PollFd::new(other.as_fd(), PollFlags::POLLIN)];
        fds.extend(
            self.0
                .as_ref()
                .map(|table| PollFd::new(table.as_fd(), PollFlags::POLLPRI)),
        );
        let timeout = time.map_or(PollTimeout::NONE, |time| {
            // Rounded up, lest the last millisecond becomes a busy loop.
            PollTimeout::try_from(time.as_millis() + 1).unwrap_or(PollTimeout::MAX)
        });
        // Interrupted is as good as early.
        let _ = poll(&mut fds, timeout);
        fds.get(1).and_then(PollFd::any).unwrap_or(false)
    }
}
