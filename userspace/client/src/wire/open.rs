// SPDX-License-Identifier: MIT OR Apache-2.0

//! Attribute set `open`.

use homeward_abi::open;

use super::attr::attrs;
use crate::error::Malformed;

/// Reads the number of the descriptor that the kernel opened; never negative.
pub(crate) fn descriptor(bytes: &[u8]) -> Result<i32, Malformed> {
    let mut fd = None;
    for attr in attrs(bytes) {
        let attr = attr?;
        if attr.kind == open::FD {
            fd = Some(attr.s32()?);
        }
    }
    match fd {
        Some(fd) if fd >= 0 => Ok(fd),
        Some(_) => Err(Malformed("negative descriptor")),
        None => Err(Malformed("answer without descriptor")),
    }
}
