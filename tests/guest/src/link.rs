// SPDX-License-Identifier: GPL-2.0-only

//! rtnetlink, spoken directly: what it tells of a device, and requests by index.

use std::fmt;
use std::os::fd::{AsRawFd, BorrowedFd};

use homeward_netlink::{
    attribute, attrs, request, text, NlmF, Protocol, Socket, Transport, NESTED,
};
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
const RTM_NEWLINKPROP: u16 = 108;

impl Link {
    /// From what is behind the header of an RTM_NEWLINK or RTM_DELLINK.
    pub(crate) fn parse(body: &[u8]) -> Self {
        let number = |bytes: &[u8]| bytes.try_into().map(u32::from_ne_bytes).unwrap_or_default();
        let flags = number(&body[8..12]);
        let of = |flag: i32| flags & flag.unsigned_abs();
        let mut link = Link {
            ifindex: number(&body[4..8]),
            up: of(libc::IFF_UP) != 0,
            flags: of(RECORDED),
            ..Link::default()
        };
        for attr in attrs(&body[16..]) {
            let attr = attr.expect("an attribute");
            let value = attr.payload;
            match attr.kind {
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
                    let mut inner = attrs(value).flatten();
                    link.xdp = inner.any(|attr| attr.kind == 2 && attr.payload != [0])
                }
                IFLA_PROP_LIST => {
                    let names = attrs(value).flatten().map(|name| name.string());
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
            &attr(libc::IFLA_IFNAME, &nul(name)),
        )
    }

    /// Gives a device an alternative name.
    pub fn add_altname(&mut self, ifindex: u32, name: &str) -> Result<(), Errno> {
        let name = attr(IFLA_ALT_IFNAME, &nul(name));
        let list = attr(IFLA_PROP_LIST | NESTED, &name);
        self.change(RTM_NEWLINKPROP, ifindex, &list)
    }

    /// Gives a device another MTU.
    pub fn set_mtu(&mut self, ifindex: u32, mtu: u32) -> Result<(), Errno> {
        let mtu = attr(libc::IFLA_MTU, &mtu.to_ne_bytes());
        self.change(libc::RTM_NEWLINK, ifindex, &mtu)
    }

    /// Moves a device into a namespace.
    pub fn carry(&mut self, ifindex: u32, to: BorrowedFd<'_>) -> Result<(), Errno> {
        let fd = to.as_raw_fd().to_ne_bytes();
        self.change(libc::RTM_NEWLINK, ifindex, &attr(libc::IFLA_NET_NS_FD, &fd))
    }

    /// Moves a device into a namespace, and sets another one up, all by one call.
    pub fn carry_and_set_up(
        &mut self,
        ifindex: u32,
        to: BorrowedFd<'_>,
        up: u32,
    ) -> Result<(), Errno> {
        let mut ask = |words: [u32; 4], attributes: &[u8]| {
            let mut body = words.map(u32::to_ne_bytes).concat();
            body.extend(attributes);
            request(libc::RTM_NEWLINK, NlmF::ACK, self.0.next_seq(), &body)
        };
        let fd = attr(libc::IFLA_NET_NS_FD, &to.as_raw_fd().to_ne_bytes());
        let is_up = libc::IFF_UP.unsigned_abs();
        let both = [
            ask([0, ifindex, 0, 0], &fd),
            ask([0, up, is_up, is_up], &[]),
        ];
        self.0.send(&both.concat())
    }

    /// Moves a device into a namespace as often as it is here again, so many times at most, all by one call. What
    /// the kernel answers is left unread: this is for nothing else any more.
    pub fn carry_often(
        &mut self,
        ifindex: u32,
        to: BorrowedFd<'_>,
        times: usize,
    ) -> Result<(), Errno> {
        let mut body = [0, ifindex, 0, 0].map(u32::to_ne_bytes).concat();
        body.extend(attr(libc::IFLA_NET_NS_FD, &to.as_raw_fd().to_ne_bytes()));
        let one = request(libc::RTM_NEWLINK, NlmF::empty(), self.0.next_seq(), &body);
        self.0.send(&one.repeat(times))
    }

    /// Destroys a device.
    pub fn destroy(&mut self, ifindex: u32) -> Result<(), Errno> {
        self.change(libc::RTM_DELLINK, ifindex, &[])
    }

    /// The device of this index.
    pub fn link(&mut self, ifindex: u32) -> Option<Link> {
        self.get(ifindex, &[])
    }

    /// The device of this name, which no alternative name is.
    pub fn by_name(&mut self, name: &str) -> Option<Link> {
        let found = self.get(0, &attr(libc::IFLA_IFNAME, &nul(name)))?;
        (found.name == name).then_some(found)
    }

    /// The device of this alternative name.
    pub fn by_altname(&mut self, name: &str) -> Option<Link> {
        self.get(0, &attr(IFLA_ALT_IFNAME, &nul(name)))
    }

    fn get(&mut self, ifindex: u32, attributes: &[u8]) -> Option<Link> {
        let answer = self.ask(libc::RTM_GETLINK, ifindex, attributes);
        answer.ok().flatten()
    }

    fn change(&mut self, kind: u16, ifindex: u32, attributes: &[u8]) -> Result<(), Errno> {
        self.ask(kind, ifindex, attributes).map(drop)
    }

    fn ask(&mut self, kind: u16, ifindex: u32, attributes: &[u8]) -> Result<Option<Link>, Errno> {
        let mut body = [0, ifindex, 0, 0].map(u32::to_ne_bytes).concat();
        body.extend(attributes);
        let mut link = None;
        let outcome = self.0.exchange(kind, NlmF::ACK, &body, |_, body| {
            link = Some(Link::parse(body));
            Ok(())
        });
        match outcome.expect("an answer").ack.errno {
            None => Ok(link),
            Some(errno) => Err(errno),
        }
    }
}

fn nul(text: &str) -> Vec<u8> {
    [text.as_bytes(), &[0]].concat()
}

fn attr(kind: u16, value: &[u8]) -> Vec<u8> {
    attribute(kind, value).expect("short")
}
