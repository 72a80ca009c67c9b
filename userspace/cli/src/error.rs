// SPDX-License-Identifier: GPL-2.0-only

//! Failures, as users read them: what failed, on which object, why, and what to do.

use std::fmt::{self, Display};
use std::fs;
use std::io;

use homeward_client::Error as ClientError;
use homeward_holders::Error as HoldersError;
use homeward_netns::{in_initial_pid_namespace, in_initial_user_namespace};
use homeward_netns::{Error as NetnsError, LinkError};
use nix::errno::Errno;
use nix::unistd::geteuid;

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
    /// What to do about it, or what to know besides; empty if there is nothing to say.
    pub(crate) hint: String,
    /// How the reason is written.
    pub(crate) style: Style,
}

/// Result of a command.
pub(crate) type Result<T> = std::result::Result<T, Failure>;

impl Failure {
    fn styled(status: Status, text: String, style: Style) -> Self {
        Failure {
            status,
            text,
            hint: String::new(),
            style,
        }
    }

    /// A failure with the program's name before it.
    pub(crate) fn new(status: Status, text: impl Into<String>) -> Self {
        Failure::styled(status, text.into(), Style::Prefixed)
    }

    /// The same with more to do about it, or to know.
    pub(crate) fn advise(mut self, advice: impl AsRef<str>) -> Self {
        let advice = advice.as_ref();
        if !self.hint.is_empty() && !advice.is_empty() {
            self.hint.push_str(": ");
        }
        self.hint.push_str(advice);
        self
    }

    /// One of which no more is to be said than why.
    pub(crate) fn failed(text: impl Into<String>) -> Self {
        Failure::new(Status::Failed, text)
    }

    /// What was named is not there.
    pub(crate) fn not_found(text: impl Into<String>) -> Self {
        Failure::new(Status::NotFound, text)
    }

    /// What was typed makes no sense.
    pub(crate) fn usage(text: impl Into<String>) -> Self {
        Failure::new(Status::Usage, text)
    }

    /// A failure as `ip netns` writes it.
    pub(crate) fn bare(status: Status, text: impl ToString) -> Self {
        Failure::styled(status, text.to_string(), Style::Bare)
    }

    /// A failure told in several lines, in which all that is not our own is printable already.
    pub(crate) fn lines(status: Status, text: impl Into<String>) -> Self {
        Failure::styled(status, text.into(), Style::Lines)
    }

    /// A failure that has been told already, or is none worth telling.
    pub(crate) fn silent(status: Status) -> Self {
        Failure::styled(status, String::new(), Style::Silent)
    }

    /// The client's error about `what`, for example "cannot list network namespaces".
    pub(crate) fn client(what: &str, error: &ClientError) -> Self {
        let (status, advice) = match error {
            ClientError::NotLoaded => (Status::NoModule, LOAD.to_owned()),
            ClientError::NotInitial => (Status::NoModule, OUTSIDE.to_owned()),
            ClientError::NoGroup(_) | ClientError::Malformed(_) => {
                (Status::Failed, VERSIONS.to_owned())
            }
            ClientError::Interrupted { .. } => (Status::Failed, AGAIN.to_owned()),
            ClientError::NoAnswer => (Status::Failed, LOG.to_owned()),
            other => by_errno(other.errno(), "CAP_NET_ADMIN in the initial user namespace"),
        };
        Failure::new(status, format!("{what}: {error}")).advise(advice)
    }

    /// The error of a namespace's file about `what`.
    pub(crate) fn netns(what: &str, error: &NetnsError) -> Self {
        let (mut status, mut advice) = match error {
            NetnsError::NoNamespace { .. } => (Status::NotFound, LISTS.to_owned()),
            NetnsError::Locked { .. } => (Status::Failed, LOCKS.to_owned()),
            other => by_errno(other.errno(), "CAP_SYS_ADMIN"),
        };
        let instead = match error {
            NetnsError::MountSys(_) => NO_SYSFS,
            NetnsError::UnshareMounts(_) | NetnsError::Enslave(_) => NO_MOUNTS,
            _ => "",
        };
        if !instead.is_empty() {
            // What is not there is /sys, and not what was looked for.
            status = if status == Status::Denied {
                status
            } else {
                Status::Failed
            };
            advice = instead.to_owned();
        }
        Failure::new(status, format!("{what}: {error}")).advise(advice)
    }

    /// The error of a request about a device to rtnetlink about `what`.
    pub(crate) fn link(what: &str, error: &LinkError) -> Self {
        let (status, advice) = match error.errno() {
            // It says so where something is switched off, and not what is missing.
            Some(Errno::EACCES | Errno::ENOENT) => (Status::Failed, String::new()),
            errno => by_errno(errno, "CAP_NET_ADMIN in the namespace"),
        };
        Failure::new(status, format!("{what}: {error}")).advise(advice)
    }

    /// The error of a search through all processes about `what`.
    pub(crate) fn holders(what: &str, error: &HoldersError) -> Self {
        let (status, advice) = match error {
            HoldersError::Read { errno, .. } => by_errno(Some(*errno), "CAP_SYS_PTRACE"),
            other => by_errno(Some(other.errno()), "CAP_SYS_ADMIN"),
        };
        // It is not the namespace that is not there.
        let status = if status == Status::NotFound {
            Status::Failed
        } else {
            status
        };
        Failure::new(status, format!("{what}: {error}")).advise(advice)
    }
}

/// As it is written on one line.
impl Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)?;
        match self.hint.as_str() {
            "" => Ok(()),
            hint => write!(f, ": {hint}"),
        }
    }
}

/// How to get out of a network namespace that is not the initial one.
pub(crate) const OUTSIDE: &str = "from inside a container, or of another network namespace, use 'nsenter -t 1 -n homeward ...', \
                       where process 1 is that of the host";
const VERSIONS: &str =
    "the module and this command may be of different versions: see 'homeward doctor'";
const AGAIN: &str = "try again when less is changing";
const LOG: &str = "try again; the kernel's log may say what it waits for ('dmesg')";
const LISTS: &str = "'homeward ls' lists network namespaces";
const LOCKS: &str = "try again, and if that does not help, end whoever does ('lslocks' shows who)";
const NO_SYSFS: &str = "use --no-sysfs, which leaves /sys as it is";
const NO_MOUNTS: &str = "use --no-sysfs --etc=off, which leave all mounts as they are";

/// What an errno means for the status, and for what to do.
fn by_errno(errno: Option<Errno>, capability: &str) -> (Status, String) {
    match errno {
        Some(Errno::EPERM | Errno::EACCES) => (Status::Denied, needs(capability)),
        Some(Errno::ENOENT | Errno::ENODEV | Errno::ESRCH) => (Status::NotFound, String::new()),
        Some(Errno::EMFILE) => (
            Status::Failed,
            "allow more open files ('ulimit -n')".to_owned(),
        ),
        Some(Errno::ENOMEM | Errno::ENOBUFS | Errno::ENFILE | Errno::EAGAIN) => {
            (Status::Failed, "try again".to_owned())
        }
        _ => (Status::Failed, String::new()),
    }
}

/// What to do about a capability that is missing: root has all of them, unless something took them away.
pub(crate) fn needs(capability: &str) -> String {
    let way = match geteuid().is_root() {
        true => "which root in a container lacks: run it outside",
        false => "so run it as root",
    };
    format!("this needs {capability}, {way}")
}

/// What to do to look at all processes, by one who may not.
pub(crate) fn to_see_all() -> &'static str {
    match geteuid().is_root() {
        false => "run it as root",
        true if in_initial_pid_namespace() && in_initial_user_namespace() => {
            "this needs CAP_SYS_PTRACE"
        }
        true => "run it in the initial pid and user namespaces",
    }
}

/// What to do to ask the sockets of others, by one who may look at all processes.
pub(crate) fn to_ask_all() -> &'static str {
    let scope = fs::read("/proc/sys/kernel/yama/ptrace_scope");
    to_ask(&scope.unwrap_or_default())
}

/// The same, with Yama's setting.
fn to_ask(ptrace_scope: &[u8]) -> &'static str {
    match ptrace_scope.trim_ascii() {
        // Nobody may attach to another (YAMA_SCOPE_NO_ATTACH), which pidfd_getfd(2) takes.
        b"3" => {
            "nobody may ask them while kernel.yama.ptrace_scope is 3, which only a reboot lowers"
        }
        _ => to_see_all(),
    }
}

/// Why the module does not tell, with what to do, if one can do without it.
pub(crate) fn why_silent(error: &ClientError) -> Option<String> {
    match error {
        ClientError::NotLoaded => Some(format!("{error}: {LOAD}")),
        ClientError::NotInitial => Some(error.to_string()),
        other if other.errno() == Some(Errno::EPERM) => Some(
            "the module answers only those with CAP_NET_ADMIN in the initial user namespace: run it \
             as root"
                .to_owned(),
        ),
        _ => None,
    }
}

/// An error of the system without its number.
pub(crate) fn reason(error: &io::Error) -> String {
    in_words(error.raw_os_error().map(Errno::from_raw), error)
}

/// The kernel's words for an errno, or else those of the error itself.
pub(crate) fn in_words(errno: Option<Errno>, error: &impl Display) -> String {
    errno.map_or_else(|| error.to_string(), |errno| errno.desc().to_owned())
}

#[cfg(test)]
mod tests;
