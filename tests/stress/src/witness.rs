// SPDX-License-Identifier: GPL-2.0-only

//! Hears what the module tells of cards that come home.
//!
//! While calls fail at random a card may come home in disorder, but not in silence. Either the event
//! of this very return names a setting that could not be put back; or the module counted, during
//! the journey, one of those failures that leave nothing to tell it with: a move that failed, a
//! home that was not recorded, an event that was not sent.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use homeward_client::model::{EventKind, Stats};
use homeward_client::{Client, Error, Notice};

use crate::arena::Arena;

/// So many returns are remembered.
const MEMORY: usize = 1000;

/// A return of which the module told that something failed.
#[derive(Debug)]
struct Told {
    when: Instant,
    ifindex: u32,
}

/// What has been heard.
#[derive(Debug, Default)]
pub(crate) struct Witness(Mutex<VecDeque<Told>>);

impl Witness {
    fn remember(&self, ifindex: u32) {
        if let Ok(mut all) = self.0.lock() {
            all.truncate(MEMORY - 1);
            all.push_front(Told {
                when: Instant::now(),
                ifindex,
            });
        }
    }

    /// Whether the module told that something failed at a return of the device that now has this
    /// index in the initial namespace.
    pub(crate) fn heard(&self, ifindex: u32, since: Instant) -> bool {
        let all = self.0.lock();
        all.is_ok_and(|all| {
            let mut recent = all.iter().take_while(|told| told.when >= since);
            recent.any(|told| told.ifindex == ifindex)
        })
    }
}

/// How often the module could not tell of a failure, but only count it.
pub(crate) fn silent_failures(stats: &Stats) -> u64 {
    stats.failed + stats.no_memory + stats.forgotten + stats.events_lost
}

/// Listens until the module goes.
pub(crate) fn listen(arena: &Arena, _: &mut fastrand::Rng) {
    const STEP: Duration = Duration::from_millis(200);
    let Ok(mut events) = Client::connect().and_then(|client| client.subscribe()) else {
        return std::thread::sleep(STEP);
    };
    while !arena.over() {
        match events.next(Some(STEP)) {
            Ok(Some(Notice::Event(event))) => {
                if let EventKind::DeviceReturned(device, Some(how)) = event.kind {
                    if !how.failures.is_empty() {
                        arena.witness.remember(device.ifindex);
                    }
                }
            }
            Ok(Some(Notice::Unloaded)) | Err(Error::NotLoaded) => return,
            Ok(_) => {}
            Err(error) => return arena.complain(format!("events: {error}")),
        }
    }
}
