// SPDX-License-Identifier: MIT OR Apache-2.0

//! What can go wrong as a whole. What cannot be seen of a single process is no error, but is counted
//! ([`crate::Blind`]).

use std::path::PathBuf;

use nix::errno::Errno;

/// Result of this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// What can go wrong.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A directory or file of /proc could not be read.
    #[error("cannot read {}: {}", .path.display(), .errno.desc())]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        errno: Errno,
    },
    /// The open file is no network namespace.
    #[error("cannot tell which network namespace is open: {}", .errno.desc())]
    Unknown {
        /// Why.
        errno: Errno,
    },
}

impl Error {
    /// Why.
    pub fn errno(&self) -> Errno {
        match self {
            Error::Read { errno, .. } | Error::Unknown { errno } => *errno,
        }
    }
}
