// SPDX-License-Identifier: GPL-2.0-only

//! Subscribers to the module's events, as many as are wanted, each with the client's own buffer.

use crate::error::{
    Error,
    Result, //
};
use homeward_client::model::EventKind;
use homeward_client::{
    Client,
    Events,
    Notice, //
};
use nix::time::{
    clock_gettime,
    ClockId, //
};
use std::sync::atomic::{
    AtomicBool,
    Ordering, //
};
use std::sync::Arc;
use std::thread::{
    self,
    JoinHandle, //
};
use std::time::Duration;

/// How often it is looked whether it is to end: whoever listens sleeps meanwhile.
const STEP: Duration = Duration::from_millis(100);

/// A birth that was heard of.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Birth {
    /// Of which namespace.
    pub(crate) cookie: u64,
    /// When it happened, as the event says.
    pub(crate) told: Duration,
    /// When it was heard.
    pub(crate) heard: Duration,
}

/// What a subscriber has heard.
#[derive(Clone, Debug, Default)]
pub(crate) struct Heard {
    /// Events.
    pub(crate) events: u64,
    /// Numbers that were missing.
    pub(crate) holes: u64,
    /// Times that the buffer ran over.
    pub(crate) overruns: u64,
    /// Births, one by one.
    pub(crate) births: Vec<Birth>,
}

/// A subscriber, in a thread of its own.
#[derive(Debug)]
pub(crate) struct Listener {
    over: Arc<AtomicBool>,
    thread: Option<JoinHandle<Result<Heard>>>,
}

impl Listener {
    /// Listens from now on.
    pub(crate) fn new() -> Result<Self> {
        let events = Client::connect()?.subscribe()?;
        let over = Arc::new(AtomicBool::new(false));
        let end = Arc::clone(&over);
        let thread = thread::spawn(move || listen(events, &end));
        Ok(Listener {
            over,
            thread: Some(thread),
        })
    }

    /// Hears what there is to hear yet, and ends.
    pub(crate) fn finish(mut self) -> Result<Heard> {
        self.end()
    }

    fn end(&mut self) -> Result<Heard> {
        self.over.store(true, Ordering::SeqCst);
        let Some(thread) = self.thread.take() else {
            return Ok(Heard::default());
        };
        thread
            .join()
            .unwrap_or_else(|_| Err(Error::other("a subscriber panicked")))
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        // Nobody wants to know what it has heard.
        let _ = self.end();
    }
}

fn listen(mut events: Events, over: &AtomicBool) -> Result<Heard> {
    let mut heard = Heard::default();
    loop {
        match events.next(Some(STEP))? {
            Some(Notice::Event(event)) => {
                heard.events += 1;
                if let EventKind::NamespaceBorn(namespace) = &event.kind {
                    heard.births.push(Birth {
                        cookie: namespace.cookie,
                        told: event.time,
                        heard: now()?,
                    });
                }
            }
            Some(Notice::Lost { first, last }) => heard.holes += last - first + 1,
            Some(Notice::Overrun) => heard.overruns += 1,
            Some(Notice::Unloaded) => return Ok(heard),
            None if over.load(Ordering::SeqCst) => return Ok(heard),
            None => {}
        }
    }
}

/// The time of events.
pub(crate) fn now() -> Result<Duration> {
    let time = clock_gettime(ClockId::CLOCK_BOOTTIME);
    time.map(Duration::from)
        .map_err(Error::sys("read the clock"))
}
