// SPDX-License-Identifier: GPL-2.0-only

//! `watch`: what is there, and then what happens, as it happens.

pub(super) mod clock;
pub(super) mod line;
mod present;

use std::fs::File;
use std::io::stdout;
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use clap::Args;
use homeward_client::model::{Event, EventKind};
use homeward_client::{Client, Error, Events, Notice};
use nix::poll::{poll, PollFd, PollFlags, PollTimeout};

use super::filter::{OfEvents, WithinOne};
use super::{Context, Verb};
use crate::book::{Book, MOMENT};
use crate::error::{Failure, Result};
use crate::exit::Status;
use crate::render;
use crate::resolve;
use crate::selector::Selector;
use crate::value::time;

use clock::{Clock, TimeFormat};
use line::Line;
use present::Present;

const EXAMPLES: &str = "\
Examples:
  homeward watch                            the current state, then events
  homeward watch --events-only --count 1    wait for anything to happen
  homeward watch --time-format iso          with the date and time of day
  homeward watch --event ns-gone --ns red --count 1
                                            wait until red is gone
  homeward watch --json | jq 'select(.event == \"dev-returned\").device.name'

No event between the current state and what follows is missed. If events are lost anyway, a
line says which, whatever the filters are.";

/// Print the current state, then events as they happen.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Watch {
    /// End after this many events.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    count: Option<u64>,
    /// End after this time: seconds, or with units, as 1m30s or 500ms.
    #[arg(long, value_name = "TIME", value_parser = time)]
    timeout: Option<Duration>,
    /// Do not print the current state first.
    #[arg(long)]
    events_only: bool,
    /// Write times so: seconds since boot, date and time of day as ISO 8601 has them, seconds since 1970, or since the line before.
    #[arg(long, value_name = "FORMAT", default_value = "boot")]
    time_format: TimeFormat,
    #[command(flatten)]
    filter: OfEvents,
}

impl Verb for Watch {
    fn namespaces(&self) -> Vec<&Selector> {
        self.filter.namespace().into_iter().collect()
    }

    /// Prints, until nobody reads any more or a limit is reached.
    fn run(self, context: &Context) -> Result<Status> {
        let mut client = Client::connect().map_err(failed)?;
        // Events first, so that nothing falls between the list and them.
        let events = client.subscribe().map_err(failed)?;
        let namespace = self.filter.namespace();
        let namespace = namespace
            .map(|one| resolve::namespace(&mut client, one, &context.directory))
            .transpose()?;
        let filter = self.filter.within(namespace.map(|one| one.cookie));
        let events_only = self.events_only || self.filter.name_events();
        let present = Present::read(&mut client).map_err(failed)?;
        let book = Book::new(&present.namespaces, &context.directory);
        context.messages.detail("watching");
        let mut clock = Clock::new(self.time_format);
        if !events_only {
            context.warn_if_changing(present.complete);
            for line in present.lines(&book, filter) {
                if !show(context, &mut clock, &line)? {
                    return Ok(Status::Ok);
                }
            }
        }
        let follower = Follower {
            context,
            clock,
            events,
            filter,
            first: Some(present.begun),
            whole: !events_only,
            present: (!events_only).then_some(present),
            book,
            outside: Outside::open(),
            stirred: false,
        };
        follower.follow(&self).map(|()| Status::Ok)
    }
}

/// Prints a line; false when nobody reads any more.
fn show(context: &Context, clock: &mut Clock, line: &Line) -> Result<bool> {
    let look = context.look;
    render::print(&look.choose_line(line, || line.text(look, clock))?)
}

fn failed(error: Error) -> Failure {
    Failure::client("cannot watch events", &error)
}

/// A listener, and what it has to remember.
struct Follower<'a> {
    context: &'a Context,
    clock: Clock,
    events: Events,
    filter: WithinOne<'a>,
    /// The last event of before, until the first one has come.
    first: Option<u64>,
    /// What was listed, as events may tell the same again.
    present: Option<Present>,
    /// Whether all that there is has been shown, and is in the book.
    whole: bool,
    book: Book,
    /// Names are mounts: they come and go while nothing happens to namespaces.
    outside: Outside,
    /// Whether they did since the names were last looked at.
    stirred: bool,
}

impl Follower<'_> {
    fn follow(mut self, limits: &Watch) -> Result<()> {
        let deadline = limits
            .timeout
            .and_then(|time| Instant::now().checked_add(time));
        let mut left = limits.count;
        // A name may have come in the moment in which it was looked for.
        let mut settled = false;
        while left != Some(0) {
            let rest = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
            let wait = if settled {
                rest
            } else {
                Some(rest.map_or(MOMENT, |rest| rest.min(MOMENT)))
            };
            let Some(notice) = self.next(wait)? else {
                if deadline.is_some_and(|deadline| deadline <= Instant::now()) || self.outside.alone
                {
                    return Ok(());
                }
                // A namespace gets its name just after its birth, and loses it just before its death; and
                // a file goes just after what was mounted on it.
                settled = self.book.refresh(&self.context.directory) && !self.stirred;
                self.stirred = false;
                continue;
            };
            settled = false;
            for line in self.lines(notice)? {
                if line.is_event() {
                    left = left.map(|left| left.saturating_sub(1));
                }
                if !show(self.context, &mut self.clock, &line)? {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// The next notice; None when time is up, or when something was mounted or unmounted.
    fn next(&mut self, wait: Option<Duration>) -> Result<Option<Notice>> {
        if let Some(notice) = self.events.next(Some(Duration::ZERO)).map_err(failed)? {
            return Ok(Some(notice));
        }
        self.stirred |= self.outside.wait(&self.events, wait);
        self.events.next(Some(Duration::ZERO)).map_err(failed)
    }

    fn lines(&mut self, notice: Notice) -> Result<Vec<Line>> {
        match notice {
            Notice::Event(event) => {
                let mut lines: Vec<Line> = self.lost_at_first(event.seq).into_iter().collect();
                lines.extend(self.event(&event));
                Ok(lines)
            }
            Notice::Lost { first, last } => Ok(vec![self.lost(Some(first), Some(last))]),
            Notice::Overrun => Ok(vec![self.lost(None, None)]),
            Notice::Unloaded => Err(Failure::new(
                Status::NoModule,
                "the kernel module homeward was unloaded, so nothing more can be watched",
            )),
        }
    }

    /// A hole before the first event that came: no event before it shows that one.
    fn lost_at_first(&mut self, seq: u64) -> Option<Line> {
        let expected = self.first.take()?.saturating_add(1);
        (seq > expected).then(|| self.lost(Some(expected), Some(seq.saturating_sub(1))))
    }

    fn lost(&mut self, first: Option<u64>, last: Option<u64>) -> Line {
        self.whole = false;
        // Births that nobody told have names, and ends that nobody told leave some behind.
        if let Ok(there) = Client::connect().and_then(|mut client| client.namespaces_now()) {
            self.book.review(&there.items);
        }
        Line::Lost {
            event: if first.is_some() { "lost" } else { "overrun" },
            first,
            last,
        }
    }

    fn event(&mut self, event: &Event) -> Option<Line> {
        let listed = self.present.as_ref();
        let told = listed.is_some_and(|present| present.tells(event))
            || (self.whole && ends_unseen(&self.book, event));
        let mut gone = None;
        match &event.kind {
            // What was over before the list was read does not come into the book by its birth.
            EventKind::NamespaceBorn(namespace) | EventKind::NamespaceDying(namespace) if !told => {
                self.book.add(namespace);
            }
            EventKind::NamespaceGone(namespace) => gone = Some(namespace.cookie),
            _ => {}
        }
        self.book.refresh(&self.context.directory);
        let shown = !told && self.filter.pass(&event.kind);
        let line = shown.then(|| Line::event(event, &self.book));
        if let Some(cookie) = gone {
            self.book.remove(cookie);
        }
        line
    }
}

/// Whether this is the end of a namespace that was not there any more when the list was read. The
/// module first takes it off its list and then tells, which may be after the list was done.
fn ends_unseen(book: &Book, event: &Event) -> bool {
    match &event.kind {
        EventKind::NamespaceDying(namespace) | EventKind::NamespaceGone(namespace) => {
            !book.knows(namespace.cookie)
        }
        _ => false,
    }
}

/// What else there is to wait for besides events.
struct Outside {
    /// The table of mounts, which tells when it changes. Without /proc there is none, and changes go
    /// unnoticed.
    mounts: Option<File>,
    /// Whether whoever read the output is gone.
    alone: bool,
}

impl Outside {
    fn open() -> Self {
        Outside {
            mounts: File::open("/proc/self/mountinfo").ok(),
            alone: false,
        }
    }

    /// Waits until something is mounted or unmounted, nobody reads any more, `other` can be read or time is up;
    /// whether it was the first. May end before.
    fn wait(&mut self, other: &impl AsFd, time: Option<Duration>) -> bool {
        let stdout = stdout();
        // Of a pipe or a socket that nobody reads, this much is told without being asked for (poll(2)).
        let output = PollFd::new(stdout.as_fd(), PollFlags::empty());
        let mut fds = vec![PollFd::new(other.as_fd(), PollFlags::POLLIN), output];
        fds.extend(
            self.mounts
                .as_ref()
                .map(|table| PollFd::new(table.as_fd(), PollFlags::POLLPRI)),
        );
        let timeout = time.map_or(PollTimeout::NONE, |time| {
            // Rounded up, lest the last millisecond becomes a busy loop.
            PollTimeout::try_from(time.as_millis() + 1).unwrap_or(PollTimeout::MAX)
        });
        // Interrupted is as good as early.
        let _ = poll(&mut fds, timeout);
        let told = |at: usize| fds.get(at).and_then(PollFd::any).unwrap_or(false);
        self.alone |= told(1);
        told(2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use homeward_client::model::{Namespace, State};
    use homeward_netns::Directory;

    #[test]
    fn the_end_of_what_was_never_there_is_not_shown() {
        let live = |cookie| Namespace::new(cookie, State::Live);
        let mut book = Book::new(&[live(4)], &Directory::default());
        let ends = |book: &Book, kind| {
            let (seq, time) = (11, std::time::Duration::ZERO);
            ends_unseen(book, &Event { seq, time, kind })
        };
        assert!(!ends(&book, EventKind::NamespaceDying(live(4))));
        assert!(!ends(&book, EventKind::NamespaceGone(live(4))));
        assert!(!ends(&book, EventKind::NamespaceBorn(live(9))));
        assert!(ends(&book, EventKind::NamespaceDying(live(9))));
        assert!(ends(&book, EventKind::NamespaceGone(live(9))));
        book.add(&live(9));
        assert!(!ends(&book, EventKind::NamespaceGone(live(9))));
        book.remove(9);
        assert!(ends(&book, EventKind::NamespaceGone(live(9))));
    }
}
