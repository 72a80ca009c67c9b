// SPDX-License-Identifier: MIT OR Apache-2.0

//! What holds of every answer.

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::attr::attrs;
use crate::message::HEADER;
use crate::script::{done, message, Script, PORT};

/// A message that may follow a request, meant for it or not, whole or not.
fn piece() -> impl Strategy<Value = Vec<u8>> {
    let kind = prop_oneof![1..5u16, Just(16), Just(40), any::<u16>()];
    let flags = prop_oneof![Just(0), Just(0x10), Just(0x200), Just(0x300), any::<u16>()];
    let seq = prop_oneof![4 => Just(1u32), 1 => 0..4u32];
    prop_oneof![
        4 => (kind, flags, seq, vec(any::<u8>(), 0..40))
            .prop_map(|(kind, flags, seq, body)| message(kind, flags, seq, &body)),
        1 => vec(any::<u8>(), 0..40),
    ]
}

proptest! {
    #[test]
    fn whatever_is_answered_an_exchange_comes_to_an_end(
        datagrams in vec(vec(piece(), 0..6).prop_map(|pieces| pieces.concat()), 0..6),
    ) {
        let sent: usize = datagrams.iter().map(Vec::len).sum();
        let mut seen = 0;
        let outcome = Script::new(datagrams).exchange(40, NlmF::DUMP, &[], |_, body| {
            seen += 1;
            for attr in attrs(body).flatten() {
                let _ = (attr.u16(), attr.u32(), attr.uint(), attr.ip());
                assert!(attr.string().len() <= 3 * body.len());
            }
            assert!(attrs(body).count() <= body.len() / 4);
            Ok(())
        });
        prop_assert!(seen <= sent / HEADER);
        if let Ok(outcome) = outcome {
            prop_assert!(outcome.ack.message.unwrap_or_default().len() <= 3 * sent);
        }
    }

    #[test]
    fn what_answers_a_request_is_given_in_its_order_however_it_is_divided(
        sent in vec((0..3u32, 0..2u32, 1..20u16, vec(any::<u8>(), 0..20), any::<bool>()), 0..10),
    ) {
        let mut datagrams = vec![Vec::new()];
        let mut expected = Vec::new();
        for (seq, stranger, kind, body, begins) in sent {
            let ours = (seq, stranger) == (1, 0);
            // An end that is meant for somebody else is none, whether good or bad.
            if ours && [2, 3, 4].contains(&kind) {
                continue;
            }
            if begins {
                datagrams.push(Vec::new());
            }
            let mut bytes = message(kind, 2, seq, &body);
            bytes[12..16].copy_from_slice(&(PORT + stranger).to_ne_bytes());
            datagrams.last_mut().unwrap().extend(bytes);
            // NLMSG_NOOP means nothing.
            if ours && kind != 1 {
                expected.push((kind, body));
            }
        }
        datagrams.push(done(2, 1, 0));
        let mut seen = Vec::new();
        let outcome = Script::new(datagrams).exchange(40, NlmF::DUMP, &[], |kind, body| {
            seen.push((kind, body.to_owned()));
            Ok(())
        });
        prop_assert_eq!(outcome, Ok(Outcome { ack: Ack::default(), consistent: true }));
        prop_assert_eq!(seen, expected);
    }
}
