// SPDX-License-Identifier: MIT OR Apache-2.0

//! Network devices in any network namespace, by rtnetlink: found, moved, made, set up.

use std::fmt;
use std::io::Cursor;
use std::net::IpAddr;
use std::os::fd::{AsFd, AsRawFd};

use neli::consts::nl::NlmF;
use neli::consts::rtnl::{Ifa, IfaF, Iff, Ifla, IflaInfo, RtAddrFamily, RtScope, RtaType, Rtm};
use neli::rtnl::{Ifaddrmsg, IfaddrmsgBuilder, Ifinfomsg, IfinfomsgBuilder, Rtattr, RtattrBuilder};
use neli::types::{Buffer, RtBuffer};
use neli::ToBytes;
use nix::errno::Errno;

use crate::error::Result as NetnsResult;
use crate::rtnetlink::{text, Rtnetlink};

/// IFLA_NETNS_IMMUTABLE, which older kernels do not have.
const IFLA_NETNS_IMMUTABLE: u16 = 67;
/// VETH_INFO_PEER of linux/veth.h.
const VETH_INFO_PEER: u16 = 1;

/// Result of a request to rtnetlink.
type Result<T> = std::result::Result<T, LinkError>;

/// A request that the kernel refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// Why.
    pub errno: Errno,
    /// Why, in the kernel's own words (extended ACK).
    pub message: Option<String>,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.message {
            Some(message) => write!(f, "{message} ({})", self.errno.desc()),
            None => f.write_str(self.errno.desc()),
        }
    }
}

impl std::error::Error for Refused {}

/// Why a request to rtnetlink failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LinkError {
    /// The kernel refused it.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// A system call failed.
    #[error("cannot talk to rtnetlink: {}", .0.desc())]
    System(Errno),
    /// It cannot be put into bytes.
    #[error("request that cannot be sent")]
    Unsendable,
    /// The kernel sent something that this crate cannot read.
    #[error("bad message from rtnetlink")]
    Malformed,
}

impl LinkError {
    /// The errno behind this error, if there is one.
    pub fn errno(&self) -> Option<Errno> {
        match self {
            LinkError::Refused(refused) => Some(refused.errno),
            LinkError::System(errno) => Some(*errno),
            LinkError::Unsendable | LinkError::Malformed => None,
        }
    }
}

/// A network device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Its index, unique in its network namespace.
    pub index: u32,
    /// Its name; bytes that are no UTF-8 are replaced.
    pub name: String,
    /// Its kind, for example veth. None for one without, as most physical devices are.
    pub kind: Option<String>,
    /// Whether it is set up.
    pub up: bool,
    /// Whether it cannot leave its network namespace; None where the kernel does not tell.
    pub immovable: Option<bool>,
    /// Index of the device below it, or of its peer, in whatever namespace that is.
    pub lower: Option<u32>,
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

    /// All devices.
    pub fn list(&mut self) -> Result<Vec<Link>> {
        let answer = self
            .netlink
            .ask(Rtm::Getlink, NlmF::DUMP, message(0, Iff::empty(), [])?)?;
        answer.iter().map(Link::new).collect()
    }

    /// The device with this index; None if there is none.
    pub fn by_index(&mut self, index: u32) -> Result<Option<Link>> {
        let body = message(index, Iff::empty(), [])?;
        self.get(body)
    }

    /// The device with this name, or alternative name; None if there is none.
    pub fn by_name(&mut self, name: &str) -> Result<Option<Link>> {
        let body = message(0, Iff::empty(), [string(Ifla::Ifname, name)?])?;
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

    /// Sets a device up.
    pub fn set_up(&mut self, index: u32) -> Result<()> {
        let body = message(index, Iff::UP, [])?;
        self.act(Rtm::Newlink, NlmF::empty(), body)
    }

    /// Adds an IP address to a device, and with it the route to its prefix.
    pub fn add_address(&mut self, index: u32, address: IpAddr, prefix: u8) -> Result<()> {
        let flags = NlmF::CREATE | NlmF::EXCL;
        let body = address_message(index, address, prefix)?;
        self.act(Rtm::Newaddr, flags, body)
    }

    /// Deletes a device. Of a pair, the other end goes, too.
    pub fn delete(&mut self, index: u32) -> Result<()> {
        let body = message(index, Iff::empty(), [])?;
        self.act(Rtm::Dellink, NlmF::empty(), body)
    }

    /// Makes a pair of virtual Ethernet devices, one here and one in the network namespace `other`,
    /// both or none of them.
    pub fn add_veth(
        &mut self,
        name: &str,
        other: impl AsFd,
        other_name: &str,
        mtu: Option<u32>,
    ) -> Result<()> {
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
        let peer = attribute(IflaInfo::UnrecognizedConst(VETH_INFO_PEER), bytes(&peer)?)?;
        let data = attribute(IflaInfo::Data, [])?
            .nest(&peer)
            .map_err(|_| LinkError::Unsendable)?;
        let info = attribute(Ifla::Linkinfo, [])?
            .nest(&string(IflaInfo::Kind, "veth")?)
            .and_then(|info| info.nest(&data))
            .map_err(|_| LinkError::Unsendable)?;
        let mut attributes = here.attributes()?;
        attributes.push(info);
        let body = message(0, Iff::empty(), attributes)?;
        self.act(Rtm::Newlink, NlmF::CREATE | NlmF::EXCL, body)
    }

    fn get(&mut self, body: Ifinfomsg) -> Result<Option<Link>> {
        match self.netlink.ask(Rtm::Getlink, NlmF::ACK, body) {
            Ok(answer) => answer.first().map(Link::new).transpose(),
            Err(error) if error.errno() == Some(Errno::ENODEV) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn act(&mut self, kind: Rtm, flags: NlmF, body: impl neli::Size + ToBytes) -> Result<()> {
        self.netlink.ask(kind, NlmF::ACK | flags, body).map(drop)
    }
}

impl End<'_> {
    fn attributes(self) -> Result<Vec<Rtattr<Ifla, Buffer>>> {
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

impl Link {
    fn new(message: &Ifinfomsg) -> Result<Self> {
        let index = u32::try_from(*message.ifi_index()).map_err(|_| LinkError::Malformed)?;
        let mut link = Link {
            index,
            name: String::new(),
            kind: None,
            up: message.ifi_flags().contains(Iff::UP),
            immovable: None,
            lower: None,
        };
        for attribute in message.rtattrs().iter() {
            let payload = attribute.rta_payload().as_ref();
            match attribute.rta_type() {
                Ifla::Ifname => link.name = text(payload),
                Ifla::Linkinfo => {
                    let inside = attribute.get_attr_handle::<IflaInfo>();
                    let inside = inside.map_err(|_| LinkError::Malformed)?;
                    let kind = inside.get_attribute(IflaInfo::Kind);
                    link.kind = kind.map(|kind| text(kind.rta_payload().as_ref()));
                }
                Ifla::Link => {
                    let index = payload.first_chunk().copied().map(u32::from_ne_bytes);
                    link.lower = index.filter(|index| *index > 0);
                }
                Ifla::UnrecognizedConst(IFLA_NETNS_IMMUTABLE) => {
                    link.immovable = payload.first().map(|value| *value != 0);
                }
                _ => {}
            }
        }
        Ok(link)
    }
}

fn message(
    index: u32,
    set: Iff,
    attributes: impl IntoIterator<Item = Rtattr<Ifla, Buffer>>,
) -> Result<Ifinfomsg> {
    let index = i32::try_from(index).map_err(|_| LinkError::Unsendable)?;
    IfinfomsgBuilder::default()
        .ifi_family(RtAddrFamily::Unspecified)
        .ifi_index(index)
        .ifi_flags(set)
        .ifi_change(set)
        .rtattrs(attributes.into_iter().collect::<RtBuffer<_, _>>())
        .build()
        .map_err(|_| LinkError::Unsendable)
}

fn address_message(index: u32, address: IpAddr, prefix: u8) -> Result<Ifaddrmsg> {
    let (family, address) = match address {
        IpAddr::V4(address) => (RtAddrFamily::Inet, address.octets().to_vec()),
        IpAddr::V6(address) => (RtAddrFamily::Inet6, address.octets().to_vec()),
    };
    let attributes = [
        attribute(Ifa::Local, address.clone())?,
        attribute(Ifa::Address, address)?,
    ];
    IfaddrmsgBuilder::default()
        .ifa_family(family)
        .ifa_prefixlen(prefix)
        .ifa_flags(IfaF::empty())
        .ifa_scope(RtScope::Universe)
        .ifa_index(index)
        .rtattrs(attributes.into_iter().collect::<RtBuffer<_, _>>())
        .build()
        .map_err(|_| LinkError::Unsendable)
}

fn attribute<T: RtaType>(kind: T, payload: impl Into<Vec<u8>>) -> Result<Rtattr<T, Buffer>> {
    RtattrBuilder::default()
        .rta_type(kind)
        .rta_payload(Buffer::from(payload.into()))
        .build()
        .map_err(|_| LinkError::Unsendable)
}

/// A string goes out with its NUL; one with a NUL in it would be read to there only.
fn string<T: RtaType>(kind: T, text: &str) -> Result<Rtattr<T, Buffer>> {
    if text.contains('\0') {
        return Err(LinkError::Unsendable);
    }
    attribute(kind, [text.as_bytes(), b"\0"].concat())
}

fn bytes(value: &impl ToBytes) -> Result<Vec<u8>> {
    let mut buffer = Cursor::new(Vec::new());
    value
        .to_bytes(&mut buffer)
        .map_err(|_| LinkError::Unsendable)?;
    Ok(buffer.into_inner())
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
        assert!(links.list().unwrap().contains(&lo));
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
