// SPDX-License-Identifier: MIT OR Apache-2.0

//! Messages made by hand, for tests.

use homeward_abi::{
    address, cmd, creator, dev, event, failure, fate, home, ns, nsid, open, recalled, returned,
    rule, setting, setting_value, stats, stuck,
};

pub(crate) use homeward_netlink::script::{attr, message};

/// An attribute with attributes in it.
pub(crate) fn nest(kind: u16, inner: &[Vec<u8>]) -> Vec<u8> {
    attr(kind | 1 << 15, &inner.concat())
}

/// A setting of a home with a number.
pub(crate) fn number(id: u32, value: &[u8]) -> Vec<u8> {
    let id = attr(setting_value::ID, &id.to_ne_bytes());
    nest(home::SETTING, &[id, attr(setting_value::NUMBER, value)])
}

/// A setting of a home with bytes.
pub(crate) fn bytes(id: u32, value: &[u8]) -> Vec<u8> {
    let id = attr(setting_value::ID, &id.to_ne_bytes());
    nest(home::SETTING, &[id, attr(setting_value::BYTES, value)])
}

/// A setting of a home with texts.
pub(crate) fn texts(id: u32, texts: &[&[u8]]) -> Vec<u8> {
    let id = attr(setting_value::ID, &id.to_ne_bytes());
    let texts = texts.iter().map(|text| attr(setting_value::TEXT, text));
    let inner: Vec<_> = std::iter::once(id).chain(texts).collect();
    nest(home::SETTING, &inner)
}

fn genl(family: u16, command: u8, attrs: &[Vec<u8>]) -> Vec<u8> {
    let body = [vec![command, 1, 0, 0], attrs.concat()].concat();
    message(family, 0, 0, &body)
}

fn stamp(set: u16, seq: u32) -> Vec<u8> {
    let seq = attr(event::SEQ, &seq.to_ne_bytes());
    let time = attr(event::TIME, &5_000_000_000u64.to_ne_bytes());
    nest(set, &[seq, time])
}

/// An `ns-born`.
pub(crate) fn born(family: u16, seq: u32) -> Vec<u8> {
    let cookie = attr(ns::COOKIE, &9u32.to_ne_bytes());
    genl(family, cmd::NS_BORN, &[cookie, stamp(ns::EVENT, seq)])
}

/// An event that nobody knows yet.
pub(crate) fn unknown_event(family: u16, seq: u32) -> Vec<u8> {
    genl(family, 200, &[stamp(dev::EVENT, seq)])
}

/// The controller's word that a family is gone.
pub(crate) fn control_delete(family: u16) -> Vec<u8> {
    genl(16, 2, &[attr(1, &family.to_ne_bytes())])
}

/// The controller's answer about the family.
pub(crate) fn full_family() -> Vec<u8> {
    let group = |number: u16, name: &[u8], id: u32| {
        nest(number, &[attr(1, name), attr(2, &id.to_ne_bytes())])
    };
    [
        attr(1, &40u16.to_ne_bytes()),
        attr(2, b"homeward\0"),
        attr(3, &1u32.to_ne_bytes()),
        nest(7, &[group(1, b"events\0", 9), group(2, b"other\0", 10)]),
    ]
    .concat()
}

/// All attributes of a namespace, and one that nobody knows yet.
pub(crate) fn full_namespace() -> Vec<u8> {
    [
        attr(ns::COOKIE, &4711u64.to_ne_bytes()),
        attr(ns::INUM, &4026532281u32.to_ne_bytes()),
        attr(ns::STATE, &3u32.to_ne_bytes()),
        attr(ns::INITIAL, &[]),
        attr(ns::REFS, &2u32.to_ne_bytes()),
        attr(ns::BORN, &1_500_000_000u32.to_ne_bytes()),
        nest(
            ns::CREATOR,
            &[
                attr(creator::PID, &100u32.to_ne_bytes()),
                attr(creator::UID, &0u32.to_ne_bytes()),
                attr(creator::COMMAND, b"unshare\0"),
            ],
        ),
        attr(999, &[1, 2, 3]),
        attr(ns::OWNER_UID, &1000u32.to_ne_bytes()),
        attr(ns::USER_NS_INUM, &4026531837u32.to_ne_bytes()),
        attr(ns::DEVICES, &3u32.to_ne_bytes()),
        attr(ns::AWAY, &1u32.to_ne_bytes()),
        attr(ns::SOCKETS, &8u32.to_ne_bytes()),
        attr(ns::DYING_FOR, &7_000_000_000u64.to_ne_bytes()),
        attr(ns::STUCK, &2u32.to_ne_bytes()),
        attr(ns::LENT, &4u32.to_ne_bytes()),
    ]
    .concat()
}

/// A device that came home, with all attributes.
pub(crate) fn full_device() -> Vec<u8> {
    [
        attr(dev::NS_COOKIE, &1u32.to_ne_bytes()),
        attr(dev::IFINDEX, &4u32.to_ne_bytes()),
        attr(dev::NAME, b"eth1_0\0"),
        attr(dev::KIND, b"dummy\0"),
        attr(dev::PHYSICAL, &[]),
        attr(dev::IMMOVABLE, &[]),
        attr(dev::ABRIDGED, &[]),
        attr(dev::FLAGS, &0x1003u32.to_ne_bytes()),
        nest(
            dev::HOME,
            &[
                attr(home::NS_COOKIE, &5u64.to_ne_bytes()),
                attr(home::ALIVE, &[]),
                attr(home::NAME, b"eth1\0"),
                number(setting::MULTICAST, &1u32.to_ne_bytes()),
                number(setting::MTU, &9000u32.to_ne_bytes()),
                bytes(setting::ADDRESS, &[2, 0, 0, 0, 0, 7]),
                texts(setting::ALIAS, &[b"uplink"]),
                texts(setting::ALTNAMES, &[b"enp1s0\0", b"enx02\0"]),
                nest(home::ADDRESS4, &address4()),
                nest(home::ADDRESS6, &address6()),
                bytes(setting::BROADCAST, &[255; 6]),
                number(setting::GRO_FLUSH_TIMEOUT, &(1u64 << 40).to_ne_bytes()),
                // Nobody knows these yet.
                number(99, &7u32.to_ne_bytes()),
                bytes(100, &[1, 2]),
                texts(1 << 20, &[b"one\0", b"two\0"]),
                attr(home::XDP_PROGRAM, &75u32.to_ne_bytes()),
                attr(home::XDP_LINK, &76u32.to_ne_bytes()),
                attr(home::TCX_PROGRAM, &77u32.to_ne_bytes()),
                attr(home::TCX_LINK, &78u32.to_ne_bytes()),
                attr(home::TCX_LINK, &79u32.to_ne_bytes()),
                attr(home::ADDRESSES_EXPIRING, &1u32.to_ne_bytes()),
                attr(home::ADDRESSES_SURPLUS, &2u32.to_ne_bytes()),
                attr(home::ADDRESSES_LOST, &3u32.to_ne_bytes()),
                attr(home::ADDRESSES_IN_VRF, &4u32.to_ne_bytes()),
                attr(home::ALTNAMES_SURPLUS, &[]),
            ],
        ),
        nest(dev::HOME, &[attr(home::NS_COOKIE, &6u32.to_ne_bytes())]),
        nest(
            dev::FATE,
            &[
                attr(fate::ACTION, &2u32.to_ne_bytes()),
                attr(fate::REASON, &7u32.to_ne_bytes()),
                attr(fate::NS_COOKIE, &5u32.to_ne_bytes()),
                attr(fate::NAME, b"eth1\0"),
                attr(fate::RULE, &3u32.to_ne_bytes()),
                attr(fate::MOVED, &2u32.to_ne_bytes()),
                nest(
                    fate::SETTING,
                    &[
                        attr(setting_value::ID, &setting::MTU.to_ne_bytes()),
                        attr(setting_value::NUMBER, &1500u32.to_ne_bytes()),
                        attr(setting_value::SOURCE, &1u32.to_ne_bytes()),
                    ],
                ),
            ],
        ),
        nest(
            dev::BASELINE,
            &[
                attr(home::NS_COOKIE, &1u32.to_ne_bytes()),
                number(setting::MTU, &1400u32.to_ne_bytes()),
            ],
        ),
        attr(dev::MARK, &2u32.to_ne_bytes()),
        attr(dev::HOME_NAME, b"wan\0"),
        nest(
            dev::STUCK,
            &[
                attr(stuck::REFS, &3u32.to_ne_bytes()),
                attr(stuck::FOR, &4_000_000_000u64.to_ne_bytes()),
                attr(stuck::WAITING, &9u32.to_ne_bytes()),
                attr(stuck::WAITING, &(1u64 << 40).to_ne_bytes()),
                attr(stuck::WAITING_COUNT, &2u32.to_ne_bytes()),
            ],
        ),
        nest(dev::RETURN, &homecoming(1)),
        stamp(dev::EVENT, 12),
    ]
    .concat()
}

fn homecoming(cause: u32) -> [Vec<u8>; 9] {
    [
        attr(returned::CAUSE, &cause.to_ne_bytes()),
        attr(returned::FROM_COOKIE, &9u32.to_ne_bytes()),
        attr(returned::FROM_NAME, b"net0\0"),
        attr(returned::HOME_NAME, b"eth1\0"),
        attr(returned::RESTORED, &0b110u32.to_ne_bytes()),
        attr(returned::TAKEN, &[]),
        attr(returned::BY_RULE, &0b10u32.to_ne_bytes()),
        attr(returned::BY_BASELINE, &0b100u32.to_ne_bytes()),
        nest(
            returned::FAILURE,
            &[
                attr(failure::SETTING, &6u32.to_ne_bytes()),
                attr(failure::ERROR, &17u32.to_ne_bytes()),
            ],
        ),
    ]
}

/// Without peer, as the kernel tells of it: the address once more.
fn address4() -> [Vec<u8>; 10] {
    [
        attr(address::LOCAL, &[192, 0, 2, 7]),
        attr(address::PEER, &[192, 0, 2, 7]),
        attr(address::PREFIX, &24u32.to_ne_bytes()),
        attr(address::SCOPE, &253u32.to_ne_bytes()),
        attr(address::FLAGS, &0x200u32.to_ne_bytes()),
        attr(address::LABEL, b"eth1:a\0"),
        attr(address::BROADCAST, &[192, 0, 2, 255]),
        attr(address::METRIC, &50u32.to_ne_bytes()),
        attr(address::PROTOCOL, &16u32.to_ne_bytes()),
        attr(address::PREFERRED_UNTIL, &(1u64 << 33).to_ne_bytes()),
    ]
}

fn address6() -> [Vec<u8>; 5] {
    let local = [0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7];
    let peer = [0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 8];
    [
        attr(address::LOCAL, &local),
        attr(address::PEER, &peer),
        attr(address::PREFIX, &128u32.to_ne_bytes()),
        attr(address::SCOPE, &0u32.to_ne_bytes()),
        attr(address::FLAGS, &0x2u32.to_ne_bytes()),
    ]
}

/// The answer to a recall of two devices, one of which could not be moved.
pub(crate) fn full_recall() -> Vec<u8> {
    let failed = [
        attr(recalled::NS_COOKIE, &9u32.to_ne_bytes()),
        attr(recalled::IFINDEX, &5u32.to_ne_bytes()),
        attr(recalled::ERROR, &17u32.to_ne_bytes()),
    ];
    [
        attr(dev::RECALLED_COUNT, &1u32.to_ne_bytes()),
        attr(dev::FAILED_COUNT, &1u32.to_ne_bytes()),
        one_recall(),
        nest(dev::RECALLED, &failed),
    ]
    .concat()
}

/// The part of an answer to a recall that tells of a device that came home.
pub(crate) fn one_recall() -> Vec<u8> {
    nest(
        dev::RECALLED,
        &[
            attr(recalled::NS_COOKIE, &1u32.to_ne_bytes()),
            attr(recalled::IFINDEX, &4u32.to_ne_bytes()),
            attr(recalled::NAME, b"eth1_0\0"),
            nest(recalled::RETURN, &homecoming(3)),
        ],
    )
}

/// All attributes of a rule.
pub(crate) fn full_rule() -> Vec<u8> {
    [
        attr(rule::ID, &3u32.to_ne_bytes()),
        attr(rule::NAME, b"eth*\0"),
        attr(rule::KIND, b"dummy\0"),
        attr(rule::CLASS, &2u32.to_ne_bytes()),
        attr(rule::ACTION, &2u32.to_ne_bytes()),
        attr(rule::TEMPLATE, b"back%d\0"),
        attr(rule::RESTORE, &(3u32 << 17).to_ne_bytes()),
        attr(rule::MOVED, &3u32.to_ne_bytes()),
        attr(rule::HITS, &(1u64 << 33).to_ne_bytes()),
        nest(
            rule::SET,
            &[
                attr(setting_value::ID, &setting::ADDRESS.to_ne_bytes()),
                attr(setting_value::PERMANENT, &[]),
            ],
        ),
    ]
    .concat()
}

/// All counts, each 100 more than the number of its attribute.
pub(crate) fn full_stats() -> Vec<u8> {
    (stats::NAMESPACES..=stats::PROGRAMS_LEFT)
        .flat_map(|number| attr(number, &(100 + u32::from(number)).to_ne_bytes()))
        .collect()
}

/// An id and who has it.
pub(crate) fn full_nsid() -> Vec<u8> {
    [
        attr(nsid::ID, &7u32.to_ne_bytes()),
        attr(nsid::NS_COOKIE, &(1u64 << 33).to_ne_bytes()),
        attr(nsid::INUM, &4_026_532_000u32.to_ne_bytes()),
    ]
    .concat()
}

/// The answer to `ns-open`.
pub(crate) fn opened(fd: i32) -> Vec<u8> {
    let cookie = attr(open::COOKIE, &9u32.to_ne_bytes());
    [cookie, attr(open::FD, &fd.to_ne_bytes())].concat()
}
