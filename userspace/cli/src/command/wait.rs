// SPDX-License-Identifier: GPL-2.0-only

//! `wait NS`: until a network namespace is really gone.

use std::time::{Duration, Instant};

use homeward_client::model::{Device, EventKind, Namespace, State};
use homeward_client::{By, Client, Error, Events, Notice};
use nix::errno::Errno;

use super::Context;
use crate::book::Book;
use crate::error::{Failure, Result};
use crate::exit::Status;
use crate::request::Wait;
use crate::resolve;
use crate::selector::Selector;
use crate::view::{Place, Waited};

/// How often to look what it is that takes so long.
const LOOK: Duration = Duration::from_secs(1);

/// Somebody who waits.
struct Waiter<'a> {
    context: &'a Context,
    selector: &'a Selector,
    client: Client,
    events: Events,
    cookie: u64,
    start: Instant,
}

/// Waits for the end of a namespace.
pub(crate) fn run(context: &Context, request: &Wait) -> Result<Waited> {
    let selector = &request.namespace;
    let failed = |error: Error| failure(selector, &error);
    let mut client = Client::connect().map_err(failed)?;
    // Events first, so that its end cannot fall between the look and them.
    let events = client.subscribe().map_err(failed)?;
    let cookie = match selector {
        Selector::Cookie(cookie) => *cookie,
        // Nothing that is open here may keep it alive.
        other => {
            resolve::namespace(&mut client, other, &context.directory)
                .map_err(|failure| advise(failure, selector))?
                .cookie
        }
    };
    let mut waiter = Waiter {
        context,
        selector,
        client,
        events,
        cookie,
        start: Instant::now(),
    };
    let Some(namespace) = waiter.look()? else {
        let place = Place {
            cookie,
            name: None,
            initial: false,
        };
        return Ok(waiter.over(place, "absent", None));
    };
    if namespace.initial {
        return Err(Failure::new(
            Status::Failed,
            format!("cannot wait for namespace {selector}: the initial one never dies"),
        ));
    }
    let book = Book::new(&[namespace], &context.directory);
    waiter.wait(book.place(cookie), request.timeout)
}

impl Waiter<'_> {
    fn wait(&mut self, place: Place, timeout: Option<Duration>) -> Result<Waited> {
        let deadline = timeout.and_then(|timeout| self.start.checked_add(timeout));
        let mut next_look = self.start + LOOK;
        let mut told = String::new();
        loop {
            let now = Instant::now();
            if deadline.is_some_and(|deadline| now >= deadline) {
                return self.time_is_up(place);
            }
            if now >= next_look {
                let Some(namespace) = self.look()? else {
                    return Ok(self.over(place, "gone", None));
                };
                let state = self.describe(&namespace);
                if state.summary != told {
                    let text = format!("waiting for {}: {}", self.selector, state.text);
                    self.context.messages.note(&text);
                    told = state.summary;
                }
                next_look = now + LOOK;
            }
            let until = deadline.map_or(next_look, |deadline| deadline.min(next_look));
            let failed = |error: Error| failure(self.selector, &error);
            let notice = self.events.next(Some(until.saturating_duration_since(now)));
            match notice.map_err(failed)? {
                Some(Notice::Event(event)) => match event.kind {
                    EventKind::NamespaceGone(gone) if gone.cookie == self.cookie => {
                        return Ok(self.over(place, "gone", gone.dying_for));
                    }
                    _ => {}
                },
                // The one that matters may have been among them.
                Some(Notice::Lost { .. } | Notice::Overrun) => next_look = now,
                Some(Notice::Unloaded) => {
                    return Err(Failure::new(
                        Status::NoModule,
                        format!(
                            "cannot wait for namespace {} any longer: the kernel module homeward was \
                             unloaded",
                            self.selector
                        ),
                    ));
                }
                None => {}
            }
        }
    }

    /// The namespace; None when it is gone.
    fn look(&mut self) -> Result<Option<Namespace>> {
        match self.client.namespace(By::Cookie(self.cookie)) {
            Ok(namespace) => Ok(Some(namespace)),
            Err(error) if error.errno() == Some(Errno::ENOENT) => Ok(None),
            Err(error) => Err(failure(self.selector, &error)),
        }
    }

    fn over(&self, place: Place, outcome: &'static str, teardown: Option<Duration>) -> Waited {
        Waited::new(place, outcome, self.start.elapsed(), teardown)
    }

    fn time_is_up(&mut self, place: Place) -> Result<Waited> {
        let Some(namespace) = self.look()? else {
            return Ok(self.over(place, "gone", None));
        };
        let (selector, state) = (self.selector, self.describe(&namespace));
        Err(Failure::new(
            Status::TimedOut,
            format!(
                "time is up, namespace {selector} is not gone: {}",
                state.text
            ),
        ))
    }

    /// What there is to wait for.
    fn describe(&mut self, namespace: &Namespace) -> Description {
        // A live one does not wait for devices.
        let stuck = match namespace.state {
            State::Live => Vec::new(),
            _ => self.stuck(),
        };
        describe(namespace, &stuck)
    }

    /// The devices that the kernel cannot free and that this namespace waits for.
    fn stuck(&mut self) -> Vec<Device> {
        let devices = self.client.devices_now(None);
        let mut devices = devices.map(|dump| dump.items).unwrap_or_default();
        devices.retain(|device| {
            let waits = |waiting: &[u64]| waiting.contains(&self.cookie);
            let own = device.namespace == self.cookie;
            let stuck = device.stuck.as_ref();
            stuck.is_some_and(|stuck| own || waits(&stuck.waiting))
        });
        devices
    }
}

/// What a namespace waits for.
struct Description {
    /// What is worth telling again when it changes.
    summary: String,
    /// All of it.
    text: String,
}

fn describe(namespace: &Namespace, stuck: &[Device]) -> Description {
    let cookie = namespace.cookie;
    let (summary, mut text) = match namespace.state {
        State::Live => {
            let refs = match namespace.refs {
                Some(1) => ", one reference".to_owned(),
                Some(refs) => format!(", {refs} references"),
                None => String::new(),
            };
            let who = format!("'homeward holders cookie:{cookie}' shows who holds it");
            ("live", format!("it is in use{refs}: {who}"))
        }
        State::Queued => (
            "queued",
            "it is dead, and the kernel has not come to take it down".to_owned(),
        ),
        State::Dying => {
            let since = namespace.dying_for.unwrap_or_default();
            let text = format!(
                "the kernel has been taking it down for {:.1}s",
                since.as_secs_f64()
            );
            ("dying", text)
        }
        State::Other(_) => ("unknown", "its state is unknown".to_owned()),
    };
    let mut summary = summary.to_owned();
    for device in stuck {
        let (name, place) = (&device.name, device.namespace);
        let refs = device.stuck.as_ref().map_or(0, |stuck| stuck.refs);
        let whose = match place == cookie {
            true => String::new(),
            false => format!(" of cookie:{place}"),
        };
        summary.push_str(&format!(" {name} {place} {refs}"));
        text.push_str(&format!(
            ", device {name}{whose} cannot be freed, references left: {refs}"
        ));
    }
    Description { summary, text }
}

fn failure(selector: &Selector, error: &Error) -> Failure {
    Failure::client(&format!("cannot wait for namespace {selector}"), error)
}

/// A namespace may well be there without its name, or without the process.
fn advise(mut failure: Failure, selector: &Selector) -> Failure {
    let leads = matches!(
        selector,
        Selector::Name(_) | Selector::Pid(_) | Selector::Path(_)
    );
    if leads && failure.status == Status::NotFound {
        failure
            .text
            .push_str("; one that has lost it is waited for by its cookie");
    }
    failure
}

#[cfg(test)]
mod tests {
    use super::*;
    use homeward_client::model::{Mark, Stuck};

    fn namespace(state: State) -> Namespace {
        Namespace {
            cookie: 7,
            inum: None,
            state,
            initial: false,
            refs: Some(2),
            born: None,
            creator: None,
            owner_uid: None,
            user_ns_inum: None,
            devices: None,
            away: None,
            sockets: None,
            dying_for: Some(Duration::from_millis(1500)),
            stuck: None,
        }
    }

    fn device(refs: u32) -> Device {
        Device {
            namespace: 5,
            ifindex: 2,
            name: "dum0".to_owned(),
            kind: None,
            physical: false,
            immovable: false,
            flags: None,
            homes: Vec::new(),
            abridged: false,
            fate: None,
            mark: Mark::None,
            home_name: None,
            stuck: Some(Stuck {
                refs,
                ..Stuck::default()
            }),
        }
    }

    #[test]
    fn each_state_says_what_there_is_to_wait_for() {
        let text = |state, stuck: &[Device]| describe(&namespace(state), stuck).text;
        assert_eq!(
            text(State::Live, &[]),
            "it is in use, 2 references: 'homeward holders cookie:7' shows who holds it"
        );
        assert_eq!(
            text(State::Dying, &[]),
            "the kernel has been taking it down for 1.5s"
        );
        assert_eq!(
            text(State::Queued, &[device(3)]),
            "it is dead, and the kernel has not come to take it down, device dum0 of cookie:5 cannot \
             be freed, references left: 3"
        );
    }

    #[test]
    fn only_what_changes_is_told_again() {
        let summary = |state, refs| describe(&namespace(state), &[device(refs)]).summary;
        assert_eq!(summary(State::Dying, 2), summary(State::Dying, 2));
        assert_ne!(summary(State::Dying, 2), summary(State::Dying, 3));
        assert_ne!(summary(State::Dying, 2), summary(State::Queued, 2));
    }
}
