// SPDX-License-Identifier: MIT OR Apache-2.0

//! Moving a radio: a wireless device leaves its network namespace with its radio only, and with all other
//! devices of that (nl80211; `cfg80211_switch_netns()` in net/wireless/core.c).

use std::os::fd::{AsFd, AsRawFd};

use homeward_netlink::{attribute, NlmF, Protocol, Socket, Transport};
use nix::errno::Errno;

use super::family::{registered, HEADER};
use super::Result;
use crate::error::Result as NetnsResult;
use crate::rtnetlink::{socket_in, talk, LinkError};

/// NL80211_CMD_GET_INTERFACE and NL80211_CMD_SET_WIPHY_NETNS, and what they are told.
const GET_INTERFACE: [u8; HEADER] = [5, 1, 0, 0];
const SET_WIPHY_NETNS: [u8; HEADER] = [49, 1, 0, 0];
const FAMILY: &str = "nl80211";
const IFINDEX: u16 = 3;
const NETNS_FD: u16 = 219;

/// The radios of one network namespace.
pub struct Radios {
    socket: Socket,
}

impl Radios {
    /// Those of an open network namespace, which errors call `label`. Needs the permission to enter it,
    /// unless it is the one of this thread.
    pub fn of(namespace: impl AsFd, label: &str) -> NetnsResult<Self> {
        let socket = socket_in(namespace, label, Protocol::NetlinkGeneric)?;
        Ok(Radios { socket })
    }

    /// Whether there is a device with this index that belongs to a radio.
    pub fn has(&mut self, ifindex: u32) -> Result<bool> {
        has(&mut self.socket, ifindex)
    }

    /// Moves the radio of the device with this index into another network namespace, and all devices of
    /// that radio with it. They keep their names where those are free; others are called `wlan%d` then.
    ///
    /// Since Linux 4.0. Refused with EOPNOTSUPP if the driver cannot do it.
    pub fn move_to(&mut self, ifindex: u32, target: impl AsFd) -> Result<()> {
        let family = registered(&mut self.socket, FAMILY)?;
        let family = family.ok_or(LinkError::System(Errno::ENOENT))?;
        let fd = target.as_fd().as_raw_fd();
        let target = attribute(NETNS_FD, &fd.to_ne_bytes()).ok_or(LinkError::Unsendable)?;
        let request = [&SET_WIPHY_NETNS[..], &device(ifindex)?, &target].concat();
        talk(&mut self.socket, family, NlmF::ACK, &request, |_, _| {
            Some(())
        })
        .map(drop)
    }
}

fn has(socket: &mut impl Transport, ifindex: u32) -> Result<bool> {
    let Some(family) = registered(socket, FAMILY)? else {
        return Ok(false);
    };
    let request = [&GET_INTERFACE[..], &device(ifindex)?].concat();
    match talk(socket, family, NlmF::ACK, &request, |_, _| Some(())) {
        Ok(_) => Ok(true),
        // A device without a radio, or none at all (`__cfg80211_wdev_from_attrs()` in
        // net/wireless/nl80211.c).
        Err(error) if error.errno() == Some(Errno::ENODEV) => Ok(false),
        Err(error) => Err(error),
    }
}

fn device(ifindex: u32) -> Result<Vec<u8>> {
    attribute(IFINDEX, &ifindex.to_ne_bytes()).ok_or(LinkError::Unsendable)
}

#[cfg(test)]
mod tests {
    use super::*;
    use homeward_netlink::script::{ack, attr, done, message, Script};

    fn ask(datagrams: impl IntoIterator<Item = Vec<u8>>) -> Result<bool> {
        has(&mut Script::new(datagrams), 7)
    }

    fn family(id: u16, name: &[u8]) -> Vec<u8> {
        let told = [attr(2, name), attr(1, &id.to_ne_bytes())];
        message(16, 2, 1, &[vec![1, 1, 0, 0], told.concat()].concat())
    }

    fn answers(errno: i32) -> [Vec<u8>; 2] {
        let all = [family(16, b"nlctrl\0"), family(21, b"nl80211\0")];
        [[all.concat(), done(2, 1, 0)].concat(), ack(2, errno)]
    }

    #[test]
    fn a_device_without_a_radio_is_told_from_what_cannot_be_known() {
        assert_eq!(ask(answers(0)), Ok(true));
        assert_eq!(ask(answers(libc::ENODEV)), Ok(false));
        let refused = ask(answers(libc::EPERM)).unwrap_err();
        assert_eq!(refused.errno(), Some(Errno::EPERM));
        let none = [family(16, b"nlctrl\0"), done(2, 1, 0)].concat();
        assert_eq!(ask([none]), Ok(false));
    }
}
