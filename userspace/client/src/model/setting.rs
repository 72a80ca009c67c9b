// SPDX-License-Identifier: MIT OR Apache-2.0

//! A set of device settings.

use homeward_abi::setting;

/// Name of each setting in the specification of the family, in the order of their bits.
const NAMES: [(u32, &str); 17] = [
    (setting::NAME, "name"),
    (setting::MTU, "mtu"),
    (setting::ADDRESS, "address"),
    (setting::TXQLEN, "txqlen"),
    (setting::GROUP, "group"),
    (setting::ALIAS, "alias"),
    (setting::ALTNAMES, "altnames"),
    (setting::PROMISC, "promisc"),
    (setting::ALLMULTI, "allmulti"),
    (setting::NOARP, "noarp"),
    (setting::MULTICAST, "multicast"),
    (setting::GSO_MAX_SIZE, "gso-max-size"),
    (setting::GSO_MAX_SEGS, "gso-max-segs"),
    (setting::GRO_MAX_SIZE, "gro-max-size"),
    (setting::GSO_IPV4_MAX_SIZE, "gso-ipv4-max-size"),
    (setting::GRO_IPV4_MAX_SIZE, "gro-ipv4-max-size"),
    (setting::XDP, "xdp"),
];

/// A set of device settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Settings(u32);

impl From<u32> for Settings {
    fn from(bits: u32) -> Self {
        Settings(bits)
    }
}

impl Settings {
    /// The bits, as in the specification of the family.
    pub fn bits(self) -> u32 {
        self.0
    }

    /// Whether there is none in it.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Their names in the specification of the family. One that this crate does not know becomes
    /// `bit-N`.
    pub fn names(self) -> Vec<String> {
        (0..u32::BITS)
            .map(|bit| (bit, 1 << bit))
            .filter(|(_, mask)| self.0 & mask != 0)
            .map(
                |(bit, mask)| match NAMES.iter().find(|(known, _)| *known == mask) {
                    Some((_, name)) => (*name).to_owned(),
                    None => format!("bit-{bit}"),
                },
            )
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_in_the_order_of_their_bits_and_unknown_ones_are_numbered() {
        let settings = Settings::from(setting::XDP | setting::MTU | 1 << 31);
        assert_eq!(settings.names(), ["mtu", "xdp", "bit-31"]);
        assert!(Settings::default().names().is_empty());
    }
}
