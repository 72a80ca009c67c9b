// SPDX-License-Identifier: MIT OR Apache-2.0

//! Netlink attributes: a 16-bit length, a 16-bit type, a payload, padding to 4 bytes.

use std::io::Cursor;
use std::net::IpAddr;

use neli::genl::{AttrTypeBuilder, NlattrBuilder};
use neli::types::Buffer;
use neli::ToBytes;

use crate::Malformed;

const HEADER: usize = 4;
/// The upper two bits of a type say something about the payload.
const TYPE_MASK: u16 = 0x3fff;
/// There are attributes in it.
pub const NESTED: u16 = 1 << 15;

/// One attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attr<'a> {
    /// Its number in its set.
    pub kind: u16,
    /// What is in it.
    pub payload: &'a [u8],
}

/// The attributes that follow one another in `bytes`.
pub fn attrs(bytes: &[u8]) -> Attrs<'_> {
    Attrs { rest: bytes }
}

/// Iterator over attributes; ends after the first error.
pub struct Attrs<'a> {
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
    pub fn u32(&self) -> Result<u32, Malformed> {
        let bytes = self
            .payload
            .try_into()
            .map_err(|_| Malformed("32-bit attribute of another length"))?;
        Ok(u32::from_ne_bytes(bytes))
    }

    /// A fixed 16-bit number.
    pub fn u16(&self) -> Result<u16, Malformed> {
        let bytes = self
            .payload
            .try_into()
            .map_err(|_| Malformed("16-bit attribute of another length"))?;
        Ok(u16::from_ne_bytes(bytes))
    }

    /// A signed number of 32 bits.
    pub fn s32(&self) -> Result<i32, Malformed> {
        Ok(i32::from_ne_bytes(self.u32()?.to_ne_bytes()))
    }

    /// An IP address of 4 or 16 bytes.
    pub fn ip(&self) -> Result<IpAddr, Malformed> {
        let v4 = <[u8; 4]>::try_from(self.payload).map(IpAddr::from);
        v4.or_else(|_| <[u8; 16]>::try_from(self.payload).map(IpAddr::from))
            .map_err(|_| Malformed("IP address of neither 4 nor 16 bytes"))
    }

    /// A number of 4 or 8 bytes (NLA_UINT).
    pub fn uint(&self) -> Result<u64, Malformed> {
        if let Ok(bytes) = self.payload.try_into() {
            return Ok(u64::from_ne_bytes(bytes));
        }
        self.u32()
            .map(u64::from)
            .map_err(|_| Malformed("number of neither 4 nor 8 bytes"))
    }

    /// A string, with or without its NUL. Bytes that are no UTF-8 become U+FFFD.
    pub fn string(&self) -> String {
        text(self.payload)
    }
}

/// A string of the kernel, with or without its NUL. Bytes that are no UTF-8 become U+FFFD.
pub fn text(bytes: &[u8]) -> String {
    let text = bytes.split(|byte| *byte == 0).next();
    String::from_utf8_lossy(text.unwrap_or_default()).into_owned()
}

/// An attribute as it is sent; None for one that is longer than an attribute can be.
pub fn attribute(kind: u16, payload: &[u8]) -> Option<Vec<u8>> {
    // neli would cut the length.
    u16::try_from(HEADER.checked_add(payload.len())?).ok()?;
    let kind = AttrTypeBuilder::default()
        .nla_type(kind & TYPE_MASK)
        .nla_nested(kind & NESTED != 0)
        .build();
    let attribute = NlattrBuilder::default()
        .nla_type(kind.ok()?)
        .nla_payload(Buffer::from(payload))
        .build();
    let mut bytes = Cursor::new(Vec::new());
    attribute.ok()?.to_bytes(&mut bytes).ok()?;
    Some(bytes.into_inner())
}

/// Rounds up to the alignment of attributes and messages.
pub(crate) fn align(len: usize) -> usize {
    len.saturating_add(3) & !3
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_ends_at_its_nul_and_may_be_any_bytes() {
        assert_eq!(text(b"eth0\0\0"), "eth0");
        assert_eq!(text(b"e\xff"), "e\u{fffd}");
    }

    #[test]
    fn what_is_sent_is_read_again() {
        let bytes = attribute(NESTED | 3, b"lo\0").unwrap();
        assert_eq!(bytes, [7, 0, 3, 0x80, b'l', b'o', 0, 0]);
        let mut read = attrs(&bytes);
        let attr = read.next().unwrap().unwrap();
        assert_eq!((attr.kind, attr.string().as_str()), (3, "lo"));
        assert_eq!(read.next(), None);
    }

    #[test]
    fn an_attribute_has_at_most_65535_bytes() {
        let sent = |len| attribute(1, &vec![0; len]).map(|bytes| bytes.len());
        assert_eq!(sent(65531), Some(65536));
        assert_eq!(sent(65532), None);
    }
}
