// SPDX-License-Identifier: GPL-2.0-only

//! Counters since the module was loaded.

use kernel::sync::atomic::{
    Atomic,
    Relaxed, //
};

/// A counter that any task may advance.
pub(crate) struct Counter(Atomic<i64>);

impl Counter {
    const fn new() -> Self {
        Counter(Atomic::new(0))
    }

    /// Advances it.
    pub(crate) fn add(&self, n: u32) {
        self.0.add(i64::from(n), Relaxed);
    }

    /// Its value.
    pub(crate) fn get(&self) -> u64 {
        self.0.load(Relaxed).unsigned_abs()
    }
}

/// The counters; `stats` in `homeward.yaml` says what each one counts.
pub(crate) struct Stats {
    pub(crate) left: Counter,
    pub(crate) settled: Counter,
    pub(crate) destroyed: Counter,
    pub(crate) forgotten: Counter,
    pub(crate) returned: Counter,
    pub(crate) failed: Counter,
    pub(crate) restored: Counter,
    pub(crate) not_restored: Counter,
    pub(crate) name_clashes: Counter,
    pub(crate) no_memory: Counter,
    pub(crate) programs_left: Counter,
}

impl Stats {
    /// All zero.
    pub(crate) const fn new() -> Self {
        Stats {
            left: Counter::new(),
            settled: Counter::new(),
            destroyed: Counter::new(),
            forgotten: Counter::new(),
            returned: Counter::new(),
            failed: Counter::new(),
            restored: Counter::new(),
            not_restored: Counter::new(),
            name_clashes: Counter::new(),
            no_memory: Counter::new(),
            programs_left: Counter::new(),
        }
    }
}
