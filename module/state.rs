// SPDX-License-Identifier: GPL-2.0-only

//! All that the module knows: the namespaces, the devices away from home, the event sequence.
//!
//! The order of the locks is in `net/mod.rs`.

use kernel::new_mutex;
use kernel::prelude::*;
use kernel::sync::{
    Arc,
    Mutex, //
};

use crate::closing::{
    Closings,
    Untouched, //
};
use crate::devices::Devices;
use crate::genl::events::Events;
use crate::homing::{
    self,
    Journey, //
};
use crate::net::index::Index;
use crate::net::namespace::{
    Net,
    NetRef, //
};
use crate::net::pernet::{
    self,
    pernet_operations,
    Cleanup, //
};
use crate::net::task::{
    boottime_ns,
    TaskInfo, //
};
use crate::rules::Rules;
use crate::stats::Stats;
use crate::uapi::{
    cmd,
    ns_state, //
};

/// What is known of a namespace beyond what the kernel knows itself.
#[derive(Clone, Copy)]
pub(crate) struct Record {
    /// When it was made and by whom; `None` for one that is older than the module.
    pub(crate) birth: Option<Birth>,
    /// Since when it is dying, in nanoseconds of `CLOCK_BOOTTIME`.
    pub(crate) dying_since: Option<u64>,
    /// It is dead, and has been looked at along with the first of those that die with it.
    pub(crate) batched: bool,
}

/// The birth of a namespace.
#[derive(Clone, Copy)]
pub(crate) struct Birth {
    /// Nanoseconds of `CLOCK_BOOTTIME`.
    pub(crate) time: u64,
    /// The task that made it.
    pub(crate) creator: TaskInfo,
}

impl Record {
    /// Where the namespace stands in its life, as a number of the protocol.
    pub(crate) fn state(&self, net: &Net) -> u32 {
        if self.dying_since.is_some() {
            ns_state::DYING
        } else if net.is_alive() {
            ns_state::LIVE
        } else {
            ns_state::QUEUED
        }
    }
}

/// What is known of the devices in a namespace.
#[derive(Clone, Copy)]
pub(crate) struct Tally {
    /// How many are away from home and would go there.
    pub(crate) away: u32,
    /// How many virtual ones are only lent to it.
    pub(crate) lent: u32,
    /// How many the kernel cannot free.
    pub(crate) stuck: u32,
}

/// The namespaces that wait behind a device that the kernel cannot free.
pub(crate) struct Waiting {
    cookies: [u64; Waiting::MOST],
    /// How many there are.
    pub(crate) count: u32,
}

impl Waiting {
    const MOST: usize = 64;

    /// The cookies of the first of them.
    pub(crate) fn first(&self) -> &[u64] {
        &self.cookies[..(self.count as usize).min(Waiting::MOST)]
    }
}

/// The state of the module.
#[pin_data]
pub(crate) struct State {
    /// Every namespace, from its `init` to its `exit`.
    #[pin]
    pub(crate) namespaces: Mutex<Index<Record>>,
    /// Every device that is away from home.
    #[pin]
    pub(crate) devices: Mutex<Devices>,
    /// The devices that have been set down and whose addresses nobody has touched since.
    pub(crate) untouched: Arc<Untouched>,
    /// What an administrator wants.
    #[pin]
    pub(crate) rules: Mutex<Rules>,
    /// Devices of dying namespaces that the kernel itself is going to bring home.
    #[pin]
    pub(crate) awaited: Mutex<KVVec<Journey>>,
    /// The events group.
    #[pin]
    pub(crate) events: Mutex<Events>,
    /// Counters.
    pub(crate) stats: Stats,
    /// The longest teardown in nanoseconds, and the cookie of the namespace that took it.
    #[pin]
    pub(crate) longest_teardown: Mutex<(u64, u64)>,
}

impl State {
    /// Knows nothing yet.
    pub(crate) fn new() -> Result<Arc<State>> {
        let closings = Closings::new()?;
        let untouched = closings.untouched();
        Arc::pin_init(
            pin_init!(State {
                namespaces <- new_mutex!(Index::new(), "homeward::namespaces"),
                devices <- new_mutex!(Devices::new(closings), "homeward::devices"),
                untouched,
                rules <- new_mutex!(Rules::new(), "homeward::rules"),
                awaited <- new_mutex!(KVVec::new(), "homeward::awaited"),
                events <- new_mutex!(Events::new(), "homeward::events"),
                stats: Stats::new(),
                longest_teardown <- new_mutex!((0, 0), "homeward::longest_teardown"),
            }),
            GFP_KERNEL,
        )
    }

    /// A reference to the namespace with this cookie, if it is alive.
    pub(crate) fn live(&self, cookie: u64) -> Option<NetRef> {
        self.namespaces.lock().get(cookie)?.net.try_get()
    }

    /// Whether the namespace with this cookie is alive.
    pub(crate) fn is_live(&self, cookie: u64) -> bool {
        let namespaces = self.namespaces.lock();
        namespaces.get(cookie).is_some_and(|ns| ns.net.is_alive())
    }

    /// Changes whenever something changes that the fate of a device depends on, or a device gets
    /// stuck or free.
    pub(crate) fn outlook_generation(&self) -> u32 {
        let rules = self.rules.lock().generation();
        let devices = self.devices.lock();
        let stuck = devices.stuck.generation();
        devices.generation().wrapping_add(rules).wrapping_add(stuck)
    }

    /// A namespace dies, and its devices are about to meet their fate: tells it once.
    pub(crate) fn begins_to_die(&self, net: &Net) {
        let since = boottime_ns();
        let mut record = None;
        self.namespaces.lock().update(net.cookie(), |ns| {
            if ns.dying_since.is_none() {
                ns.dying_since = Some(since);
                record = Some(*ns);
            }
        });
        let Some(record) = record else { return };
        self.devices.lock().changed();
        self.tell_namespace(cmd::NS_DYING, net, &record);
    }

    /// What is known of the devices in a namespace.
    pub(crate) fn tally(&self, cookie: u64) -> Tally {
        let mut devices = self.devices.lock();
        let (away, lent) = devices.away_and_lent_in(cookie);
        Tally {
            away,
            lent,
            stuck: devices.stuck.count_in(cookie, boottime_ns()),
        }
    }

    /// The cookies of the namespaces that are dead and not gone, other than this one.
    pub(crate) fn waiting_behind(&self, cookie: u64) -> Waiting {
        let mut waiting = Waiting {
            cookies: [0; Waiting::MOST],
            count: 0,
        };
        let namespaces = self.namespaces.lock();
        let dead = namespaces.iter().filter(|ns| !ns.net.is_alive());
        for other in dead
            .map(|ns| ns.net.cookie())
            .filter(|&other| other != cookie)
        {
            if let Some(to) = waiting.cookies.get_mut(waiting.count as usize) {
                *to = other;
            }
            waiting.count += 1;
        }
        waiting
    }
}

pernet_operations! {
    static LIFE: Pernet<pernet::Lives<State>>;
}

pernet_operations! {
    static DEATH: Pernet<pernet::Dies<State>>;
}

impl pernet::Life for State {
    type Data = Record;

    fn index(&self) -> &Mutex<Index<Record>> {
        &self.namespaces
    }

    fn data(&self, _net: &Net, older: bool) -> Record {
        Record {
            birth: (!older).then(|| Birth {
                time: boottime_ns(),
                creator: TaskInfo::current(),
            }),
            dying_since: None,
            batched: false,
        }
    }

    fn born(&self, net: &Net, record: &Record) {
        self.tell_namespace(cmd::NS_BORN, net, record);
    }

    fn gone(&self, net: &Net, record: &Record) {
        self.devices.lock().stuck.gone(net.cookie());
        if let Some(since) = record.dying_since {
            let took = boottime_ns().saturating_sub(since);
            let mut longest = self.longest_teardown.lock();
            if took > longest.0 {
                *longest = (took, net.cookie());
            }
        }
        self.put_awaited_in_order(net.cookie());
        self.tell_namespace(cmd::NS_GONE, net, record);
    }
}

impl pernet::Death for State {
    fn dying(&self, cleanup: &Cleanup<'_>) {
        self.begins_to_die(cleanup.net());
        homing::bring_all_home(self, cleanup);
    }
}
