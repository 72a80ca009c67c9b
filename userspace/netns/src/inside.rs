// SPDX-License-Identifier: MIT OR Apache-2.0

//! A short visit to a network namespace.

use std::os::fd::AsFd;

use nix::sched::{setns, CloneFlags};

use crate::directory::in_thread;
use crate::error::{Error, Result};

/// Runs `work` in an open network namespace, in a thread of its own, so that the caller stays where it
/// is. What the thread opens there belongs to that namespace and may be taken out of it.
pub fn inside<T: Send>(namespace: impl AsFd, work: impl FnOnce() -> T + Send) -> Result<T> {
    let namespace = namespace.as_fd();
    in_thread(|| {
        setns(namespace, CloneFlags::CLONE_NEWNET).map_err(|errno| Error::System {
            what: "setns to a network namespace",
            errno,
        })?;
        Ok(work())
    })?
}
