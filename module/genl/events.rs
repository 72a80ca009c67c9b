// SPDX-License-Identifier: GPL-2.0-only

//! The group `events`.
//!
//! Telling never breaks doing: without a listener nothing is made, and what cannot be sent is
//! counted and leaves a hole in the sequence, by which listeners know.

use kernel::prelude::*;
use kernel::sync::Arc;

use crate::genl::device::{
    fill_device,
    fill_return,
    fill_stuck,
    Return, //
};
use crate::genl::namespace::fill_namespace;
use crate::net::device::Device;
use crate::net::genl::Group;
use crate::net::message::Writer;
use crate::net::namespace::Net;
use crate::net::rtnl::Rtnl;
use crate::net::task::boottime_ns;
use crate::state::{
    Record,
    State, //
};
use crate::stuck::StuckDevice;
use crate::uapi::{
    cmd,
    dev,
    event,
    ns, //
};

/// The event sequence.
pub(crate) struct Events {
    seq: u64,
    lost: u64,
    group: Option<Arc<Group<State>>>,
}

impl Events {
    /// No events, and no group yet.
    pub(crate) fn new() -> Self {
        Events {
            seq: 0,
            lost: 0,
            group: None,
        }
    }

    /// How many events there have been, and how many of them could not be sent to all.
    pub(crate) fn counts(&self) -> (u64, u64) {
        (self.seq, self.lost)
    }

    /// From now on events are sent, for as long as the family of the group is registered.
    pub(crate) fn open(&mut self, group: Arc<Group<State>>) {
        self.group = Some(group);
    }

    /// Gives an event its number if nobody listens. If anybody does, it is to be sent.
    fn pass_over(&mut self) -> bool {
        let unheard = !self
            .group
            .as_ref()
            .is_some_and(|group| group.has_listeners());
        self.seq += u64::from(unheard);
        unheard
    }

    /// Gives an event its number, and sends it if anybody listens.
    fn send(&mut self, cmd: u8, stamp: u16, fill: &mut dyn FnMut(&mut Writer<'_>) -> Result) {
        self.seq += 1;
        let seq = self.seq;
        let Some(group) = self.group.as_ref().filter(|group| group.has_listeners()) else {
            return;
        };
        let time = boottime_ns();
        let sent = group.send(cmd, |message| {
            fill(message)?;
            message.nest(stamp, |nest| {
                nest.put_uint(event::SEQ, seq)?;
                nest.put_uint(event::TIME, time)
            })
        });
        match sent {
            // ESRCH: the last listener has just gone.
            Ok(()) => {}
            Err(error) if error == ESRCH => {}
            Err(_) => self.lost += 1,
        }
    }
}

impl State {
    /// Tells of a namespace.
    pub(crate) fn tell_namespace(&self, cmd: u8, net: &Net, record: &Record) {
        let tally = self.tally(net.cookie());
        self.events.lock().send(cmd, ns::EVENT, &mut |message| {
            fill_namespace(message, net, record, tally)
        });
    }

    /// Tells of a device that the kernel cannot free.
    pub(crate) fn tell_stuck(&self, stuck: &StuckDevice) {
        let waiting = self.waiting_behind(stuck.cookie);
        let now = boottime_ns();
        self.events
            .lock()
            .send(cmd::DEV_STUCK, dev::EVENT, &mut |message| {
                fill_stuck(message, stuck, &waiting, now)
            });
    }

    /// Tells of a device, and how it came home if it did.
    pub(crate) fn tell_device(
        &self,
        rtnl: &Rtnl,
        cmd: u8,
        device: &Device,
        how: Option<&Return<'_>>,
    ) {
        // What is foretold of a device takes a look at all before it.
        if self.events.lock().pass_over() {
            return;
        }
        self.view(rtnl, device, |view| {
            self.events.lock().send(cmd, dev::EVENT, &mut |message| {
                fill_device(message, view)?;
                how.map_or(Ok(()), |how| fill_return(message, dev::RETURN, how))
            });
        });
    }
}
