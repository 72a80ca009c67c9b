// SPDX-License-Identifier: GPL-2.0-only

//! IPv4 and IPv6 addresses of devices.
//!
//! C headers: [`include/linux/inetdevice.h`](srctree/include/linux/inetdevice.h),
//! [`include/net/if_inet6.h`](srctree/include/net/if_inet6.h)

use kernel::prelude::*;

use crate::ffi;
use crate::net::device::Device;
use crate::net::task::boottime_ns;

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

    /// The version of IP.
    pub(super) fn version(self) -> u32 {
        match self {
            Family::V4 => 4,
            Family::V6 => 6,
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

/// Whether a device has an address.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Presence {
    /// It has not.
    Absent,
    /// It has one that takes its place.
    Other,
    /// It has just this one.
    Present,
}

/// An address of a device that has no end.
#[repr(transparent)]
#[derive(Clone, Copy)]
pub(crate) struct Address(ffi::hw_address);

/// Addresses that a device had and that are not recorded: how many, by the reason.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct LeftOut {
    /// With a lifetime: whoever gave them, DHCP or a router, gives them anew.
    pub(crate) expiring: u32,
    /// More than are recorded.
    pub(crate) surplus: u32,
    /// There was no memory for them.
    pub(crate) lost: u32,
    /// Of a port of a VRF: without that they would be in the tables of everybody.
    pub(crate) in_vrf: u32,
}

impl LeftOut {
    /// Those of both.
    pub(crate) fn and(self, other: LeftOut) -> LeftOut {
        LeftOut {
            expiring: self.expiring.saturating_add(other.expiring),
            surplus: self.surplus.saturating_add(other.surplus),
            lost: self.lost.saturating_add(other.lost),
            in_vrf: self.in_vrf.saturating_add(other.in_vrf),
        }
    }
}

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

    /// With the number of the protocol that it comes from (`IFAPROT_*`).
    pub(crate) fn with_protocol(mut self, protocol: u8) -> Address {
        self.0.protocol = protocol;
        self
    }

    /// Preferred until then, in nanoseconds of `CLOCK_BOOTTIME`; 0 for ever.
    pub(crate) fn preferred_until(mut self, until: u64) -> Address {
        self.0.preferred_until = until;
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

    /// Adds those of a device to `to`, at the most so many, and tells what it leaves out.
    pub(crate) fn record(
        dev: &Device,
        family: Family,
        most: usize,
        to: &mut KVec<Address>,
    ) -> LeftOut {
        let all = dev.addresses(family, &mut []);
        if dev.is_vrf_port() {
            return LeftOut {
                in_vrf: all.permanent,
                expiring: all.expiring,
                ..LeftOut::default()
            };
        }
        let (begin, wanted) = (to.len(), most.min(all.permanent as usize));
        // SAFETY: All-zero is a valid `struct hw_address`.
        let nothing = Address(unsafe { core::mem::zeroed() });
        let room = match to.extend_with(wanted, nothing, GFP_KERNEL_ACCOUNT) {
            Ok(()) => wanted,
            Err(_) => 0,
        };
        // Those of IPv6 may be fewer by now, as not all of them change under RTNL.
        let told = dev.addresses(family, to.get_mut(begin..).unwrap_or(&mut []));
        to.truncate(begin + room.min(told.permanent as usize));
        LeftOut {
            expiring: told.expiring,
            surplus: all.permanent.saturating_sub(wanted as u32),
            lost: (wanted - room) as u32,
            in_vrf: 0,
        }
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

    /// Number of the protocol that it comes from (`IFAPROT_*`), 0 for none.
    pub(crate) fn protocol(&self) -> u8 {
        self.0.protocol
    }

    /// Until when it is preferred, in nanoseconds of `CLOCK_BOOTTIME`; `None` for ever.
    pub(crate) fn preferred(&self) -> Option<u64> {
        (self.0.preferred_until != 0).then_some(self.0.preferred_until)
    }

    /// For how many seconds from now on it is preferred, 0 for a deprecated one.
    pub(super) fn preferred_for(&self) -> Option<u32> {
        let left = self.preferred()?.saturating_sub(boottime_ns());
        let seconds = left.div_ceil(1_000_000_000);
        Some(u32::try_from(seconds).unwrap_or(ffi::INFINITY_LIFE_TIME))
    }

    /// The C object.
    pub(super) fn as_ptr(&self) -> *const ffi::hw_address {
        &raw const self.0
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
