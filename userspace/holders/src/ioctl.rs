// SPDX-License-Identifier: MIT OR Apache-2.0

//! The calls that no crate wraps: five ioctls.

#![allow(
    unsafe_code,
    reason = "no crate has these ioctls, and nix's macros make functions that are unsafe to call"
)]

use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd};

use nix::errno::Errno;

mod raw {
    // linux/sockios.h
    nix::ioctl_none_bad!(skns, 0x894c);
    // linux/if_tun.h
    nix::ioctl_none!(tun_dev_netns, b'T', 227);
    // linux/nsfs.h
    nix::ioctl_none!(ns_user, 0xb7, 1);
    nix::ioctl_read_bad!(ns_owner, nix::request_code_none!(0xb7, 4), u32);
    nix::ioctl_read!(ns_id, 0xb7, 13, u64);
}

/// The network namespace of a socket, or of the socket inside a file of /dev/net/tun (SIOCGSKNS).
pub(crate) fn socket_namespace(socket: impl AsFd) -> Result<OwnedFd, Errno> {
    open(socket.as_fd(), raw::skns)
}

/// The network namespace of the device of a file of /dev/net/tun (TUNGETDEVNETNS).
pub(crate) fn tun_device_namespace(file: impl AsFd) -> Result<OwnedFd, Errno> {
    open(file.as_fd(), raw::tun_dev_netns)
}

/// The id of an open namespace, never used again while the system runs (NS_GET_ID, Linux 6.18).
pub(crate) fn namespace_id(namespace: impl AsFd) -> Result<u64, Errno> {
    let mut id = 0;
    // SAFETY: The kernel writes a u64 where `id` is, and nothing else; of a file of another kind,
    // the request is refused.
    unsafe { raw::ns_id(namespace.as_fd().as_raw_fd(), &raw mut id) }?;
    Ok(id)
}

/// The user namespace that owns an open namespace (NS_GET_USERNS).
pub(crate) fn owner_namespace(namespace: impl AsFd) -> Result<OwnedFd, Errno> {
    open(namespace.as_fd(), raw::ns_user)
}

/// The user id, as seen from the caller's user namespace, of the owner of the user namespace that owns
/// an open namespace (NS_GET_USERNS, NS_GET_OWNER_UID).
pub(crate) fn owner(namespace: impl AsFd) -> Result<u32, Errno> {
    let user = owner_namespace(namespace)?;
    let mut uid = 0;
    // SAFETY: The kernel writes a uid_t where `uid` is, and nothing else.
    unsafe { raw::ns_owner(user.as_raw_fd(), &raw mut uid) }?;
    Ok(uid)
}

fn open(
    file: BorrowedFd<'_>,
    request: unsafe fn(i32) -> Result<i32, Errno>,
) -> Result<OwnedFd, Errno> {
    // SAFETY: These requests take no argument and touch no memory.
    let fd = unsafe { request(file.as_raw_fd()) }?;
    // SAFETY: The kernel has just opened it for us.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}
