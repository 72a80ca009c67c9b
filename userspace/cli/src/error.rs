// SPDX-License-Identifier: GPL-2.0-only

//! Failures, as users read them: what failed, on which object, why, and what to do.

use homeward_client::Error as ClientError;
use homeward_netns::{Error as NetnsError, LinkError};
use nix::errno::Errno;

use crate::exit::Status;

/// How to load the module.
pub(crate) const LOAD: &str = "load it with 'modprobe homeward' (or 'insmod homeward.ko')";

/// How a failure is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    /// After the name of the program.
    Prefixed,
    /// One line as it is.
    Bare,
    /// Lines as they are.
    Lines,
    /// Not at all.
    Silent,
}

/// Why a command failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    /// Its exit status.
    pub(crate) status: Status,
    /// The reason, without the name of the program.
    pub(crate) text: String,
    /// How the reason is written.
    pub(crate) style: Style,
}

/// Result of a command.
pub(crate) type Result<T> = std::result::Result<T, Failure>;

impl Failure {
    /// A failure with the program's name before it.
    pub(crate) fn new(status: Status, text: impl Into<String>) -> Self {
        Failure {
            status,
            text: text.into(),
            style: Style::Prefixed,
        }
    }

    /// A failure as `ip netns` writes it.
    pub(crate) fn bare(status: Status, text: impl ToString) -> Self {
        Failure {
            status,
            text: text.to_string(),
            style: Style::Bare,
        }
    }

    /// A failure told in several lines, in which all that is not our own is printable already.
    pub(crate) fn lines(status: Status, text: impl Into<String>) -> Self {
        Failure {
            status,
            text: text.into(),
            style: Style::Lines,
        }
    }

    /// A failure that has been told already, or is none worth telling.
    pub(crate) fn silent(status: Status) -> Self {
        Failure {
            status,
            text: String::new(),
            style: Style::Silent,
        }
    }

    /// The client's error about `what`, for example "cannot list network namespaces".
    pub(crate) fn client(what: &str, error: &ClientError) -> Self {
        let (status, advice) = match error {
            ClientError::NotLoaded => (Status::NoModule, LOAD),
            ClientError::NotInitial => (
                Status::NoModule,
                "from inside a container, try 'nsenter -t 1 -n'",
            ),
            other => match other.errno() {
                Some(Errno::EPERM | Errno::EACCES) => (
                    Status::Denied,
                    "this needs CAP_NET_ADMIN in the initial user namespace, so run it as root",
                ),
                Some(Errno::ENOENT | Errno::ENODEV | Errno::ESRCH) => (Status::NotFound, ""),
                _ => (Status::Failed, ""),
            },
        };
        Failure::new(status, advise(&format!("{what}: {error}"), advice))
    }

    /// The error of a namespace's file about `what`.
    pub(crate) fn netns(what: &str, error: &NetnsError) -> Self {
        let (status, advice) = match error.errno() {
            Some(Errno::EPERM | Errno::EACCES) => (
                Status::Denied,
                "this needs CAP_SYS_ADMIN, so run it as root",
            ),
            Some(Errno::ENOENT | Errno::ESRCH) => (Status::NotFound, ""),
            _ => (Status::Failed, ""),
        };
        Failure::new(status, advise(&format!("{what}: {error}"), advice))
    }

    /// The error of a request about a device to rtnetlink about `what`.
    pub(crate) fn link(what: &str, error: &LinkError) -> Self {
        let (status, advice) = match error.errno() {
            Some(Errno::EPERM) => (
                Status::Denied,
                "this needs CAP_NET_ADMIN in the namespace, so run it as root",
            ),
            Some(Errno::ENODEV) => (Status::NotFound, ""),
            _ => (Status::Failed, ""),
        };
        Failure::new(status, advise(&format!("{what}: {error}"), advice))
    }
}

fn advise(text: &str, advice: &str) -> String {
    if advice.is_empty() {
        text.to_owned()
    } else {
        format!("{text}: {advice}")
    }
}
