// SPDX-License-Identifier: GPL-2.0-only

//! rtnetlink, spoken directly: what it tells of a device, and requests by index.

use std::fmt;
use std::os::fd::{AsRawFd, BorrowedFd};

use homeward_netlink::{Protocol, Socket};
use nix::errno::Errno;
use nix::libc;

/// What a message, or an answer, tells of a device: all that is recorded of a home and can be seen so.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Link {
    /// Its index.
    pub ifindex: u32,
    /// Its name.
    pub name: String,
    /// Whether it is up.
    pub up: bool,
    /// Those of its other IFF_* flags that are recorded.
    pub flags: u32,
    /// Its MAC.
    pub address: Vec<u8>,
    /// Its broadcast address.
    pub broadcast: Vec<u8>,
    /// Its MTU.
    pub mtu: u32,
    /// Length of its queue.
    pub queue: u32,
    /// Its group.
    pub group: u32,
    /// Its alias.
    pub alias: String,
    /// IFLA_LINKMODE.
    pub mode: u8,
    /// gso_max_size, gso_max_segs, gro_max_size, and both sizes of IPv4.
    pub limits: [u32; 5],
    /// Whether an XDP program is attached.
    pub xdp: bool,
    /// Its alternative names, sorted.
    pub altnames: Vec<String>,
}

/// What is not lost when a device is closed and says nothing of the carrier.
const RECORDED: i32 =
    libc::IFF_PROMISC | libc::IFF_ALLMULTI | libc::IFF_NOARP | libc::IFF_MULTICAST;

const IFLA_GSO_MAX_SEGS: u16 = 40;
const IFLA_GSO_MAX_SIZE: u16 = 41;
const IFLA_XDP: u16 = 43;
const IFLA_PROP_LIST: u16 = 52;
const IFLA_ALT_IFNAME: u16 = 53;
const IFLA_GRO_MAX_SIZE: u16 = 58;
const IFLA_GSO_IPV4_MAX_SIZE: u16 = 63;
const IFLA_GRO_IPV4_MAX_SIZE: u16 = 64;
const NLA_F_NESTED: u16 = 1 << 15;
const RTM_NEWLINKPROP: u16 = 108;

/// The attributes in some bytes, each with its type.
fn attributes(mut bytes: &[u8]) -> impl Iterator<Item = (u16, &[u8])> {
    std::iter::from_fn(move || {
        let &[a, b, c, d] = bytes.first_chunk::<4>()?;
        let len = usize::from(u16::from_ne_bytes([a, b]));
        let value = bytes.get(4..len)?;
        bytes = bytes.get(len.next_multiple_of(4)..).unwrap_or_default();
        Some((u16::from_ne_bytes([c, d]) & !NLA_F_NESTED, value))
    })
}

/// The messages in a datagram, each with its type.
pub(crate) fn messages(mut bytes: &[u8]) -> impl Iterator<Item = (u16, &[u8])> {
    std::iter::from_fn(move || {
        let header = bytes.first_chunk::<16>()?;
        let len = usize::try_from(u32::from_ne_bytes(header[..4].try_into().ok()?)).ok()?;
        let body = bytes.get(16..len)?;
        let kind = u16::from_ne_bytes([header[4], header[5]]);
        bytes = bytes.get(len.next_multiple_of(4)..).unwrap_or_default();
        Some((kind, body))
    })
}

impl Link {
    /// From what is behind the header of an RTM_NEWLINK or RTM_DELLINK.
    pub(crate) fn parse(body: &[u8]) -> Self {
        let number = |bytes: &[u8]| bytes.try_into().map(u32::from_ne_bytes).unwrap_or_default();
        let text = |bytes: &[u8]| {
            let text = bytes.strip_suffix(&[0]).unwrap_or(bytes);
            String::from_utf8_lossy(text).into_owned()
        };
        let flags = number(&body[8..12]);
        let of = |flag: i32| flags & flag.unsigned_abs();
        let mut link = Link {
            ifindex: number(&body[4..8]),
            up: of(libc::IFF_UP) != 0,
            flags: of(RECORDED),
            ..Link::default()
        };
        for (kind, value) in attributes(&body[16..]) {
            match kind {
                libc::IFLA_ADDRESS => link.address = value.to_vec(),
                libc::IFLA_BROADCAST => link.broadcast = value.to_vec(),
                libc::IFLA_IFNAME => link.name = text(value),
                libc::IFLA_MTU => link.mtu = number(value),
                libc::IFLA_TXQLEN => link.queue = number(value),
                libc::IFLA_LINKMODE => link.mode = value[0],
                libc::IFLA_IFALIAS => link.alias = text(value),
                libc::IFLA_GROUP => link.group = number(value),
                IFLA_GSO_MAX_SIZE => link.limits[0] = number(value),
                IFLA_GSO_MAX_SEGS => link.limits[1] = number(value),
                IFLA_GRO_MAX_SIZE => link.limits[2] = number(value),
                IFLA_GSO_IPV4_MAX_SIZE => link.limits[3] = number(value),
                IFLA_GRO_IPV4_MAX_SIZE => link.limits[4] = number(value),
                // IFLA_XDP_ATTACHED.
                IFLA_XDP => {
                    link.xdp = attributes(value).any(|(kind, value)| kind == 2 && value != [0])
                }
                IFLA_PROP_LIST => {
                    let names = attributes(value).map(|(_, name)| text(name));
                    link.altnames = names.collect();
                    link.altnames.sort();
                }
                _ => {}
            }
        }
        link
    }

    /// What of it is not as it is to be, in words.
    pub fn differing(&self, wanted: &Link) -> Vec<&'static str> {
        let facts = [
            ("name", self.name == wanted.name),
            ("address", self.address == wanted.address),
            ("mtu", self.mtu == wanted.mtu),
            ("flags", self.flags == wanted.flags),
            ("txqlen", self.queue == wanted.queue),
            ("group", self.group == wanted.group),
            ("alias", self.alias == wanted.alias),
            ("broadcast", self.broadcast == wanted.broadcast),
            ("link-mode", self.mode == wanted.mode),
            ("limits", self.limits == wanted.limits),
            ("altnames", self.altnames == wanted.altnames),
            ("xdp", self.xdp == wanted.xdp),
            ("up", self.up == wanted.up),
        ];
        let wrong = facts.into_iter().filter(|(_, same)| !same);
        wrong.map(|(what, _)| what).collect()
    }
}

impl fmt::Display for Link {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        let address: Vec<_> = self
            .address
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        let (name, address, mtu) = (&self.name, address.join(":"), self.mtu);
        write!(
            to,
            "{name} {address} mtu {mtu} qlen {} group {}",
            self.queue, self.group
        )?;
        for (flag, word) in [(libc::IFF_PROMISC, "PROMISC"), (libc::IFF_NOARP, "NOARP")] {
            if self.flags & flag.unsigned_abs() != 0 {
                write!(to, " {word}")?;
            }
        }
        if !self.alias.is_empty() {
            write!(to, " alias {}", self.alias)?;
        }
        for name in &self.altnames {
            write!(to, " altname {name}")?;
        }
        Ok(())
    }
}

/// A socket for requests in the namespace in which it was opened.
#[derive(Debug)]
pub struct Rtnl(Socket);

impl Default for Rtnl {
    fn default() -> Self {
        Rtnl::new()
    }
}

impl Rtnl {
    /// In the namespace of this thread.
    #[track_caller]
    pub fn new() -> Self {
        Rtnl(Socket::open(Protocol::NetlinkRoute).expect("rtnetlink"))
    }

    /// Gives a device another name.
    pub fn rename(&mut self, ifindex: u32, name: &str) -> Result<(), Errno> {
        self.change(
            libc::RTM_NEWLINK,
            ifindex,
            &attribute(libc::IFLA_IFNAME, &nul(name)),
        )
    }

    /// Gives a device an alternative name.
    pub fn add_altname(&mut self, ifindex: u32, name: &str) -> Result<(), Errno> {
        let name = attribute(IFLA_ALT_IFNAME, &nul(name));
        let list = attribute(IFLA_PROP_LIST | NLA_F_NESTED, &name);
        self.change(RTM_NEWLINKPROP, ifindex, &list)
    }

    /// Moves a device into a namespace.
    pub fn carry(&mut self, ifindex: u32, to: BorrowedFd<'_>) -> Result<(), Errno> {
        let fd = to.as_raw_fd().to_ne_bytes();
        self.change(
            libc::RTM_NEWLINK,
            ifindex,
            &attribute(libc::IFLA_NET_NS_FD, &fd),
        )
    }

    /// The device of this index.
    pub fn link(&mut self, ifindex: u32) -> Option<Link> {
        self.get(ifindex, &[])
    }

    /// The device of this name, which no alternative name is.
    pub fn by_name(&mut self, name: &str) -> Option<Link> {
        let found = self.get(0, &attribute(libc::IFLA_IFNAME, &nul(name)))?;
        (found.name == name).then_some(found)
    }

    /// The device of this alternative name.
    pub fn by_altname(&mut self, name: &str) -> Option<Link> {
        self.get(0, &attribute(IFLA_ALT_IFNAME, &nul(name)))
    }

    fn get(&mut self, ifindex: u32, attributes: &[u8]) -> Option<Link> {
        let answer = self.ask(libc::RTM_GETLINK, 0, ifindex, attributes);
        answer.ok().flatten()
    }

    fn change(&mut self, kind: u16, ifindex: u32, attributes: &[u8]) -> Result<(), Errno> {
        let ack = u16::try_from(libc::NLM_F_ACK).expect("a flag");
        self.ask(kind, ack, ifindex, attributes).map(drop)
    }

    fn ask(
        &mut self,
        kind: u16,
        flags: u16,
        ifindex: u32,
        attributes: &[u8],
    ) -> Result<Option<Link>, Errno> {
        let flags = flags | u16::try_from(libc::NLM_F_REQUEST).expect("a flag");
        let len = u32::try_from(32 + attributes.len()).expect("short");
        let mut request = [
            len,
            u32::from(kind) | u32::from(flags) << 16,
            self.0.next_seq(),
            0,
        ]
        .map(u32::to_ne_bytes)
        .concat();
        request.extend([0, ifindex, 0, 0].map(u32::to_ne_bytes).concat());
        request.extend(attributes);
        self.0.send(&request)?;
        let answer = self.0.receive(None)?.expect("an answer");
        let (kind, body) = messages(answer).next().expect("a message");
        if kind == libc::RTM_NEWLINK {
            return Ok(Some(Link::parse(body)));
        }
        match i32::from_ne_bytes(body[..4].try_into().expect("a verdict")) {
            0 => Ok(None),
            errno => Err(Errno::from_raw(-errno)),
        }
    }
}

fn nul(text: &str) -> Vec<u8> {
    [text.as_bytes(), &[0]].concat()
}

fn attribute(kind: u16, value: &[u8]) -> Vec<u8> {
    let len = u16::try_from(4 + value.len()).expect("short");
    let mut bytes = [len.to_ne_bytes(), kind.to_ne_bytes()].concat();
    bytes.extend(value);
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    bytes
}
