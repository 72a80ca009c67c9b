// SPDX-License-Identifier: MIT OR Apache-2.0

//! What can go wrong on the way to the kernel and back.

use nix::errno::Errno;

/// Result of an exchange.
pub type Result<T> = std::result::Result<T, Error>;

/// Why the kernel's verdict on a request is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The request could not be sent.
    #[error("cannot send to the kernel: {}", .0.desc())]
    Send(Errno),
    /// The answer could not be received.
    #[error("cannot receive from the kernel: {}", .0.desc())]
    Receive(Errno),
    /// The kernel did not answer in time.
    #[error("no answer from the kernel")]
    NoAnswer,
    /// The kernel sent something that cannot be read.
    #[error("bad message from the kernel: {0}")]
    Malformed(#[from] Malformed),
}

/// What is wrong with a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Malformed(pub &'static str);
