// SPDX-License-Identifier: MIT OR Apache-2.0

//! What the module counts.

use std::time::Duration;

attributes! {
    stats;
    /// Counts since the module was loaded, and current values. A count that the kernel did not send
    /// is 0.
    #[derive(Debug, Clone, PartialEq, Eq, Default)]
    #[cfg_attr(feature = "serde", derive(serde::Serialize))]
    pub struct Stats {
        /// Network namespaces present.
        namespaces: u32 = NAMESPACES,
        /// Network namespaces that existed when the module was loaded. At any time `older + born -
        /// gone` is `namespaces`.
        older: u32 = OLDER,
        /// Network namespaces created.
        born: u64 = BORN,
        /// Network namespaces gone.
        gone: u64 = GONE,
        /// Devices away from home now.
        devices_away: u32 = DEVICES_AWAY,
        /// Times that a device left home, or was given a home stack. At any time `left -
        /// settled - destroyed - forgotten` is `devices_away`, except for a device that is being
        /// moved.
        left: u64 = LEFT,
        /// Times that a device that was away came home.
        settled: u64 = SETTLED,
        /// Devices destroyed while away from home.
        destroyed: u64 = DESTROYED,
        /// Home stacks forgotten, on request or for lack of memory.
        forgotten: u64 = FORGOTTEN,
        /// Devices that Homeward moved home, at a death or by recall.
        returned: u64 = RETURNED,
        /// Devices that should have come home and could not be moved.
        failed: u64 = FAILED,
        /// Settings restored.
        restored: u64 = RESTORED,
        /// Settings that could not be restored.
        not_restored: u64 = NOT_RESTORED,
        /// Devices that came home under another name, because theirs was taken.
        name_clashes: u64 = NAME_CLASHES,
        /// Number of the last event.
        events: u64 = EVENTS,
        /// Events that could not be sent to every listener.
        events_lost: u64 = EVENTS_LOST,
        /// Times that a home could not be recorded for lack of memory.
        no_memory: u64 = NO_MEMORY,
        /// Bytes in use for namespaces, home stacks and rules, without the allocator's own overhead.
        #[cfg_attr(feature = "serde", serde(rename = "memory_bytes"))]
        memory: u64 = MEMORY,
        /// The longest time from the death of a network namespace to its end.
        #[cfg_attr(
            feature = "serde",
            serde(
                rename = "longest_teardown_ns",
                serialize_with = "super::serial::nanoseconds"
            )
        )]
        longest_teardown: Duration = LONGEST_TEARDOWN,
        /// Cookie of the network namespace that took that time. None before the first.
        longest_teardown_cookie: Option<u64> = LONGEST_TEARDOWN_COOKIE,
        /// Devices that came home with an XDP or tcx program that was attached inside and could not be
        /// detached.
        programs_left: u64 = PROGRAMS_LEFT,
    }
}
