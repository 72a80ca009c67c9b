// SPDX-License-Identifier: MIT OR Apache-2.0

//! Where a device has been, and how it was there.

use std::net::{IpAddr, Ipv4Addr};

use super::{LinkAddress, Value, Values};

/// A network namespace that a device left, and its name and settings there.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Deserialize, serde::Serialize),
    serde(deny_unknown_fields)
)]
pub struct Home<N = u64> {
    /// Cookie of that network namespace.
    pub namespace: N,
    /// Whether that network namespace is live.
    pub alive: bool,
    /// The name that the device had there.
    pub name: Option<String>,
    /// Its settings there, by their numbers (`setting::MTU`), also those that this crate does not
    /// know.
    #[cfg_attr(feature = "serde", serde(with = "super::serial::settings"))]
    pub settings: Values,
    /// The IP addresses there: the permanent ones, and for IPv6 also those that the device lost
    /// when it was set down, if its addresses did not change between then and its departure. At
    /// most 32 of each family.
    pub addresses: Vec<Address>,
    /// Ids of the XDP programs that were attached there without a link.
    #[cfg_attr(feature = "serde", serde(default))]
    pub xdp_programs: Vec<u32>,
    /// Ids of the links that attached XDP programs there.
    #[cfg_attr(feature = "serde", serde(default))]
    pub xdp_links: Vec<u32>,
    /// Ids of the tcx programs that were attached there without a link.
    pub tcx_programs: Vec<u32>,
    /// Ids of the links that attached tcx programs there.
    pub tcx_links: Vec<u32>,
    /// How many IP addresses there had a lifetime, and so are not recorded.
    pub addresses_expiring: u32,
    /// How many IP addresses there were beyond those that are recorded.
    pub addresses_surplus: u32,
    /// How many IP addresses there could not be recorded for lack of memory.
    pub addresses_lost: u32,
    /// How many IP addresses there were those of a port of a VRF, and so are not recorded.
    #[cfg_attr(feature = "serde", serde(default))]
    pub addresses_in_vrf: u32,
    /// Whether the alternative names there were too many to be recorded.
    pub altnames_surplus: bool,
    /// What steered packets to queues there, two numbers for each: for an ntuple rule its location
    /// and a digest of the rule, for an RSS context its number and 0. None if that is not known.
    #[cfg_attr(feature = "serde", serde(default))]
    pub steering: Option<Vec<u32>>,
    /// Its static routes there, each as RTM_NEWROUTE has it (`struct rtmsg` and the attributes), without
    /// the table and the device; at most 32 of each family.
    #[cfg_attr(
        feature = "serde",
        serde(default, with = "super::serial::byte_strings")
    )]
    pub routes: Vec<Vec<u8>>,
    /// How many static routes there cannot be restored.
    #[cfg_attr(feature = "serde", serde(default))]
    pub routes_unsupported: u32,
    /// How many static routes there were beyond those that are recorded.
    #[cfg_attr(feature = "serde", serde(default))]
    pub routes_surplus: u32,
    /// How often the static routes of a family there could not be recorded for lack of memory.
    #[cfg_attr(feature = "serde", serde(default))]
    pub routes_lost: u32,
    /// Its permanent link-layer address there. None if it had none, or if that is not known.
    #[cfg_attr(feature = "serde", serde(default))]
    pub permanent_address: Option<LinkAddress>,
}

impl<N> Home<N> {
    /// How the setting of this number was, if it is a number.
    pub fn number(&self, id: u32) -> Option<u64> {
        match self.settings.get(&id)? {
            Value::Number(number) => Some(*number),
            _ => None,
        }
    }

    /// How the setting of this number was, as texts; none if it is not told.
    pub fn texts(&self, id: u32) -> &[String] {
        match self.settings.get(&id) {
            Some(Value::Texts(texts)) => texts,
            _ => &[],
        }
    }

    /// The same with something else for its network namespace.
    pub(super) fn map<M>(self, to: &impl Fn(N) -> M) -> Home<M> {
        Home {
            namespace: to(self.namespace),
            alive: self.alive,
            name: self.name,
            settings: self.settings,
            addresses: self.addresses,
            xdp_programs: self.xdp_programs,
            xdp_links: self.xdp_links,
            tcx_programs: self.tcx_programs,
            tcx_links: self.tcx_links,
            addresses_expiring: self.addresses_expiring,
            addresses_surplus: self.addresses_surplus,
            addresses_lost: self.addresses_lost,
            addresses_in_vrf: self.addresses_in_vrf,
            altnames_surplus: self.altnames_surplus,
            steering: self.steering,
            routes: self.routes,
            routes_unsupported: self.routes_unsupported,
            routes_surplus: self.routes_surplus,
            routes_lost: self.routes_lost,
            permanent_address: self.permanent_address,
        }
    }
}

/// An IPv4 or IPv6 address of a device.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Deserialize, serde::Serialize),
    serde(deny_unknown_fields)
)]
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
    /// Who added it (IFAPROT_*), 0 if unknown.
    pub protocol: u8,
    /// Until when it is preferred, in nanoseconds of CLOCK_BOOTTIME; it is deprecated after that.
    /// None for one that is preferred forever.
    #[cfg_attr(feature = "serde", serde(rename = "preferred_until_ns"))]
    pub preferred_until: Option<u64>,
}
