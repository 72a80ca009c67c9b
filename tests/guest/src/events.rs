// SPDX-License-Identifier: GPL-2.0-only

//! What the module tells.

use std::time::Duration;

use homeward_client::model::{Event, EventKind};
use homeward_client::{Client, Events, Notice};

/// A connection to the module.
#[track_caller]
pub fn client() -> Client {
    Client::connect().expect("the module")
}

/// A listener that demands a sequence without holes.
pub struct Listener {
    events: Events,
    seq: Option<u64>,
}

impl Default for Listener {
    fn default() -> Self {
        Listener::new()
    }
}

impl Listener {
    /// Listens from now on.
    #[track_caller]
    pub fn new() -> Self {
        Listener {
            events: client().subscribe().expect("the events group"),
            seq: None,
        }
    }

    /// The next event.
    #[track_caller]
    pub fn wait(&mut self) -> Event {
        let notice = self
            .events
            .next(Some(Duration::from_secs(20)))
            .expect("an event");
        let event = match notice {
            Some(Notice::Event(event)) => *event,
            other => panic!("{other:?} instead of an event"),
        };
        if let Some(last) = self.seq {
            assert_eq!(event.seq, last + 1, "a hole before {event:?}");
        }
        self.seq = Some(event.seq);
        event
    }

    /// All events up to the one that `last` knows, that one included.
    #[track_caller]
    pub fn until(&mut self, last: impl Fn(&EventKind) -> bool) -> Vec<EventKind> {
        let mut events = Vec::new();
        loop {
            let event = self.wait();
            let done = last(&event.kind);
            events.push(event.kind);
            if done {
                return events;
            }
        }
    }

    /// Waits for a namespace to be gone, and returns all events up to then.
    #[track_caller]
    pub fn until_gone(&mut self, cookie: u64) -> Vec<EventKind> {
        self.until(|kind| matches!(kind, EventKind::NamespaceGone(ns) if ns.cookie == cookie))
    }
}
