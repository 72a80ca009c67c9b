// SPDX-License-Identifier: GPL-2.0-only

//! The file of `state save`: what the module knows and cannot find out again after it was replaced.

use homeward_client::model::{Device, Home, Mark, NewRule, Rule, Values};
use homeward_client::{Baseline, DeviceChange};
use serde::{Deserialize, Serialize};

use crate::rule;

/// What the file says it is.
const FORMAT: &str = "homeward-state";
/// The version that is written, and the only one that is read.
const VERSION: u32 = 2;

/// Enough of a file to know whether the rest can be understood.
#[derive(Deserialize)]
struct Header {
    format: String,
    version: u32,
}

/// What the module knew.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct State {
    format: String,
    version: u32,
    /// Cookies mean nothing after a reboot.
    pub(crate) boot_id: String,
    /// Whether it was saved for a module that is yet to be told.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) unfinished: bool,
    rules: Vec<SavedRule>,
    /// The devices about which there is something to know.
    pub(crate) devices: Vec<SavedDevice>,
}

/// A rule, with the numbers of the protocol.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SavedRule {
    name: Option<String>,
    kind: Option<String>,
    class: Option<u32>,
    action: u32,
    template: Option<String>,
    restore: u64,
    moved: u32,
    #[serde(default, with = "homeward_client::model::values")]
    set: Values,
}

/// A device: how to know it again, and what was known of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SavedDevice {
    /// Cookie of the network namespace that it was in.
    pub(crate) namespace: u64,
    /// Its index there.
    pub(crate) ifindex: u32,
    /// Its name there.
    pub(crate) name: String,
    /// Its kind.
    pub(crate) kind: Option<String>,
    /// Whether it is physical.
    pub(crate) physical: bool,
    /// Its mark, with the number of the protocol.
    mark: u32,
    /// The name that it is to get at home.
    home_name: Option<String>,
    /// Its home stack, oldest first.
    homes: Vec<Home>,
    /// Its baseline.
    #[serde(default)]
    baseline: Option<Home>,
}

/// Why a file is none that can be put back.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unusable {
    /// It is no such file.
    #[error("it was not written by 'homeward state save': {0}")]
    Foreign(String),
    /// It is from another version.
    #[error("it has version {0} of the format, and this command reads version {VERSION} only: use the homeward that wrote it")]
    Version(u32),
}

impl State {
    /// What is to be kept of what the module tells.
    pub(crate) fn new(boot_id: String, rules: &[Rule], devices: &[Device]) -> Self {
        State {
            format: FORMAT.to_owned(),
            version: VERSION,
            boot_id,
            unfinished: false,
            rules: rules.iter().map(SavedRule::new).collect(),
            devices: devices
                .iter()
                .filter(|device| is_known(device))
                .map(SavedDevice::new)
                .collect(),
        }
    }

    /// Reads a file.
    pub(crate) fn parse(text: &str) -> Result<Self, Unusable> {
        let foreign = |error: serde_json::Error| Unusable::Foreign(error.to_string());
        let header: Header = serde_json::from_str(text).map_err(foreign)?;
        if header.format != FORMAT {
            let format = header.format.escape_default();
            return Err(Unusable::Foreign(format!("its format is '{format}'")));
        }
        if header.version != VERSION {
            return Err(Unusable::Version(header.version));
        }
        serde_json::from_str(text).map_err(foreign)
    }

    /// The text of a file.
    pub(crate) fn render(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string_pretty(self).map(|text| text + "\n")
    }

    /// The rules, in their order.
    pub(crate) fn rules(&self) -> Vec<NewRule> {
        self.rules.iter().map(SavedRule::to_rule).collect()
    }
}

/// Whether there is something to know about a device that its network namespace and its looks do
/// not tell. A device that the kernel is freeing has no future.
fn is_known(device: &Device) -> bool {
    let decided =
        device.mark != Mark::None || device.home_name.is_some() || device.baseline.is_some();
    device.stuck.is_none() && (decided || !device.homes.is_empty())
}

impl SavedRule {
    fn new(rule: &Rule) -> Self {
        SavedRule {
            name: rule.name.clone(),
            kind: rule.kind.clone(),
            class: rule.class.map(u32::from),
            action: rule.action.into(),
            template: rule.template.clone(),
            restore: rule.restore.bits(),
            moved: rule.moved.into(),
            set: rule.set.clone(),
        }
    }

    fn to_rule(&self) -> NewRule {
        NewRule {
            before: None,
            name: self.name.clone(),
            kind: self.kind.clone(),
            class: self.class.map(Into::into),
            action: self.action.into(),
            template: self.template.clone(),
            restore: Some(self.restore.into()),
            moved: Some(self.moved.into()),
            set: self.set.clone(),
        }
    }
}

impl SavedDevice {
    fn new(device: &Device) -> Self {
        SavedDevice {
            namespace: device.namespace,
            ifindex: device.ifindex,
            name: device.name.clone(),
            kind: device.kind.clone(),
            physical: device.physical,
            mark: device.mark.into(),
            home_name: device.home_name.clone(),
            homes: device.homes.clone(),
            baseline: device.baseline.clone(),
        }
    }

    /// Why `device`, which has its place, is not the one that was saved.
    pub(crate) fn differs(&self, device: &Device) -> Option<String> {
        let kind = |kind: &Option<String>| kind.clone().unwrap_or_else(|| "none".to_owned());
        if self.kind != device.kind || self.physical != device.physical {
            let (old, new) = (kind(&self.kind), kind(&device.kind));
            return Some(format!(
                "its index now belongs to another device (kind {old}, now {new})"
            ));
        }
        let renamed = self.name != device.name;
        renamed.then(|| format!("its index now belongs to '{}'", device.name))
    }

    /// What of it is to be put back into `device`, where nothing newer is known; None if nothing is.
    pub(crate) fn change(&self, device: &Device) -> Option<DeviceChange> {
        let mut change = DeviceChange::default();
        let mark = Mark::from(self.mark);
        if device.mark == Mark::None && mark != Mark::None {
            change.mark = Some(mark);
        }
        if device.home_name.is_none() && self.home_name.is_some() {
            change.home_name = Some(self.home_name.clone());
        }
        if device.homes.is_empty() && !self.homes.is_empty() {
            change.homes = Some(self.homes.clone());
        }
        if device.baseline.is_none() {
            change.baseline = self.baseline.clone().map(Box::new).map(Baseline::Given);
        }
        (change != DeviceChange::default()).then_some(change)
    }

    /// What of it is not put back, as the module has learnt something newer of `device`.
    pub(crate) fn outdated(&self, device: &Device) -> Vec<&'static str> {
        let saved: Vec<u64> = self.homes.iter().map(|home| home.namespace).collect();
        let known: Vec<u64> = device.homes.iter().map(|home| home.namespace).collect();
        let mark = u32::from(device.mark);
        let decided = |mark: u32| Mark::from(mark) != Mark::None;
        let newer = [
            (
                "mark",
                decided(mark) && decided(self.mark) && mark != self.mark,
            ),
            (
                "home name",
                device.home_name.is_some()
                    && self.home_name.is_some()
                    && device.home_name != self.home_name,
            ),
            (
                "homes",
                !known.is_empty() && !saved.is_empty() && known != saved,
            ),
            (
                "baseline",
                device.baseline.is_some()
                    && self.baseline.is_some()
                    && device.baseline != self.baseline,
            ),
        ];
        newer
            .iter()
            .filter(|(_, newer)| *newer)
            .map(|(what, _)| *what)
            .collect()
    }
}

/// Whether the rules in force say the same as those to be put back.
pub(crate) fn same_rules(rules: &[Rule], news: &[NewRule]) -> bool {
    rules.len() == news.len()
        && rules
            .iter()
            .zip(news)
            .all(|(rule, new)| rule::same(rule, new))
}

#[cfg(test)]
mod tests;
