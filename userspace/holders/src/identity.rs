// SPDX-License-Identifier: MIT OR Apache-2.0

//! Which network namespace something belongs to.

use std::os::fd::AsFd;
use std::path::Path;
use std::sync::OnceLock;

use homeward_netns::{cookie, inum, open_path, open_self, own_cookie, socket_cookie};
use nix::errno::Errno;

use crate::error::{Error, Result};
use crate::ioctl;

/// What a network namespace is known by. The cookie is never used twice; the inode number is, so it
/// says something only about a namespace that is held open meanwhile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Identity {
    /// Its cookie (SO_NETNS_COOKIE); None when that could not be found out.
    pub cookie: Option<u64>,
    /// Its inode number in nsfs; None when that could not be found out.
    pub inum: Option<u64>,
}

impl Identity {
    /// The identity of an open network namespace.
    pub fn of(namespace: impl AsFd) -> Result<Self> {
        let namespace = namespace.as_fd();
        let unknown = |error: homeward_netns::Error| Error::Unknown {
            errno: error.errno().unwrap_or(Errno::EINVAL),
        };
        let inum = Some(inum(namespace).map_err(unknown)?);
        // An id costs no permission; before there were ids, one had to go and see.
        let id = ids_are_cookies().then(|| ioctl::namespace_id(namespace).ok());
        let cookie = id.flatten().or_else(|| cookie(namespace).ok());
        Ok(Identity { cookie, inum })
    }

    /// The identity of the network namespace behind a file, such as /proc/PID/ns/net.
    pub fn of_path(path: &Path) -> Option<Self> {
        Identity::of(open_path(path).ok()?).ok()
    }

    /// The network namespace of a socket. Nothing is known of it with Linux before 5.14 and without
    /// CAP_NET_ADMIN over that namespace.
    pub(crate) fn of_socket(socket: impl AsFd) -> Self {
        let socket = socket.as_fd();
        if let Ok(cookie) = socket_cookie(socket) {
            return Identity {
                cookie: Some(cookie),
                inum: None,
            };
        }
        let number = ioctl::socket_namespace(socket).ok().map(inum);
        Identity {
            cookie: None,
            inum: number.and_then(|number| number.ok()),
        }
    }

    /// Whether both are the same one; None when that cannot be told.
    pub fn same(self, other: Identity) -> Option<bool> {
        let both = |left: Option<u64>, right: Option<u64>| Some(left? == right?);
        both(self.cookie, other.cookie).or_else(|| both(self.inum, other.inum))
    }
}

/// The owner of the user namespace that owns an open network namespace, as seen from the caller's user
/// namespace; None for one that is not below that, for want of permission.
pub fn owner_uid(namespace: impl AsFd) -> Option<u32> {
    ioctl::owner(namespace).ok()
}

/// Whether the ids of nsfs are the cookies of network namespaces, as they have been since there are ids.
fn ids_are_cookies() -> bool {
    static ANSWER: OnceLock<bool> = OnceLock::new();
    *ANSWER.get_or_init(|| {
        let id = open_self()
            .ok()
            .and_then(|own| ioctl::namespace_id(own).ok());
        id.is_some() && id == own_cookie().ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::UdpSocket;

    #[test]
    fn a_socket_belongs_to_the_namespace_in_which_it_was_made() {
        let own = Identity::of(open_self().unwrap()).unwrap();
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        let its = Identity::of_socket(&socket);
        assert_eq!(its.cookie, own_cookie().ok());
        // Without privilege and ids, there may be nothing to compare.
        assert_ne!(its.same(own), Some(false));
    }

    #[test]
    fn the_cookie_decides_before_the_inode_number() {
        let id = |cookie, inum| Identity { cookie, inum };
        let table = [
            (id(Some(1), Some(7)), id(Some(2), Some(7)), Some(false)),
            (id(Some(1), Some(7)), id(Some(1), None), Some(true)),
            (id(Some(1), Some(7)), id(None, Some(7)), Some(true)),
            (id(Some(1), None), id(None, Some(7)), None),
        ];
        for (left, right, same) in table {
            assert_eq!(left.same(right), same, "{left:?} {right:?}");
        }
    }
}
