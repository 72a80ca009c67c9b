// SPDX-License-Identifier: GPL-2.0-only

//! Waiting for the end of network namespaces, by the events of the module.

use std::time::{Duration, Instant};

use homeward_client::model::{Event, EventKind, Namespace};
use homeward_client::{By, Client, Error, Events, Notice};
use nix::errno::Errno;

/// How often to look what it is that takes so long.
const LOOK: Duration = Duration::from_secs(1);

/// How long to listen for the end of a namespace that is not there any more. The module forgets it just
/// before it tells of its end.
const TOLD: Duration = Duration::from_secs(1);

/// A connection to the module that hears of every death.
pub(super) struct Ear {
    /// To ask what is still there.
    pub(super) client: Client,
    events: Events,
}

/// How waiting ended.
pub(super) enum End {
    /// The namespace is gone. It was taken down within that time, if its end was heard.
    Gone(Option<Duration>),
    /// Time is up, and it is still there.
    TimeIsUp(Box<Namespace>),
}

/// Why nothing can be heard any more.
pub(super) enum Deaf {
    /// The module was unloaded.
    Unloaded,
    /// A request failed.
    Failed(Error),
}

impl From<Error> for Deaf {
    fn from(error: Error) -> Self {
        Deaf::Failed(error)
    }
}

impl Ear {
    /// Listens from now on, so no end can fall between a look and the events.
    pub(super) fn listen() -> Result<Self, Error> {
        let client = Client::connect()?;
        let events = client.subscribe()?;
        Ok(Ear { client, events })
    }

    /// The namespace; None when it is gone.
    pub(super) fn look(&mut self, cookie: u64) -> Result<Option<Namespace>, Error> {
        match self.client.namespace(By::Cookie(cookie)) {
            Ok(namespace) => Ok(Some(namespace)),
            Err(error) if error.errno() == Some(Errno::ENOENT) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Waits for the end of a namespace that was there when somebody looked after `listen`. What takes
    /// so long is given to `tell` every now and then.
    pub(super) fn until_gone(
        &mut self,
        cookie: u64,
        deadline: Option<Instant>,
        mut tell: impl FnMut(&mut Client, &Namespace),
    ) -> Result<End, Deaf> {
        let mut next_look = Instant::now() + LOOK;
        loop {
            let now = Instant::now();
            let time_is_up = deadline.is_some_and(|deadline| now >= deadline);
            if time_is_up || now >= next_look {
                let Some(namespace) = self.look(cookie)? else {
                    return Ok(End::Gone(self.end_of(cookie)?));
                };
                if time_is_up {
                    return Ok(End::TimeIsUp(Box::new(namespace)));
                }
                tell(&mut self.client, &namespace);
                next_look = now + LOOK;
            }
            let until = deadline.map_or(next_look, |deadline| deadline.min(next_look));
            let left = until.saturating_duration_since(now);
            match self.events.next(Some(left))? {
                Some(Notice::Event(event)) => {
                    if let Some(gone) = ended(*event, cookie) {
                        return Ok(End::Gone(gone.dying_for));
                    }
                }
                // The one that matters may have been among them.
                Some(Notice::Lost { .. } | Notice::Overrun) => next_look = now,
                Some(Notice::Unloaded) => return Err(Deaf::Unloaded),
                None => {}
            }
        }
    }

    /// How long it took to take down a namespace that is not there any more; None if that was lost.
    fn end_of(&mut self, cookie: u64) -> Result<Option<Duration>, Error> {
        let until = Instant::now() + TOLD;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            match self.events.next(Some(left))? {
                Some(Notice::Event(event)) => {
                    if let Some(gone) = ended(*event, cookie) {
                        return Ok(gone.dying_for);
                    }
                }
                // It is gone all the same.
                Some(Notice::Lost { .. } | Notice::Overrun | Notice::Unloaded) | None => {
                    return Ok(None);
                }
            }
        }
    }
}

/// The namespace with this cookie, if the event tells of its end.
fn ended(event: Event, cookie: u64) -> Option<Namespace> {
    match event.kind {
        EventKind::NamespaceGone(gone) if gone.cookie == cookie => Some(gone),
        _ => None,
    }
}
