// SPDX-License-Identifier: GPL-2.0-only

//! Network namespaces.

use std::time::Duration;

use homeward_client::model::Namespace;
use serde::Serialize;

use super::nanoseconds;
use crate::book::label;

/// All network namespaces.
#[derive(Debug, Serialize)]
pub(crate) struct NamespaceList {
    /// Whether all are there: the module told, and none came or went meanwhile.
    pub(crate) complete: bool,
    /// The namespaces.
    pub(crate) namespaces: Vec<NamespaceView>,
}

/// A network namespace.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct NamespaceView {
    /// Its key. None without the module, when it cannot be entered.
    pub(crate) cookie: Option<u64>,
    /// Inode number in nsfs.
    pub(crate) inum: Option<u64>,
    /// Where it stands in its life.
    pub(crate) state: Option<&'static str>,
    /// Whether it is the initial one. None when that cannot be known.
    pub(crate) initial: Option<bool>,
    /// Its names in /run/netns.
    pub(crate) names: Vec<String>,
    /// Counted references.
    pub(crate) refs: Option<u32>,
    /// When it was made, by CLOCK_BOOTTIME.
    pub(crate) born_ns: Option<u64>,
    /// How long ago that is.
    pub(crate) age_ns: Option<u64>,
    /// Who made it.
    pub(crate) creator: Option<CreatorView>,
    /// Owner of its user namespace.
    pub(crate) owner_uid: Option<u32>,
    /// The name of that user. None for one without, and when it was not looked up.
    pub(crate) owner: Option<String>,
    /// Inode number in nsfs of the user namespace that owns it.
    pub(crate) user_ns_inum: Option<u32>,
    /// Number of devices in it.
    pub(crate) devices: Option<u32>,
    /// Number of devices in it whose home is elsewhere.
    pub(crate) away: Option<u32>,
    /// Number of sockets in use in it.
    pub(crate) sockets: Option<u32>,
    /// For how long it has been dying.
    pub(crate) dying_for_ns: Option<u64>,
    /// Number of its devices that the kernel cannot free. None without the module.
    pub(crate) stuck: Option<u32>,
    /// Number of processes in it that the caller can see. None when they were not counted.
    pub(crate) processes: Option<usize>,
}

/// The task that made a network namespace.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct CreatorView {
    /// Its process id.
    pub(crate) pid: Option<u32>,
    /// Its effective user id.
    pub(crate) uid: Option<u32>,
    /// Its command name.
    pub(crate) command: Option<String>,
}

impl NamespaceView {
    /// What the module told about a namespace, at the time `now` by CLOCK_BOOTTIME.
    pub(crate) fn new(namespace: &Namespace, names: Vec<String>, now: Duration) -> Self {
        let age = |born| nanoseconds(now.saturating_sub(born));
        NamespaceView {
            cookie: Some(namespace.cookie),
            inum: namespace.inum.map(u64::from),
            state: Some(namespace.state.name()),
            initial: Some(namespace.initial),
            names,
            refs: namespace.refs,
            born_ns: namespace.born.map(nanoseconds),
            age_ns: namespace.born.map(age),
            creator: namespace.creator.as_ref().map(|creator| CreatorView {
                pid: creator.pid,
                uid: creator.uid,
                command: creator.command.clone(),
            }),
            owner_uid: namespace.owner_uid,
            owner: None,
            user_ns_inum: namespace.user_ns_inum,
            devices: namespace.devices,
            away: namespace.away,
            sockets: namespace.sockets,
            dying_for_ns: namespace.dying_for.map(nanoseconds),
            stuck: Some(namespace.stuck.unwrap_or_default()),
            processes: None,
        }
    }

    /// A selector for it.
    pub(crate) fn label(&self) -> String {
        let initial = self.initial == Some(true);
        label(initial, &self.names, self.cookie, self.inum)
    }
}
