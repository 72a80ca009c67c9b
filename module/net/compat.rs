// SPDX-License-Identifier: GPL-2.0-only

//! The one place for what kernels name differently: the same source builds for 7.2 and newer.
//!
//! What one form can say for all of them has it here. Where no form can, Kbuild is to look into the
//! tree at hand and set a `cfg` by what it finds there, for this file alone; never by a version, as
//! distributions take changes back into older kernels. Of what C alone can reach, the C half hides the
//! difference: `HW_CLOSE_MANY`.
//!
//! There is one more `cfg`, `HW_RUST_NET`: the `kernel` crate has wrappers itself that others have not.
//! Then files of `upstream/` put these under our names, in place of the files that their first lines name.

use kernel::{
    bindings,
    error::Error, //
};

/// `EALREADY`; `kernel::error::code` has it since 7.3.
pub(crate) fn ealready() -> Error {
    Error::from_errno(-(bindings::EALREADY as i32))
}

/// `EOPNOTSUPP`; `kernel::error::code` has it since 7.3.
pub(crate) fn eopnotsupp() -> Error {
    Error::from_errno(-(bindings::EOPNOTSUPP as i32))
}

/// `ECANCELED`; `kernel::error::code` has it since 7.3.
pub(crate) fn ecanceled() -> Error {
    Error::from_errno(-(bindings::ECANCELED as i32))
}

/// `ENOBUFS`; `kernel::error::code` has it since 7.3.
pub(crate) fn enobufs() -> Error {
    Error::from_errno(-(bindings::ENOBUFS as i32))
}

/// `ETIME`; `kernel::error::code` has it since 7.3.
pub(crate) fn etime() -> Error {
    Error::from_errno(-(bindings::ETIME as i32))
}
