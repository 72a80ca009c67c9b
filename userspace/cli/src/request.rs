// SPDX-License-Identifier: GPL-2.0-only

//! What the command line means.

mod act;
pub(crate) mod exec;
pub(crate) mod netns;
mod policy;

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use std::ffi::OsStr;

use crate::args::{self, Shell};
use crate::command::{Context, Verb};
use crate::compat;
use crate::error::{Failure, Result};
use crate::exit::Status;
use crate::selector::{BadSelector, DeviceSelector, Selector};

pub(crate) use act::{Veth, VethEnd, Wait};

pub(crate) use policy::{Policy, Reload, State};

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Request {
    /// Run a command.
    Exec(exec::Exec),
    /// Make a pair of devices.
    Veth(Veth),
    /// Wait for the end of a namespace.
    Wait(Wait),
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

/// A verb that is still to get its file in `command`.
pub(crate) trait Read {
    /// What it means.
    fn read(self, json: bool) -> Result<Request>;
}

impl<T: Read> Verb for T {
    fn run(self, context: &Context) -> Result<Status> {
        let request = self.read(context.look.json)?;
        crate::run::execute(context, &request, context.look)
    }
}

macro_rules! read {
    ($($args:ty: |$verb:ident, $json:ident| $request:expr;)*) => {
        $(impl Read for $args {
            fn read(self, $json: bool) -> Result<Request> {
                let $verb = self;
                Ok($request)
            }
        })*
    };
}

read! {
    args::exec::Exec: |verb, _json| Request::Exec(exec::Exec::new(verb)?);
    args::Veth: |verb, _json| Request::Veth(Veth::new(&verb)?);
    args::Wait: |verb, _json| Request::Wait(Wait::new(&verb)?);
    args::Netns: |verb, json| Request::Netns(compat::parse(&verb.words, json));
    args::PolicyArgs: |verb, _json| Request::Policy(Policy::new(verb.verb)?);
    args::StateArgs: |verb, _json| Request::State(State::new(verb.verb));
    args::CompletionsArgs: |verb, _json| Request::Completions(verb.shell);
    args::ManArgs: |verb, _json| Request::Man(verb.directory);
    args::CompleteArgs: |verb, _json| Request::Complete(verb.index, verb.words);
}

impl Request {
    /// The namespaces that it is about; of `exec`, each is looked at when its turn comes.
    pub(crate) fn namespaces(&self) -> Vec<&Selector> {
        match self {
            Request::Veth(veth) => veth.ends.iter().map(|end| &end.namespace).collect(),
            Request::Wait(wait) => vec![&wait.namespace],
            _ => Vec::new(),
        }
    }
}

fn refuse(text: &OsStr, error: &BadSelector) -> Failure {
    let BadSelector { thing, reason } = error;
    let text = Path::new(text).display();
    Failure::new(
        Status::Usage,
        format!("'{text}' names no {thing}: {reason}"),
    )
}

fn selector(text: &OsStr) -> Result<Selector> {
    Selector::parse(text).map_err(|error| refuse(text, &error))
}

fn device(text: &OsStr) -> Result<DeviceSelector> {
    DeviceSelector::parse(text).map_err(|error| refuse(text, &error))
}

#[cfg(test)]
mod properties;
