// SPDX-License-Identifier: GPL-2.0-only

//! A network namespace as `ls`, `show` and `watch` print it.

use std::time::Duration;

use homeward_client::model::{Creator, Namespace, State};
use serde::ser::{Error, Serialize, Serializer};
use serde_json::Value;

use crate::book::label;
use crate::owner::Owner;
use crate::render::table::{plain, Content};
use crate::render::text::{list, nanoseconds, or_absent, ABSENT};
use crate::render::Style;
use crate::tenancy::Tenancy;

/// The state of a namespace that the module did not tell of. The family has no such state, and no namespace
/// has cookie 0, which stands for a cookie that is not known.
pub(super) const UNTOLD: State = State::Other(0);

/// A network namespace.
#[derive(Debug, Clone, serde::Serialize)]
pub(super) struct Row {
    /// What the module tells; without the module little of it is known.
    #[serde(flatten, serialize_with = "known")]
    pub(super) namespace: Namespace,
    /// Its names in /run/netns.
    pub(super) names: Vec<String>,
    /// How long ago it was made.
    pub(super) age_ns: Option<u64>,
    /// The name of the user who owns its user namespace, if it has one and was looked up.
    pub(super) owner: Option<String>,
    /// Those who live in it.
    #[serde(flatten)]
    pub(super) tenancy: Tenancy,
}

/// What is not known without the module is null.
fn known<S: Serializer>(namespace: &Namespace, serializer: S) -> Result<S::Ok, S::Error> {
    if namespace.state != UNTOLD {
        return namespace.serialize(serializer);
    }
    let mut json = serde_json::to_value(namespace).map_err(S::Error::custom)?;
    for (key, unknown) in [
        ("cookie", namespace.cookie == 0),
        ("state", true),
        ("initial", !namespace.initial),
        ("stuck", true),
    ] {
        if unknown {
            json[key] = Value::Null;
        }
    }
    json.serialize(serializer)
}

impl Row {
    /// A namespace with its names, at the time `now` by CLOCK_BOOTTIME.
    pub(super) fn new(namespace: &Namespace, names: Vec<String>, now: Duration) -> Self {
        let age = |born| nanoseconds(now.saturating_sub(born));
        Row {
            names,
            age_ns: namespace.born.map(age),
            owner: None,
            tenancy: Tenancy::default(),
            namespace: namespace.clone(),
        }
    }

    /// Its key, if that is known.
    pub(super) fn cookie(&self) -> Option<u64> {
        Some(self.namespace.cookie).filter(|cookie| *cookie != 0)
    }

    /// A selector for it.
    pub(super) fn label(&self) -> String {
        let inum = self.namespace.inum.map(u64::from);
        label(self.namespace.initial, &self.names, self.cookie(), inum)
    }

    /// Where it stands in its life.
    pub(super) fn state(&self) -> Content {
        let state = match self.namespace.state {
            UNTOLD => ABSENT,
            state => state.name(),
        };
        (state.to_owned(), Style::of_state(state))
    }

    /// Its names, or else the paths where it is mounted. The initial one may have some of its own beside the
    /// word for it.
    pub(super) fn names(&self) -> Content {
        let word = self.namespace.initial.then_some("init");
        let names = match self.names.as_slice() {
            [] => &self.tenancy.paths,
            names => names,
        };
        let names = names.iter().map(String::as_str);
        plain(list(&word.into_iter().chain(names).collect::<Vec<_>>()))
    }

    /// Whose it is.
    pub(super) fn owned_by(&self) -> Content {
        owned_by(self.tenancy.owned_by.as_ref())
    }

    /// Who owns its user namespace, by name or else by number.
    pub(super) fn owner(&self) -> Content {
        let uid = || self.namespace.owner_uid.map(|uid| uid.to_string());
        plain(or_absent(self.owner.clone().or_else(uid)))
    }

    /// Who made it.
    pub(super) fn creator(&self) -> Content {
        let creator = self.namespace.creator.as_ref().map(creator);
        plain(creator.unwrap_or_else(|| ABSENT.to_owned()))
    }

    /// How many devices are away from home.
    pub(super) fn away(&self) -> Content {
        (
            or_absent(self.namespace.away),
            Style::Notable.if_any(self.namespace.away),
        )
    }
}

/// Whose a namespace is. Of what only a process tells not much is known.
pub(super) fn owned_by(owner: Option<&Owner>) -> Content {
    let style = match owner {
        Some(owner) if owner.kind == "process" => Style::Faint,
        _ => Style::Plain,
    };
    (owner.map_or_else(|| ABSENT.to_owned(), Owner::text), style)
}

/// A command name and a process id.
pub(super) fn creator(creator: &Creator) -> String {
    let command = or_absent(creator.command.as_ref());
    match creator.pid {
        Some(pid) => format!("{command}[{pid}]"),
        None => command,
    }
}

/// Those who live in a namespace, for tests.
#[cfg(test)]
pub(super) fn tenancy(namespace: &Namespace) -> Tenancy {
    use crate::tenancy::First;

    let first = |pid, command: &str| {
        let command = command.to_owned();
        Some(First { pid, command })
    };
    match namespace.state {
        State::Live if namespace.initial => Tenancy {
            processes: Some(2),
            first_process: first(1, "/sbin/init splash"),
            ..Tenancy::default()
        },
        State::Live => Tenancy {
            processes: Some(2),
            first_process: first(900, "/bin/web\x1b -d"),
            paths: vec!["/run/docker/netns/1f2e3d4c5b6a".to_owned()],
            owned_by: Some(crate::owner::fixture()),
        },
        _ => Tenancy {
            processes: Some(0),
            ..Tenancy::default()
        },
    }
}

/// Namespaces for tests.
#[cfg(test)]
pub(super) fn fixture() -> Vec<Row> {
    use crate::fixture::{container, dying, initial};

    let row = |namespace, names: &[&str]| {
        let names = names.iter().map(|name| (*name).to_owned()).collect();
        Row {
            owner: Some("root".to_owned()),
            tenancy: tenancy(namespace),
            ..Row::new(namespace, names, Duration::from_secs(4000))
        }
    };
    vec![
        row(&initial(), &[]),
        row(&container(), &["blue", "red"]),
        row(&dying(), &[]),
    ]
}
