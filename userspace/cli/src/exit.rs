// SPDX-License-Identifier: GPL-2.0-only

//! Exit statuses.
//!
//! | status | meaning |
//! |---|---|
//! | 0 | done; also when the reader of the output went away |
//! | 1 | it failed; `doctor`: a check failed |
//! | 2 | the command line is wrong |
//! | 3 | there is no such network namespace, device or process |
//! | 4 | the module is not loaded, or cannot be reached from here |
//! | 5 | not permitted |
//!
//! `exec` and `netns exec` become their command, so they end with its status or by its signal. `exec`
//! gives 126 for a command that cannot be run and 127 for one that is not there, as a shell does. In
//! several namespaces (`--ns`, `--all`), `exec` ends with 0 if every command ended with 0, else with 1.
//!
//! The other verbs of `netns` end as those of `ip netns` do: 1 when an action fails, 2 when the kernel
//! refuses something about ids, 255 for a bad name, an unknown verb or option, `help`, or no way into
//! the namespace; `-all` ends with 0 whatever became of each. `netns delete --wait` ends with 1 when
//! time is up, and with 4 when the name is deleted but nobody can tell what becomes of the namespace.

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
    /// `netns`: a bad name, an unknown verb or option, or no way into the namespace.
    Netns,
}

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
