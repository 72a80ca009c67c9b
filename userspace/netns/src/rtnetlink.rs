// SPDX-License-Identifier: MIT OR Apache-2.0

//! Requests to rtnetlink in a network namespace, and what the kernel answers.

use std::fmt;
use std::os::fd::AsFd;

use homeward_netlink::{Ack, Malformed, NlmF, Protocol, Socket, Transport};
use nix::errno::Errno;
use nix::sched::{setns, CloneFlags};

use crate::directory::in_thread;
use crate::error::{Error, Result};
use crate::identity::inum;
use crate::open::open_self;

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
    #[error("request cannot be sent")]
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

impl From<homeward_netlink::Error> for LinkError {
    fn from(error: homeward_netlink::Error) -> Self {
        use homeward_netlink::Error;
        match error {
            Error::Send(errno) | Error::Receive(errno) => LinkError::System(errno),
            Error::NoAnswer => LinkError::System(Errno::ETIMEDOUT),
            Error::Malformed(_) => LinkError::Malformed,
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
    /// Opens a socket in an open network namespace: see [`socket_in()`].
    pub(crate) fn open(namespace: impl AsFd, label: &str) -> Result<Self> {
        let socket = socket_in(namespace, label, Protocol::NetlinkRoute)?;
        Ok(Rtnetlink { socket })
    }

    /// Opens a socket in the network namespace of this thread.
    pub(crate) fn open_here() -> Result<Self> {
        let socket = socket_here(Protocol::NetlinkRoute)?;
        Ok(Rtnetlink { socket })
    }

    /// Has the kernel check what lists are asked for, and keep to it, since 4.20.
    pub(crate) fn be_strict(&self) {
        let _ = self.socket.be_strict();
    }

    /// As [`talk()`].
    pub(crate) fn talk(
        &mut self,
        kind: u16,
        flags: NlmF,
        body: &[u8],
        each: impl FnMut(u16, &[u8]) -> Option<()>,
    ) -> std::result::Result<bool, LinkError> {
        talk(&mut self.socket, kind, flags, body, each)
    }
}

/// Opens a socket in an open network namespace, which errors call `label`. Only another namespace than
/// that of this thread needs the permission to enter it.
pub(crate) fn socket_in(namespace: impl AsFd, label: &str, protocol: Protocol) -> Result<Socket> {
    let namespace = namespace.as_fd();
    if inum(open_self()?)? == inum(namespace)? {
        return socket_here(protocol);
    }
    in_thread(|| {
        setns(namespace, CloneFlags::CLONE_NEWNET).map_err(|errno| {
            let name = label.to_owned();
            Error::Enter { name, errno }
        })?;
        socket_here(protocol)
    })?
}

fn socket_here(protocol: Protocol) -> Result<Socket> {
    let what = "opening a netlink socket";
    Socket::open(protocol).map_err(|errno| Error::System { what, errno })
}

/// Sends a request and waits until it is done, which the kernel does before anything else. Gives
/// `each` the kind and the body of every message that answers it; it returns None for a body that
/// makes no sense. False when a list changed while the kernel made it.
pub(crate) fn talk(
    transport: &mut impl Transport,
    kind: u16,
    flags: NlmF,
    body: &[u8],
    mut each: impl FnMut(u16, &[u8]) -> Option<()>,
) -> std::result::Result<bool, LinkError> {
    let outcome = transport.exchange(kind, flags, body, |kind, body| {
        each(kind, body).ok_or(Malformed("body that makes no sense"))
    })?;
    match outcome.ack {
        Ack { errno: None, .. } => Ok(outcome.consistent),
        Ack {
            errno: Some(errno),
            message,
            ..
        } => Err(Refused { errno, message }.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use homeward_netlink::script::{ack, attr, done, message, Script};

    fn ended(datagram: Vec<u8>) -> std::result::Result<bool, LinkError> {
        let mut script = Script::new([datagram]);
        talk(&mut script, 18, NlmF::DUMP, &[], |_, _| None)
    }

    #[test]
    fn a_refusal_has_the_kernels_own_words() {
        let echoed = [16_u32, 18, 1, 0].map(u32::to_ne_bytes).concat();
        let code = (-libc::EEXIST).to_ne_bytes().to_vec();
        let words = attr(1, b"An interface exists\0");
        let refusal = message(2, 0x200, 1, &[code, echoed, words].concat());
        let error = ended(refusal).unwrap_err();
        assert_eq!(error.errno(), Some(Errno::EEXIST));
        assert_eq!(error.to_string(), "An interface exists (File exists)");
    }

    #[test]
    fn a_refused_list_is_an_error() {
        assert_eq!(ended(done(2, 1, 0)), Ok(true));
        let error = ended(done(2, 1, libc::EPERM)).unwrap_err();
        assert_eq!(error.errno(), Some(Errno::EPERM));
    }

    #[test]
    fn what_makes_no_sense_spoils_a_good_answer() {
        let answer = |errno| ended([message(16, 0, 1, &[]), ack(1, errno)].concat());
        assert_eq!(answer(0), Err(LinkError::Malformed));
        assert_eq!(
            answer(libc::ENODEV).unwrap_err().errno(),
            Some(Errno::ENODEV)
        );
    }

    #[test]
    fn silence_is_an_error() {
        let error = ended(message(1, 0, 1, &[])).unwrap_err();
        assert_eq!(error.errno(), Some(Errno::ETIMEDOUT));
    }
}
