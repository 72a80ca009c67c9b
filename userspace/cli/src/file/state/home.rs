// SPDX-License-Identifier: GPL-2.0-only

//! Homes in a file.

use std::net::{IpAddr, Ipv4Addr};

use homeward_client::model::{Address, Home};
use serde::{Deserialize, Serialize};

/// A network namespace that a device left, and how it was there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SavedHome {
    /// Its cookie.
    pub(super) namespace: u64,
    name: Option<String>,
    settings: u32,
    mtu: Option<u32>,
    /// Pairs of hexadecimal digits, with colons.
    address: Option<String>,
    txqlen: Option<u32>,
    group: Option<u32>,
    alias: Option<String>,
    altnames: Vec<String>,
    gso_max_size: Option<u32>,
    gso_max_segs: Option<u32>,
    gro_max_size: Option<u32>,
    gso_ipv4_max_size: Option<u32>,
    gro_ipv4_max_size: Option<u32>,
    addresses: Vec<SavedAddress>,
    // From here on, what a file of an older command lacks.
    /// Pairs of hexadecimal digits, with colons.
    broadcast: Option<String>,
    addr_assign_type: Option<u32>,
    link_mode: Option<u32>,
    proto_down_reason: Option<u32>,
    gro_flush_timeout: Option<u64>,
    napi_defer_hard_irqs: Option<u32>,
    #[serde(default)]
    tcx_programs: Vec<u32>,
    #[serde(default)]
    tcx_links: Vec<u32>,
    /// These and two of the addresses are absent in what an older command wrote.
    #[serde(default)]
    addresses_expiring: u32,
    #[serde(default)]
    addresses_surplus: u32,
    #[serde(default)]
    addresses_lost: u32,
    #[serde(default)]
    altnames_surplus: bool,
}

/// An IP address of a device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SavedAddress {
    local: IpAddr,
    peer: Option<IpAddr>,
    prefix: u8,
    scope: u8,
    flags: u32,
    label: Option<String>,
    broadcast: Option<Ipv4Addr>,
    metric: u32,
    #[serde(default)]
    protocol: u8,
    preferred_until: Option<u64>,
}

impl SavedHome {
    pub(super) fn new(home: &Home) -> Self {
        SavedHome {
            namespace: home.namespace,
            name: home.name.clone(),
            settings: home.settings.bits(),
            mtu: home.mtu,
            address: home.address.as_deref().map(hex),
            txqlen: home.txqlen,
            group: home.group,
            alias: home.alias.clone(),
            altnames: home.altnames.clone(),
            gso_max_size: home.gso_max_size,
            gso_max_segs: home.gso_max_segs,
            gro_max_size: home.gro_max_size,
            gso_ipv4_max_size: home.gso_ipv4_max_size,
            gro_ipv4_max_size: home.gro_ipv4_max_size,
            addresses: home.addresses.iter().map(SavedAddress::new).collect(),
            broadcast: home.broadcast.as_deref().map(hex),
            addr_assign_type: home.addr_assign_type,
            link_mode: home.link_mode,
            proto_down_reason: home.proto_down_reason,
            gro_flush_timeout: home.gro_flush_timeout,
            napi_defer_hard_irqs: home.napi_defer_hard_irqs,
            tcx_programs: home.tcx_programs.clone(),
            tcx_links: home.tcx_links.clone(),
            addresses_expiring: home.addresses_expiring,
            addresses_surplus: home.addresses_surplus,
            addresses_lost: home.addresses_lost,
            altnames_surplus: home.altnames_surplus,
        }
    }

    pub(super) fn to_home(&self) -> Result<Home, String> {
        Ok(Home {
            namespace: self.namespace,
            // Nobody is asked for that, and nobody hears it.
            alive: false,
            name: self.name.clone(),
            settings: self.settings.into(),
            mtu: self.mtu,
            address: self.address.as_deref().map(bytes).transpose()?,
            txqlen: self.txqlen,
            group: self.group,
            alias: self.alias.clone(),
            altnames: self.altnames.clone(),
            gso_max_size: self.gso_max_size,
            gso_max_segs: self.gso_max_segs,
            gro_max_size: self.gro_max_size,
            gso_ipv4_max_size: self.gso_ipv4_max_size,
            gro_ipv4_max_size: self.gro_ipv4_max_size,
            addresses: self
                .addresses
                .iter()
                .map(SavedAddress::to_address)
                .collect(),
            broadcast: self.broadcast.as_deref().map(bytes).transpose()?,
            addr_assign_type: self.addr_assign_type,
            link_mode: self.link_mode,
            proto_down_reason: self.proto_down_reason,
            gro_flush_timeout: self.gro_flush_timeout,
            napi_defer_hard_irqs: self.napi_defer_hard_irqs,
            tcx_programs: self.tcx_programs.clone(),
            tcx_links: self.tcx_links.clone(),
            addresses_expiring: self.addresses_expiring,
            addresses_surplus: self.addresses_surplus,
            addresses_lost: self.addresses_lost,
            altnames_surplus: self.altnames_surplus,
        })
    }
}

impl SavedAddress {
    fn new(address: &Address) -> Self {
        SavedAddress {
            local: address.local,
            peer: address.peer,
            prefix: address.prefix,
            scope: address.scope,
            flags: address.flags,
            label: address.label.clone(),
            broadcast: address.broadcast,
            metric: address.metric,
            protocol: address.protocol,
            preferred_until: address.preferred_until,
        }
    }

    fn to_address(&self) -> Address {
        Address {
            local: self.local,
            peer: self.peer,
            prefix: self.prefix,
            scope: self.scope,
            flags: self.flags,
            label: self.label.clone(),
            broadcast: self.broadcast,
            metric: self.metric,
            protocol: self.protocol,
            preferred_until: self.preferred_until,
        }
    }
}

pub(super) fn hex(bytes: &[u8]) -> String {
    let pairs: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    pairs.join(":")
}

pub(super) fn bytes(text: &str) -> Result<Vec<u8>, String> {
    if text.is_empty() {
        return Ok(Vec::new());
    }
    let byte = |pair: &str| {
        let digits = pair.len() == 2 && pair.bytes().all(|digit| digit.is_ascii_hexdigit());
        u8::from_str_radix(pair, 16).ok().filter(|_| digits)
    };
    let bytes: Option<Vec<u8>> = text.split(':').map(byte).collect();
    bytes.ok_or_else(|| "the file has a malformed link-layer address of it".to_owned())
}
