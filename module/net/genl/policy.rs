// SPDX-License-Identifier: GPL-2.0-only

//! What the attributes of a request may hold.

use crate::ffi;

/// What an attribute of a request may hold.
#[repr(transparent)]
pub(crate) struct Policy(ffi::nla_policy);

// SAFETY: Constants; a pointer in one is to a static constant or to other policies.
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

    /// A `uint` without limits.
    pub(crate) const UINT: Policy = Policy::new(ffi::NLA_UINT, 0, 0, 0);

    /// A `u32` without limits.
    pub(crate) const U32: Policy = Policy::new(ffi::NLA_U32, 0, 0, 0);

    /// A flag.
    pub(crate) const FLAG: Policy = Policy::new(ffi::NLA_FLAG, 0, 0, 0);

    /// A number of an enumeration from 1 to `last`.
    pub(crate) const fn choice(last: u32) -> Policy {
        Policy::range(last as i16)
    }

    const fn range(max: i16) -> Policy {
        let bounds = ffi::nla_policy__bindgen_ty_1__bindgen_ty_1 { min: 1, max };
        Policy::checked_u32(
            ffi::nla_policy_validation_NLA_VALIDATE_RANGE,
            ffi::nla_policy__bindgen_ty_1 {
                __bindgen_anon_1: bounds,
            },
        )
    }

    /// A `u32` of at most `max`.
    pub(crate) const fn up_to(max: i16) -> Policy {
        let bounds = ffi::nla_policy__bindgen_ty_1__bindgen_ty_1 { min: 0, max };
        Policy::checked_u32(
            ffi::nla_policy_validation_NLA_VALIDATE_MAX,
            ffi::nla_policy__bindgen_ty_1 {
                __bindgen_anon_1: bounds,
            },
        )
    }

    const fn checked_u32(
        validation: ffi::nla_policy_validation,
        limit: ffi::nla_policy__bindgen_ty_1,
    ) -> Policy {
        Policy(ffi::nla_policy {
            type_: ffi::NLA_U32 as u8,
            validation_type: validation as u8,
            len: 0,
            __bindgen_anon_1: limit,
        })
    }

    /// At most `len` bytes.
    pub(crate) const fn binary(len: u16) -> Policy {
        Policy::new(ffi::NLA_BINARY, 0, len, 0)
    }

    /// A nest of attributes, by their number.
    pub(crate) const fn nest(policy: &'static [Policy]) -> Policy {
        Policy(ffi::nla_policy {
            type_: ffi::NLA_NESTED as u8,
            validation_type: 0,
            len: (policy.len() - 1) as u16,
            __bindgen_anon_1: ffi::nla_policy__bindgen_ty_1 {
                nested_policy: policy.as_ptr().cast(),
            },
        })
    }

    /// A string of at most `len` bytes with its NUL behind.
    pub(crate) const fn string(len: u16) -> Policy {
        Policy::new(ffi::NLA_NUL_STRING, 0, len, 0)
    }
}

/// Where the kernel finds the policy of an operation; without one, attributes are not looked at.
pub(super) const fn place(policy: &'static [Policy]) -> *const ffi::nla_policy {
    match policy {
        [] => core::ptr::null(),
        _ => policy.as_ptr().cast(),
    }
}

/// The greatest number of an attribute.
pub(super) const fn max_attr(policy: &[Policy]) -> u16 {
    (policy.len() as u16).saturating_sub(1)
}
