// SPDX-License-Identifier: MIT OR Apache-2.0

//! Attribute set `stats`.

use std::time::Duration;

use homeward_abi::stats;

use super::attr::attrs;
use crate::error::Malformed;
use crate::model::Stats;

/// Reads counts from their attributes.
pub(crate) fn stats(bytes: &[u8]) -> Result<Stats, Malformed> {
    let mut made = Stats::default();
    for attr in attrs(bytes) {
        let attr = attr?;
        match attr.kind {
            stats::NAMESPACES => made.namespaces = attr.u32()?,
            stats::OLDER => made.older = attr.u32()?,
            stats::BORN => made.born = attr.uint()?,
            stats::GONE => made.gone = attr.uint()?,
            stats::DEVICES_AWAY => made.devices_away = attr.u32()?,
            stats::LEFT => made.left = attr.uint()?,
            stats::SETTLED => made.settled = attr.uint()?,
            stats::DESTROYED => made.destroyed = attr.uint()?,
            stats::FORGOTTEN => made.forgotten = attr.uint()?,
            stats::RETURNED => made.returned = attr.uint()?,
            stats::FAILED => made.failed = attr.uint()?,
            stats::RESTORED => made.restored = attr.uint()?,
            stats::NOT_RESTORED => made.not_restored = attr.uint()?,
            stats::NAME_CLASHES => made.name_clashes = attr.uint()?,
            stats::EVENTS => made.events = attr.uint()?,
            stats::EVENTS_LOST => made.events_lost = attr.uint()?,
            stats::NO_MEMORY => made.no_memory = attr.uint()?,
            stats::MEMORY => made.memory = attr.uint()?,
            stats::LONGEST_TEARDOWN => {
                made.longest_teardown = Duration::from_nanos(attr.uint()?);
            }
            stats::LONGEST_TEARDOWN_COOKIE => {
                made.longest_teardown_cookie = Some(attr.uint()?);
            }
            stats::PROGRAMS_LEFT => made.programs_left = attr.uint()?,
            _ => {}
        }
    }
    Ok(made)
}
