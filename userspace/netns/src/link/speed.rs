// SPDX-License-Identifier: MIT OR Apache-2.0

//! How fast devices are: ethtool's netlink, since sysfs shows the devices of one network namespace only.

use homeward_netlink::{attribute, NlmF, Protocol, Socket, Transport, NESTED};

use super::family::{family, find, HEADER};
use super::Result;
use crate::rtnetlink::{talk, LinkError};

/// ETHTOOL_MSG_LINKMODES_GET, and what is in its header: ETHTOOL_FLAG_COMPACT_BITSETS.
const LINKMODES_GET: [u8; HEADER] = [4, 1, 0, 0];
const LINKMODES_HEADER: u16 = 1;
const LINKMODES_SPEED: u16 = 5;
const HEADER_DEV_INDEX: u16 = 1;
const HEADER_FLAGS: u16 = 3;
const COMPACT_BITSETS: u32 = 1;
/// SPEED_UNKNOWN of linux/ethtool.h; some drivers say 0.
const UNKNOWN: u32 = u32::MAX;

/// How fast a device is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Speed {
    /// Its index.
    pub index: u32,
    /// In megabits per second.
    pub mbps: u32,
}

/// How fast the devices of the network namespace of this thread are, of those that can tell. Needs no
/// permission, and Linux 5.6.
pub fn speeds() -> Result<Vec<Speed>> {
    let mut socket = Socket::open(Protocol::NetlinkGeneric).map_err(LinkError::System)?;
    ask(&mut socket)
}

fn ask(socket: &mut impl Transport) -> Result<Vec<Speed>> {
    let family = family(socket, "ethtool")?;
    let flags = attribute(HEADER_FLAGS, &COMPACT_BITSETS.to_ne_bytes());
    let header = flags.and_then(|flags| attribute(LINKMODES_HEADER | NESTED, &flags));
    let request = [&LINKMODES_GET[..], &header.ok_or(LinkError::Unsendable)?].concat();
    let mut all = Vec::new();
    let told = talk(socket, family, NlmF::DUMP, &request, |_, body| {
        all.extend(speed(body.get(HEADER..)?)?);
        Some(())
    });
    match told {
        // One that is just being taken out ends the list (ethnl_default_dumpit()): what was told before is good.
        Err(LinkError::Refused(_)) if !all.is_empty() => Ok(all),
        told => told.map(|_| all),
    }
}

/// The device that the kernel tells of, if it says how fast that is.
fn speed(body: &[u8]) -> Option<Option<Speed>> {
    let header = find(body, LINKMODES_HEADER)?;
    let index = find(header.payload, HEADER_DEV_INDEX)?.u32().ok()?;
    let Some(speed) = find(body, LINKMODES_SPEED) else {
        return Some(None);
    };
    let mbps = speed.u32().ok()?;
    Some((!matches!(mbps, 0 | UNKNOWN)).then_some(Speed { index, mbps }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use homeward_netlink::script::{ack, attr, done, message, Script};

    const FAMILY: u16 = 21;

    fn genl(attributes: &[Vec<u8>]) -> Vec<u8> {
        [vec![1, 1, 0, 0], attributes.concat()].concat()
    }

    fn family() -> Vec<u8> {
        let body = genl(&[attr(2, b"ethtool\0"), attr(1, &FAMILY.to_ne_bytes())]);
        [message(16, 0, 1, &body), ack(1, 0)].concat()
    }

    fn device(index: u32, speed: Option<u32>) -> Vec<u8> {
        let header = attr(1 | NESTED, &attr(1, &index.to_ne_bytes()));
        let speed = speed.map(|speed| attr(5, &speed.to_ne_bytes()));
        let all: Vec<_> = [header].into_iter().chain(speed).collect();
        genl(&all)
    }

    fn read(bodies: &[Vec<u8>], end: i32) -> Result<Vec<Speed>> {
        let told = bodies.iter().map(|body| message(FAMILY, 2, 2, body));
        let all = [family()].into_iter().chain(told).chain([done(2, 2, end)]);
        ask(&mut Script::new(all))
    }

    #[test]
    fn a_device_that_does_not_know_has_no_speed() {
        let told = [
            device(2, Some(10_000)),
            device(3, Some(UNKNOWN)),
            device(4, Some(0)),
            device(5, None),
        ];
        let expected = Speed {
            index: 2,
            mbps: 10_000,
        };
        assert_eq!(read(&told, 0), Ok(vec![expected]));
        // The list ends with one that goes.
        assert_eq!(read(&told, libc::ENODEV), Ok(vec![expected]));
        assert!(read(&[], libc::EPERM).is_err());
    }

    #[test]
    fn a_truncated_message_is_an_error_and_never_a_panic() {
        let whole = device(2, Some(10_000));
        for len in 0..whole.len() {
            let _ = read(&[whole[..len].to_vec()], 0);
        }
        assert_eq!(read(&[genl(&[])], 0), Err(LinkError::Malformed));
    }

    #[test]
    fn a_kernel_without_it_refuses() {
        let mut script = Script::new([ack(1, libc::ENOENT)]);
        assert_eq!(
            ask(&mut script).unwrap_err().errno(),
            Some(nix::errno::Errno::ENOENT)
        );
    }
}
