// SPDX-License-Identifier: MIT OR Apache-2.0

//! Network devices in any network namespace, by rtnetlink: found, moved, made, set up.

mod address;
mod counters;
mod family;
mod message;
#[cfg(test)]
mod properties;
mod radio;
mod speed;

use std::net::IpAddr;
use std::os::fd::{AsFd, AsRawFd};

use homeward_netlink::NlmF;
use neli::consts::rtnl::{Iff, Ifla, Rtm};
use neli::rtnl::Ifinfomsg;
use neli::ToBytes;
use nix::errno::Errno;

use crate::error::Result as NetnsResult;
use crate::rtnetlink::{LinkError, Rtnetlink};
pub use address::{Address, AddressList};
pub use counters::Counters;
pub use message::OPERSTATES;
use message::{all, attribute, bytes, link, message, string, veth, Attribute};
pub use radio::Radios;
pub use speed::{speeds, Speed};

/// How often a list is read that changes meanwhile.
const ATTEMPTS: u32 = 8;
const RTM_NEWLINK: u16 = 16;

/// Result of a request to rtnetlink.
type Result<T> = std::result::Result<T, LinkError>;

/// A network device.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Link {
    /// Its index, unique in its network namespace.
    pub index: u32,
    /// Its name; bytes that are no UTF-8 are replaced.
    pub name: String,
    /// Its kind, for example veth. None for one without, as most physical devices are.
    pub kind: Option<String>,
    /// Its IFF_* flags.
    pub flags: u32,
    /// Index of the bridge, bond or other device that it is a port of.
    pub master: Option<u32>,
    /// Whether it cannot leave its network namespace; None where the kernel does not tell.
    pub immovable: Option<bool>,
    /// What it is connected to.
    pub lower: Option<Lower>,
    /// Its link-layer address; empty for none.
    pub address: Vec<u8>,
    /// The link-layer address that it came with; empty where the kernel does not tell.
    pub permanent: Vec<u8>,
    /// Its alternative names.
    pub altnames: Vec<String>,
    /// Its MTU, in bytes.
    pub mtu: u32,
    /// Whether it can pass packets, in the kernel's word; None where the kernel does not tell.
    pub operstate: Option<&'static str>,
}

impl Link {
    /// Whether it is set up.
    pub fn up(&self) -> bool {
        self.flags & Iff::UP.bits() != 0
    }
}

/// What a device is connected to: its peer, the device below it, or the network namespace in which the
/// packets of a tunnel travel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Lower {
    /// Index of that device. None when it is a namespace only.
    pub index: Option<u32>,
    /// The id of its network namespace in that of the device. None for the same one. A negative one is
    /// one that the kernel could not give.
    pub nsid: Option<i32>,
}

/// The devices of a network namespace.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LinkList {
    /// The devices, in ascending order of their indices.
    pub links: Vec<Link>,
    /// Whether none came or went while they were read.
    pub consistent: bool,
}

impl LinkList {
    /// Puts the devices that the kernel tells of into `links`.
    fn collect(links: &mut Vec<Link>) -> impl FnMut(u16, &[u8]) -> Option<()> + '_ {
        |kind, body| {
            if kind == RTM_NEWLINK {
                links.push(link(body)?);
            }
            Some(())
        }
    }
}

/// One end of a pair of virtual Ethernet devices.
#[derive(Debug, Clone, Copy)]
struct End<'a> {
    name: &'a str,
    mtu: Option<u32>,
    namespace: Option<i32>,
}

/// The devices of one network namespace.
///
/// ```no_run
/// use homeward_netns::{open_pid, open_self, Links};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let (here, there) = (open_self()?, open_pid(812)?);
/// let mut links = Links::of(&here, "here")?;
/// if let Some(link) = links.by_name("eth1")? {
///     links.move_to(link.index, &there, Some("net0"))?;
/// }
/// # Ok(())
/// # }
/// ```
pub struct Links {
    netlink: Rtnetlink,
}

impl Links {
    /// Those of an open network namespace, which errors call `label`. Needs the permission to enter it,
    /// unless it is the one of this thread.
    pub fn of(namespace: impl AsFd, label: &str) -> NetnsResult<Self> {
        Rtnetlink::open(namespace, label).map(|netlink| Links { netlink })
    }

    /// Those of the network namespace of this thread, which needs no permission.
    pub fn here() -> NetnsResult<Self> {
        Rtnetlink::open_here().map(|netlink| Links { netlink })
    }

    /// All devices.
    ///
    /// As with `ip link`, the kernel gives an id to each other namespace that a device here is connected
    /// to.
    pub fn list(&mut self) -> Result<LinkList> {
        let request = all()?;
        let (links, consistent) =
            until_consistent(|| self.ask(Rtm::Getlink, NlmF::DUMP, &request))?;
        let mut list = LinkList { links, consistent };
        list.links.sort_by_key(|link| link.index);
        // A list that changed while it was read may have one twice.
        list.links.dedup_by_key(|link| link.index);
        Ok(list)
    }

    /// All IP addresses of its devices.
    pub fn addresses(&mut self) -> Result<AddressList> {
        let (mut addresses, consistent) = until_consistent(|| {
            let mut addresses = Vec::new();
            let each = AddressList::collect(&mut addresses);
            let kind = Rtm::Getaddr.into();
            let consistent = self.netlink.talk(kind, NlmF::DUMP, &address::ALL, each)?;
            Ok((addresses, consistent))
        })?;
        addresses.sort_unstable();
        // A list that changed while it was read may have one twice.
        addresses.dedup();
        Ok(AddressList {
            addresses,
            consistent,
        })
    }

    /// The device with this index; None if there is none.
    pub fn by_index(&mut self, index: u32) -> Result<Option<Link>> {
        let body = message(index, Iff::empty(), [])?;
        self.get(body)
    }

    /// The device with this name, or alternative name; None if there is none.
    pub fn by_name(&mut self, name: &str) -> Result<Option<Link>> {
        // Only that attribute takes a longer one than a name can be (rtnetlink.c, `ifla_policy`).
        let kind = match name.len() < libc::IFNAMSIZ {
            true => Ifla::Ifname,
            false => Ifla::AltIfname,
        };
        let body = message(0, Iff::empty(), [string(kind, name)?])?;
        self.get(body)
    }

    /// Moves a device into another network namespace. It is down there, and without addresses. With
    /// `name`, it gets that name there; when only the renaming is refused, it has been moved all the
    /// same.
    pub fn move_to(&mut self, index: u32, target: impl AsFd, name: Option<&str>) -> Result<()> {
        let fd = target.as_fd().as_raw_fd();
        let mut attributes = vec![attribute(Ifla::NetNsFd, fd.to_ne_bytes())?];
        if let Some(name) = name {
            attributes.push(string(Ifla::Ifname, name)?);
        }
        let body = message(index, Iff::empty(), attributes)?;
        self.act(Rtm::Newlink, NlmF::empty(), body)
    }

    /// Gives a device another name.
    pub fn rename(&mut self, index: u32, name: &str) -> Result<()> {
        let body = message(index, Iff::empty(), [string(Ifla::Ifname, name)?])?;
        self.act(Rtm::Newlink, NlmF::empty(), body)
    }

    /// Sets a device up.
    pub fn set_up(&mut self, index: u32) -> Result<()> {
        let body = message(index, Iff::UP, [])?;
        self.act(Rtm::Newlink, NlmF::empty(), body)
    }

    /// Adds an IP address to a device, and with it the route to its prefix.
    pub fn add_address(&mut self, index: u32, ip: IpAddr, prefix: u8) -> Result<()> {
        let flags = NlmF::CREATE | NlmF::EXCL;
        let body = address::added(index, ip, prefix)?;
        self.act(Rtm::Newaddr, flags, body)
    }

    /// Deletes a device. Of a pair, the other end goes, too.
    pub fn delete(&mut self, index: u32) -> Result<()> {
        let body = message(index, Iff::empty(), [])?;
        self.act(Rtm::Dellink, NlmF::empty(), body)
    }

    /// Makes a pair of virtual Ethernet devices, one here and one in the network namespace `other`,
    /// both or none of them. Gives the one here as it was made, since Linux 6.2.
    pub fn add_veth(
        &mut self,
        name: &str,
        other: impl AsFd,
        other_name: &str,
        mtu: Option<u32>,
    ) -> Result<Option<Link>> {
        let here = End {
            name,
            mtu,
            namespace: None,
        };
        let there = End {
            name: other_name,
            mtu,
            namespace: Some(other.as_fd().as_raw_fd()),
        };
        let peer = message(0, Iff::empty(), there.attributes()?)?;
        let mut attributes = here.attributes()?;
        attributes.push(veth(&peer)?);
        let body = message(0, Iff::empty(), attributes)?;
        let flags = NlmF::ACK | NlmF::CREATE | NlmF::EXCL | NlmF::ECHO;
        let (links, _) = self.ask(Rtm::Newlink, flags, &body)?;
        Ok(links.into_iter().next())
    }

    fn get(&mut self, body: Ifinfomsg) -> Result<Option<Link>> {
        match self.ask(Rtm::Getlink, NlmF::ACK, &body) {
            Ok((links, _)) => Ok(links.into_iter().next()),
            Err(error) if error.errno() == Some(Errno::ENODEV) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn act(&mut self, kind: Rtm, flags: NlmF, body: impl ToBytes) -> Result<()> {
        self.ask(kind, NlmF::ACK | flags, &body).map(drop)
    }

    /// The devices that answer a request, and whether none came or went meanwhile.
    fn ask(&mut self, kind: Rtm, flags: NlmF, body: &impl ToBytes) -> Result<(Vec<Link>, bool)> {
        let mut links = Vec::new();
        let each = LinkList::collect(&mut links);
        let body = bytes(body)?;
        let consistent = self.netlink.talk(kind.into(), flags, &body, each)?;
        Ok((links, consistent))
    }
}

/// Reads a list until nothing changes meanwhile, or for the last time.
fn until_consistent<T>(mut read: impl FnMut() -> Result<(Vec<T>, bool)>) -> Result<(Vec<T>, bool)> {
    for _ in 1..ATTEMPTS {
        let (list, consistent) = read()?;
        if consistent {
            return Ok((list, consistent));
        }
    }
    read()
}

impl End<'_> {
    fn attributes(self) -> Result<Vec<Attribute>> {
        let mut attributes = vec![string(Ifla::Ifname, self.name)?];
        if let Some(mtu) = self.mtu {
            attributes.push(attribute(Ifla::Mtu, mtu.to_ne_bytes())?);
        }
        if let Some(fd) = self.namespace {
            attributes.push(attribute(Ifla::NetNsFd, fd.to_ne_bytes())?);
        }
        Ok(attributes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::open::open_self;

    fn links() -> Links {
        Links::of(open_self().unwrap(), "self").unwrap()
    }

    #[test]
    fn the_loopback_device_is_found_in_every_way() {
        let mut links = links();
        let lo = links.by_name("lo").unwrap().unwrap();
        assert_eq!(lo.name, "lo");
        assert_eq!(links.by_index(lo.index).unwrap().as_ref(), Some(&lo));
        assert_eq!(lo.lower, None);
        assert_eq!((lo.address.len(), lo.altnames.len()), (6, 0));
        assert!(links.list().unwrap().links.contains(&lo));
    }

    #[test]
    fn a_device_that_is_not_there_is_none() {
        let mut links = links();
        assert_eq!(links.by_name("hw-no-such").unwrap(), None);
        assert_eq!(links.by_index(i32::MAX.unsigned_abs()).unwrap(), None);
    }

    #[test]
    fn what_cannot_be_sent_is_refused_before() {
        let refused = links().by_name("a\0b").unwrap_err();
        assert_eq!(refused, LinkError::Unsendable);
        assert_eq!(
            links().by_index(u32::MAX).unwrap_err(),
            LinkError::Unsendable
        );
    }
}
