// SPDX-License-Identifier: MIT OR Apache-2.0

//! What can go wrong, in the words of `ip netns`.

use std::io;
use std::path::PathBuf;

use nix::errno::Errno;

/// Result of this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// What can go wrong.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "each says in its message what it is")]
pub enum Error {
    #[error("mkdir {} failed: {}", .path.display(), .errno.desc())]
    MakeDirectory { path: PathBuf, errno: Errno },
    #[error("Cannot open netns runtime directory \"{}\": {}", .path.display(), .errno.desc())]
    OpenDirectory { path: PathBuf, errno: Errno },
    #[error("Cannot flock netns runtime directory \"{}\": {}", .path.display(), .errno.desc())]
    Lock { path: PathBuf, errno: Errno },
    #[error("somebody holds the lock on {}", .path.display())]
    Locked { path: PathBuf },
    #[error("mount --make-shared {} failed: {}", .path.display(), .errno.desc())]
    Share { path: PathBuf, errno: Errno },
    #[error("mount --bind {0} {0} failed: {1}", .path.display(), .errno.desc())]
    MakeMountPoint { path: PathBuf, errno: Errno },
    #[error("Cannot create namespace file \"{}\": {}", .path.display(), .errno.desc())]
    Create { path: PathBuf, errno: Errno },
    #[error("Failed to create a new network namespace \"{name}\": {}", .errno.desc())]
    Unshare { name: String, errno: Errno },
    #[error("Bind {} -> {} failed: {}", .from.display(), .to.display(), .errno.desc())]
    Bind {
        from: PathBuf,
        to: PathBuf,
        errno: Errno,
    },
    #[error("Cannot remove namespace file \"{}\": {}", .path.display(), .errno.desc())]
    Remove { path: PathBuf, errno: Errno },
    #[error("Cannot open network namespace \"{name}\": {}", .errno.desc())]
    Open { name: String, errno: Errno },
    #[error("\"{name}\" is not a network namespace")]
    NoNamespace { name: String },
    #[error("setting the network namespace \"{name}\" failed: {}", .errno.desc())]
    Enter { name: String, errno: Errno },
    #[error("unshare failed: {}", .0.desc())]
    UnshareMounts(Errno),
    #[error("\"mount --make-rslave /\" failed: {}", .0.desc())]
    Enslave(Errno),
    #[error("mount of /sys failed: {}", .0.desc())]
    MountSys(Errno),
    #[error("cannot read {}: {}", .path.display(), .errno.desc())]
    Read { path: PathBuf, errno: Errno },
    #[error("{what} failed: {}", .errno.desc())]
    System { what: &'static str, errno: Errno },
}

impl Error {
    /// Why.
    pub fn errno(&self) -> Option<Errno> {
        match self {
            Error::MakeDirectory { errno, .. }
            | Error::OpenDirectory { errno, .. }
            | Error::Lock { errno, .. }
            | Error::Share { errno, .. }
            | Error::MakeMountPoint { errno, .. }
            | Error::Create { errno, .. }
            | Error::Unshare { errno, .. }
            | Error::Bind { errno, .. }
            | Error::Remove { errno, .. }
            | Error::Open { errno, .. }
            | Error::Enter { errno, .. }
            | Error::Read { errno, .. }
            | Error::System { errno, .. }
            | Error::UnshareMounts(errno)
            | Error::Enslave(errno)
            | Error::MountSys(errno) => Some(*errno),
            Error::NoNamespace { .. } | Error::Locked { .. } => None,
        }
    }
}

/// The errno in an error of the standard library.
pub fn errno_of(error: &io::Error) -> Errno {
    error.raw_os_error().map_or(Errno::EIO, Errno::from_raw)
}
