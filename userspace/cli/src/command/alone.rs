// SPDX-License-Identifier: GPL-2.0-only

//! Whoever changes what the module was told, keeps it or replaces the module does so alone, and is not
//! interrupted half-way.

use homeward_client::{Client, Error};
use nix::sys::signal::{SigSet, SigmaskHow, Signal};

use super::Context;
use crate::file::{self, Lock};

/// The lock.
pub(super) const LOCK: &str = "policy.lock";

/// A connection, while nobody else does the like. Where there can be no lock, that is told.
pub(super) fn connect(context: &Context) -> Result<(Client, Option<Lock>), Error> {
    let lock = match Client::connect().and_then(|mut client| client.rules()) {
        Ok(_) => file::lock(LOCK, context.messages),
        // Somebody may be about to load another.
        Err(Error::NotLoaded) => file::lock_if_there(LOCK, context.messages),
        // Whoever may not even see rules is refused before there is a lock to be had.
        Err(refused) => return Err(refused),
    };
    // Not the connection of before: another module may have come meanwhile, under another number.
    Ok((Client::connect()?, lock))
}

/// Signals that would end or stop this command wait as long as this lives.
pub(in crate::command) struct Held(Option<SigSet>);

/// Holds them back: nothing that is half done is to be interrupted.
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
