// SPDX-License-Identifier: GPL-2.0-only

//! Checks of `doctor`.

use serde::Serialize;

/// All checks.
#[derive(Debug, Serialize)]
pub(crate) struct Checks {
    /// The checks.
    pub(crate) checks: Vec<Check>,
}

/// One check.
#[derive(Debug, Serialize)]
pub(crate) struct Check {
    /// What was checked.
    pub(crate) name: &'static str,
    /// How it ended.
    pub(crate) outcome: Outcome,
    /// What was found.
    pub(crate) found: String,
    /// What to do.
    pub(crate) advice: Option<String>,
}

/// How a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Outcome {
    /// As it should be.
    Ok,
    /// Something will not be as good as it could be.
    Warn,
    /// Something will not work.
    Fail,
}

impl Outcome {
    /// Its name.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Outcome::Ok => "ok",
            Outcome::Warn => "warn",
            Outcome::Fail => "fail",
        }
    }
}

impl Checks {
    /// Whether none failed.
    pub(crate) fn passed(&self) -> bool {
        self.checks
            .iter()
            .all(|check| check.outcome != Outcome::Fail)
    }
}

impl Check {
    /// A check that found things as they should be.
    pub(crate) fn ok(name: &'static str, found: impl Into<String>) -> Self {
        Check {
            name,
            outcome: Outcome::Ok,
            found: found.into(),
            advice: None,
        }
    }

    /// A check that found something to improve.
    pub(crate) fn warn(
        name: &'static str,
        found: impl Into<String>,
        advice: impl Into<String>,
    ) -> Self {
        Check {
            outcome: Outcome::Warn,
            advice: Some(advice.into()),
            ..Check::ok(name, found)
        }
    }

    /// A check that found something that must be done.
    pub(crate) fn fail(
        name: &'static str,
        found: impl Into<String>,
        advice: impl Into<String>,
    ) -> Self {
        Check {
            outcome: Outcome::Fail,
            ..Check::warn(name, found, advice)
        }
    }
}
