// SPDX-License-Identifier: MIT OR Apache-2.0

//! Requests to rtnetlink in a network namespace, and what the kernel answers.

use std::fmt;
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use homeward_netlink::{Protocol, Socket};
use nix::errno::Errno;
use nix::sched::{setns, CloneFlags};

use crate::directory::in_thread;
use crate::error::{Error, Result};
use crate::identity::inum;
use crate::message::{request, Answer};
use crate::open::open_self;

/// The kernel answers at once, or somebody holds its lock for ever.
const PATIENCE: Duration = Duration::from_secs(30);

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

/// A socket of rtnetlink. It stays in its network namespace, wherever its user is; nobody there can
/// answer in the kernel's place.
#[derive(Debug)]
pub(crate) struct Rtnetlink {
    socket: Socket,
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
        let what = "opening a netlink socket";
        let socket = Socket::open(Protocol::NetlinkRoute);
        let socket = socket.map_err(|errno| Error::System { what, errno })?;
        Ok(Rtnetlink { socket })
    }

    /// Has the kernel check what lists are asked for, and keep to it, since 4.20.
    pub(crate) fn be_strict(&self) {
        let _ = self.socket.be_strict();
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
        let seq = self.socket.next_seq();
        let mut answer = Answer::to(seq, self.socket.port());
        let request = request(kind, flags, seq, body);
        self.socket.send(&request).map_err(LinkError::System)?;
        loop {
            let deadline = Instant::now().checked_add(PATIENCE);
            let datagram = self.socket.receive(deadline).map_err(LinkError::System)?;
            let datagram = datagram.ok_or(LinkError::System(Errno::ETIMEDOUT))?;
            if answer.read(datagram, &mut each)? {
                return Ok(answer.consistent);
            }
        }
    }
}
