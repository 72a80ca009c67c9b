// SPDX-License-Identifier: GPL-2.0-only

//! Which rows of a list are shown: all filters that there are, one type for each verb that has some.
//!
//! A row has to pass each filter that was typed, and of several values one. What is not known of it passes
//! none.

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::Args;
use homeward_client::model::{Action, Device, EventKind, Mark, Namespace, State};

use super::{devices, holders, namespace, sockets};
use crate::owner::Owner;
use crate::selector::{help, Selector};

/// Those of `ls`.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Filters")]
pub(super) struct OfNamespaces {
    /// Only those with devices whose home is elsewhere, and that would go there.
    #[arg(long)]
    away: bool,
    /// Only those in one of these states.
    #[arg(long, value_delimiter = ',', value_parser = state())]
    state: Vec<State>,
    /// Only those without a name in /run/netns, but for the initial one.
    #[arg(long)]
    unnamed: bool,
    /// Only those of this owner: as OWNED-BY has it, the name of a container, pod, machine or unit, or the
    /// first 12 digits of an id; or as OWNER has it, the name or the number of a user.
    #[arg(long, value_name = "TEXT")]
    owner: Option<String>,
}

/// Those of `devices`.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Filters")]
pub(super) struct OfDevices {
    /// Only those whose home is elsewhere, and that would go there.
    #[arg(long)]
    away: bool,
    /// Only physical ones.
    #[arg(long)]
    physical: bool,
    /// Only those of one of these kinds, also fallback tunnels.
    #[arg(long, value_delimiter = ',')]
    kind: Vec<String>,
    /// Only those in one of these states, as STATE has it.
    #[arg(long, value_delimiter = ',', value_parser = PossibleValuesParser::new(homeward_netns::OPERSTATES))]
    state: Vec<String>,
    /// Only those in a namespace without a name in /run/netns, but for the initial one.
    #[arg(long)]
    unnamed: bool,
    /// Only those in a namespace of this owner: as OWNED-BY has it, the name of a container, pod, machine or
    /// unit, or the first 12 digits of an id.
    #[arg(long, value_name = "TEXT")]
    owner: Option<String>,
}

/// Those of `sockets`.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Filters")]
pub(super) struct OfSockets {
    /// Only those whose process is in another namespace.
    #[arg(long)]
    away: bool,
    /// Only those of a namespace without a name in /run/netns, but for the initial one.
    #[arg(long)]
    unnamed: bool,
    /// Only those that a process of this user has: a name or a number.
    #[arg(long, value_name = "USER")]
    owner: Option<String>,
}

/// Those of `holders`.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Filters")]
pub(super) struct OfHolders {
    /// Only those of one of these kinds, as KIND has it.
    #[arg(long, value_delimiter = ',', value_parser = PossibleValuesParser::new(holders::KINDS))]
    kind: Vec<String>,
    /// Only those that a process of this user has: a name or a number.
    #[arg(long, value_name = "USER")]
    owner: Option<String>,
}

/// Those of `watch`.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Filters")]
pub(super) struct OfEvents {
    /// Only these events, and not the current state.
    #[arg(long, value_delimiter = ',', value_parser = PossibleValuesParser::new(EventKind::names()))]
    event: Vec<String>,
    #[arg(long, help = help("Only what is about this network namespace, and devices in it, from it or at home in it"))]
    ns: Option<Selector>,
    /// Only what is about devices of one of these kinds.
    #[arg(long, value_delimiter = ',')]
    kind: Vec<String>,
    /// Only what is about physical devices.
    #[arg(long)]
    physical: bool,
}

/// Reads the state of a namespace.
fn state() -> impl TypedValueParser<Value = State> {
    let names = State::ALL.iter().map(|state| state.name());
    PossibleValuesParser::new(names).try_map(|word| {
        let found = State::ALL.iter().find(|state| state.name() == word);
        found.copied().ok_or("no state")
    })
}

/// Whether a filter for texts lets one of these pass.
fn fits<'t>(typed: &[String], texts: impl IntoIterator<Item = &'t str>) -> bool {
    let wanted = |text: &str| typed.iter().any(|typed| typed == text);
    typed.is_empty() || texts.into_iter().any(wanted)
}

/// Whether this is the owner that was typed.
fn is_owned(typed: &str, owner: Option<&Owner>) -> bool {
    owner.is_some_and(|owner| owner.is_called(typed))
}

/// Whether this is the user that was typed, by name or number.
fn is_user(typed: &str, name: Option<&str>, uid: Option<u32>) -> bool {
    name == Some(typed) || uid.is_some_and(|uid| uid.to_string() == typed)
}

impl OfNamespaces {
    /// Whether only the module can tell what passes.
    pub(super) fn need_module(&self) -> bool {
        self.away || !self.state.is_empty()
    }

    /// Whether it has to be known whose a namespace is.
    pub(super) fn need_owner(&self) -> bool {
        self.owner.is_some()
    }

    /// Whether it passes.
    pub(super) fn pass(&self, row: &namespace::Row) -> bool {
        let namespace = &row.namespace;
        let owned = |typed: &String| {
            is_owned(typed, row.tenancy.owned_by.as_ref())
                || is_user(typed, row.owner.as_deref(), namespace.owner_uid)
        };
        (!self.away || namespace.away.is_some_and(|away| away > 0))
            && (self.state.is_empty() || self.state.contains(&namespace.state))
            && (!self.unnamed || (row.names.is_empty() && !namespace.initial))
            && self.owner.as_ref().is_none_or(owned)
    }
}

impl OfDevices {
    /// Whether it has to be known whose a namespace is.
    pub(super) fn need_owner(&self) -> bool {
        self.owner.is_some()
    }

    /// Whether one has to look inside of namespaces.
    pub(super) fn need_inside(&self) -> bool {
        !self.state.is_empty()
    }

    /// Whether devices that say nothing are asked for, too.
    pub(super) fn name_kinds(&self) -> bool {
        !self.kind.is_empty()
    }

    /// Whether it passes by what the module tells.
    pub(super) fn pass(&self, row: &devices::Row) -> bool {
        let place = &row.namespace;
        (!self.away || is_away(row))
            && (!self.physical || row.physical)
            && fits(&self.kind, row.kind.as_deref())
            && (!self.unnamed || (place.name.is_none() && !place.initial))
    }

    /// Whether it passes by what was looked up besides.
    pub(super) fn pass_looked_up(&self, row: &devices::Row) -> bool {
        let operstate = row.inside.as_ref().and_then(|inside| inside.operstate);
        let owned = |typed: &String| is_owned(typed, row.owned_by.as_ref());
        fits(&self.state, operstate) && self.owner.as_ref().is_none_or(owned)
    }
}

/// Whether a device would go home, as `ls` counts them, or by a rule.
fn is_away<N>(device: &Device<N>) -> bool {
    let fate = device.fate.as_ref().map(|fate| fate.action);
    let returns = matches!(fate, Some(Action::Return | Action::Wiphy));
    let lent = device.physical || device.mark == Mark::Keep;
    !device.homes.is_empty() && device.mark != Mark::Release && (lent || returns)
}

impl OfSockets {
    /// Whether it passes.
    pub(super) fn pass(&self, row: &sockets::Row) -> bool {
        let place = &row.namespace;
        let owned = |typed: &String| {
            let mut all = row.holders.iter().map(|one| &one.has.process);
            all.any(|who| is_user(typed, who.user.as_deref(), who.process.uid))
        };
        (!self.away || row.strays == Some(true))
            && (!self.unnamed || (place.name.is_none() && !place.initial))
            && self.owner.as_ref().is_none_or(owned)
    }
}

impl OfHolders {
    /// Whether none was typed.
    pub(super) fn are_none(&self) -> bool {
        self.kind.is_empty() && self.owner.is_none()
    }

    /// Whether it passes.
    pub(super) fn pass(&self, row: &holders::Holder) -> bool {
        let others = row.others.iter().map(|has| &has.process);
        let mut all = row.process.iter().chain(others);
        let owned =
            |typed: &String| all.any(|who| is_user(typed, who.user.as_deref(), who.process.uid));
        fits(&self.kind, [row.kind]) && self.owner.as_ref().is_none_or(owned)
    }
}

impl OfEvents {
    /// The namespace that it is about.
    pub(super) fn namespace(&self) -> Option<&Selector> {
        self.ns.as_ref()
    }

    /// Whether nothing but events is wanted.
    pub(super) fn name_events(&self) -> bool {
        !self.event.is_empty()
    }

    /// The same for those who know which namespace that is.
    pub(super) fn within(&self, namespace: Option<u64>) -> WithinOne<'_> {
        WithinOne {
            typed: self,
            namespace,
        }
    }
}

/// Those of `watch`, with the cookie of the namespace that was typed.
#[derive(Debug, Clone, Copy)]
pub(super) struct WithinOne<'a> {
    typed: &'a OfEvents,
    namespace: Option<u64>,
}

impl WithinOne<'_> {
    /// Whether an event passes.
    pub(super) fn pass(self, kind: &EventKind) -> bool {
        let what = match kind {
            EventKind::NamespaceBorn(namespace)
            | EventKind::NamespaceDying(namespace)
            | EventKind::NamespaceGone(namespace) => self.pass_namespace(namespace),
            EventKind::DeviceReturned(device, how) => {
                self.pass_device(device, how.as_ref().and_then(|how| how.from))
            }
            EventKind::DeviceAway(device)
            | EventKind::DeviceDestroyed(device)
            | EventKind::DeviceStuck(device) => self.pass_device(device, None),
        };
        what && fits(&self.typed.event, [kind.name()])
    }

    /// Whether a namespace passes.
    pub(super) fn pass_namespace(self, namespace: &Namespace) -> bool {
        let is_it = self.namespace.is_none_or(|one| one == namespace.cookie);
        is_it && self.typed.kind.is_empty() && !self.typed.physical
    }

    /// Whether a device passes, which came from that namespace.
    pub(super) fn pass_device(self, device: &Device, from: Option<u64>) -> bool {
        let homes = device.homes.iter().map(|home| home.namespace);
        let mut places = homes.chain(from).chain([device.namespace]);
        self.namespace
            .is_none_or(|one| places.any(|place| place == one))
            && fits(&self.typed.kind, device.kind.as_deref())
            && (!self.typed.physical || device.physical)
    }
}

#[cfg(test)]
mod tests;
