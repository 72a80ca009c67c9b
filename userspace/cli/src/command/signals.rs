// SPDX-License-Identifier: GPL-2.0-only

//! Signals that would end or stop this command.

use nix::sys::signal::{SigSet, SigmaskHow, Signal};

/// Signals wait as long as this lives.
pub(in crate::command) struct Held(Option<SigSet>);

/// Holds them back: half-way is no place to be interrupted at.
pub(in crate::command) fn hold() -> Held {
    let mut mask = SigSet::empty();
    for signal in [
        Signal::SIGINT,
        Signal::SIGTERM,
        Signal::SIGHUP,
        Signal::SIGQUIT,
        Signal::SIGTSTP,
    ] {
        mask.add(signal);
    }
    Held(mask.thread_swap_mask(SigmaskHow::SIG_BLOCK).ok())
}

impl Drop for Held {
    fn drop(&mut self) {
        if let Some(before) = self.0 {
            let _ = before.thread_set_mask();
        }
    }
}
