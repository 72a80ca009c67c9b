// SPDX-License-Identifier: GPL-2.0-only

//! `wait NS`: until a network namespace is really gone.

use std::time::{Duration, Instant};

use clap::Args;
use homeward_client::model::{Device, Namespace, State};
use homeward_client::{Client, Error};
use serde::Serialize;

use super::gone::{Deaf, Ear, End};
use super::{Context, Verb};
use crate::book::{Book, Place};
use crate::error::{Failure, Result};
use crate::exit::Status;
use crate::names::refuse_other;
use crate::render::device::place;
use crate::render::text::{nanoseconds, span};
use crate::resolve;
use crate::selector::{help, Selector};
use crate::value::time;

const HELP: &str = "\
A namespace is gone when the kernel has destroyed everything in it, which happens after its
name and its last process are gone. After one second, standard error says what keeps it. Once
its name is gone, refer to the namespace by its cookie.

Examples:
  homeward wait red                           until red is gone
  homeward wait red blue                      until both are gone
  homeward wait cookie:4711 --timeout 1m30s   at most 90 seconds
  homeward wait cookie:4711 --timeout 0       only look

Exit status 7: timed out before it was gone.";

/// Wait until network namespaces are really gone.
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub(crate) struct Wait {
    #[arg(value_name = "NS", required = true, help = help("Which network namespaces"))]
    namespaces: Vec<Selector>,
    /// Give up after this time: seconds, or with units, as 1m30s or 500ms.
    #[arg(long, value_name = "TIME", value_parser = time)]
    timeout: Option<Duration>,
}

/// A namespace that is gone.
#[derive(Debug, Serialize)]
struct Waited {
    /// The namespace.
    namespace: Place,
    /// What came of it.
    outcome: Outcome,
    /// For how long it was waited.
    waited_ns: u64,
    /// How long the kernel took to take it down; None when that was not seen.
    teardown_ns: Option<u64>,
}

/// What came of waiting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Outcome {
    /// It is gone now.
    Gone,
    /// It was not there from the beginning.
    Absent,
}

impl Verb for Wait {
    // Each is looked at when its turn comes.
    fn run(self, context: &Context) -> Result<Status> {
        // All of them first: while one is waited for, the name of another may go.
        let find = |selector| Watched::find(context, selector);
        let (watched, missing) = context.each(&self.namespaces, find);
        let (waited, late) = context.each(watched, |one| {
            let waited = one.until_gone(context, self.timeout)?;
            if !context.look.json {
                context.print(&waited, |_| text(&waited))?;
            }
            Ok(waited)
        });
        if context.look.json {
            context.print_each(&waited, self.namespaces.len(), |_, _| String::new())?;
        }
        Ok(missing.worse(late))
    }
}

/// That a namespace is gone, and how long that took.
fn text(waited: &Waited) -> String {
    let who = place(&waited.namespace);
    match (waited.outcome, waited.teardown_ns) {
        (Outcome::Absent, _) => format!("{who} is gone already, or was never there\n"),
        (Outcome::Gone, Some(time)) => format!("{who} is gone, torn down within {}\n", span(time)),
        (Outcome::Gone, None) => format!("{who} is gone\n"),
    }
}

/// A namespace whose end is waited for.
struct Watched<'a> {
    selector: &'a Selector,
    ear: Ear,
    /// Since when.
    start: Instant,
    namespace: Place,
    /// Whether it was there then.
    present: bool,
}

impl<'a> Watched<'a> {
    fn find(context: &Context, selector: &'a Selector) -> Result<Self> {
        refuse_other(selector, &context.directory)?;
        let failed = |error: Error| failure(selector, &error);
        // Events first, so that its end cannot fall between the look and them.
        let mut ear = Ear::listen().map_err(failed)?;
        let cookie = match selector {
            Selector::Cookie(cookie) => *cookie,
            // Nothing that is open here may keep it alive.
            other => {
                resolve::namespace(&mut ear.client, other, &context.directory)
                    .map_err(|failure| advise(failure, selector))?
                    .cookie
            }
        };
        let start = Instant::now();
        let found = ear.look(cookie).map_err(failed)?;
        if found.as_ref().is_some_and(|namespace| namespace.initial) {
            return Err(Failure::failed(format!(
                "cannot wait for namespace {selector}: the initial one never dies"
            )));
        }
        let present = found.is_some();
        let there: Vec<Namespace> = found.into_iter().collect();
        let namespace = Book::new(&there, &context.directory).place(cookie);
        Ok(Watched {
            selector,
            ear,
            start,
            namespace,
            present,
        })
    }

    fn until_gone(mut self, context: &Context, timeout: Option<Duration>) -> Result<Waited> {
        if !self.present {
            return Ok(Waited::new(
                self.namespace,
                Outcome::Absent,
                self.start,
                None,
            ));
        }
        let deadline = timeout.and_then(|timeout| self.start.checked_add(timeout));
        let cookie = self.namespace.cookie;
        let teardown = wait(context, &mut self.ear, self.selector, cookie, deadline)?;
        Ok(Waited::new(
            self.namespace,
            Outcome::Gone,
            self.start,
            teardown,
        ))
    }
}

impl Waited {
    fn new(namespace: Place, outcome: Outcome, start: Instant, teardown: Option<Duration>) -> Self {
        Waited {
            namespace,
            outcome,
            waited_ns: nanoseconds(start.elapsed()),
            teardown_ns: teardown.map(nanoseconds),
        }
    }
}

/// Waits, and says what for whenever that changes. Gives the time that the kernel needed to take the
/// namespace down.
fn wait(
    context: &Context,
    ear: &mut Ear,
    selector: &Selector,
    cookie: u64,
    deadline: Option<Instant>,
) -> Result<Option<Duration>> {
    let mut told = String::new();
    let tell = |client: &mut Client, namespace: &Namespace| {
        let state = look_closer(client, namespace);
        if state.summary != told {
            let text = format!("waiting for {selector}: {}", state.text);
            context.messages.note(&text);
            told = state.summary;
        }
    };
    match ear.until_gone(cookie, deadline, tell) {
        Ok(End::Gone(teardown)) => Ok(teardown),
        Ok(End::TimeIsUp(namespace)) => {
            let state = look_closer(&mut ear.client, &namespace).text;
            Err(Failure::new(
                Status::TimedOut,
                format!("timed out: namespace {selector} is not gone: {state}"),
            ))
        }
        Err(Deaf::Unloaded) => Err(Failure::new(
            Status::NoModule,
            format!(
                "cannot wait for namespace {selector} any longer: the kernel module homeward was \
                 unloaded"
            ),
        )),
        Err(Deaf::Failed(error)) => Err(failure(selector, &error)),
    }
}

/// What there is to wait for.
fn look_closer(client: &mut Client, namespace: &Namespace) -> Description {
    // A live one does not wait for devices.
    let stuck = match namespace.state {
        State::Live => Vec::new(),
        _ => stuck(client, namespace.cookie),
    };
    describe(namespace, &stuck)
}

/// The devices that the kernel cannot free and that a namespace waits for.
fn stuck(client: &mut Client, cookie: u64) -> Vec<Device> {
    let devices = client.devices_now(None);
    let mut devices = devices.map(|dump| dump.items).unwrap_or_default();
    devices.retain(|device| {
        let waits = |waiting: &[u64]| waiting.contains(&cookie);
        let own = device.namespace == cookie;
        let stuck = device.stuck.as_ref();
        stuck.is_some_and(|stuck| own || waits(&stuck.waiting))
    });
    devices
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
        State::Queued => ("queued", "it is dead and waits to be torn down".to_owned()),
        State::Dying => {
            let since = namespace.dying_for.unwrap_or_default();
            let text = format!(
                "the kernel has been tearing it down for {:.1}s",
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
fn advise(failure: Failure, selector: &Selector) -> Failure {
    let leads = matches!(
        selector,
        Selector::Name(_) | Selector::Pid(_) | Selector::Path(_)
    );
    if leads && failure.status == Status::NotFound {
        return failure.advise("if only its name or process is gone, use its cookie");
    }
    failure
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{book, golden, JSON};
    use homeward_client::model::Stuck;

    fn namespace(state: State) -> Namespace {
        Namespace {
            refs: Some(2),
            dying_for: Some(Duration::from_millis(1500)),
            ..Namespace::new(7, state)
        }
    }

    fn device(refs: u32) -> Device {
        Device {
            stuck: Some(Stuck {
                refs,
                ..Stuck::default()
            }),
            ..Device::new(5, 2, "dum0")
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
            "the kernel has been tearing it down for 1.5s"
        );
        assert_eq!(
            text(State::Queued, &[device(3)]),
            "it is dead and waits to be torn down, device dum0 of cookie:5 cannot \
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

    #[test]
    fn the_end_of_a_wait_as_text_and_json() {
        let wait = |outcome, teardown_ns| Waited {
            namespace: book().place(4711),
            outcome,
            waited_ns: 2_500_000_000,
            teardown_ns,
        };
        let gone = wait(Outcome::Gone, Some(40_000_000));
        let others = [wait(Outcome::Gone, None), wait(Outcome::Absent, None)];
        let text = text(&gone) + &others.each_ref().map(text).concat();
        let json = JSON.choose(&gone, String::new).unwrap();
        golden("wait", &[("text", text), ("json", json)]);
    }
}
