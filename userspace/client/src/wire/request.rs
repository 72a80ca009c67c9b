// SPDX-License-Identifier: MIT OR Apache-2.0

//! Requests: the one place that writes bytes.

use std::io::Cursor;

use homeward_abi::{cmd, FAMILY_NAME, FAMILY_VERSION};
use neli::consts::nl::NlmF;
use neli::genl::{AttrTypeBuilder, Genlmsghdr, GenlmsghdrBuilder, Nlattr, NlattrBuilder};
use neli::nl::{NlPayload, NlmsghdrBuilder};
use neli::types::{Buffer, GenlBuffer};
use neli::ToBytes;

use super::attr::{align, attrs};
use super::control::{CONTROL_ID, CTRL_ATTR_FAMILY_NAME, CTRL_CMD_GETFAMILY};
use super::message::Ack;
use super::names;
use crate::error::{Malformed, Refusal};

/// Bytes of a netlink header and a generic-netlink header.
const HEADERS: usize = 20;

/// An operation of a family.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Operation {
    /// Number of the family.
    pub(crate) family: u16,
    /// Number of the operation.
    pub(crate) command: u8,
}

impl Operation {
    /// Asks for one namespace, or all.
    pub(crate) fn ns_get(family: u16) -> Self {
        let command = cmd::NS_GET;
        Operation { family, command }
    }

    /// Asks for one device, or all.
    pub(crate) fn dev_get(family: u16) -> Self {
        let command = cmd::DEV_GET;
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
    ) -> Result<Self, Malformed> {
        let flags = match mode {
            Mode::Do => NlmF::REQUEST | NlmF::ACK,
            Mode::Dump => NlmF::REQUEST | NlmF::DUMP,
        };
        let unbuilt = Malformed("request that cannot be built");
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
    pub(crate) fn family(seq: u32) -> Result<Self, Malformed> {
        let operation = Operation {
            family: CONTROL_ID,
            command: CTRL_CMD_GETFAMILY,
        };
        let name = FAMILY_NAME.to_string_lossy().into_owned();
        let argument = Argument::Text(CTRL_ATTR_FAMILY_NAME, name);
        Request::new(operation, Mode::Do, seq, &[argument])
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
        let number = ack.missing.or_else(|| self.attribute_at(ack.offset?));
        Err(Refusal {
            operation: names::operation(self.command),
            errno,
            message: ack.message,
            attribute: number.map(|number| match names::attribute(self.command, number) {
                Some(name) => name.to_owned(),
                None => format!("number {number}"),
            }),
        })
    }

    /// Number of the attribute that has the byte `offset` of the request in it.
    fn attribute_at(&self, offset: usize) -> Option<u16> {
        let mut start = HEADERS;
        for attr in attrs(self.bytes.get(HEADERS..)?) {
            let attr = attr.ok()?;
            let end = align(start + 4 + attr.payload.len());
            if (start..end).contains(&offset) {
                return Some(attr.kind);
            }
            start = end;
        }
        None
    }
}

impl Argument {
    fn attribute(&self) -> Result<Nlattr<u16, Buffer>, Malformed> {
        match self {
            Argument::U32(number, value) => build(*number, &value.to_ne_bytes()),
            Argument::S32(number, value) => build(*number, &value.to_ne_bytes()),
            Argument::Uint(number, value) => match u32::try_from(*value) {
                Ok(small) => build(*number, &small.to_ne_bytes()),
                Err(_) => build(*number, &value.to_ne_bytes()),
            },
            Argument::Text(number, text) => build(*number, &[text.as_bytes(), b"\0"].concat()),
        }
    }
}

fn build(number: u16, payload: &[u8]) -> Result<Nlattr<u16, Buffer>, Malformed> {
    let unbuilt = Malformed("attribute that cannot be built");
    let nla_type = AttrTypeBuilder::default()
        .nla_type(number)
        .build()
        .map_err(|_| unbuilt)?;
    NlattrBuilder::default()
        .nla_type(nla_type)
        .nla_payload(Buffer::from(payload))
        .build()
        .map_err(|_| unbuilt)
}
