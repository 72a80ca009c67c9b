// SPDX-License-Identifier: GPL-2.0-only

//! Requests from userspace, and what their attributes may hold.

use core::ffi::CStr;
use core::marker::PhantomData;
use core::ptr::NonNull;

use kernel::prelude::*;

use crate::ffi;

/// What an attribute of a request may hold.
#[repr(transparent)]
pub(crate) struct Policy(ffi::nla_policy);

// SAFETY: Constants; a pointer in one is to a static constant.
unsafe impl Sync for Policy {}

static IFINDEX_RANGE: ffi::netlink_range_validation = ffi::netlink_range_validation {
    min: 1,
    max: i32::MAX as u64,
};

impl Policy {
    const fn new(kind: u32, validation: u32, len: u16, min: i16) -> Policy {
        Policy(ffi::nla_policy {
            type_: kind as u8,
            validation_type: validation as u8,
            len,
            __bindgen_anon_1: ffi::nla_policy__bindgen_ty_1 {
                __bindgen_anon_1: ffi::nla_policy__bindgen_ty_1__bindgen_ty_1 { min, max: 0 },
            },
        })
    }

    /// The attribute is refused.
    pub(crate) const REFUSED: Policy = Policy::new(ffi::NLA_UNSPEC, 0, 0, 0);

    /// A `uint` from 1.
    pub(crate) const UINT_FROM_1: Policy = Policy::new(
        ffi::NLA_UINT,
        ffi::nla_policy_validation_NLA_VALIDATE_MIN,
        0,
        1,
    );

    /// A `u32` from 1.
    pub(crate) const U32_FROM_1: Policy = Policy::new(
        ffi::NLA_U32,
        ffi::nla_policy_validation_NLA_VALIDATE_MIN,
        0,
        1,
    );

    /// An `s32` from 0.
    pub(crate) const S32_FROM_0: Policy = Policy::new(
        ffi::NLA_S32,
        ffi::nla_policy_validation_NLA_VALIDATE_MIN,
        0,
        0,
    );

    /// An index of a device: a `u32` from 1 to `S32_MAX`.
    pub(crate) const IFINDEX: Policy = Policy(ffi::nla_policy {
        type_: ffi::NLA_U32 as u8,
        validation_type: ffi::nla_policy_validation_NLA_VALIDATE_RANGE_PTR as u8,
        len: 0,
        __bindgen_anon_1: ffi::nla_policy__bindgen_ty_1 {
            range: &raw const IFINDEX_RANGE,
        },
    });

    /// A string of at most `len` bytes with its NUL behind.
    pub(crate) const fn string(len: u16) -> Policy {
        Policy::new(ffi::NLA_NUL_STRING, 0, len, 0)
    }
}

/// A request from userspace.
pub(crate) struct Request<'a> {
    pub(super) info: &'a ffi::genl_info,
    pub(super) maxattr: u16,
}

/// An attribute of a request, valid by the policy of the operation.
#[derive(Clone, Copy)]
pub(crate) struct Attribute<'a> {
    nla: NonNull<ffi::nlattr>,
    _request: PhantomData<&'a ffi::nlattr>,
}

impl<'a> Request<'a> {
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
