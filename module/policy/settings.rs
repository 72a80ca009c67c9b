// SPDX-License-Identifier: GPL-2.0-only

//! The settings of fixed size that survive a move between network namespaces.

use crate::uapi::setting;

/// Room for a link-layer address (`MAX_ADDR_LEN`).
pub(crate) const ADDRESS_SIZE: usize = 32;

/// The settings that are on or off.
pub(crate) const SWITCHES: u32 =
    setting::PROMISC | setting::ALLMULTI | setting::NOARP | setting::MULTICAST | setting::XDP;

/// A link-layer address.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Address {
    bytes: [u8; ADDRESS_SIZE],
    len: u8,
}

impl Address {
    /// The first `len` bytes, 32 at the most.
    pub(crate) fn new(bytes: &[u8; ADDRESS_SIZE], len: u8) -> Address {
        let len = len.min(ADDRESS_SIZE as u8);
        let mut address = Address {
            bytes: [0; ADDRESS_SIZE],
            len,
        };
        let used = usize::from(len);
        address.bytes[..used].copy_from_slice(&bytes[..used]);
        address
    }

    /// These bytes, or the first 32 of them.
    pub(crate) fn from_slice(bytes: &[u8]) -> Address {
        let mut address = Address::default();
        for (to, from) in address.bytes.iter_mut().zip(bytes) {
            *to = *from;
            address.len += 1;
        }
        address
    }

    /// The address.
    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len)]
    }
}

/// How a device is set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Settings {
    /// In bytes.
    pub(crate) mtu: u32,
    /// In packets.
    pub(crate) txqlen: u32,
    /// Device group.
    pub(crate) group: u32,
    /// In bytes.
    pub(crate) gso_max_size: u32,
    /// In segments.
    pub(crate) gso_max_segs: u32,
    /// In bytes.
    pub(crate) gro_max_size: u32,
    /// In bytes.
    pub(crate) gso_ipv4_max_size: u32,
    /// In bytes.
    pub(crate) gro_ipv4_max_size: u32,
    /// Which of [`SWITCHES`] are on.
    pub(crate) switches: u32,
    /// Link-layer address.
    pub(crate) address: Address,
}

/// The settings that are numbers.
pub(crate) const NUMBERS: [u32; 8] = [
    setting::MTU,
    setting::TXQLEN,
    setting::GROUP,
    setting::GSO_MAX_SIZE,
    setting::GSO_MAX_SEGS,
    setting::GRO_MAX_SIZE,
    setting::GSO_IPV4_MAX_SIZE,
    setting::GRO_IPV4_MAX_SIZE,
];

impl Settings {
    /// The value of a setting of [`NUMBERS`], 0 for others.
    pub(crate) fn number(&self, bit: u32) -> u32 {
        match bit {
            setting::MTU => self.mtu,
            setting::TXQLEN => self.txqlen,
            setting::GROUP => self.group,
            setting::GSO_MAX_SIZE => self.gso_max_size,
            setting::GSO_MAX_SEGS => self.gso_max_segs,
            setting::GRO_MAX_SIZE => self.gro_max_size,
            setting::GSO_IPV4_MAX_SIZE => self.gso_ipv4_max_size,
            setting::GRO_IPV4_MAX_SIZE => self.gro_ipv4_max_size,
            _ => 0,
        }
    }

    /// Sets the value of a setting of [`NUMBERS`]; of others nothing.
    pub(crate) fn set_number(&mut self, bit: u32, value: u32) {
        match bit {
            setting::MTU => self.mtu = value,
            setting::TXQLEN => self.txqlen = value,
            setting::GROUP => self.group = value,
            setting::GSO_MAX_SIZE => self.gso_max_size = value,
            setting::GSO_MAX_SEGS => self.gso_max_segs = value,
            setting::GRO_MAX_SIZE => self.gro_max_size = value,
            setting::GSO_IPV4_MAX_SIZE => self.gso_ipv4_max_size = value,
            setting::GRO_IPV4_MAX_SIZE => self.gro_ipv4_max_size = value,
            _ => {}
        }
    }

    /// Which settings differ, as bits of `setting`.
    ///
    /// An XDP program counts only if it is new: one that was there and is gone cannot be put back.
    pub(crate) fn differing(&self, now: &Settings) -> u32 {
        let mut bits = (self.switches ^ now.switches) & SWITCHES;
        if self.switches & setting::XDP != 0 {
            bits &= !setting::XDP;
        }
        for bit in NUMBERS {
            if self.number(bit) != now.number(bit) {
                bits |= bit;
            }
        }
        if self.address != now.address {
            bits |= setting::ADDRESS;
        }
        bits
    }
}
