// SPDX-License-Identifier: GPL-2.0-only

//! What `ip netns` would do.

use std::ffi::OsString;
use std::time::Duration;

use homeward_netns::Name;

use super::exec::Dress;
use crate::error::Result;

/// A command line of `ip netns`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Invocation {
    /// Namespaces to enter first, one after the other: they come before what may be wrong with the
    /// rest.
    pub(crate) enter: Vec<OsString>,
    /// Whether it is about all names; also in the lines of a script.
    pub(crate) all: bool,
    /// How output looks.
    pub(crate) format: Format,
    /// What to do.
    pub(crate) work: Result<Work>,
}

/// How output looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Format {
    /// As JSON.
    pub(crate) json: bool,
    /// JSON on several lines.
    pub(crate) pretty: bool,
}

/// What to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Work {
    /// Print the version.
    Version,
    /// Do what the lines of a file say, and perhaps go on after one that fails.
    Script(OsString, bool),
    /// One thing.
    Verb(Netns),
}

/// One name, or all of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Which {
    /// This one.
    One(Name),
    /// All.
    All,
}

/// A verb of `ip netns`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Netns {
    /// Print all names.
    List,
    /// Print ids.
    ListId {
        /// Those that the namespace with this id gives.
        target: Option<i32>,
        /// Only this one.
        nsid: Option<i32>,
    },
    /// Make a namespace.
    Add(Name),
    /// Give a name to the namespace of a process.
    Attach(Name, i32),
    /// Give an id to the namespace of a name; without one the kernel chooses it.
    Set(Name, Option<u32>),
    /// Take names away, and wait for so long for their namespaces to be gone.
    Delete(Which, Option<Duration>),
    /// Print the name of the namespace of a process.
    Identify(OsString),
    /// Print the processes in a namespace.
    Pids(Name),
    /// Run a command.
    Exec(Which, Dress, Vec<OsString>),
    /// Print names that come and go.
    Monitor,
    /// Print how it is used.
    Help,
}
