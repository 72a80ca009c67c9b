// SPDX-License-Identifier: GPL-2.0-only

//! Simulated radios (mac80211_hwsim), and moving them with all their devices.

use std::fs::{self, File};
use std::os::fd::{AsRawFd, OwnedFd};

use nix::sys::socket::{
    bind, recv, send, socket, AddressFamily, MsgFlags, NetlinkAddr, SockFlag, SockProtocol,
    SockType,
};

use crate::run::eventually;

const NLM_F_REQUEST_ACK: u16 = 1 | 4;
const GENL_ID_CTRL: u16 = 16;
const CTRL_CMD_GETFAMILY: u8 = 3;
const CTRL_ATTR_FAMILY_ID: u16 = 1;
const CTRL_ATTR_FAMILY_NAME: u16 = 2;
const HWSIM_CMD_NEW_RADIO: u8 = 4;
const HWSIM_CMD_DEL_RADIO: u8 = 5;
const HWSIM_ATTR_RADIO_ID: u16 = 10;
const NL80211_CMD_SET_WIPHY_NETNS: u8 = 49;
const NL80211_ATTR_WIPHY: u16 = 1;
const NL80211_ATTR_NETNS_FD: u16 = 219;

/// A radio with one device; gone when dropped.
#[derive(Debug)]
pub struct Radio {
    id: u32,
    wiphy: u32,
    /// The name of its device when it was made.
    pub device: String,
}

impl Radio {
    /// Makes one in the network namespace of this thread; `None` where the kernel cannot.
    #[track_caller]
    pub fn new() -> Option<Self> {
        let before = radios();
        let id = Socket::open().ask("MAC80211_HWSIM", HWSIM_CMD_NEW_RADIO, &[])?;
        eventually("a radio", || radios().len() > before.len());
        let made = radios().into_iter().find(|radio| !before.contains(radio));
        let (device, wiphy) = made.expect("a radio");
        Some(Radio { id, wiphy, device })
    }

    /// Moves it to the network namespace with this name, with its device.
    #[track_caller]
    pub fn move_to(&self, name: &str) {
        let there = File::open(format!("/run/netns/{name}")).expect("a name");
        let there = u32::try_from(there.as_raw_fd())
            .map(|fd| (fd, there))
            .expect("a descriptor");
        let attributes = [
            (NL80211_ATTR_WIPHY, self.wiphy),
            (NL80211_ATTR_NETNS_FD, there.0),
        ];
        let answer = Socket::open().ask("nl80211", NL80211_CMD_SET_WIPHY_NETNS, &attributes);
        assert_eq!(answer, Some(0), "the radio does not move");
    }
}

impl Drop for Radio {
    fn drop(&mut self) {
        let attributes = [(HWSIM_ATTR_RADIO_ID, self.id)];
        let _ = Socket::open().ask("MAC80211_HWSIM", HWSIM_CMD_DEL_RADIO, &attributes);
    }
}

/// The devices of radios that are here, with the numbers of those.
fn radios() -> Vec<(String, u32)> {
    let entries = fs::read_dir("/sys/class/net").expect("devices");
    let radio = |entry: std::io::Result<fs::DirEntry>| {
        let entry = entry.ok()?;
        let wiphy = fs::read_to_string(entry.path().join("phy80211/index")).ok()?;
        let name = entry.file_name().to_string_lossy().into_owned();
        Some((name, wiphy.trim().parse().ok()?))
    };
    entries.filter_map(radio).collect()
}

/// Generic netlink, as plain as can be.
struct Socket(OwnedFd);

impl Socket {
    #[track_caller]
    fn open() -> Self {
        let (raw, flags) = (SockType::Raw, SockFlag::SOCK_CLOEXEC);
        let made = socket(
            AddressFamily::Netlink,
            raw,
            flags,
            SockProtocol::NetlinkGeneric,
        );
        let made = made.expect("a socket");
        bind(made.as_raw_fd(), &NetlinkAddr::new(0, 0)).expect("bound");
        Socket(made)
    }

    /// Asks a family for something; gives what the acknowledgement says, which is an id in the case
    /// of a new radio. `None` if there is no such family.
    #[track_caller]
    fn ask(&self, family: &str, command: u8, attributes: &[(u16, u32)]) -> Option<u32> {
        let mut name = family.as_bytes().to_vec();
        name.push(0);
        let answer = self.exchange(
            GENL_ID_CTRL,
            CTRL_CMD_GETFAMILY,
            &[(CTRL_ATTR_FAMILY_NAME, &name)],
        );
        let id = family_id(&answer)?;
        let bytes: Vec<_> = attributes
            .iter()
            .map(|(kind, value)| (*kind, value.to_ne_bytes()))
            .collect();
        let bytes: Vec<_> = bytes
            .iter()
            .map(|(kind, value)| (*kind, value.as_slice()))
            .collect();
        let answer = self.exchange(id, command, &bytes);
        let status = i32::from_ne_bytes(answer.get(16..20)?.try_into().ok()?);
        assert!(status >= 0, "{family} {command}: error {status}");
        u32::try_from(status).ok()
    }

    fn exchange(&self, kind: u16, command: u8, attributes: &[(u16, &[u8])]) -> Vec<u8> {
        let mut message = vec![0; 16];
        message.extend([command, 1, 0, 0]);
        for (kind, value) in attributes {
            let len = u16::try_from(value.len() + 4).expect("short");
            message.extend(len.to_ne_bytes());
            message.extend(kind.to_ne_bytes());
            message.extend(*value);
            message.resize(message.len().next_multiple_of(4), 0);
        }
        let len = u32::try_from(message.len()).expect("short");
        message[..4].copy_from_slice(&len.to_ne_bytes());
        message[4..6].copy_from_slice(&kind.to_ne_bytes());
        message[6..8].copy_from_slice(&NLM_F_REQUEST_ACK.to_ne_bytes());
        send(self.0.as_raw_fd(), &message, MsgFlags::empty()).expect("sent");
        let mut buffer = vec![0; 1 << 16];
        let len = recv(self.0.as_raw_fd(), &mut buffer, MsgFlags::empty()).expect("an answer");
        buffer.truncate(len);
        // What is asked of the controller is acknowledged, too.
        let _ = recv(
            self.0.as_raw_fd(),
            &mut [0; 1 << 12],
            MsgFlags::MSG_DONTWAIT,
        );
        buffer
    }
}

/// The id in an answer of the controller.
fn family_id(answer: &[u8]) -> Option<u16> {
    let mut rest = answer.get(20..)?;
    while rest.len() >= 4 {
        let len = usize::from(u16::from_ne_bytes([rest[0], rest[1]]));
        if u16::from_ne_bytes([rest[2], rest[3]]) == CTRL_ATTR_FAMILY_ID {
            return Some(u16::from_ne_bytes([*rest.get(4)?, *rest.get(5)?]));
        }
        rest = rest.get(len.max(4).next_multiple_of(4)..)?;
    }
    None
}
