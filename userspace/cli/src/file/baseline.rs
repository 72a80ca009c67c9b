// SPDX-License-Identifier: GPL-2.0-only

//! The file of baselines, kept over boots: a device is known again by what it is, never by its name alone.

use homeward_client::model::{Device, Home};
use serde::{Deserialize, Serialize};

/// What the file says it is.
const FORMAT: &str = "homeward-baseline";
/// The version that is written, and the only one that is read.
const VERSION: u32 = 1;

/// Baselines of devices.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Baselines {
    format: String,
    version: u32,
    /// One for each device.
    pub(crate) devices: Vec<Saved>,
}

/// A device: how to know it again, and its baseline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Saved {
    /// Its name when the baseline was taken; for people.
    pub(crate) name: String,
    #[serde(flatten)]
    pub(crate) identity: Identity,
    baseline: Home,
}

/// What a device is known by: all of it, whatever it is called.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Identity {
    permanent_address: Option<String>,
    parent_bus: Option<String>,
    parent: Option<String>,
}

/// The device to which a baseline belongs.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Found<'a> {
    /// This one.
    One(&'a Device),
    /// None that is there.
    None,
    /// More than one that is there.
    Several,
}

impl Identity {
    /// That of a device; None if nothing tells it from others.
    fn of(device: &Device) -> Option<Self> {
        let own = Identity {
            permanent_address: device.permanent_address.as_ref().map(ToString::to_string),
            parent_bus: device.parent_bus.clone(),
            parent: device.parent.clone(),
        };
        (own.permanent_address.is_some() || own.parent.is_some()).then_some(own)
    }

    /// The device among others.
    pub(crate) fn find<'a>(&self, devices: &'a [Device]) -> Found<'a> {
        let same = |device: &&Device| Identity::of(device).as_ref() == Some(self);
        let mut found = devices.iter().filter(same);
        match (found.next(), found.next()) {
            (None, _) => Found::None,
            (Some(one), None) => Found::One(one),
            (Some(_), Some(_)) => Found::Several,
        }
    }
}

impl Saved {
    /// What is to be kept of a device; None if it has no baseline, or could not be known again.
    pub(crate) fn of(device: &Device) -> Option<Self> {
        let baseline = device.baseline.clone()?;
        Some(Saved {
            name: baseline.name.clone().unwrap_or_default(),
            identity: Identity::of(device)?,
            baseline,
        })
    }

    /// The baseline, as one of the initial namespace of this boot.
    pub(crate) fn baseline(&self, initial: u64) -> Home {
        Home {
            namespace: initial,
            ..self.baseline.clone()
        }
    }
}

impl Baselines {
    /// None yet.
    pub(crate) fn new() -> Self {
        Baselines {
            format: FORMAT.to_owned(),
            version: VERSION,
            devices: Vec::new(),
        }
    }

    /// Reads a file; why it is none if it is none.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let read: Self = serde_json::from_str(text)
            .map_err(|error| format!("it is no file of baselines ({error})"))?;
        match (read.format.as_str(), read.version) {
            (FORMAT, VERSION) => Ok(read),
            (FORMAT, version) => Err(format!(
                "it has version {version} of the format, and this command reads version {VERSION} only"
            )),
            (other, _) => Err(format!("its format is '{}'", other.escape_default())),
        }
    }

    /// The text of a file.
    pub(crate) fn render(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string_pretty(self).map(|text| text + "\n")
    }

    /// Takes one in, in the place of an older one of the same device.
    pub(crate) fn put(&mut self, saved: Saved) {
        self.forget(&saved.identity);
        self.devices.push(saved);
    }

    /// Forgets that of a device.
    pub(crate) fn forget(&mut self, identity: &Identity) {
        self.devices.retain(|other| other.identity != *identity);
    }
}

#[cfg(test)]
mod tests {
    use homeward_client::model::LinkAddress;

    use super::*;

    fn device(name: &str, address: u8, parent: &str) -> Device {
        let baseline = Home {
            namespace: 1,
            name: Some(name.to_owned()),
            ..Home::default()
        };
        Device {
            permanent_address: Some(LinkAddress(vec![2, 0, 0, 0, 0, address])),
            parent: Some(parent.to_owned()),
            parent_bus: Some("pci".to_owned()),
            baseline: Some(baseline),
            ..Device::new(1, 4, name)
        }
    }

    #[test]
    fn a_device_is_known_by_address_and_place_and_not_by_its_name() {
        let saved = Saved::of(&device("eth1", 1, "0000:00:03.0")).expect("an identity");
        let renamed = device("eth7", 1, "0000:00:03.0");
        let others = [
            device("eth1", 2, "0000:00:03.0"),
            device("eth1", 1, "0000:00:04.0"),
            renamed.clone(),
        ];
        assert_eq!(saved.identity.find(&others), Found::One(&renamed));
        assert_eq!(saved.identity.find(&others[..2]), Found::None);
        let twins = [renamed.clone(), renamed];
        assert_eq!(saved.identity.find(&twins), Found::Several);
    }

    #[test]
    fn a_device_that_nothing_tells_from_others_is_not_saved() {
        let anybody = Device {
            permanent_address: None,
            parent: None,
            ..device("eth1", 1, "")
        };
        assert_eq!(Saved::of(&anybody), None);
    }

    #[test]
    fn a_file_is_read_as_it_was_written_and_others_are_refused() {
        let mut all = Baselines::new();
        all.put(Saved::of(&device("eth1", 1, "a")).expect("an identity"));
        all.put(Saved::of(&device("eth2", 2, "b")).expect("an identity"));
        all.put(Saved::of(&device("wan", 1, "a")).expect("an identity"));
        let names: Vec<_> = all
            .devices
            .iter()
            .map(|saved| saved.name.as_str())
            .collect();
        assert_eq!(names, ["eth2", "wan"], "the newer one of a device");
        let text = all.render().expect("text");
        assert_eq!(Baselines::parse(&text), Ok(all));
        for (other, why) in [
            (text.replace(": 1,", ": 2,"), "version 2"),
            (text.replace(FORMAT, "x"), "its format is 'x'"),
            ("{}".to_owned(), "no file of baselines"),
        ] {
            let refused = Baselines::parse(&other).expect_err(why);
            assert!(refused.contains(why), "{refused}");
        }
    }
}
