// SPDX-License-Identifier: GPL-2.0-only

//! `recall DEV@NS`, `recall --all --from NS`: devices come home now.

use std::collections::HashMap;

use homeward_client::model::{Device, Mark, RecallAll, Recalled};
use homeward_client::{Client, Error, Which};

use super::Context;
use crate::book::Book;
use crate::error::{Failure, Result};
use crate::request::{Recall, Which as Wanted};
use crate::resolve;
use crate::view::{RecallView, RecalledView};

/// Devices before they were recalled, by index.
type Before = HashMap<u32, Device>;

/// What is left to be told when the devices are back.
struct Done {
    /// Where they came from.
    from: u64,
    before: Before,
    all: RecallAll,
    /// Why some could not be moved, by index.
    words: HashMap<u32, String>,
}

/// Brings devices home, or shows where they would go.
pub(crate) fn run(context: &Context, request: &Recall) -> Result<RecallView> {
    let what = match &request.which {
        Wanted::One(device) => format!("cannot recall {device}"),
        Wanted::All(namespace) => format!("cannot recall the devices of namespace {namespace}"),
    };
    let failed = |error: Error| Failure::client(&what, &error);
    let mut client = Client::connect().map_err(failed)?;
    let (from, before) = find(context, &mut client, &request.which, &what)?;
    if request.dry_run {
        let book = book(context, &mut client, &what)?;
        return Ok(RecallView::plan(book.place(from), before.values(), &book));
    }
    let done = match &request.which {
        Wanted::One(_) => {
            let ifindex = before.keys().copied().next().unwrap_or_default();
            let one = client.recall(from, Which::Ifindex(ifindex));
            Done::one(from, before, one.map_err(failed)?)
        }
        Wanted::All(_) => {
            let all = client.recall_all(from).map_err(failed)?;
            Done::all(&mut client, from, before, all)
        }
    };
    let book = book(context, &mut client, &what)?;
    Ok(done.view(&book))
}

fn book(context: &Context, client: &mut Client, what: &str) -> Result<Book> {
    let namespaces = client.namespaces_now();
    let namespaces = namespaces.map_err(|error| Failure::client(what, &error))?;
    Ok(Book::new(&namespaces.items, &context.directory))
}

/// The devices that are meant, and where they are.
fn find(
    context: &Context,
    client: &mut Client,
    wanted: &Wanted,
    what: &str,
) -> Result<(u64, Before)> {
    let (from, devices) = match wanted {
        Wanted::One(selector) => {
            let device = resolve::device(client, selector, &context.directory)?;
            (device.namespace, vec![device])
        }
        Wanted::All(selector) => {
            let from = resolve::namespace(client, selector, &context.directory)?.cookie;
            let devices = client.devices_now(Some(from));
            let devices = devices.map_err(|error| Failure::client(what, &error))?;
            let meant = |device: &Device| is_meant_by_all(device);
            (from, devices.items.into_iter().filter(meant).collect())
        }
    };
    let before = devices.into_iter().map(|device| (device.ifindex, device));
    Ok((from, before.collect()))
}

/// Whether a recall of all brings this device: it is away, and has somewhere to go where it was.
fn is_meant_by_all(device: &Device) -> bool {
    let lent = device.physical || device.mark == Mark::Keep;
    let has_home = lent || device.homes.iter().any(|home| home.alive);
    !device.homes.is_empty() && has_home && device.stuck.is_none()
}

impl Done {
    fn one(from: u64, before: Before, one: Recalled) -> Self {
        Done {
            from,
            before,
            all: RecallAll {
                devices: vec![one],
                returned: 1,
                failed: 0,
            },
            words: HashMap::new(),
        }
    }

    /// Asks again about those that could not be moved: of one alone, the kernel says why in words. By
    /// then it may even come.
    fn all(client: &mut Client, from: u64, before: Before, mut all: RecallAll) -> Self {
        let mut words = HashMap::new();
        for one in &mut all.devices {
            if one.outcome.is_ok() {
                continue;
            }
            match client.recall(from, Which::Ifindex(one.ifindex)) {
                Ok(home) => {
                    *one = home;
                    all.returned += 1;
                    all.failed = all.failed.saturating_sub(1);
                }
                Err(error) => {
                    words.insert(one.ifindex, error.to_string());
                }
            }
        }
        Done {
            from,
            before,
            all,
            words,
        }
    }

    fn view(self, book: &Book) -> RecallView {
        let devices = self.all.devices.iter().map(|one| {
            // Of one that came home, what it was called is told; its index may be another one.
            let name = || {
                let device = self.before.get(&one.ifindex)?;
                Some(device.name.clone())
            };
            let words = self.words.get(&one.ifindex).cloned();
            RecalledView::new(one, name, words, book)
        });
        RecallView {
            dry_run: false,
            from: book.place(self.from),
            returned: self.all.returned,
            failed: self.all.failed,
            devices: devices.collect(),
        }
    }
}
