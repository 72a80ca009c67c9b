// SPDX-License-Identifier: GPL-2.0-only

//! What is there when one begins to watch.

use homeward_client::model::{Device, Event, EventKind, Namespace, State};
use homeward_client::{Client, Result};

use super::line::Line;
use crate::book::Book;
use crate::command::filter::WithinOne;
use crate::command::namespace::Row;
use crate::command::now;

/// The namespaces, and the devices that are away from home or stuck.
pub(super) struct Present {
    /// The namespaces.
    pub(super) namespaces: Vec<Namespace>,
    /// Whether none came or went while they were listed.
    pub(super) complete: bool,
    /// Number of the last event before the list was begun.
    pub(super) begun: u64,
    devices: Vec<Device>,
    /// Number of the last event when the list was done.
    done: u64,
}

impl Present {
    /// Lists them, after one has begun to listen.
    pub(super) fn read(client: &mut Client) -> Result<Self> {
        let begun = client.stats()?.events;
        let mut namespaces = client.namespaces_now()?;
        let mut devices = client.devices_now(None)?;
        let done = client.stats()?.events;
        let away = |device: &Device| !device.homes.is_empty() || device.stuck.is_some();
        devices.items.retain(away);
        // What tells() looks up.
        devices.items.sort_by_key(key);
        namespaces.items.sort_by_key(|namespace| namespace.cookie);
        Ok(Present {
            complete: namespaces.consistent && devices.consistent,
            namespaces: namespaces.items,
            begun,
            devices: devices.items,
            done,
        })
    }

    /// One line for each that passes, and one that ends the list.
    pub(super) fn lines<'a>(
        &'a self,
        book: &'a Book,
        filter: WithinOne<'a>,
    ) -> impl Iterator<Item = Line> + 'a {
        let now = now();
        let namespaces = self.namespaces.iter();
        let namespaces = namespaces.filter(move |one| filter.pass_namespace(one));
        let devices = self.devices.iter();
        let devices = devices.filter(move |one| filter.pass_device(one, None));
        let end = Line::Listed {
            event: "listed",
            seq: self.done,
            namespaces: namespaces.clone().count(),
            devices: devices.clone().count(),
            complete: self.complete,
        };
        let namespaces = namespaces.map(move |namespace| {
            let names = book.names(namespace.cookie);
            Line::namespace_there(Row::new(namespace, names, now), now)
        });
        let devices =
            devices.map(move |device| Line::device_there(book.device(device.clone()), now));
        namespaces.chain(devices).chain([end])
    }

    /// Whether the list tells of what this event tells. The module first notes what happened, then tells
    /// it (but for the end of a device), so the list knows of all events before it was begun, and of some
    /// while it was read. What happens to a namespace only once may also get its number when the list was
    /// done already.
    pub(super) fn tells(&self, event: &Event) -> bool {
        let before = event.seq <= self.begun;
        let meanwhile = event.seq <= self.done;
        match &event.kind {
            EventKind::NamespaceBorn(namespace) => before || self.state(namespace).is_some(),
            EventKind::NamespaceDying(namespace) => {
                before || self.state(namespace) == Some(State::Dying)
            }
            EventKind::NamespaceGone(namespace) => before && self.state(namespace).is_none(),
            EventKind::DeviceAway(device) | EventKind::DeviceStuck(device) => {
                before || meanwhile && self.lists(device)
            }
            EventKind::DeviceReturned(..) => before,
            EventKind::DeviceDestroyed(device) => before && !self.lists(device),
        }
    }

    fn state(&self, wanted: &Namespace) -> Option<State> {
        let cookie = |one: &Namespace| one.cookie;
        let at = self.namespaces.binary_search_by_key(&wanted.cookie, cookie);
        self.namespaces.get(at.ok()?).map(|found| found.state)
    }

    fn lists(&self, wanted: &Device) -> bool {
        self.devices.binary_search_by_key(&key(wanted), key).is_ok()
    }
}

fn key(device: &Device) -> (u64, u32) {
    (device.namespace, device.ifindex)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn namespace(cookie: u64, state: State) -> Namespace {
        Namespace::new(cookie, state)
    }

    fn event(seq: u64, kind: EventKind) -> Event {
        let time = Duration::ZERO;
        Event { seq, time, kind }
    }

    fn present() -> Present {
        Present {
            namespaces: vec![namespace(4, State::Live), namespace(5, State::Dying)],
            complete: true,
            begun: 10,
            devices: Vec::new(),
            done: 12,
        }
    }

    #[test]
    fn what_happened_before_the_list_is_in_it() {
        let ns = |cookie| namespace(cookie, State::Live);
        for kind in [
            EventKind::NamespaceBorn(ns(9)),
            EventKind::NamespaceDying(ns(9)),
            EventKind::NamespaceGone(ns(9)),
        ] {
            assert!(present().tells(&event(10, kind.clone())), "{kind:?}");
            assert!(!present().tells(&event(13, kind)));
        }
    }

    #[test]
    fn what_is_in_the_list_and_was_numbered_after_it_is_not_told_again() {
        let born = |cookie| EventKind::NamespaceBorn(namespace(cookie, State::Live));
        let dying = |cookie| EventKind::NamespaceDying(namespace(cookie, State::Dying));
        assert!(present().tells(&event(13, born(4))));
        assert!(present().tells(&event(13, dying(5))));
        assert!(!present().tells(&event(13, dying(4))));
    }

    #[test]
    fn what_happened_meanwhile_is_told_unless_the_list_shows_it() {
        let ns = |cookie| namespace(cookie, State::Live);
        let table = [
            (EventKind::NamespaceBorn(ns(4)), true),
            (EventKind::NamespaceBorn(ns(9)), false),
            (EventKind::NamespaceDying(ns(4)), false),
            (EventKind::NamespaceDying(ns(5)), true),
            (EventKind::NamespaceGone(ns(4)), false),
            (EventKind::NamespaceGone(ns(9)), false),
        ];
        for (kind, told) in table {
            assert_eq!(present().tells(&event(11, kind.clone())), told, "{kind:?}");
        }
    }
}
