// SPDX-License-Identifier: GPL-2.0-only

//! Exit statuses: the one list of them is [`HELP`].

use std::process::ExitCode;

/// What each means, as the help and the manual show it.
pub(crate) const HELP: &str = "\
Exit status:
  0    done; also when the reader of the output went away
  1    it failed; doctor: a check failed
  2    the command line is wrong
  3    there is no such network namespace, device or process
  4    the module is not loaded, or cannot be reached from here
  5    not permitted
  6    done in part, and standard error says what is missing: recall: a device came home with another
       name or without a setting, or not all came home; move: moved, but not renamed or not up;
       prune: not all names were removed
  7    wait: time was up
  70   an internal error: a mistake in homeward itself
  126  exec: the command cannot be run
  127  exec: there is no such command
  255  netns: a bad name, an unknown verb, or no way into the namespace

exec and netns exec become their command, so they end as it does. The other verbs of netns end as those
of 'ip netns' do.";

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
    /// `netns`: a bad name, an unknown verb, or no way into the namespace.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_is_in_the_help() {
        for status in [
            Status::Ok,
            Status::Failed,
            Status::Usage,
            Status::NotFound,
            Status::NoModule,
            Status::Denied,
            Status::Internal,
            Status::CannotRun,
            Status::NoCommand,
            Status::Netns,
        ] {
            let line = format!("\n  {:<5}", status.code());
            assert!(HELP.contains(&line), "{status:?}");
        }
    }
}
