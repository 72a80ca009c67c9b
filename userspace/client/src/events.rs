// SPDX-License-Identifier: MIT OR Apache-2.0

//! What happens, as it happens.

use std::collections::VecDeque;
use std::os::fd::{AsFd, BorrowedFd};
use std::time::{Duration, Instant};

use homeward_netlink::{messages, Socket, Transport};
use nix::errno::Errno;

use crate::error::{Error, Result};
use crate::model::Event;
use crate::wire::{self, Message, CONTROL_GROUP, CONTROL_ID};

/// Enough for tens of thousands of events.
const BUFFER: usize = 16 * 1024 * 1024;

/// What a listener gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// Something happened.
    Event(Box<Event>),
    /// The events with these numbers were lost.
    Lost {
        /// Number of the first one.
        first: u64,
        /// Number of the last one.
        last: u64,
    },
    /// The receive buffer ran over. How much was lost shows with the next event.
    Overrun,
    /// The module was unloaded; nothing more will come.
    Unloaded,
}

/// A listener to the group of events.
pub struct Events {
    socket: Socket,
    family: u16,
    track: Track,
    ready: VecDeque<Notice>,
}

impl Events {
    pub(crate) fn new(socket: Socket, family: u16, group: u32) -> Result<Self> {
        // A smaller buffer loses events sooner, and losing them is noticed.
        let _ = socket.enlarge(BUFFER);
        for group in [CONTROL_GROUP, group] {
            let failed = Error::system("cannot join the group of events");
            socket.join(group).map_err(failed)?;
        }
        Ok(Events {
            socket,
            family,
            track: Track::default(),
            ready: VecDeque::new(),
        })
    }

    /// Waits for the next notice, for ever without `timeout`. None when time is up.
    pub fn next(&mut self, timeout: Option<Duration>) -> Result<Option<Notice>> {
        let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        loop {
            if let Some(notice) = self.ready.pop_front() {
                return Ok(Some(notice));
            }
            let datagram = match self.socket.receive(deadline) {
                Ok(Some(datagram)) => datagram,
                Ok(None) => return Ok(None),
                Err(Errno::ENOBUFS) => return Ok(Some(Notice::Overrun)),
                Err(errno) => return Err(homeward_netlink::Error::Receive(errno).into()),
            };
            read(datagram, self.family, &mut self.track, &mut self.ready)?;
        }
    }
}

/// Readable when there is more to come than what [`Events::next`] gives without waiting.
impl AsFd for Events {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

/// Adds the notices in one datagram to `ready`.
fn read(
    datagram: &[u8],
    wanted: u16,
    track: &mut Track,
    ready: &mut VecDeque<Notice>,
) -> Result<()> {
    for message in messages(datagram) {
        let message = message?;
        if ![CONTROL_ID, wanted].contains(&message.kind) {
            continue;
        }
        let Message {
            family,
            command,
            attrs,
        } = Message::new(message.kind, message.payload)?;
        if family == CONTROL_ID && wire::removed_family(command, attrs) == Some(wanted) {
            ready.push_back(Notice::Unloaded);
        } else if family == wanted {
            let (seq, event) = wire::event(command, attrs)?;
            ready.extend(track.hole_before(seq));
            ready.extend(event.map(|event| Notice::Event(Box::new(event))));
        }
    }
    Ok(())
}

/// Looks for holes in the numbers of events.
#[derive(Debug, Default)]
struct Track {
    last: Option<u64>,
}

impl Track {
    fn hole_before(&mut self, seq: u64) -> Option<Notice> {
        let expected = self.last.map_or(seq, |last| last.saturating_add(1));
        self.last = self.last.max(Some(seq));
        (seq > expected).then(|| Notice::Lost {
            first: expected,
            last: seq - 1,
        })
    }
}

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::fixture::{born, control_delete, unknown_event};

    fn notices(datagrams: &[Vec<u8>]) -> Vec<Notice> {
        let mut track = Track::default();
        let mut ready = VecDeque::new();
        for datagram in datagrams {
            read(datagram, 40, &mut track, &mut ready).unwrap();
        }
        ready.into()
    }

    fn lost(notice: &Notice) -> Option<(u64, u64)> {
        match notice {
            Notice::Lost { first, last } => Some((*first, *last)),
            _ => None,
        }
    }

    #[test]
    fn events_without_holes_lose_nothing() {
        let seen = notices(&[born(40, 7), born(40, 8), born(40, 9)]);
        assert_eq!(seen.len(), 3);
        assert!(seen.iter().all(|notice| lost(notice).is_none()));
    }

    #[test]
    fn a_hole_is_reported_before_the_event_after_it() {
        let seen = notices(&[born(40, 1), born(40, 5)]);
        let holes: Vec<_> = seen.iter().map(lost).collect();
        assert_eq!(holes, [None, Some((2, 4)), None]);
    }

    #[test]
    fn an_unknown_event_is_skipped_and_leaves_no_hole() {
        let seen = notices(&[born(40, 1), unknown_event(40, 2), born(40, 3)]);
        assert_eq!(seen.len(), 2);
        assert!(seen.iter().all(|notice| lost(notice).is_none()));
    }

    #[test]
    fn several_events_in_one_datagram_are_all_seen() {
        assert_eq!(notices(&[[born(40, 1), born(40, 2)].concat()]).len(), 2);
    }

    #[test]
    fn messages_of_other_families_are_skipped() {
        assert!(notices(&[born(41, 1), control_delete(41)]).is_empty());
    }

    #[test]
    fn the_end_of_the_family_is_reported() {
        assert_eq!(notices(&[control_delete(40)]), [Notice::Unloaded]);
    }
}
