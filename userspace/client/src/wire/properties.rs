// SPDX-License-Identifier: MIT OR Apache-2.0

//! What holds of every message, whatever is in it.

mod requests;
mod spoil;

use allocation_counter::measure;
use homeward_abi::cmd;
use homeward_netlink::messages;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{select, Index};

use super::fixture::{
    full_device, full_family, full_namespace, full_nsid, full_recall, full_rule, full_stats,
    message, one_recall, opened,
};
use super::*;
use crate::model::{Device, Namespace, Nsid, Rule, Stats};
use spoil::{spoil, with_unknown};

/// Everything that a message of the family may be, whole.
fn whole_of_family() -> Vec<Vec<u8>> {
    vec![
        full_namespace(),
        full_device(),
        full_recall(),
        one_recall(),
        full_rule(),
        full_stats(),
        full_nsid(),
        opened(7),
    ]
}

/// Everything that a message may be, whole.
fn whole() -> impl Strategy<Value = Vec<u8>> {
    select([whole_of_family(), vec![full_family()]].concat())
}

/// What each parser makes of it.
fn readings(bytes: &[u8]) -> impl PartialEq {
    let events = (cmd::NS_BORN..=cmd::DEV_STUCK + 1).map(|command| event(command, bytes));
    (
        (
            Namespace::read_all(bytes),
            Device::read_all(bytes),
            family(bytes),
        ),
        (recall(bytes), recall_of_one(bytes), Rule::read_all(bytes)),
        (
            Stats::read_all(bytes),
            Nsid::read_all(bytes),
            descriptor(bytes),
        ),
        events.collect::<Vec<_>>(),
    )
}

/// The most memory that a reading takes at once. Results are dropped, as they are by whoever reads a list
/// to its end after a bad item.
fn memory(bytes: &[u8]) -> u64 {
    let readers: [fn(&[u8]); 9] = [
        |bytes| drop(Namespace::read_all(bytes)),
        |bytes| drop(Device::read_all(bytes)),
        |bytes| drop(family(bytes)),
        |bytes| drop(recall(bytes)),
        |bytes| drop(recall_of_one(bytes)),
        |bytes| drop(Rule::read_all(bytes)),
        |bytes| drop(Stats::read_all(bytes)),
        |bytes| _ = Nsid::read_all(bytes),
        |bytes| drop(event(cmd::DEV_RETURNED, bytes)),
    ];
    let taken = readers.map(|read| measure(|| read(bytes)).bytes_max);
    taken.into_iter().max().unwrap_or_default()
}

/// A home of twelve bytes becomes one of some 250, in a list that may have just grown. Nothing grows
/// more than that.
fn too_much(bytes: &[u8]) -> u64 {
    1024 + 80 * bytes.len() as u64
}

/// Messages one after the other, with whatever in the place of attributes.
fn datagram() -> impl Strategy<Value = Vec<u8>> {
    let body = prop_oneof![
        (whole(), spoil()).prop_map(|(whole, spoil)| spoil.of(&whole)),
        vec(any::<u8>(), 0..64),
    ];
    let kind = prop_oneof![1..=4u16, Just(16), Just(40), any::<u16>()];
    let flags = prop_oneof![Just(0), Just(0x10), Just(0x200), Just(0x300), any::<u16>()];
    let one = (kind, flags, any::<u32>(), body)
        .prop_map(|(kind, flags, seq, body)| message(kind, flags, seq, &body));
    (vec(one, 0..4), spoil_datagram()).prop_map(|(all, (at, value))| {
        let mut bytes = all.concat();
        if let (Some(value), Some(last)) = (value, bytes.len().checked_sub(1)) {
            bytes[at.index(last + 1)] = value;
        }
        bytes
    })
}

fn spoil_datagram() -> impl Strategy<Value = (Index, Option<u8>)> {
    (any::<Index>(), proptest::option::of(any::<u8>()))
}

proptest! {
    #[test]
    fn no_bytes_make_a_parser_panic_or_take_much_memory(bytes in vec(any::<u8>(), 0..256)) {
        readings(&bytes);
        prop_assert!(memory(&bytes) <= too_much(&bytes));
    }

    #[test]
    fn no_spoilt_message_makes_a_parser_panic_or_take_much_memory(whole in whole(), spoil in spoil()) {
        let bytes = spoil.of(&whole);
        readings(&bytes);
        prop_assert!(memory(&bytes) <= too_much(&bytes), "{} for {}", memory(&bytes), bytes.len());
    }

    #[test]
    fn unknown_attributes_are_ignored_wherever_they_are(
        // The controller's lists have numbers that mean nothing: there, none is unknown.
        whole in select(whole_of_family()),
        // More than any set has, and below the two bits that are no part of the number.
        unknown in vec((any::<Index>(), 200..0x4000u16, vec(any::<u8>(), 0..12)), 0..5),
    ) {
        prop_assert!(readings(&with_unknown(&whole, &unknown)) == readings(&whole));
    }

    #[test]
    fn every_datagram_comes_to_an_end(bytes in datagram()) {
        let mut room = bytes.len();
        for message in messages(&bytes) {
            // A header each, at the least.
            prop_assert!(room > 0);
            room = room.saturating_sub(16);
            let Ok(message) = message else { continue };
            if let Ok(Some(ack)) = message.ack() {
                prop_assert!(ack.message.unwrap_or_default().len() <= 3 * bytes.len());
            }
            if let Ok(Message { attrs, command, .. }) = Message::new(message.kind, message.payload) {
                prop_assert!(attr::attrs(attrs).count() <= attrs.len() / 4);
                let _ = event(command, attrs);
            }
        }
    }
}
