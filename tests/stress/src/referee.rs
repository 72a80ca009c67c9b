// SPDX-License-Identifier: GPL-2.0-only

//! Knows which cards there are, and looks whether they are.
//!
//! At every moment, faults or not: as many cards as there are, each in a namespace. In the end, when
//! nothing fails any more: each card is home and as it left, a fresh journey of each is whole, there
//! is one namespace, and the counters balance.

use homeward_client::model::Device;
use homeward_client::{Client, Which};

use crate::arena::{eventually, Arena};
use crate::carrier;
use crate::figures::{count, longest};
use crate::filler;

/// How many of these are cards: all that has no kind and can move.
pub(crate) fn cards(devices: &[Device]) -> usize {
    let is_card = |device: &&Device| device.physical && !device.immovable && device.kind.is_none();
    devices.iter().filter(is_card).count()
}

/// Looks once, while everybody is at work.
pub(crate) fn look(arena: &Arena) {
    let Some(epoch) = arena.epoch() else { return };
    let Ok(mut client) = Client::connect() else {
        return;
    };
    if let Ok(stats) = client.stats() {
        longest(&arena.figures.worst_teardown, stats.longest_teardown);
    }
    let Ok(devices) = client.devices_now(None) else {
        return;
    };
    if !devices.consistent || arena.epoch() != Some(epoch) {
        return;
    }
    let found = cards(&devices.items);
    let there = arena.nics.len() + arena.others;
    if found != there {
        arena.complain(format!("{found} cards of {there}"));
    }
    count(&arena.figures.looks);
}

/// Judges when everybody has gone and nothing fails.
pub(crate) fn judge(arena: &Arena, dice: &mut fastrand::Rng) {
    arena.load();
    filler::take_rescued(arena);
    for nic in &arena.nics {
        // Those who carried it have put it right, faults or not.
        if !eventually(|| nic.is_right()) {
            arena.complain(format!("in the end {} is {:?}", nic.name, nic.look()));
        }
    }
    for nic in &arena.nics {
        if !carrier::journey(arena, dice, nic) {
            arena.complain(format!("in the end {} cannot be moved", nic.name));
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
            arena.figures.add(&stats);
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
}
