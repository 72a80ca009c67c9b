// SPDX-License-Identifier: MIT OR Apache-2.0

//! What a network namespace is known by.

use std::os::fd::AsFd;

use nix::errno::Errno;
use nix::sys::socket::{getsockopt, socket, sockopt, AddressFamily, SockFlag, SockType};
use nix::sys::stat::fstat;

use crate::error::{Error, Result};
use crate::inside::inside;

/// The socket option SO_NETNS_COOKIE.
#[derive(Clone, Copy)]
struct NetnsCookie;

nix::getsockopt_impl!(
    NetnsCookie,
    libc::SOL_SOCKET,
    libc::SO_NETNS_COOKIE,
    u64,
    sockopt::GetStruct<u64>
);

/// Inode number in nsfs of an open namespace.
pub fn inum(namespace: impl AsFd) -> Result<u64> {
    fstat(namespace)
        .map(|file| file.st_ino)
        .map_err(|errno| Error::System {
            what: "fstat of a network namespace",
            errno,
        })
}

/// Cookie of an open namespace; needs the permission to enter it (and Linux 5.14).
pub fn cookie(namespace: impl AsFd) -> Result<u64> {
    inside(namespace, own_cookie)?
}

/// Cookie of the namespace of this thread.
pub fn own_cookie() -> Result<u64> {
    // Every socket has it, and one of this kind can always be made.
    socket(
        AddressFamily::Unix,
        SockType::Datagram,
        SockFlag::SOCK_CLOEXEC,
        None,
    )
    .map_err(unreadable)
    .and_then(socket_cookie)
}

/// Cookie of the namespace of a socket (Linux 5.14).
pub fn socket_cookie(socket: impl AsFd) -> Result<u64> {
    getsockopt(&socket.as_fd(), NetnsCookie).map_err(unreadable)
}

fn unreadable(errno: Errno) -> Error {
    let what = "reading the cookie of a network namespace";
    Error::System { what, errno }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::open::{open_path, open_self};
    use std::path::Path;

    #[test]
    fn the_inode_number_is_the_one_in_proc() {
        let link = std::fs::read_link("/proc/self/ns/net").unwrap();
        let own = inum(open_self().unwrap()).unwrap();
        assert_eq!(link.to_str(), Some(format!("net:[{own}]").as_str()));
    }

    #[test]
    fn every_namespace_has_a_cookie() {
        assert_ne!(own_cookie().unwrap(), 0);
    }

    #[test]
    fn an_ordinary_file_is_no_namespace() {
        let error = open_path(Path::new("/etc/passwd")).unwrap_err();
        assert_eq!(
            error.to_string(),
            "\"/etc/passwd\" is not a network namespace"
        );
    }
}
