// SPDX-License-Identifier: GPL-2.0-only

//! `message/writer.rs` with what puts attributes into messages in `kernel::net::netlink`.

use core::ffi::CStr;

use kernel::net::netlink::{
    AttrWriter,
    GenlMsg, //
};
use kernel::prelude::*;

use super::in_sizes;

/// The attributes of one message, or of one nest of it.
#[repr(transparent)]
pub(crate) struct Writer<'a>(AttrWriter<'a>);

impl<'a> Writer<'a> {
    /// Writes what `attrs` writes.
    pub(in crate::net) fn of<'w>(attrs: &'w mut AttrWriter<'a>) -> &'w mut Writer<'a> {
        // SAFETY: `Writer` is a transparent wrapper.
        unsafe { &mut *core::ptr::from_mut(attrs).cast() }
    }

    /// Puts an attribute with these bytes; `EMSGSIZE` if there is no room.
    pub(crate) fn put_bytes(&mut self, kind: u16, value: &[u8]) -> Result {
        self.0.put(c_int::from(kind), value)
    }

    /// Puts a `u32`.
    pub(crate) fn put_u32(&mut self, kind: u16, value: u32) -> Result {
        self.0.put_u32(c_int::from(kind), value)
    }

    /// Puts a `uint`: 4 bytes when that is enough, else 8.
    pub(crate) fn put_uint(&mut self, kind: u16, value: u64) -> Result {
        self.0.put_uint(c_int::from(kind), value)
    }

    /// Puts a flag if it is set.
    pub(crate) fn put_flag(&mut self, kind: u16, set: bool) -> Result {
        if set {
            self.0.put_flag(c_int::from(kind))?;
        }
        Ok(())
    }

    /// Puts a string, given without NUL.
    pub(crate) fn put_str(&mut self, kind: u16, value: &[u8]) -> Result {
        let mut buf = [0; 257];
        let with_nul = buf.get_mut(..value.len() + 1).ok_or(EMSGSIZE)?;
        with_nul[..value.len()].copy_from_slice(value);
        self.put_bytes(kind, with_nul)
    }

    /// Puts a string.
    pub(crate) fn put_cstr(&mut self, kind: u16, value: &CStr) -> Result {
        self.0.put_string(c_int::from(kind), value)
    }

    /// Puts a nest with what `fill` writes; nothing of it stays when that fails.
    pub(crate) fn nest(
        &mut self,
        kind: u16,
        fill: impl FnOnce(&mut Writer<'_>) -> Result,
    ) -> Result {
        self.0
            .put_nested(c_int::from(kind), |attrs| fill(Writer::of(attrs)))
    }
}

/// Makes a message with what `fill` writes, from the empty ones with so much room that `begin` makes.
pub(in crate::net) fn build(
    begin: &dyn Fn(usize) -> Result<GenlMsg>,
    fill: &mut dyn FnMut(&mut Writer<'_>) -> Result,
) -> Result<GenlMsg> {
    in_sizes(&mut |size| {
        let mut message = begin(size)?;
        fill(Writer::of(&mut message.attrs()))?;
        Ok(message)
    })
}
