// SPDX-License-Identifier: GPL-2.0-only

//! Simulated radios (mac80211_hwsim), and moving them with all their devices.

use std::fs::{self, File};
use std::os::fd::AsRawFd;

use homeward_netlink::{attribute, attrs, messages, request, NlmF, Protocol, Socket, Transport};

use crate::run::eventually;

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
        let id = ask("MAC80211_HWSIM", HWSIM_CMD_NEW_RADIO, &[])?;
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
        let answer = ask("nl80211", NL80211_CMD_SET_WIPHY_NETNS, &attributes);
        assert_eq!(answer, Some(0), "the radio does not move");
    }
}

impl Drop for Radio {
    fn drop(&mut self) {
        let attributes = [(HWSIM_ATTR_RADIO_ID, self.id)];
        let _ = ask("MAC80211_HWSIM", HWSIM_CMD_DEL_RADIO, &attributes);
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

/// Asks a family for something; gives what the acknowledgement says, which is an id in the case of a new
/// radio. `None` if there is no such family.
#[track_caller]
fn ask(family: &str, command: u8, attributes: &[(u16, u32)]) -> Option<u32> {
    let attr = |kind, value: &[u8]| attribute(kind, value).expect("short");
    let name = attr(CTRL_ATTR_FAMILY_NAME, &[family.as_bytes(), b"\0"].concat());
    let family_id = |attr: homeward_netlink::Attr<'_>| {
        (attr.kind == CTRL_ATTR_FAMILY_ID).then(|| attr.u16().ok())?
    };
    let told = exchange(GENL_ID_CTRL, CTRL_CMD_GETFAMILY, &name);
    let id = attrs(told.get(4..)?).flatten().find_map(family_id)?;
    let numbers = attributes
        .iter()
        .flat_map(|(kind, value)| attr(*kind, &value.to_ne_bytes()));
    let told = exchange(id, command, &numbers.collect::<Vec<_>>());
    let status = i32::from_ne_bytes(*told.first_chunk()?);
    assert!(status >= 0, "{family} {command}: error {status}");
    u32::try_from(status).ok()
}

/// What the first message has to say that answers a request; its verdict may be a number, which makes it none
/// of those that [`Transport::exchange`] knows.
#[track_caller]
fn exchange(family: u16, command: u8, attributes: &[u8]) -> Vec<u8> {
    let mut socket = Socket::open(Protocol::NetlinkGeneric).expect("a socket");
    let body = [&[command, 1, 0, 0], attributes].concat();
    socket
        .send(&request(family, NlmF::ACK, 1, &body))
        .expect("sent");
    let datagram = socket.receive(None).expect("an answer").expect("an answer");
    let first = messages(datagram)
        .next()
        .expect("a message")
        .expect("a message");
    first.payload.to_vec()
}
