// SPDX-License-Identifier: GPL-2.0-only

//! Exit statuses: [`MEANINGS`] is the one list of them, for help and man pages.
//!
//! `exec` and `netns exec` of one namespace become their command, so they end with its status or by
//! its signal. In several namespaces (`--ns`, `--all`), `exec` ends with 0 if every command ended with
//! 0, else with 1.
//!
//! `show`, `holders` and `wait` of several namespaces end with the highest status of those that failed.
//!
//! The other verbs of `netns` end as those of `ip netns` do: 1 when an action fails, 2 when the kernel
//! refuses something about ids, 255 for a bad name, an unknown verb or option, `help`, or no way into
//! the namespace; `-all` ends with 0 whatever became of each. `netns delete --wait` ends with 1 when
//! time is up, and with 4 when nobody can tell what becomes of the namespace; without the module nothing is
//! deleted then.

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
    /// Done in part.
    Partial,
    /// Time was up.
    TimedOut,
    /// A mistake in this program.
    Internal,
    /// `exec`: the command cannot be run.
    CannotRun,
    /// `exec`: the command is not there.
    NoCommand,
    /// `netns`: a bad name, an unknown verb or option, or no way into the namespace.
    Netns,
}

/// What each means.
pub(crate) const MEANINGS: [(Status, &str); 12] = [
    (
        Status::Ok,
        "success, also if the reader of the output closes it",
    ),
    (
        Status::Failed,
        "failure; doctor: a check failed; policy check: the file has a mistake; baseline diff: something is different; check: a warning",
    ),
    (
        Status::Usage,
        "the command line is wrong; check: something is critical",
    ),
    (
        Status::NotFound,
        "there is no such network namespace, device, process or file; check: unknown",
    ),
    (
        Status::NoModule,
        "the module is not loaded, or cannot be reached from here",
    ),
    (Status::Denied, "not permitted"),
    (
        Status::Partial,
        "recall, move, prune, state load and reload, baseline take and clear: partly done; standard error says what is missing",
    ),
    (Status::TimedOut, "wait: timed out"),
    (Status::Internal, "internal error: a bug in homeward"),
    (
        Status::CannotRun,
        "exec: the command cannot be run; otherwise exec exits as its command does",
    ),
    (Status::NoCommand, "exec: there is no such command"),
    (
        Status::Netns,
        "netns: a bad name, an unknown verb, or a namespace that cannot be entered",
    ),
];

/// The list, as the help shows it.
pub(crate) fn help() -> String {
    let mut text = "Exit status:".to_owned();
    for (status, meaning) in MEANINGS {
        text.push_str(&format!("\n  {:<3}  {meaning}", status.code()));
    }
    text
}

impl Status {
    /// The status of two things of which the other ends with that one: the higher.
    pub(crate) fn worse(self, other: Self) -> Self {
        std::cmp::max_by_key(self, other, |status| status.code())
    }

    /// Its number.
    pub(crate) fn code(self) -> u8 {
        match self {
            Status::Ok => 0,
            Status::Failed => 1,
            Status::Usage => 2,
            Status::NotFound => 3,
            Status::NoModule => 4,
            Status::Denied => 5,
            Status::Partial => 6,
            Status::TimedOut => 7,
            Status::Internal => 70,
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
