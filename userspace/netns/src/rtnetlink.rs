// SPDX-License-Identifier: MIT OR Apache-2.0

//! Requests to rtnetlink in a network namespace, and what the kernel answers.

use std::fmt;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};

use nix::errno::Errno;
use nix::sched::{setns, CloneFlags};
use nix::sys::socket::{recv, send, setsockopt, socket, sockopt, AddressFamily, MsgFlags};
use nix::sys::socket::{SockFlag, SockProtocol, SockType};
use nix::sys::time::TimeVal;

use crate::directory::in_thread;
use crate::error::{Error, Result};
use crate::identity::inum;
use crate::message::{request, Answer};
use crate::open::open_self;

/// The socket option NETLINK_EXT_ACK.
#[derive(Clone)]
struct ExtAck;

nix::setsockopt_impl!(
    ExtAck,
    libc::SOL_NETLINK,
    libc::NETLINK_EXT_ACK,
    bool,
    sockopt::SetBool
);

/// The socket option NETLINK_GET_STRICT_CHK.
#[derive(Clone)]
struct StrictCheck;

nix::setsockopt_impl!(
    StrictCheck,
    libc::SOL_NETLINK,
    libc::NETLINK_GET_STRICT_CHK,
    bool,
    sockopt::SetBool
);

/// More than the kernel puts into one datagram of a dump (32 KiB).
const BUFFER: usize = 64 * 1024;
/// The kernel answers at once, or somebody holds its lock for ever.
const PATIENCE: TimeVal = TimeVal::new(30, 0);

/// A request that the kernel refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// Why.
    pub errno: Errno,
    /// Why, in the kernel's own words (extended ACK).
    pub message: Option<String>,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.message {
            Some(message) => write!(f, "{message} ({})", self.errno.desc()),
            None => f.write_str(self.errno.desc()),
        }
    }
}

impl std::error::Error for Refused {}

/// Why a request to rtnetlink failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LinkError {
    /// The kernel refused it.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// A system call failed.
    #[error("cannot talk to rtnetlink: {}", .0.desc())]
    System(Errno),
    /// It cannot be put into bytes.
    #[error("request that cannot be sent")]
    Unsendable,
    /// The kernel sent something that this crate cannot read.
    #[error("bad message from rtnetlink")]
    Malformed,
}

impl LinkError {
    /// The errno behind this error, if there is one.
    pub fn errno(&self) -> Option<Errno> {
        match self {
            LinkError::Refused(refused) => Some(refused.errno),
            LinkError::System(errno) => Some(*errno),
            LinkError::Unsendable | LinkError::Malformed => None,
        }
    }
}

/// A socket of rtnetlink. It stays in its network namespace, wherever its user is.
#[derive(Debug)]
pub(crate) struct Rtnetlink {
    socket: OwnedFd,
    seq: u32,
    buffer: Vec<u8>,
}

impl Rtnetlink {
    /// Opens a socket in an open network namespace. Only another namespace than that of this thread
    /// needs the permission to enter it.
    pub(crate) fn open(namespace: impl AsFd, label: &str) -> Result<Self> {
        let namespace = namespace.as_fd();
        if inum(open_self()?)? == inum(namespace)? {
            return Rtnetlink::open_here();
        }
        in_thread(|| {
            setns(namespace, CloneFlags::CLONE_NEWNET).map_err(|errno| {
                let name = label.to_owned();
                Error::Enter { name, errno }
            })?;
            Rtnetlink::open_here()
        })?
    }

    /// Opens a socket in the network namespace of this thread.
    pub(crate) fn open_here() -> Result<Self> {
        let open = || {
            let socket = socket(
                AddressFamily::Netlink,
                SockType::Raw,
                SockFlag::SOCK_CLOEXEC,
                SockProtocol::NetlinkRoute,
            )?;
            setsockopt(&socket, sockopt::ReceiveTimeout, &PATIENCE)?;
            // Linux before 4.12 explains nothing.
            let _ = setsockopt(&socket, ExtAck, &true);
            Ok(socket)
        };
        let what = "opening a netlink socket";
        let socket = open().map_err(|errno| Error::System { what, errno })?;
        Ok(Rtnetlink {
            socket,
            seq: 0,
            buffer: vec![0; BUFFER],
        })
    }

    /// Has the kernel check what lists are asked for, and keep to it, since 4.20.
    pub(crate) fn be_strict(&self) {
        let _ = setsockopt(&self.socket, StrictCheck, &true);
    }

    /// Sends a request and waits until it is done, which the kernel does before anything else. Gives
    /// `each` the kind and the body of every message that answers it; it returns None for a body that
    /// makes no sense. False when a list changed while the kernel made it.
    pub(crate) fn talk(
        &mut self,
        kind: u16,
        flags: u16,
        body: &[u8],
        mut each: impl FnMut(u16, &[u8]) -> Option<()>,
    ) -> std::result::Result<bool, LinkError> {
        self.seq = self.seq.wrapping_add(1);
        let request = request(kind, flags, self.seq, body);
        let fd = self.socket.as_raw_fd();
        send(fd, &request, MsgFlags::empty()).map_err(LinkError::System)?;
        let mut answer = Answer::to(self.seq);
        loop {
            let len = match recv(fd, &mut self.buffer, MsgFlags::MSG_TRUNC) {
                Ok(len) => len,
                Err(Errno::EINTR) => continue,
                Err(Errno::EAGAIN) => return Err(LinkError::System(Errno::ETIMEDOUT)),
                Err(errno) => return Err(LinkError::System(errno)),
            };
            let datagram = self.buffer.get(..len);
            let datagram = datagram.ok_or(LinkError::System(Errno::EMSGSIZE))?;
            if answer.read(datagram, &mut each)? {
                return Ok(answer.consistent);
            }
        }
    }
}
