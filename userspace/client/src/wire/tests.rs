// SPDX-License-Identifier: MIT OR Apache-2.0

//! Bytes made by hand, whole and broken.

use std::time::Duration;

use homeward_abi::{cmd, dev, ns};
use nix::errno::Errno;
use proptest::prelude::*;

use super::fixture::{attr, full_device, full_namespace, message};
use super::*;
use crate::error::Malformed;
use crate::model::{Action, Cause, EventKind, Reason, State};

fn only(bytes: &[u8]) -> MessageKind<'_> {
    let mut all = messages(bytes);
    let first = all.next().unwrap().unwrap();
    assert!(all.next().is_none());
    first.parse().unwrap()
}

fn refusal(flags: u16, payload: &[u8]) -> Ack {
    match only(&message(2, flags, 1, payload)) {
        MessageKind::Ack(ack) => ack,
        other => panic!("not an acknowledgement: {other:?}"),
    }
}

#[test]
fn a_namespace_has_all_that_was_sent() {
    let made = namespace(&full_namespace()).unwrap();
    assert_eq!(made.cookie, 4711);
    assert_eq!(made.inum, Some(4026532281));
    assert_eq!(made.state, State::Dying);
    assert!(made.initial);
    assert_eq!(made.born, Some(Duration::from_millis(1500)));
    let creator = made.creator.unwrap();
    assert_eq!(creator.command.as_deref(), Some("unshare"));
    assert_eq!((creator.pid, creator.uid), (Some(100), Some(0)));
    assert_eq!(
        (made.devices, made.away, made.sockets),
        (Some(3), Some(1), Some(8))
    );
    assert_eq!(
        (made.owner_uid, made.user_ns_inum),
        (Some(1000), Some(4026531837))
    );
    assert_eq!(made.dying_for, Some(Duration::from_secs(7)));
}

#[test]
fn a_number_may_have_4_or_8_bytes_but_no_other_length() {
    let small = namespace(&attr(ns::COOKIE, &7u32.to_ne_bytes())).unwrap();
    let large = namespace(&attr(ns::COOKIE, &7u64.to_ne_bytes())).unwrap();
    assert_eq!(small, large);
    assert!(namespace(&attr(ns::COOKIE, &[7, 0])).is_err());
}

#[test]
fn a_namespace_without_cookie_is_malformed() {
    let error = namespace(&attr(ns::INUM, &7u32.to_ne_bytes())).unwrap_err();
    assert_eq!(error, Malformed("network namespace without cookie"));
}

#[test]
fn a_device_has_all_that_was_sent() {
    let made = device(&full_device()).unwrap();
    assert_eq!((made.namespace, made.ifindex), (1, 4));
    assert_eq!(made.name, "eth1_0");
    assert!(made.physical && made.immovable && made.abridged);
    let [first, second] = made.homes.as_slice() else {
        panic!("two homes were sent");
    };
    assert_eq!(first.altnames, ["enp1s0", "enx02"]);
    assert_eq!(first.alias.as_deref(), Some("uplink"));
    assert_eq!(first.settings.names(), ["multicast"]);
    assert!(first.alive && !second.alive);
    let fate = made.fate.unwrap();
    assert_eq!(
        (fate.action, fate.reason),
        (Action::Return, Reason::Physical)
    );
    assert_eq!(fate.destination, Some(5));
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
    assert_eq!(back.cause, Cause::Death);
    assert_eq!(back.restored.names(), ["mtu", "address"]);
    assert_eq!(back.failures[0].errno, Errno::EEXIST);
    assert_eq!(back.failures[0].setting.names(), ["altnames"]);
}

#[test]
fn an_event_without_number_is_malformed() {
    assert!(event(cmd::NS_BORN, &full_namespace()).is_err());
    assert!(event(200, &full_namespace()).is_err());
}

#[test]
fn a_refusal_has_the_kernels_words_and_the_attribute() {
    let request = Request::new(
        Operation::dev_get(40),
        Mode::Do,
        1,
        &[
            Argument::Uint(dev::NS_COOKIE, 1 << 40),
            Argument::Text(dev::NAME, "eth0".to_owned()),
        ],
    )
    .unwrap();
    // The name begins after both headers and an attribute of 12 bytes.
    let offset = attr(2, &32u32.to_ne_bytes());
    let words = attr(1, b"no such device\0");
    let echo = [&(-19i32).to_ne_bytes(), request.bytes(), &words, &offset].concat();
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
    let request = Request::new(Operation::ns_get(40), Mode::Do, 1, &[]).unwrap();
    let header = &request.bytes()[..16];
    let missing = attr(5, &u32::from(ns::COOKIE).to_ne_bytes());
    let echo = [&(-22i32).to_ne_bytes(), header, &missing].concat();
    let refused = request.judge(refusal(0x300, &echo)).unwrap_err();
    assert_eq!(refused.errno, Errno::EINVAL);
    assert_eq!(refused.attribute.as_deref(), Some("cookie"));
}

#[test]
fn an_acknowledgement_without_error_is_no_refusal() {
    let request = Request::new(Operation::ns_get(40), Mode::Dump, 1, &[]).unwrap();
    let echo = [&0i32.to_ne_bytes(), request.bytes()].concat();
    assert_eq!(request.judge(refusal(0, &echo)), Ok(()));
}

#[test]
fn the_flag_of_an_interrupted_list_is_seen() {
    let done = message(3, 0x12, 1, &0i32.to_ne_bytes());
    assert!(messages(&done).next().unwrap().unwrap().dump_interrupted());
    let done = message(3, 0x02, 1, &0i32.to_ne_bytes());
    assert!(!messages(&done).next().unwrap().unwrap().dump_interrupted());
}

#[test]
fn every_truncation_is_an_error_or_less_but_never_a_panic() {
    for whole in [full_namespace(), full_device()] {
        for len in 0..whole.len() {
            let _ = namespace(&whole[..len]);
            let _ = device(&whole[..len]);
            let _ = event(cmd::DEV_RETURNED, &whole[..len]);
        }
    }
}

#[test]
fn a_message_that_claims_to_be_longer_than_its_datagram_is_malformed() {
    let mut bytes = message(40, 0, 1, &[0; 8]);
    bytes[0] = 200;
    assert!(messages(&bytes).next().unwrap().is_err());
    bytes[0] = 3;
    assert!(messages(&bytes).next().unwrap().is_err());
}

#[test]
fn the_request_for_the_family_is_byte_for_byte_the_documented_one() {
    let request = Request::family(5).unwrap();
    let name = attr(2, b"homeward\0");
    let body = [vec![3, 1, 0, 0], name].concat();
    let mut expected = message(16, 0x5, 5, &body);
    // A request names no port.
    expected[12..16].fill(0);
    assert_eq!(request.bytes(), expected);
}

proptest! {
    #[test]
    fn no_bytes_make_a_parser_panic(bytes in prop::collection::vec(any::<u8>(), 0..256)) {
        let _ = namespace(&bytes);
        let _ = device(&bytes);
        let _ = family(&bytes);
        for command in 0..=40 {
            let _ = event(command, &bytes);
        }
        for message in messages(&bytes) {
            let _ = message.and_then(|message| message.parse().map(drop));
        }
    }

    #[test]
    fn a_flipped_byte_never_makes_a_parser_panic(at in 0usize..600, value: u8) {
        for mut bytes in [full_namespace(), full_device()] {
            if let Some(byte) = bytes.get_mut(at) {
                *byte = value;
            }
            let _ = namespace(&bytes);
            let _ = event(cmd::DEV_RETURNED, &bytes);
        }
    }
}
