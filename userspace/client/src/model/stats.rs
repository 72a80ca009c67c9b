// SPDX-License-Identifier: MIT OR Apache-2.0

//! What the module counts.

use std::time::Duration;

/// Counts since the module was loaded, and current values. A count that the kernel did not send
/// is 0.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Stats {
    /// Network namespaces present.
    pub namespaces: u32,
    /// Network namespaces that existed when the module was loaded. At any time `older + born -
    /// gone` is `namespaces`.
    pub older: u32,
    /// Network namespaces created.
    pub born: u64,
    /// Network namespaces gone.
    pub gone: u64,
    /// Devices away from home now.
    pub devices_away: u32,
    /// Times that a device left home, or was given a home stack. At any time `left -
    /// settled - destroyed - forgotten` is `devices_away`, except for a device that is being
    /// moved.
    pub left: u64,
    /// Times that a device that was away came home.
    pub settled: u64,
    /// Devices destroyed while away from home.
    pub destroyed: u64,
    /// Home stacks forgotten, on request or for lack of memory.
    pub forgotten: u64,
    /// Devices that Homeward moved home, at a death or by recall.
    pub returned: u64,
    /// Devices that should have come home and could not be moved.
    pub failed: u64,
    /// Settings restored.
    pub restored: u64,
    /// Settings that could not be restored.
    pub not_restored: u64,
    /// Devices that came home under another name, because theirs was taken.
    pub name_clashes: u64,
    /// Number of the last event.
    pub events: u64,
    /// Events that could not be sent to every listener.
    pub events_lost: u64,
    /// Times that a home could not be recorded for lack of memory.
    pub no_memory: u64,
    /// Bytes in use for namespaces, home stacks and rules, without the allocator's own overhead.
    #[cfg_attr(feature = "serde", serde(rename = "memory_bytes"))]
    pub memory: u64,
    /// The longest time from the death of a network namespace to its end.
    #[cfg_attr(
        feature = "serde",
        serde(
            rename = "longest_teardown_ns",
            serialize_with = "super::serial::nanoseconds"
        )
    )]
    pub longest_teardown: Duration,
    /// Cookie of the network namespace that took that time. None before the first.
    pub longest_teardown_cookie: Option<u64>,
    /// Devices that came home with an XDP or tcx program that was attached inside and could not be
    /// detached.
    pub programs_left: u64,
}
