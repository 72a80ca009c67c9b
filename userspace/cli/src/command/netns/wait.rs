// SPDX-License-Identifier: GPL-2.0-only

//! `delete --wait`: until the namespaces are really gone.

use std::time::{Duration, Instant};

use homeward_client::model::{EventKind, Namespace, State};
use homeward_client::{By, Client, Error as ClientError, Events, Notice};
use homeward_netns::{cookie, Name};
use nix::errno::Errno;

use super::failed;
use crate::command::Context;
use crate::error::{Failure, Result, LOAD};
use crate::exit::Status;

/// After so long it is said what is waited for.
const PATIENCE: Duration = Duration::from_secs(1);

/// A namespace whose name is deleted.
struct Leaving {
    name: Name,
    cookie: u64,
}

/// A connection to the module that hears of every death.
struct Ear {
    client: Client,
    events: Events,
}

/// Takes a name away, and waits for its namespace to be gone.
pub(crate) fn delete_and_wait(context: &Context, name: &Name, limit: Duration) -> Result<()> {
    delete_each(context, vec![name.clone()], limit)
}

/// Takes all names away, and waits for their namespaces to be gone.
pub(crate) fn delete_all_and_wait(context: &Context, limit: Duration) -> Result<()> {
    let entries = context.directory.list().map_err(failed)?;
    let names = entries.into_iter().map(|entry| entry.name).collect();
    delete_each(context, names, limit)
}

/// Goes on after a name that cannot be deleted; the first failure is the one that counts.
fn delete_each(context: &Context, names: Vec<Name>, limit: Duration) -> Result<()> {
    // Listens before anything dies.
    let ear = listen();
    let mut leaving = Vec::new();
    let mut result = Ok(());
    for name in names {
        // Not opened any longer than it takes to read, lest it is this that keeps it.
        let known = context.directory.open(&name).and_then(cookie);
        if let Err(error) = context.directory.delete(&name) {
            context.messages.bare(&error.to_string());
            result = Err(Failure::silent(Status::Failed));
        } else if let Ok(cookie) = known {
            leaving.push(Leaving { name, cookie });
        }
    }
    if leaving.is_empty() {
        return result;
    }
    let mut ear = ear.map_err(|error| cannot_know(&leaving, &error))?;
    // A limit that no clock can show is none.
    let deadline = Instant::now().checked_add(limit);
    for one in leaving {
        wait(context, &mut ear, &one, deadline, limit)?;
    }
    result
}

fn listen() -> std::result::Result<Ear, ClientError> {
    let client = Client::connect()?;
    let events = client.subscribe()?;
    Ok(Ear { client, events })
}

fn cannot_know(leaving: &[Leaving], error: &ClientError) -> Failure {
    let names: Vec<_> = leaving.iter().map(|one| one.name.to_string()).collect();
    let names = names.join(", ");
    let what = format!("deleted {names}, but cannot know when the namespace is gone");
    Failure::client(&what, error)
}

fn wait(
    context: &Context,
    ear: &mut Ear,
    one: &Leaving,
    deadline: Option<Instant>,
    limit: Duration,
) -> Result<()> {
    let patience = Instant::now() + PATIENCE;
    let mut told = false;
    loop {
        let Some(namespace) = look(ear, one)? else {
            return Ok(());
        };
        let now = Instant::now();
        if deadline.is_some_and(|deadline| now >= deadline) {
            let seconds = limit.as_secs_f64();
            let text = format!("{} after {seconds} s", state(one, &namespace));
            return Err(Failure::new(Status::Failed, text + &advice(&namespace)));
        }
        if !told && now >= patience {
            told = true;
            context
                .messages
                .note(&format!("waiting: {}", state(one, &namespace)));
        }
        let next = if told {
            deadline
        } else {
            min(deadline, Some(patience))
        };
        if !hear(ear, one, next)? {
            return Ok(());
        }
    }
}

fn min(a: Option<Instant>, b: Option<Instant>) -> Option<Instant> {
    a.into_iter().chain(b).min()
}

/// What the module knows about the namespace; None when it is gone.
fn look(ear: &mut Ear, one: &Leaving) -> Result<Option<Namespace>> {
    match ear.client.namespace(By::Cookie(one.cookie)) {
        Ok(namespace) => Ok(Some(namespace)),
        Err(error) if error.errno() == Some(Errno::ENOENT) => Ok(None),
        Err(error) => Err(unsure(one, &error)),
    }
}

/// Listens until the namespace is gone (false), or there is reason to look again.
fn hear(ear: &mut Ear, one: &Leaving, until: Option<Instant>) -> Result<bool> {
    loop {
        let left = until.map(|until| until.saturating_duration_since(Instant::now()));
        let notice = ear.events.next(left).map_err(|error| unsure(one, &error))?;
        match notice {
            Some(Notice::Event(event)) => match event.kind {
                EventKind::NamespaceGone(gone) if gone.cookie == one.cookie => return Ok(false),
                _ => {}
            },
            Some(Notice::Unloaded) => {
                let text = format!(
                    "cannot know when namespace {} is gone: the module was unloaded: {LOAD}",
                    one.name
                );
                return Err(Failure::new(Status::NoModule, text));
            }
            Some(Notice::Lost { .. } | Notice::Overrun) | None => return Ok(true),
        }
    }
}

fn unsure(one: &Leaving, error: &ClientError) -> Failure {
    let what = format!("cannot know whether namespace {} is gone", one.name);
    Failure::client(&what, error)
}

fn state(one: &Leaving, namespace: &Namespace) -> String {
    let Leaving { name, cookie } = one;
    let state = match namespace.state {
        State::Live => "has lost its name and lives on, something else holds it",
        State::Queued => "is dead and waits for its teardown",
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
