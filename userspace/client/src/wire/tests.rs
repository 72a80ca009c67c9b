// SPDX-License-Identifier: MIT OR Apache-2.0

//! Bytes made by hand, whole and broken.

use std::time::Duration;

use homeward_abi::{address, cmd, dev, home, ns, nsid as id, rule, setting, setting_value, stats};
use homeward_netlink::{messages, Ack};
use nix::errno::Errno;

use super::fixture::{
    attr, full_device, full_namespace, full_nsid, full_recall, full_rule, full_stats, message,
    nest, one_recall, opened,
};
use super::*;
use crate::error::{Malformed, Unsendable};
use crate::model::{
    Action, Address, Cause, Device, EventKind, Home, Mark, Moved, Namespace, NewRule, Nsid, Reason,
    Rule, RuleAction, RuleClass, Settings, State, Stats, Value,
};

mod requests;

fn refusal(flags: u16, payload: &[u8]) -> Ack {
    let bytes = message(2, flags, 1, payload);
    let refusal = messages(&bytes).next().unwrap().unwrap();
    refusal.ack().unwrap().unwrap()
}

#[test]
fn a_namespace_has_all_that_was_sent() {
    let made = Namespace::read_all(&full_namespace()).unwrap();
    assert_eq!(made.cookie, 4711);
    assert_eq!(made.inum, Some(4026532281));
    assert_eq!(made.state, State::Dying);
    assert!(made.initial);
    assert_eq!(made.born, Some(Duration::from_millis(1500)));
    let creator = made.creator.unwrap();
    assert_eq!(creator.command.as_deref(), Some("unshare"));
    assert_eq!((creator.pid, creator.uid), (Some(100), Some(0)));
    assert_eq!(
        (made.devices, made.away, made.lent, made.sockets),
        (Some(3), Some(1), Some(4), Some(8))
    );
    assert_eq!(
        (made.owner_uid, made.user_ns_inum),
        (Some(1000), Some(4026531837))
    );
    assert_eq!(made.dying_for, Some(Duration::from_secs(7)));
    assert_eq!(made.stuck, Some(2));
}

#[test]
fn a_number_may_have_4_or_8_bytes_but_no_other_length() {
    let small = Namespace::read_all(&attr(ns::COOKIE, &7u32.to_ne_bytes())).unwrap();
    let large = Namespace::read_all(&attr(ns::COOKIE, &7u64.to_ne_bytes())).unwrap();
    assert_eq!(small, large);
    assert!(Namespace::read_all(&attr(ns::COOKIE, &[7, 0])).is_err());
}

#[test]
fn a_namespace_without_cookie_is_malformed() {
    let error = Namespace::read_all(&attr(ns::INUM, &7u32.to_ne_bytes())).unwrap_err();
    assert_eq!(error, Malformed("network namespace without cookie"));
}

#[test]
fn a_device_has_all_that_was_sent() {
    let made = Device::read_all(&full_device()).unwrap();
    assert_eq!((made.namespace, made.ifindex), (1, 4));
    assert_eq!(made.name, "eth1_0");
    assert!(made.physical && made.immovable && made.abridged);
    let [first, second] = made.homes.as_slice() else {
        panic!("two homes were sent");
    };
    assert_eq!(first.texts(setting::ALTNAMES), ["enp1s0", "enx02"]);
    assert_eq!(first.texts(setting::ALIAS), ["uplink"]);
    assert_eq!(first.number(setting::MULTICAST), Some(1));
    assert_eq!(first.number(setting::PROMISC), None);
    assert!(first.alive && !second.alive);
    let fate = made.fate.unwrap();
    assert_eq!((fate.action, fate.reason), (Action::Return, Reason::Rule));
    assert_eq!((fate.destination, fate.rule), (Some(5), Some(3)));
    assert_eq!(fate.moved, Some(Moved::Settings));
    assert_eq!(made.mark, Mark::Keep);
    assert_eq!(made.home_name.as_deref(), Some("wan"));
    let stuck = made.stuck.unwrap();
    assert_eq!(stuck.refs, 3);
    assert_eq!(stuck.waiting_for, Duration::from_secs(4));
    assert_eq!(stuck.waiting, [9, 1 << 40]);
    assert_eq!(stuck.waiting_count, 2);
    let broadcast = Value::Address(vec![255; 6]);
    assert_eq!(first.settings[&setting::BROADCAST], broadcast);
    assert_eq!(first.number(setting::GRO_FLUSH_TIMEOUT), Some(1 << 40));
    // Also what nobody knows.
    assert_eq!(first.number(99), Some(7));
    assert_eq!(first.settings[&100], Value::Address(vec![1, 2]));
    assert_eq!(first.texts(1 << 20), ["one", "two"]);
    assert_eq!(first.settings.len(), 10);
    assert_eq!(
        (&first.xdp_programs[..], &first.xdp_links[..]),
        (&[75][..], &[76][..])
    );
    assert_eq!(
        (&first.tcx_programs[..], &first.tcx_links[..]),
        (&[77][..], &[78, 79][..])
    );
    let [four, six] = first.addresses.as_slice() else {
        panic!("two addresses were sent");
    };
    let expected = Address {
        local: "192.0.2.7".parse().unwrap(),
        // The address once more is none.
        peer: None,
        prefix: 24,
        scope: 253,
        flags: 0x200,
        label: Some("eth1:a".to_owned()),
        broadcast: Some("192.0.2.255".parse().unwrap()),
        metric: 50,
        protocol: 16,
        preferred_until: Some(1 << 33),
    };
    assert_eq!(*four, expected);
    assert_eq!(six.local.to_string(), "2001:db8::7");
    assert_eq!(six.peer.unwrap().to_string(), "2001:db8::8");
    assert_eq!((six.prefix, six.metric), (128, 0));
    assert_eq!((six.protocol, six.preferred_until), (0, None));
    let left_out = (
        first.addresses_expiring,
        first.addresses_surplus,
        first.addresses_lost,
        first.addresses_in_vrf,
    );
    assert_eq!(left_out, (1, 2, 3, 4));
    assert!(first.altnames_surplus);
}

#[test]
fn an_address_of_another_length_or_with_a_huge_number_is_malformed() {
    let spoilt = |part: Vec<u8>| {
        let local = attr(address::LOCAL, &[192, 0, 2, 7]);
        let one = nest(home::ADDRESS4, &[local, part]);
        let cookie = attr(home::NS_COOKIE, &5u32.to_ne_bytes());
        Device::read_all(&nest(dev::HOME, &[cookie, one])).unwrap_err()
    };
    let of = Malformed;
    assert_eq!(
        spoilt(attr(address::PEER, &[192, 0, 2])),
        of("IP address of neither 4 nor 16 bytes")
    );
    assert_eq!(
        spoilt(attr(address::BROADCAST, &[0; 16])),
        of("broadcast address of IPv6")
    );
    assert_eq!(
        spoilt(attr(address::PREFIX, &256u32.to_ne_bytes())),
        of("number of more than 8 bits")
    );
}

#[test]
fn a_stuck_device_has_an_event_of_its_own() {
    let (_, made) = event(cmd::DEV_STUCK, &full_device()).unwrap();
    let EventKind::DeviceStuck(device) = made.unwrap().kind else {
        panic!("a stuck device was sent");
    };
    assert_eq!(device.stuck.unwrap().waiting_count, 2);
}

#[test]
fn a_recall_tells_of_each_device() {
    let made = recall(&full_recall()).unwrap();
    assert_eq!((made.returned, made.failed), (1, 1));
    let [home, kept] = made.devices.as_slice() else {
        panic!("two devices were sent");
    };
    assert_eq!((home.namespace, home.ifindex), (1, 4));
    assert_eq!(home.name.as_deref(), Some("eth1_0"));
    let how = home.outcome.as_ref().unwrap();
    assert_eq!((how.cause, how.from), (Cause::Recall, Some(9)));
    assert_eq!((kept.ifindex, kept.name.as_deref()), (5, None));
    assert_eq!(kept.outcome, Err(Errno::EEXIST));
}

#[test]
fn a_recall_of_one_device_tells_of_that_one() {
    assert_eq!(recall_of_one(&one_recall()).unwrap().ifindex, 4);
    assert!(recall_of_one(&full_recall()).is_err());
    assert!(recall_of_one(&[]).is_err());
}

#[test]
fn a_rule_has_all_that_was_sent() {
    let made = Rule::read_all(&full_rule()).unwrap();
    assert_eq!((made.id, made.hits), (3, 1 << 33));
    assert_eq!(made.name.as_deref(), Some("eth*"));
    assert_eq!(made.kind.as_deref(), Some("dummy"));
    assert_eq!(made.class, Some(RuleClass::Virtual));
    assert_eq!(made.action, RuleAction::Init);
    assert_eq!(made.template.as_deref(), Some("back%d"));
    let both = Settings::of(setting::UP) | Settings::of(setting::ADDRESSES);
    assert_eq!((made.restore, made.moved), (both, Moved::All));
}

#[test]
fn a_rule_without_what_to_restore_restores_as_usual() {
    let id = attr(rule::ID, &1u32.to_ne_bytes());
    let action = attr(rule::ACTION, &1u32.to_ne_bytes());
    let made = Rule::read_all(&[id.clone(), action].concat()).unwrap();
    assert_eq!(made.restore, Settings::DEFAULT);
    assert_eq!(Rule::read_all(&id), Err(Malformed("rule without action")));
}

#[test]
fn an_id_is_that_of_a_namespace() {
    let made = Nsid::read_all(&full_nsid()).unwrap();
    assert_eq!((made.id, made.namespace), (7, 1 << 33));
    assert_eq!(made.inum, 4_026_532_000);
    assert!(Nsid::read_all(&attr(id::ID, &7u32.to_ne_bytes())).is_err());
}

#[test]
fn counts_are_each_in_their_place() {
    let made = Stats::read_all(&full_stats()).unwrap();
    let counts = [
        u64::from(made.namespaces),
        made.older.into(),
        made.born,
        made.gone,
        made.devices_away.into(),
        made.left,
        made.settled,
        made.destroyed,
        made.forgotten,
        made.returned,
        made.failed,
        made.restored,
        made.not_restored,
        made.name_clashes,
        made.events,
        made.events_lost,
        made.no_memory,
        made.memory,
    ];
    let expected: Vec<u64> = (u64::from(stats::NAMESPACES)..=u64::from(stats::MEMORY))
        .map(|number| 100 + number)
        .collect();
    assert_eq!(counts.as_slice(), expected);
    assert_eq!(made.longest_teardown, Duration::from_nanos(119));
    assert_eq!(made.longest_teardown_cookie, Some(120));
    assert_eq!(made.programs_left, 121);
}

#[test]
fn a_descriptor_is_not_negative() {
    assert_eq!(descriptor(&opened(7)), Ok(7));
    assert!(descriptor(&opened(-1)).is_err());
    assert!(descriptor(&[]).is_err());
}

#[test]
fn a_refusal_names_an_attribute_in_an_attribute() {
    let home = Argument::Nest(
        dev::HOME,
        vec![
            Argument::Nest(
                home::SETTING,
                vec![
                    Argument::Uint(setting_value::NUMBER, 7),
                    Argument::U32(setting_value::ID, 99),
                ],
            ),
            Argument::Nest(home::ADDRESS6, vec![Argument::U32(address::PREFIX, 200)]),
        ],
    );
    let request = requests::request(cmd::DEV_SET, &[Argument::U32(dev::IFINDEX, 4), home]);
    let blamed = |offset| {
        let ack = Ack {
            errno: Some(Errno::EINVAL),
            offset: Some(offset),
            ..Ack::default()
        };
        request.judge(ack).unwrap_err()
    };
    let offsets = [20, 28, 32, 36, 52, 56, 64];
    let names = offsets.map(|offset| blamed(offset).attribute);
    let expected = [
        Some("ifindex"),
        Some("home"),
        Some("home.setting"),
        Some("home.setting.number"),
        Some("home.address6"),
        Some("home.address6.prefix"),
        None,
    ];
    assert_eq!(names.each_ref().map(Option::as_deref), expected);
    let settings = offsets.map(|offset| blamed(offset).setting);
    assert_eq!(settings, [None, None, Some(99), Some(99), None, None, None]);
}

#[test]
fn what_should_have_attributes_in_it_and_has_none_is_blamed_as_a_whole() {
    let home = Argument::Text(dev::HOME, "\u{ffff}".repeat(3));
    let request = requests::request(cmd::DEV_SET, &[home]);
    let ack = Ack {
        errno: Some(Errno::EINVAL),
        offset: Some(24),
        ..Ack::default()
    };
    let blamed = request.judge(ack).unwrap_err().attribute;
    assert_eq!(blamed.as_deref(), Some("home"));
}

#[test]
fn an_event_has_its_number_and_says_what_could_not_be_put_back() {
    let (seq, made) = event(cmd::DEV_RETURNED, &full_device()).unwrap();
    let made = made.unwrap();
    assert_eq!((seq, made.seq), (12, 12));
    assert_eq!(made.time, Duration::from_secs(5));
    let EventKind::DeviceReturned(_, Some(back)) = made.kind else {
        panic!("a return was sent");
    };
    assert_eq!((back.cause, back.taken), (Cause::Death, true));
    assert_eq!(back.restored.names(), ["mtu", "address"]);
    assert_eq!(back.failures[0].errno, Errno::EEXIST);
    assert_eq!(back.failures[0].setting, setting::ALTNAMES);
}

#[test]
fn an_event_without_number_is_malformed() {
    assert!(event(cmd::NS_BORN, &full_namespace()).is_err());
    assert!(event(200, &full_namespace()).is_err());
}

#[test]
fn a_refusal_has_the_kernels_words_and_the_attribute() {
    let request = Request::new(
        Operation::new(40, cmd::DEV_GET),
        Mode::Do,
        &[
            Argument::Uint(dev::NS_COOKIE, 1 << 40),
            Argument::Text(dev::NAME, "eth0".to_owned()),
        ],
    )
    .unwrap();
    // The name begins after both headers and an attribute of 12 bytes.
    let offset = attr(2, &32u32.to_ne_bytes());
    let words = attr(1, b"no such device\0");
    let whole = message(40, 5, 1, request.body());
    let echo = [&(-19i32).to_ne_bytes(), whole.as_slice(), &words, &offset].concat();
    let ack = refusal(0x200, &echo);
    let refused = request.judge(ack).unwrap_err();
    assert_eq!(refused.errno, Errno::ENODEV);
    assert_eq!(refused.attribute.as_deref(), Some("name"));
    assert_eq!(
        refused.to_string(),
        "dev-get refused: no such device (No such device), attribute name"
    );
}

#[test]
fn a_capped_refusal_names_the_missing_attribute() {
    let request = Request::new(Operation::new(40, cmd::NS_GET), Mode::Do, &[]).unwrap();
    let header = &message(40, 5, 1, request.body())[..16];
    let missing = attr(5, &u32::from(ns::COOKIE).to_ne_bytes());
    let echo = [&(-22i32).to_ne_bytes(), header, &missing].concat();
    let refused = request.judge(refusal(0x300, &echo)).unwrap_err();
    assert_eq!(refused.errno, Errno::EINVAL);
    assert_eq!(refused.attribute.as_deref(), Some("cookie"));
}

#[test]
fn an_acknowledgement_without_error_is_no_refusal() {
    let request = Request::new(Operation::new(40, cmd::NS_GET), Mode::Dump, &[]).unwrap();
    let whole = message(40, 5, 1, request.body());
    let echo = [&0i32.to_ne_bytes(), whole.as_slice()].concat();
    assert_eq!(request.judge(refusal(0, &echo)), Ok(()));
}

#[test]
fn every_truncation_is_an_error_or_less_but_never_a_panic() {
    let wholes = [
        full_namespace(),
        full_device(),
        full_recall(),
        full_rule(),
        full_stats(),
        full_nsid(),
        opened(7),
    ];
    for whole in wholes {
        for len in 0..whole.len() {
            parse_as_everything(&whole[..len]);
        }
    }
}

#[test]
fn the_request_for_the_family_is_byte_for_byte_the_documented_one() {
    let request = Request::for_family().unwrap();
    let name = attr(2, b"homeward\0");
    assert_eq!(request.family(), 16);
    assert_eq!(request.flags().bits(), 4);
    assert_eq!(request.body(), [vec![3, 1, 0, 0], name].concat());
}

#[test]
fn an_answer_cut_short_in_an_attribute_is_malformed() {
    // The last attribute of each lacks its last byte.
    for (whole, parse) in [
        (
            full_recall(),
            (|bytes| recall(bytes).is_err()) as fn(&[u8]) -> bool,
        ),
        (full_rule(), |bytes| Rule::read_all(bytes).is_err()),
        (full_stats(), |bytes| Stats::read_all(bytes).is_err()),
        (full_nsid(), |bytes| Nsid::read_all(bytes).is_err()),
        (opened(7), |bytes| descriptor(bytes).is_err()),
    ] {
        assert!(!parse(&whole));
        assert!(parse(&whole[..whole.len() - 1]));
    }
}

fn parse_as_everything(bytes: &[u8]) {
    let _ = Namespace::read_all(bytes);
    let _ = Device::read_all(bytes);
    let _ = family(bytes);
    let _ = recall(bytes);
    let _ = recall_of_one(bytes);
    let _ = Rule::read_all(bytes);
    let _ = Stats::read_all(bytes);
    let _ = Nsid::read_all(bytes);
    let _ = descriptor(bytes);
    for command in 0..=40 {
        let _ = event(command, bytes);
    }
}
