// SPDX-License-Identifier: GPL-2.0-only

//! Network devices.

use homeward_client::model::{Address, Device, Home, Mark, Stuck};
use serde::Serialize;

use super::{nanoseconds, Place};
use crate::book::Book;

/// Devices.
#[derive(Debug, Serialize)]
pub(crate) struct DeviceList {
    /// Whether all are there: none came or went meanwhile.
    pub(crate) complete: bool,
    /// The devices.
    pub(crate) devices: Vec<DeviceView>,
}

/// What would happen to the devices of a namespace if it died now.
#[derive(Debug, Serialize)]
pub(crate) struct Plan {
    /// The namespace.
    pub(crate) namespace: Place,
    /// Whether all devices are there: none came or went meanwhile.
    pub(crate) complete: bool,
    /// Its devices.
    pub(crate) devices: Vec<DeviceView>,
}

/// A network device.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct DeviceView {
    /// Where it is.
    pub(crate) namespace: Place,
    /// Its index.
    pub(crate) ifindex: u32,
    /// Its name.
    pub(crate) name: String,
    /// Its kind.
    pub(crate) kind: Option<String>,
    /// Whether the kernel itself would move it rather than destroy it.
    pub(crate) physical: bool,
    /// Whether it cannot leave its namespace.
    pub(crate) immovable: bool,
    /// Its IFF_* flags, as a number.
    pub(crate) flags: Option<u32>,
    /// Its IFF_* flags, as names.
    pub(crate) flag_names: Vec<&'static str>,
    /// Where it has been, oldest first.
    pub(crate) homes: Vec<HomeView>,
    /// Whether alias, alternative names and IP addresses of the homes were left out for want of room.
    pub(crate) abridged: bool,
    /// What would happen if its namespace died now.
    pub(crate) fate: Option<FateView>,
    /// What an administrator decided about it, if anything.
    pub(crate) mark: Option<&'static str>,
    /// The name that an administrator chose for it at home.
    pub(crate) home_name: Option<String>,
    /// What is known of it when the kernel cannot free it.
    pub(crate) stuck: Option<StuckView>,
}

/// A device that the kernel cannot free.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct StuckView {
    /// References to it.
    pub(crate) refs: u32,
    /// For how long it has been waiting.
    pub(crate) for_ns: u64,
    /// Dead namespaces that wait for it, the first of them.
    pub(crate) waiting: Vec<Place>,
    /// How many there are.
    pub(crate) waiting_count: u32,
}

/// Where a device has been, and how it was there.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct HomeView {
    /// Where.
    pub(crate) namespace: Place,
    /// Whether that namespace is live.
    pub(crate) alive: bool,
    /// Its name there.
    pub(crate) name: Option<String>,
    /// Which boolean settings were set there.
    pub(crate) settings: Vec<String>,
    /// The MTU there.
    pub(crate) mtu: Option<u32>,
    /// The link-layer address there.
    pub(crate) address: Option<String>,
    /// The transmit queue length there.
    pub(crate) txqlen: Option<u32>,
    /// The device group there.
    pub(crate) group: Option<u32>,
    /// The alias there.
    pub(crate) alias: Option<String>,
    /// The alternative names there.
    pub(crate) altnames: Vec<String>,
    /// Largest GSO packet there.
    pub(crate) gso_max_size: Option<u32>,
    /// Most segments of a GSO packet there.
    pub(crate) gso_max_segs: Option<u32>,
    /// Largest GRO packet there.
    pub(crate) gro_max_size: Option<u32>,
    /// Largest IPv4 GSO packet there.
    pub(crate) gso_ipv4_max_size: Option<u32>,
    /// Largest IPv4 GRO packet there.
    pub(crate) gro_ipv4_max_size: Option<u32>,
    /// The IP addresses there.
    pub(crate) addresses: Vec<AddressView>,
    /// The link-layer broadcast address there.
    pub(crate) broadcast: Option<String>,
    /// How the link-layer address there was assigned, as a number.
    pub(crate) addr_assign_type: Option<u32>,
    /// The mode of the link there, as a number.
    pub(crate) link_mode: Option<u32>,
    /// The reasons of proto-down there, a mask.
    pub(crate) proto_down_reason: Option<u32>,
    /// gro_flush_timeout there.
    pub(crate) gro_flush_timeout_ns: Option<u64>,
    /// napi_defer_hard_irqs there.
    pub(crate) napi_defer_hard_irqs: Option<u32>,
    /// Ids of the tcx programs that were attached there without a link.
    pub(crate) tcx_programs: Vec<u32>,
    /// Ids of the links that attached tcx programs there.
    pub(crate) tcx_links: Vec<u32>,
    /// How many more had a lifetime.
    pub(crate) addresses_expiring: u32,
    /// How many more were beyond what is recorded.
    pub(crate) addresses_surplus: u32,
    /// For how many more there was no memory.
    pub(crate) addresses_lost: u32,
    /// Whether the alternative names there were too many to be recorded.
    pub(crate) altnames_surplus: bool,
}

/// An IP address.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct AddressView {
    /// The address.
    pub(crate) local: String,
    /// The address of the peer.
    pub(crate) peer: Option<String>,
    /// Length of the prefix.
    pub(crate) prefix: u8,
    /// RT_SCOPE_*, as a number.
    pub(crate) scope: u8,
    /// IFA_F_*, as a number.
    pub(crate) flags: u32,
    /// The label.
    pub(crate) label: Option<String>,
    /// The broadcast address.
    pub(crate) broadcast: Option<String>,
    /// Metric of its prefix route.
    pub(crate) metric: u32,
    /// IFAPROT_*, as a number.
    pub(crate) protocol: u8,
    /// Until when it is preferred.
    pub(crate) preferred_until_ns: Option<u64>,
}

/// What would happen to a device.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct FateView {
    /// What.
    pub(crate) action: &'static str,
    /// Why.
    pub(crate) reason: &'static str,
    /// Where it would go.
    pub(crate) destination: Option<Place>,
    /// The name that it would get there.
    pub(crate) name: Option<String>,
    /// The rule that decides.
    pub(crate) rule: Option<u32>,
}

impl DeviceView {
    /// What the module told about a device.
    pub(crate) fn new(device: &Device, book: &Book) -> Self {
        DeviceView {
            namespace: book.place(device.namespace),
            ifindex: device.ifindex,
            name: device.name.clone(),
            kind: device.kind.clone(),
            physical: device.physical,
            immovable: device.immovable,
            flags: device.flags,
            flag_names: device.flags.map(flag_names).unwrap_or_default(),
            homes: device
                .homes
                .iter()
                .map(|home| HomeView::new(home, book))
                .collect(),
            abridged: device.abridged,
            fate: device.fate.as_ref().map(|fate| FateView {
                action: fate.action.name(),
                reason: fate.reason.name(),
                destination: fate.destination.map(|cookie| book.place(cookie)),
                name: fate.name.clone(),
                rule: fate.rule,
            }),
            mark: (device.mark != Mark::None).then(|| device.mark.name()),
            home_name: device.home_name.clone(),
            stuck: device
                .stuck
                .as_ref()
                .map(|stuck| StuckView::new(stuck, book)),
        }
    }
}

impl StuckView {
    fn new(stuck: &Stuck, book: &Book) -> Self {
        let places = stuck.waiting.iter().map(|cookie| book.place(*cookie));
        StuckView {
            refs: stuck.refs,
            for_ns: nanoseconds(stuck.waiting_for),
            waiting: places.collect(),
            waiting_count: stuck.waiting_count,
        }
    }
}

impl AddressView {
    fn new(address: &Address) -> Self {
        AddressView {
            local: address.local.to_string(),
            peer: address.peer.map(|peer| peer.to_string()),
            prefix: address.prefix,
            scope: address.scope,
            flags: address.flags,
            label: address.label.clone(),
            broadcast: address.broadcast.map(|broadcast| broadcast.to_string()),
            metric: address.metric,
            protocol: address.protocol,
            preferred_until_ns: address.preferred_until,
        }
    }
}

impl HomeView {
    fn new(home: &Home, book: &Book) -> Self {
        HomeView {
            namespace: book.place(home.namespace),
            alive: home.alive,
            name: home.name.clone(),
            settings: home.settings.names(),
            mtu: home.mtu,
            address: home.address.as_deref().map(address),
            txqlen: home.txqlen,
            group: home.group,
            alias: home.alias.clone(),
            altnames: home.altnames.clone(),
            gso_max_size: home.gso_max_size,
            gso_max_segs: home.gso_max_segs,
            gro_max_size: home.gro_max_size,
            gso_ipv4_max_size: home.gso_ipv4_max_size,
            gro_ipv4_max_size: home.gro_ipv4_max_size,
            addresses: home.addresses.iter().map(AddressView::new).collect(),
            broadcast: home.broadcast.as_deref().map(address),
            addr_assign_type: home.addr_assign_type,
            link_mode: home.link_mode,
            proto_down_reason: home.proto_down_reason,
            gro_flush_timeout_ns: home.gro_flush_timeout,
            napi_defer_hard_irqs: home.napi_defer_hard_irqs,
            tcx_programs: home.tcx_programs.clone(),
            tcx_links: home.tcx_links.clone(),
            addresses_expiring: home.addresses_expiring,
            addresses_surplus: home.addresses_surplus,
            addresses_lost: home.addresses_lost,
            altnames_surplus: home.altnames_surplus,
        }
    }
}

/// A link-layer address with colons.
fn address(bytes: &[u8]) -> String {
    let pairs: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    pairs.join(":")
}

/// The names of IFF_* flags.
fn flag_names(flags: u32) -> Vec<&'static str> {
    const NAMES: [(u32, &str); 15] = [
        (1 << 0, "up"),
        (1 << 1, "broadcast"),
        (1 << 2, "debug"),
        (1 << 3, "loopback"),
        (1 << 4, "pointopoint"),
        (1 << 6, "running"),
        (1 << 7, "noarp"),
        (1 << 8, "promisc"),
        (1 << 9, "allmulti"),
        (1 << 10, "master"),
        (1 << 11, "slave"),
        (1 << 12, "multicast"),
        (1 << 15, "dynamic"),
        (1 << 16, "lower-up"),
        (1 << 17, "dormant"),
    ];
    NAMES
        .iter()
        .filter(|(flag, _)| flags & flag != 0)
        .map(|(_, name)| *name)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_and_addresses_are_written_as_usual() {
        assert_eq!(
            flag_names(0x1_1043),
            ["up", "broadcast", "running", "multicast", "lower-up"]
        );
        assert_eq!(address(&[2, 0, 0, 0xab, 0, 7]), "02:00:00:ab:00:07");
        assert_eq!(address(&[]), "");
    }
}
