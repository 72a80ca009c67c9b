// SPDX-License-Identifier: MIT OR Apache-2.0

//! What holds of every device that rtnetlink tells of.

use homeward_netlink::script::attr as attribute;
use neli::consts::rtnl::Ifla;
use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::Index;

use super::message::{link, READ};

/// The header of a device, without its attributes.
fn header(index: u32, flags: u32) -> Vec<u8> {
    [[0; 4], index.to_ne_bytes(), flags.to_ne_bytes(), [0xff; 4]].concat()
}

/// Whether nobody here asks for this attribute: also not for what is in it, as in 26 (IFLA_AF_SPEC).
fn is_strange(kind: &u16) -> bool {
    !READ.contains(&Ifla::from(*kind))
}

fn stranger() -> impl Strategy<Value = Vec<u8>> {
    let kind = (0..1000u16).prop_filter("one that is read", is_strange);
    (kind, any::<bool>(), vec(any::<u8>(), 0..12))
        .prop_map(|(kind, nest, payload)| attribute(kind | u16::from(nest) << 15, &payload))
}

/// Each of them, not some: that an attribute is read and not in [`READ`] would else be seen once in
/// many runs.
#[test]
fn no_attribute_that_is_not_read_changes_what_is_read() {
    let with = |more: Vec<u8>| link(&[header(7, 1), attribute(3, b"eth0\0"), more].concat());
    let alone = with(Vec::new());
    assert!(alone.is_some());
    for kind in (0..1000).filter(is_strange) {
        for len in 0..12 {
            assert_eq!(with(attribute(kind, &vec![1; len])), alone, "{kind}, {len}");
        }
    }
}

proptest! {
    #[test]
    fn a_device_is_read_whatever_else_is_told(
        index in 1..i32::MAX.unsigned_abs(),
        flags in any::<u32>(),
        name in "[a-z\u{e4}.]{1,15}",
        (kind, master, immovable) in (of("[a-z]{1,9}"), of(any::<u32>()), of(any::<bool>())),
        (lower, nsid) in (of(1..u32::MAX), of(0..i32::MAX)),
        strangers in vec((any::<Index>(), stranger()), 0..6),
    ) {
        let known = [
            Some(attribute(3, format!("{name}\0").as_bytes())),
            master.map(|master| attribute(10, &master.to_ne_bytes())),
            lower.map(|lower| attribute(5, &lower.to_ne_bytes())),
            nsid.map(|nsid| attribute(37, &nsid.to_ne_bytes())),
            immovable.map(|value| attribute(67, &[value.into()])),
            kind.as_ref().map(|kind| attribute(18, &attribute(1, format!("{kind}\0").as_bytes()))),
        ];
        let mut parts: Vec<Vec<u8>> = known.into_iter().flatten().collect();
        for (at, stranger) in strangers {
            parts.insert(at.index(parts.len() + 1), stranger);
        }
        let read = link(&[header(index, flags), parts.concat()].concat());
        let read = read.expect("a device");
        prop_assert_eq!((read.index, read.flags), (index, flags));
        prop_assert_eq!(&read.name, &name);
        prop_assert_eq!((&read.kind, read.master, read.immovable), (&kind, master, immovable));
        let underlaid = kind.is_some_and(|kind| kind == "vxlan" || kind == "ppp");
        let lower = lower.filter(|lower| !(underlaid && *lower == index));
        prop_assert_eq!(read.lower.and_then(|lower| lower.index), lower);
        prop_assert_eq!(read.lower.and_then(|lower| lower.nsid), nsid);
    }

    #[test]
    fn no_bytes_make_the_reader_panic(
        body in vec(any::<u8>(), 0..120),
        index: u32,
        parts in vec((0..80u16, vec(any::<u8>(), 0..24)), 0..6),
        cut in any::<Index>(),
        (at, value) in any::<(Index, u8)>(),
    ) {
        let _ = link(&body);
        let parts: Vec<u8> = parts.iter().flat_map(|(kind, payload)| attribute(*kind, payload)).collect();
        let mut bytes = [header(index, 1), parts].concat();
        let at = at.index(bytes.len());
        bytes[at] = value;
        let _ = link(&bytes);
        bytes.truncate(cut.index(bytes.len()));
        let _ = link(&bytes);
    }
}
