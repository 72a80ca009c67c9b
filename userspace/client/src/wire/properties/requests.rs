// SPDX-License-Identifier: MIT OR Apache-2.0

//! Requests, and what comes back of them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::ops::Range;

use homeward_abi::{dev, rule};
use homeward_netlink::Ack;
use nix::errno::Errno;
use proptest::collection::btree_map;
use proptest::option::of;

use super::super::fixture::attr;
use super::*;
use crate::model::{
    Address, Device, Home, LinkAddress, Moved, NewRule, Rule, RuleAction, RuleClass, Settings,
    Value, Values,
};

/// A text as the kernel has them.
fn text() -> impl Strategy<Value = String> {
    "[^\0]{0,15}"
}

prop_compose! {
    fn address()(
        v4 in any::<bool>(),
        (local, peer) in any::<(u128, Option<u128>)>(),
        (prefix, scope, flags, metric) in any::<(u8, u8, u32, u32)>(),
        label in of(text()),
        broadcast in of(any::<u32>()),
        (protocol, preferred_until) in any::<(u8, Option<u64>)>(),
    ) -> Address {
        let ip = |bits: u128| match v4 {
            true => IpAddr::from(Ipv4Addr::from_bits(bits as u32)),
            false => Ipv6Addr::from_bits(bits).into(),
        };
        Address {
            local: ip(local),
            // The kernel repeats the address where there is no peer.
            peer: peer.map(ip).filter(|peer| *peer != ip(local)),
            prefix,
            scope,
            flags,
            label,
            broadcast: broadcast.map(Ipv4Addr::from_bits),
            metric,
            protocol,
            preferred_until,
        }
    }
}

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        any::<u64>().prop_map(Value::Number),
        vec(any::<u8>(), 0..=32).prop_map(Value::Address),
        vec(any::<u32>(), 0..=32).prop_map(Value::Numbers),
        vec(text(), 0..4).prop_map(Value::Texts),
        Just(Value::Permanent),
    ]
}

/// Also of settings that nobody knows.
fn values(count: Range<usize>) -> impl Strategy<Value = Values> {
    btree_map(prop_oneof![0..40u32, any::<u32>()], value(), count)
}

prop_compose! {
    fn home()(
        (namespace, alive) in any::<(u64, bool)>(),
        name in of(text()),
        settings in values(0..40),
        (xdp_programs, xdp_links) in (vec(any::<u32>(), 0..3), vec(any::<u32>(), 0..3)),
        (tcx_programs, tcx_links) in (vec(any::<u32>(), 0..3), vec(any::<u32>(), 0..3)),
        addresses in vec(address(), 0..4),
        [addresses_expiring, addresses_surplus, addresses_lost, addresses_in_vrf] in any::<[u32; 4]>(),
        altnames_surplus in any::<bool>(),
        steering in of(vec(any::<u32>(), 0..9)),
        routes in vec(vec(any::<u8>(), 1..70), 0..4),
        [routes_unsupported, routes_surplus, routes_lost] in any::<[u32; 3]>(),
        own in of(vec(any::<u8>(), 1..33)),
    ) -> Home {
        Home {
            namespace,
            alive,
            name,
            settings,
            addresses,
            xdp_programs,
            xdp_links,
            tcx_programs,
            tcx_links,
            addresses_expiring,
            addresses_surplus,
            addresses_lost,
            addresses_in_vrf,
            altnames_surplus,
            steering,
            routes,
            routes_unsupported,
            routes_surplus,
            routes_lost,
            permanent_address: own.map(LinkAddress),
        }
    }
}

prop_compose! {
    fn new_rule()(
        (name, kind, template) in (of(text()), of(text()), of(text())),
        class in of(1..4u32),
        action in 0..5u32,
        restore in of(any::<u64>()),
        moved in of(0..5u32),
        set in values(0..4),
    ) -> NewRule {
        NewRule {
            before: None,
            name,
            kind,
            class: class.map(RuleClass::from),
            action: RuleAction::from(action),
            template,
            restore: restore.map(Settings::from),
            moved: moved.map(Moved::from),
            set,
        }
    }
}

fn argument() -> impl Strategy<Value = Argument> {
    let number = || prop_oneof![1..20u16, 0..0x4000u16];
    let leaf = prop_oneof![
        (number(), any::<u32>()).prop_map(|(number, value)| Argument::U32(number, value)),
        (number(), any::<u64>()).prop_map(|(number, value)| Argument::Uint(number, value)),
        (number(), ".{0,20}").prop_map(|(number, value)| Argument::Text(number, value)),
        // Also what is too long for an attribute.
        (number(), any::<u8>(), 0..70000usize)
            .prop_map(|(number, byte, len)| Argument::Bytes(number, vec![byte; len])),
        number().prop_map(Argument::Flag),
    ];
    leaf.prop_recursive(3, 12, 4, move |inner| {
        let number = prop_oneof![Just(dev::HOME), Just(16), number()];
        (number, vec(inner, 0..4)).prop_map(|(number, inner)| Argument::Nest(number, inner))
    })
}

proptest! {
    #[test]
    fn a_home_stack_goes_out_and_comes_in_as_it_is(homes in vec(home(), 0..8)) {
        let baseline = homes.first().map(|home| home_argument(dev::BASELINE, home));
        let homes_sent = homes.iter().map(|home| home_argument(dev::HOME, home));
        let arguments: Vec<_> = homes_sent.chain(baseline).collect();
        let request = Request::new(Operation::new(40, cmd::DEV_SET), Mode::Do, &arguments);
        let named = [
            attr(dev::NS_COOKIE, &1u32.to_ne_bytes()),
            attr(dev::IFINDEX, &4u32.to_ne_bytes()),
            attr(dev::NAME, b"eth0\0"),
        ];
        let bytes = [&named.concat(), request.unwrap().attributes()].concat();
        let device = Device::read_all(&bytes).unwrap();
        prop_assert_eq!(device.baseline.as_ref(), homes.first());
        prop_assert_eq!(device.homes, homes);
    }

    #[test]
    fn a_rule_goes_out_and_comes_in_as_it_is(new in new_rule(), id in 1..u32::MAX) {
        let operation = Operation::new(40, cmd::RULE_ADD);
        let request = Request::new(operation, Mode::Do, &rule_arguments(&new)).unwrap();
        let id_sent = attr(rule::ID, &id.to_ne_bytes());
        let made = Rule::read_all(&[&id_sent, request.attributes()].concat()).unwrap();
        prop_assert_eq!(made.id, id);
        prop_assert_eq!(made.restore, new.restore.unwrap_or(Settings::DEFAULT));
        prop_assert_eq!(made.moved, new.moved.unwrap_or(Moved::Leave));
        let back = NewRule {
            before: None,
            name: made.name,
            kind: made.kind,
            class: made.class,
            action: made.action,
            template: made.template,
            restore: new.restore,
            moved: new.moved,
            set: made.set,
        };
        prop_assert_eq!(back, new);
    }

    /// And whatever place the kernel blames, in the request or not, is named or left alone.
    #[test]
    fn a_request_is_whole_or_is_not_made(arguments in vec(argument(), 0..4), offset: usize, command in 0..16u8) {
        let made = Request::new(Operation::new(40, command), Mode::Dump, &arguments);
        if let Ok(request) = made {
            let (attrs, len) = (request.attributes(), HEADERS + request.attributes().len());
            prop_assert_eq!(attrs.len() + 4, request.body().len());
            prop_assert_eq!(attrs.len() % 4, 0);
            prop_assert_eq!(attr::attrs(attrs).filter(Result::is_ok).count(), arguments.len());
            for offset in [offset, offset % len, len - 1] {
                let ack = Ack {
                    errno: Some(Errno::EINVAL),
                    offset: Some(offset),
                    ..Ack::default()
                };
                let refusal = request.judge(ack).unwrap_err();
                prop_assert_eq!(refusal.attribute.is_some(), (HEADERS..len).contains(&offset));
            }
        }
    }
}
