// SPDX-License-Identifier: MIT OR Apache-2.0

//! A set of device settings.

use std::ops::{BitOr, BitOrAssign};

use homeward_abi::setting;

/// Name of each setting in the specification of the family, in the order of their bits.
const NAMES: [(u32, &str); 30] = [
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
    (setting::UP, "up"),
    (setting::ADDRESSES, "addresses"),
    (setting::BROADCAST, "broadcast"),
    (setting::DYNAMIC, "dynamic"),
    (setting::NOTRAILERS, "notrailers"),
    (setting::DEBUG, "debug"),
    (setting::PORTSEL, "portsel"),
    (setting::AUTOMEDIA, "automedia"),
    (setting::LINK_MODE, "link-mode"),
    (setting::PROTO_DOWN, "proto-down"),
    (setting::GRO_FLUSH_TIMEOUT, "gro-flush-timeout"),
    (setting::NAPI_DEFER_HARD_IRQS, "napi-defer-hard-irqs"),
    (setting::TCX, "tcx"),
];

/// A set of device settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Settings(u32);

impl From<u32> for Settings {
    fn from(bits: u32) -> Self {
        Settings(bits)
    }
}

impl BitOr for Settings {
    type Output = Settings;

    fn bitor(self, other: Settings) -> Settings {
        Settings(self.0 | other.0)
    }
}

impl BitOrAssign for Settings {
    fn bitor_assign(&mut self, other: Settings) {
        self.0 |= other.0;
    }
}

impl Settings {
    /// The name (IFLA_IFNAME).
    pub const NAME: Settings = Settings(setting::NAME);
    /// The MTU (IFLA_MTU).
    pub const MTU: Settings = Settings(setting::MTU);
    /// The link-layer address (IFLA_ADDRESS), and how it was assigned.
    pub const ADDRESS: Settings = Settings(setting::ADDRESS);
    /// The transmit queue length (IFLA_TXQLEN).
    pub const TXQLEN: Settings = Settings(setting::TXQLEN);
    /// The device group (IFLA_GROUP).
    pub const GROUP: Settings = Settings(setting::GROUP);
    /// The alias (IFLA_IFALIAS).
    pub const ALIAS: Settings = Settings(setting::ALIAS);
    /// The alternative names (IFLA_ALT_IFNAME).
    pub const ALTNAMES: Settings = Settings(setting::ALTNAMES);
    /// The administrator's IFF_PROMISC.
    pub const PROMISC: Settings = Settings(setting::PROMISC);
    /// The administrator's IFF_ALLMULTI.
    pub const ALLMULTI: Settings = Settings(setting::ALLMULTI);
    /// IFF_NOARP.
    pub const NOARP: Settings = Settings(setting::NOARP);
    /// IFF_MULTICAST.
    pub const MULTICAST: Settings = Settings(setting::MULTICAST);
    /// IFLA_GSO_MAX_SIZE.
    pub const GSO_MAX_SIZE: Settings = Settings(setting::GSO_MAX_SIZE);
    /// IFLA_GSO_MAX_SEGS.
    pub const GSO_MAX_SEGS: Settings = Settings(setting::GSO_MAX_SEGS);
    /// IFLA_GRO_MAX_SIZE.
    pub const GRO_MAX_SIZE: Settings = Settings(setting::GRO_MAX_SIZE);
    /// IFLA_GSO_IPV4_MAX_SIZE.
    pub const GSO_IPV4_MAX_SIZE: Settings = Settings(setting::GSO_IPV4_MAX_SIZE);
    /// IFLA_GRO_IPV4_MAX_SIZE.
    pub const GRO_IPV4_MAX_SIZE: Settings = Settings(setting::GRO_IPV4_MAX_SIZE);
    /// Whether an XDP program was attached. One that was there before and is gone is not put back.
    pub const XDP: Settings = Settings(setting::XDP);
    /// IFF_UP. Not recorded: a device that returns is down unless a rule asks for this.
    pub const UP: Settings = Settings(setting::UP);
    /// The IP addresses. Put back only where a rule asks for this and for [`Settings::UP`].
    pub const ADDRESSES: Settings = Settings(setting::ADDRESSES);
    /// The link-layer broadcast address (IFLA_BROADCAST).
    pub const BROADCAST: Settings = Settings(setting::BROADCAST);
    /// IFF_DYNAMIC.
    pub const DYNAMIC: Settings = Settings(setting::DYNAMIC);
    /// IFF_NOTRAILERS.
    pub const NOTRAILERS: Settings = Settings(setting::NOTRAILERS);
    /// IFF_DEBUG.
    pub const DEBUG: Settings = Settings(setting::DEBUG);
    /// IFF_PORTSEL.
    pub const PORTSEL: Settings = Settings(setting::PORTSEL);
    /// IFF_AUTOMEDIA.
    pub const AUTOMEDIA: Settings = Settings(setting::AUTOMEDIA);
    /// IFLA_LINKMODE.
    pub const LINK_MODE: Settings = Settings(setting::LINK_MODE);
    /// IFLA_PROTO_DOWN and IFLA_PROTO_DOWN_REASON.
    pub const PROTO_DOWN: Settings = Settings(setting::PROTO_DOWN);
    /// gro_flush_timeout of /sys/class/net.
    pub const GRO_FLUSH_TIMEOUT: Settings = Settings(setting::GRO_FLUSH_TIMEOUT);
    /// napi_defer_hard_irqs of /sys/class/net.
    pub const NAPI_DEFER_HARD_IRQS: Settings = Settings(setting::NAPI_DEFER_HARD_IRQS);
    /// Which tcx programs were attached. One that was attached inside without a link cannot be detached.
    pub const TCX: Settings = Settings(setting::TCX);

    /// All that this crate knows.
    pub const ALL: Settings = Settings((setting::TCX << 1) - 1);
    /// Those that are put back unless a rule says otherwise: all but up and addresses.
    pub const DEFAULT: Settings = Settings(Self::ALL.0 & !(setting::UP | setting::ADDRESSES));

    /// The setting of this name in the specification of the family.
    pub fn from_name(name: &str) -> Option<Self> {
        NAMES
            .iter()
            .find(|(_, known)| *known == name)
            .map(|(bit, _)| Settings(*bit))
    }

    /// Whether all of `other` are in it.
    pub fn contains(self, other: Settings) -> bool {
        self.0 & other.0 == other.0
    }

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

    #[test]
    fn every_setting_has_a_name_that_leads_back_to_it() {
        let names = Settings::ALL.names();
        assert_eq!(names.len(), NAMES.len());
        let back = names
            .iter()
            .filter_map(|name| Settings::from_name(name))
            .fold(Settings::default(), |all, one| all | one);
        assert_eq!(back, Settings::ALL);
        assert_eq!(Settings::from_name("bit-31"), None);
    }

    #[test]
    fn by_default_neither_up_nor_addresses_are_put_back() {
        let rest = Settings::UP | Settings::ADDRESSES;
        assert!(!Settings::DEFAULT.contains(Settings::UP));
        assert!(!Settings::DEFAULT.contains(Settings::ADDRESSES));
        assert_eq!(Settings::DEFAULT | rest, Settings::ALL);
    }
}
