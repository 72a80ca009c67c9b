// SPDX-License-Identifier: MIT OR Apache-2.0

//! Netlink messages: a header of 16 bytes, a payload, padding to 4 bytes.

use nix::errno::Errno;

use super::attr::{align, attrs};
use crate::error::Malformed;

const HEADER: usize = 16;
const GENL_HEADER: usize = 4;

const NLMSG_NOOP: u16 = 1;
const NLMSG_ERROR: u16 = 2;
const NLMSG_DONE: u16 = 3;
const NLMSG_OVERRUN: u16 = 4;

const NLM_F_DUMP_INTR: u16 = 0x10;
const NLM_F_CAPPED: u16 = 0x100;
const NLM_F_ACK_TLVS: u16 = 0x200;

const NLMSGERR_ATTR_MSG: u16 = 1;
const NLMSGERR_ATTR_OFFS: u16 = 2;
const NLMSGERR_ATTR_MISS_TYPE: u16 = 5;

/// One message.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Message<'a> {
    kind: u16,
    flags: u16,
    /// Number of the request that it answers; 0 for a notification.
    pub(crate) seq: u32,
    /// Port that it is for.
    pub(crate) port: u32,
    payload: &'a [u8],
}

/// What a message is.
#[derive(Debug)]
pub(crate) enum MessageKind<'a> {
    /// Nothing.
    Noop,
    /// The end of an answer, good or bad.
    Ack(Ack),
    /// The end of a dump, good or bad.
    Done(Ack),
    /// Data was lost.
    Overrun,
    /// A message of a family.
    Family {
        /// Number of the family.
        family: u16,
        /// Number of the operation or event.
        command: u8,
        /// The attributes.
        attrs: &'a [u8],
    },
}

/// How the kernel judged a request.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Ack {
    /// None when it was granted.
    pub(crate) errno: Option<Errno>,
    /// Why, in the kernel's own words.
    pub(crate) message: Option<String>,
    /// Where in the request the attribute begins that is wrong.
    pub(crate) offset: Option<usize>,
    /// Number of the attribute that is missing.
    pub(crate) missing: Option<u16>,
}

/// The messages that follow one another in `bytes`.
pub(crate) fn messages(bytes: &[u8]) -> Messages<'_> {
    Messages { rest: bytes }
}

/// Iterator over messages; ends after the first error.
pub(crate) struct Messages<'a> {
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
            flags: u16::from_ne_bytes([c, d]),
            seq,
            port,
            payload,
        })
    }

    /// Whether the kernel says that what is being listed has changed meanwhile.
    pub(crate) fn dump_interrupted(&self) -> bool {
        self.flags & NLM_F_DUMP_INTR != 0
    }

    /// What it is.
    pub(crate) fn parse(&self) -> Result<MessageKind<'a>, Malformed> {
        Ok(match self.kind {
            NLMSG_NOOP => MessageKind::Noop,
            NLMSG_ERROR => MessageKind::Ack(self.ack(true)?),
            NLMSG_DONE => MessageKind::Done(self.ack(false)?),
            NLMSG_OVERRUN => MessageKind::Overrun,
            family => {
                let (header, attrs) = self
                    .payload
                    .split_first_chunk::<GENL_HEADER>()
                    .ok_or(Malformed("message without generic-netlink header"))?;
                MessageKind::Family {
                    family,
                    command: header[0],
                    attrs,
                }
            }
        })
    }

    /// Reads an errno and, if the kernel added them, its explanations, which come after as much of
    /// the request as it echoes.
    fn ack(&self, echoes_request: bool) -> Result<Ack, Malformed> {
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
        if self.flags & NLM_F_ACK_TLVS == 0 {
            return Ok(ack);
        }
        let short = Malformed("acknowledgement shorter than its request");
        let mut start = 4;
        if echoes_request {
            let echoed = u32_at(self.payload, 4).ok_or(short)?;
            let echoed = match self.flags & NLM_F_CAPPED {
                0 => usize::try_from(echoed).map_err(|_| short)?.max(HEADER),
                _ => HEADER,
            };
            start = align(echoed.saturating_add(start));
        }
        for attr in attrs(self.payload.get(start..).ok_or(short)?) {
            let attr = attr?;
            match attr.kind {
                NLMSGERR_ATTR_MSG => ack.message = Some(attr.string()),
                NLMSGERR_ATTR_OFFS => ack.offset = usize::try_from(attr.u32()?).ok(),
                NLMSGERR_ATTR_MISS_TYPE => ack.missing = u16::try_from(attr.u32()?).ok(),
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
