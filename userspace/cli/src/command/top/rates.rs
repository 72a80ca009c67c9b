// SPDX-License-Identifier: GPL-2.0-only

//! What devices receive and send in a second, by what they had received and sent before.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use homeward_netns::Counters;

/// The index of lo, in every namespace. What it sends it receives itself.
const LOOPBACK: u32 = 1;

/// Bytes received and sent in a second.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Rate {
    /// Received.
    pub(super) rx: u64,
    /// Sent.
    pub(super) tx: u64,
}

/// The rates of all devices that were read twice.
#[derive(Debug, Default)]
pub(super) struct Rates {
    namespaces: HashMap<u64, Reading>,
}

#[derive(Debug)]
struct Reading {
    at: Instant,
    counters: HashMap<u32, Counters>,
    rates: HashMap<u32, Rate>,
}

impl Rates {
    /// Takes in what was read of a namespace.
    pub(super) fn read(&mut self, cookie: u64, counters: Vec<Counters>, at: Instant) {
        let before = self.namespaces.remove(&cookie);
        let rate = |now: &Counters| {
            let before = before.as_ref()?;
            let then = before.counters.get(&now.index)?;
            let time = at.saturating_duration_since(before.at);
            Some((now.index, Rate::between(*then, *now, time)?))
        };
        let reading = Reading {
            at,
            rates: counters.iter().filter_map(rate).collect(),
            counters: counters.into_iter().map(|one| (one.index, one)).collect(),
        };
        self.namespaces.insert(cookie, reading);
    }

    /// Forgets all but these.
    pub(super) fn keep(&mut self, wanted: impl Fn(u64) -> bool) {
        self.namespaces.retain(|cookie, _| wanted(*cookie));
    }

    /// That of a device.
    pub(super) fn device(&self, cookie: u64, ifindex: u32) -> Option<Rate> {
        self.namespaces.get(&cookie)?.rates.get(&ifindex).copied()
    }

    /// That of all devices of a namespace but lo.
    fn namespace(&self, cookie: u64) -> Option<Rate> {
        let rates = &self.namespaces.get(&cookie)?.rates;
        if rates.is_empty() {
            return None;
        }
        let others = rates.iter().filter(|(index, _)| **index != LOOPBACK);
        Some(others.fold(Rate::default(), |sum, (_, one)| sum.and(*one)))
    }

    /// That of several namespaces: of those of which it is known.
    pub(super) fn namespaces(&self, cookies: &[u64]) -> Option<Rate> {
        let known = cookies.iter().filter_map(|one| self.namespace(*one));
        known.reduce(Rate::and)
    }
}

impl Rate {
    fn and(self, other: Self) -> Self {
        Rate {
            rx: self.rx.saturating_add(other.rx),
            tx: self.tx.saturating_add(other.tx),
        }
    }

    /// None for counters that began anew meanwhile, as those of another device with the same index.
    fn between(then: Counters, now: Counters, time: Duration) -> Option<Self> {
        let milliseconds = u64::try_from(time.as_millis())
            .ok()
            .filter(|one| *one > 0)?;
        let rate = |then: u64, now: u64| {
            let bytes = now.checked_sub(then)?;
            Some(bytes.saturating_mul(1000) / milliseconds)
        };
        Some(Rate {
            rx: rate(then.rx, now.rx)?,
            tx: rate(then.tx, now.tx)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counters(index: u32, rx: u64, tx: u64) -> Counters {
        Counters { index, rx, tx }
    }

    #[test]
    fn a_rate_takes_two_readings_and_lo_does_not_count_for_its_namespace() {
        let start = Instant::now();
        let later = start + Duration::from_millis(500);
        let mut rates = Rates::default();
        rates.read(7, vec![counters(1, 10, 10), counters(2, 100, 50)], start);
        assert_eq!((rates.device(7, 2), rates.namespace(7)), (None, None));
        let second = vec![
            counters(1, 60, 60),
            counters(2, 1100, 50),
            counters(3, 9, 9),
        ];
        rates.read(7, second, later);
        assert_eq!(rates.device(7, 1), Some(Rate { rx: 100, tx: 100 }));
        assert_eq!(rates.device(7, 2), Some(Rate { rx: 2000, tx: 0 }));
        assert_eq!(rates.device(7, 3), None);
        assert_eq!(rates.namespace(7), Some(Rate { rx: 2000, tx: 0 }));
    }

    #[test]
    fn of_several_namespaces_those_count_that_are_known() {
        let start = Instant::now();
        let mut rates = Rates::default();
        for (cookie, rx) in [(7, 100), (8, 20)] {
            rates.read(cookie, vec![counters(2, 0, 0)], start);
            let later = start + Duration::from_secs(1);
            rates.read(cookie, vec![counters(2, rx, 1)], later);
        }
        // Read only once.
        rates.read(9, vec![counters(2, 5, 5)], start);
        assert_eq!(rates.namespaces(&[7, 8, 9]), Some(Rate { rx: 120, tx: 2 }));
        assert_eq!(rates.namespaces(&[8]), Some(Rate { rx: 20, tx: 1 }));
        assert_eq!(
            (rates.namespaces(&[9]), rates.namespaces(&[])),
            (None, None)
        );
    }

    #[test]
    fn counters_that_began_anew_are_no_rate() {
        let start = Instant::now();
        let mut rates = Rates::default();
        rates.read(7, vec![counters(2, 100, 50)], start);
        rates.read(7, vec![counters(2, 10, 60)], start + Duration::from_secs(1));
        assert_eq!(rates.device(7, 2), None);
        rates.keep(|cookie| cookie != 7);
        assert!(rates.namespaces.is_empty());
    }
}
