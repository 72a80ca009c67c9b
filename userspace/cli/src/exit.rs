// SPDX-License-Identifier: GPL-2.0-only

//! Exit statuses.
//!
//! | status | meaning |
//! |---|---|
//! | 0 | done; also when the reader of the output went away |
//! | 1 | it failed; `doctor`: a check failed; `policy check`: the file has a mistake |
//! | 2 | the command line is wrong |
//! | 3 | there is no such network namespace, device, process or file |
//! | 4 | the module is not loaded, or cannot be reached from here |
//! | 5 | not permitted |
//!
//! `exec` and `netns exec` end with the status of their command. `exec` gives 126 for a command that
//! cannot be run and 127 for one that is not there, as a shell does. The other verbs of `netns` end as
//! those of `ip netns` do: 1 when an action fails, 255 for a bad name or an unknown verb.

use std::process::ExitCode;

/// An exit status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    /// Done.
    Ok,
    /// It failed.
    Failed,
    /// The command line is wrong.
    Usage,
    /// There is no such thing.
    NotFound,
    /// The module is not loaded, or cannot be reached from here.
    NoModule,
    /// Not permitted.
    Denied,
    /// `exec`: the command cannot be run.
    CannotRun,
    /// `exec`: the command is not there.
    NoCommand,
    /// `netns`: a bad name, an unknown verb, or no way into the namespace.
    Netns,
}

/// What the man pages say about them.
pub(crate) const MEANINGS: [(Status, &str); 9] = [
    (
        Status::Ok,
        "Done; also when the reader of the output went away.",
    ),
    (
        Status::Failed,
        "It failed; doctor: a check failed; policy check: the file has a mistake.",
    ),
    (Status::Usage, "The command line is wrong."),
    (
        Status::NotFound,
        "There is no such network namespace, device, process or file.",
    ),
    (
        Status::NoModule,
        "The module is not loaded, or cannot be reached from here.",
    ),
    (Status::Denied, "Not permitted."),
    (
        Status::CannotRun,
        "exec: the command cannot be run. Otherwise exec ends with the status of its command.",
    ),
    (Status::NoCommand, "exec: the command is not there."),
    (
        Status::Netns,
        "netns: a bad name, an unknown verb, or no way into the namespace, as with ip netns.",
    ),
];

impl Status {
    /// Its number.
    pub(crate) fn code(self) -> u8 {
        match self {
            Status::Ok => 0,
            Status::Failed => 1,
            Status::Usage => 2,
            Status::NotFound => 3,
            Status::NoModule => 4,
            Status::Denied => 5,
            Status::CannotRun => 126,
            Status::NoCommand => 127,
            Status::Netns => 255,
        }
    }
}

impl From<Status> for ExitCode {
    fn from(status: Status) -> Self {
        ExitCode::from(status.code())
    }
}
