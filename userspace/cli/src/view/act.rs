// SPDX-License-Identifier: GPL-2.0-only

//! What verbs did that change something.

use std::time::Duration;

use homeward_client::model::{Device, Recalled};
use serde::Serialize;

use super::{nanoseconds, Place, ReturnView};
use crate::book::Book;

/// Devices that came home, or would.
#[derive(Debug, Serialize)]
pub(crate) struct RecallView {
    /// Whether they only would.
    pub(crate) dry_run: bool,
    /// Where they were.
    pub(crate) from: Place,
    /// How many came home.
    pub(crate) returned: u32,
    /// How many could not be moved.
    pub(crate) failed: u32,
    /// The devices.
    pub(crate) devices: Vec<RecalledView>,
}

/// A device that came home, or could not, or would.
#[derive(Debug, Serialize)]
pub(crate) struct RecalledView {
    /// Its name before.
    pub(crate) from_name: Option<String>,
    /// Where it is now, or would be.
    pub(crate) namespace: Place,
    /// Its index now.
    pub(crate) ifindex: u32,
    /// Its name now, or what it would be unless that is taken.
    pub(crate) name: Option<String>,
    /// How it came home.
    #[serde(rename = "return")]
    pub(crate) homecoming: Option<ReturnView>,
    /// Why it could not be moved.
    pub(crate) error: Option<String>,
}

/// A pair of devices that was made.
#[derive(Debug, Serialize)]
pub(crate) struct Pair {
    /// Its ends.
    pub(crate) ends: [EndView; 2],
}

/// One end of a pair.
#[derive(Debug, Serialize)]
pub(crate) struct EndView {
    /// Where it is.
    pub(crate) namespace: Place,
    /// Its index there.
    pub(crate) ifindex: u32,
    /// Its name there.
    pub(crate) name: String,
    /// Whether it was set up.
    pub(crate) up: bool,
    /// The addresses that it was given.
    pub(crate) addresses: Vec<String>,
}

/// A namespace that is gone.
#[derive(Debug, Serialize)]
pub(crate) struct Waited {
    /// The namespace.
    pub(crate) namespace: Place,
    /// `gone`, or `absent` when it was not there from the beginning.
    pub(crate) outcome: &'static str,
    /// For how long it was waited.
    pub(crate) waited_ns: u64,
    /// How long the kernel took to take it down; None when that was not seen.
    pub(crate) teardown_ns: Option<u64>,
}

impl RecallView {
    /// Where devices would go.
    pub(crate) fn plan<'a>(
        from: Place,
        devices: impl Iterator<Item = &'a Device>,
        book: &Book,
    ) -> Self {
        let mut devices: Vec<_> = devices
            .map(|device| RecalledView::plan(device, book))
            .collect();
        devices.sort_by_key(|device| device.ifindex);
        RecallView {
            dry_run: true,
            from,
            returned: 0,
            failed: 0,
            devices,
        }
    }

    /// What is not as it should be, each in words.
    pub(crate) fn problems(&self) -> Vec<String> {
        let devices = self.devices.iter();
        devices
            .flat_map(|device| device.problems(&self.from))
            .collect()
    }
}

impl RecalledView {
    /// What the module told about a recalled device. `name` finds out its name before, and `words` say
    /// why it could not be moved.
    pub(crate) fn new(
        one: &Recalled,
        name: impl FnOnce() -> Option<String>,
        words: Option<String>,
        book: &Book,
    ) -> Self {
        let (homecoming, error) = match &one.outcome {
            Ok(homecoming) => (Some(ReturnView::new(homecoming, book)), None),
            Err(errno) => (None, Some(words.unwrap_or(errno.desc().to_owned()))),
        };
        let told = homecoming.as_ref().and_then(|how| how.from_name.clone());
        RecalledView {
            from_name: told.or_else(|| homecoming.is_none().then(name).flatten()),
            namespace: book.place(one.namespace),
            ifindex: one.ifindex,
            name: one.name.clone(),
            homecoming,
            error,
        }
    }

    /// Its newest live home, or the initial namespace, is where it would go.
    fn plan(device: &Device, book: &Book) -> Self {
        let home = device.homes.iter().rev().find(|home| home.alive);
        let recorded = home.and_then(|home| home.name.clone());
        let error = match (device.immovable, device.homes.is_empty()) {
            (true, _) => Some("the kernel does not let this device leave its namespace"),
            (false, true) => Some("the device is at home"),
            (false, false) => None,
        };
        let name = device.home_name.clone().or(recorded);
        RecalledView {
            from_name: Some(device.name.clone()),
            namespace: match (error, home) {
                (Some(_), _) => book.place(device.namespace),
                (None, Some(home)) => book.place(home.namespace),
                (None, None) => book.initial(),
            },
            ifindex: device.ifindex,
            name: error.is_none().then_some(name).flatten(),
            homecoming: None,
            error: error.map(str::to_owned),
        }
    }

    fn problems(&self, from: &Place) -> Vec<String> {
        let absent = || format!("ifindex:{}", self.ifindex);
        if let Some(error) = &self.error {
            let name = self.from_name.clone().unwrap_or_else(absent);
            return vec![format!("{name}@{} stays: {error}", from.label())];
        }
        let Some(homecoming) = &self.homecoming else {
            return Vec::new();
        };
        let name = self.name.clone().unwrap_or_else(absent);
        let here = format!("{name}@{}", self.namespace.label());
        let taken = homecoming
            .home_name
            .as_ref()
            .filter(|wanted| Some(*wanted) != self.name.as_ref())
            .map(|wanted| format!("{here} is not called '{wanted}' again, as that name is taken"));
        let failures = homecoming
            .failures
            .iter()
            // The name has its own words.
            .filter(|failure| taken.is_none() || failure.setting != "name")
            .map(|failure| {
                format!(
                    "{here} is home, but {} was not put back: {}",
                    failure.setting, failure.error
                )
            });
        let failures: Vec<_> = failures.collect();
        taken.into_iter().chain(failures).collect()
    }
}

impl Waited {
    /// A namespace that is gone after so long.
    pub(crate) fn new(
        namespace: Place,
        outcome: &'static str,
        waited: Duration,
        teardown: Option<Duration>,
    ) -> Self {
        Waited {
            namespace,
            outcome,
            waited_ns: nanoseconds(waited),
            teardown_ns: teardown.map(nanoseconds),
        }
    }
}
