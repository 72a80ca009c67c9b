// SPDX-License-Identifier: GPL-2.0-only

//! Programs that configure network cards by themselves, and what they mean for rules.

use std::fs;

use homeward_client::model::{setting, Settings};
use homeward_netns::{inum, open_self, processes};

/// The names that the kernel has for their processes, and their own.
const MANAGERS: [(&str, &str); 2] = [
    ("NetworkManager", "NetworkManager"),
    ("systemd-network", "systemd-networkd"),
];

/// What to do about a rule that restores `up`.
pub(crate) const LEAVE_IT_TO_THEM: &str =
    "leave out 'up' and 'addresses' for NICs that NetworkManager or systemd-networkd manages: they \
     configure a NIC when it arrives, and NetworkManager does not activate its profile for one that \
     is up already";

/// Whether a rule that restores these settings does the work of such a program.
pub(crate) fn rivals(restore: Settings) -> bool {
    restore.contains(Settings::of(setting::UP))
}

/// Those that run in this network namespace.
pub(crate) fn running() -> Vec<&'static str> {
    let own = open_self().and_then(|file| inum(&file)).ok();
    let here = processes().unwrap_or_default().into_iter();
    let here = here.filter(|process| own.is_some() && process.inum == own);
    let mut found: Vec<_> = here
        .filter_map(|process| {
            let comm = fs::read_to_string(format!("/proc/{}/comm", process.pid)).ok()?;
            let known = MANAGERS.iter().find(|(known, _)| *known == comm.trim_end());
            known.map(|(_, name)| *name)
        })
        .collect();
    found.sort_unstable();
    found.dedup();
    found
}
