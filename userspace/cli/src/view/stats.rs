// SPDX-License-Identifier: GPL-2.0-only

//! What the module has counted.

use homeward_client::model::Stats;
use serde::Serialize;

use super::nanoseconds;

/// Counts since the module was loaded, and what it holds now.
#[derive(Debug, Serialize)]
pub(crate) struct StatsView {
    /// Namespaces present.
    pub(crate) namespaces: u32,
    /// Of those that were there when the module was loaded.
    pub(crate) older: u32,
    /// Namespaces made.
    pub(crate) born: u64,
    /// Namespaces gone.
    pub(crate) gone: u64,
    /// Devices away from home now.
    pub(crate) devices_away: u32,
    /// Times that a device went away from home.
    pub(crate) left: u64,
    /// Times that a device away came to be at home.
    pub(crate) settled: u64,
    /// Devices destroyed while away.
    pub(crate) destroyed: u64,
    /// Home stacks forgotten.
    pub(crate) forgotten: u64,
    /// Devices that Homeward moved home.
    pub(crate) returned: u64,
    /// Devices that could not be moved home.
    pub(crate) failed: u64,
    /// Settings put back.
    pub(crate) restored: u64,
    /// Settings that could not be put back.
    pub(crate) not_restored: u64,
    /// Devices that came home under another name.
    pub(crate) name_clashes: u64,
    /// Events so far.
    pub(crate) events: u64,
    /// Events that could not be sent to all who listen.
    pub(crate) events_lost: u64,
    /// Homes not recorded for want of memory.
    pub(crate) no_memory: u64,
    /// Bytes in use.
    pub(crate) memory_bytes: u64,
    /// The longest teardown of a namespace.
    pub(crate) longest_teardown_ns: u64,
    /// The namespace that took that long.
    pub(crate) longest_teardown_cookie: Option<u64>,
    /// Devices that came home with a program of inside.
    pub(crate) programs_left: u64,
}

impl From<Stats> for StatsView {
    fn from(stats: Stats) -> Self {
        StatsView {
            namespaces: stats.namespaces,
            older: stats.older,
            born: stats.born,
            gone: stats.gone,
            devices_away: stats.devices_away,
            left: stats.left,
            settled: stats.settled,
            destroyed: stats.destroyed,
            forgotten: stats.forgotten,
            returned: stats.returned,
            failed: stats.failed,
            restored: stats.restored,
            not_restored: stats.not_restored,
            name_clashes: stats.name_clashes,
            events: stats.events,
            events_lost: stats.events_lost,
            no_memory: stats.no_memory,
            memory_bytes: stats.memory,
            longest_teardown_ns: nanoseconds(stats.longest_teardown),
            longest_teardown_cookie: stats.longest_teardown_cookie,
            programs_left: stats.programs_left,
        }
    }
}
