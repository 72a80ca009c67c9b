// SPDX-License-Identifier: MIT OR Apache-2.0

//! A request and all that answers it.

use std::time::{Duration, Instant};

use neli::consts::nl::{NlmF, Nlmsg};

use crate::message::{messages, request, Ack};
use crate::{Error, Malformed, Result};

/// The kernel answers at once, or somebody holds its lock for ever.
const PATIENCE: Duration = Duration::from_secs(30);

/// What became of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// How the kernel judged it.
    pub ack: Ack,
    /// Whether nothing changed while the kernel made a list.
    pub consistent: bool,
}

/// What carries requests to the kernel and answers back: nothing but what the kernel sent.
pub trait Transport {
    /// The port that answers carry.
    fn port(&self) -> u32;

    /// The next sequence number; never 0, which notifications carry.
    fn next_seq(&mut self) -> u32;

    /// Sends a datagram to the kernel.
    fn send(&self, datagram: &[u8]) -> nix::Result<()>;

    /// Waits for a datagram from the kernel, for ever without a deadline. None when time is up.
    ///
    /// ENOBUFS when the kernel had something to send and there was no room; EMSGSIZE for a datagram that
    /// is longer than any that the kernel makes.
    fn receive(&mut self, deadline: Option<Instant>) -> nix::Result<Option<&[u8]>>;

    /// Sends a request, and gives `each` the type and the payload of every message that answers it, until
    /// the kernel's verdict.
    ///
    /// What `each` cannot read makes the exchange fail only after a good verdict: the kernel keeps a list
    /// open until it is read to its end. A refusal is no failure of the exchange.
    fn exchange(
        &mut self,
        kind: u16,
        flags: NlmF,
        body: &[u8],
        mut each: impl FnMut(u16, &[u8]) -> std::result::Result<(), Malformed>,
    ) -> Result<Outcome> {
        let (seq, port) = (self.next_seq(), self.port());
        let request = request(kind, flags, seq, body);
        self.send(&request).map_err(Error::Send)?;
        let (mut read, mut consistent) = (Ok(()), true);
        loop {
            let deadline = Instant::now().checked_add(PATIENCE);
            let datagram = self.receive(deadline).map_err(Error::Receive)?;
            for message in messages(datagram.ok_or(Error::NoAnswer)?) {
                let message = message?;
                // What is left of a request that was given up.
                if !message.answers(seq, port) {
                    continue;
                }
                consistent &= !message.dump_interrupted();
                if let Some(ack) = message.ack()? {
                    if ack.errno.is_none() {
                        read?;
                    }
                    return Ok(Outcome { ack, consistent });
                }
                if Nlmsg::from(message.kind) != Nlmsg::Noop {
                    read = read.and(each(message.kind, message.payload));
                }
            }
        }
    }
}

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests {
    use super::*;
    use crate::script::{ack, done, message, Script, PORT};
    use nix::errno::Errno;

    const MULTI: u16 = 2;
    const INTERRUPTED: u16 = 0x10 | MULTI;

    fn item(flags: u16, seq: u32, body: u8) -> Vec<u8> {
        message(40, flags, seq, &[body; 4])
    }

    /// What came of a list, and the first byte of each answer, of which 0 makes no sense.
    fn list(script: &mut Script) -> (Result<Outcome>, Vec<u8>) {
        let mut seen = Vec::new();
        let outcome = script.exchange(40, NlmF::DUMP, &[], |_, body| {
            seen.push(body[0]);
            if body[0] == 0 {
                Err(Malformed("nothing"))
            } else {
                Ok(())
            }
        });
        (outcome, seen)
    }

    fn answered(datagrams: impl IntoIterator<Item = Vec<u8>>) -> (Result<Outcome>, Vec<u8>) {
        list(&mut Script::new(datagrams))
    }

    #[test]
    fn an_answer_is_all_messages_up_to_its_end() {
        let first = [item(MULTI, 1, 7), item(MULTI, 1, 9)].concat();
        let late = item(MULTI, 1, 13);
        let end = [done(MULTI, 1, 0), late].concat();
        let (outcome, seen) = answered([first, item(MULTI, 1, 12), end]);
        assert_eq!(seen, [7, 9, 12]);
        let (ack, consistent) = (Ack::default(), true);
        assert_eq!(outcome, Ok(Outcome { ack, consistent }));
    }

    #[test]
    fn a_list_that_changed_says_so_in_a_message_or_at_the_end() {
        let consistent = |flags: [u16; 2]| {
            let datagrams = [item(flags[0], 1, 7), done(flags[1], 1, 0)];
            answered(datagrams).0.unwrap().consistent
        };
        assert!(consistent([MULTI, MULTI]));
        assert!(!consistent([INTERRUPTED, MULTI]));
        assert!(!consistent([MULTI, INTERRUPTED]));
        // What is for somebody else says nothing of it.
        let datagrams = [item(INTERRUPTED, 9, 7), done(MULTI, 1, 0)];
        assert!(answered(datagrams).0.unwrap().consistent);
    }

    #[test]
    fn a_refusal_ends_an_answer() {
        let errno = |end| answered([end]).0.unwrap().ack.errno;
        assert_eq!(errno(ack(1, 1)), Some(Errno::EPERM));
        assert_eq!(errno(done(MULTI, 1, 2)), Some(Errno::ENOENT));
    }

    #[test]
    fn what_cannot_be_read_fails_only_after_a_good_end() {
        let mut script = Script::new([item(2, 1, 0), item(2, 1, 7), done(2, 1, 0)]);
        let (outcome, seen) = list(&mut script);
        assert_eq!(outcome, Err(Malformed("nothing").into()));
        assert_eq!(seen.len(), 2);
        assert!(script.is_empty());
        let (outcome, _) = answered([item(2, 1, 0), done(2, 1, 2)]);
        assert_eq!(outcome.unwrap().ack.errno, Some(Errno::ENOENT));
    }

    #[test]
    fn what_answers_something_else_is_skipped() {
        let foreign = |mut message: Vec<u8>| {
            message[12..16].copy_from_slice(&(PORT + 1).to_ne_bytes());
            message
        };
        let (outcome, seen) = answered([
            item(0, 9, 6),
            ack(9, 17),
            foreign(item(0, 1, 5)),
            [foreign(ack(1, 17)), item(0, 1, 7), ack(1, 19)].concat(),
        ]);
        assert_eq!(seen, [7]);
        assert_eq!(outcome.unwrap().ack.errno, Some(Errno::ENODEV));
    }

    #[test]
    fn silence_and_a_message_that_means_nothing_are_no_verdict() {
        let nothing = message(1, 0, 1, &[3]);
        let (outcome, seen) = answered([item(0, 1, 7), nothing]);
        assert_eq!((outcome, seen), (Err(Error::NoAnswer), vec![7]));
    }
}
