// SPDX-License-Identifier: MIT OR Apache-2.0

//! How the model is serialised: enumerations by their names, times as nanoseconds.

use std::time::Duration;

use serde::de::{Deserialize, Deserializer, Error};
use serde::ser::{Serialize, SerializeMap, Serializer};

use super::settings::bytes;
use super::{setting_name, Expected, Failure, LinkAddress, Mark, Settings};

/// What an administrator decided, if anything.
pub(super) fn mark<S: Serializer>(mark: &Mark, serializer: S) -> Result<S::Ok, S::Error> {
    match mark {
        Mark::None => serializer.serialize_none(),
        mark => serializer.serialize_str(mark.name()),
    }
}

/// For what is missing if it is 0.
pub(super) fn is_zero(number: &u32) -> bool {
    *number == 0
}

impl Serialize for Failure {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(3))?;
        map.serialize_entry("setting", &setting_name(self.setting))?;
        map.serialize_entry("errno", &(self.errno as i32))?;
        map.serialize_entry("error", self.reason())?;
        map.end()
    }
}

impl Serialize for LinkAddress {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for LinkAddress {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let wrong = || D::Error::custom(format!("'{text}' is not a link-layer address"));
        bytes(&text).map(LinkAddress).ok_or_else(wrong)
    }
}

impl Serialize for Expected {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(3))?;
        map.serialize_entry("setting", &setting_name(self.setting))?;
        map.serialize_entry("value", &settings::write(self.setting, &self.value))?;
        map.serialize_entry("source", &self.source)?;
        map.end()
    }
}

/// A time of more than 584 years is cut.
pub(super) fn nanoseconds<S: Serializer>(
    time: &Duration,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX))
}

/// The same where there may be none.
pub(super) fn some_nanoseconds<S: Serializer>(
    time: &Option<Duration>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match time {
        Some(time) => nanoseconds(time, serializer),
        None => serializer.serialize_none(),
    }
}

/// A count that the kernel leaves out when it is 0.
pub(super) fn or_zero<S: Serializer>(
    count: &Option<u32>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.serialize_u32(count.unwrap_or_default())
}

/// IFF_* flags, as a number and by their names.
pub(super) fn flags<S: Serializer>(flags: &Option<u32>, serializer: S) -> Result<S::Ok, S::Error> {
    let names = flags.map(super::device::flag_names).unwrap_or_default();
    let mut map = serializer.serialize_map(Some(2))?;
    map.serialize_entry("flags", flags)?;
    map.serialize_entry("flag_names", &names)?;
    map.end()
}

/// Settings by their names.
pub(super) fn names<S: Serializer>(settings: &Settings, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(settings.names())
}

/// Bytes as pairs of hexadecimal digits with colons, several of them.
pub(super) mod byte_strings {
    use serde::de::{Deserialize, Deserializer, Error};
    use serde::ser::Serializer;

    use super::super::settings::{bytes, colons};

    pub(in super::super) fn serialize<S: Serializer>(
        all: &[Vec<u8>],
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(all.iter().map(|one| colons(one)))
    }

    pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<Vec<u8>>, D::Error> {
        let all = Vec::<String>::deserialize(deserializer)?;
        let read = all.iter().map(|text| {
            bytes(text).ok_or_else(|| D::Error::custom(format!("'{text}' is not hexadecimal")))
        });
        read.collect()
    }
}

/// Values of settings as a map, by their names: numbers, booleans for what is on or off, link-layer
/// addresses with colons, texts, numbers by their names. What it does not know, it writes and reads as well.
pub mod settings {
    use std::collections::BTreeMap;

    use serde::de::{Deserialize, Deserializer, Error};
    use serde::ser::Serializer;

    use super::super::settings::{
        bytes, named, setting_name, setting_of_name, Value, Values, OPEN, PERMANENT,
    };
    use homeward_abi::{setting, Kind};

    /// A value as it is written.
    #[derive(serde::Deserialize, serde::Serialize)]
    #[serde(untagged)]
    pub(super) enum Written {
        Flag(bool),
        Number(u64),
        Text(String),
        Texts(Vec<String>),
        Numbers(Vec<u32>),
        Named(BTreeMap<String, u32>),
    }

    /// Writes them.
    ///
    /// # Errors
    ///
    /// Those of the serializer.
    pub fn serialize<S: Serializer>(settings: &Values, serializer: S) -> Result<S::Ok, S::Error> {
        let written = settings.iter();
        serializer.collect_map(written.map(|(id, value)| (setting_name(*id), write(*id, value))))
    }

    /// Reads them.
    ///
    /// # Errors
    ///
    /// What is not the name of a setting, or not a value.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Values, D::Error> {
        let written = BTreeMap::<String, Written>::deserialize(deserializer)?;
        let read = written.into_iter().map(|(name, written)| {
            let id = setting_of_name(&name);
            let id = id.ok_or_else(|| D::Error::custom(format!("'{name}' is not a setting")))?;
            let value = read(id, written);
            let value =
                value.ok_or_else(|| D::Error::custom(format!("'{name}' has a malformed value")))?;
            Ok((id, value))
        });
        read.collect()
    }

    fn kind(id: u32) -> Option<Kind> {
        let found = setting::ALL.iter().find(|one| one.id == id)?;
        Some(found.kind)
    }

    pub(super) fn write(id: u32, value: &Value) -> Written {
        match (value, kind(id)) {
            (Value::Number(number @ 0..=1), Some(Kind::Switch)) => Written::Flag(*number == 1),
            (Value::Number(number), _) => Written::Number(*number),
            (Value::Address(_) | Value::Permanent, _) => Written::Text(value.text(id)),
            (Value::Texts(texts), kind) => match (texts.as_slice(), kind) {
                ([text], Some(Kind::Text(_))) => Written::Text(text.clone()),
                _ => Written::Texts(texts.clone()),
            },
            (Value::Numbers(numbers), _) => match named(id, numbers) {
                Some(named) => Written::Named(
                    named
                        .filter(|(_, number)| *number != OPEN)
                        .map(|(name, number)| (name.to_owned(), number))
                        .collect(),
                ),
                None => Written::Numbers(numbers.clone()),
            },
        }
    }

    fn read(id: u32, written: Written) -> Option<Value> {
        Some(match (written, kind(id)) {
            (Written::Flag(on), _) => Value::Number(on.into()),
            (Written::Number(number), _) => Value::Number(number),
            (Written::Text(text), Some(Kind::Text(_))) => Value::Texts(vec![text]),
            (Written::Text(text), _) if text == PERMANENT => Value::Permanent,
            (Written::Text(text), _) => Value::Address(bytes(&text)?),
            (Written::Texts(texts), _) => Value::Texts(texts),
            (Written::Numbers(numbers), _) => Value::Numbers(numbers),
            (Written::Named(mut given), Some(Kind::Numbers(names))) => {
                let number = |name: &&str| given.remove(*name).unwrap_or(OPEN);
                let numbers = names.iter().map(number).collect();
                given.is_empty().then_some(Value::Numbers(numbers))?
            }
            (Written::Named(_), _) => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::settings::{bytes, colons};

    #[test]
    fn addresses_are_written_as_usual() {
        assert_eq!(colons(&[2, 0, 0, 0xab, 0, 7]), "02:00:00:ab:00:07");
        assert_eq!(colons(&[]), "");
    }

    proptest! {
        #[test]
        fn a_link_layer_address_is_pairs_of_digits_and_nothing_else(
            text in "([0-9a-fA-F+-]{1,3}:){0,3}[0-9a-fA-F+ ]{0,3}",
        ) {
            let pair = |pair: &str| {
                pair.len() == 2 && pair.bytes().all(|byte| byte.is_ascii_hexdigit())
            };
            let good = text.is_empty() || text.split(':').all(pair);
            let read = bytes(&text);
            prop_assert_eq!(read.is_some(), good, "{:?}", read);
            if let Some(read) = read {
                prop_assert_eq!(colons(&read), text.to_lowercase());
            }
        }
    }
}
