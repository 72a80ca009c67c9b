// SPDX-License-Identifier: GPL-2.0-only

//! What a device hangs on: other devices, a network namespace, a radio.
//!
//! C header: [`include/net/rtnetlink.h`](srctree/include/net/rtnetlink.h)

use core::ffi::CStr;
use core::ptr::NonNull;

use kernel::prelude::*;

use crate::ffi;
use crate::net::device::Device;
use crate::net::namespace::Net;
use crate::net::rtnl::Rtnl;

impl Device {
    /// Its kind, or its type (`device_type.name`) for want of one; empty for want of both.
    pub(crate) fn kind_or_type(&self) -> &[u8] {
        if let Some(kind) = self.kind() {
            return kind.to_bytes();
        }
        // SAFETY: `self` is valid.
        let name = unsafe { ffi::hw_dev_type(self.as_ptr()) };
        match name.is_null() {
            true => &[],
            // SAFETY: A string of the driver, which cannot go before its device.
            false => unsafe { CStr::from_char_ptr(name) }.to_bytes(),
        }
    }

    /// The network namespace that its packets travel in, or in which its lower device or peer is.
    pub(crate) fn link_net(&self) -> Option<&Net> {
        // SAFETY: `self` is valid and registered, so its link type may be asked.
        let net = unsafe { ffi::hw_dev_link_net(self.as_ptr()) };
        // SAFETY: A namespace destroys what is linked to it in its `exit_rtnl`, under RTNL, and
        // that of a device cannot go before it: so it stays while RTNL is held.
        (!net.is_null()).then(|| unsafe { Net::from_raw(net) })
    }

    /// The devices below it.
    pub(crate) fn lowers(&self) -> impl Iterator<Item = &Device> {
        (0..).map_while(|nth| {
            // SAFETY: `self` is valid, and RTNL keeps its links.
            let lower = unsafe { ffi::hw_dev_lower(self.as_ptr(), nth) };
            // SAFETY: A link holds a registered device (`__netdev_adjacent_dev_insert()`).
            NonNull::new(lower).map(|lower| unsafe { Device::from_raw(lower.as_ptr()) })
        })
    }

    /// The devices on it.
    pub(crate) fn uppers(&self) -> impl Iterator<Item = &Device> {
        let mut at = core::ptr::null_mut();
        core::iter::from_fn(move || {
            // SAFETY: `self` is valid, RTNL keeps its links, and `at` is NULL or what the shim left there.
            let upper = unsafe { ffi::hw_dev_next_upper(self.as_ptr(), &raw mut at) };
            // SAFETY: As for those below it.
            NonNull::new(upper).map(|upper| unsafe { Device::from_raw(upper.as_ptr()) })
        })
    }

    /// The other end of a pair.
    pub(crate) fn peer(&self) -> Option<&Device> {
        // SAFETY: `self` is valid and registered, so its link type may be asked.
        let peer = unsafe { ffi::hw_dev_peer(self.as_ptr()) };
        // SAFETY: Found among the registered ones, which stay while RTNL is held.
        NonNull::new(peer).map(|peer| unsafe { Device::from_raw(peer.as_ptr()) })
    }

    /// Whether it is of a radio that lives in the namespace that it is in itself.
    pub(crate) fn has_wiphy_beside(&self) -> bool {
        // SAFETY: `self` is valid.
        unsafe { ffi::hw_dev_wiphy_in(self.as_ptr(), self.net().as_ptr()) }
    }
}

/// Destroys devices, as their link types do it, as one. Those without a way for that stay.
///
/// They are freed when RTNL is given back, which waits for whoever refers to them yet (`netdev_run_todo()`).
pub(crate) fn destroy(rtnl: &Rtnl, devices: &[&Device]) {
    let _ = rtnl;
    // `Device` is a transparent wrapper: each reference is the address of a `struct net_device`.
    let first = devices.as_ptr().cast::<*mut ffi::net_device>();
    // SAFETY: RTNL is held, and these are as many valid devices as told; one that is there twice is
    // destroyed once (links.c).
    unsafe { ffi::hw_dev_destroy_many(first, devices.len()) };
}
