// SPDX-License-Identifier: GPL-2.0-only

//! IPv4 and IPv6 addresses of devices.
//!
//! C headers: [`include/linux/inetdevice.h`](srctree/include/linux/inetdevice.h),
//! [`include/net/if_inet6.h`](srctree/include/net/if_inet6.h)

use kernel::prelude::*;

use crate::ffi;
use crate::net::device::Device;

/// An address family.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Family {
    /// `AF_INET`.
    V4,
    /// `AF_INET6`.
    V6,
}

impl Family {
    pub(super) fn number(self) -> u32 {
        match self {
            Family::V4 => ffi::AF_INET,
            Family::V6 => ffi::AF_INET6,
        }
    }

    /// How many bytes an address has.
    pub(crate) fn size(self) -> usize {
        match self {
            Family::V4 => 4,
            Family::V6 => 16,
        }
    }
}

/// A permanent address of a device.
#[derive(Clone, Copy)]
pub(crate) struct Address(ffi::hw_address);

impl Address {
    /// An address with these bytes and nothing else; `None` if there are too few or too many.
    pub(crate) fn new(family: Family, local: &[u8], peer: &[u8], prefix: u8) -> Option<Address> {
        let size = family.size();
        if local.len() != size || peer.len() != size || usize::from(prefix) > 8 * size {
            return None;
        }
        // SAFETY: All-zero is a valid `struct hw_address`.
        let mut inner: ffi::hw_address = unsafe { core::mem::zeroed() };
        inner.family = family.number() as u8;
        inner.prefix = prefix;
        inner.local[..size].copy_from_slice(local);
        inner.peer[..size].copy_from_slice(peer);
        Some(Address(inner))
    }

    /// With these as well.
    pub(crate) fn with(mut self, scope: u8, flags: u32, metric: u32) -> Address {
        self.0.scope = scope;
        self.0.flags = flags;
        self.0.metric = metric;
        self
    }

    /// With a label, cut to 15 bytes.
    pub(crate) fn with_label(mut self, label: &[u8]) -> Address {
        let room = self.0.label.len() - 1;
        for (to, from) in self.0.label.iter_mut().take(room).zip(label) {
            *to = *from;
        }
        self
    }

    /// With a broadcast address.
    pub(crate) fn with_broadcast(mut self, broadcast: [u8; 4]) -> Address {
        self.0.has_broadcast = 1;
        self.0.broadcast = broadcast;
        self
    }

    /// Adds those of a device to `to`, at the most so many of each family.
    pub(crate) fn record(dev: &Device, most: usize, to: &mut KVec<Address>) -> Result {
        for family in [Family::V4, Family::V6] {
            for nth in 0..most as u32 {
                match dev.address(family, nth) {
                    Some(address) => to.push(Address(address), GFP_KERNEL)?,
                    None => break,
                }
            }
        }
        Ok(())
    }

    /// Whether the other one is the same for the kernel: it has one of each only.
    pub(crate) fn same(&self, other: &Address) -> bool {
        self.0.family == other.0.family
            && self.0.prefix == other.0.prefix
            && self.0.local == other.0.local
            && self.0.peer == other.0.peer
    }

    /// Its family.
    pub(crate) fn family(&self) -> Family {
        match u32::from(self.0.family) {
            ffi::AF_INET => Family::V4,
            _ => Family::V6,
        }
    }

    /// The address.
    pub(crate) fn local(&self) -> &[u8] {
        &self.0.local[..self.family().size()]
    }

    /// The address of the peer; the address itself where there is none.
    pub(crate) fn peer(&self) -> &[u8] {
        &self.0.peer[..self.family().size()]
    }

    /// Length of the prefix in bits.
    pub(crate) fn prefix(&self) -> u8 {
        self.0.prefix
    }

    /// `RT_SCOPE_*`.
    pub(crate) fn scope(&self) -> u8 {
        self.0.scope
    }

    /// `IFA_F_*`.
    pub(crate) fn flags(&self) -> u32 {
        self.0.flags
    }

    /// Metric of its prefix route.
    pub(crate) fn metric(&self) -> u32 {
        self.0.metric
    }

    /// The broadcast address.
    pub(crate) fn broadcast(&self) -> Option<&[u8]> {
        (self.0.has_broadcast != 0).then_some(&self.0.broadcast)
    }

    /// The label, empty for none.
    pub(crate) fn label(&self) -> &[u8] {
        self.0.label.split(|&b| b == 0).next().unwrap_or(&[])
    }
}
