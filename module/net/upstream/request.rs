// SPDX-License-Identifier: GPL-2.0-only

//! `genl/request.rs` with requests of `kernel::net::netlink`.

use core::ffi::CStr;
use core::fmt;

use kernel::bindings;
use kernel::net::netlink;
use kernel::prelude::*;

use super::check::write_text;
use crate::ffi;

/// A row of attributes.
#[derive(Clone)]
pub(crate) struct Attributes<'a>(netlink::Attributes<'a>);

impl<'a> Iterator for Attributes<'a> {
    type Item = Attribute<'a>;

    fn next(&mut self) -> Option<Attribute<'a>> {
        self.0.next().map(Attribute)
    }
}

/// What the kernel crate does not let out of a request: where its sender is told why it is refused, and the
/// buffer that it came in.
///
/// # Invariants
///
/// Both are of a request to an operation on one object, and valid as long as that.
#[derive(Clone, Copy)]
pub(super) struct Raw {
    extack: *mut bindings::netlink_ext_ack,
    skb: *mut bindings::sk_buff,
}

/// A request from userspace.
pub(crate) struct Request<'a> {
    inner: &'a netlink::Request<'a>,
    /// Not for a dump.
    raw: Option<Raw>,
}

/// An attribute of a request, valid by the policy of the operation.
#[derive(Clone, Copy)]
pub(crate) struct Attribute<'a>(netlink::Attribute<'a>);

impl Raw {
    /// Of a request to an operation on one object.
    ///
    /// # Safety
    ///
    /// The arguments must be those of the operation, and the value must not outlive the call.
    pub(super) unsafe fn new(skb: *mut bindings::sk_buff, info: &bindings::genl_info) -> Raw {
        // INVARIANT: By the contract of this function.
        Raw {
            extack: info.extack,
            skb,
        }
    }
}

impl<'a> Request<'a> {
    pub(super) fn new(inner: &'a netlink::Request<'a>, raw: Option<Raw>) -> Self {
        Request { inner, raw }
    }

    /// Whether who sends it, and who opened the socket unless it is sent to an address, both have
    /// CAP_SYS_ADMIN in the initial user namespace: a program that writes to a socket of somebody
    /// else's does not lend him its own. Nobody has it for a dump.
    pub(crate) fn is_of_system_admin(&self) -> bool {
        // SAFETY: Valid by the invariant of `Raw`.
        let is = |raw: Raw| unsafe { ffi::hw_request_sys_admin(raw.skb.cast()) };
        self.raw.is_some_and(is)
    }

    /// The attribute of this kind, if the request has it.
    pub(crate) fn get(&self, kind: u16) -> Option<Attribute<'a>> {
        self.inner.get(kind).map(Attribute)
    }

    /// All attributes of the request, in the order in which they came.
    pub(crate) fn attributes(&self) -> Attributes<'a> {
        Attributes(self.inner.attributes())
    }

    /// Says why the request is refused, and which attribute is to blame.
    pub(crate) fn refuse(
        &self,
        error: Error,
        why: &'static CStr,
        blame: Option<Attribute<'a>>,
    ) -> Error {
        self.inner.refuse(error, why, blame.map(|blame| blame.0))
    }

    /// The same with a text made for it, of which as much is told as there is room for; none to a dump.
    pub(crate) fn refuse_because(
        &self,
        error: Error,
        why: fmt::Arguments<'_>,
        blame: Attribute<'a>,
    ) -> Error {
        let error = self.refuse(error, c"malformed", Some(blame));
        // SAFETY: NULL, or valid by the invariant of `Raw` and only ours: `inner` uses it in its calls only.
        if let Some(extack) = self.raw.and_then(|raw| unsafe { raw.extack.as_mut() }) {
            write_text(&mut extack._msg_buf, why);
            extack._msg = extack._msg_buf.as_ptr();
        }
        error
    }

    /// Says that an attribute is missing.
    pub(crate) fn missing(&self, kind: u16, why: &'static CStr) -> Error {
        let error = self.inner.missing(kind);
        self.refuse(error, why, None)
    }
}

impl<'a> Attribute<'a> {
    /// The value of a `uint`; the policy has seen to its size.
    pub(crate) fn uint(&self) -> u64 {
        self.0.uint().unwrap_or_default()
    }

    /// The value of a `u32`; of an `s32` the same bits. The policy has seen to its size.
    pub(crate) fn u32(&self) -> u32 {
        self.0.u32().unwrap_or_default()
    }

    /// Its number.
    pub(crate) fn kind(&self) -> u16 {
        self.0.kind()
    }

    /// The attributes in it.
    pub(crate) fn nested(&self) -> Attributes<'a> {
        Attributes(self.0.nested())
    }

    /// The payload up to the first NUL.
    pub(crate) fn text(&self) -> &'a [u8] {
        self.bytes().split(|&b| b == 0).next().unwrap_or(&[])
    }

    /// The payload.
    pub(crate) fn bytes(&self) -> &'a [u8] {
        self.0.payload()
    }
}
