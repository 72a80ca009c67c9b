// SPDX-License-Identifier: MIT OR Apache-2.0

//! A request and all that answers it.

use std::thread;
use std::time::Duration;

use crate::error::{Error, Malformed, Result};
use crate::socket::Transport;
use crate::wire::{self, messages, Argument, Message, MessageKind, Mode, Operation, Request};

/// How often a list is read when it changes meanwhile.
pub(crate) const ATTEMPTS: u32 = 8;
/// The kernel answers at once, or a teardown that holds its locks is stuck.
const PATIENCE: Duration = Duration::from_secs(30);

/// Makes an answer of its attributes.
pub(crate) type Parse<T> = fn(&[u8]) -> std::result::Result<T, Malformed>;

/// A list that may have changed while it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dump<T> {
    /// What the kernel sent.
    pub items: Vec<T>,
    /// Whether the list was the same from the first item to the last.
    pub consistent: bool,
}

/// Asks for one thing.
pub(crate) fn one<T>(
    socket: &mut impl Transport,
    operation: Operation,
    arguments: &[Argument],
    parse: Parse<T>,
) -> Result<T> {
    let request = Request::new(operation, Mode::Do, socket.next_seq(), arguments)?;
    transact(socket, &request, parse)
}

/// Asks for a list, again and again if it changes meanwhile.
pub(crate) fn dump<T>(
    socket: &mut impl Transport,
    operation: Operation,
    arguments: &[Argument],
    parse: Parse<T>,
) -> Result<Dump<T>> {
    let mut attempt = 1;
    loop {
        let request = Request::new(operation, Mode::Dump, socket.next_seq(), arguments)?;
        let dump = dump_once(socket, &request, parse)?;
        if dump.consistent || attempt == ATTEMPTS {
            return Ok(dump);
        }
        // A burst of changes is often over after a moment.
        thread::sleep(Duration::from_millis(u64::from(attempt)));
        attempt += 1;
    }
}

/// Sends a request and waits for its one answer and the acknowledgement.
pub(crate) fn transact<T>(
    socket: &mut impl Transport,
    request: &Request,
    parse: Parse<T>,
) -> Result<T> {
    let mut answer = None;
    exchange(socket, request, |_, kind| match kind {
        MessageKind::Family { attrs, .. } => {
            answer = Some(parse(attrs));
            Ok(None)
        }
        MessageKind::Ack(ack) => Ok(Some(ack)),
        _ => Ok(None),
    })?;
    Ok(answer.ok_or(Malformed("acknowledgement without answer"))??)
}

/// Sends a request for a list and reads it to its end, whatever is in it: the kernel keeps a dump
/// open until then.
fn dump_once<T>(
    socket: &mut impl Transport,
    request: &Request,
    parse: Parse<T>,
) -> Result<Dump<T>> {
    let mut consistent = true;
    let mut items = Ok(Vec::new());
    exchange(socket, request, |message, kind| {
        consistent &= !message.dump_interrupted();
        match kind {
            MessageKind::Family { attrs, .. } => {
                match (&mut items, parse(attrs)) {
                    (Ok(items), Ok(item)) => items.push(item),
                    (Ok(_), Err(error)) => items = Err(error),
                    (Err(_), _) => {}
                }
                Ok(None)
            }
            MessageKind::Ack(ack) | MessageKind::Done(ack) => Ok(Some(ack)),
            MessageKind::Overrun => Err(Malformed("list that ran over")),
            MessageKind::Noop => Ok(None),
        }
    })?;
    let items = items?;
    Ok(Dump { items, consistent })
}

/// Sends a request and hands every message that answers it to `take`, until that gives the
/// acknowledgement.
fn exchange(
    socket: &mut impl Transport,
    request: &Request,
    mut take: impl FnMut(
        &Message<'_>,
        MessageKind<'_>,
    ) -> std::result::Result<Option<wire::Ack>, Malformed>,
) -> Result<()> {
    let (port, seq) = (socket.port(), request.seq());
    socket.send(request.bytes())?;
    loop {
        let datagram = socket.receive(Some(PATIENCE))?.ok_or(Error::NoAnswer)?;
        for message in messages(datagram) {
            let message = message?;
            // What is left of a request that was given up.
            if message.seq != seq || message.port != port {
                continue;
            }
            if let Some(ack) = take(&message, message.parse()?)? {
                return Ok(request.judge(ack)?);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use homeward_abi::ns;
    use nix::errno::Errno;

    use super::*;
    use crate::wire::fixture::{attr, message, PORT};

    const FAMILY: u16 = 40;
    const DONE: u16 = 3;
    const ERROR: u16 = 2;
    const MULTI: u16 = 2;
    const INTERRUPTED: u16 = 0x10 | MULTI;

    /// Answers with what it was told to, and with nothing else.
    struct Script {
        seq: u32,
        datagrams: VecDeque<Vec<u8>>,
        current: Vec<u8>,
    }

    impl Transport for Script {
        fn port(&self) -> u32 {
            PORT
        }
        fn next_seq(&mut self) -> u32 {
            self.seq += 1;
            self.seq
        }
        fn send(&self, _: &[u8]) -> Result<()> {
            Ok(())
        }
        fn receive(&mut self, _: Option<Duration>) -> Result<Option<&[u8]>> {
            let next = self.datagrams.pop_front();
            Ok(next.map(|next| {
                self.current = next;
                self.current.as_slice()
            }))
        }
    }

    fn script(datagrams: impl IntoIterator<Item = Vec<u8>>) -> Script {
        Script {
            seq: 0,
            datagrams: datagrams.into_iter().collect(),
            current: Vec::new(),
        }
    }

    fn item(flags: u16, seq: u32, cookie: u32) -> Vec<u8> {
        let cookie = attr(ns::COOKIE, &cookie.to_ne_bytes());
        message(FAMILY, flags, seq, &[vec![1, 1, 0, 0], cookie].concat())
    }

    fn done(flags: u16, seq: u32) -> Vec<u8> {
        message(DONE, flags, seq, &0i32.to_ne_bytes())
    }

    fn ack(seq: u32, errno: i32) -> Vec<u8> {
        let request = [0; 16];
        message(
            ERROR,
            0,
            seq,
            &[&errno.to_ne_bytes(), request.as_slice()].concat(),
        )
    }

    fn list(script: &mut Script) -> Result<Dump<u64>> {
        let cookie: Parse<u64> = |bytes| wire::namespace(bytes).map(|made| made.cookie);
        dump(script, Operation::ns_get(FAMILY), &[], cookie)
    }

    fn ask(script: &mut Script) -> Result<u64> {
        let cookie: Parse<u64> = |bytes| wire::namespace(bytes).map(|made| made.cookie);
        one(script, Operation::ns_get(FAMILY), &[], cookie)
    }

    #[test]
    fn a_list_is_all_items_up_to_its_end() {
        let first = [item(MULTI, 1, 7), item(MULTI, 1, 9)].concat();
        let dump = list(&mut script([first, item(MULTI, 1, 12), done(MULTI, 1)])).unwrap();
        assert_eq!(dump.items, [7, 9, 12]);
        assert!(dump.consistent);
    }

    #[test]
    fn a_list_that_changed_is_read_again() {
        for first in [
            [item(INTERRUPTED, 1, 7), done(MULTI, 1)],
            [item(MULTI, 1, 7), done(INTERRUPTED, 1)],
        ] {
            let datagrams = [first.concat(), item(MULTI, 2, 8), done(MULTI, 2)];
            let dump = list(&mut script(datagrams)).unwrap();
            assert_eq!(dump.items, [8]);
            assert!(dump.consistent);
        }
    }

    #[test]
    fn a_list_that_keeps_changing_is_given_as_it_is_and_says_so() {
        let datagrams = (1..=ATTEMPTS).map(|seq| [item(MULTI, seq, seq), done(INTERRUPTED, seq)]);
        let dump = list(&mut script(datagrams.map(|pair| pair.concat()))).unwrap();
        assert_eq!(dump.items, [u64::from(ATTEMPTS)]);
        assert!(!dump.consistent);
    }

    #[test]
    fn a_bad_item_spoils_the_list_only_after_that_was_read_to_its_end() {
        let bad = message(FAMILY, MULTI, 1, &[1, 1, 0, 0]);
        let mut script = script([bad, item(MULTI, 1, 7), done(MULTI, 1)]);
        assert!(matches!(list(&mut script), Err(Error::Malformed(_))));
        assert!(script.datagrams.is_empty());
    }

    #[test]
    fn a_refused_list_is_a_refusal() {
        let error = list(&mut script([ack(1, -1)])).unwrap_err();
        assert_eq!(error.errno(), Some(Errno::EPERM));
        let end = message(DONE, MULTI, 1, &(-2i32).to_ne_bytes());
        let error = list(&mut script([end])).unwrap_err();
        assert_eq!(error.errno(), Some(Errno::ENOENT));
    }

    #[test]
    fn what_answers_something_else_is_skipped() {
        let mut foreign = item(0, 1, 5);
        foreign[12..16].copy_from_slice(&(PORT + 1).to_ne_bytes());
        let datagrams = [item(0, 9, 6), foreign, item(0, 1, 7), ack(1, 0)];
        assert_eq!(ask(&mut script(datagrams)).unwrap(), 7);
    }

    #[test]
    fn an_acknowledgement_without_answer_and_silence_are_errors() {
        let error = ask(&mut script([ack(1, 0)])).unwrap_err();
        assert!(matches!(error, Error::Malformed(_)));
        let error = ask(&mut script([item(0, 1, 7)])).unwrap_err();
        assert!(matches!(error, Error::NoAnswer));
    }
}
