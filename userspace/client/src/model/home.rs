// SPDX-License-Identifier: MIT OR Apache-2.0

//! Where a device has been, and how it was there.

use std::net::{IpAddr, Ipv4Addr};

use super::Settings;

/// A network namespace that a device left, and how it was there.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Home<N = u64> {
    /// Cookie of that network namespace.
    pub namespace: N,
    /// Whether that network namespace is live.
    pub alive: bool,
    /// The name that the device had there.
    pub name: Option<String>,
    /// Which boolean settings were set there: promisc, allmulti, noarp, multicast, xdp, dynamic,
    /// notrailers, debug, portsel, automedia, proto-down.
    #[cfg_attr(feature = "serde", serde(serialize_with = "super::serial::names"))]
    pub settings: Settings,
    /// The MTU there, in bytes.
    pub mtu: Option<u32>,
    /// The link-layer address there, at most 32 bytes.
    #[cfg_attr(
        feature = "serde",
        serde(serialize_with = "super::serial::link_address")
    )]
    pub address: Option<Vec<u8>>,
    /// The transmit queue length there, in packets.
    pub txqlen: Option<u32>,
    /// The device group there.
    pub group: Option<u32>,
    /// The alias there. None if there was none.
    pub alias: Option<String>,
    /// The alternative names there.
    pub altnames: Vec<String>,
    /// Largest GSO packet there, in bytes.
    pub gso_max_size: Option<u32>,
    /// Most segments of a GSO packet there.
    pub gso_max_segs: Option<u32>,
    /// Largest GRO packet there, in bytes.
    pub gro_max_size: Option<u32>,
    /// Largest IPv4 GSO packet there, in bytes.
    pub gso_ipv4_max_size: Option<u32>,
    /// Largest IPv4 GRO packet there, in bytes.
    pub gro_ipv4_max_size: Option<u32>,
    /// The IP addresses there: the permanent ones, and of IPv6 also those that the device lost by
    /// being set down, if nothing happened to its addresses between that and its leaving. At most
    /// 32 of each family.
    pub addresses: Vec<Address>,
    /// The link-layer broadcast address there, at most 32 bytes.
    #[cfg_attr(
        feature = "serde",
        serde(serialize_with = "super::serial::link_address")
    )]
    pub broadcast: Option<Vec<u8>>,
    /// How the link-layer address there was assigned (NET_ADDR_*).
    pub addr_assign_type: Option<u32>,
    /// The mode of the link there (IF_LINK_MODE_*).
    pub link_mode: Option<u32>,
    /// The reasons of proto-down there, a mask.
    pub proto_down_reason: Option<u32>,
    /// gro_flush_timeout there, in nanoseconds.
    #[cfg_attr(feature = "serde", serde(rename = "gro_flush_timeout_ns"))]
    pub gro_flush_timeout: Option<u64>,
    /// napi_defer_hard_irqs there, a count.
    pub napi_defer_hard_irqs: Option<u32>,
    /// Ids of the tcx programs that were attached there without a link.
    pub tcx_programs: Vec<u32>,
    /// Ids of the links that attached tcx programs there.
    pub tcx_links: Vec<u32>,
    /// How many IP addresses there had a lifetime, and so are not recorded.
    pub addresses_expiring: u32,
    /// How many IP addresses there were beyond those that are recorded.
    pub addresses_surplus: u32,
    /// How many IP addresses there could not be recorded for want of memory.
    pub addresses_lost: u32,
    /// Whether the alternative names there were too many to be recorded.
    pub altnames_surplus: bool,
}

impl<N> Home<N> {
    /// The same with something else for its network namespace.
    pub(super) fn map<M>(self, to: &impl Fn(N) -> M) -> Home<M> {
        Home {
            namespace: to(self.namespace),
            alive: self.alive,
            name: self.name,
            settings: self.settings,
            mtu: self.mtu,
            address: self.address,
            txqlen: self.txqlen,
            group: self.group,
            alias: self.alias,
            altnames: self.altnames,
            gso_max_size: self.gso_max_size,
            gso_max_segs: self.gso_max_segs,
            gro_max_size: self.gro_max_size,
            gso_ipv4_max_size: self.gso_ipv4_max_size,
            gro_ipv4_max_size: self.gro_ipv4_max_size,
            addresses: self.addresses,
            broadcast: self.broadcast,
            addr_assign_type: self.addr_assign_type,
            link_mode: self.link_mode,
            proto_down_reason: self.proto_down_reason,
            gro_flush_timeout: self.gro_flush_timeout,
            napi_defer_hard_irqs: self.napi_defer_hard_irqs,
            tcx_programs: self.tcx_programs,
            tcx_links: self.tcx_links,
            addresses_expiring: self.addresses_expiring,
            addresses_surplus: self.addresses_surplus,
            addresses_lost: self.addresses_lost,
            altnames_surplus: self.altnames_surplus,
        }
    }
}

/// An IPv4 or IPv6 address of a device.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Address {
    /// The address.
    pub local: IpAddr,
    /// The address of the peer, if it is another one.
    pub peer: Option<IpAddr>,
    /// Length of the prefix in bits, at most 32 or 128.
    pub prefix: u8,
    /// RT_SCOPE_*.
    pub scope: u8,
    /// IFA_F_*, without those that the kernel sets by itself.
    pub flags: u32,
    /// IPv4 only, the label, at most 15 bytes.
    pub label: Option<String>,
    /// IPv4 only, the broadcast address.
    pub broadcast: Option<Ipv4Addr>,
    /// Metric of its prefix route, 0 for the default.
    pub metric: u32,
    /// Who made it (IFAPROT_*), 0 where it does not say.
    pub protocol: u8,
    /// Until when it is preferred, in nanoseconds of CLOCK_BOOTTIME; it is deprecated after that.
    /// None for one that is preferred for ever.
    #[cfg_attr(feature = "serde", serde(rename = "preferred_until_ns"))]
    pub preferred_until: Option<u64>,
}
