// SPDX-License-Identifier: MIT OR Apache-2.0

//! A network namespace.

use std::time::Duration;

use homeward_abi::ns_state;

/// Life-cycle state of a network namespace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Somebody holds a reference.
    Live,
    /// The last reference is gone, but the kernel's cleanup worker has not started on it yet.
    Queued,
    /// The cleanup worker is taking it down.
    Dying,
    /// Not known to this crate.
    Other(u32),
}

impl From<u32> for State {
    fn from(value: u32) -> Self {
        match value {
            ns_state::LIVE => State::Live,
            ns_state::QUEUED => State::Queued,
            ns_state::DYING => State::Dying,
            other => State::Other(other),
        }
    }
}

impl State {
    /// Its name in the specification of the family.
    pub fn name(self) -> &'static str {
        match self {
            State::Live => "live",
            State::Queued => "queued",
            State::Dying => "dying",
            State::Other(_) => "unknown",
        }
    }
}

/// The task that created a network namespace.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Creator {
    /// Process id in the initial pid namespace.
    pub pid: Option<u32>,
    /// Effective user id in the initial user namespace.
    pub uid: Option<u32>,
    /// Command name.
    pub command: Option<String>,
}

/// A network namespace.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Namespace {
    /// Its key, SO_NETNS_COOKIE.
    pub cookie: u64,
    /// Inode number in nsfs; reused soon, so never use it as a key.
    pub inum: Option<u32>,
    /// Its life-cycle state.
    pub state: State,
    /// Whether it is the initial one.
    pub initial: bool,
    /// Counted references.
    pub refs: Option<u32>,
    /// When it was created (CLOCK_BOOTTIME). None for one older than the module.
    #[cfg_attr(
        feature = "serde",
        serde(rename = "born_ns", serialize_with = "super::serial::some_nanoseconds")
    )]
    pub born: Option<Duration>,
    /// Who created it. None for one older than the module.
    pub creator: Option<Creator>,
    /// Owner of its user namespace, in the initial user namespace.
    pub owner_uid: Option<u32>,
    /// Inode number in nsfs of the user namespace that owns it.
    pub user_ns_inum: Option<u32>,
    /// Number of devices in it, the loopback device included.
    pub devices: Option<u32>,
    /// Number of devices in it whose home is elsewhere, and that would go there: physical ones that
    /// are not marked release, and others that are marked keep.
    pub away: Option<u32>,
    /// Number of virtual devices in it that came from elsewhere and are destroyed with it, unless a
    /// rule saves them.
    pub lent: Option<u32>,
    /// Number of sockets in use in it.
    pub sockets: Option<u32>,
    /// For how long it has been dying; in `NamespaceGone` the whole teardown time.
    #[cfg_attr(
        feature = "serde",
        serde(
            rename = "dying_for_ns",
            serialize_with = "super::serial::some_nanoseconds"
        )
    )]
    pub dying_for: Option<Duration>,
    /// Number of its devices that the kernel has unregistered and cannot free. None for none.
    #[cfg_attr(feature = "serde", serde(serialize_with = "super::serial::or_zero"))]
    pub stuck: Option<u32>,
}

impl Namespace {
    /// One of which nothing else is known.
    pub fn new(cookie: u64, state: State) -> Self {
        Namespace {
            cookie,
            inum: None,
            state,
            initial: false,
            refs: None,
            born: None,
            creator: None,
            owner_uid: None,
            user_ns_inum: None,
            devices: None,
            away: None,
            lent: None,
            sockets: None,
            dying_for: None,
            stuck: None,
        }
    }
}
