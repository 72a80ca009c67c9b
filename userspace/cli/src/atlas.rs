// SPDX-License-Identifier: GPL-2.0-only

//! Which namespace is meant by a cookie or an inode number, with or without the module.

use std::collections::HashMap;

use homeward_client::model::{Namespace, State};
use homeward_holders::Identity;
use homeward_netns::Directory;

use crate::book::Names;
use crate::view::Whereabouts;

/// Number of the initial namespace in nsfs since Linux 6.18; before, it has no fixed one.
pub(crate) const INITIAL: u64 = 0xefff_fff9;

/// Live namespaces, by both of their numbers.
#[derive(Debug, Default)]
pub(crate) struct Atlas {
    names: Names,
    inums: HashMap<u64, u64>,
    cookies: HashMap<u64, u64>,
    initial: Option<u64>,
}

impl Atlas {
    /// An atlas with the names that are in `directory` now.
    pub(crate) fn new(directory: &Directory) -> Self {
        Atlas {
            names: Names::read(directory),
            ..Atlas::default()
        }
    }

    /// Why the names could not be read, if so.
    pub(crate) fn unread(&self) -> Option<&str> {
        self.names.unread()
    }

    /// Adds what the module knows.
    pub(crate) fn add_told(&mut self, namespaces: &[Namespace]) {
        // A number of a dead one may be that of a live one.
        for namespace in namespaces.iter().filter(|one| one.state == State::Live) {
            if namespace.initial {
                self.initial = Some(namespace.cookie);
            }
            self.add(Identity {
                cookie: Some(namespace.cookie),
                inum: namespace.inum.map(u64::from),
            });
        }
    }

    /// Adds those that have a name.
    pub(crate) fn add_named(&mut self, directory: &Directory) {
        for entry in directory.list().unwrap_or_default() {
            let file = directory.open(&entry.name);
            let identity = file.ok().and_then(|file| Identity::of(file).ok());
            identity.into_iter().for_each(|identity| self.add(identity));
        }
    }

    /// Adds one.
    pub(crate) fn add(&mut self, identity: Identity) {
        if let (Some(cookie), Some(inum)) = (identity.cookie, identity.inum) {
            self.inums.insert(cookie, inum);
            self.cookies.insert(inum, cookie);
        }
    }

    /// All that is known of one.
    pub(crate) fn whereabouts(&self, identity: Identity) -> Whereabouts {
        let cookie = identity
            .cookie
            .or_else(|| self.cookies.get(&identity.inum?).copied());
        let inum = identity
            .inum
            .or_else(|| self.inums.get(&identity.cookie?).copied());
        let told = self.initial.is_some() && self.initial == cookie;
        Whereabouts {
            cookie,
            inum,
            name: inum.and_then(|inum| self.names.of(inum).into_iter().next()),
            initial: told || inum == Some(INITIAL),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn either_number_leads_to_the_other() {
        let mut atlas = Atlas::default();
        let both = Identity {
            cookie: Some(4711),
            inum: Some(7),
        };
        atlas.add(both);
        for one in [
            Identity { inum: None, ..both },
            Identity {
                cookie: None,
                ..both
            },
        ] {
            let found = atlas.whereabouts(one);
            assert_eq!((found.cookie, found.inum), (Some(4711), Some(7)));
            assert_eq!(found.label(), "cookie:4711");
        }
    }

    #[test]
    fn what_is_not_known_stays_as_it_is() {
        let atlas = Atlas::default();
        let of = |cookie, inum| atlas.whereabouts(Identity { cookie, inum }).label();
        assert_eq!(of(Some(9), None), "cookie:9");
        assert_eq!(of(None, Some(9)), "inum:9");
        assert_eq!(of(None, Some(INITIAL)), "init");
        assert_eq!(of(None, None), "-");
    }
}
