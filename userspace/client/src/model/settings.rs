// SPDX-License-Identifier: MIT OR Apache-2.0

//! Settings of devices: what they are called, sets of them, and how one was.

use std::ops::{BitOr, BitOrAssign};

use homeward_abi::setting;

/// The value of a setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// A number; of what is on or off 0 or 1.
    Number(u64),
    /// A link-layer address, at most 32 bytes.
    Address(Vec<u8>),
    /// Texts, where the setting is one text just that.
    Texts(Vec<String>),
}

/// What the name of a setting that this crate does not know begins with.
const UNKNOWN: &str = "setting-";

/// Name of a setting in the specification of the family. One that this crate does not know becomes
/// `setting-N`.
pub fn setting_name(id: u32) -> String {
    match setting::NAMES.iter().find(|(known, _)| *known == id) {
        Some((_, name)) => (*name).to_owned(),
        None => format!("{UNKNOWN}{id}"),
    }
}

/// Number of the setting of this name.
pub fn setting_of_name(name: &str) -> Option<u32> {
    let known = setting::NAMES.iter().find(|(_, known)| *known == name);
    match known {
        Some((id, _)) => Some(*id),
        None => {
            let id = name.strip_prefix(UNKNOWN)?.parse().ok()?;
            // Not another way to write a known one, or to write this one.
            (setting_name(id) == name).then_some(id)
        }
    }
}

/// A set of device settings. What is part of another setting is never in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Settings(u64);

impl From<u64> for Settings {
    fn from(bits: u64) -> Self {
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
    /// All that this crate knows.
    pub const ALL: Settings = {
        let (mut bits, mut at) = (0, 0);
        while at < setting::ALL.len() {
            bits |= 1 << setting::ALL[at].whole;
            at += 1;
        }
        Settings(bits)
    };
    /// Those that are restored unless a rule says otherwise: all except up and addresses.
    pub const DEFAULT: Settings =
        Settings(Self::ALL.0 & !(Self::of(setting::UP).0 | Self::of(setting::ADDRESSES).0));

    /// The one of this number, for example `setting::MTU`.
    pub const fn of(id: u32) -> Self {
        Settings(match 1u64.checked_shl(id) {
            Some(bit) => bit,
            None => 0,
        })
    }

    /// The setting of this name in the specification of the family.
    pub fn from_name(name: &str) -> Option<Self> {
        let known = setting::ALL.iter().find(|known| known.name == name)?;
        (known.whole == known.id).then_some(Settings::of(known.id))
    }

    /// Whether all of `other` are in it.
    pub fn contains(self, other: Settings) -> bool {
        self.0 & other.0 == other.0
    }

    /// The bits, as in the specification of the family.
    pub fn bits(self) -> u64 {
        self.0
    }

    /// Whether there is none in it.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Their names in the specification of the family, see [`setting_name`].
    pub fn names(self) -> Vec<String> {
        let ids = (0..u64::BITS).filter(|id| self.contains(Settings::of(*id)));
        ids.map(setting_name).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_in_the_order_of_their_bits_and_unknown_ones_are_numbered() {
        let settings = Settings::from(1 << setting::XDP | 1 << setting::MTU | 1 << 63);
        assert_eq!(settings.names(), ["mtu", "xdp", "setting-63"]);
        assert!(Settings::default().names().is_empty());
    }

    #[test]
    fn every_setting_has_a_name_that_leads_back_to_it() {
        let names = Settings::ALL.names();
        let back = names
            .iter()
            .filter_map(|name| Settings::from_name(name))
            .fold(Settings::default(), |all, one| all | one);
        assert_eq!(back, Settings::ALL);
        assert_eq!(Settings::from_name("setting-63"), None);
        for id in 0..100 {
            assert_eq!(setting_of_name(&setting_name(id)), Some(id));
        }
        for odd in [
            "setting-1",
            "setting-+63",
            "setting-063",
            "setting-",
            "speed",
        ] {
            assert_eq!(setting_of_name(odd), None, "{odd}");
        }
    }

    #[test]
    fn what_is_part_of_a_setting_is_in_no_set() {
        assert_eq!(setting_name(setting::ADDR_ASSIGN_TYPE), "addr-assign-type");
        assert_eq!(Settings::from_name("addr-assign-type"), None);
        assert!(!Settings::ALL.contains(Settings::of(setting::ADDR_ASSIGN_TYPE)));
    }

    #[test]
    fn by_default_neither_up_nor_addresses_are_put_back() {
        let rest = Settings::of(setting::UP) | Settings::of(setting::ADDRESSES);
        assert!(!Settings::DEFAULT.contains(Settings::of(setting::UP)));
        assert!(!Settings::DEFAULT.contains(Settings::of(setting::ADDRESSES)));
        assert_eq!(Settings::DEFAULT | rest, Settings::ALL);
    }
}
