// SPDX-License-Identifier: MIT OR Apache-2.0

//! Requests, byte for byte.

use super::super::fixture::{bytes, number, texts};
use super::*;

pub(super) fn request(command: u8, arguments: &[Argument]) -> Request {
    Request::new(Operation::new(40, command), Mode::Do, arguments).unwrap()
}

#[test]
fn homes_go_out_as_they_came_in() {
    let device = Device::read_all(&full_device()).unwrap();
    for sent in device.homes {
        let request = request(cmd::DEV_SET, &[home_argument(dev::HOME, &sent)]);
        let named = [
            attr(dev::NS_COOKIE, &1u32.to_ne_bytes()),
            attr(dev::IFINDEX, &4u32.to_ne_bytes()),
            attr(dev::NAME, b"eth0\0"),
        ]
        .concat();
        let bytes = [&named, request.attributes()].concat();
        assert_eq!(Device::read_all(&bytes).unwrap().homes, [sent]);
    }
}

#[test]
fn a_home_is_byte_for_byte_what_the_specification_says() {
    let sent = Home {
        namespace: 5,
        name: Some("eth1".to_owned()),
        settings: [
            (setting::MTU, Value::Number(1500)),
            (setting::ADDRESS, Value::Address(vec![2, 0, 0, 0, 0, 7])),
            (
                setting::ALTNAMES,
                Value::Texts(vec!["a".to_owned(), "b".to_owned()]),
            ),
            (99, Value::Number(1 << 40)),
        ]
        .into(),
        addresses: vec![Address {
            local: "192.0.2.7".parse().unwrap(),
            peer: None,
            prefix: 24,
            scope: 0,
            flags: 0x80,
            label: None,
            broadcast: None,
            metric: 0,
            protocol: 16,
            preferred_until: Some(5),
        }],
        xdp_programs: vec![7],
        tcx_links: vec![8],
        addresses_expiring: 2,
        ..Home::default()
    };
    let address4 = [
        attr(address::LOCAL, &[192, 0, 2, 7]),
        attr(address::PEER, &[192, 0, 2, 7]),
        attr(address::PREFIX, &24u32.to_ne_bytes()),
        attr(address::SCOPE, &0u32.to_ne_bytes()),
        attr(address::FLAGS, &0x80u32.to_ne_bytes()),
        attr(address::PROTOCOL, &16u32.to_ne_bytes()),
        attr(address::PREFERRED_UNTIL, &5u32.to_ne_bytes()),
    ];
    let expected = nest(
        dev::HOME,
        &[
            attr(home::NS_COOKIE, &5u32.to_ne_bytes()),
            attr(home::NAME, b"eth1\0"),
            number(setting::MTU, &1500u32.to_ne_bytes()),
            bytes(setting::ADDRESS, &[2, 0, 0, 0, 0, 7]),
            texts(setting::ALTNAMES, &[b"a\0", b"b\0"]),
            number(99, &(1u64 << 40).to_ne_bytes()),
            nest(home::ADDRESS4, &address4),
            attr(home::XDP_PROGRAM, &7u32.to_ne_bytes()),
            attr(home::TCX_LINK, &8u32.to_ne_bytes()),
            attr(home::ADDRESSES_EXPIRING, &2u32.to_ne_bytes()),
        ],
    );
    let request = request(cmd::DEV_SET, &[home_argument(dev::HOME, &sent)]);
    assert_eq!(request.attributes(), expected);
}

#[test]
fn a_new_rule_is_byte_for_byte_what_the_specification_says() {
    let all = request(cmd::RULE_ADD, &rule_arguments(&NewRule::default()));
    assert_eq!(all.attributes(), attr(rule::ACTION, &1u32.to_ne_bytes()));
    // What a module restores by default is its own to say: an older one does not know all of ours.
    let default = NewRule {
        restore: Some(Settings::DEFAULT),
        ..NewRule::default()
    };
    let same = request(cmd::RULE_ADD, &rule_arguments(&default));
    assert_eq!(same.attributes(), all.attributes());
    let new = NewRule {
        before: Some(9),
        name: Some("eth*".to_owned()),
        kind: Some("dummy".to_owned()),
        class: Some(RuleClass::Virtual),
        action: RuleAction::Init,
        template: Some("back%d".to_owned()),
        restore: Some(Settings::of(setting::UP) | Settings::of(setting::ADDRESSES)),
        moved: Some(Moved::All),
        set: [
            (setting::MTU, Value::Number(9000)),
            (setting::ADDRESS, Value::Permanent),
        ]
        .into(),
    };
    let set = |inner: &[Vec<u8>]| nest(rule::SET, inner);
    let expected = [
        attr(rule::BEFORE, &9u32.to_ne_bytes()),
        attr(rule::NAME, b"eth*\0"),
        attr(rule::KIND, b"dummy\0"),
        attr(rule::CLASS, &2u32.to_ne_bytes()),
        attr(rule::ACTION, &2u32.to_ne_bytes()),
        attr(rule::TEMPLATE, b"back%d\0"),
        attr(rule::RESTORE, &(3u32 << 17).to_ne_bytes()),
        attr(rule::MOVED, &3u32.to_ne_bytes()),
        set(&[
            attr(setting_value::ID, &setting::MTU.to_ne_bytes()),
            attr(setting_value::NUMBER, &9000u32.to_ne_bytes()),
        ]),
        set(&[
            attr(setting_value::ID, &setting::ADDRESS.to_ne_bytes()),
            attr(setting_value::PERMANENT, b""),
        ]),
    ]
    .concat();
    let request = request(cmd::RULE_ADD, &rule_arguments(&new));
    assert_eq!(request.attributes(), expected);
}

#[test]
fn what_the_kernel_would_cut_is_not_sent() {
    let refused = |argument| {
        Request::new(Operation::new(40, cmd::DEV_SET), Mode::Do, &[argument]).unwrap_err()
    };
    let text = Argument::Text(dev::NAME, "eth0\0x".to_owned());
    assert_eq!(refused(text), Unsendable("text with a NUL"));
    let long = Argument::Bytes(dev::NAME, vec![0; 65532]);
    assert_eq!(refused(long), Unsendable("too long"));
    let full = Argument::Bytes(dev::NAME, vec![0; 65531]);
    let nested = Argument::Nest(dev::HOME, vec![full.clone()]);
    assert_eq!(refused(nested), Unsendable("too long"));
    assert_eq!(request(cmd::DEV_SET, &[full]).attributes().len(), 65536);
}
