// SPDX-License-Identifier: GPL-2.0-only

//! Knows which cards there are, and looks whether they are.

use std::time::Duration;

use homeward_client::{Client, Which};

use crate::arena::{count, eventually, longest, mtu_at_home, name_at_home, Arena};

/// Looks once, while everybody is at work.
pub(crate) fn look(arena: &Arena) {
    let Some(epoch) = arena.epoch() else { return };
    let Ok(mut client) = Client::connect() else {
        return;
    };
    if let Ok(stats) = client.stats() {
        longest(&arena.counts.worst_teardown, stats.longest_teardown);
    }
    let Ok(devices) = client.devices_now(None) else {
        return;
    };
    if !devices.consistent || arena.epoch() != Some(epoch) {
        return;
    }
    // All that has no kind and can move is one of the cards.
    let cards = devices
        .items
        .iter()
        .filter(|device| device.physical && !device.immovable && device.kind.is_none());
    let found = cards.count();
    let there = arena.nics.len() + arena.others;
    if found != there {
        arena.complain(format!("{found} cards of {there}"));
    }
    count(&arena.counts.looks);
}

/// Judges when everybody has gone.
pub(crate) fn judge(arena: &Arena) {
    arena.load();
    for nic in &arena.nics {
        let good = || {
            name_at_home(&nic.mac).as_deref() == Some(&nic.name)
                && mtu_at_home(&nic.name) == Some(1500)
        };
        if !eventually(good) {
            let is = name_at_home(&nic.mac);
            arena.complain(format!("in the end {} is {is:?}", nic.name));
        }
    }
    let Ok(mut client) = Client::connect() else {
        return arena.complain("in the end the module does not answer".to_owned());
    };
    let one_left = eventually(|| {
        let namespaces = client.namespaces();
        namespaces.is_ok_and(|namespaces| namespaces.len() == 1)
    });
    if !one_left {
        arena.complain(format!("in the end there are {:?}", client.namespaces()));
    }
    match client.stats() {
        Ok(stats) => {
            longest(&arena.counts.worst_teardown, stats.longest_teardown);
            let present = u64::from(stats.older) + stats.born - stats.gone;
            let away = stats.left - stats.settled - stats.destroyed - stats.forgotten;
            let balanced =
                present == u64::from(stats.namespaces) && away == u64::from(stats.devices_away);
            if !balanced || stats.devices_away != 0 {
                arena.complain(format!("in the end the counters are {stats:?}"));
            }
        }
        Err(error) => arena.complain(format!("in the end no statistics: {error}")),
    }
    // The module must still do its work.
    let lo = client.namespaces().ok().and_then(|namespaces| {
        let cookie = namespaces.first()?.cookie;
        client.device_by_name(cookie, "lo").ok()?;
        client.recall(cookie, Which::Name("lo")).err()
    });
    if lo.is_none() {
        arena.complain("in the end a recall of lo is not refused".to_owned());
    }
    std::thread::sleep(Duration::from_millis(100));
}
