// SPDX-License-Identifier: GPL-2.0-only

//! Moving devices to other network namespaces.

use kernel::error::to_result;
use kernel::prelude::*;

use crate::ffi;
use crate::net::device::Device;
use crate::net::namespace::Net;
use crate::net::rtnl::Rtnl;
use crate::policy::naming::Name;

/// A device that is to move, and how it is to arrive.
pub(crate) struct Move<'a> {
    /// The device.
    pub(crate) device: &'a Device,
    /// Where it is to go.
    pub(crate) target: &'a Net,
    /// Its name there, if not the one that it has.
    pub(crate) name: Option<Name>,
    /// Its name there if that is taken.
    pub(crate) fallback: Name,
    /// Its index there if that is free; 0 for the one that it has.
    pub(crate) ifindex: u32,
}

/// Whether the kernel can move many devices as one, and be told their names and indexes. Of a [`Move`]
/// only the fallback counts where it cannot.
pub(crate) fn moves_many() -> bool {
    // SAFETY: Looks at nothing.
    unsafe { ffi::hw_moves_many() }
}

impl Move<'_> {
    /// Moves the device.
    ///
    /// `EBUSY` from within a move. On success it is closed, and without addresses, queueing discipline and master.
    pub(crate) fn go(&self, rtnl: &Rtnl) -> Result {
        if self.device.is_moving() {
            return Err(EBUSY);
        }
        let _pair = (!moves_many()).then(|| rtnl.lock_pair(self.device.net(), self.target));
        let mut one = [self.lift()];
        go(rtnl, &mut one)?;
        outcome(&one[0])
    }

    /// For the kernel, while `self` is there.
    fn lift(&self) -> ffi::hw_move {
        let pointer = |name: &Name| name.as_bytes_with_nul().as_ptr().cast();
        // Two entries of one name would be on the list of all names.
        let name = (self.name.as_ref()).filter(|name| !self.device.has_altname(name.as_bytes()));
        ffi::hw_move {
            dev: self.device.as_ptr(),
            net: self.target.as_ptr(),
            name: name.map_or(core::ptr::null(), pointer),
            fallback: pointer(&self.fallback),
            ifindex: self.ifindex,
            err: 0,
        }
    }
}

/// Moves devices, none of which is there twice, as one; tells what came of each.
///
/// `ENOMEM` if nothing was done. Only if the kernel [can do that](moves_many).
pub(crate) fn move_together(rtnl: &Rtnl, moves: &[Move<'_>]) -> Result<KVVec<Result>> {
    let mut all = KVVec::with_capacity(moves.len(), GFP_KERNEL)?;
    let mut outcomes = KVVec::with_capacity(moves.len(), GFP_KERNEL)?;
    for one in moves {
        all.push(one.lift(), GFP_KERNEL)?;
    }
    go(rtnl, &mut all)?;
    for one in &all {
        outcomes.push(outcome(one), GFP_KERNEL)?;
    }
    Ok(outcomes)
}

fn go(_rtnl: &Rtnl, moves: &mut [ffi::hw_move]) -> Result {
    // SAFETY: RTNL is held, also that of each namespace where it has to be; devices and namespaces
    // are valid, and the names end with NUL: `lift()` made them of what is borrowed still.
    to_result(unsafe { ffi::hw_dev_move_many(moves.as_mut_ptr(), moves.len()) })
}

fn outcome(done: &ffi::hw_move) -> Result {
    to_result(done.err)
}
