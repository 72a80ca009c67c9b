// SPDX-License-Identifier: MIT OR Apache-2.0

//! Which tasks share one table of descriptors. The call that tells is wrapped by no crate.

#![allow(unsafe_code, reason = "no crate has kcmp(2)")]

use std::cmp::Ordering;

use nix::errno::Errno;

/// From linux/kcmp.h.
const KCMP_FILES: libc::c_int = 2;

/// The order of the descriptor tables of two tasks, which means nothing else; equal are those of tasks
/// that share one. Not every kernel has it (CONFIG_KCMP).
pub fn kcmp_files(one: u32, other: u32) -> Result<Ordering, Errno> {
    // SAFETY: The call reads and writes no memory of ours.
    let order = unsafe { libc::syscall(libc::SYS_kcmp, one, other, KCMP_FILES, 0, 0) };
    match Errno::result(order)? {
        0 => Ok(Ordering::Equal),
        1 => Ok(Ordering::Less),
        2 => Ok(Ordering::Greater),
        _ => Err(Errno::EINVAL),
    }
}
