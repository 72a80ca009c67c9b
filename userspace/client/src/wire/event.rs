// SPDX-License-Identifier: MIT OR Apache-2.0

//! Messages of the group `events`.

use std::time::Duration;

use homeward_abi::{cmd, dev, event, ns};

use super::attr::attrs;
use super::device::return_of_device;
use crate::error::Malformed;
use crate::model::{Device, Event, EventKind, Namespace};

/// Reads an event. One that this crate does not know keeps its number, so that it leaves no hole.
pub(crate) fn event(command: u8, bytes: &[u8]) -> Result<(u64, Option<Event>), Malformed> {
    // The stamp has the number of its own set's attribute, so the set must be known first.
    let known = match command {
        cmd::NS_BORN => EventKind::NamespaceBorn(Namespace::read_all(bytes)?),
        cmd::NS_DYING => EventKind::NamespaceDying(Namespace::read_all(bytes)?),
        cmd::NS_GONE => EventKind::NamespaceGone(Namespace::read_all(bytes)?),
        cmd::DEV_AWAY => EventKind::DeviceAway(Device::read_all(bytes)?),
        cmd::DEV_RETURNED => {
            EventKind::DeviceReturned(Device::read_all(bytes)?, return_of_device(bytes)?)
        }
        cmd::DEV_DESTROYED => EventKind::DeviceDestroyed(Device::read_all(bytes)?),
        cmd::DEV_STUCK => EventKind::DeviceStuck(Device::read_all(bytes)?),
        _ => return unknown(bytes),
    };
    let set = match known {
        EventKind::NamespaceBorn(_)
        | EventKind::NamespaceDying(_)
        | EventKind::NamespaceGone(_) => ns::EVENT,
        _ => dev::EVENT,
    };
    let (seq, time) = stamp(bytes, set)?.ok_or(Malformed("event without stamp"))?;
    let kind = known;
    Ok((seq, Some(Event { seq, time, kind })))
}

/// An event from the future is about a namespace or about a device.
fn unknown(bytes: &[u8]) -> Result<(u64, Option<Event>), Malformed> {
    for set in [ns::EVENT, dev::EVENT] {
        if let Ok(Some((seq, _))) = stamp(bytes, set) {
            return Ok((seq, None));
        }
    }
    Err(Malformed("unknown event without stamp"))
}

fn stamp(bytes: &[u8], number: u16) -> Result<Option<(u64, Duration)>, Malformed> {
    for attr in attrs(bytes) {
        let attr = attr?;
        if attr.kind != number {
            continue;
        }
        let mut seq = None;
        let mut time = Duration::ZERO;
        for attr in attrs(attr.payload) {
            let attr = attr?;
            match attr.kind {
                event::SEQ => seq = Some(attr.uint()?),
                event::TIME => time = Duration::from_nanos(attr.uint()?),
                _ => {}
            }
        }
        return Ok(seq.map(|seq| (seq, time)));
    }
    Ok(None)
}
