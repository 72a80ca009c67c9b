// SPDX-License-Identifier: MIT OR Apache-2.0

//! Messages of generic netlink: a header of 4 bytes, and attributes.

use crate::error::Malformed;

/// Bytes of the header: a command, a version, and two of nothing.
pub(crate) const GENL_HEADER: usize = 4;

/// One message.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Message<'a> {
    /// Number of the family.
    pub(crate) family: u16,
    /// Number of the operation or event.
    pub(crate) command: u8,
    /// The attributes.
    pub(crate) attrs: &'a [u8],
}

impl<'a> Message<'a> {
    /// Reads the payload of a netlink message that is of this type.
    pub(crate) fn new(family: u16, payload: &'a [u8]) -> Result<Self, Malformed> {
        let (header, attrs) = payload
            .split_first_chunk::<GENL_HEADER>()
            .ok_or(Malformed("message without generic-netlink header"))?;
        Ok(Message {
            family,
            command: header[0],
            attrs,
        })
    }
}
