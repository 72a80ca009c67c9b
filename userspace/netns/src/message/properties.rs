// SPDX-License-Identifier: MIT OR Apache-2.0

//! What holds of every answer of rtnetlink.

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

/// A message that may follow a request, meant for it or not, whole or not.
fn piece() -> impl Strategy<Value = Vec<u8>> {
    let kind = prop_oneof![1..5u16, Just(16), any::<u16>()];
    let flags = prop_oneof![Just(0), Just(0x10), Just(0x200), Just(0x300)];
    prop_oneof![
        4 => (kind, flags, 6..9u32, vec(any::<u8>(), 0..40)).prop_map(|(kind, flags, seq, body)| {
            let mut bytes = request(kind, flags, seq, &body);
            bytes.resize(bytes.len().next_multiple_of(4), 0);
            bytes
        }),
        1 => vec(any::<u8>(), 0..40),
    ]
}

proptest! {
    #[test]
    fn every_datagram_comes_to_an_end(pieces in vec(piece(), 0..6)) {
        let datagram = pieces.concat();
        let mut seen = 0;
        let mut answer = Answer::to(7, 0);
        let end = answer.read(&datagram, &mut |_, body| {
            seen += 1;
            let _ = (attribute(body, 1), attribute(body, 3), u32_at(body, 0));
            Some(())
        });
        prop_assert!(seen <= datagram.len() / HEADER);
        if let Err(LinkError::Refused(refused)) = end {
            prop_assert!(refused.message.unwrap_or_default().len() <= 3 * datagram.len());
        }
    }

    #[test]
    fn what_is_for_this_request_is_given_in_its_order(
        messages in vec((6..9u32, 0..3u32, 1..20u16, vec(any::<u8>(), 0..20)), 0..10),
    ) {
        let ours = |seq: u32, port: u32| (seq, port) == (7, 1);
        let mut datagram = Vec::new();
        let mut add = |seq: u32, port: u32, kind: u16, body: &[u8]| {
            let at = datagram.len();
            datagram.extend(request(kind, 2, seq, body));
            datagram[at + 12..at + 16].copy_from_slice(&port.to_ne_bytes());
            datagram.resize(datagram.len().next_multiple_of(4), 0);
        };
        let mut expected = Vec::new();
        for (seq, port, kind, body) in messages {
            // An end that is meant for somebody else is none.
            let ends = [NLMSG_ERROR, NLMSG_DONE].contains(&kind);
            if ours(seq, port) && ends {
                continue;
            }
            add(seq, port, kind, &body);
            if ours(seq, port) {
                expected.push((kind, body));
            }
        }
        add(7, 1, NLMSG_DONE, &[0; 4]);
        let mut seen = Vec::new();
        let end = Answer::to(7, 1).read(&datagram, &mut |kind, body| {
            seen.push((kind, body.to_owned()));
            Some(())
        });
        prop_assert_eq!(end, Ok(true));
        prop_assert_eq!(seen, expected);
    }
}
