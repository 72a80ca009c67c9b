// SPDX-License-Identifier: GPL-2.0-only

//! The settings of fixed size that survive a move between network namespaces.

use crate::uapi::{
    home,
    setting, //
};

/// Room for a link-layer address (`MAX_ADDR_LEN`).
pub(crate) const ADDRESS_SIZE: usize = 32;

/// The settings that are on or off.
pub(crate) const SWITCHES: u32 = setting::PROMISC
    | setting::ALLMULTI
    | setting::NOARP
    | setting::MULTICAST
    | setting::XDP
    | setting::DYNAMIC
    | setting::NOTRAILERS
    | setting::DEBUG
    | setting::PORTSEL
    | setting::AUTOMEDIA
    | setting::PROTO_DOWN;

/// What is a number: its attribute of the set `home`, and the setting that it belongs to.
pub(crate) const NUMBERS: [(u16, u32); 13] = [
    (home::MTU, setting::MTU),
    (home::TXQLEN, setting::TXQLEN),
    (home::GROUP, setting::GROUP),
    (home::GSO_MAX_SIZE, setting::GSO_MAX_SIZE),
    (home::GSO_MAX_SEGS, setting::GSO_MAX_SEGS),
    (home::GRO_MAX_SIZE, setting::GRO_MAX_SIZE),
    (home::GSO_IPV4_MAX_SIZE, setting::GSO_IPV4_MAX_SIZE),
    (home::GRO_IPV4_MAX_SIZE, setting::GRO_IPV4_MAX_SIZE),
    (home::ADDR_ASSIGN_TYPE, setting::ADDRESS),
    (home::LINK_MODE, setting::LINK_MODE),
    (home::PROTO_DOWN_REASON, setting::PROTO_DOWN),
    (home::NAPI_DEFER_HARD_IRQS, setting::NAPI_DEFER_HARD_IRQS),
    (home::GRO_FLUSH_TIMEOUT, setting::GRO_FLUSH_TIMEOUT),
];

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
    /// In the order of [`NUMBERS`], but for the last one, which needs more room.
    pub(crate) numbers: [u32; NUMBERS.len() - 1],
    /// In nanoseconds.
    pub(crate) gro_flush_timeout: u64,
    /// Which of [`SWITCHES`] are on.
    pub(crate) switches: u32,
    /// Link-layer address.
    pub(crate) address: Address,
    /// Link-layer broadcast address.
    pub(crate) broadcast: Address,
}

impl Settings {
    /// The number with this attribute of [`NUMBERS`], 0 for others.
    pub(crate) fn number(&self, attribute: u16) -> u64 {
        let Some(at) = place(attribute) else { return 0 };
        let short = self.numbers.get(at).copied();
        short.map_or(self.gro_flush_timeout, u64::from)
    }

    /// Sets the number with this attribute of [`NUMBERS`]; of others nothing.
    pub(crate) fn set_number(&mut self, attribute: u16, value: u64) {
        let Some(at) = place(attribute) else { return };
        match self.numbers.get_mut(at) {
            // As long as that in the protocol and in the kernel.
            Some(number) => *number = value as u32,
            None => self.gro_flush_timeout = value,
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
        for (attribute, bit) in NUMBERS {
            if self.number(attribute) != now.number(attribute) {
                bits |= bit;
            }
        }
        if self.address != now.address {
            bits |= setting::ADDRESS;
        }
        if self.broadcast != now.broadcast {
            bits |= setting::BROADCAST;
        }
        bits
    }
}

fn place(attribute: u16) -> Option<usize> {
    NUMBERS.iter().position(|(own, _)| *own == attribute)
}
