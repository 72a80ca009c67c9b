// SPDX-License-Identifier: GPL-2.0-only

//! What verbs did that change something.

use std::time::Duration;

use serde::Serialize;

use super::{nanoseconds, Place};

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
