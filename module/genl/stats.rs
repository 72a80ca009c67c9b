// SPDX-License-Identifier: GPL-2.0-only

//! `stats-get`.

use kernel::prelude::*;

use crate::net::genl::{
    Do,
    Policy,
    Reply,
    Request, //
};
use crate::net::rtnl::Rtnl;
use crate::state::State;
use crate::uapi::{
    cmd,
    stats, //
};

/// The operation.
pub(super) struct Get;

impl Do for Get {
    type Context = State;
    const CMD: u8 = cmd::STATS_GET;
    const POLICY: &'static [Policy] = &[Policy::UNSPEC];

    fn run(state: &State, _request: &Request<'_>, reply: &mut Reply<'_>) -> Result {
        // Counters and homes agree while nobody moves a device.
        let _rtnl = Rtnl::lock();
        let counters = &state.stats;
        let (away, device_memory) = {
            let devices = state.devices.lock();
            (devices.away(), devices.memory())
        };
        let rule_memory = state.rules.lock().memory();
        let (events, lost) = state.events.lock().counts();
        let longest = *state.longest_teardown.lock();
        // Births and deaths of namespaces are counted under this lock.
        let namespaces = state.namespaces.lock();
        let memory = namespaces.memory() + device_memory + rule_memory;
        reply.send(|message| {
            message.put_u32(stats::NAMESPACES, namespaces.len() as u32)?;
            message.put_u32(stats::OLDER, namespaces.older())?;
            message.put_uint(stats::BORN, namespaces.born())?;
            message.put_uint(stats::GONE, namespaces.gone())?;
            message.put_u32(stats::DEVICES_AWAY, away)?;
            for (attribute, counter) in [
                (stats::LEFT, &counters.left),
                (stats::SETTLED, &counters.settled),
                (stats::DESTROYED, &counters.destroyed),
                (stats::FORGOTTEN, &counters.forgotten),
                (stats::RETURNED, &counters.returned),
                (stats::FAILED, &counters.failed),
                (stats::RESTORED, &counters.restored),
                (stats::NOT_RESTORED, &counters.not_restored),
                (stats::NAME_CLASHES, &counters.name_clashes),
                (stats::NO_MEMORY, &counters.no_memory),
                (stats::PROGRAMS_LEFT, &counters.programs_left),
            ] {
                message.put_uint(attribute, counter.get())?;
            }
            message.put_uint(stats::EVENTS, events)?;
            message.put_uint(stats::EVENTS_LOST, lost)?;
            message.put_uint(stats::MEMORY, memory as u64)?;
            message.put_uint(stats::LONGEST_TEARDOWN, longest.0)?;
            if longest.1 != 0 {
                message.put_uint(stats::LONGEST_TEARDOWN_COOKIE, longest.1)?;
            }
            Ok(())
        })
    }
}
