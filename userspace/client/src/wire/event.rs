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

#[cfg(test)]
mod tests {
    use homeward_netlink::attribute;

    use super::*;

    fn attr(kind: u16, payload: &[u8]) -> Vec<u8> {
        attribute(kind, payload).unwrap()
    }

    #[test]
    fn each_name_of_an_event_is_that_of_one_that_is_read() {
        let stamp = attr(event::SEQ, &1_u64.to_ne_bytes());
        let number = |kind| attr(kind, &7_u32.to_ne_bytes());
        let wide = |kind| attr(kind, &7_u64.to_ne_bytes());
        let namespace = [wide(ns::COOKIE), number(ns::STATE), attr(ns::EVENT, &stamp)];
        let device = [
            wide(dev::NS_COOKIE),
            number(dev::IFINDEX),
            attr(dev::NAME, b"eth0\0"),
            attr(dev::EVENT, &stamp),
        ];
        let mut read = Vec::new();
        for (command, name) in cmd::NAMES {
            let bytes = match name.starts_with("ns-") {
                true => namespace.concat(),
                false => device.concat(),
            };
            if let Ok((_, Some(told))) = event(*command, &bytes) {
                assert_eq!(told.kind.name(), *name);
                read.push(*name);
            }
        }
        assert_eq!(read, EventKind::names().collect::<Vec<_>>());
        assert_eq!(read.len(), 7);
    }
}
