// SPDX-License-Identifier: MIT OR Apache-2.0

//! A network namespace.

use std::time::Duration;

enumeration! {
    ns_state;
    /// Life-cycle state of a network namespace.
    pub enum State {
        /// Somebody holds a reference.
        Live = LIVE,
        /// The last reference is gone, but the kernel's cleanup worker has not started on it yet.
        Queued = QUEUED,
        /// The cleanup worker is taking it down.
        Dying = DYING,
    }
}

attributes! {
    creator;
    /// The task that created a network namespace.
    #[derive(Debug, Clone, PartialEq, Eq, Default)]
    #[cfg_attr(feature = "serde", derive(serde::Serialize))]
    pub struct Creator {
        /// Process id in the initial pid namespace.
        pid: Option<u32> = PID,
        /// Effective user id in the initial user namespace.
        uid: Option<u32> = UID,
        /// Command name.
        command: Option<String> = COMMAND,
    }
}

attributes! {
    ns;
    /// A network namespace.
    #[derive(Debug, Clone, PartialEq, Eq)]
    #[cfg_attr(feature = "serde", derive(serde::Serialize))]
    pub struct Namespace {
        /// Its key, SO_NETNS_COOKIE.
        cookie: u64 = COOKIE or "network namespace without cookie",
        /// Inode number in nsfs; reused soon, so never use it as a key.
        inum: Option<u32> = INUM,
        /// Its life-cycle state.
        state: State = STATE,
        /// Whether it is the initial one.
        initial: bool = INITIAL,
        /// Counted references.
        refs: Option<u32> = REFS,
        /// When it was created (CLOCK_BOOTTIME). None for one older than the module.
        #[cfg_attr(
            feature = "serde",
            serde(rename = "born_ns", serialize_with = "super::serial::some_nanoseconds")
        )]
        born: Option<Duration> = BORN,
        /// Who created it. None for one older than the module.
        creator: Option<Creator> = CREATOR,
        /// Owner of its user namespace, in the initial user namespace.
        owner_uid: Option<u32> = OWNER_UID,
        /// Inode number in nsfs of the user namespace that owns it.
        user_ns_inum: Option<u32> = USER_NS_INUM,
        /// Number of devices in it, the loopback device included.
        devices: Option<u32> = DEVICES,
        /// Number of devices in it whose home is elsewhere, and that would go there: physical ones that
        /// are not marked release, and others that are marked keep.
        away: Option<u32> = AWAY,
        /// Number of virtual devices in it that came from elsewhere and are destroyed with it, unless a
        /// rule saves them.
        lent: Option<u32> = LENT,
        /// Number of sockets in use in it.
        sockets: Option<u32> = SOCKETS,
        /// For how long it has been dying; in `NamespaceGone` the whole teardown time.
        #[cfg_attr(
            feature = "serde",
            serde(
                rename = "dying_for_ns",
                serialize_with = "super::serial::some_nanoseconds"
            )
        )]
        dying_for: Option<Duration> = DYING_FOR,
        /// Number of its devices that the kernel has unregistered and cannot free. None for none.
        #[cfg_attr(feature = "serde", serde(serialize_with = "super::serial::or_zero"))]
        stuck: Option<u32> = STUCK,
    }
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
