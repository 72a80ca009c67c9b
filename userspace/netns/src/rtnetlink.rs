// SPDX-License-Identifier: MIT OR Apache-2.0

//! Requests to rtnetlink in a network namespace, and what the kernel answers.

use std::io::{self, Cursor};
use std::os::fd::AsFd;

use neli::consts::nl::{NlmF, NlmsgerrAttr};
use neli::consts::rtnl::Rtm;
use neli::consts::socket::{Msg, NlFamily};
use neli::err::{Nlmsgerr, NlmsghdrErr};
use neli::nl::{NlPayload, NlmsghdrBuilder};
use neli::rtnl::Ifinfomsg;
use neli::socket::NlSocket;
use neli::types::{Buffer, NlBuffer};
use neli::utils::Groups;
use neli::{FromBytesWithInput, Size, ToBytes};
use nix::errno::Errno;
use nix::sched::{setns, CloneFlags};

use crate::directory::in_thread;
use crate::error::{errno_of, Error, Result};
use crate::identity::inum;
use crate::link::{LinkError, Refused};
use crate::open::open_self;

/// More than the kernel puts into one datagram of a dump (32 KiB).
const BUFFER: usize = 64 * 1024;

/// A socket of rtnetlink. It stays in its network namespace, wherever its user is.
pub(crate) struct Rtnetlink {
    socket: NlSocket,
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

    fn open_here() -> Result<Self> {
        let open = || {
            let socket = NlSocket::connect(NlFamily::Route, None, Groups::empty())?;
            // Linux before 4.12 explains nothing.
            let _ = socket.enable_ext_ack(true);
            Ok(socket)
        };
        open()
            .map(|socket| Rtnetlink {
                socket,
                seq: 0,
                buffer: vec![0; BUFFER],
            })
            .map_err(|error: io::Error| Error::System {
                what: "opening a netlink socket",
                errno: errno_of(&error),
            })
    }

    /// Sends a request and waits until it is done, which the kernel does before anything else. Gives
    /// the links that answer it.
    pub(crate) fn ask<P>(
        &mut self,
        kind: Rtm,
        flags: NlmF,
        body: P,
    ) -> std::result::Result<Vec<Ifinfomsg>, LinkError>
    where
        P: Size + ToBytes,
    {
        self.seq = self.seq.wrapping_add(1);
        let message = NlmsghdrBuilder::default()
            .nl_type(kind)
            .nl_flags(NlmF::REQUEST | flags)
            .nl_seq(self.seq)
            .nl_payload(NlPayload::Payload(body))
            .build()
            .map_err(|_| LinkError::Unsendable)?;
        let mut bytes = Cursor::new(Vec::new());
        message
            .to_bytes(&mut bytes)
            .map_err(|_| LinkError::Unsendable)?;
        self.socket
            .send(bytes.get_ref(), Msg::empty())
            .map_err(|error| LinkError::System(errno_of(&error)))?;

        let mut links = Vec::new();
        loop {
            let len = match self.socket.recv(&mut self.buffer, Msg::empty()) {
                Ok((len, _)) => len,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(LinkError::System(errno_of(&error))),
            };
            let datagram = self.buffer.get(..len).unwrap_or_default();
            if read(datagram, self.seq, &mut links)? {
                return Ok(links);
            }
        }
    }
}

/// Adds the links in a datagram to `links`; true when it ends the answer.
fn read(
    datagram: &[u8],
    seq: u32,
    links: &mut Vec<Ifinfomsg>,
) -> std::result::Result<bool, LinkError> {
    let malformed = |_| LinkError::Malformed;
    let messages =
        NlBuffer::<u16, Buffer>::from_bytes_with_input(&mut Cursor::new(datagram), datagram.len())
            .map_err(malformed)?;
    for message in messages.iter().filter(|message| *message.nl_seq() == seq) {
        match message.nl_payload() {
            NlPayload::Payload(body) => {
                let mut cursor = Cursor::new(body.as_ref());
                links.push(
                    Ifinfomsg::from_bytes_with_input(&mut cursor, body.len()).map_err(malformed)?,
                );
            }
            NlPayload::Err(refusal) => return Err(refused(refusal).into()),
            // The end of a list has an errno, too.
            NlPayload::DumpExtAck(end) if *end.error() < 0 => {
                return Err(Refused::new(*end.error(), None).into());
            }
            NlPayload::Ack(_) | NlPayload::DumpExtAck(_) | NlPayload::Empty => return Ok(true),
        }
    }
    Ok(false)
}

fn refused(refusal: &Nlmsgerr<NlmsghdrErr<u16, Buffer>>) -> Refused {
    let words = refusal
        .ext_ack()
        .iter()
        .find(|attribute| *attribute.nla_type().nla_type() == NlmsgerrAttr::Msg)
        .map(|attribute| text(attribute.nla_payload().as_ref()));
    Refused::new(*refusal.error(), words)
}

/// A string of the kernel, without its NUL.
pub(crate) fn text(bytes: &[u8]) -> String {
    let end = bytes.iter().position(|byte| *byte == 0);
    let bytes = end.and_then(|end| bytes.get(..end)).unwrap_or(bytes);
    String::from_utf8_lossy(bytes).into_owned()
}

impl Refused {
    fn new(error: i32, message: Option<String>) -> Self {
        Refused {
            errno: Errno::from_raw(error.saturating_neg()),
            message,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// NLMSG_ERROR about a request of headers only, with an explanation.
    fn refusal(seq: u32, errno: i32, words: &str) -> Vec<u8> {
        let mut explained = u16::try_from(5 + words.len())
            .unwrap()
            .to_ne_bytes()
            .to_vec();
        explained.extend(1u16.to_ne_bytes());
        explained.extend(words.as_bytes());
        explained.push(0);
        explained.resize(explained.len().next_multiple_of(4), 0);
        let request = [16u32, 18, seq, 0].map(u32::to_ne_bytes).concat();
        let len = u32::try_from(20 + request.len() + explained.len()).unwrap();
        // NLM_F_ACK_TLVS and NLMSG_ERROR.
        let header = [len, 0x0200_0002, seq, 0].map(u32::to_ne_bytes).concat();
        [header, (-errno).to_ne_bytes().to_vec(), request, explained].concat()
    }

    #[test]
    fn a_refusal_has_the_kernels_own_words() {
        let datagram = refusal(7, libc::EEXIST, "An interface exists");
        let error = read(&datagram, 7, &mut Vec::new()).unwrap_err();
        assert_eq!(error.errno(), Some(Errno::EEXIST));
        assert_eq!(error.to_string(), "An interface exists (File exists)");
    }

    #[test]
    fn an_answer_to_an_earlier_request_is_skipped() {
        let datagram = refusal(7, libc::EEXIST, "x");
        assert_eq!(read(&datagram, 8, &mut Vec::new()), Ok(false));
    }

    #[test]
    fn a_truncated_answer_is_an_error() {
        let datagram = refusal(7, libc::EEXIST, "x");
        for len in 1..16 {
            assert!(read(&datagram[..len], 7, &mut Vec::new()).is_err());
        }
    }

    #[test]
    fn text_ends_at_its_nul_and_may_be_any_bytes() {
        assert_eq!(text(b"eth0\0\0"), "eth0");
        assert_eq!(text(b"e\xff"), "e\u{fffd}");
    }
}
