// SPDX-License-Identifier: GPL-2.0-only

//! Whose the namespaces are, and what each of these owners has.

use std::collections::BTreeMap;

use homeward_client::model::Namespace;

use crate::command::namespace::Row;
use crate::render::text::ABSENT;
use crate::render::Style;

/// Whose a namespace is, as far as people can tell them apart.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Whose {
    /// The host's: it is the initial one.
    Host,
    /// Of an owner with this text, whatever that is: it may be a word that another one stands for.
    Owner(String),
    /// That is not known.
    Unknown,
}

/// An owner, and what is in all of its namespaces together.
#[derive(Debug)]
pub(super) struct Owned {
    /// The owner.
    pub(super) whose: Whose,
    /// How the owner is shown.
    pub(super) style: Style,
    /// The namespaces.
    pub(super) cookies: Vec<u64>,
    /// Number of devices. None if that is not known of any.
    pub(super) devices: Option<u64>,
    /// How many of them are away from home.
    pub(super) away: Option<u64>,
}

impl Whose {
    /// Whose this one is.
    pub(super) fn of(row: &Row) -> Self {
        match &row.tenancy.owned_by {
            _ if row.namespace.initial => Whose::Host,
            Some(owner) => Whose::Owner(owner.text()),
            None => Whose::Unknown,
        }
    }

    /// In one line.
    pub(super) fn text(&self) -> &str {
        match self {
            Whose::Host => "init",
            Whose::Owner(text) => text,
            Whose::Unknown => ABSENT,
        }
    }
}

/// The owners of all these.
pub(super) fn owned(namespaces: &[Row]) -> Vec<Owned> {
    let mut all: BTreeMap<Whose, Vec<&Row>> = BTreeMap::new();
    for one in namespaces {
        all.entry(Whose::of(one)).or_default().push(one);
    }
    all.into_iter()
        .map(|(whose, its)| Owned::new(whose, &its))
        .collect()
}

impl Owned {
    fn new(whose: Whose, its: &[&Row]) -> Self {
        let sum = |of: fn(&Namespace) -> Option<u32>| {
            let known = its.iter().filter_map(|one| of(&one.namespace));
            known.map(u64::from).reduce(u64::saturating_add)
        };
        Owned {
            whose,
            style: its.first().map_or(Style::Plain, |one| one.owned_by().1),
            cookies: its.iter().map(|one| one.namespace.cookie).collect(),
            devices: sum(|one| one.devices),
            away: sum(|one| one.away),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{container, initial};
    use crate::owner::Owner;

    /// A namespace of a process with this command line, or of nobody.
    fn row(cookie: u64, command: Option<&str>) -> Row {
        let namespace = Namespace {
            cookie,
            ..container()
        };
        let mut row = Row::new(&namespace, Vec::new(), std::time::Duration::ZERO);
        row.tenancy.owned_by = command.map(|command| Owner {
            kind: "process",
            name: Some(command.to_owned()),
            ..Owner::default()
        });
        row
    }

    /// Its words, its namespaces, its devices and those that are away.
    type Told = (String, Vec<u64>, Option<u64>, Option<u64>);

    fn list(all: &[Row]) -> Vec<Told> {
        let one = |one: Owned| {
            let text = one.whose.text().to_owned();
            (text, one.cookies, one.devices, one.away)
        };
        owned(all).into_iter().map(one).collect()
    }

    #[test]
    fn an_owner_has_the_sum_of_what_its_namespaces_have() {
        let mut untold = row(3, Some("web"));
        untold.namespace.devices = None;
        untold.namespace.away = None;
        let all = [row(1, Some("web")), row(2, Some("db\x1b")), untold];
        assert_eq!(
            list(&all),
            [
                ("db\\u{1b}".to_owned(), vec![2], Some(2), Some(1)),
                ("web".to_owned(), vec![1, 3], Some(2), Some(1)),
            ]
        );
        let [_, _, mut untold] = all;
        assert_eq!(list(&[untold.clone()])[0].2, None);
        untold.namespace.devices = Some(40);
        assert_eq!(list(&[row(1, Some("web")), untold])[0].2, Some(42));
    }

    #[test]
    fn those_of_nobody_known_are_one_row_and_nobody_can_be_called_like_it_or_the_host() {
        let host = Row::new(&initial(), Vec::new(), std::time::Duration::ZERO);
        let all = [
            row(1, None),
            row(2, Some("init")),
            row(3, None),
            row(4, Some("-")),
            host,
        ];
        let found: Vec<_> = list(&all).into_iter().map(|one| (one.0, one.1)).collect();
        let expected = [
            ("init", vec![7]),
            ("-", vec![4]),
            ("init", vec![2]),
            ("-", vec![1, 3]),
        ];
        assert_eq!(found, expected.map(|(text, its)| (text.to_owned(), its)));
    }
}
