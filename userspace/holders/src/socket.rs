// SPDX-License-Identifier: MIT OR Apache-2.0

//! Sockets of others, borrowed for a moment.

use std::os::fd::{AsFd, AsRawFd, OwnedFd};

use nix::errno::Errno;
use nix::sys::socket::{getpeername, getsockname, getsockopt, sockopt, SockaddrStorage};
use nix::sys::stat::{fstat, SFlag};

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

/// What a socket is, in the kernel's numbers; None for what it would not tell.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Facts {
    /// Its family (AF_*).
    pub family: Option<i32>,
    /// Its type (SOCK_*).
    pub kind: Option<i32>,
    /// Its protocol, with a meaning that depends on the family.
    pub protocol: Option<i32>,
    /// Its own address.
    pub local: Option<String>,
    /// The address that it is connected to.
    pub peer: Option<String>,
}

macro_rules! number_option {
    ($name:ident, $option:path) => {
        #[derive(Clone, Copy)]
        struct $name;
        nix::getsockopt_impl!(
            $name,
            libc::SOL_SOCKET,
            $option,
            i32,
            sockopt::GetStruct<i32>
        );
    };
}

number_option!(Domain, libc::SO_DOMAIN);
number_option!(Kind, libc::SO_TYPE);
number_option!(Protocol, libc::SO_PROTOCOL);

impl Facts {
    pub(crate) fn of(socket: impl AsFd) -> Self {
        let socket = socket.as_fd();
        let raw = socket.as_raw_fd();
        let local = getsockname::<SockaddrStorage>(raw).ok();
        let peer = getpeername::<SockaddrStorage>(raw).ok();
        Facts {
            family: getsockopt(&socket, Domain).ok(),
            kind: getsockopt(&socket, Kind).ok(),
            protocol: getsockopt(&socket, Protocol).ok(),
            local: local.as_ref().and_then(address),
            peer: peer.as_ref().and_then(address),
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

/// An address as text; None for none, or for a family that has no text here.
fn address(address: &SockaddrStorage) -> Option<String> {
    if let Some(inet) = address.as_sockaddr_in() {
        return Some(inet.to_string());
    }
    if let Some(inet) = address.as_sockaddr_in6() {
        return Some(inet.to_string());
    }
    if let Some(unix) = address.as_unix_addr() {
        let path = unix.path().map(|path| path.to_string_lossy().into_owned());
        let hidden = || {
            let name = unix.as_abstract()?;
            Some(format!("@{}", String::from_utf8_lossy(name)))
        };
        return path.or_else(hidden).filter(|text| !text.is_empty());
    }
    if let Some(netlink) = address.as_netlink_addr() {
        // Port 0 is the kernel.
        return Some(format!("port {}", netlink.pid()));
    }
    if let Some(link) = address.as_link_addr() {
        return Some(match link.ifindex() {
            0 => "any device".to_owned(),
            ifindex => format!("ifindex {ifindex}"),
        });
    }
    if let Some(vsock) = address.as_vsock_addr() {
        return Some(format!("{}:{}", vsock.cid(), vsock.port()));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{TcpListener, TcpStream};
    use std::os::unix::net::{UnixDatagram, UnixListener};

    #[test]
    fn facts_of_internet_sockets() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let stream = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let facts = Facts::of(&stream);
        assert_eq!(facts.family, Some(libc::AF_INET));
        assert_eq!(facts.kind, Some(libc::SOCK_STREAM));
        assert_eq!(facts.protocol, Some(libc::IPPROTO_TCP));
        assert_eq!(facts.local, Some(stream.local_addr().unwrap().to_string()));
        assert_eq!(facts.peer, Some(stream.peer_addr().unwrap().to_string()));
        assert_eq!(Facts::of(&listener).peer, None);
    }

    #[test]
    fn facts_of_local_sockets() {
        let nameless = UnixDatagram::unbound().unwrap();
        assert_eq!(Facts::of(&nameless).local, None);
        let path = std::env::temp_dir().join(format!("homeward-socket-{}", std::process::id()));
        let named = UnixListener::bind(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        assert_eq!(Facts::of(&named).local, path.to_str().map(str::to_owned));
    }

    #[test]
    fn a_borrowed_descriptor_is_checked_against_its_link() {
        let socket = UnixDatagram::unbound().unwrap();
        let link = std::fs::read_link(format!("/proc/self/fd/{}", socket.as_raw_fd())).unwrap();
        let number = inode(link.as_os_str().as_encoded_bytes()).unwrap();
        assert!(is(&socket, number));
        assert!(!is(&socket, number + 1));
        assert!(!is(std::fs::File::open("/dev/null").unwrap(), number));
    }
}
