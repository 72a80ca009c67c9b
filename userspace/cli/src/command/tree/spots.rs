// SPDX-License-Identifier: GPL-2.0-only

//! The namespaces that there are, the ways into them, and what is inside.

use std::collections::{BTreeMap, HashMap};
use std::os::fd::{AsFd, OwnedFd};
use std::path::PathBuf;

use homeward_client::model::{Device, State};
use homeward_client::Client;
use homeward_netns::{inside, inum, open_path, open_self, own_cookie, processes};
use homeward_netns::{Error, Link, LinkList, Links};
use nix::errno::Errno;

use super::Namespace;
use crate::book::{Book, Names, INITIAL};
use crate::command::Context;
use crate::error::{in_words, why_silent, Failure, Result};
use crate::resolve;
use crate::selector::Selector;

const WHAT: &str = "cannot show the tree of network namespaces";

/// All namespaces that can be seen.
pub(super) struct Spots {
    /// The namespaces.
    pub(super) list: Vec<Spot>,
    /// What the module tells of devices, by cookie and index.
    pub(super) told: HashMap<u64, BTreeMap<u32, Device>>,
    /// Names of the namespaces that the module tells of.
    pub(super) book: Book,
    /// Whether all are there, with all of their devices.
    pub(super) complete: bool,
    client: Option<Client>,
    own: Option<u64>,
}

/// A namespace.
pub(super) struct Spot {
    /// What it is, without its devices.
    pub(super) view: Namespace,
    /// Its devices. None when one cannot look inside.
    pub(super) links: Option<Vec<Link>>,
    way: Way,
}

/// A way into a namespace.
enum Way {
    /// The module opens the one with this cookie.
    Cookie(u64),
    /// This file, as long as it has this inode number.
    File(PathBuf, u64),
    /// There is none.
    None,
}

impl Spots {
    /// Finds all namespaces by the module, or without it those that have a name or a process.
    pub(super) fn find(context: &Context) -> Result<Self> {
        let told = Client::connect().and_then(|mut client| {
            let namespaces = client.namespaces_now()?;
            let devices = client.devices_now(None)?;
            Ok((client, namespaces, devices))
        });
        let (client, namespaces, devices) = match told {
            Ok(told) => told,
            Err(error) => {
                let Some(reason) = why_silent(&error) else {
                    return Err(Failure::client(WHAT, &error));
                };
                context.messages.warning(&format!(
                    "this tree is incomplete: it lacks namespaces without name and process, and \
                     where devices belong, because {reason}"
                ));
                return Spots::without_module(context);
            }
        };
        let complete = namespaces.consistent && devices.consistent;
        context.warn_if_changing(complete);
        let book = Book::new(&namespaces.items, &context.directory);
        context.warn_if_unread(book.unread());
        let list = namespaces.items.iter().map(|one| Spot {
            view: Namespace {
                cookie: Some(one.cookie),
                inum: one.inum.map(u64::from),
                state: Some(one.state),
                initial: Some(one.initial),
                names: book.names(one.cookie),
                ..Namespace::default()
            },
            links: None,
            way: match one.state {
                State::Live => Way::Cookie(one.cookie),
                _ => Way::None,
            },
        });
        let mut spots = Spots {
            list: list.collect(),
            told: HashMap::new(),
            book,
            complete,
            client: Some(client),
            own: own_inum(),
        };
        for device in devices.items {
            let inside = spots.told.entry(device.namespace).or_default();
            inside.insert(device.ifindex, device);
        }
        Ok(spots)
    }

    fn without_module(context: &Context) -> Result<Self> {
        let names = Names::read(&context.directory);
        context.warn_if_unread(names.unread());
        let mut files: BTreeMap<u64, Option<PathBuf>> = BTreeMap::new();
        for process in processes().map_err(|error| Failure::netns(WHAT, &error))? {
            if let Some(number) = process.inum {
                let path = files.entry(number).or_default();
                path.get_or_insert_with(|| process.path());
            }
        }
        for number in names.networks(&context.directory) {
            if let Some(name) = names.of(number).first() {
                // A name stays, while a process may end before it is visited.
                files.insert(number, Some(context.directory.path().join(name)));
            }
        }
        let list = files.into_iter().filter_map(|(number, path)| {
            let mut spot = Spot::behind(path?, number);
            spot.view.names = names.of(number);
            Some(spot)
        });
        Ok(Spots {
            list: list.collect(),
            told: HashMap::new(),
            book: Book::default(),
            complete: false,
            client: None,
            own: own_inum(),
        })
    }

    /// Which one of them a selector means.
    pub(super) fn position(&mut self, context: &Context, selector: &Selector) -> Result<usize> {
        let directory = &context.directory;
        if let Some(client) = &mut self.client {
            let cookie = resolve::namespace(client, selector, directory)?.cookie;
            let found = |one: &Spot| one.view.cookie == Some(cookie);
            return self
                .list
                .iter()
                .position(found)
                .ok_or_else(|| gone(selector));
        }
        let initial = |one: &Spot| one.view.initial == Some(true);
        if let (Selector::Init, Some(at)) = (selector, self.list.iter().position(initial)) {
            // It has a number of its own, while the way by its first process may be barred.
            return Ok(at);
        }
        let file = resolve::open(selector, directory)?;
        let number = inum(&file).map_err(|error| Failure::netns(WHAT, &error))?;
        let found = |one: &Spot| one.view.inum == Some(number);
        if let Some(at) = self.list.iter().position(found) {
            return Ok(at);
        }
        match selector {
            // Only this file leads there.
            Selector::Path(path) => {
                self.list.push(Spot::behind(path.clone(), number));
                Ok(self.list.len().saturating_sub(1))
            }
            _ => Err(gone(selector)),
        }
    }

    /// Lists the devices of each.
    pub(super) fn look_inside(&mut self, context: &Context) {
        let mut hidden = 0_usize;
        for at in 0..self.list.len() {
            let seen = self.visit(at, || (own_cookie().ok(), links()));
            let Some(spot) = self.list.get_mut(at) else {
                continue;
            };
            match seen.and_then(|(cookie, links)| Ok((cookie, links?))) {
                Ok((cookie, LinkList { links, consistent })) => {
                    spot.view.cookie = spot.view.cookie.or(cookie);
                    spot.links = Some(links);
                    self.complete &= consistent;
                }
                Err(why) => {
                    hidden = hidden.saturating_add(1);
                    spot.view.hidden = Some(why);
                }
            }
        }
        if hidden > 0 {
            let total = self.list.len();
            context
                .messages
                .detail(&format!("cannot look into {hidden} of {total} namespaces"));
        }
    }

    /// Opens one of them.
    pub(super) fn open(&mut self, at: usize) -> std::result::Result<OwnedFd, String> {
        let gone = || "it is gone".to_owned();
        let spot = self.list.get(at).ok_or_else(gone)?;
        match (&spot.way, &mut self.client) {
            (Way::Cookie(cookie), Some(client)) => {
                client.open(*cookie).map_err(|error| match error.errno() {
                    Some(Errno::ENOENT | Errno::EBUSY) => gone(),
                    errno => in_words(errno, &error),
                })
            }
            (Way::File(path, number), _) => {
                let file = open_path(path).map_err(why)?;
                match inum(&file) {
                    Ok(found) if found == *number => Ok(file),
                    _ => Err(gone()),
                }
            }
            _ => Err("it is being destroyed".to_owned()),
        }
    }

    /// Does something inside of one of them.
    pub(super) fn visit<T: Send>(
        &mut self,
        at: usize,
        work: impl FnOnce() -> T + Send,
    ) -> std::result::Result<T, String> {
        if self.is_own(at) {
            // Where one is already, one needs no permission to go to.
            return Ok(work());
        }
        let file = self.open(at)?;
        inside(file.as_fd(), work).map_err(why)
    }

    /// Whether it is the namespace of this process.
    pub(super) fn is_own(&self, at: usize) -> bool {
        let number = self.list.get(at).and_then(|one| one.view.inum);
        let live = |one: &Spot| !matches!(one.way, Way::None);
        number.is_some() && number == self.own && self.list.get(at).is_some_and(live)
    }
}

impl Spot {
    /// One with these devices.
    #[cfg(test)]
    pub(super) fn with(initial: bool, links: Vec<Link>) -> Self {
        let mut spot = Spot::behind(PathBuf::new(), 0);
        spot.view.initial = Some(initial);
        spot.links = Some(links);
        spot
    }

    fn behind(path: PathBuf, number: u64) -> Self {
        Spot {
            view: Namespace {
                inum: Some(number),
                initial: (number == INITIAL).then_some(true),
                ..Namespace::default()
            },
            links: None,
            way: Way::File(path, number),
        }
    }
}

/// The devices of the namespace of this thread, or why one cannot see them.
fn links() -> std::result::Result<LinkList, String> {
    let list = Links::here().map_err(why)?.list();
    list.map_err(|error| in_words(error.errno(), &error))
}

fn own_inum() -> Option<u64> {
    open_self().and_then(inum).ok()
}

fn why(error: Error) -> String {
    match error.errno() {
        // A process that leads there ended.
        Some(Errno::ESRCH | Errno::ENOENT) => "it is gone".to_owned(),
        errno => in_words(errno, &error),
    }
}

fn gone(selector: &Selector) -> Failure {
    Failure::new(
        crate::exit::Status::NotFound,
        format!("{WHAT}: namespace {selector} has just disappeared"),
    )
}
