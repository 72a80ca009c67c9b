// SPDX-License-Identifier: GPL-2.0-only

//! What the command line means.

mod act;
pub(crate) mod exec;
mod holders;
mod look;
pub(crate) mod netns;
mod policy;

use std::ffi::OsString;
use std::path::PathBuf;

use std::ffi::OsStr;
use std::time::Duration;

use crate::args::{Shell, Verb};
use crate::compat;
use crate::error::{Failure, Result};
use crate::exit::Status;
use crate::selector::{DeviceSelector, Selector};

pub(crate) use act::{Decision, Mark, Move, Prune, Recall, Veth, VethEnd, Wait, Which};

pub(crate) use look::{Limits, Tree};

pub(crate) use holders::SocketsOf;

pub(crate) use policy::{Policy, Reload, State};

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
    /// Show namespaces with their devices.
    Tree(Tree),
    /// Show what holds a namespace.
    Holders(Selector),
    /// List sockets.
    Sockets(SocketsOf),
    /// Print events.
    Watch(Limits),
    /// Print counts.
    Stats,
    /// Check the installation.
    Doctor,
    /// Run a command.
    Exec(exec::Exec),
    /// Bring devices home.
    Recall(Recall),
    /// Decide about a device.
    Mark(Mark),
    /// Move a device.
    Move(Move),
    /// Make a pair of devices.
    Veth(Veth),
    /// Wait for the end of a namespace.
    Wait(Wait),
    /// Remove names without a namespace.
    Prune(Prune),
    /// Work on names as `ip netns` does.
    Netns(netns::Invocation),
    /// Look at rules, or change them.
    Policy(Policy),
    /// Keep what the module knows, or put it back.
    State(State),
    /// Print a script for a shell.
    Completions(Shell),
    /// Print the main man page, or write all into a directory.
    Man(Option<PathBuf>),
    /// Print what could stand in the place of one of these words.
    Complete(usize, Vec<OsString>),
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
            Verb::Tree(args) => Request::Tree(Tree::new(&args, json)?),
            Verb::Watch(args) => Request::Watch(Limits::new(&args)?),
            Verb::Stats(_) => Request::Stats,
            Verb::Holders(words) => Request::Holders(words.selector()?),
            Verb::Sockets(words) => Request::Sockets(SocketsOf::new(&words)?),
            Verb::Doctor => Request::Doctor,
            Verb::Exec(typed) => Request::Exec(exec::Exec::new(typed)?),
            Verb::Recall(args) => Request::Recall(Recall::new(&args)?),
            Verb::Keep(args) => Request::Mark(Mark::keep(&args)?),
            Verb::Release(args) => Request::Mark(Mark::release(&args)?),
            Verb::Move(args) => Request::Move(Move::new(args)?),
            Verb::Veth(args) => Request::Veth(Veth::new(&args)?),
            Verb::Wait(args) => Request::Wait(Wait::new(&args)?),
            Verb::Prune(args) => Request::Prune(Prune::new(&args)?),
            Verb::Netns { words } => Request::Netns(compat::parse(&words, json)),
            Verb::Policy(policy) => Request::Policy(Policy::new(policy.verb)?),
            Verb::State(state) => Request::State(State::new(state.verb)),
            Verb::Completions(completions) => Request::Completions(completions.shell),
            Verb::Man(man) => Request::Man(man.directory),
            Verb::Complete(complete) => Request::Complete(complete.index, complete.words),
        })
    }
}

impl Request {
    /// The namespaces that it is about; of `exec`, each is looked at when its turn comes.
    pub(crate) fn namespaces(&self) -> Vec<&Selector> {
        match self {
            Request::Show(one) | Request::Plan(one) | Request::Holders(one) => vec![one],
            Request::Devices(one) => one.iter().collect(),
            Request::Tree(tree) => tree.only.iter().collect(),
            Request::Sockets(SocketsOf::Namespace(one)) => vec![one],
            Request::Recall(recall) => match &recall.which {
                act::Which::One(device) => vec![&device.namespace],
                act::Which::All(from) => vec![from],
            },
            Request::Mark(mark) => vec![&mark.device.namespace],
            Request::Move(moved) => vec![&moved.device.namespace, &moved.target],
            Request::Veth(veth) => veth.ends.iter().map(|end| &end.namespace).collect(),
            Request::Wait(wait) => vec![&wait.namespace],
            _ => Vec::new(),
        }
    }
}

fn selector(text: &OsStr) -> Result<Selector> {
    Selector::parse(text).map_err(|error| Failure::new(Status::Usage, error.to_string()))
}

fn device(text: &OsStr) -> Result<DeviceSelector> {
    DeviceSelector::parse(text).map_err(|error| Failure::new(Status::Usage, error.to_string()))
}

/// Units of time, in seconds.
const UNITS: [(&str, f64); 6] = [
    ("us", 1e-6),
    ("ms", 1e-3),
    ("s", 1.0),
    ("m", 60.0),
    ("h", 3600.0),
    ("d", 86400.0),
];

/// Reads a time: a number of seconds, or numbers with units.
pub(crate) fn time(text: &str) -> Result<Duration> {
    let seconds = text
        .parse()
        .ok()
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    seconds.or_else(|| time_with_units(text)).ok_or_else(|| {
        let units = UNITS.map(|(unit, _)| unit).join(", ");
        let text = format!(
            "'{text}' is no number of seconds, and no numbers with units ({units}), as 1m30s is"
        );
        Failure::new(Status::Usage, text)
    })
}

fn time_with_units(text: &str) -> Option<Duration> {
    let mut total = None;
    let mut rest = text.trim();
    while !rest.is_empty() {
        let (number, after) = rest.split_at(rest.find(|c: char| c.is_ascii_alphabetic())?);
        let end = after
            .find(|c: char| !c.is_ascii_alphabetic())
            .unwrap_or(after.len());
        let (unit, after) = after.split_at(end);
        let (_, seconds) = UNITS.into_iter().find(|(name, _)| *name == unit)?;
        let part =
            Duration::try_from_secs_f64(number.trim().parse::<f64>().ok()? * seconds).ok()?;
        total = Some(part.checked_add(total.unwrap_or_default())?);
        rest = after.trim_start();
    }
    total
}

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_seconds_or_numbers_with_units() {
        for (text, millis) in [
            ("1.5", 1500),
            ("0", 0),
            ("30", 30_000),
            ("30s", 30_000),
            ("0s", 0),
            ("1m30s", 90_000),
            ("1m 30s", 90_000),
            ("500ms", 500),
            ("1.5h", 5_400_000),
            ("2h", 7_200_000),
            ("1d12h", 129_600_000),
            ("2000us", 2),
        ] {
            assert_eq!(time(text), Ok(Duration::from_millis(millis)), "{text}");
        }
        for text in [
            "", " ", "-1", "NaN", "inf", "1e30", "x", "s", "30x", "-30s", "30s5", "1m-30s",
            "1e30d", "NaNs", "infs", "1 m 30", "1S",
        ] {
            let failure = time(text).unwrap_err();
            assert_eq!(failure.status, Status::Usage, "{text}");
            assert!(failure.text.contains("1m30s"), "{text}");
        }
    }
}
