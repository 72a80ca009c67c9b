// SPDX-License-Identifier: GPL-2.0-only

//! What can go wrong while something is measured.

use nix::errno::Errno;
use std::io;

/// A result, or what went wrong.
pub(crate) type Result<T> = std::result::Result<T, Error>;

/// What went wrong.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// A system call or a file.
    #[error("cannot {doing}: {source}")]
    Io {
        /// What was being done.
        doing: String,
        /// Why not.
        source: io::Error,
    },
    /// The module, or the way to it.
    #[error("the module: {0}")]
    Client(#[from] homeward_client::Error),
    /// Names of namespaces.
    #[error(transparent)]
    Netns(#[from] homeward_netns::Error),
    /// Numbers of namespaces.
    #[error("the number of a namespace: {0}")]
    Nsid(#[from] homeward_netns::NsidError),
    /// Devices.
    #[error("a device: {0}")]
    Link(#[from] homeward_netns::LinkError),
    /// A program that failed.
    #[error("{program}: {what}")]
    Program {
        /// Which one, with its words.
        program: String,
        /// What came of it.
        what: String,
    },
    /// Something that should have come, and did not.
    #[error("{0}: not in time")]
    Late(String),
    /// Anything else.
    #[error("{0}")]
    Other(String),
}

impl Error {
    /// For `map_err`, with what was being done.
    pub(crate) fn io(doing: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let doing = doing.into();
        |source| Error::Io { doing, source }
    }

    /// The same for errors of system calls.
    pub(crate) fn sys(doing: impl Into<String>) -> impl FnOnce(Errno) -> Self {
        let doing = doing.into();
        |errno| Error::Io {
            doing,
            source: errno.into(),
        }
    }

    /// Anything else.
    pub(crate) fn other(text: impl Into<String>) -> Self {
        Error::Other(text.into())
    }
}
