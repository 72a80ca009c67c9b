// SPDX-License-Identifier: GPL-2.0-only

//! What was counted, and the report.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use homeward_client::model::Stats;

/// Kinds of devices with which namespaces are filled, and how one is made. Those after the first
/// build on it.
pub(crate) const KINDS: [(&str, &str); 10] = [
    ("dummy", "link add own0 type dummy"),
    ("veth", "link add own1 type veth peer name own2"),
    ("vlan", "link add own3 link own0 type vlan id 7"),
    (
        "macvlan",
        "link add own4 link own0 type macvlan mode bridge",
    ),
    ("bridge", "link add own5 type bridge"),
    ("wireguard", "link add own6 type wireguard"),
    (
        "vxlan",
        "link add own7 type vxlan id 7 dstport 4789 dev own0",
    ),
    ("vrf", "link add own8 type vrf table 7"),
    ("bond", "link add own9 type bond"),
    (
        "gre",
        "link add own10 type gre local 192.0.2.7 remote 192.0.2.1",
    ),
];

/// What was counted.
#[derive(Debug, Default)]
pub(crate) struct Figures {
    /// Namespaces, each made by one that wants another.
    pub(crate) churned: AtomicU64,
    /// Namespaces with a name, filled with devices.
    pub(crate) filled: AtomicU64,
    /// Those devices, by kind.
    pub(crate) kinds: [AtomicU64; KINDS.len()],
    /// Virtual devices that a rule rescued from them.
    pub(crate) rescued: AtomicU64,
    /// Those namespaces, deleted.
    pub(crate) deleted: AtomicU64,
    /// Namespaces entered, found by cookie.
    pub(crate) entered: AtomicU64,
    /// Namespaces of one process, which was killed.
    pub(crate) killed: AtomicU64,
    /// Cards carried into those.
    pub(crate) journeys: AtomicU64,
    /// By how many moves.
    pub(crate) moves: AtomicU64,
    /// Journeys all through which the module was loaded.
    pub(crate) watched: AtomicU64,
    /// Those whose card came home in disorder, which was told: by faults only.
    pub(crate) told: AtomicU64,
    pub(crate) recalls: AtomicU64,
    pub(crate) rules: AtomicU64,
    pub(crate) marks: AtomicU64,
    pub(crate) dumps: AtomicU64,
    pub(crate) subscriptions: AtomicU64,
    pub(crate) events: AtomicU64,
    pub(crate) lost: AtomicU64,
    pub(crate) reloads: AtomicU64,
    /// Times that the module could not be loaded at once: by faults only.
    pub(crate) load_failures: AtomicU64,
    pub(crate) unplugged: AtomicU64,
    pub(crate) hoards: AtomicU64,
    /// Requests that failed for want of memory and the like: by faults only.
    pub(crate) refusals: AtomicU64,
    pub(crate) looks: AtomicU64,
    /// In microseconds.
    pub(crate) worst_teardown: AtomicU64,
    /// From the death to the card in order, in microseconds.
    pub(crate) worst_return: AtomicU64,
    // Of the module's own counters, over all times that it was loaded.
    deaths: AtomicU64,
    returned: AtomicU64,
    restored: AtomicU64,
    not_restored: AtomicU64,
    failed: AtomicU64,
    no_memory: AtomicU64,
    events_lost: AtomicU64,
}

impl Figures {
    /// Adds what the module counted from its load to its end.
    pub(crate) fn add(&self, stats: &Stats) {
        for (counter, value) in [
            (&self.deaths, stats.gone),
            (&self.returned, stats.returned),
            (&self.restored, stats.restored),
            (&self.not_restored, stats.not_restored),
            (&self.failed, stats.failed),
            (&self.no_memory, stats.no_memory),
            (&self.events_lost, stats.events_lost),
        ] {
            counter.fetch_add(value, Ordering::Relaxed);
        }
        longest(&self.worst_teardown, stats.longest_teardown);
    }

    /// Prints all of it.
    pub(crate) fn print(&self, time: Duration) {
        let get = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let rate = |counter: &AtomicU64| {
            let tenths = get(counter) * 10 / time.as_secs().max(1);
            format!("{} ({}.{}/s)", get(counter), tenths / 10, tenths % 10)
        };
        let milliseconds = |counter: &AtomicU64| get(counter) / 1000;
        println!(
            "seen by the module: {} deaths, {} returns, {} settings put back, {} not, {} moves failed, \
             {} homes not recorded, {} events not sent",
            rate(&self.deaths),
            rate(&self.returned),
            get(&self.restored),
            get(&self.not_restored),
            get(&self.failed),
            get(&self.no_memory),
            get(&self.events_lost),
        );
        println!(
            "worst teardown {} ms, worst return {} ms",
            milliseconds(&self.worst_teardown),
            milliseconds(&self.worst_return),
        );
        println!(
            "namespaces: {} churned, {} filled, {} deleted, {} entered, {} killed",
            get(&self.churned),
            get(&self.filled),
            get(&self.deleted),
            get(&self.entered),
            get(&self.killed),
        );
        let kinds: Vec<String> = (KINDS.iter().zip(&self.kinds))
            .map(|((kind, _), counter)| format!("{} {kind}", get(counter)))
            .collect();
        println!(
            "filled with: {}; rescued: {}",
            kinds.join(", "),
            get(&self.rescued)
        );
        println!(
            "cards: {} journeys by {} moves, {} of them watched all through, {} in disorder and told so",
            get(&self.journeys),
            get(&self.moves),
            get(&self.watched),
            get(&self.told),
        );
        println!(
            "requests: {} recalls, {} rules, {} marks, {} dumps, {} refused for want of memory; \
             {} subscriptions with {} events, {} holes",
            get(&self.recalls),
            get(&self.rules),
            get(&self.marks),
            get(&self.dumps),
            get(&self.refusals),
            get(&self.subscriptions),
            get(&self.events),
            get(&self.lost),
        );
        println!(
            "machine: {} reloads ({} failed first), {} CPUs unplugged, {} times short of memory; \
             {} looks of the referee",
            get(&self.reloads),
            get(&self.load_failures),
            get(&self.unplugged),
            get(&self.hoards),
            get(&self.looks),
        );
    }

    /// Those that have to have happened, and have not.
    pub(crate) fn idle(&self) -> Vec<String> {
        let mut all = vec![
            ("churn", &self.churned),
            ("fill", &self.filled),
            ("rescue", &self.rescued),
            ("delete", &self.deleted),
            ("enter", &self.entered),
            ("kill", &self.killed),
            ("carry", &self.watched),
            ("recall", &self.recalls),
            ("rules", &self.rules),
            ("marks", &self.marks),
            ("dump", &self.dumps),
            ("subscribe", &self.subscriptions),
            ("reload", &self.reloads),
            ("unplug", &self.unplugged),
            ("hoard", &self.hoards),
            ("look", &self.looks),
        ];
        all.extend(
            KINDS
                .iter()
                .zip(&self.kinds)
                .map(|((kind, _), n)| (*kind, n)),
        );
        let idle = all.iter().filter(|(_, n)| n.load(Ordering::Relaxed) == 0);
        idle.map(|(name, _)| (*name).to_owned()).collect()
    }
}

/// One more.
pub(crate) fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

/// The longest so far.
pub(crate) fn longest(counter: &AtomicU64, time: Duration) {
    let time = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
    counter.fetch_max(time, Ordering::Relaxed);
}
