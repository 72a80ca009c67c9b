// SPDX-License-Identifier: GPL-2.0-only

//! Whoever changes what the module was told, keeps it or replaces the module does so alone.

use homeward_client::{Client, Error};

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
