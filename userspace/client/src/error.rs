// SPDX-License-Identifier: MIT OR Apache-2.0

//! What can go wrong between this crate and the kernel.

use std::fmt;

use nix::errno::Errno;

pub use homeward_netlink::Malformed;

/// Result of this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// What can go wrong between this crate and the kernel.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The family is not there, and neither is the module.
    #[error("the kernel module homeward is not loaded")]
    NotLoaded,
    /// The module is loaded, but its family exists in the initial network namespace only.
    #[error("the family homeward can be reached from the initial network namespace only")]
    NotInitial,
    /// The family has no group of that name.
    #[error("the family homeward has no group {0}")]
    NoGroup(&'static str),
    /// The kernel refused a request.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Namespaces or devices came and went during each of several tries to list them.
    #[error("the list changed while it was read, {attempts} times in a row")]
    Interrupted {
        /// How often it was tried.
        attempts: u32,
    },
    /// The request cannot be put into bytes.
    #[error("request cannot be sent: {0}")]
    Unsendable(#[from] Unsendable),
    /// The kernel sent something that this crate cannot read.
    #[error("bad message from the kernel: {0}")]
    Malformed(#[from] Malformed),
    /// The kernel did not answer in time.
    #[error("no answer from the kernel")]
    NoAnswer,
    /// A system call failed.
    #[error("{what}: {}", .errno.desc())]
    System {
        /// What was being done.
        what: &'static str,
        /// Why it failed.
        errno: Errno,
    },
}

impl Error {
    pub(crate) fn system(what: &'static str) -> impl FnOnce(Errno) -> Error {
        move |errno| Error::System { what, errno }
    }

    /// The errno behind this error, if there is one.
    pub fn errno(&self) -> Option<Errno> {
        match self {
            Error::Refused(refusal) => Some(refusal.errno),
            Error::System { errno, .. } => Some(*errno),
            _ => None,
        }
    }
}

impl From<homeward_netlink::Error> for Error {
    fn from(error: homeward_netlink::Error) -> Self {
        match error {
            homeward_netlink::Error::Send(errno) => {
                Error::system("cannot send to the kernel")(errno)
            }
            homeward_netlink::Error::Receive(errno) => {
                Error::system("cannot receive from the kernel")(errno)
            }
            homeward_netlink::Error::NoAnswer => Error::NoAnswer,
            homeward_netlink::Error::Malformed(malformed) => malformed.into(),
        }
    }
}

/// A request that the kernel refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Name of the operation, as in the specification of the family.
    pub operation: &'static str,
    /// Why.
    pub errno: Errno,
    /// Why, in the kernel's own words (extended ACK).
    pub message: Option<String>,
    /// Name of the attribute that is wrong or missing, as in the specification of the family.
    pub attribute: Option<String>,
    /// Number of the setting that the attribute belongs to, if it does.
    pub setting: Option<u32>,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} refused: ", self.operation)?;
        match &self.message {
            Some(message) => write!(f, "{message} ({})", self.errno.desc())?,
            None => f.write_str(self.errno.desc())?,
        }
        match &self.attribute {
            Some(attribute) => write!(f, ", attribute {attribute}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Refusal {}

/// Why a request cannot be put into bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unsendable(pub &'static str);
