// SPDX-License-Identifier: MIT OR Apache-2.0

//! What holds of every exchange, whatever is answered.

use homeward_abi::cmd;
use homeward_netlink::script::{ack, done, message, PORT};
use proptest::collection::vec;
use proptest::prelude::*;

use super::tests::{item, list, script, FAMILY};
use super::*;

/// A message that may follow a request, meant for it or not, whole or not.
fn piece() -> impl Strategy<Value = Vec<u8>> {
    let seq = || prop_oneof![4 => Just(1u32), 1 => 0..12u32];
    let flags = prop_oneof![Just(2u16), Just(0x12)];
    prop_oneof![
        4 => (flags, seq(), 1..9u32).prop_map(|(flags, seq, cookie)| item(flags, seq, cookie)),
        1 => (any::<bool>(), seq()).prop_map(|(torn, seq)| done(if torn { 0x12 } else { 2 }, seq, 0)),
        1 => (seq(), 0..41i32).prop_map(|(seq, errno)| ack(seq, errno)),
        1 => (1..5u16, seq(), vec(any::<u8>(), 0..24)).prop_map(|(kind, seq, body)| message(kind, 0, seq, &body)),
        1 => (any::<u16>(), any::<u16>(), seq(), vec(any::<u8>(), 0..24))
            .prop_map(|(kind, flags, seq, body)| message(kind, flags, seq, &body)),
        1 => vec(any::<u8>(), 0..40),
    ]
}

proptest! {
    #[test]
    fn whatever_is_answered_an_exchange_comes_to_an_end(
        datagrams in vec(vec(piece(), 1..4).prop_map(|pieces| pieces.concat()), 0..12),
    ) {
        let sent: usize = datagrams.iter().map(Vec::len).sum();
        let mut script = script(datagrams);
        if let Ok(dump) = list(&mut script) {
            prop_assert!(dump.items.len() <= sent / 20);
        }
        let _ = raw(&mut script, Operation::new(FAMILY, cmd::NS_GET), Mode::Do, &[]);
    }

    #[test]
    fn a_list_is_what_was_sent_however_it_is_divided(
        cookies in vec((1..u32::MAX, any::<bool>()), 0..30),
        strangers in vec(1..9u32, 0..4),
    ) {
        let mut datagrams: Vec<Vec<u8>> = vec![Vec::new()];
        for (cookie, begins) in &cookies {
            if *begins {
                datagrams.push(Vec::new());
            }
            datagrams.last_mut().unwrap().extend(item(2, 1, *cookie));
        }
        // What is left of requests that were given up comes between, and what is for another port.
        for (at, seq) in strangers.into_iter().enumerate() {
            let place = (at * 7) % (datagrams.len() + 1);
            let pair = [item(2, seq, 99), done(2, seq, 0)].map(|mut message| {
                if seq == 1 {
                    message[12..16].copy_from_slice(&(PORT + 1).to_ne_bytes());
                }
                message
            });
            datagrams.insert(place, pair.concat());
        }
        datagrams.push(done(2, 1, 0));
        let dump = list(&mut script(datagrams)).unwrap();
        let expected: Vec<u64> = cookies.iter().map(|(cookie, _)| u64::from(*cookie)).collect();
        prop_assert_eq!(dump.items, expected);
        prop_assert!(dump.consistent);
    }
}
