// SPDX-License-Identifier: MIT OR Apache-2.0

//! Requests of arbitrary bytes, for tests of the kernel module.

use homeward_netlink::Ack;
use nix::errno::Errno;

use super::Client;
use crate::error::Result;
use crate::exchange;
use crate::wire::{Mode, Operation, HEADERS};

/// How the kernel judged a request of arbitrary bytes, and what it answered.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Verdict {
    /// Why it was refused. None when it was granted.
    pub errno: Option<Errno>,
    /// Why, in the kernel's own words (extended ACK).
    pub message: Option<String>,
    /// Where in the bytes that were sent the attribute begins that is wrong.
    pub offset: Option<usize>,
    /// Number of the attribute that is missing.
    pub missing: Option<u16>,
    /// The attributes of each answer.
    pub answers: Vec<Vec<u8>>,
}

impl Verdict {
    fn new(ack: Ack, answers: Vec<Vec<u8>>) -> Self {
        Verdict {
            errno: ack.errno,
            message: ack.message,
            offset: ack.offset.and_then(|offset| offset.checked_sub(HEADERS)),
            missing: ack.missing,
            answers,
        }
    }
}

impl Client {
    /// Sends `attributes`, which may be any bytes, with the operation `command`, as a dump or not.
    /// For tests of the kernel module only.
    ///
    /// An answer to `ns-open` has an open descriptor in it, which is the caller's to close. An error
    /// is only what keeps the verdict from coming; a refusal is no error here.
    pub fn raw(&mut self, command: u8, dump: bool, attributes: &[u8]) -> Result<Verdict> {
        let operation = Operation::new(self.family.id, command);
        let mode = if dump { Mode::Dump } else { Mode::Do };
        let (ack, answers) = exchange::raw(&mut self.socket, operation, mode, attributes)?;
        Ok(Verdict::new(ack, answers))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_offset_counts_from_the_first_attribute() {
        let ack = |offset| Ack {
            offset: Some(offset),
            ..Ack::default()
        };
        assert_eq!(Verdict::new(ack(32), Vec::new()).offset, Some(12));
        // In a header there is no attribute.
        assert_eq!(Verdict::new(ack(16), Vec::new()).offset, None);
    }
}
