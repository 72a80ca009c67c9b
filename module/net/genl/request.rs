// SPDX-License-Identifier: GPL-2.0-only

//! Requests from userspace, on a kernel whose `kernel` crate has none.

use core::ffi::CStr;
use core::fmt;
use core::marker::PhantomData;
use core::ptr::NonNull;

use kernel::prelude::*;

use super::check::write_text;
use crate::ffi;

/// What of `nla_type` is the number; the rest are flags (`NLA_TYPE_MASK`).
const NLA_TYPE_MASK: u16 = 0x3fff;

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
pub(crate) struct Request<'a> {
    pub(super) info: &'a ffi::genl_info,
    pub(super) skb: *const ffi::sk_buff,
    pub(super) maxattr: u16,
}

/// An attribute of a request, valid by the policy of the operation.
#[derive(Clone, Copy)]
pub(crate) struct Attribute<'a> {
    nla: NonNull<ffi::nlattr>,
    _request: PhantomData<&'a ffi::nlattr>,
}

impl<'a> Request<'a> {
    /// Whether who sends it, and who opened the socket unless it is sent to an address, both have
    /// CAP_SYS_ADMIN in the initial user namespace: a program that writes to a socket of somebody
    /// else's does not lend him its own.
    pub(crate) fn is_of_system_admin(&self) -> bool {
        // SAFETY: `skb` is the request, which stays as long as `info`.
        unsafe { ffi::hw_request_sys_admin(self.skb) }
    }

    /// The attribute of this kind, if the request has it.
    pub(crate) fn get(&self, kind: u16) -> Option<Attribute<'a>> {
        if kind > self.maxattr || self.info.attrs.is_null() {
            return None;
        }
        // SAFETY: `attrs` has `maxattr + 1` pointers, NULL or to an attribute of the request
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
        // SAFETY: NULL, or valid during the request and only ours.
        if let Some(extack) = unsafe { self.info.extack.as_mut() } {
            extack._msg = why.as_char_ptr();
            if let Some(attribute) = blame {
                extack.bad_attr = attribute.nla.as_ptr();
            }
        }
        error
    }

    /// The same with a text made for it, of which as much is told as there is room for.
    pub(crate) fn refuse_because(
        &self,
        error: Error,
        why: fmt::Arguments<'_>,
        blame: Attribute<'a>,
    ) -> Error {
        // SAFETY: NULL, or valid during the request and only ours.
        if let Some(extack) = unsafe { self.info.extack.as_mut() } {
            write_text(&mut extack._msg_buf, why);
            extack._msg = extack._msg_buf.as_ptr();
            extack.bad_attr = blame.nla.as_ptr();
        }
        error
    }

    /// Says that an attribute is missing.
    pub(crate) fn missing(&self, kind: u16, why: &'static CStr) -> Error {
        // SAFETY: NULL, or valid during the request and only ours.
        if let Some(extack) = unsafe { self.info.extack.as_mut() } {
            extack.miss_type = kind;
        }
        self.refuse(EINVAL, why, None)
    }
}

impl<'a> Attribute<'a> {
    /// The value of a `uint`.
    pub(crate) fn uint(&self) -> u64 {
        match <[u8; 8]>::try_from(self.bytes()) {
            Ok(value) => u64::from_ne_bytes(value),
            Err(_) => u64::from(self.u32()),
        }
    }

    /// The value of a `u32`; of an `s32` the same bits.
    pub(crate) fn u32(&self) -> u32 {
        let mut value = [0; 4];
        for (to, from) in value.iter_mut().zip(self.bytes()) {
            *to = *from;
        }
        u32::from_ne_bytes(value)
    }

    /// Its number.
    pub(crate) fn kind(&self) -> u16 {
        // SAFETY: Valid during the request.
        unsafe { (*self.nla.as_ptr()).nla_type & NLA_TYPE_MASK }
    }

    /// The attributes in it.
    pub(crate) fn nested(&self) -> Attributes<'a> {
        Attributes { rest: self.bytes() }
    }

    /// The payload up to the first NUL.
    pub(crate) fn text(&self) -> &'a [u8] {
        self.bytes().split(|&b| b == 0).next().unwrap_or(&[])
    }

    /// The payload.
    pub(crate) fn bytes(&self) -> &'a [u8] {
        // SAFETY: Valid during the request, with `nla_len` bytes from its start (checked by
        // `__nla_parse()`), of which `struct nlattr` takes the first 4.
        unsafe {
            let len = usize::from((*self.nla.as_ptr()).nla_len);
            let payload = self.nla.as_ptr().add(1).cast::<u8>();
            core::slice::from_raw_parts(payload, len.saturating_sub(size_of::<ffi::nlattr>()))
        }
    }
}
