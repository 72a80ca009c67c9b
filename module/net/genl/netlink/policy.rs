// SPDX-License-Identifier: GPL-2.0-only

//! What the attributes of a request may hold.

use crate::ffi;

use super::request::NLA_TYPE_MASK;

/// What an attribute of a request may hold.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub(crate) struct Policy(ffi::nla_policy);

// SAFETY: Constants; a pointer in one is to a static constant or to other policies.
unsafe impl Sync for Policy {}

impl Policy {
    /// There is no such attribute: it is refused.
    pub(crate) const UNSPEC: Policy = Policy::new(ffi::NLA_UNSPEC, 0);
    /// A flag.
    pub(crate) const FLAG: Policy = Policy::new(ffi::NLA_FLAG, 0);
    /// A `u32`.
    pub(crate) const U32: Policy = Policy::new(ffi::NLA_U32, 0);
    /// An `s32`.
    pub(crate) const S32: Policy = Policy::new(ffi::NLA_S32, 0);
    /// A `uint`.
    pub(crate) const UINT: Policy = Policy::new(ffi::NLA_UINT, 0);

    const fn new(kind: u32, len: u16) -> Policy {
        Policy(ffi::nla_policy {
            type_: kind as u8,
            validation_type: ffi::nla_policy_validation_NLA_VALIDATE_NONE as u8,
            len,
            __bindgen_anon_1: ffi::nla_policy__bindgen_ty_1 {
                __bindgen_anon_1: ffi::nla_policy__bindgen_ty_1__bindgen_ty_1 { min: 0, max: 0 },
            },
        })
    }

    /// A string of at most `len` bytes with its NUL behind.
    pub(crate) const fn string(len: u16) -> Policy {
        Policy::new(ffi::NLA_NUL_STRING, len)
    }

    /// At most `len` bytes.
    pub(crate) const fn binary(len: u16) -> Policy {
        Policy::new(ffi::NLA_BINARY, len)
    }

    /// A nest of attributes, by their number.
    pub(crate) const fn nested(policy: &'static [Policy]) -> Policy {
        // The kernel looks at the first in any case.
        assert!(!policy.is_empty());
        let mut nest = Policy::new(ffi::NLA_NESTED, max_attr(policy));
        nest.0.__bindgen_anon_1.nested_policy = policy.as_ptr().cast();
        nest
    }

    /// A number from `min`.
    pub(crate) const fn min(self, min: i16) -> Policy {
        self.limited(ffi::nla_policy_validation_NLA_VALIDATE_MIN, min, 0)
    }

    /// A number of at most `max`.
    pub(crate) const fn max(self, max: i16) -> Policy {
        self.limited(ffi::nla_policy_validation_NLA_VALIDATE_MAX, 0, max)
    }

    /// A number from `min` to `max`.
    pub(crate) const fn range(self, min: i16, max: i16) -> Policy {
        assert!(min <= max);
        self.limited(ffi::nla_policy_validation_NLA_VALIDATE_RANGE, min, max)
    }

    /// A number from `MIN` to `MAX`, which may be large.
    pub(crate) const fn full_range<const MIN: u64, const MAX: u64>(mut self) -> Policy {
        const { assert!(MIN <= MAX) };
        assert!(self.is_unsigned());
        self.check_unlimited();
        self.0.validation_type = ffi::nla_policy_validation_NLA_VALIDATE_RANGE_PTR as u8;
        self.0.__bindgen_anon_1.range = Range::<MIN, MAX>::RANGE;
        self
    }

    const fn is_unsigned(&self) -> bool {
        matches!(self.0.type_ as u32, ffi::NLA_U32 | ffi::NLA_UINT)
    }

    /// There is room for one limit.
    const fn check_unlimited(&self) {
        assert!(self.0.validation_type as u32 == ffi::nla_policy_validation_NLA_VALIDATE_NONE);
    }

    const fn limited(mut self, kind: ffi::nla_policy_validation, min: i16, max: i16) -> Policy {
        // Of a number only; nla_get_range_unsigned() warns of a negative limit.
        match self.is_unsigned() {
            true => assert!(min >= 0 && max >= 0),
            false => assert!(self.0.type_ as u32 == ffi::NLA_S32),
        }
        self.check_unlimited();
        self.0.validation_type = kind as u8;
        self.0.__bindgen_anon_1.__bindgen_anon_1 =
            ffi::nla_policy__bindgen_ty_1__bindgen_ty_1 { min, max };
        self
    }
}

/// What [`Policy::full_range`] refers to.
struct Range<const MIN: u64, const MAX: u64>;

impl<const MIN: u64, const MAX: u64> Range<MIN, MAX> {
    const RANGE: &'static ffi::netlink_range_validation =
        &ffi::netlink_range_validation { min: MIN, max: MAX };
}

/// Where the kernel finds the policy of an operation; without one, it refuses all attributes.
pub(crate) const fn place(policy: &'static [Policy]) -> *const ffi::nla_policy {
    match policy {
        [] => core::ptr::null(),
        _ => policy.as_ptr().cast(),
    }
}

/// The greatest number of an attribute.
pub(crate) const fn max_attr(policy: &[Policy]) -> u16 {
    let max = policy.len().saturating_sub(1);
    assert!(max <= NLA_TYPE_MASK as usize);
    max as u16
}
