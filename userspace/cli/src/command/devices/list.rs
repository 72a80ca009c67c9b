// SPDX-License-Identifier: GPL-2.0-only

//! Devices, as the module tells of them, and what can be looked up besides.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::Deref;

use homeward_client::model::{Device, Namespace, State};
use homeward_client::{Client, Error};
use serde::Serialize;

use crate::book::{Book, Place};
use crate::command::inside::{look, own_inum, warn, Detail, Wanted, Way};
use crate::command::Context;
use crate::error::{Failure, Result};
use crate::owner::Owner;
use crate::rdma::{Rdma, RdmaSurvey};
use crate::resolve;
use crate::selector::Selector;
use crate::silent::{is_loopback, is_silent};
use crate::tenancy::{self, Tenants};

/// A device, with what to call its namespaces.
#[derive(Debug, Serialize)]
pub(crate) struct Row {
    #[serde(flatten)]
    device: Device<Place>,
    /// Its RDMA devices.
    pub(super) rdma: Vec<Rdma>,
    /// Whose its namespace is. None when that is not known, or was not looked up.
    pub(in crate::command) owned_by: Option<Owner>,
    /// Whether it is lo, or a fallback tunnel that nobody uses.
    pub(in crate::command) silent: bool,
    /// What it is like. None where one cannot look inside, or when that was not looked up.
    pub(in crate::command) inside: Option<Detail>,
}

impl Deref for Row {
    type Target = Device<Place>;

    fn deref(&self) -> &Device<Place> {
        &self.device
    }
}

impl Row {
    /// That of a device.
    pub(in crate::command) fn new(device: Device, survey: &RdmaSurvey, book: &Book) -> Self {
        Row {
            rdma: survey.of(&device, book),
            silent: is_silent(&device),
            device: book.device(device),
            owned_by: None,
            inside: None,
        }
    }

    /// Its RDMA devices, for people.
    pub(in crate::command) fn rdma(&self) -> Vec<String> {
        self.rdma.iter().map(Rdma::text).collect()
    }
}

/// Devices, of all namespaces or of one.
#[derive(Debug, Serialize)]
pub(crate) struct DeviceList {
    /// The one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) namespace: Option<Place>,
    /// Whether all are there: none came or went meanwhile.
    pub(crate) complete: bool,
    /// The devices.
    pub(crate) devices: Vec<Row>,
    /// All namespaces.
    #[serde(skip)]
    pub(in crate::command) namespaces: Vec<Namespace>,
}

impl DeviceList {
    /// Asks the module for them. A failure begins with `what`.
    pub(in crate::command) fn ask(
        context: &Context,
        one: Option<&Selector>,
        what: &str,
    ) -> Result<Self> {
        let failed = |error: Error| Failure::client(what, &error);
        let mut client = Client::connect().map_err(failed)?;
        let cookie = match one {
            Some(one) => Some(resolve::namespace(&mut client, one, &context.directory)?.cookie),
            None => None,
        };
        let devices = client.devices_now(cookie).map_err(failed)?;
        let namespaces = client.namespaces_now().map_err(failed)?;
        context.warn_if_changing(devices.consistent);
        let book = Book::new(&namespaces.items, &context.directory);
        context.warn_if_unread(book.unread());
        let survey = RdmaSurvey::new(&mut client, &devices.items, &namespaces.items);
        let items = devices.items.into_iter();
        Ok(DeviceList {
            namespace: cookie.map(|cookie| book.place(cookie)),
            complete: devices.consistent,
            devices: items.map(|one| Row::new(one, &survey, &book)).collect(),
            namespaces: namespaces.items,
        })
    }

    /// Finds out whose the namespace of each is.
    pub(super) fn find_owners(&mut self, context: &Context) {
        let looked_up = tenancy::Wanted {
            owner: true,
            ..tenancy::Wanted::default()
        };
        let Ok(mut tenants) = Tenants::find(context, looked_up, "") else {
            return;
        };
        // Only a live one has its number for itself.
        let live = self
            .namespaces
            .iter()
            .filter(|one| one.state == State::Live);
        let inums = live.filter_map(|one| Some((one.cookie, one.inum?.into())));
        let inums: HashMap<u64, u64> = inums.collect();
        let mut known = HashMap::new();
        for row in &mut self.devices {
            let place = &row.device.namespace;
            let owner = known.entry(place.cookie).or_insert_with(|| {
                let inum = inums.get(&place.cookie).copied();
                let names = place.name.as_slice();
                tenants.of(inum, place.initial, names).owned_by
            });
            row.owned_by.clone_from(owner);
        }
    }

    /// Finds out what each device is like, in the namespaces that are alive. Says where one cannot look.
    pub(in crate::command) fn look_inside(&mut self, context: &Context, wanted: Wanted) {
        let places: HashSet<u64> = self
            .devices
            .iter()
            .map(|row| row.namespace.cookie)
            .collect();
        let own = own_inum();
        let live = |one: &&Namespace| one.state == State::Live && places.contains(&one.cookie);
        let live: Vec<&Namespace> = self.namespaces.iter().filter(live).collect();
        let door = |one: &&Namespace| {
            let inum = one.inum.map(u64::from);
            (Way::Cookie(one.cookie), inum.is_some() && inum == own)
        };
        let doors: Vec<_> = live.iter().map(door).collect();
        let (mut details, mut hidden) = (HashMap::new(), HashMap::new());
        for (at, inside) in look(&doors, wanted) {
            let cookie = live.get(at).map(|one| one.cookie);
            match inside {
                Ok(inside) => drop(details.insert(cookie, inside.details())),
                Err(why) => drop(hidden.insert(cookie, why)),
            }
        }
        let mut labels = BTreeMap::new();
        for row in &mut self.devices {
            let cookie = Some(row.device.namespace.cookie);
            row.inside = details
                .get_mut(&cookie)
                .and_then(|all| all.remove(&row.device.ifindex));
            let has_addresses = row.inside.as_ref().is_some_and(Detail::has_addresses);
            row.silent &= !has_addresses || row.flags.is_some_and(is_loopback);
            if let Some(why) = hidden.get(&cookie) {
                labels.insert(cookie, (row.namespace.label(), why.as_str()));
            }
        }
        let hidden: Vec<_> = labels.into_values().collect();
        warn(context, "looked into", &hidden, live.len());
    }
}

#[cfg(test)]
impl From<Device<Place>> for Row {
    fn from(device: Device<Place>) -> Self {
        Row {
            silent: is_silent(&device),
            device,
            rdma: Vec::new(),
            owned_by: None,
            inside: None,
        }
    }
}
