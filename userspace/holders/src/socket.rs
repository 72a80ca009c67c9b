// SPDX-License-Identifier: MIT OR Apache-2.0

//! Sockets of others, borrowed for a moment.

use std::os::fd::{AsFd, OwnedFd};

use nix::errno::Errno;
use nix::sys::socket::getsockopt;
use nix::sys::stat::{fstat, SFlag};

use crate::count::Range;
use crate::facts::{Domain, Facts, AF_SMC, IPPROTO_SMC};
use crate::identity::Identity;
use crate::proc::{bracketed, number, value, Process, Thread};
use crate::tables::Owner;

/// A socket: what it is, where it belongs, and who has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Socket {
    /// Its inode number, which tells it from all others, however many descriptors lead to it.
    pub inode: u64,
    /// The network namespace that it belongs to, which it holds.
    pub namespace: Identity,
    /// What it is.
    pub facts: Facts,
    /// Who has it, in the order in which that was found; never empty.
    pub holders: Vec<Descriptor>,
}

/// A descriptor of a process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Descriptor {
    /// The process.
    pub process: Process,
    /// Which thread has it, if the process itself has not.
    pub thread: Option<Thread>,
    /// Its descriptor.
    pub fd: i32,
    /// The network namespace of the process, or of that thread.
    pub process_namespace: Identity,
}

impl Socket {
    /// Whether it belongs to another network namespace than one of the processes that have it; None
    /// when that cannot be told.
    pub fn strays(&self) -> Option<bool> {
        let same = |holder: &Descriptor| self.namespace.same(holder.process_namespace);
        let all: Vec<Option<bool>> = self.holders.iter().map(same).collect();
        match all.iter().flatten().any(|same| !same) {
            true => Some(true),
            false => all.iter().all(Option::is_some).then_some(false),
        }
    }
}

impl Socket {
    /// The references of sockets of the kernel inside of it, as it is in so many rows of /proc/net/tcp.
    pub(crate) fn inner(&self, rows: usize) -> Range {
        match (self.facts.family, self.facts.protocol) {
            (Some(AF_SMC), _) | (_, Some(IPPROTO_SMC)) => Range::exactly(1),
            // Each subflow has its number (mptcp_subflow_create_socket(), mptcp_sock_graft()). There is none
            // before bind(2) or connect(2); one that is only bound, or was reset, is in no table.
            (_, Some(libc::IPPROTO_MPTCP)) => Range::between(rows, rows.max(1)),
            _ => Range::default(),
        }
    }
}

/// The inode number in `socket:[number]`.
pub(crate) fn inode(link: &[u8]) -> Option<u64> {
    bracketed(link, "socket")
}

/// What came of asking for a socket.
pub(crate) enum Lent {
    /// Here it is, with the network namespace that it belongs to.
    Socket(OwnedFd, Identity),
    /// It cannot be had, or does not tell where it belongs.
    Refused,
    /// The kernel cannot do that (Linux before 5.6).
    Impossible,
    /// It is not there any more.
    Gone,
}

/// Borrows the socket with this inode number.
pub(crate) fn borrow(owner: &mut Owner, fd: i32, inode: u64) -> Lent {
    let socket = match owner.borrow(fd) {
        Ok(socket) if is(&socket, inode) => socket,
        Ok(_) | Err(Errno::EBADF | Errno::ESRCH) => return Lent::Gone,
        Err(Errno::ENOSYS) => return Lent::Impossible,
        Err(_) => return Lent::Refused,
    };
    let namespace = Identity::of_socket(&socket);
    match namespace == Identity::default() {
        true => Lent::Refused,
        false => Lent::Socket(socket, namespace),
    }
}

/// How many descriptors are on their way to the one who reads from this local socket.
pub(crate) fn in_flight(owner: &Owner, fd: i32, socket: impl AsFd) -> u32 {
    let local = getsockopt(&socket.as_fd(), Domain) == Ok(libc::AF_UNIX);
    let info = local.then(|| owner.info(fd)).flatten().unwrap_or_default();
    value(&info, "scm_fds").and_then(number).unwrap_or(0)
}

/// Whether a borrowed descriptor is the socket that its link named a moment ago.
fn is(socket: impl AsFd, inode: u64) -> bool {
    let socket_bits = SFlag::S_IFSOCK.bits();
    fstat(socket).is_ok_and(|file| {
        file.st_ino == inode && file.st_mode & SFlag::S_IFMT.bits() == socket_bits
    })
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use std::os::fd::AsRawFd;
    use std::os::unix::net::UnixDatagram;

    /// The inode number of a socket of this process.
    pub(crate) fn number_of(socket: &impl AsRawFd) -> u64 {
        let link = std::fs::read_link(format!("/proc/self/fd/{}", socket.as_raw_fd())).unwrap();
        inode(link.as_os_str().as_encoded_bytes()).unwrap()
    }

    /// Fewest and most references of what is inside.
    fn inner(family: i32, protocol: i32, rows: usize) -> (u32, u32) {
        let socket = Socket {
            inode: 7,
            namespace: Identity::default(),
            facts: Facts {
                family: Some(family),
                protocol: Some(protocol),
                ..Facts::default()
            },
            holders: Vec::new(),
        };
        let inner = socket.inner(rows);
        (inner.min, inner.max)
    }

    #[test]
    fn sockets_inside_of_others_count() {
        let (inet, tcp, mptcp) = (libc::AF_INET, libc::IPPROTO_TCP, libc::IPPROTO_MPTCP);
        assert_eq!(inner(inet, tcp, 1), (0, 0));
        assert_eq!(inner(inet, mptcp, 3), (3, 3));
        assert_eq!(inner(inet, mptcp, 0), (0, 1));
        assert_eq!(inner(AF_SMC, 0, 0), (1, 1));
        assert_eq!(inner(inet, IPPROTO_SMC, 0), (1, 1));
    }

    #[test]
    fn a_borrowed_descriptor_is_checked_against_its_link() {
        let socket = UnixDatagram::unbound().unwrap();
        let number = number_of(&socket);
        assert!(is(&socket, number));
        assert!(!is(&socket, number + 1));
        assert!(!is(std::fs::File::open("/dev/null").unwrap(), number));
    }
}
