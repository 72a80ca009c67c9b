// SPDX-License-Identifier: GPL-2.0-only

//! What `state load` put back.

use serde::Serialize;

use super::Place;

/// What became of something that was saved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum PutBack {
    /// It was put back.
    Done,
    /// It is so already.
    Same,
    /// The module knows something newer, which stays.
    Newer,
    /// What it is about is gone.
    Gone,
    /// It was refused.
    Failed,
}

impl PutBack {
    /// Its name in JSON.
    pub(crate) fn name(self) -> &'static str {
        match self {
            PutBack::Done => "done",
            PutBack::Same => "same",
            PutBack::Newer => "newer",
            PutBack::Gone => "gone",
            PutBack::Failed => "failed",
        }
    }
}

/// What became of a file of `state save`.
#[derive(Debug, Serialize)]
pub(crate) struct Restored {
    /// The file.
    pub(crate) file: String,
    /// What became of the rules.
    pub(crate) rules: RulesPutBack,
    /// What became of each device.
    pub(crate) devices: Vec<RestoredDevice>,
}

/// What became of the rules.
#[derive(Debug, Serialize)]
pub(crate) struct RulesPutBack {
    /// How many were saved.
    pub(crate) count: usize,
    /// What became of them.
    pub(crate) outcome: PutBack,
}

/// What became of what was known of a device.
#[derive(Debug, Serialize)]
pub(crate) struct RestoredDevice {
    /// Where it was.
    pub(crate) namespace: Place,
    /// Its index there.
    pub(crate) ifindex: u32,
    /// Its name there.
    pub(crate) name: String,
    /// What became of it.
    pub(crate) outcome: PutBack,
    /// Why, unless it was put back.
    pub(crate) reason: Option<String>,
}

impl Restored {
    /// Whether nothing was refused.
    pub(crate) fn passed(&self) -> bool {
        let mut outcomes = self.devices.iter().map(|device| device.outcome);
        self.rules.outcome != PutBack::Failed && !outcomes.any(|one| one == PutBack::Failed)
    }
}
