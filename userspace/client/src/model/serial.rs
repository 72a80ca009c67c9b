// SPDX-License-Identifier: MIT OR Apache-2.0

//! How the model is serialised: enumerations by their names, times as nanoseconds.

use std::time::Duration;

use serde::ser::{Serialize, SerializeMap, Serializer};

use super::{Action, Cause, Failure, Mark, Reason, RuleAction, RuleClass, Settings, State};

macro_rules! by_name {
    ($($kind:ty),*) => {
        $(impl Serialize for $kind {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.name())
            }
        })*
    };
}

by_name!(Action, Cause, Reason, RuleAction, RuleClass, State);

impl Serialize for Mark {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Mark::None => serializer.serialize_none(),
            mark => serializer.serialize_str(mark.name()),
        }
    }
}

impl Serialize for Failure {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(3))?;
        map.serialize_entry("setting", &self.setting.names().join(","))?;
        map.serialize_entry("errno", &(self.errno as i32))?;
        map.serialize_entry("error", self.reason())?;
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

/// A link-layer address with colons.
pub(super) fn link_address<S: Serializer>(
    address: &Option<Vec<u8>>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    address.as_deref().map(colons).serialize(serializer)
}

fn colons(address: &[u8]) -> String {
    let pairs: Vec<String> = address.iter().map(|byte| format!("{byte:02x}")).collect();
    pairs.join(":")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_written_as_usual() {
        assert_eq!(colons(&[2, 0, 0, 0xab, 0, 7]), "02:00:00:ab:00:07");
        assert_eq!(colons(&[]), "");
    }
}
