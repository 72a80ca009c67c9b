// SPDX-License-Identifier: GPL-2.0-only

//! The XDP and tcx programs of a device.
//!
//! C headers: [`include/linux/netdevice.h`](srctree/include/linux/netdevice.h),
//! [`include/net/tcx.h`](srctree/include/net/tcx.h)

use core::ptr::NonNull;

use kernel::error::to_result;
use kernel::prelude::*;

use crate::ffi;
use crate::net::device::Device;

/// A program that is attached to a device, by what stays the same while it is.
///
/// A link may be given another program by its owner, and is the same then.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Attached {
    /// A program without a link, by its id.
    Program(u32),
    /// A link, by its id.
    Link(u32),
}

impl Attached {
    fn new(by_link: bool, id: u32) -> Attached {
        match by_link {
            true => Attached::Link(id),
            false => Attached::Program(id),
        }
    }
}

impl Device {
    /// The XDP programs that are attached to it, each with its mode (`XDP_FLAGS_*_MODE`).
    pub(crate) fn xdp(&self) -> impl Iterator<Item = (u32, Attached)> + '_ {
        let mut nth = 0;
        core::iter::from_fn(move || {
            let (mut mode, mut by_link, mut id) = (0, false, 0);
            let (to_mode, to_link, to_id) = (&raw mut mode, &raw mut by_link, &raw mut id);
            // SAFETY: `self` is valid, RTNL keeps its programs, and these are places for the result.
            let found = unsafe { ffi::hw_dev_xdp(self.as_ptr(), nth, to_mode, to_link, to_id) };
            nth += 1;
            found.then(|| (mode, Attached::new(by_link, id)))
        })
    }

    /// The tcx programs that are attached to it.
    pub(crate) fn tcx(&self) -> impl Iterator<Item = Attached> + '_ {
        let mut nth = 0;
        core::iter::from_fn(move || {
            let (mut by_link, mut id) = (false, 0);
            // SAFETY: `self` is valid, RTNL keeps its programs, and these are places for the result.
            let found =
                unsafe { ffi::hw_dev_tcx(self.as_ptr(), nth, &raw mut by_link, &raw mut id) };
            nth += 1;
            found.then(|| Attached::new(by_link, id))
        })
    }

    /// The link with this id that attaches a tcx program to it, if there is one.
    pub(crate) fn tcx_link(&self, id: u32) -> Option<TcxLink> {
        // SAFETY: `self` is valid, and RTNL keeps its programs.
        let link = unsafe { ffi::hw_dev_tcx_link(self.as_ptr(), id) };
        // INVARIANT: The shim has counted a reference for us.
        NonNull::new(link).map(TcxLink)
    }
}

/// A bpf_link that attaches a tcx program.
///
/// # Invariants
///
/// A reference to the link is ours.
pub(crate) struct TcxLink(NonNull<ffi::bpf_link>);

impl TcxLink {
    /// Detaches it, as BPF_LINK_DETACH does. Takes RTNL, so the caller must not hold that.
    pub(crate) fn detach(self) -> Result {
        // SAFETY: By the type invariant; the shim gives the reference back, and `self` is gone.
        to_result(unsafe { ffi::hw_tcx_link_detach(self.0.as_ptr()) })
    }
}
