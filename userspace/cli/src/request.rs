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

fn selector(text: &OsStr) -> Result<Selector> {
    Selector::parse(text).map_err(|error| Failure::new(Status::Usage, error.to_string()))
}

fn device(text: &OsStr) -> Result<DeviceSelector> {
    DeviceSelector::parse(text).map_err(|error| Failure::new(Status::Usage, error.to_string()))
}

pub(crate) fn seconds(text: &str) -> Result<Duration> {
    text.parse()
        .ok()
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
        .ok_or_else(|| Failure::new(Status::Usage, format!("'{text}' is no number of seconds")))
}

#[cfg(test)]
mod properties;
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
