// SPDX-License-Identifier: MIT OR Apache-2.0

//! Settings of devices: what they are called, sets of them, and how one was.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::{BitOr, BitOrAssign};

use homeward_abi::{setting, Kind};
use homeward_netlink::Attr;

use crate::attributes::Read;
use crate::error::Malformed;

/// The value of a setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// A number; of what is on or off 0 or 1.
    Number(u64),
    /// A link-layer address, at most 32 bytes.
    Address(Vec<u8>),
    /// Texts, where the setting is one text just that.
    Texts(Vec<String>),
    /// As many numbers as the setting has; [`OPEN`] is one that a rule does not fix.
    Numbers(Vec<u32>),
    /// Of a rule: the link-layer address that a device has of its own, whatever that is.
    Permanent,
}

/// Values of settings, by their numbers (`setting::MTU`), also those that this crate does not know.
pub type Values = BTreeMap<u32, Value>;

enumeration! {
    setting_source;
    /// Where the value of a setting comes from that a device is to have.
    pub enum Source {
        /// The rule that matches the device fixes it.
        Rule = RULE,
        /// It was so in the device's baseline.
        Baseline = BASELINE,
        /// It was so when the device left.
        Departure = DEPARTURE,
    }
}

/// The value that a setting is to have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expected {
    /// Number of the setting.
    pub setting: u32,
    /// The value.
    pub value: Value,
    /// Where it comes from.
    pub source: Source,
}

/// Of the numbers of a setting, one that a rule does not fix.
pub const OPEN: u32 = 1 << 31;

/// What stands for the link-layer address that a device has of its own.
pub(super) const PERMANENT: &str = "permanent";

impl Value {
    /// Reads the value of a setting as a rule may fix it: a number, `on` or `off`, a link-layer address
    /// with colons or `permanent`, a text, texts with commas between them, or some of the numbers of a list,
    /// as `rx=512,tx=512`.
    pub fn parse(id: u32, text: &str) -> Result<Value, String> {
        let name = setting_name(id);
        let number = |most: u64| match text.parse() {
            Ok(number) if number <= most => Ok(Value::Number(number)),
            _ => Err(format!("{name} is a number up to {most}")),
        };
        let fits = |text: &str, most: u16| text.len() <= usize::from(most) && !text.contains('\0');
        match setting::ALL.get(id as usize).map(|one| one.kind) {
            Some(Kind::Number(most)) => number(most),
            Some(Kind::Switch) if id != setting::XDP => match text {
                "on" | "true" => Ok(Value::Number(1)),
                "off" | "false" => Ok(Value::Number(0)),
                _ => Err(format!("{name} is on or off")),
            },
            Some(Kind::Address) if text == PERMANENT && id == setting::ADDRESS => {
                Ok(Value::Permanent)
            }
            Some(Kind::Address) => match bytes(text) {
                Some(bytes) if (1..=32).contains(&bytes.len()) => Ok(Value::Address(bytes)),
                _ if id == setting::ADDRESS => Err(format!(
                    "{name} is a link-layer address such as 02:00:00:00:00:01, or '{PERMANENT}'"
                )),
                _ => Err(format!(
                    "{name} is a link-layer address such as ff:ff:ff:ff:ff:ff"
                )),
            },
            Some(Kind::Text(most)) if fits(text, most) => Ok(Value::Texts(vec![text.to_owned()])),
            Some(Kind::Text(most)) => Err(format!("{name} has at most {most} bytes")),
            Some(Kind::Texts(most)) => {
                let texts: Vec<_> = text.split(',').filter(|text| !text.is_empty()).collect();
                match texts.iter().all(|text| fits(text, most)) {
                    true => Ok(Value::Texts(texts.into_iter().map(str::to_owned).collect())),
                    false => Err(format!("each of {name} has at most {most} bytes")),
                }
            }
            Some(Kind::Numbers(names)) => match numbers(names, text) {
                Some(numbers) => Ok(Value::Numbers(numbers)),
                None => Err(format!(
                    "{name} is numbers such as {}=1, of {}",
                    names.first().unwrap_or(&""),
                    names.join(", ")
                )),
            },
            Some(Kind::Switch | Kind::Apart) => Err(format!("{name} has no value that can be set")),
            None => Err(format!("{name} is not known")),
        }
    }

    /// The value of a setting as [`Value::parse`] reads it.
    pub fn text(&self, id: u32) -> String {
        let switch = || {
            let known = setting::ALL.get(id as usize);
            known.is_some_and(|one| one.kind == Kind::Switch)
        };
        match self {
            Value::Number(0) if switch() => "off".to_owned(),
            Value::Number(1) if switch() => "on".to_owned(),
            Value::Number(number) => number.to_string(),
            Value::Address(address) => colons(address),
            Value::Texts(texts) => texts.join(","),
            Value::Numbers(numbers) => match named(id, numbers) {
                Some(named) => joined(named.filter(|(_, number)| *number != OPEN)),
                None => {
                    let numbers: Vec<_> = numbers.iter().map(u32::to_string).collect();
                    numbers.join(",")
                }
            },
            Value::Permanent => PERMANENT.to_owned(),
        }
    }

    /// The same for people: of many numbers those that are not 0.
    pub fn brief(&self, id: u32) -> String {
        const MANY: usize = 5;
        match self {
            Value::Numbers(numbers) if numbers.len() >= MANY => match named(id, numbers) {
                Some(named) => joined(named.filter(|(_, number)| *number != 0)),
                None => self.text(id),
            },
            _ => self.text(id),
        }
    }
}

/// What each of the numbers of a setting is called; none if it is not known, or has others.
pub(super) fn named(
    id: u32,
    numbers: &[u32],
) -> Option<impl Iterator<Item = (&'static str, u32)> + '_> {
    match setting::ALL.get(id as usize)?.kind {
        Kind::Numbers(names) if names.len() == numbers.len() => {
            Some(names.iter().copied().zip(numbers.iter().copied()))
        }
        _ => None,
    }
}

fn joined<'a>(named: impl Iterator<Item = (&'a str, u32)>) -> String {
    let words: Vec<_> = named
        .map(|(name, number)| format!("{name}={number}"))
        .collect();
    words.join(",")
}

/// Reads `NAME=NUMBER,...`; those that are not there are open.
fn numbers(names: &[&str], text: &str) -> Option<Vec<u32>> {
    let mut numbers = vec![OPEN; names.len()];
    for word in text.split(',') {
        let (name, number) = word.split_once('=')?;
        let place = names.iter().position(|known| *known == name)?;
        let number = number.parse().ok().filter(|number| *number != OPEN)?;
        *numbers.get_mut(place).filter(|place| **place == OPEN)? = number;
    }
    Some(numbers)
}

/// A link-layer address.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct LinkAddress(pub Vec<u8>);

impl fmt::Display for LinkAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&colons(&self.0))
    }
}

impl Read for LinkAddress {
    fn read(attr: &Attr<'_>) -> Result<Self, Malformed> {
        Ok(LinkAddress(attr.payload.to_owned()))
    }
}

/// A link-layer address with colons.
pub(super) fn colons(address: &[u8]) -> String {
    let pairs: Vec<String> = address.iter().map(|byte| format!("{byte:02x}")).collect();
    pairs.join(":")
}

/// Pairs of hexadecimal digits, with colons.
pub(super) fn bytes(text: &str) -> Option<Vec<u8>> {
    if text.is_empty() {
        return Some(Vec::new());
    }
    let byte = |pair: &str| {
        let digits = pair.len() == 2 && pair.bytes().all(|digit| digit.is_ascii_hexdigit());
        u8::from_str_radix(pair, 16).ok().filter(|_| digits)
    };
    text.split(':').map(byte).collect()
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
    /// Those that are restored unless a rule says otherwise: all except up, addresses and routes.
    pub const DEFAULT: Settings = Settings(
        Self::ALL.0
            & !(Self::of(setting::UP).0
                | Self::of(setting::ADDRESSES).0
                | Self::of(setting::ROUTES).0),
    );

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
    fn by_default_neither_up_nor_addresses_nor_routes_are_put_back() {
        let rest = [setting::UP, setting::ADDRESSES, setting::ROUTES].map(Settings::of);
        assert!(rest.iter().all(|one| !Settings::DEFAULT.contains(*one)));
        let rest = rest
            .into_iter()
            .fold(Settings::default(), |all, one| all | one);
        assert_eq!(Settings::DEFAULT | rest, Settings::ALL);
    }
}
