// SPDX-License-Identifier: GPL-2.0-only

//! Generic-netlink messages under construction.
//!
//! C header: [`include/net/netlink.h`](srctree/include/net/netlink.h)

use kernel::prelude::*;

use crate::ffi;

#[cfg_attr(HW_RUST_NET, path = "upstream/writer.rs")]
pub(super) mod writer;

pub(crate) use writer::Writer;

/// Payload of a message that is larger than usual: what `netlink_dump()` makes at most.
const LARGE: usize = 32 * 1024 - 512;
/// Payload of the largest message that is ever made: eight homes, each with as many addresses, routes and
/// alternative names as are recorded, and a baseline. What a tenant causes to be recorded must not keep the rest
/// from being told.
const LARGEST: usize = 8 * LARGE;

/// Has `make` make a message with a payload of the usual size, and again with larger ones when that is not
/// enough.
fn in_sizes<M>(make: &mut dyn FnMut(usize) -> Result<M>) -> Result<M> {
    let mut size = ffi::HW_GENLMSG_DEFAULT_SIZE as usize;
    loop {
        let made = make(size);
        let short = made.as_ref().is_err_and(|error| *error == EMSGSIZE);
        if !short || size >= LARGEST {
            return made;
        }
        // Twice as large each time: it is contiguous memory, which may be scarce.
        size = (2 * size).max(LARGE);
    }
}
