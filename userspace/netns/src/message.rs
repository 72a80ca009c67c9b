// SPDX-License-Identifier: MIT OR Apache-2.0

//! Messages of netlink, in bytes.

use nix::errno::Errno;

use crate::rtnetlink::{LinkError, Refused};

const NLM_F_REQUEST: u16 = 1;
const NLM_F_DUMP_INTR: u16 = 0x10;
const NLM_F_CAPPED: u16 = 0x100;
const NLM_F_ACK_TLVS: u16 = 0x200;

const NLMSG_ERROR: u16 = 2;
const NLMSG_DONE: u16 = 3;
const NLMSGERR_ATTR_MSG: u16 = 1;

const HEADER: usize = 16;

/// A request.
pub(crate) fn request(kind: u16, flags: u16, seq: u32, body: &[u8]) -> Vec<u8> {
    let len = HEADER.saturating_add(body.len());
    let mut bytes = Vec::with_capacity(len);
    bytes.extend_from_slice(&u32::try_from(len).unwrap_or(u32::MAX).to_ne_bytes());
    bytes.extend_from_slice(&kind.to_ne_bytes());
    bytes.extend_from_slice(&(NLM_F_REQUEST | flags).to_ne_bytes());
    bytes.extend_from_slice(&seq.to_ne_bytes());
    bytes.extend_from_slice(&[0; 4]);
    bytes.extend_from_slice(body);
    bytes
}

/// The answer to one request, which may come in many datagrams.
#[derive(Debug)]
pub(crate) struct Answer {
    seq: u32,
    port: u32,
    /// Whether nothing changed while the kernel made a list.
    pub(crate) consistent: bool,
}

impl Answer {
    /// To the request with this sequence number, of the socket with this port.
    pub(crate) fn to(seq: u32, port: u32) -> Self {
        Answer {
            seq,
            port,
            consistent: true,
        }
    }

    /// Gives `each` the kind and the body of every message in a datagram; it returns None for a body
    /// that makes no sense. True when that was the end.
    pub(crate) fn read(
        &mut self,
        mut datagram: &[u8],
        each: &mut impl FnMut(u16, &[u8]) -> Option<()>,
    ) -> Result<bool, LinkError> {
        let short = LinkError::Malformed;
        while !datagram.is_empty() {
            let (message, rest) = split(datagram).ok_or(short.clone())?;
            datagram = rest;
            // What is left of a request that was given up.
            if (message.seq, message.port) != (self.seq, self.port) {
                continue;
            }
            self.consistent &= message.flags & NLM_F_DUMP_INTR == 0;
            match message.kind {
                NLMSG_ERROR | NLMSG_DONE => {
                    message.verdict().ok_or(short)??;
                    return Ok(true);
                }
                kind => each(kind, message.body).ok_or(short.clone())?,
            }
        }
        Ok(false)
    }
}

struct Message<'a> {
    kind: u16,
    flags: u16,
    seq: u32,
    port: u32,
    body: &'a [u8],
}

/// The first message, and what comes after it.
fn split(bytes: &[u8]) -> Option<(Message<'_>, &[u8])> {
    let len = usize::try_from(u32_at(bytes, 0)?).ok()?;
    let message = Message {
        kind: u16_at(bytes, 4)?,
        flags: u16_at(bytes, 6)?,
        seq: u32_at(bytes, 8)?,
        port: u32_at(bytes, 12)?,
        body: bytes.get(HEADER..len)?,
    };
    let next = len.checked_next_multiple_of(4)?;
    Some((message, bytes.get(next..).unwrap_or_default()))
}

impl Message<'_> {
    /// What an ending message says.
    fn verdict(&self) -> Option<Result<(), Refused>> {
        let (code, explained) = match self.kind {
            NLMSG_ERROR => {
                let echoed = match self.flags & NLM_F_CAPPED {
                    0 => usize::try_from(u32_at(self.body, 4)?).ok()?.max(HEADER),
                    _ => HEADER,
                };
                let echoed = echoed.checked_next_multiple_of(4)?;
                (u32_at(self.body, 0)?, echoed.checked_add(4)?)
            }
            // A bare one is good.
            _ => (u32_at(self.body, 0).unwrap_or(0), 4),
        };
        if code == 0 {
            return Some(Ok(()));
        }
        let words = self
            .body
            .get(explained..)
            .filter(|_| self.flags & NLM_F_ACK_TLVS != 0)
            .and_then(|attributes| attribute(attributes, NLMSGERR_ATTR_MSG));
        Some(Err(Refused {
            errno: Errno::from_raw(0i32.wrapping_sub_unsigned(code)),
            message: words.map(text),
        }))
    }
}

/// The payload of an attribute.
pub(crate) fn attribute(mut bytes: &[u8], wanted: u16) -> Option<&[u8]> {
    loop {
        let len = usize::from(u16_at(bytes, 0)?);
        let kind = u16_at(bytes, 2)?;
        let payload = bytes.get(4..len)?;
        if kind & 0x3fff == wanted {
            return Some(payload);
        }
        bytes = bytes.get(len.next_multiple_of(4)..)?;
    }
}

/// A string of the kernel, without its NUL.
pub(crate) fn text(bytes: &[u8]) -> String {
    let bytes = bytes.split(|byte| *byte == 0).next().unwrap_or_default();
    String::from_utf8_lossy(bytes).into_owned()
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    let bytes = bytes.get(at..)?.first_chunk::<2>()?;
    Some(u16::from_ne_bytes(*bytes))
}

/// The number at this position.
pub(crate) fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    let bytes = bytes.get(at..)?.first_chunk::<4>()?;
    Some(u32::from_ne_bytes(*bytes))
}

#[cfg(test)]
mod properties;
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
        let echoed = [16u32, 18, seq, 0].map(u32::to_ne_bytes).concat();
        let body = [(-errno).to_ne_bytes().to_vec(), echoed, explained].concat();
        request(NLMSG_ERROR, NLM_F_ACK_TLVS, seq, &body)
    }

    fn read(datagram: &[u8], seq: u32) -> Result<bool, LinkError> {
        Answer::to(seq, 0).read(datagram, &mut |_, _| Some(()))
    }

    #[test]
    fn a_refusal_has_the_kernels_own_words() {
        let error = read(&refusal(7, libc::EEXIST, "An interface exists"), 7).unwrap_err();
        assert_eq!(error.errno(), Some(Errno::EEXIST));
        assert_eq!(error.to_string(), "An interface exists (File exists)");
    }

    #[test]
    fn a_refused_list_is_an_error() {
        let end = |code: i32| request(NLMSG_DONE, 2, 7, &code.to_ne_bytes());
        assert_eq!(read(&end(0), 7), Ok(true));
        let error = read(&end(-libc::EPERM), 7).unwrap_err();
        assert_eq!(error.errno(), Some(Errno::EPERM));
    }

    #[test]
    fn an_answer_to_an_earlier_request_is_skipped() {
        assert_eq!(read(&refusal(7, libc::EEXIST, "x"), 8), Ok(false));
    }

    #[test]
    fn an_answer_to_another_port_is_skipped() {
        let mut foreign = refusal(7, libc::EEXIST, "x");
        foreign[12..16].copy_from_slice(&9u32.to_ne_bytes());
        assert_eq!(read(&foreign, 7), Ok(false));
        let answer = [foreign, refusal(7, libc::ENODEV, "y")].concat();
        assert_eq!(read(&answer, 7).unwrap_err().errno(), Some(Errno::ENODEV));
    }

    #[test]
    fn a_truncated_answer_is_an_error_and_broken_bytes_are_never_a_panic() {
        let whole = refusal(7, libc::EEXIST, "x");
        for len in 1..whole.len() {
            let mut bytes = whole[..len].to_vec();
            assert_eq!(read(&bytes, 7), Err(LinkError::Malformed), "{len}");
            // Also when the message says itself that it is so short.
            if len >= HEADER {
                bytes[..4].copy_from_slice(&u32::try_from(len).unwrap().to_ne_bytes());
                assert!(read(&bytes, 7).is_err(), "{len}");
            }
        }
        for at in 0..whole.len() {
            for byte in [0, 1, 3, 0x7f, 0xff] {
                let mut broken = whole.clone();
                broken[at] = byte;
                let _ = read(&broken, 7);
            }
        }
    }

    #[test]
    fn text_ends_at_its_nul_and_may_be_any_bytes() {
        assert_eq!(text(b"eth0\0\0"), "eth0");
        assert_eq!(text(b"e\xff"), "e\u{fffd}");
    }
}
