// SPDX-License-Identifier: GPL-2.0-only

//! Verbs: each finds out what it is asked for and gives that back as data.

mod alone;
pub(crate) mod devices;
pub(crate) mod doctor;
pub(crate) mod exec;
mod gone;
pub(crate) mod holders;
pub(crate) mod ls;
pub(crate) mod mark;
pub(crate) mod netns;
mod opened;
pub(crate) mod plan;
pub(crate) mod policy;
pub(crate) mod prune;
pub(crate) mod recall;
pub(crate) mod reload;
pub(crate) mod relocate;
pub(crate) mod show;
mod signals;
pub(crate) mod sockets;
pub(crate) mod state;
pub(crate) mod stats;
pub(crate) mod tree;
pub(crate) mod veth;
pub(crate) mod wait;
pub(crate) mod watch;

use std::time::Duration;

use homeward_netns::Directory;
use nix::time::{clock_gettime, ClockId};

use crate::messages::Messages;

/// What every verb needs.
#[derive(Debug)]
pub(crate) struct Context {
    /// The way to standard error.
    pub(crate) messages: Messages,
    /// The directory of names.
    pub(crate) directory: Directory,
}

impl Context {
    /// Warns that names are missing in what is shown.
    pub(crate) fn warn_if_unread(&self, names: Option<&str>) {
        if let Some(why) = names {
            self.messages
                .warning(&format!("names of namespaces are missing: {why}"));
        }
    }

    /// Warns that a list may not be what was there at any one moment.
    pub(crate) fn warn_if_changing(&self, consistent: bool) {
        if !consistent {
            self.messages.warning(
                "the list kept changing while it was read, so it may lack what came or show what went",
            );
        }
    }
}

/// The time since boot.
pub(crate) fn now() -> Duration {
    clock_gettime(ClockId::CLOCK_BOOTTIME).map_or(Duration::ZERO, Duration::from)
}
