// SPDX-License-Identifier: MIT OR Apache-2.0

//! Messages made by hand, and a kernel that answers with them: for tests, here and in other crates.

#![allow(clippy::expect_used, reason = "tests")]

use std::collections::VecDeque;
use std::time::Instant;

use neli::consts::nl::Nlmsg;

use crate::Transport;

/// The port that messages are for.
pub const PORT: u32 = 77;

/// An attribute.
pub fn attr(kind: u16, payload: &[u8]) -> Vec<u8> {
    crate::attribute(kind, payload).expect("an attribute that is not too long")
}

/// A message.
pub fn message(kind: u16, flags: u16, seq: u32, payload: &[u8]) -> Vec<u8> {
    let len = u32::try_from(payload.len() + 16).expect("a message that is not too long");
    let mut bytes = len.to_ne_bytes().to_vec();
    bytes.extend_from_slice(&kind.to_ne_bytes());
    bytes.extend_from_slice(&flags.to_ne_bytes());
    bytes.extend_from_slice(&seq.to_ne_bytes());
    bytes.extend_from_slice(&PORT.to_ne_bytes());
    bytes.extend_from_slice(payload);
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    bytes
}

/// The end of a list, with the errno of a refusal or 0.
pub fn done(flags: u16, seq: u32, errno: i32) -> Vec<u8> {
    let code = errno.wrapping_neg().to_ne_bytes();
    message(Nlmsg::Done.into(), flags, seq, &code)
}

/// An acknowledgement, with the errno of a refusal or 0.
pub fn ack(seq: u32, errno: i32) -> Vec<u8> {
    let code = errno.wrapping_neg().to_ne_bytes();
    let body = [code.as_slice(), &[0; 16]].concat();
    message(Nlmsg::Error.into(), 0, seq, &body)
}

/// Answers with what it was told to, and with nothing else. The first request has the number 1.
#[derive(Debug)]
pub struct Script {
    seq: u32,
    datagrams: VecDeque<Vec<u8>>,
    current: Vec<u8>,
}

impl Script {
    /// Answers with these datagrams.
    pub fn new(datagrams: impl IntoIterator<Item = Vec<u8>>) -> Self {
        Script {
            seq: 0,
            datagrams: datagrams.into_iter().collect(),
            current: Vec::new(),
        }
    }

    /// Whether all of them were received.
    pub fn is_empty(&self) -> bool {
        self.datagrams.is_empty()
    }
}

impl Transport for Script {
    fn port(&self) -> u32 {
        PORT
    }

    fn next_seq(&mut self) -> u32 {
        self.seq += 1;
        self.seq
    }

    fn send(&self, _: &[u8]) -> nix::Result<()> {
        Ok(())
    }

    fn receive(&mut self, _: Option<Instant>) -> nix::Result<Option<&[u8]>> {
        let next = self.datagrams.pop_front();
        Ok(next.map(|next| {
            self.current = next;
            self.current.as_slice()
        }))
    }
}
