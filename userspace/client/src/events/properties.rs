// SPDX-License-Identifier: MIT OR Apache-2.0

//! What holds of every stream of events.

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::wire::fixture::{born, message, unknown_event};

proptest! {
    /// Whatever is lost on the way, and however the rest comes in datagrams.
    #[test]
    fn what_was_lost_and_what_came_are_together_all_that_there_was(
        first in 1..u32::MAX / 2,
        // Whether the event comes, whether it is known, whether it begins a datagram.
        fates in vec(any::<(bool, bool, bool)>(), 1..40),
    ) {
        let mut datagrams = vec![Vec::new()];
        let mut came = Vec::new();
        for (seq, (comes, known, begins)) in (first..).zip(fates) {
            if begins {
                datagrams.push(Vec::new());
            }
            if comes {
                let event = if known { born(40, seq) } else { unknown_event(40, seq) };
                datagrams.last_mut().unwrap().extend(event);
                came.push((u64::from(seq), known));
            }
        }
        let mut track = Track::default();
        let mut ready = VecDeque::new();
        for datagram in &datagrams {
            read(datagram, 40, &mut track, &mut ready).unwrap();
        }
        let mut told = Vec::new();
        let mut lost = Vec::new();
        for notice in ready {
            match notice {
                Notice::Event(event) => told.push(event.seq),
                Notice::Lost { first, last } => lost.extend(first..=last),
                other => prop_assert!(false, "{:?}", other),
            }
        }
        let known = came.iter().filter(|(_, known)| *known).map(|(seq, _)| *seq);
        prop_assert_eq!(told, known.collect::<Vec<_>>());
        let (start, end) = match (came.first(), came.last()) {
            (Some(first), Some(last)) => (first.0, last.0),
            _ => (1, 0),
        };
        let missing = (start..=end).filter(|seq| !came.iter().any(|(there, _)| there == seq));
        prop_assert_eq!(lost, missing.collect::<Vec<_>>());
    }

    #[test]
    fn no_bytes_make_a_listener_panic(
        bytes in vec(any::<u8>(), 0..80),
        events in vec((prop_oneof![30..40u8, any::<u8>()], vec(any::<u8>(), 0..40)), 0..4),
        seqs in vec(any::<u64>(), 0..6),
    ) {
        let mut track = Track::default();
        let mut ready = VecDeque::new();
        let _ = read(&bytes, 40, &mut track, &mut ready);
        for (command, body) in events {
            for family in [40, CONTROL_ID] {
                let event = message(family, 0, 0, &[&[command, 1, 0, 0], body.as_slice()].concat());
                let _ = read(&event, 40, &mut track, &mut ready);
            }
        }
        // A kernel that counts backwards, or from the end.
        for seq in seqs {
            let _ = track.hole_before(seq);
        }
    }
}
