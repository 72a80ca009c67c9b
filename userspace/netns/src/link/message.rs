// SPDX-License-Identifier: MIT OR Apache-2.0

//! Network devices and their addresses, in bytes.

use std::io::Cursor;
use std::net::IpAddr;

use homeward_netlink::text;
use neli::attr::Attribute as _;
use neli::consts::rtnl::{Ifa, IfaF, Iff, Ifla, IflaInfo, RtAddrFamily, RtScope, RtaType};
use neli::rtnl::{Ifaddrmsg, IfaddrmsgBuilder, Ifinfomsg, IfinfomsgBuilder, Rtattr, RtattrBuilder};
use neli::types::{Buffer, RtBuffer};
use neli::{FromBytesWithInput, ToBytes};

use super::{Link, Lower, Result};
use crate::rtnetlink::LinkError;

/// IFLA_NETNS_IMMUTABLE, which older kernels do not have.
const IFLA_NETNS_IMMUTABLE: u16 = 67;
/// VETH_INFO_PEER of linux/veth.h.
const VETH_INFO_PEER: u16 = 1;
/// RTEXT_FILTER_SKIP_STATS: counters are most of what a device has to tell, and nobody asks for them.
const SKIP_STATS: u32 = 1 << 3;
/// Kinds of tunnels that have no device below them, and of which the kernel gives their own index where
/// that of the lower device would be.
const UNDERLAID: [&str; 2] = ["vxlan", "ppp"];

/// An attribute of a device.
pub(super) type Attribute = Rtattr<Ifla, Buffer>;

/// Asks for all devices.
pub(super) fn all() -> Result<Ifinfomsg> {
    message(
        0,
        Iff::empty(),
        [attribute(Ifla::ExtMask, SKIP_STATS.to_ne_bytes())?],
    )
}

/// A device, flags to set, and attributes.
pub(super) fn message(
    index: u32,
    set: Iff,
    attributes: impl IntoIterator<Item = Attribute>,
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

/// An address of a device.
pub(super) fn address(index: u32, address: IpAddr, prefix: u8) -> Result<Ifaddrmsg> {
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

/// What makes a device the end of a pair with `peer`.
pub(super) fn veth(peer: &Ifinfomsg) -> Result<Attribute> {
    let peer = attribute(IflaInfo::UnrecognizedConst(VETH_INFO_PEER), bytes(peer)?)?;
    let data = attribute(IflaInfo::Data, [])?
        .nest(&peer)
        .map_err(|_| LinkError::Unsendable)?;
    attribute(Ifla::Linkinfo, [])?
        .nest(&string(IflaInfo::Kind, "veth")?)
        .and_then(|info| info.nest(&data))
        .map_err(|_| LinkError::Unsendable)
}

/// An attribute.
pub(super) fn attribute<T: RtaType>(
    kind: T,
    payload: impl Into<Vec<u8>>,
) -> Result<Rtattr<T, Buffer>> {
    RtattrBuilder::default()
        .rta_type(kind)
        .rta_payload(Buffer::from(payload.into()))
        .build()
        .map_err(|_| LinkError::Unsendable)
}

/// A string goes out with its NUL; one with a NUL in it would be read to there only.
pub(super) fn string<T: RtaType>(kind: T, text: &str) -> Result<Rtattr<T, Buffer>> {
    if text.contains('\0') {
        return Err(LinkError::Unsendable);
    }
    attribute(kind, [text.as_bytes(), b"\0"].concat())
}

/// As it is sent.
pub(super) fn bytes(value: &impl ToBytes) -> Result<Vec<u8>> {
    let mut buffer = Cursor::new(Vec::new());
    value
        .to_bytes(&mut buffer)
        .map_err(|_| LinkError::Unsendable)?;
    Ok(buffer.into_inner())
}

/// The device that the kernel tells of.
pub(super) fn link(body: &[u8]) -> Option<Link> {
    let message = Ifinfomsg::from_bytes_with_input(&mut Cursor::new(body), body.len()).ok()?;
    let attributes = message.rtattrs();
    let find = |wanted: Ifla| attributes.iter().find(|one| *one.rta_type() == wanted);
    let bytes = |wanted| find(wanted).map(|one| one.rta_payload().as_ref());
    let number = |wanted| find(wanted).and_then(|one| one.get_payload_as::<u32>().ok());
    let immovable = bytes(Ifla::UnrecognizedConst(IFLA_NETNS_IMMUTABLE));
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
        immovable: immovable.and_then(|value| Some(*value.first()? != 0)),
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

#[cfg(test)]
mod tests {
    use super::super::{LinkList, RTM_NEWLINK};
    use super::*;
    use crate::rtnetlink::talk;
    use homeward_netlink::script::{attr as attribute, done, message, Script};
    use homeward_netlink::NlmF;

    const NLM_F_MULTI: u16 = 2;
    const NLM_F_DUMP_INTR: u16 = 0x10;

    fn veth() -> Vec<u8> {
        let mut body = vec![0; 16];
        body[4] = 5;
        body[8] = 0x43;
        body.extend(attribute(3, b"ve\xffth0\0"));
        body.extend(attribute(5, &2u32.to_ne_bytes()));
        body.extend(attribute(37, &3u32.to_ne_bytes()));
        body.extend(attribute(10, &9u32.to_ne_bytes()));
        body.extend(attribute(18, &attribute(1, b"veth\0")));
        body.extend(attribute(67, &[1]));
        // Some that are newer than the library.
        body.extend(attribute(0x8000 | 52, &attribute(53, b"alt\0")));
        body.extend(attribute(999, &[]));
        body
    }

    fn read(datagrams: &[&[u8]]) -> Result<LinkList> {
        let mut links = Vec::new();
        let mut script = Script::new(datagrams.iter().map(|bytes| bytes.to_vec()));
        let each = LinkList::collect(&mut links);
        let consistent = talk(&mut script, RTM_NEWLINK, NlmF::DUMP, &[], each)?;
        Ok(LinkList { links, consistent })
    }

    #[test]
    fn a_device_is_read_with_its_peer() {
        let end = done(NLM_F_MULTI, 1, 0);
        let datagram = message(RTM_NEWLINK, NLM_F_MULTI, 1, &veth());
        let list = read(&[&datagram, &end]).unwrap();
        assert!(list.consistent);
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
            immovable: Some(true),
            lower: Some(lower),
        };
        assert_eq!(list.links, [expected]);
    }

    #[test]
    fn a_list_that_changed_says_so_in_a_device_or_at_the_end() {
        let device = |flags| message(RTM_NEWLINK, flags, 1, &veth());
        let end = |flags| done(flags, 1, 0);
        let consistent = |datagrams: [&[u8]; 2]| read(&datagrams).unwrap().consistent;
        assert!(consistent([&device(0), &end(0)]));
        assert!(!consistent([&device(NLM_F_DUMP_INTR), &end(0)]));
        assert!(!consistent([&device(0), &end(NLM_F_DUMP_INTR)]));
    }

    #[test]
    fn a_truncated_message_is_an_error_and_broken_bytes_are_never_a_panic() {
        let (datagram, end) = (message(RTM_NEWLINK, 0, 1, &veth()), done(0, 1, 0));
        for len in 1..datagram.len() {
            let error = read(&[&datagram[..len], &end]).unwrap_err();
            assert_eq!(error, LinkError::Malformed, "{len}");
        }
        for at in 0..datagram.len() {
            for byte in [0, 1, 3, 0x7f, 0xff] {
                let mut broken = datagram.clone();
                broken[at] = byte;
                let _ = read(&[&broken, &end]);
            }
        }
    }
}
