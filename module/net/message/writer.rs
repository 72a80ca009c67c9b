// SPDX-License-Identifier: GPL-2.0-only

//! What writes messages, on a kernel whose `kernel` crate has nothing for it.

use core::ffi::CStr;
use core::marker::PhantomData;
use core::ptr::NonNull;

use kernel::error::to_result;
use kernel::prelude::*;

use super::in_sizes;
use crate::ffi;

/// The attributes of one message, or of one nest of it.
///
/// # Invariants
///
/// `skb` is valid during `'a`, and nobody else writes to it.
pub(crate) struct Writer<'a> {
    skb: NonNull<ffi::sk_buff>,
    _skb: PhantomData<&'a mut ffi::sk_buff>,
}

impl Writer<'_> {
    /// Writes to `skb`.
    ///
    /// # Safety
    ///
    /// `skb` must be valid, and nobody else's to write to, as long as the value lives.
    pub(in crate::net) unsafe fn new(skb: NonNull<ffi::sk_buff>) -> Self {
        // INVARIANT: By the contract of this function.
        Writer {
            skb,
            _skb: PhantomData,
        }
    }

    /// Puts an attribute with these bytes; `EMSGSIZE` if there is no room.
    pub(crate) fn put_bytes(&mut self, kind: u16, value: &[u8]) -> Result {
        let len = u16::try_from(value.len()).map_err(|_| EMSGSIZE)?;
        // SAFETY: `skb` is valid by the type invariant; `value` has `len` bytes.
        to_result(unsafe {
            ffi::nla_put(
                self.skb.as_ptr(),
                c_int::from(kind),
                c_int::from(len),
                value.as_ptr().cast(),
            )
        })
    }

    /// Puts a `u32`.
    pub(crate) fn put_u32(&mut self, kind: u16, value: u32) -> Result {
        self.put_bytes(kind, &value.to_ne_bytes())
    }

    /// Puts a `uint`: 4 bytes when that is enough, else 8 (`nla_put_uint()`).
    pub(crate) fn put_uint(&mut self, kind: u16, value: u64) -> Result {
        match u32::try_from(value) {
            Ok(short) => self.put_u32(kind, short),
            Err(_) => self.put_bytes(kind, &value.to_ne_bytes()),
        }
    }

    /// Puts a flag if it is set.
    pub(crate) fn put_flag(&mut self, kind: u16, set: bool) -> Result {
        if set {
            self.put_bytes(kind, &[])?;
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
        self.put_bytes(kind, value.to_bytes_with_nul())
    }

    /// Puts a nest with what `fill` writes; nothing of it stays when that fails.
    pub(crate) fn nest(
        &mut self,
        kind: u16,
        fill: impl FnOnce(&mut Writer<'_>) -> Result,
    ) -> Result {
        // SAFETY: `skb` is valid by the type invariant.
        let nest = unsafe { ffi::hw_nla_nest_start(self.skb.as_ptr(), c_int::from(kind)) };
        let nest = NonNull::new(nest).ok_or(EMSGSIZE)?;
        let filled = fill(self);
        // SAFETY: `nest` is the start of a nest of this `skb`, still open.
        unsafe {
            match filled {
                Ok(()) => ffi::hw_nla_nest_end(self.skb.as_ptr(), nest.as_ptr()),
                Err(_) => ffi::hw_nla_nest_cancel(self.skb.as_ptr(), nest.as_ptr()),
            }
        }
        filled
    }
}

/// A whole message of our own, complete and not sent yet; dropped, it is freed.
///
/// # Invariants
///
/// `skb` is valid, owned, and holds one complete message.
pub(crate) struct Message {
    skb: NonNull<ffi::sk_buff>,
}

impl Message {
    /// Makes a message of `family` with what `fill` writes.
    ///
    /// When that does not fit into a message of the usual size, `fill` is called again with larger
    /// ones.
    pub(in crate::net) fn build(
        family: *const ffi::genl_family,
        portid: u32,
        seq: u32,
        cmd: u8,
        fill: &mut dyn FnMut(&mut Writer<'_>) -> Result,
    ) -> Result<Message> {
        in_sizes(&mut |size| Message::build_sized(size, family, portid, seq, cmd, fill))
    }

    fn build_sized(
        size: usize,
        family: *const ffi::genl_family,
        portid: u32,
        seq: u32,
        cmd: u8,
        fill: &mut dyn FnMut(&mut Writer<'_>) -> Result,
    ) -> Result<Message> {
        // SAFETY: No precondition.
        let skb = NonNull::new(unsafe { ffi::hw_genlmsg_new(size) }).ok_or(ENOMEM)?;
        // Frees the skb on each way out before the last.
        let message = Message { skb };
        // SAFETY: `skb` is valid, and `family` outlives the call, which reads it.
        let hdr = unsafe { ffi::genlmsg_put(skb.as_ptr(), portid, seq, family, 0, cmd) };
        let hdr = NonNull::new(hdr).ok_or(EMSGSIZE)?;
        // SAFETY: `skb` is valid and ours.
        fill(&mut unsafe { Writer::new(skb) })?;
        // SAFETY: `hdr` is the header of the message in `skb`.
        unsafe { ffi::hw_genlmsg_end(skb.as_ptr(), hdr.as_ptr()) };
        // INVARIANT: Complete with this.
        Ok(message)
    }

    /// Gives the buffer away.
    pub(in crate::net) fn into_skb(self) -> *mut ffi::sk_buff {
        core::mem::ManuallyDrop::new(self).skb.as_ptr()
    }
}

impl Drop for Message {
    fn drop(&mut self) {
        // SAFETY: Ours by the type invariant.
        unsafe { ffi::hw_nlmsg_free(self.skb.as_ptr()) };
    }
}
