// SPDX-License-Identifier: GPL-2.0-only

//! Requests from userspace.

use core::ffi::CStr;
use core::fmt::{
    self,
    Write, //
};
use core::marker::PhantomData;
use core::mem;
use core::ptr::NonNull;

use kernel::prelude::*;

use crate::ffi;

/// What of `nla_type` is the number; the rest are flags (`NLA_TYPE_MASK`).
pub(super) const NLA_TYPE_MASK: u16 = 0x3fff;

/// Room for a text that is made, with its NUL.
const MAX_TEXT: usize = ffi::NETLINK_MAX_FMTMSG_LEN as usize;

/// A row of attributes.
#[derive(Clone)]
pub(crate) struct Attributes<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Attributes<'a> {
    type Item = Attribute<'a>;

    fn next(&mut self) -> Option<Attribute<'a>> {
        const HEADER: usize = size_of::<ffi::nlattr>();
        let len = usize::from(u16::from_ne_bytes([
            *self.rest.first()?,
            *self.rest.get(1)?,
        ]));
        let whole = self.rest.get(..len).filter(|_| len >= HEADER)?;
        self.rest = self.rest.get(len.next_multiple_of(4)..).unwrap_or(&[]);
        // Attributes begin at multiples of 4 from the start of the message.
        NonNull::new(whole.as_ptr().cast_mut().cast()).map(|nla| Attribute {
            nla,
            _request: PhantomData,
        })
    }
}

/// A request from userspace.
///
/// # Invariants
///
/// `info` is of `skb`, validated by policies of which `max_attr` is the greatest number; both are valid
/// during `'a`, and nobody else uses its `extack`.
pub(crate) struct Request<'a> {
    skb: *const ffi::sk_buff,
    info: &'a ffi::genl_info,
    max_attr: u16,
}

/// An attribute of a request, valid by the policy of the operation.
#[derive(Clone, Copy)]
pub(crate) struct Attribute<'a> {
    nla: NonNull<ffi::nlattr>,
    _request: PhantomData<&'a ffi::nlattr>,
}

impl<'a> Request<'a> {
    /// Looks at a request.
    ///
    /// # Safety
    ///
    /// `info` must be of `skb`, validated by policies of which `max_attr` is the greatest number; both must
    /// be valid during `'a`, and nobody else may use its `extack`.
    pub(in crate::net) unsafe fn from_raw(
        skb: *const ffi::sk_buff,
        info: &'a ffi::genl_info,
        max_attr: u16,
    ) -> Self {
        // INVARIANT: By the contract of this function.
        Request {
            skb,
            info,
            max_attr,
        }
    }

    /// Whether who sends it, and who opened the socket unless it is sent to an address, both have
    /// this capability in the initial user namespace: a program that writes to a socket of somebody
    /// else's does not lend him its own.
    pub(crate) fn is_capable(&self, cap: u32) -> bool {
        // SAFETY: `skb` is valid by the type invariant.
        unsafe { ffi::netlink_capable(self.skb, cap as c_int) }
    }

    /// The attribute of this kind, if the request has it.
    pub(crate) fn get(&self, kind: u16) -> Option<Attribute<'a>> {
        if kind > self.max_attr || self.info.attrs.is_null() {
            return None;
        }
        // SAFETY: `attrs` has `max_attr + 1` pointers, NULL or to an attribute of the request
        // (genetlink.c, `genl_family_rcv_msg_attrs_parse()`).
        let nla = unsafe { *self.info.attrs.add(usize::from(kind)) };
        NonNull::new(nla).map(|nla| Attribute {
            nla,
            _request: PhantomData,
        })
    }

    /// All attributes of the request, in the order in which they came.
    pub(crate) fn attributes(&self) -> Attributes<'a> {
        // Headers of netlink and generic netlink; our family has none of its own.
        const HEADERS: usize = size_of::<ffi::nlmsghdr>() + size_of::<ffi::genlmsghdr>();
        // SAFETY: `nlhdr` is the request, of which `nlmsg_len` bytes are there (checked by
        // `netlink_rcv_skb()`), and stays as long as `info`.
        let message = unsafe {
            let len = (*self.info.nlhdr).nlmsg_len as usize;
            core::slice::from_raw_parts(self.info.nlhdr.cast::<u8>(), len)
        };
        Attributes {
            rest: message.get(HEADERS..).unwrap_or(&[]),
        }
    }

    /// Says why the request is refused, and which attribute is to blame.
    pub(crate) fn refuse(
        &self,
        error: Error,
        why: &'static CStr,
        blame: Option<Attribute<'a>>,
    ) -> Error {
        self.tell(blame, |_| why.as_char_ptr());
        error
    }

    /// The same with a text made for it, of which as much is told as there is room for.
    pub(crate) fn refuse_fmt(
        &self,
        error: Error,
        why: fmt::Arguments<'_>,
        blame: Option<Attribute<'a>>,
    ) -> Error {
        // What is formatted may refuse as well, so not yet in the buffer.
        let mut text = [0; MAX_TEXT];
        if let Some((_nul, room)) = text.split_last_mut() {
            // Cut short, it is as good as can be.
            let _ = Text(room).write_fmt(why);
        }
        self.tell(blame, |buf| {
            *buf = text;
            buf.as_ptr()
        });
        error
    }

    /// Tells a text that is static, or put into the buffer that `why` gets.
    fn tell(
        &self,
        blame: Option<Attribute<'a>>,
        why: impl FnOnce(&mut [c_char; MAX_TEXT]) -> *const c_char,
    ) {
        // SAFETY: NULL, or valid during the request and only ours.
        if let Some(extack) = unsafe { self.info.extack.as_mut() } {
            extack._msg = why(&mut extack._msg_buf);
            if let Some(attribute) = blame {
                extack.bad_attr = attribute.nla.as_ptr();
            }
            // SAFETY: A text, as `NL_SET_ERR_MSG()` has it traced.
            unsafe { ffi::do_trace_netlink_extack(extack._msg) };
        }
    }

    /// Says that an attribute is missing.
    pub(crate) fn missing(&self, kind: u16) -> Error {
        // SAFETY: NULL, or valid during the request and only ours.
        if let Some(extack) = unsafe { self.info.extack.as_mut() } {
            extack.miss_type = kind;
        }
        EINVAL
    }
}

/// Room for a text.
struct Text<'a>(&'a mut [c_char]);

impl fmt::Write for Text<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for byte in text.bytes() {
            let (first, rest) = mem::take(&mut self.0).split_first_mut().ok_or(fmt::Error)?;
            *first = byte;
            self.0 = rest;
        }
        Ok(())
    }
}

impl<'a> Attribute<'a> {
    fn number<const N: usize>(&self) -> Result<[u8; N]> {
        self.payload().try_into().map_err(|_| EINVAL)
    }

    /// The value of a `u32`.
    pub(crate) fn u32(&self) -> Result<u32> {
        self.number().map(u32::from_ne_bytes)
    }

    /// The value of an `s32`.
    pub(crate) fn i32(&self) -> Result<i32> {
        self.number().map(i32::from_ne_bytes)
    }

    /// The value of a `uint`.
    pub(crate) fn uint(&self) -> Result<u64> {
        let long = || self.number().map(u64::from_ne_bytes);
        self.u32().map(u64::from).or_else(|_| long())
    }

    /// Its number.
    pub(crate) fn kind(&self) -> u16 {
        // SAFETY: Valid during the request.
        unsafe { (*self.nla.as_ptr()).nla_type & NLA_TYPE_MASK }
    }

    /// The attributes in it.
    pub(crate) fn nested(&self) -> Attributes<'a> {
        Attributes {
            rest: self.payload(),
        }
    }

    /// The string, up to the first NUL.
    pub(crate) fn string(&self) -> Result<&'a CStr> {
        CStr::from_bytes_until_nul(self.payload()).map_err(|_| EINVAL)
    }

    /// The payload.
    pub(crate) fn payload(&self) -> &'a [u8] {
        // SAFETY: Valid during the request, with `nla_len` bytes from its start (checked by
        // `__nla_parse()`), of which `struct nlattr` takes the first 4.
        unsafe {
            let len = usize::from((*self.nla.as_ptr()).nla_len);
            let payload = self.nla.as_ptr().add(1).cast::<u8>();
            core::slice::from_raw_parts(payload, len.saturating_sub(size_of::<ffi::nlattr>()))
        }
    }
}
