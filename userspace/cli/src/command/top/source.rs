// SPDX-License-Identifier: GPL-2.0-only

//! What is asked of the kernel, and how often.

use std::time::{Duration, Instant};

use homeward_client::model::EventKind;
use homeward_client::{Client, Error, Events, Notice};
use homeward_netns::{inside, Counters, Links};
use nix::time::{clock_gettime, ClockId};

use super::app::{App, View};
use super::owners::owned;
use super::search::Search;
use crate::book::Book;
use crate::command::namespace::Row;
use crate::command::watch::clock::Clock;
use crate::command::watch::line::Line;
use crate::command::{holders, now, Context};
use crate::error::{Failure, Result};
use crate::render::text::{nanoseconds, span};
use crate::selector::Selector;

/// Not more often than that, whatever is wanted.
const LEAST: Duration = Duration::from_millis(100);
/// Events are taken in this often, and no more than so many at once: what is behind in a storm catches up
/// later, or is told as lost.
const EVENTS_EVERY: Duration = Duration::from_millis(250);
const EVENTS_AT_ONCE: usize = 200;
/// Of so much time on a processor one part is used.
const SHARE: u32 = 25;
/// So many looks of a kind are not what the next ones will be.
const FIRST: u32 = 2;
/// Of namespaces that are not on the screen, so many at least are read in one look.
const TURN: usize = 4;

/// The module, and what has to be remembered to ask it.
pub(super) struct Source<'a> {
    context: &'a Context,
    interval: Duration,
    module: Option<Module>,
    /// Whether it was there when it was last asked.
    loaded: bool,
    book: Book,
    /// When to ask again what is there, and when to take in events.
    next: Instant,
    next_events: Instant,
    /// When the module was last heard of.
    heard: Instant,
    /// The time on a processor up to the last look.
    used: Duration,
    /// How many looks are the first ones of their kind.
    first: u32,
    /// The cookie of the namespace whose turn it is to be read.
    turn: u64,
    search: Search,
}

struct Module {
    client: Client,
    events: Events,
}

impl Module {
    fn connect() -> homeward_client::Result<Self> {
        let client = Client::connect()?;
        let events = client.subscribe()?;
        Ok(Module { client, events })
    }
}

impl<'a> Source<'a> {
    /// Connects to the module.
    pub(super) fn connect(context: &'a Context, interval: Duration) -> Result<Self> {
        let failed = |error: Error| Failure::client("cannot show what is there", &error);
        let now = Instant::now();
        Ok(Source {
            context,
            interval: interval.max(LEAST),
            module: Some(Module::connect().map_err(failed)?),
            loaded: true,
            book: Book::default(),
            next: now,
            next_events: now,
            heard: now,
            used: on_processor(),
            first: FIRST,
            turn: 0,
            search: Search::default(),
        })
    }

    /// How long there is nothing to do.
    pub(super) fn rest(&self, app: &App) -> Duration {
        let next = match self.module {
            Some(_) => self.next.min(self.next_events),
            None => self.next,
        };
        match app.changed() {
            true => Duration::ZERO,
            false => next.saturating_duration_since(Instant::now()),
        }
    }

    /// Looks again at once.
    pub(super) fn hurry(&mut self) {
        self.next = Instant::now();
        self.first = FIRST;
    }

    /// Takes in what has changed, if it is time.
    pub(super) fn look(&mut self, app: &mut App) {
        let now = Instant::now();
        if now >= self.next_events {
            self.take_events(app);
            self.next_events = now + EVENTS_EVERY;
        }
        if now < self.next {
            return;
        }
        match self.ask(app) {
            Ok(()) => {
                self.heard = now;
                self.loaded = true;
                let trouble = self.search.trouble();
                app.trouble = trouble.filter(|_| app.page().view.needs_owners());
            }
            Err(error) => {
                // What it said before.
                self.take_events(app);
                self.module = None;
                if matches!(error, Error::NotLoaded) {
                    self.gone(app);
                }
                let age = span(nanoseconds(self.heard.elapsed()));
                app.trouble = Some(format!("{error}; what is shown is {age} old"));
            }
        }
        app.touch();
        // What takes long is done less often. But the first looks of a kind take much longer than the
        // next ones: the first of all, and the first with something to compare with.
        let used = on_processor();
        let cost = used.saturating_sub(self.used);
        self.used = used;
        self.next = Instant::now()
            + match self.first {
                0 => self.interval.max(cost * share(app)),
                _ => self.interval,
            };
        self.first = self.first.saturating_sub(1);
    }

    fn ask(&mut self, app: &mut App) -> std::result::Result<(), Error> {
        let module = match &mut self.module {
            Some(module) => module,
            none => none.insert(Module::connect()?),
        };
        let namespaces = module.client.namespaces_now()?.items;
        self.book.review(&namespaces);
        self.book.refresh(&self.context.directory);
        let time = now();
        let row = |one| Row::new(one, self.book.names(one.cookie), time);
        app.namespaces = namespaces.iter().map(row).collect();
        if app.page().view.needs_owners() {
            // This has a share of its own.
            self.used += self.search.run(self.context, &app.namespaces);
        }
        self.search.tell(&mut app.namespaces);
        if app.page().view == View::Owners {
            app.owners = owned(&app.namespaces);
        }
        if let View::Devices(which) = app.page().view {
            let devices = match module.client.devices_now(which) {
                Ok(devices) => devices.items,
                // It is gone.
                Err(error) if error.errno() == Some(nix::errno::Errno::ENOENT) => Vec::new(),
                Err(error) => return Err(error),
            };
            let devices = devices.into_iter();
            app.devices = devices.map(|one| self.book.device(one)).collect();
        }
        self.measure(app);
        Ok(())
    }

    /// Reads what is on the screen, and of the others as many as there is time for, each in its turn.
    fn measure(&mut self, app: &mut App) {
        let Some(module) = &mut self.module else {
            return;
        };
        let (shown, others) = app.measured();
        let most = self.interval / share(app);
        app.rates
            .keep(|one| shown.contains(&one) || others.contains(&one));
        let mut read = |cookie| {
            if let Some(counters) = counters(&mut module.client, cookie) {
                app.rates.read(cookie, counters, Instant::now());
            }
        };
        shown.into_iter().for_each(&mut read);
        let turn = others.range(self.turn..).chain(others.range(..self.turn));
        for (number, cookie) in turn.enumerate() {
            let late = on_processor().saturating_sub(self.used) > most;
            if late && number >= TURN {
                self.turn = *cookie;
                return;
            }
            read(*cookie);
        }
    }

    fn take_events(&mut self, app: &mut App) {
        for _ in 0..EVENTS_AT_ONCE {
            let Some(module) = &mut self.module else {
                return;
            };
            match module.events.next(Some(Duration::ZERO)) {
                Ok(Some(Notice::Event(event))) => {
                    if let EventKind::NamespaceBorn(one) | EventKind::NamespaceDying(one) =
                        &event.kind
                    {
                        self.book.add(one);
                    }
                    self.book.refresh(&self.context.directory);
                    app.tell(self.words(&Line::event(&event, &self.book)));
                }
                Ok(Some(Notice::Lost { first, last })) => app.tell(self.words(&Line::Lost {
                    event: "lost",
                    first: Some(first),
                    last: Some(last),
                })),
                Ok(Some(Notice::Overrun)) => app.tell(self.words(&Line::Lost {
                    event: "overrun",
                    first: None,
                    last: None,
                })),
                Ok(None) => return,
                // Said at once, and not only at the next look.
                Ok(Some(Notice::Unloaded)) | Err(_) => {
                    self.next = Instant::now();
                    self.gone(app);
                }
            }
        }
    }

    /// The module is gone, which is said once, whoever notices it first.
    fn gone(&mut self, app: &mut App) {
        self.module = None;
        if std::mem::take(&mut self.loaded) {
            app.tell("the kernel module homeward was unloaded".to_owned());
        }
    }

    fn words(&self, line: &Line) -> String {
        line.text(self.context.look, &mut Clock::default())
            .trim_end()
            .to_owned()
    }

    /// What holds a namespace, in lines.
    pub(super) fn holders(&mut self, cookie: u64) -> Vec<String> {
        let text = match holders::words(self.context, &Selector::Cookie(cookie)) {
            Ok(text) => text,
            Err(failure) => failure.to_string(),
        };
        // Looking through all processes is not what is done again and again.
        self.used = on_processor();
        text.lines().map(str::to_owned).collect()
    }
}

/// Of so much time on a processor one part is used. A search for owners has the rest.
fn share(app: &App) -> u32 {
    match app.page().view.needs_owners() {
        true => 2 * SHARE,
        false => SHARE,
    }
}

/// What the devices of a namespace have received and sent. It is not held open: it may die meanwhile.
fn counters(client: &mut Client, cookie: u64) -> Option<Vec<Counters>> {
    let namespace = client.open(cookie).ok()?;
    inside(namespace, || Links::here().ok()?.counters().ok()).ok()?
}

/// The time that this process has used on processors.
pub(super) fn on_processor() -> Duration {
    clock_gettime(ClockId::CLOCK_PROCESS_CPUTIME_ID).map_or(Duration::ZERO, Duration::from)
}
