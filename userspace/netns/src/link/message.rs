// SPDX-License-Identifier: MIT OR Apache-2.0

//! Network devices in bytes.

use std::io::Cursor;

use homeward_netlink::attrs;
use neli::consts::rtnl::{Iff, Ifla, IflaInfo, RtAddrFamily, RtaType};
use neli::rtnl::{Ifinfomsg, IfinfomsgBuilder, Rtattr, RtattrBuilder};
use neli::types::{Buffer, RtBuffer};
use neli::ToBytes;

use super::{Link, Lower, Result};
use crate::rtnetlink::LinkError;

/// `struct ifinfomsg`.
const IFINFOMSG: usize = 16;
/// IFLA_NETNS_IMMUTABLE, which neli does not know, and older kernels neither.
const IFLA_NETNS_IMMUTABLE: Ifla = Ifla::UnrecognizedConst(67);
/// VETH_INFO_PEER of linux/veth.h.
const VETH_INFO_PEER: u16 = 1;
/// RTEXT_FILTER_SKIP_STATS: counters are most of what a device has to tell, and nobody asks for them.
const SKIP_STATS: u32 = 1 << 3;
/// Kinds of tunnels that have no device below them, and of which the kernel gives their own index where
/// that of the lower device would be.
const UNDERLAID: [&str; 2] = ["vxlan", "ppp"];

/// The attributes of a device that are read.
#[cfg(test)]
pub(super) const READ: [Ifla; 11] = [
    Ifla::Ifname,
    Ifla::Address,
    Ifla::Mtu,
    Ifla::Operstate,
    Ifla::Master,
    Ifla::Link,
    Ifla::LinkNetnsid,
    Ifla::Linkinfo,
    Ifla::PermAddress,
    Ifla::PropList,
    IFLA_NETNS_IMMUTABLE,
];

/// The words of the kernel for whether a device can pass packets, as /sys/class/net/*/operstate has them
/// (net/core/net-sysfs.c), by their numbers (RFC 2863).
pub const OPERSTATES: [&str; 7] = [
    "unknown",
    "notpresent",
    "down",
    "lowerlayerdown",
    "testing",
    "dormant",
    "up",
];

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
    let (head, rest) = body.split_first_chunk::<IFINFOMSG>()?;
    let mut told = Link {
        index: u32::from_ne_bytes(*head.get(4..)?.first_chunk()?),
        flags: u32::from_ne_bytes(*head.get(8..)?.first_chunk()?),
        ..Link::default()
    };
    let (mut name, mut lower) = (None, Lower::default());
    for attr in attrs(rest) {
        let attr = attr.ok()?;
        match Ifla::from(attr.kind) {
            Ifla::Ifname => name = Some(attr.string()),
            Ifla::Address => told.address = attr.payload.to_vec(),
            Ifla::Mtu => told.mtu = attr.u32().ok()?,
            Ifla::Operstate => {
                let number = usize::from(*attr.payload.first()?);
                told.operstate = OPERSTATES.get(number).copied();
            }
            Ifla::Master => told.master = Some(attr.u32().ok()?),
            Ifla::Link => lower.index = Some(attr.u32().ok()?).filter(|index| *index != 0),
            Ifla::LinkNetnsid => lower.nsid = Some(attr.s32().ok()?),
            Ifla::Linkinfo => told.kind = kind(attr.payload),
            Ifla::PermAddress => told.permanent = attr.payload.to_vec(),
            Ifla::PropList => told.altnames = altnames(attr.payload),
            IFLA_NETNS_IMMUTABLE => told.immovable = Some(*attr.payload.first()? != 0),
            _ => {}
        }
    }
    let underlaid = UNDERLAID
        .iter()
        .any(|kind| told.kind.as_deref() == Some(kind));
    if underlaid && lower.index == Some(told.index) {
        lower.index = None;
    }
    told.name = name?;
    told.lower = (lower != Lower::default()).then_some(lower);
    Some(told)
}

fn kind(info: &[u8]) -> Option<String> {
    let mut all = attrs(info).flatten();
    let kind = all.find(|attr| IflaInfo::from(attr.kind) == IflaInfo::Kind)?;
    Some(kind.string())
}

fn altnames(properties: &[u8]) -> Vec<String> {
    let all = attrs(properties).flatten();
    let names = all.filter(|attr| Ifla::from(attr.kind) == Ifla::AltIfname);
    names.map(|attr| attr.string()).collect()
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
        body.extend(attribute(1, &[2, 0, 0, 0, 0, 7]));
        body.extend(attribute(4, &1400u32.to_ne_bytes()));
        body.extend(attribute(16, &[6]));
        // Some that are newer than the library.
        body.extend(attribute(54, &[2, 0, 0, 0, 0, 9]));
        let altnames = [attribute(53, b"alt\0"), attribute(53, b"other\0")];
        body.extend(attribute(0x8000 | 52, &altnames.concat()));
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
            address: vec![2, 0, 0, 0, 0, 7],
            permanent: vec![2, 0, 0, 0, 0, 9],
            altnames: vec!["alt".to_owned(), "other".to_owned()],
            mtu: 1400,
            operstate: Some("up"),
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
