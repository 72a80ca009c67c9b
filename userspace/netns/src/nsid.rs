// SPDX-License-Identifier: MIT OR Apache-2.0

//! The ids that the network namespace of this thread gives to others (RTM_GETNSID).

use std::os::fd::{AsFd, AsRawFd, OwnedFd};

use nix::errno::Errno;
use nix::sys::socket::{recv, send, setsockopt, socket, sockopt, AddressFamily, MsgFlags};
use nix::sys::socket::{SockFlag, SockProtocol, SockType};

use crate::error::{Error, Result};

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

const RTM_NEWNSID: u16 = 88;
const RTM_GETNSID: u16 = 90;
const NETNSA_NSID: u16 = 1;
const NETNSA_FD: u16 = 3;
const NLMSGERR_ATTR_MSG: u16 = 1;
const NLM_F_REQUEST: u16 = 1;
const NLM_F_CAPPED: u16 = 0x100;
const NLM_F_ACK_TLVS: u16 = 0x200;

/// Asks for ids.
#[derive(Debug)]
pub struct Nsids {
    socket: OwnedFd,
    seq: u32,
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
}

impl From<Errno> for NsidError {
    fn from(errno: Errno) -> Self {
        NsidError::Refused(errno)
    }
}

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
            // Linux before 4.12 explains nothing.
            let _ = setsockopt(&socket, ExtAck, &true);
            Ok(socket)
        };
        open()
            .map(|socket| Nsids { socket, seq: 0 })
            .map_err(|errno| Error::System {
                what: "opening a netlink socket",
                errno,
            })
    }

    /// The id of an open namespace; None when it has none.
    pub fn id(&mut self, namespace: impl AsFd) -> std::result::Result<Option<u32>, NsidError> {
        self.seq = self.seq.wrapping_add(1);
        let request = request(self.seq, namespace.as_fd().as_raw_fd());
        send(self.socket.as_raw_fd(), &request, MsgFlags::empty())?;
        let mut buffer = [0; 8192];
        loop {
            let len = recv(self.socket.as_raw_fd(), &mut buffer, MsgFlags::empty())?;
            let answer = buffer.get(..len).unwrap_or_default();
            if u32_at(answer, 8) == Some(self.seq) {
                return parse(answer);
            }
        }
    }
}

fn request(seq: u32, fd: i32) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(28);
    bytes.extend_from_slice(&28u32.to_ne_bytes());
    bytes.extend_from_slice(&RTM_GETNSID.to_ne_bytes());
    bytes.extend_from_slice(&NLM_F_REQUEST.to_ne_bytes());
    bytes.extend_from_slice(&seq.to_ne_bytes());
    bytes.extend_from_slice(&0u32.to_ne_bytes());
    // struct rtgenmsg, padded.
    bytes.extend_from_slice(&[0; 4]);
    bytes.extend_from_slice(&8u16.to_ne_bytes());
    bytes.extend_from_slice(&NETNSA_FD.to_ne_bytes());
    bytes.extend_from_slice(&fd.to_ne_bytes());
    bytes
}

fn parse(answer: &[u8]) -> std::result::Result<Option<u32>, NsidError> {
    let malformed = NsidError::Refused(Errno::EBADMSG);
    let kind = u16_at(answer, 4).ok_or(malformed.clone())?;
    let flags = u16_at(answer, 6).ok_or(malformed.clone())?;
    match kind {
        RTM_NEWNSID => {
            let id = attribute(answer, 20, NETNSA_NSID)
                .and_then(|id| u32_at(id, 0))
                .ok_or(malformed)?;
            // -1 means none.
            Ok(i32::try_from(id).ok().map(i32::unsigned_abs))
        }
        2 => {
            let code = u32_at(answer, 16).ok_or(malformed.clone())?;
            let echoed = match flags & NLM_F_CAPPED {
                0 => u32_at(answer, 20).ok_or(malformed)?.max(16),
                _ => 16,
            };
            let start = usize::try_from(echoed).unwrap_or(usize::MAX);
            let text = (flags & NLM_F_ACK_TLVS != 0)
                .then(|| attribute(answer, start.saturating_add(20), NLMSGERR_ATTR_MSG))
                .flatten();
            Err(match text {
                Some(text) => {
                    let text = String::from_utf8_lossy(text);
                    let text = text.trim_end_matches(['\0', '.']);
                    NsidError::Explained(text.to_owned())
                }
                None => Errno::from_raw(0i32.wrapping_sub_unsigned(code)).into(),
            })
        }
        _ => Err(malformed),
    }
}

/// The payload of an attribute among those from `start` on.
fn attribute(bytes: &[u8], mut start: usize, wanted: u16) -> Option<&[u8]> {
    loop {
        let len = usize::from(u16_at(bytes, start)?);
        let kind = u16_at(bytes, start + 2)?;
        let payload = bytes.get(start + 4..start.checked_add(len)?)?;
        if kind & 0x3fff == wanted {
            return Some(payload);
        }
        start += len.checked_add(3)? & !3;
    }
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    let bytes = bytes.get(at..)?.first_chunk::<2>()?;
    Some(u16::from_ne_bytes(*bytes))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    let bytes = bytes.get(at..)?.first_chunk::<4>()?;
    Some(u32::from_ne_bytes(*bytes))
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
    }

    #[test]
    fn a_file_that_is_no_namespace_is_refused_as_iproute2_says_it() {
        let mut nsids = Nsids::open().unwrap();
        let error = nsids.id(File::open("/etc/passwd").unwrap()).unwrap_err();
        assert_eq!(error.to_string(), "Error: Peer netns reference is invalid.");
    }

    #[test]
    fn a_truncated_answer_is_an_error_and_never_a_panic() {
        let mut answer = request(1, -1);
        answer[4..6].copy_from_slice(&RTM_NEWNSID.to_ne_bytes());
        answer[22..24].copy_from_slice(&NETNSA_NSID.to_ne_bytes());
        assert_eq!(parse(&answer), Ok(None));
        for len in 0..answer.len() {
            assert!(parse(&answer[..len]).is_err());
        }
    }
}
