// SPDX-License-Identifier: MIT OR Apache-2.0

//! A network namespace by its id, which is its cookie.

#![allow(
    unsafe_code,
    reason = "no crate has open_by_handle_at(2) with the handles of nsfs"
)]

use std::os::fd::{FromRawFd, OwnedFd};

use nix::errno::Errno;

use crate::error::{Error, Result};
use crate::identity::cookie;

/// FD_NSFS_ROOT of linux/fcntl.h: in place of a descriptor of nsfs.
const NSFS_ROOT: libc::c_int = -10003;
/// FILEID_NSFS of linux/exportfs.h.
const FILEID_NSFS: libc::c_int = 0xf1;

/// `struct file_handle`, with `struct nsfs_file_handle` of linux/nsfs.h in it.
#[repr(C)]
struct Handle {
    bytes: libc::c_uint,
    kind: libc::c_int,
    id: u64,
    // 0 for whichever there is.
    namespace_kind: u32,
    inum: u32,
}

/// Opens the network namespace with this id (NS_GET_ID), also one that only a descriptor or a mount
/// elsewhere leads to, but none that no more than sockets hold. Needs Linux 6.18, and CAP_SYS_ADMIN and
/// CAP_DAC_READ_SEARCH in the initial user namespace.
///
/// ESTALE when there is none; EBADF with an older kernel.
pub fn open_id(id: u64) -> Result<OwnedFd> {
    let what = "opening a network namespace by its id";
    let failed = |errno| Error::System { what, errno };
    let mut handle = Handle {
        // Those of `struct nsfs_file_handle`.
        bytes: 16,
        kind: FILEID_NSFS,
        id,
        namespace_kind: 0,
        inum: 0,
    };
    let flags = libc::O_RDONLY | libc::O_CLOEXEC;
    let pointer = (&raw mut handle).cast::<libc::file_handle>();
    // SAFETY: The kernel reads the 8 bytes of `struct file_handle` and after them as many as `bytes`
    // says, which are all in `handle` (`handle_to_path()` in fs/fhandle.c).
    let fd = unsafe { libc::open_by_handle_at(NSFS_ROOT, pointer, flags) };
    let fd = Errno::result(fd).map_err(failed)?;
    // SAFETY: The kernel has just opened it for us.
    let file = unsafe { OwnedFd::from_raw_fd(fd) };
    // Other kinds of namespaces have ids out of the same row.
    match cookie(&file)? == id {
        true => Ok(file),
        false => Err(failed(Errno::ESTALE)),
    }
}
