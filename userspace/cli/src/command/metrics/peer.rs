// SPDX-License-Identifier: GPL-2.0-only

//! Somebody who asks over a connection, once.

use std::collections::VecDeque;
use std::io::{ErrorKind, Read, Result, Write};
use std::net::{Shutdown, TcpStream};
use std::os::fd::AsFd;
use std::time::Instant;

use nix::poll::{PollFd, PollFlags};

use super::http::MOST;

/// Somebody who asks over a connection, once.
pub(super) struct Peer {
    stream: TcpStream,
    state: State,
    /// Since when it is in this state.
    pub(super) since: Instant,
}

/// How far it is.
enum State {
    /// It has sent this much of its request.
    Asks(Vec<u8>),
    /// It has to be sent this much of the answer.
    Takes(VecDeque<u8>),
    /// It has the answer, and is to close first: what it may still send would otherwise reset the connection,
    /// and then it may not see the answer.
    Leaves,
}

impl Peer {
    /// Somebody who has just come.
    pub(super) fn new(stream: TcpStream) -> Result<Self> {
        stream.set_nonblocking(true)?;
        Ok(Peer {
            stream,
            state: State::Asks(Vec::new()),
            since: Instant::now(),
        })
    }

    /// What it is waited for.
    pub(super) fn awaited(&self) -> PollFd<'_> {
        let events = match self.state {
            State::Asks(_) | State::Leaves => PollFlags::POLLIN,
            State::Takes(_) => PollFlags::POLLOUT,
        };
        PollFd::new(self.stream.as_fd(), events)
    }

    /// Goes on without waiting; whether there is more to come.
    pub(super) fn advance(&mut self, answer: impl Fn(&[u8]) -> Option<Vec<u8>>) -> Result<bool> {
        match self.step(answer) {
            Err(error)
                if [ErrorKind::WouldBlock, ErrorKind::Interrupted].contains(&error.kind()) =>
            {
                Ok(true)
            }
            done => done,
        }
    }

    fn step(&mut self, answer: impl Fn(&[u8]) -> Option<Vec<u8>>) -> Result<bool> {
        let mut part = [0; MOST];
        match &mut self.state {
            State::Asks(head) => {
                let room = MOST.saturating_sub(head.len());
                let count = self.stream.read(&mut part[..room])?;
                head.extend_from_slice(&part[..count]);
                if let Some(answer) = answer(head) {
                    self.enter(State::Takes(answer.into()));
                }
                Ok(count > 0)
            }
            State::Takes(rest) => {
                let count = self.stream.write(rest.as_slices().0)?;
                rest.drain(..count);
                if rest.is_empty() {
                    self.stream.shutdown(Shutdown::Write)?;
                    self.enter(State::Leaves);
                }
                Ok(true)
            }
            State::Leaves => Ok(self.stream.read(&mut part)? > 0),
        }
    }

    fn enter(&mut self, state: State) {
        self.state = state;
        self.since = Instant::now();
    }
}
