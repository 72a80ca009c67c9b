// SPDX-License-Identifier: MIT OR Apache-2.0

//! A request and all that answers it.

use std::os::fd::{FromRawFd, OwnedFd, RawFd};
use std::thread;
use std::time::Duration;

#[cfg(any(test, feature = "raw"))]
use homeward_netlink::Ack;
use homeward_netlink::{Outcome, Transport};

use crate::error::{Malformed, Result};
use crate::wire::{self, Argument, Message, Mode, Operation, Request};

/// How often a list is read when it changes meanwhile.
pub(crate) const ATTEMPTS: u32 = 8;

const NO_ANSWER: Malformed = Malformed("acknowledgement without answer");

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
    let request = Request::new(operation, Mode::Do, arguments)?;
    transact(socket, &request, parse)
}

/// Asks for something to be done that has no answer.
pub(crate) fn act(
    socket: &mut impl Transport,
    operation: Operation,
    arguments: &[Argument],
) -> Result<()> {
    let request = Request::new(operation, Mode::Do, arguments)?;
    exchange(socket, &request, |_| Ok(())).map(drop)
}

/// Sends bytes in the place of attributes. Gives the acknowledgement, and the attributes of each
/// answer.
#[cfg(any(test, feature = "raw"))]
pub(crate) fn raw(
    socket: &mut impl Transport,
    operation: Operation,
    mode: Mode,
    attributes: &[u8],
) -> Result<(Ack, Vec<Vec<u8>>)> {
    let mut request = Request::new(operation, mode, &[])?;
    request.append(attributes);
    let mut answers = Vec::new();
    let outcome = converse(socket, &request, |message| {
        answers.push(message.attrs.to_owned());
        Ok(())
    })?;
    Ok((outcome.ack, answers))
}

/// Asks for a list, again and again if it changes meanwhile.
pub(crate) fn dump<T>(
    socket: &mut impl Transport,
    operation: Operation,
    arguments: &[Argument],
    parse: Parse<T>,
) -> Result<Dump<T>> {
    let request = Request::new(operation, Mode::Dump, arguments)?;
    let mut attempt = 1;
    loop {
        let mut items = Vec::new();
        let consistent = exchange(socket, &request, |message| {
            items.push(parse(message.attrs)?);
            Ok(())
        })?;
        if consistent || attempt == ATTEMPTS {
            return Ok(Dump { items, consistent });
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
    exchange(socket, request, |message| {
        answer = Some(parse(message.attrs)?);
        Ok(())
    })?;
    Ok(answer.ok_or(NO_ANSWER)?)
}

/// Asks for a descriptor, and owns it.
pub(crate) fn open(
    socket: &mut impl Transport,
    operation: Operation,
    arguments: &[Argument],
) -> Result<OwnedFd> {
    let request = Request::new(operation, Mode::Do, arguments)?;
    let mut answer = None;
    exchange(socket, &request, |message| {
        let expected = (operation.family, operation.command) == (message.family, message.command);
        // At once, so that the descriptor is closed whatever comes after it; and only once.
        if expected && answer.is_none() {
            answer = Some(wire::descriptor(message.attrs).map(adopt));
        }
        Ok(())
    })?;
    Ok(answer.ok_or(NO_ANSWER)??)
}

#[expect(
    unsafe_code,
    reason = "the kernel hands out a descriptor as a number only"
)]
fn adopt(fd: RawFd) -> OwnedFd {
    // SAFETY: The kernel opened this descriptor for this process in answer to the one request that
    // is being answered (`Transport` gives nothing but what the kernel sent), so it is open and
    // nobody else owns it. `open()` adopts one for each request. It is not -1, see
    // `wire::descriptor()`.
    unsafe { OwnedFd::from_raw_fd(fd) }
}

/// Sends a request, gives `each` every message that answers it, and judges it. False when a list changed
/// meanwhile.
fn exchange(
    socket: &mut impl Transport,
    request: &Request,
    each: impl FnMut(Message<'_>) -> std::result::Result<(), Malformed>,
) -> Result<bool> {
    let outcome = converse(socket, request, each)?;
    request.judge(outcome.ack)?;
    Ok(outcome.consistent)
}

/// Sends a request, and gives `each` every message that answers it.
fn converse(
    socket: &mut impl Transport,
    request: &Request,
    mut each: impl FnMut(Message<'_>) -> std::result::Result<(), Malformed>,
) -> Result<Outcome> {
    let (family, flags) = (request.family(), request.flags());
    let outcome = socket.exchange(family, flags, request.body(), |kind, payload| {
        each(Message::new(kind, payload)?)
    });
    Ok(outcome?)
}

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::io::Read;
    use std::os::fd::{AsRawFd, IntoRawFd};
    use std::os::unix::net::UnixStream;

    use homeward_abi::{cmd, ns};
    use homeward_netlink::script::{ack, done, Script, PORT};
    use nix::errno::Errno;

    use super::*;
    use crate::error::Error;
    use crate::model::Namespace;
    use crate::wire::fixture::{attr, message, opened};

    pub(super) const FAMILY: u16 = 40;
    const MULTI: u16 = 2;
    const INTERRUPTED: u16 = 0x10 | MULTI;

    pub(super) fn script(datagrams: impl IntoIterator<Item = Vec<u8>>) -> Script {
        Script::new(datagrams)
    }

    pub(super) fn item(flags: u16, seq: u32, cookie: u32) -> Vec<u8> {
        let cookie = attr(ns::COOKIE, &cookie.to_ne_bytes());
        message(FAMILY, flags, seq, &[vec![1, 1, 0, 0], cookie].concat())
    }

    pub(super) fn list(script: &mut Script) -> Result<Dump<u64>> {
        let cookie: Parse<u64> = |bytes| Namespace::read_all(bytes).map(|made| made.cookie);
        dump(script, Operation::new(FAMILY, cmd::NS_GET), &[], cookie)
    }

    fn ask(script: &mut Script) -> Result<u64> {
        let cookie: Parse<u64> = |bytes| Namespace::read_all(bytes).map(|made| made.cookie);
        one(script, Operation::new(FAMILY, cmd::NS_GET), &[], cookie)
    }

    #[test]
    fn a_list_is_all_items_up_to_its_end() {
        let first = [item(MULTI, 1, 7), item(MULTI, 1, 9)].concat();
        let dump = list(&mut script([first, item(MULTI, 1, 12), done(MULTI, 1, 0)])).unwrap();
        assert_eq!(dump.items, [7, 9, 12]);
        assert!(dump.consistent);
    }

    #[test]
    fn a_list_that_changed_is_read_again() {
        for first in [
            [item(INTERRUPTED, 1, 7), done(MULTI, 1, 0)],
            [item(MULTI, 1, 7), done(INTERRUPTED, 1, 0)],
        ] {
            let datagrams = [first.concat(), item(MULTI, 2, 8), done(MULTI, 2, 0)];
            let dump = list(&mut script(datagrams)).unwrap();
            assert_eq!(dump.items, [8]);
            assert!(dump.consistent);
        }
    }

    #[test]
    fn a_list_that_keeps_changing_is_given_as_it_is_and_says_so() {
        let datagrams =
            (1..=ATTEMPTS).map(|seq| [item(MULTI, seq, seq), done(INTERRUPTED, seq, 0)]);
        let dump = list(&mut script(datagrams.map(|pair| pair.concat()))).unwrap();
        assert_eq!(dump.items, [u64::from(ATTEMPTS)]);
        assert!(!dump.consistent);
    }

    #[test]
    fn a_bad_item_spoils_the_list_only_after_that_was_read_to_its_end() {
        let bad = message(FAMILY, MULTI, 1, &[1, 1, 0, 0]);
        let mut script = script([bad, item(MULTI, 1, 7), done(MULTI, 1, 0)]);
        assert!(matches!(list(&mut script), Err(Error::Malformed(_))));
        assert!(script.is_empty());
    }

    #[test]
    fn a_refused_list_is_a_refusal() {
        let error = list(&mut script([ack(1, 1)])).unwrap_err();
        assert_eq!(error.errno(), Some(Errno::EPERM));
        let error = list(&mut script([done(MULTI, 1, 2)])).unwrap_err();
        assert_eq!(error.errno(), Some(Errno::ENOENT));
    }

    #[test]
    fn what_answers_something_else_is_skipped() {
        let mut foreign = item(0, 1, 5);
        foreign[12..16].copy_from_slice(&(PORT + 1).to_ne_bytes());
        let datagrams = [item(0, 9, 6), foreign, item(0, 1, 7), ack(1, 0)];
        assert_eq!(ask(&mut script(datagrams)).unwrap(), 7);
    }

    fn act_on(script: &mut Script) -> Result<()> {
        act(script, Operation::new(FAMILY, cmd::RULE_FLUSH), &[])
    }

    #[test]
    fn what_has_no_answer_is_done_with_its_acknowledgement() {
        act_on(&mut script([ack(1, 0)])).unwrap();
        let error = act_on(&mut script([ack(1, 2)])).unwrap_err();
        assert_eq!(error.errno(), Some(Errno::ENOENT));
        let error = act_on(&mut script([])).unwrap_err();
        assert!(matches!(error, Error::NoAnswer));
    }

    fn open_answer(command: u8, fd: i32) -> Vec<u8> {
        let body = [vec![command, 1, 0, 0], opened(fd)].concat();
        message(FAMILY, 0, 1, &body)
    }

    fn ask_to_open(datagrams: impl IntoIterator<Item = Vec<u8>>) -> Result<OwnedFd> {
        let operation = Operation::new(FAMILY, cmd::NS_OPEN);
        open(&mut script(datagrams), operation, &[])
    }

    #[test]
    fn a_descriptor_is_adopted_and_closed_once() {
        let (mut reader, writer) = UnixStream::pair().unwrap();
        let number = writer.into_raw_fd();
        let answer = open_answer(cmd::NS_OPEN, number);
        // A second answer would be a second owner.
        let owned = ask_to_open([answer.clone(), answer, ack(1, 0)]).unwrap();
        assert_eq!(owned.as_raw_fd(), number);
        drop(File::from(owned));
        assert_eq!(reader.read(&mut [0]).unwrap(), 0);
    }

    #[test]
    fn a_descriptor_is_closed_when_what_comes_after_it_is_bad() {
        for end in [Some(ack(1, 12)), None] {
            let (mut reader, writer) = UnixStream::pair().unwrap();
            let answer = open_answer(cmd::NS_OPEN, writer.into_raw_fd());
            let datagrams = [Some(answer), end];
            assert!(ask_to_open(datagrams.into_iter().flatten()).is_err());
            assert_eq!(reader.read(&mut [0]).unwrap(), 0);
        }
    }

    #[test]
    fn only_an_answer_to_the_question_has_a_descriptor() {
        // That of standard input, which must stay open.
        let answer = open_answer(cmd::NS_GET, 0);
        let error = ask_to_open([answer, ack(1, 0)]).unwrap_err();
        assert!(matches!(error, Error::Malformed(_)));
        let negative = open_answer(cmd::NS_OPEN, -1);
        assert!(ask_to_open([negative, ack(1, 0)]).is_err());
    }

    #[test]
    fn arbitrary_bytes_get_a_verdict() {
        let operation = Operation::new(FAMILY, cmd::NS_GET);
        let mut refused = script([ack(1, 22)]);
        let (judged, answers) = raw(&mut refused, operation, Mode::Do, &[1, 2, 3]).unwrap();
        assert_eq!(judged.errno, Some(Errno::EINVAL));
        assert!(answers.is_empty());
        let mut request = Request::new(operation, Mode::Do, &[]).unwrap();
        request.append(&[1, 2, 3]);
        assert_eq!(request.body(), [cmd::NS_GET, 1, 0, 0, 1, 2, 3]);

        let mut granted = script([item(MULTI, 1, 7), item(MULTI, 1, 9), done(MULTI, 1, 0)]);
        let (judged, answers) = raw(&mut granted, operation, Mode::Dump, &[]).unwrap();
        assert_eq!(judged.errno, None);
        assert_eq!(answers.len(), 2);
    }

    #[test]
    fn an_acknowledgement_without_answer_and_silence_are_errors() {
        let error = ask(&mut script([ack(1, 0)])).unwrap_err();
        assert!(matches!(error, Error::Malformed(_)));
        let error = ask(&mut script([item(0, 1, 7)])).unwrap_err();
        assert!(matches!(error, Error::NoAnswer));
    }
}
