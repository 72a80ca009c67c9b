// SPDX-License-Identifier: GPL-2.0-only

//! Bindings that Kbuild makes from `bindings.h`: kernel headers that the `kernel` crate does not
//! bind, and the C half (`shim.h`).
//!
//! Only `net/` may use this module.

#![allow(
    clippy::all,
    clippy::cast_lossless,
    clippy::ptr_as_ptr,
    clippy::ref_as_ptr,
    clippy::undocumented_unsafe_blocks,
    dead_code,
    improper_ctypes,
    missing_docs,
    non_camel_case_types,
    non_snake_case,
    non_upper_case_globals,
    unknown_lints,
    unnecessary_transmutes,
    unreachable_pub,
    unsafe_op_in_unsafe_fn
)]

use kernel::ffi;

pub(crate) type __kernel_size_t = usize;
pub(crate) type __kernel_ssize_t = isize;
pub(crate) type __kernel_ptrdiff_t = isize;

include!(env!("HOMEWARD_BINDINGS"));
