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
    /// A mount namespace could not be entered.
    #[error("cannot enter the mount namespace: {}", .errno.desc())]
    Enter {
        /// Why.
        errno: Errno,
    },
    /// No network namespace is mounted there.
    #[error("no network namespace is mounted at {}", .path.display())]
    NotMounted {
        /// Where.
        path: PathBuf,
    },
    /// A network namespace, or what covers it, could not be unmounted.
    #[error("cannot unmount {}: {}", .path.display(), .errno.desc())]
    Unmount {
        /// Where it is.
        path: PathBuf,
        /// Why.
        errno: Errno,
    },
    /// The file below a mount could not be removed.
    #[error("cannot remove {}: {}", .path.display(), .errno.desc())]
    Remove {
        /// Which.
        path: PathBuf,
        /// Why.
        errno: Errno,
    },
    /// The file below a mount has something in it.
    #[error("{} is not removed: it is not an empty file", .path.display())]
    InUse {
        /// Which.
        path: PathBuf,
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
            Error::Read { errno, .. }
            | Error::Enter { errno }
            | Error::Unmount { errno, .. }
            | Error::Remove { errno, .. }
            | Error::Unknown { errno } => *errno,
            Error::NotMounted { .. } => Errno::EINVAL,
            Error::InUse { .. } => Errno::ENOTEMPTY,
        }
    }
}
