// SPDX-License-Identifier: MIT OR Apache-2.0

//! Netlink messages: a header of 16 bytes, a payload, padding to 4 bytes.

use neli::consts::nl::{NlmF, Nlmsg, NlmsgerrAttr};
use nix::errno::Errno;

use crate::attr::{align, attrs};
use crate::Malformed;

pub(crate) const HEADER: usize = 16;
/// NLMSGERR_ATTR_MISS_TYPE, which neli does not know.
const MISS_TYPE: NlmsgerrAttr = NlmsgerrAttr::UnrecognizedConst(5);

/// One message.
#[derive(Debug, Clone, Copy)]
pub struct Message<'a> {
    /// What it is: one of [`Nlmsg`], or what the protocol makes of it.
    pub kind: u16,
    flags: NlmF,
    seq: u32,
    port: u32,
    /// What is behind its header.
    pub payload: &'a [u8],
}

/// How the kernel judged a request.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ack {
    /// None when it was granted.
    pub errno: Option<Errno>,
    /// Why, in the kernel's own words (extended ACK).
    pub message: Option<String>,
    /// Where in the request the attribute begins that is wrong.
    pub offset: Option<usize>,
    /// Number of the attribute that is missing.
    pub missing: Option<u16>,
}

/// A message to the kernel, as it is sent. Its length is that of its body, whatever that is: neli would round
/// it up.
pub fn request(kind: u16, flags: NlmF, seq: u32, body: &[u8]) -> Vec<u8> {
    let len = u32::try_from(HEADER.saturating_add(body.len())).unwrap_or(u32::MAX);
    let mut bytes = len.to_ne_bytes().to_vec();
    bytes.extend(kind.to_ne_bytes());
    bytes.extend((NlmF::REQUEST | flags).bits().to_ne_bytes());
    bytes.extend(seq.to_ne_bytes());
    // For the kernel, which knows the sender's port.
    bytes.extend([0; 4]);
    bytes.extend_from_slice(body);
    bytes
}

/// The messages that follow one another in `bytes`.
pub fn messages(bytes: &[u8]) -> Messages<'_> {
    Messages { rest: bytes }
}

/// Iterator over messages; ends after the first error.
#[derive(Debug, Clone)]
pub struct Messages<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Messages<'a> {
    type Item = Result<Message<'a>, Malformed>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let message = Message::first(self.rest);
        self.rest = match &message {
            Ok(message) => self
                .rest
                .get(align(HEADER + message.payload.len())..)
                .unwrap_or_default(),
            Err(_) => &[],
        };
        Some(message)
    }
}

impl<'a> Message<'a> {
    fn first(bytes: &'a [u8]) -> Result<Self, Malformed> {
        let short = Malformed("message shorter than its header");
        let len = u32_at(bytes, 0).ok_or(short)?;
        let kind = u32_at(bytes, 4).ok_or(short)?;
        let seq = u32_at(bytes, 8).ok_or(short)?;
        let port = u32_at(bytes, 12).ok_or(short)?;
        // Type and flags are neighbours of 16 bits.
        let [a, b, c, d] = kind.to_ne_bytes();
        let payload = usize::try_from(len)
            .ok()
            .and_then(|len| bytes.get(HEADER..len))
            .ok_or(Malformed("message of impossible length"))?;
        Ok(Message {
            kind: u16::from_ne_bytes([a, b]),
            flags: NlmF::from_bits_retain(u16::from_ne_bytes([c, d])),
            seq,
            port,
            payload,
        })
    }

    /// Whether it answers this request of the socket with this port. A notification has neither.
    pub fn answers(&self, seq: u32, port: u32) -> bool {
        (self.seq, self.port) == (seq, port)
    }

    /// Whether the kernel says that what is being listed has changed meanwhile.
    pub fn dump_interrupted(&self) -> bool {
        self.flags.contains(NlmF::DUMP_INTR)
    }

    /// The verdict that ends an answer; None for any other message.
    pub fn ack(&self) -> Result<Option<Ack>, Malformed> {
        match Nlmsg::from(self.kind) {
            Nlmsg::Error => self.verdict(true).map(Some),
            Nlmsg::Done => self.verdict(false).map(Some),
            Nlmsg::Overrun => Err(Malformed("list that ran over")),
            _ => Ok(None),
        }
    }

    /// Reads an errno and, if the kernel added them, its explanations, which come after as much of
    /// the request as it echoes.
    fn verdict(&self, echoes_request: bool) -> Result<Ack, Malformed> {
        let code = match u32_at(self.payload, 0) {
            Some(code) => i32::from_ne_bytes(code.to_ne_bytes()),
            // A bare NLMSG_DONE.
            None if !echoes_request => 0,
            None => return Err(Malformed("acknowledgement without errno")),
        };
        let mut ack = Ack {
            errno: (code != 0).then(|| Errno::from_raw(code.saturating_neg())),
            ..Ack::default()
        };
        if !self.flags.contains(NlmF::ACK_TLVS) {
            return Ok(ack);
        }
        let short = Malformed("acknowledgement shorter than its request");
        let mut start = 4;
        if echoes_request {
            let echoed = u32_at(self.payload, 4).ok_or(short)?;
            let echoed = match self.flags.contains(NlmF::CAPPED) {
                false => usize::try_from(echoed).map_err(|_| short)?.max(HEADER),
                true => HEADER,
            };
            start = align(echoed.saturating_add(start));
        }
        for attr in attrs(self.payload.get(start..).ok_or(short)?) {
            let attr = attr?;
            match NlmsgerrAttr::from(attr.kind) {
                NlmsgerrAttr::Msg => ack.message = Some(attr.string()),
                NlmsgerrAttr::Offset => ack.offset = usize::try_from(attr.u32()?).ok(),
                MISS_TYPE => ack.missing = u16::try_from(attr.u32()?).ok(),
                _ => {}
            }
        }
        Ok(ack)
    }
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    let bytes = bytes.get(at..)?.first_chunk::<4>()?;
    Some(u32::from_ne_bytes(*bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::script::{ack, attr, done, message};

    fn only(bytes: &[u8]) -> Result<Message<'_>, Malformed> {
        let mut all = messages(bytes);
        let first = all.next().unwrap();
        assert!(all.next().is_none());
        first
    }

    /// NLMSG_ERROR about a request of headers only, with explanations.
    fn refusal(errno: i32, explained: &[Vec<u8>]) -> Vec<u8> {
        let echoed = [16_u32, 18, 7, 0].map(u32::to_ne_bytes).concat();
        let body = [(-errno).to_ne_bytes().to_vec(), echoed, explained.concat()];
        message(2, 0x200, 7, &body.concat())
    }

    #[test]
    fn a_request_has_its_own_length_also_one_that_needs_padding() {
        let bytes = request(40, NlmF::ACK, 7, &[1, 2, 3]);
        let expected = [[19, 0, 0, 0], [40, 0, 5, 0], [7, 0, 0, 0], [0; 4]].concat();
        assert_eq!(bytes, [expected, vec![1, 2, 3]].concat());
    }

    #[test]
    fn a_verdict_has_the_kernels_own_words_and_what_is_to_blame() {
        let offset = attr(2, &32_u32.to_ne_bytes());
        let bytes = refusal(17, &[attr(1, b"exists\0"), offset, attr(9, &[1])]);
        let expected = Ack {
            errno: Some(Errno::EEXIST),
            message: Some("exists".to_owned()),
            offset: Some(32),
            missing: None,
        };
        assert_eq!(only(&bytes).unwrap().ack(), Ok(Some(expected)));
    }

    #[test]
    fn a_capped_verdict_repeats_only_the_header_of_its_request() {
        let echoed = [400_u32, 18, 7, 0].map(u32::to_ne_bytes).concat();
        let missing = attr(5, &3_u32.to_ne_bytes());
        let body = [(-22_i32).to_ne_bytes().to_vec(), echoed, missing].concat();
        let bytes = message(2, 0x300, 7, &body);
        let ack = only(&bytes).unwrap().ack().unwrap().unwrap();
        assert_eq!((ack.errno, ack.missing), (Some(Errno::EINVAL), Some(3)));
        // Without the flag all of it should be there.
        let bytes = message(2, 0x200, 7, &body);
        assert!(only(&bytes).unwrap().ack().is_err());
    }

    #[test]
    fn an_end_is_good_or_has_an_errno() {
        let errno = |bytes: &[u8]| only(bytes).unwrap().ack().unwrap().unwrap().errno;
        assert_eq!(errno(&ack(1, 0)), None);
        assert_eq!(errno(&ack(1, 2)), Some(Errno::ENOENT));
        assert_eq!(errno(&done(2, 1, 0)), None);
        assert_eq!(errno(&done(2, 1, 1)), Some(Errno::EPERM));
        // A bare one is good.
        assert_eq!(errno(&message(3, 2, 1, &[])), None);
        // No number has an opposite that is none.
        let _ = errno(&done(2, 1, i32::MIN));
    }

    #[test]
    fn a_list_that_ran_over_is_no_list() {
        assert!(only(&message(4, 0, 1, &[])).unwrap().ack().is_err());
    }

    #[test]
    fn the_flag_of_an_interrupted_list_is_seen() {
        let torn = |flags| only(&done(flags, 1, 0)).unwrap().dump_interrupted();
        assert!(torn(0x12));
        assert!(!torn(0x02));
    }

    #[test]
    fn a_message_that_claims_to_be_longer_than_its_datagram_is_malformed() {
        let mut bytes = message(40, 0, 1, &[0; 8]);
        bytes[0] = 200;
        assert!(only(&bytes).is_err());
        bytes[0] = 3;
        assert!(only(&bytes).is_err());
    }

    #[test]
    fn a_truncated_verdict_is_an_error_and_broken_bytes_are_never_a_panic() {
        let read = |bytes: &[u8]| only(bytes).and_then(|message| message.ack());
        let whole = refusal(17, &[attr(1, b"x\0")]);
        for len in 1..whole.len() {
            let mut bytes = whole[..len].to_vec();
            assert!(read(&bytes).is_err(), "{len}");
            // Also when the message says itself that it is so short; then it has a verdict if it has
            // that much.
            bytes[..1].copy_from_slice(&[u8::try_from(len).unwrap()]);
            let enough = len >= HEADER + 4 + HEADER;
            assert!(
                !matches!(read(&bytes), Ok(Some(ack)) if !enough || ack.errno.is_none()),
                "{len}"
            );
        }
        for at in 0..whole.len() {
            for byte in [0, 1, 3, 0x7f, 0xff] {
                let mut broken = whole.clone();
                broken[at] = byte;
                for message in messages(&broken).flatten() {
                    let _ = message.ack();
                }
            }
        }
    }
}
