// SPDX-License-Identifier: MIT OR Apache-2.0

//! The ids that the network namespace of this thread gives to others.

use std::os::fd::{AsFd, AsRawFd, OwnedFd};

use nix::errno::Errno;
use nix::sys::socket::{recv, send, setsockopt, socket, sockopt, AddressFamily, MsgFlags};
use nix::sys::socket::{SockFlag, SockProtocol, SockType};

use crate::error::{Error, Result};
use crate::nsid_message::{answers, request, Answer, NETNSA_FD, NETNSA_NSID, NETNSA_TARGET_NSID};
use crate::nsid_message::{NLM_F_ACK, NLM_F_DUMP, RTM_GETNSID, RTM_NEWNSID};

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

/// More than the kernel puts into one datagram of a dump.
const BUFFER: usize = 64 * 1024;

/// Asks for ids, and gives them.
#[derive(Debug)]
pub struct Nsids {
    socket: OwnedFd,
    seq: u32,
    buffer: Vec<u8>,
}

/// An id as the kernel tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Nsid {
    /// The id in the namespace that was asked about; None when it has none there.
    pub id: Option<u32>,
    /// The id in the own namespace, if another one was asked about; None inside when it has none.
    pub current: Option<Option<u32>>,
}

/// Why there is no answer about an id, in the words of iproute2.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NsidError {
    /// The kernel explained itself.
    #[error("Error: {0}.")]
    Explained(String),
    /// The kernel did not.
    #[error("RTNETLINK answers: {}", .0.desc())]
    Refused(Errno),
    /// The answer makes no sense.
    #[error("RTNETLINK answers: malformed message")]
    Malformed,
}

impl From<Errno> for NsidError {
    fn from(errno: Errno) -> Self {
        NsidError::Refused(errno)
    }
}

type Answered<T> = std::result::Result<T, NsidError>;

impl Nsids {
    /// Opens a socket to ask with.
    pub fn open() -> Result<Self> {
        let open = || {
            let socket = socket(
                AddressFamily::Netlink,
                SockType::Raw,
                SockFlag::SOCK_CLOEXEC,
                SockProtocol::NetlinkRoute,
            )?;
            // Linux before 4.12 explains nothing, and before 4.20 lists only the own ids.
            let _ = setsockopt(&socket, ExtAck, &true);
            let _ = setsockopt(&socket, StrictCheck, &true);
            Ok(socket)
        };
        let what = "opening a netlink socket";
        let socket = open().map_err(|errno| Error::System { what, errno })?;
        Ok(Nsids {
            socket,
            seq: 0,
            buffer: vec![0; BUFFER],
        })
    }

    /// The id of an open namespace; None when it has none.
    pub fn id(&mut self, namespace: impl AsFd) -> Answered<Option<u32>> {
        let fd = namespace.as_fd().as_raw_fd();
        let found = self.talk(RTM_GETNSID, NLM_F_ACK, &[(NETNSA_FD, fd)])?;
        Ok(found.first().ok_or(NsidError::Malformed)?.id)
    }

    /// Gives an id to an open namespace; with None the kernel chooses it.
    pub fn set(&mut self, namespace: impl AsFd, id: Option<u32>) -> Answered<()> {
        let fd = namespace.as_fd().as_raw_fd();
        let id = id.map_or(Ok(-1), i32::try_from);
        let id = id.map_err(|_| NsidError::Refused(Errno::ERANGE))?;
        let attributes = [(NETNSA_FD, fd), (NETNSA_NSID, id)];
        self.talk(RTM_NEWNSID, NLM_F_ACK, &attributes).map(drop)
    }

    /// The namespace that has an id here, as `target` calls it (or the own namespace, which makes
    /// the answer the question).
    pub fn of_id(&mut self, id: i32, target: Option<i32>) -> Answered<Nsid> {
        let mut attributes = vec![(NETNSA_NSID, id)];
        attributes.extend(target.map(|target| (NETNSA_TARGET_NSID, target)));
        let found = self.talk(RTM_GETNSID, NLM_F_ACK, &attributes)?;
        found.first().copied().ok_or(NsidError::Malformed)
    }

    /// All ids that the own namespace gives, or the one with the id `target`.
    pub fn all(&mut self, target: Option<i32>) -> Answered<Vec<Nsid>> {
        let target = target.map(|target| (NETNSA_TARGET_NSID, target));
        self.talk(RTM_GETNSID, NLM_F_DUMP, target.as_slice())
    }

    fn talk(&mut self, kind: u16, flags: u16, attributes: &[(u16, i32)]) -> Answered<Vec<Nsid>> {
        self.seq = self.seq.wrapping_add(1);
        let request = request(kind, flags, self.seq, attributes);
        send(self.socket.as_raw_fd(), &request, MsgFlags::empty())?;
        let mut found = Vec::new();
        loop {
            let len = match recv(self.socket.as_raw_fd(), &mut self.buffer, MsgFlags::empty()) {
                Err(Errno::EINTR) => continue,
                other => other?,
            };
            let datagram = self.buffer.get(..len).unwrap_or_default();
            for answer in answers(datagram, self.seq)? {
                match answer {
                    Answer::Nsid(nsid) => found.push(nsid),
                    Answer::End(verdict) => return verdict.map(|()| found),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::open::open_self;
    use std::fs::File;

    #[test]
    fn asking_about_the_own_namespace_gives_an_answer() {
        let mut nsids = Nsids::open().unwrap();
        nsids.id(open_self().unwrap()).unwrap();
        nsids.all(None).unwrap();
    }

    #[test]
    fn a_file_that_is_no_namespace_is_refused_as_iproute2_says_it() {
        let mut nsids = Nsids::open().unwrap();
        let error = nsids.id(File::open("/etc/passwd").unwrap()).unwrap_err();
        assert_eq!(error.to_string(), "Error: Peer netns reference is invalid.");
        // And the next question gets its own answer.
        nsids.id(open_self().unwrap()).unwrap();
    }

    #[test]
    fn an_id_that_nobody_has_is_refused() {
        let mut nsids = Nsids::open().unwrap();
        let error = nsids.of_id(i32::MAX, None).unwrap_err();
        assert_eq!(error.to_string(), "Error: Peer netns reference is invalid.");
        let error = nsids.all(Some(i32::MAX)).unwrap_err();
        let expected = "Error: Invalid target network namespace id.";
        assert_eq!(error.to_string(), expected);
    }
}
