// SPDX-License-Identifier: MIT OR Apache-2.0

//! Requests: the one place that writes bytes.

use std::io::Cursor;

use homeward_abi::{FAMILY_NAME, FAMILY_VERSION};
use neli::consts::nl::NlmF;
use neli::genl::{AttrTypeBuilder, Genlmsghdr, GenlmsghdrBuilder, Nlattr, NlattrBuilder};
use neli::nl::{NlPayload, NlmsghdrBuilder};
use neli::types::{Buffer, GenlBuffer};
use neli::ToBytes;

use super::attr::{align, attrs};
use super::control::{CONTROL_ID, CTRL_ATTR_FAMILY_NAME, CTRL_CMD_GETFAMILY};
use super::message::Ack;
use super::names;
use crate::error::{Refusal, Unsendable};

/// Bytes of a netlink header and a generic-netlink header.
pub(crate) const HEADERS: usize = 20;
/// Bytes of the header of an attribute.
const ATTR_HEADER: usize = 4;

/// An operation of a family.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Operation {
    /// Number of the family.
    pub(crate) family: u16,
    /// Number of the operation.
    pub(crate) command: u8,
}

impl Operation {
    /// The operation `command` of `family`.
    pub(crate) fn new(family: u16, command: u8) -> Self {
        Operation { family, command }
    }
}

/// An attribute to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Argument {
    /// A number of 32 bits.
    U32(u16, u32),
    /// A signed number of 32 bits.
    S32(u16, i32),
    /// A number that may need 64 bits (NLA_UINT).
    Uint(u16, u64),
    /// A string; goes out with its NUL.
    Text(u16, String),
    /// Bytes.
    Bytes(u16, Vec<u8>),
    /// Nothing; that it is there is all it says.
    Flag(u16),
    /// Attributes in an attribute.
    Nest(u16, Vec<Argument>),
}

/// Whether one answer is wanted, or all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// One answer, then an acknowledgement.
    Do,
    /// All there are.
    Dump,
}

/// A request, ready to be sent.
#[derive(Debug)]
pub(crate) struct Request {
    command: u8,
    seq: u32,
    bytes: Vec<u8>,
}

impl Request {
    /// Builds a request with the sequence number `seq`.
    pub(crate) fn new(
        operation: Operation,
        mode: Mode,
        seq: u32,
        arguments: &[Argument],
    ) -> Result<Self, Unsendable> {
        let flags = match mode {
            Mode::Do => NlmF::REQUEST | NlmF::ACK,
            Mode::Dump => NlmF::REQUEST | NlmF::DUMP,
        };
        let unbuilt = Unsendable("no such message");
        let attrs = arguments
            .iter()
            .map(Argument::attribute)
            .collect::<Result<GenlBuffer<u16, Buffer>, _>>()?;
        let body: Genlmsghdr<u8, u16> = GenlmsghdrBuilder::default()
            .cmd(operation.command)
            .version(FAMILY_VERSION)
            .attrs(attrs)
            .build()
            .map_err(|_| unbuilt)?;
        let message = NlmsghdrBuilder::default()
            .nl_type(operation.family)
            .nl_flags(flags)
            .nl_seq(seq)
            .nl_payload(NlPayload::Payload(body))
            .build()
            .map_err(|_| unbuilt)?;
        let mut buffer = Cursor::new(Vec::new());
        message.to_bytes(&mut buffer).map_err(|_| unbuilt)?;
        Ok(Request {
            command: operation.command,
            seq,
            bytes: buffer.into_inner(),
        })
    }

    /// Asks the controller for the family.
    pub(crate) fn family(seq: u32) -> Result<Self, Unsendable> {
        let operation = Operation {
            family: CONTROL_ID,
            command: CTRL_CMD_GETFAMILY,
        };
        let name = FAMILY_NAME.to_string_lossy().into_owned();
        let argument = Argument::Text(CTRL_ATTR_FAMILY_NAME, name);
        Request::new(operation, Mode::Do, seq, &[argument])
    }

    /// Adds bytes in the place of attributes, whatever they are.
    #[cfg(any(test, feature = "raw"))]
    pub(crate) fn append(&mut self, attributes: &[u8]) -> Result<(), Unsendable> {
        self.bytes.extend_from_slice(attributes);
        let len = u32::try_from(self.bytes.len()).map_err(|_| Unsendable("too long"))?;
        if let Some(place) = self.bytes.first_chunk_mut() {
            *place = len.to_ne_bytes();
        }
        Ok(())
    }

    /// The sequence number that its answers carry.
    pub(crate) fn seq(&self) -> u32 {
        self.seq
    }

    /// The bytes to send.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The refusal that `ack` is, if it is one.
    pub(crate) fn judge(&self, ack: Ack) -> Result<(), Refusal> {
        let Some(errno) = ack.errno else {
            return Ok(());
        };
        let path = match ack.missing {
            Some(number) => Some(vec![number]),
            None => ack.offset.and_then(|offset| self.attribute_at(offset)),
        };
        Err(Refusal {
            operation: names::operation(self.command),
            errno,
            message: ack.message,
            attribute: path.map(|path| names::attribute(self.command, &path)),
        })
    }

    /// Number of the attribute that has the byte `offset` of the request in it, after those of the
    /// attributes around it, outermost first.
    fn attribute_at(&self, offset: usize) -> Option<Vec<u16>> {
        let mut path = Vec::new();
        let mut level = Some((self.bytes.get(HEADERS..)?, HEADERS));
        while let Some((bytes, mut start)) = level.take() {
            for attr in attrs(bytes) {
                // What should have attributes in it and has none is to blame as a whole.
                let Ok(attr) = attr else { break };
                let end = align(start + ATTR_HEADER + attr.payload.len());
                if (start..end).contains(&offset) {
                    path.push(attr.kind);
                    let inside = start + ATTR_HEADER;
                    let deeper = names::is_nest(self.command, &path) && offset >= inside;
                    level = deeper.then_some((attr.payload, inside));
                    break;
                }
                start = end;
            }
        }
        (!path.is_empty()).then_some(path)
    }
}

impl Argument {
    fn attribute(&self) -> Result<Nlattr<u16, Buffer>, Unsendable> {
        match self {
            Argument::U32(number, value) => build(*number, false, &value.to_ne_bytes()),
            Argument::S32(number, value) => build(*number, false, &value.to_ne_bytes()),
            Argument::Uint(number, value) => match u32::try_from(*value) {
                Ok(small) => build(*number, false, &small.to_ne_bytes()),
                Err(_) => build(*number, false, &value.to_ne_bytes()),
            },
            // The kernel would read it to there only.
            Argument::Text(_, text) if text.contains('\0') => Err(Unsendable("text with a NUL")),
            Argument::Text(number, text) => {
                build(*number, false, &[text.as_bytes(), b"\0"].concat())
            }
            Argument::Bytes(number, bytes) => build(*number, false, bytes),
            Argument::Flag(number) => build(*number, false, &[]),
            Argument::Nest(number, inner) => {
                let mut buffer = Cursor::new(Vec::new());
                for argument in inner {
                    argument
                        .attribute()?
                        .to_bytes(&mut buffer)
                        .map_err(|_| UNBUILT)?;
                }
                build(*number, true, buffer.get_ref())
            }
        }
    }
}

const UNBUILT: Unsendable = Unsendable("no such attribute");

fn build(number: u16, nested: bool, payload: &[u8]) -> Result<Nlattr<u16, Buffer>, Unsendable> {
    let unbuilt = UNBUILT;
    // The netlink library would cut the length.
    if payload.len() > usize::from(u16::MAX) - ATTR_HEADER {
        return Err(Unsendable("too long"));
    }
    let nla_type = AttrTypeBuilder::default()
        .nla_type(number)
        .nla_nested(nested)
        .build()
        .map_err(|_| unbuilt)?;
    NlattrBuilder::default()
        .nla_type(nla_type)
        .nla_payload(Buffer::from(payload))
        .build()
        .map_err(|_| unbuilt)
}
