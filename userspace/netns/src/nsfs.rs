// SPDX-License-Identifier: MIT OR Apache-2.0

//! Whether a file is a network namespace. Of one that is mounted, neither name nor status tell its kind.

#![allow(
    unsafe_code,
    reason = "no crate has this ioctl, and nix's macros make functions that are unsafe to call"
)]

use std::fs::{self, File};
use std::os::fd::{AsFd, AsRawFd};
use std::os::unix::fs::MetadataExt;

mod raw {
    // linux/nsfs.h
    nix::ioctl_none!(ns_type, 0xb7, 3);
}

/// What a file is, which is looked at without being opened: that may take for ever, or do something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sort {
    /// A network namespace, by its inode number.
    Network(u64),
    /// Another kind of namespace.
    Namespace,
    /// No namespace.
    Other,
}

/// Looks at a file that was opened as a path only.
pub(crate) fn sort(path: impl AsFd) -> std::io::Result<Sort> {
    let place = format!("/proc/thread-self/fd/{}", path.as_fd().as_raw_fd());
    let file = fs::metadata(&place)?;
    if file.dev() != fs::metadata("/proc/thread-self/ns/net")?.dev() {
        return Ok(Sort::Other);
    }
    Ok(match is_network(File::open(&place)?) {
        true => Sort::Network(file.ino()),
        false => Sort::Namespace,
    })
}

/// Whether an open file is a network namespace (NS_GET_NSTYPE, Linux 4.11).
fn is_network(namespace: impl AsFd) -> bool {
    // SAFETY: The request takes nothing; of a file of another kind, it is refused.
    let found = unsafe { raw::ns_type(namespace.as_fd().as_raw_fd()) };
    found == Ok(libc::CLONE_NEWNET)
}
