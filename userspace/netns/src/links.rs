// SPDX-License-Identifier: MIT OR Apache-2.0

//! The devices of the network namespace of this thread, and what they are connected to (RTM_GETLINK).

use std::io::Cursor;
use std::os::fd::{AsRawFd, OwnedFd};

use neli::consts::nl::NlmF;
use neli::consts::rtnl::{Ifla, IflaInfo, RtAddrFamily, Rtm};
use neli::nl::{NlPayload, NlmsghdrBuilder};
use neli::rtnl::{Ifinfomsg, IfinfomsgBuilder, RtattrBuilder};
use neli::types::{Buffer, RtBuffer};
use neli::{FromBytesWithInput, ToBytes};
use nix::errno::Errno;
use nix::sys::socket::{recv, send, setsockopt, socket, sockopt, AddressFamily, MsgFlags};
use nix::sys::socket::{SockFlag, SockProtocol, SockType};
use nix::sys::time::TimeVal;

use crate::error::{Error, Result};

/// How often a list is read that changes meanwhile.
const ATTEMPTS: u32 = 8;
/// The kernel answers at once, or somebody holds its lock for ever.
const PATIENCE: TimeVal = TimeVal::new(30, 0);
/// More than the kernel puts into one datagram of a dump (32 KiB).
const BUFFER: usize = 64 * 1024;
/// RTEXT_FILTER_SKIP_STATS: counters are most of what a device has to tell, and nobody asks for them.
const SKIP_STATS: u32 = 1 << 3;
/// Kinds of tunnels that have no device below them, and of which the kernel gives their own index where
/// that of the lower device would be.
const UNDERLAID: [&str; 2] = ["vxlan", "ppp"];
const HEADER: usize = 16;
const NLMSG_ERROR: u16 = 2;
const NLMSG_DONE: u16 = 3;
const RTM_NEWLINK: u16 = 16;
const NLM_F_DUMP_INTR: u16 = 0x10;

/// A network device.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Link {
    /// Its index, unique in its network namespace.
    pub index: u32,
    /// Its name; a byte that is no UTF-8 becomes U+FFFD.
    pub name: String,
    /// Its kind, for example veth. None for one without, as most physical devices are.
    pub kind: Option<String>,
    /// Its IFF_* flags.
    pub flags: u32,
    /// Index of the bridge, bond or other device that it is a port of.
    pub master: Option<u32>,
    /// What it is connected to.
    pub lower: Option<Lower>,
}

/// What a device is connected to: its peer, the device below it, or the network namespace in which the
/// packets of a tunnel travel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lower {
    /// Index of that device. None when it is a namespace only.
    pub index: Option<u32>,
    /// The id of its network namespace in that of the device. None for the same one. A negative one is
    /// one that the kernel could not give.
    pub nsid: Option<i32>,
}

/// Devices.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Links {
    /// The devices, in ascending order of their indices.
    pub links: Vec<Link>,
    /// Whether none came or went while they were read.
    pub consistent: bool,
}

/// The devices of the network namespace of this thread.
///
/// As with `ip link`, the kernel gives an id to each other namespace that a device here is connected to.
pub fn links() -> Result<Links> {
    let socket = open().map_err(system("opening a netlink socket"))?;
    let mut read = Links::default();
    for seq in 1..=ATTEMPTS {
        read = dump(&socket, seq)?;
        if read.consistent {
            break;
        }
    }
    read.links.sort_by_key(|link| link.index);
    // A list that changed while it was read may have one twice.
    read.links.dedup_by_key(|link| link.index);
    Ok(read)
}

fn system(what: &'static str) -> impl Fn(Errno) -> Error {
    move |errno| Error::System { what, errno }
}

fn open() -> nix::Result<OwnedFd> {
    let socket = socket(
        AddressFamily::Netlink,
        SockType::Raw,
        SockFlag::SOCK_CLOEXEC,
        SockProtocol::NetlinkRoute,
    )?;
    setsockopt(&socket, sockopt::ReceiveTimeout, &PATIENCE)?;
    Ok(socket)
}

fn dump(socket: &OwnedFd, seq: u32) -> Result<Links> {
    let what = "listing network devices";
    let request = request(seq).ok_or_else(|| system(what)(Errno::EMSGSIZE))?;
    send(socket.as_raw_fd(), &request, MsgFlags::empty()).map_err(system(what))?;
    let mut read = Links {
        links: Vec::new(),
        consistent: true,
    };
    let mut buffer = vec![0; BUFFER];
    loop {
        let len = match recv(socket.as_raw_fd(), &mut buffer, MsgFlags::MSG_TRUNC) {
            Ok(len) if len > buffer.len() => return Err(system(what)(Errno::EMSGSIZE)),
            Ok(len) => len,
            Err(Errno::EINTR) => continue,
            Err(Errno::EAGAIN) => return Err(system(what)(Errno::ETIMEDOUT)),
            Err(errno) => return Err(system(what)(errno)),
        };
        let datagram = buffer.get(..len).unwrap_or_default();
        if parse(datagram, seq, &mut read).map_err(system(what))? {
            return Ok(read);
        }
    }
}

fn request(seq: u32) -> Option<Vec<u8>> {
    let mask = RtattrBuilder::default()
        .rta_type(Ifla::ExtMask)
        .rta_payload(SKIP_STATS)
        .build()
        .ok()?;
    let attributes = RtBuffer::<Ifla, Buffer>::from_iter([mask]);
    let body = IfinfomsgBuilder::default()
        .ifi_family(RtAddrFamily::Unspecified)
        .rtattrs(attributes)
        .build()
        .ok()?;
    let message = NlmsghdrBuilder::default()
        .nl_type(Rtm::Getlink)
        .nl_flags(NlmF::REQUEST | NlmF::DUMP)
        .nl_seq(seq)
        .nl_payload(NlPayload::Payload(body))
        .build()
        .ok()?;
    let mut bytes = Cursor::new(Vec::new());
    message.to_bytes(&mut bytes).ok()?;
    Some(bytes.into_inner())
}

/// Adds the devices in a datagram; true after the last one.
fn parse(mut datagram: &[u8], wanted: u32, read: &mut Links) -> nix::Result<bool> {
    while !datagram.is_empty() {
        let short = Errno::EBADMSG;
        let len = usize::try_from(u32_at(datagram, 0).ok_or(short)?).map_err(|_| short)?;
        let kind = u16_at(datagram, 4).ok_or(short)?;
        let flags = u16_at(datagram, 6).ok_or(short)?;
        let seq = u32_at(datagram, 8).ok_or(short)?;
        let body = datagram.get(HEADER..len).ok_or(short)?;
        datagram = datagram.get(len.next_multiple_of(4)..).unwrap_or_default();
        if seq != wanted {
            continue;
        }
        read.consistent &= flags & NLM_F_DUMP_INTR == 0;
        match kind {
            RTM_NEWLINK => read.links.push(link(body).ok_or(short)?),
            NLMSG_DONE | NLMSG_ERROR => {
                let code = u32_at(body, 0).unwrap_or_default();
                return match 0i32.wrapping_sub_unsigned(code) {
                    0 => Ok(true),
                    errno => Err(Errno::from_raw(errno)),
                };
            }
            _ => {}
        }
    }
    Ok(false)
}

fn link(body: &[u8]) -> Option<Link> {
    let message = Ifinfomsg::from_bytes_with_input(&mut Cursor::new(body), body.len()).ok()?;
    let attributes = message.rtattrs();
    let bytes = |wanted: Ifla| {
        let mut all = attributes.iter();
        let found = all.find(|one| *one.rta_type() == wanted)?;
        Some(found.rta_payload().as_ref())
    };
    let number = |wanted| bytes(wanted).and_then(|bytes| u32_at(bytes, 0));
    let nsid = number(Ifla::LinkNetnsid).map(|id| 0i32.wrapping_add_unsigned(id));
    let index = u32::try_from(*message.ifi_index()).ok()?;
    let kind = bytes(Ifla::Linkinfo).and_then(kind);
    let underlaid = kind
        .as_deref()
        .is_some_and(|kind| UNDERLAID.contains(&kind));
    let lower = number(Ifla::Link).filter(|lower| *lower != 0);
    let lower = lower.filter(|lower| !(underlaid && *lower == index));
    Some(Link {
        index,
        name: bytes(Ifla::Ifname).map(text)?,
        kind,
        flags: message.ifi_flags().bits(),
        master: number(Ifla::Master),
        lower: (lower.is_some() || nsid.is_some()).then_some(Lower { index: lower, nsid }),
    })
}

fn kind(info: &[u8]) -> Option<String> {
    let mut cursor = Cursor::new(info);
    let nested =
        RtBuffer::<IflaInfo, Buffer>::from_bytes_with_input(&mut cursor, info.len()).ok()?;
    let kind = nested
        .iter()
        .find(|one| *one.rta_type() == IflaInfo::Kind)?;
    Some(text(kind.rta_payload().as_ref()))
}

fn text(bytes: &[u8]) -> String {
    let bytes = bytes.split(|byte| *byte == 0).next().unwrap_or_default();
    String::from_utf8_lossy(bytes).into_owned()
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    let bytes = bytes.get(at..)?.first_chunk::<2>()?;
    Some(u16::from_ne_bytes(*bytes))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    let bytes = bytes.get(at..)?.first_chunk::<4>()?;
    Some(u32::from_ne_bytes(*bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attribute(kind: u16, payload: &[u8]) -> Vec<u8> {
        let len = u16::try_from(4 + payload.len()).unwrap();
        let mut bytes = [len.to_ne_bytes(), kind.to_ne_bytes()].concat();
        bytes.extend_from_slice(payload);
        bytes.resize(bytes.len().next_multiple_of(4), 0);
        bytes
    }

    fn message(kind: u16, flags: u16, body: &[u8]) -> Vec<u8> {
        let len = u32::try_from(HEADER + body.len()).unwrap();
        let mut bytes = len.to_ne_bytes().to_vec();
        bytes.extend_from_slice(&kind.to_ne_bytes());
        bytes.extend_from_slice(&flags.to_ne_bytes());
        bytes.extend_from_slice(&7u32.to_ne_bytes());
        bytes.extend_from_slice(&[0; 4]);
        bytes.extend_from_slice(body);
        bytes
    }

    fn veth() -> Vec<u8> {
        let mut body = vec![0; 16];
        body[4] = 5;
        body[8] = 0x43;
        body.extend(attribute(3, b"ve\xffth0\0"));
        body.extend(attribute(5, &2u32.to_ne_bytes()));
        body.extend(attribute(37, &3u32.to_ne_bytes()));
        body.extend(attribute(10, &9u32.to_ne_bytes()));
        body.extend(attribute(18, &attribute(1, b"veth\0")));
        // Some that are newer than the library.
        body.extend(attribute(0x8000 | 52, &attribute(53, b"alt\0")));
        body.extend(attribute(999, &[]));
        body
    }

    fn read(datagrams: &[&[u8]]) -> nix::Result<(Links, bool)> {
        let mut read = Links {
            links: Vec::new(),
            consistent: true,
        };
        let mut done = false;
        for datagram in datagrams {
            done = parse(datagram, 7, &mut read)?;
        }
        Ok((read, done))
    }

    #[test]
    fn a_device_is_read_with_its_peer() {
        let end = message(NLMSG_DONE, 0, &[0; 4]);
        let datagram = message(RTM_NEWLINK, 2, &veth());
        let (links, done) = read(&[&datagram, &end]).unwrap();
        assert!(done && links.consistent);
        let lower = Lower {
            index: Some(2),
            nsid: Some(3),
        };
        let expected = Link {
            index: 5,
            name: "ve\u{fffd}th0".to_owned(),
            kind: Some("veth".to_owned()),
            flags: 0x43,
            master: Some(9),
            lower: Some(lower),
        };
        assert_eq!(links.links, [expected]);
    }

    #[test]
    fn a_list_that_changed_says_so() {
        let datagram = message(RTM_NEWLINK, NLM_F_DUMP_INTR, &veth());
        assert!(!read(&[&datagram]).unwrap().0.consistent);
    }

    #[test]
    fn a_refusal_is_an_error() {
        let refused = message(NLMSG_ERROR, 0, &(-1i32).to_ne_bytes());
        assert_eq!(read(&[&refused]), Err(Errno::EPERM));
    }

    #[test]
    fn a_truncated_message_is_an_error_and_never_a_panic() {
        let datagram = message(RTM_NEWLINK, 0, &veth());
        for len in 1..datagram.len() {
            assert!(read(&[&datagram[..len]]).is_err(), "{len}");
        }
        for at in 0..datagram.len() {
            for byte in [0, 1, 3, 0x7f, 0xff] {
                let mut broken = datagram.clone();
                broken[at] = byte;
                let _ = read(&[&broken]);
            }
        }
    }

    #[test]
    fn every_namespace_has_a_loopback_device() {
        let links = links().unwrap().links;
        let lo = links.iter().find(|link| link.name == "lo").unwrap();
        assert_eq!((lo.index, &lo.lower), (1, &None));
    }
}
