// SPDX-License-Identifier: GPL-2.0-only

//! `delete --wait`: until the namespaces are really gone.

use std::time::{Duration, Instant};

use homeward_client::model::{Namespace, State};
use homeward_client::{Client, Error as ClientError};
use homeward_netns::{cookie, Name};
use nix::errno::Errno;

use super::failed;
use crate::command::gone::{Deaf, Ear, End};
use crate::command::Context;
use crate::compat::Which;
use crate::error::{Failure, Result, LOAD};
use crate::exit::Status;
use crate::render::text::{nanoseconds, span};

/// A namespace whose name is deleted.
struct Leaving {
    name: Name,
    cookie: u64,
}

/// Takes names away, and waits for their namespaces to be gone.
pub(super) fn delete_and_wait(context: &Context, which: &Which, limit: Duration) -> Result<()> {
    let names = match which {
        Which::One(name) => vec![name.clone()],
        Which::All => {
            let entries = context.directory.list().map_err(failed)?;
            entries.into_iter().map(|entry| entry.name).collect()
        }
    };
    delete_each(context, names, limit)
}

/// Goes on after a name that cannot be deleted; the first failure is the one that counts.
fn delete_each(context: &Context, names: Vec<Name>, limit: Duration) -> Result<()> {
    // Listens before anything dies.
    let ear = Ear::listen();
    let look = |name: Name| (known(context, &name), name);
    let names: Vec<_> = names.into_iter().map(look).collect();
    let waits = names.iter().any(|(known, _)| !matches!(known, Ok(None)));
    // Whoever asks for that counts on it.
    if let (Err(error), true) = (&ear, waits) {
        return Err(cannot_know(&names, error));
    }
    let mut leaving = Vec::new();
    let mut result = Ok(());
    for (known, name) in names {
        if let Err(error) = context.directory.delete(&name) {
            context.messages.bare(&error.to_string());
            result = Err(Failure::silent(Status::Failed));
            continue;
        }
        match known {
            Ok(Some(cookie)) => leaving.push(Leaving { name, cookie }),
            Ok(None) => {}
            Err(error) => {
                let text = format!("deleted {name}, but cannot tell when its namespace is gone");
                context.messages.failure(&Failure::netns(&text, &error));
                result = Err(Failure::silent(Status::Failed));
            }
        }
    }
    let (Ok(mut ear), false) = (ear, leaving.is_empty()) else {
        return result;
    };
    // A limit that no clock can show is none.
    let deadline = Instant::now().checked_add(limit);
    for one in leaving {
        wait(context, &mut ear, &one, deadline, limit)?;
    }
    result
}

/// The cookie of the namespace of a name; None when there is no network namespace behind it. Not opened
/// any longer than it takes to read, lest it is this that keeps it.
fn known(context: &Context, name: &Name) -> homeward_netns::Result<Option<u64>> {
    match context.directory.open(name).and_then(cookie) {
        Ok(cookie) => Ok(Some(cookie)),
        // Not there, no namespace at all, one of another kind.
        Err(error) if matches!(error.errno(), Some(Errno::ENOENT | Errno::EINVAL)) => Ok(None),
        Err(error) => Err(error),
    }
}

fn cannot_know<T>(names: &[(T, Name)], error: &ClientError) -> Failure {
    let names: Vec<_> = names.iter().map(|(_, name)| name.to_string()).collect();
    let names = names.join(", ");
    let what = format!("did not delete {names}: cannot tell when the namespace is gone");
    Failure::client(&what, error)
}

fn wait(
    context: &Context,
    ear: &mut Ear,
    one: &Leaving,
    deadline: Option<Instant>,
    limit: Duration,
) -> Result<()> {
    // Its end may have been heard while another one was waited for.
    let there = ear.look(one.cookie).map_err(|error| unsure(one, &error))?;
    if there.is_none() {
        return Ok(());
    }
    let mut told = false;
    let tell = |_: &mut Client, namespace: &Namespace| {
        if !told {
            told = true;
            let text = format!("waiting: {}", state(one, namespace));
            context.messages.note(&text);
        }
    };
    match ear.until_gone(one.cookie, deadline, tell) {
        Ok(End::Gone(_)) => Ok(()),
        Ok(End::TimeIsUp(namespace)) => {
            let limit = span(nanoseconds(limit));
            let text = format!("{} after {limit}", state(one, &namespace));
            Err(Failure::failed(text + &advice(&namespace)))
        }
        Err(Deaf::Unloaded) => Err(Failure::new(
            Status::NoModule,
            format!(
                "cannot tell when namespace {} is gone: the module was unloaded: {LOAD}",
                one.name
            ),
        )),
        Err(Deaf::Failed(error)) => Err(unsure(one, &error)),
    }
}

fn unsure(one: &Leaving, error: &ClientError) -> Failure {
    let what = format!("cannot tell whether namespace {} is gone", one.name);
    Failure::client(&what, error)
}

fn state(one: &Leaving, namespace: &Namespace) -> String {
    let Leaving { name, cookie } = one;
    let state = match namespace.state {
        State::Live => "has lost its name, but something else keeps it alive",
        State::Queued => "is dead and waits for teardown",
        State::Dying => "is being torn down",
        _ => "is still there",
    };
    format!("namespace {name} (cookie:{cookie}) {state}")
}

fn advice(namespace: &Namespace) -> String {
    match namespace.state {
        State::Live => format!(
            ": 'homeward holders cookie:{}' shows what",
            namespace.cookie
        ),
        _ => ": 'homeward watch' shows what happens".to_owned(),
    }
}
