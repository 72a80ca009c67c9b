// SPDX-License-Identifier: GPL-2.0-only

//! The namespaces that there are, the ways into them, and what is inside.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::os::fd::{AsFd, OwnedFd};
use std::path::PathBuf;

use homeward_client::model::{Device, State};
use homeward_client::Client;
use homeward_netns::{inside, inum, network_mounts, processes, Address, Link};

use super::Namespace;
use crate::book::{Book, Names, INITIAL};
use crate::command::inside::{look, own_inum, why, Detail, Wanted as LookUp, Way};
use crate::command::Context;
use crate::error::{why_silent, Failure, Result};
use crate::owner::Owner;
use crate::resolve;
use crate::selector::Selector;
use crate::tenancy::{Tenants, Wanted};

/// What they are wanted for, in words.
#[derive(Debug, Clone, Copy)]
pub(in crate::command) struct Purpose {
    /// What cannot be done if they cannot be had.
    pub(in crate::command) failed: &'static str,
    /// What is incomplete if some of them are missing.
    pub(in crate::command) thing: &'static str,
}

/// All namespaces that can be seen.
pub(in crate::command) struct Spots {
    /// The namespaces.
    pub(in crate::command) list: Vec<Spot>,
    /// What the module tells of devices, by cookie and index.
    pub(in crate::command) told: HashMap<u64, BTreeMap<u32, Device>>,
    /// Names of the namespaces that the module tells of.
    pub(in crate::command) book: Book,
    /// Whether all are there, with all of their devices.
    pub(in crate::command) complete: bool,
    /// Whether it is known whose each is.
    owners_known: bool,
    purpose: Purpose,
    client: Option<Client>,
    own: Option<u64>,
}

/// A namespace.
pub(in crate::command) struct Spot {
    /// What it is, without its devices.
    pub(in crate::command) view: Namespace,
    /// Its devices. None when one cannot look inside.
    pub(in crate::command) links: Option<Vec<Link>>,
    /// The IP addresses of those, if they are wanted.
    pub(in crate::command) addresses: Vec<Address>,
    /// What those are like, by their indices.
    pub(in crate::command) details: HashMap<u32, Detail>,
    way: Way,
}

impl Spots {
    /// Finds all namespaces by the module, or without it those that have a name, a mount or a process.
    pub(in crate::command) fn find(context: &Context, purpose: Purpose) -> Result<Self> {
        let Purpose { failed, thing } = purpose;
        let told = Client::connect().and_then(|mut client| {
            let namespaces = client.namespaces_now()?;
            let devices = client.devices_now(None)?;
            Ok((client, namespaces, devices))
        });
        let (client, namespaces, devices) = match told {
            Ok(told) => told,
            Err(error) => {
                let Some(reason) = why_silent(&error) else {
                    return Err(Failure::client(failed, &error));
                };
                context.messages.warning(&format!(
                    "this {thing} is incomplete: it lacks namespaces without a name, mount or process that \
                     can be seen, and where devices belong, because {reason}"
                ));
                return Spots::without_module(context, purpose);
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
            addresses: Vec::new(),
            details: HashMap::new(),
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
            owners_known: false,
            purpose,
            client: Some(client),
            own: own_inum(),
        };
        for device in devices.items {
            let inside = spots.told.entry(device.namespace).or_default();
            inside.insert(device.ifindex, device);
        }
        Ok(spots)
    }

    fn without_module(context: &Context, purpose: Purpose) -> Result<Self> {
        let names = Names::read(&context.directory);
        context.warn_if_unread(names.unread());
        let mut files: BTreeMap<u64, PathBuf> = BTreeMap::new();
        let named = names.networks(&context.directory);
        // A name and a mount stay, while a process may end before it is visited.
        let named =
            named.filter_map(|number| Some((number, names.file(number, &context.directory)?)));
        for (number, path) in named.chain(network_mounts()) {
            files.entry(number).or_insert(path);
        }
        for process in processes().map_err(|error| Failure::netns(purpose.failed, &error))? {
            if let Some(number) = process.inum {
                files.entry(number).or_insert_with(|| process.path());
            }
        }
        let list = files.into_iter().map(|(number, path)| {
            let mut spot = Spot::behind(path, number);
            spot.view.names = names.of(number);
            spot
        });
        Ok(Spots {
            list: list.collect(),
            told: HashMap::new(),
            book: Book::default(),
            complete: false,
            owners_known: false,
            purpose,
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
                .ok_or_else(|| self.gone(selector));
        }
        let initial = |one: &Spot| one.view.initial == Some(true);
        if let (Selector::Init, Some(at)) = (selector, self.list.iter().position(initial)) {
            // It has a number of its own, while the way by its first process may be barred.
            return Ok(at);
        }
        let file = resolve::open(selector, directory)?;
        let number = inum(&file).map_err(|error| Failure::netns(self.purpose.failed, &error))?;
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
            _ => Err(self.gone(selector)),
        }
    }

    fn gone(&self, selector: &Selector) -> Failure {
        let failed = self.purpose.failed;
        Failure::not_found(format!(
            "{failed}: namespace {selector} has just disappeared"
        ))
    }

    /// Lists the devices of each, with what else is wanted of them.
    pub(in crate::command) fn look_inside(&mut self, context: &Context, wanted: LookUp) {
        // The module tells each cookie.
        let cookie = self.client.is_none();
        let doors = (0..self.list.len()).filter_map(|at| {
            let spot = self.list.get(at)?;
            Some((spot.way.clone(), self.is_own(at)))
        });
        let doors: Vec<(Way, bool)> = doors.collect();
        let mut hidden = 0_usize;
        for (at, inside) in look(&doors, LookUp { cookie, ..wanted }) {
            let Some(spot) = self.list.get_mut(at) else {
                continue;
            };
            match inside {
                Ok(inside) => {
                    spot.view.cookie = spot.view.cookie.or(inside.cookie);
                    spot.details = inside.details();
                    spot.links = Some(inside.links);
                    spot.addresses = inside.addresses.unwrap_or_default();
                    self.complete &= inside.consistent;
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

    /// Finds out whose each is.
    pub(in crate::command) fn find_owners(&mut self, context: &Context) {
        let wanted = Wanted {
            owner: true,
            ..Wanted::default()
        };
        let Ok(mut tenants) = Tenants::find(context, wanted, "") else {
            return;
        };
        self.owners_known = true;
        for spot in &mut self.list {
            spot.view.owned_by = tenants.owner(spot.inum(), spot.is_initial(), &spot.view.names);
        }
    }

    /// Whose those with these cookies are.
    pub(in crate::command) fn owners_of(
        &self,
        context: &Context,
        cookies: &HashSet<u64>,
    ) -> HashMap<u64, Owner> {
        let wanted = self.list.iter().filter_map(|spot| {
            let cookie = spot.view.cookie.filter(|cookie| cookies.contains(cookie))?;
            Some((cookie, spot))
        });
        if self.owners_known || cookies.is_empty() {
            return wanted
                .filter_map(|(cookie, spot)| Some((cookie, spot.view.owned_by.clone()?)))
                .collect();
        }
        let Ok(mut tenants) = Tenants::find(context, Wanted::default(), "") else {
            return HashMap::new();
        };
        wanted
            .filter_map(|(cookie, spot)| {
                let owner = tenants.owner(spot.inum(), spot.is_initial(), &spot.view.names)?;
                Some((cookie, owner))
            })
            .collect()
    }

    /// Opens one of them.
    pub(in crate::command) fn open(&mut self, at: usize) -> std::result::Result<OwnedFd, String> {
        let gone = || "it is gone".to_owned();
        let spot = self.list.get(at).ok_or_else(gone)?;
        spot.way.open(self.client.as_mut())
    }

    /// Does something inside of one of them.
    pub(in crate::command) fn visit<T: Send>(
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
        let number = self.list.get(at).and_then(Spot::inum);
        number.is_some() && number == self.own
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

    /// Its number in nsfs. Only a live one has that for itself.
    fn inum(&self) -> Option<u64> {
        let live = !matches!(self.way, Way::None);
        self.view.inum.filter(|_| live)
    }

    fn is_initial(&self) -> bool {
        self.view.initial == Some(true)
    }

    fn behind(path: PathBuf, number: u64) -> Self {
        Spot {
            view: Namespace {
                inum: Some(number),
                initial: (number == INITIAL).then_some(true),
                ..Namespace::default()
            },
            links: None,
            addresses: Vec::new(),
            details: HashMap::new(),
            way: Way::File(path, number),
        }
    }
}
