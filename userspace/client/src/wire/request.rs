// SPDX-License-Identifier: MIT OR Apache-2.0

//! Requests of the family, and which attribute of one the kernel refuses.

use homeward_abi::{setting_value, FAMILY_NAME, FAMILY_VERSION};
use homeward_netlink::{Ack, NlmF};

use super::attr::{attribute, attrs, NESTED};
use super::control::{CONTROL_ID, CTRL_ATTR_FAMILY_NAME, CTRL_CMD_GETFAMILY};
use super::message::GENL_HEADER;
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
    family: u16,
    command: u8,
    flags: NlmF,
    body: Vec<u8>,
}

impl Request {
    /// Builds a request.
    pub(crate) fn new(
        operation: Operation,
        mode: Mode,
        arguments: &[Argument],
    ) -> Result<Self, Unsendable> {
        let flags = match mode {
            Mode::Do => NlmF::ACK,
            Mode::Dump => NlmF::DUMP,
        };
        let header = [operation.command, FAMILY_VERSION, 0, 0];
        Ok(Request {
            family: operation.family,
            command: operation.command,
            flags,
            body: [&header, bytes(arguments)?.as_slice()].concat(),
        })
    }

    /// Asks the controller for the family.
    pub(crate) fn for_family() -> Result<Self, Unsendable> {
        let operation = Operation {
            family: CONTROL_ID,
            command: CTRL_CMD_GETFAMILY,
        };
        let name = FAMILY_NAME.to_string_lossy().into_owned();
        let argument = Argument::Text(CTRL_ATTR_FAMILY_NAME, name);
        Request::new(operation, Mode::Do, &[argument])
    }

    /// Adds bytes in the place of attributes, whatever they are.
    #[cfg(any(test, feature = "raw"))]
    pub(crate) fn append(&mut self, attributes: &[u8]) {
        self.body.extend_from_slice(attributes);
    }

    /// The type of its netlink header.
    pub(crate) fn family(&self) -> u16 {
        self.family
    }

    /// Flags of its netlink header.
    pub(crate) fn flags(&self) -> NlmF {
        self.flags
    }

    /// What is behind its netlink header.
    pub(crate) fn body(&self) -> &[u8] {
        &self.body
    }

    /// Its attributes.
    pub(crate) fn attributes(&self) -> &[u8] {
        self.body.get(GENL_HEADER..).unwrap_or_default()
    }

    /// The refusal that `ack` is, if it is one.
    pub(crate) fn judge(&self, ack: Ack) -> Result<(), Refusal> {
        let Some(errno) = ack.errno else {
            return Ok(());
        };
        let (path, setting) = match ack.missing {
            Some(number) => (vec![number], None),
            None => ack
                .offset
                .map(|offset| self.attribute_at(offset))
                .unwrap_or_default(),
        };
        let named = (!path.is_empty()).then(|| names::attribute(self.command, &path));
        Err(Refusal {
            operation: names::operation(self.command),
            errno,
            message: ack.message,
            attribute: named,
            setting,
        })
    }

    /// Number of the attribute that has the byte `offset` of the request in it, after those of the
    /// attributes around it, outermost first; and the setting that they are about.
    fn attribute_at(&self, offset: usize) -> (Vec<u16>, Option<u32>) {
        let (mut path, mut setting) = (Vec::new(), None);
        let mut level = Some((self.attributes(), HEADERS));
        while let Some((bytes, mut start)) = level.take() {
            for attr in attrs(bytes) {
                // What should have attributes in it and has none is to blame as a whole.
                let Ok(attr) = attr else { break };
                let end = (start + ATTR_HEADER + attr.payload.len()).next_multiple_of(4);
                if (start..end).contains(&offset) {
                    path.push(attr.kind);
                    if names::is_setting(self.command, &path) {
                        setting = setting_id(attr.payload);
                    }
                    let inside = start + ATTR_HEADER;
                    let deeper = names::is_nest(self.command, &path) && offset >= inside;
                    level = deeper.then_some((attr.payload, inside));
                    break;
                }
                start = end;
            }
        }
        (path, setting)
    }
}

/// Which setting this is.
fn setting_id(payload: &[u8]) -> Option<u32> {
    let mut inner = attrs(payload).map_while(Result::ok);
    inner
        .find(|attr| attr.kind == setting_value::ID)?
        .u32()
        .ok()
}

impl Argument {
    fn bytes(&self) -> Result<Vec<u8>, Unsendable> {
        let (number, payload) = match self {
            Argument::U32(number, value) => (*number, value.to_ne_bytes().to_vec()),
            Argument::S32(number, value) => (*number, value.to_ne_bytes().to_vec()),
            Argument::Uint(number, value) => match u32::try_from(*value) {
                Ok(small) => (*number, small.to_ne_bytes().to_vec()),
                Err(_) => (*number, value.to_ne_bytes().to_vec()),
            },
            // The kernel would read it to there only.
            Argument::Text(_, text) if text.contains('\0') => {
                return Err(Unsendable("text with a NUL"))
            }
            Argument::Text(number, text) => (*number, [text.as_bytes(), b"\0"].concat()),
            Argument::Bytes(number, bytes) => (*number, bytes.clone()),
            Argument::Flag(number) => (*number, Vec::new()),
            Argument::Nest(number, inner) => (*number | NESTED, bytes(inner)?),
        };
        attribute(number, &payload).ok_or(Unsendable("too long"))
    }
}

fn bytes(arguments: &[Argument]) -> Result<Vec<u8>, Unsendable> {
    let all: Result<Vec<_>, _> = arguments.iter().map(Argument::bytes).collect();
    Ok(all?.concat())
}
