// SPDX-License-Identifier: GPL-2.0-only

//! Devices that arrive in the initial namespace, as rtnetlink tells it: the quickest way there is
//! to know, for the kernel's own returns as for ours.

use crate::error::{
    Error,
    Result, //
};
use homeward_netlink::{
    messages,
    Protocol,
    Socket,
    Transport, //
};
use neli::consts::rtnl::{
    Ifla,
    Rtm, //
};
use neli::rtnl::Ifinfomsg;
use neli::FromBytesWithInput;
use std::collections::{
    BTreeMap,
    BTreeSet, //
};
use std::io::Cursor;
use std::time::{
    Duration,
    Instant, //
};

/// RTNLGRP_LINK.
const LINKS: u32 = 1;
/// For the return of 256 devices, emulated.
const PATIENCE: Duration = Duration::from_secs(120);

/// What a message tells of a device.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Look {
    /// Its name.
    pub(crate) name: String,
    /// Its MAC, as it is written.
    pub(crate) address: String,
    /// Its MTU.
    pub(crate) mtu: u32,
    /// Length of its queue.
    pub(crate) queue: u32,
}

/// When devices came, in seconds from a beginning.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Times {
    /// When the last of them was there, whatever it looked like.
    pub(crate) arrived: f64,
    /// When the last of them was as it should be.
    pub(crate) done: f64,
    /// For how long, of all of them the longest, one was there and was not as it should be.
    pub(crate) foreign: f64,
}

/// Listens in the namespace of the thread that made it.
#[derive(Debug)]
pub(crate) struct Arrivals {
    socket: Socket,
}

impl Arrivals {
    /// Listens from now on.
    pub(crate) fn new() -> Result<Self> {
        let open = || {
            let socket = Socket::open(Protocol::NetlinkRoute)?;
            socket.enlarge(16 << 20)?;
            socket.join(LINKS)?;
            Ok(socket)
        };
        Ok(Arrivals {
            socket: open().map_err(Error::sys("listen to rtnetlink"))?,
        })
    }

    /// Waits until each of these devices has come, and is `right`.
    pub(crate) fn wait(
        &mut self,
        begun: Instant,
        devices: &[u32],
        right: impl Fn(u32, &Look) -> bool,
    ) -> Result<Times> {
        let mut absent: BTreeSet<u32> = devices.iter().copied().collect();
        let mut wrong = absent.clone();
        let mut since = BTreeMap::new();
        let mut times = Times::default();
        while !wrong.is_empty() {
            let Some(news) = self.next(Duration::from_secs(1))? else {
                if begun.elapsed() > PATIENCE {
                    return Err(late(&absent, &wrong));
                }
                continue;
            };
            let now = begun.elapsed().as_secs_f64();
            for (index, look) in news {
                if absent.remove(&index) {
                    times.arrived = now;
                    since.insert(index, now);
                }
                if right(index, &look) && wrong.remove(&index) {
                    times.done = now;
                    let seen = since.get(&index).map_or(0.0, |since| now - since);
                    times.foreign = times.foreign.max(seen);
                }
            }
        }
        Ok(times)
    }

    /// What the next datagram tells; none when time is up.
    pub(crate) fn next(&mut self, limit: Duration) -> Result<Option<BTreeMap<u32, Look>>> {
        let deadline = Instant::now().checked_add(limit);
        let datagram = self.socket.receive(deadline);
        let datagram = datagram.map_err(Error::sys("listen to rtnetlink"))?;
        datagram.map(parse).transpose()
    }
}

fn late(absent: &BTreeSet<u32>, wrong: &BTreeSet<u32>) -> Error {
    Error::Late(format!(
        "{} devices that did not come, {} that are not as they should be",
        absent.len(),
        wrong.len()
    ))
}

/// The devices in a datagram, by index.
fn parse(bytes: &[u8]) -> Result<BTreeMap<u32, Look>> {
    let bad = |error: &dyn std::fmt::Display| Error::other(format!("rtnetlink: {error}"));
    let mut found = BTreeMap::new();
    for message in messages(bytes) {
        let message = message.map_err(|error| bad(&error))?;
        if Rtm::from(message.kind) != Rtm::Newlink {
            continue;
        }
        let mut body = Cursor::new(message.payload);
        let info = Ifinfomsg::from_bytes_with_input(&mut body, message.payload.len())
            .map_err(|error| bad(&error))?;
        if let Ok(index) = u32::try_from(*info.ifi_index()) {
            found.insert(index, look(&info));
        }
    }
    Ok(found)
}

fn look(info: &Ifinfomsg) -> Look {
    let attributes = info.rtattrs().get_attr_handle();
    let number = |kind| {
        attributes
            .get_attr_payload_as::<u32>(kind)
            .unwrap_or_default()
    };
    let name = attributes.get_attr_payload_as_with_len::<String>(Ifla::Ifname);
    let address = attributes.get_attribute(Ifla::Address);
    Look {
        name: name.unwrap_or_default(),
        address: address.map_or_else(String::new, |one| words(one.rta_payload().as_ref())),
        mtu: number(Ifla::Mtu),
        queue: number(Ifla::Txqlen),
    }
}

/// A MAC as it is written.
fn words(address: &[u8]) -> String {
    let bytes: Vec<String> = address.iter().map(|byte| format!("{byte:02x}")).collect();
    bytes.join(":")
}

#[cfg(test)]
mod tests {
    use super::*;

    use homeward_netlink::script::{
        attr,
        message, //
    };

    const RTM_NEWLINK: u16 = 16;
    const RTM_DELLINK: u16 = 17;

    fn told(kind: u16, index: u32) -> Vec<u8> {
        // `struct ifinfomsg`
        let mut body = vec![0; 16];
        body[4..8].copy_from_slice(&index.to_ne_bytes());
        body.extend(attr(3, b"eth0\0"));
        body.extend(attr(1, &[2, 0, 0, 0, 0, 10]));
        body.extend(attr(4, &1400_u32.to_ne_bytes()));
        body.extend(attr(999, b"unknown"));
        body.extend(attr(13, &77_u32.to_ne_bytes()));
        message(kind, 0, 0, &body)
    }

    #[test]
    fn devices_are_found_with_their_looks() {
        let both = [told(RTM_NEWLINK, 7), told(RTM_NEWLINK, 8)].concat();
        let found = parse(&both).unwrap();
        let expected = Look {
            name: "eth0".to_owned(),
            address: "02:00:00:00:00:0a".to_owned(),
            mtu: 1400,
            queue: 77,
        };
        assert_eq!(found.get(&7), Some(&expected));
        assert_eq!(found.len(), 2);
    }

    #[test]
    fn other_messages_are_none() {
        assert!(parse(&told(RTM_DELLINK, 7)).unwrap().is_empty());
    }

    #[test]
    fn what_was_cut_off_is_an_error() {
        let whole = told(RTM_NEWLINK, 7);
        for length in 1..whole.len() {
            assert!(parse(&whole[..length]).is_err(), "{length}");
        }
    }
}
