// SPDX-License-Identifier: MIT OR Apache-2.0

//! Netlink attributes: a 16-bit length, a 16-bit type, a payload, padding to 4 bytes.

use std::net::IpAddr;

use crate::error::Malformed;

const HEADER: usize = 4;
/// The upper two bits of a type say something about the payload.
const TYPE_MASK: u16 = 0x3fff;

/// One attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Attr<'a> {
    /// Its number in its set.
    pub(crate) kind: u16,
    /// What is in it.
    pub(crate) payload: &'a [u8],
}

/// The attributes that follow one another in `bytes`.
pub(crate) fn attrs(bytes: &[u8]) -> Attrs<'_> {
    Attrs { rest: bytes }
}

/// Iterator over attributes; ends after the first error.
pub(crate) struct Attrs<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Attrs<'a> {
    type Item = Result<Attr<'a>, Malformed>;

    fn next(&mut self) -> Option<Self::Item> {
        // Fewer bytes than a header can only be padding.
        let (header, _) = self.rest.split_first_chunk::<HEADER>()?;
        let [len_low, len_high, kind_low, kind_high] = *header;
        let len = usize::from(u16::from_ne_bytes([len_low, len_high]));
        let kind = u16::from_ne_bytes([kind_low, kind_high]) & TYPE_MASK;
        let Some(payload) = self.rest.get(HEADER..len) else {
            self.rest = &[];
            return Some(Err(Malformed("attribute longer than its message")));
        };
        self.rest = self.rest.get(align(len)..).unwrap_or_default();
        Some(Ok(Attr { kind, payload }))
    }
}

impl Attr<'_> {
    /// A fixed 32-bit number.
    pub(crate) fn u32(&self) -> Result<u32, Malformed> {
        let bytes = self
            .payload
            .try_into()
            .map_err(|_| Malformed("32-bit attribute of another length"))?;
        Ok(u32::from_ne_bytes(bytes))
    }

    /// A fixed 16-bit number.
    pub(crate) fn u16(&self) -> Result<u16, Malformed> {
        let bytes = self
            .payload
            .try_into()
            .map_err(|_| Malformed("16-bit attribute of another length"))?;
        Ok(u16::from_ne_bytes(bytes))
    }

    /// A signed number of 32 bits.
    pub(crate) fn s32(&self) -> Result<i32, Malformed> {
        Ok(i32::from_ne_bytes(self.u32()?.to_ne_bytes()))
    }

    /// An IP address of 4 or 16 bytes.
    pub(crate) fn ip(&self) -> Result<IpAddr, Malformed> {
        let v4 = <[u8; 4]>::try_from(self.payload).map(IpAddr::from);
        v4.or_else(|_| <[u8; 16]>::try_from(self.payload).map(IpAddr::from))
            .map_err(|_| Malformed("IP address of neither 4 nor 16 bytes"))
    }

    /// A number of 4 or 8 bytes (NLA_UINT).
    pub(crate) fn uint(&self) -> Result<u64, Malformed> {
        if let Ok(bytes) = self.payload.try_into() {
            return Ok(u64::from_ne_bytes(bytes));
        }
        self.u32()
            .map(u64::from)
            .map_err(|_| Malformed("number of neither 4 nor 8 bytes"))
    }

    /// A string, with or without its NUL. Bytes that are no UTF-8 become U+FFFD.
    pub(crate) fn string(&self) -> String {
        let text = self.payload.split(|byte| *byte == 0).next();
        String::from_utf8_lossy(text.unwrap_or_default()).into_owned()
    }
}

/// Rounds up to the alignment of attributes and messages.
pub(crate) fn align(len: usize) -> usize {
    len.saturating_add(3) & !3
}
