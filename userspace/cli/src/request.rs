// SPDX-License-Identifier: GPL-2.0-only

//! What the command line means.

pub(crate) mod exec;
pub(crate) mod netns;

use std::ffi::OsStr;
use std::time::Duration;

use crate::args::Verb;
use crate::compat;
use crate::error::{Failure, Result};
use crate::exit::Status;
use crate::selector::Selector;

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Request {
    /// List all namespaces.
    List,
    /// Show one namespace.
    Show(Selector),
    /// List devices, of all namespaces or of one.
    Devices(Option<Selector>),
    /// Show the fates of the devices of a namespace.
    Plan(Selector),
    /// Print events.
    Watch(Limits),
    /// Check the installation.
    Doctor,
    /// Run a command.
    Exec(exec::Exec),
    /// Work on names as `ip netns` does.
    Netns(netns::Invocation),
}

/// When to stop watching.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Limits {
    /// After so many events.
    pub(crate) count: Option<u64>,
    /// After so long.
    pub(crate) time: Option<Duration>,
}

impl Request {
    /// Reads the meaning of a verb.
    pub(crate) fn new(verb: Verb, json: bool) -> Result<Self> {
        Ok(match verb {
            Verb::Ls => Request::List,
            Verb::Show { namespace } => Request::Show(selector(&namespace)?),
            Verb::Devices { namespace } => {
                Request::Devices(namespace.as_deref().map(selector).transpose()?)
            }
            Verb::Plan { namespace } => Request::Plan(selector(&namespace)?),
            Verb::Watch { count, timeout } => Request::Watch(Limits {
                count,
                time: timeout.as_deref().map(seconds).transpose()?,
            }),
            Verb::Doctor => Request::Doctor,
            Verb::Exec(typed) => Request::Exec(exec::Exec::new(typed)?),
            Verb::Netns { words } => Request::Netns(compat::parse(&words, json)),
        })
    }
}

fn selector(text: &OsStr) -> Result<Selector> {
    Selector::parse(text).map_err(|error| Failure::new(Status::Usage, error.to_string()))
}

pub(crate) fn seconds(text: &str) -> Result<Duration> {
    text.parse()
        .ok()
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
        .ok_or_else(|| Failure::new(Status::Usage, format!("'{text}' is no number of seconds")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_may_have_a_fraction_but_must_be_a_time() {
        assert_eq!(seconds("1.5"), Ok(Duration::from_millis(1500)));
        assert_eq!(seconds("0"), Ok(Duration::ZERO));
        for text in ["", "-1", "NaN", "inf", "1e30", "x"] {
            assert_eq!(seconds(text).unwrap_err().status, Status::Usage, "{text}");
        }
    }
}
