// SPDX-License-Identifier: GPL-2.0-only

//! `watch`: what happens, as it happens.

use std::time::Instant;

use homeward_client::model::EventKind;
use homeward_client::{Client, Error, Notice};

use super::Context;
use crate::book::{Book, MOMENT};
use crate::error::{Failure, Result};
use crate::exit::Status;
use crate::request::Limits;
use crate::view::{EventView, Line};

/// Hands each event to `show`, until that says that nobody reads any more, or a limit is reached.
pub(crate) fn run(
    context: &Context,
    limits: Limits,
    mut show: impl FnMut(&Line) -> Result<bool>,
) -> Result<()> {
    let failed = |error: Error| Failure::client("cannot watch events", &error);
    let mut client = Client::connect().map_err(failed)?;
    // Events first, so that nothing falls between the list and them.
    let mut events = client.subscribe().map_err(failed)?;
    let namespaces = client.namespaces_now().map_err(failed)?;
    let mut book = Book::new(&namespaces.items, &context.directory);
    context.messages.detail("watching");

    let deadline = limits
        .time
        .and_then(|time| Instant::now().checked_add(time));
    let mut left = limits.count;
    let mut settled = true;
    while left != Some(0) {
        let rest = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        let wait = if settled {
            rest
        } else {
            Some(rest.map_or(MOMENT, |rest| rest.min(MOMENT)))
        };
        let Some(notice) = events.next(wait).map_err(failed)? else {
            if deadline.is_some_and(|deadline| deadline <= Instant::now()) {
                return Ok(());
            }
            // A namespace gets its name just after its birth, and loses it just before its death.
            book.refresh(&context.directory);
            settled = true;
            continue;
        };
        settled = false;
        let (line, gone) = match notice {
            Notice::Event(event) => {
                let gone = match &event.kind {
                    EventKind::NamespaceBorn(namespace) | EventKind::NamespaceDying(namespace) => {
                        book.add(namespace);
                        None
                    }
                    EventKind::NamespaceGone(namespace) => Some(namespace.cookie),
                    _ => None,
                };
                book.refresh(&context.directory);
                left = left.map(|left| left - 1);
                let view = EventView::new(&event, &book);
                (Line::Event(Box::new(view)), gone)
            }
            Notice::Lost { first, last } => (lost(Some(first), Some(last)), None),
            Notice::Overrun => (lost(None, None), None),
            Notice::Unloaded => {
                return Err(Failure::new(
                    Status::NoModule,
                    "the kernel module homeward was unloaded, so there is nothing more to watch",
                ));
            }
        };
        if !show(&line)? {
            return Ok(());
        }
        if let Some(cookie) = gone {
            book.remove(cookie);
        }
    }
    Ok(())
}

fn lost(first: Option<u64>, last: Option<u64>) -> Line {
    Line::Lost {
        event: if first.is_some() { "lost" } else { "overrun" },
        first,
        last,
    }
}
