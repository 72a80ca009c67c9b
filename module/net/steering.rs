// SPDX-License-Identifier: GPL-2.0-only

//! What steers packets to queues of a device: ntuple rules and RSS contexts.
//!
//! C header: [`include/linux/ethtool.h`](srctree/include/linux/ethtool.h)

use kernel::error::to_result;
use kernel::prelude::*;

use crate::ffi;
use crate::net::device::Device;
use crate::net::rtnl::Rtnl;

/// How many of them are recorded: more are not known, and then none is touched.
pub(crate) const MOST: usize = 64;

/// A rule, by its location and a digest of what it says, or a context, by its number.
pub(crate) type Steering = ffi::hw_steering;

impl Device {
    /// What steers its packets; `None` if that is not known, or too much. Takes the instance lock.
    pub(crate) fn steering(&self, rtnl: &Rtnl) -> Result<Option<KVec<Steering>>> {
        let mut found = [Steering { id: 0, digest: 0 }; MOST];
        let count = self.find_steering(rtnl, &[], &mut found);
        let Some(found) = count.and_then(|count| found.get(..count)) else {
            return Ok(None);
        };
        let mut all = KVec::new();
        all.extend_from_slice(found, GFP_KERNEL_ACCOUNT)?;
        Ok(Some(all))
    }

    /// Whether something steers its packets that is not among these. Takes the instance lock.
    pub(crate) fn is_steered_otherwise(&self, rtnl: &Rtnl, keep: &[Steering]) -> bool {
        let others = self.find_steering(rtnl, keep, &mut []);
        others.is_some_and(|count| count != 0)
    }

    /// How much steers its packets, but for what is to be kept; the first of that goes to `to`.
    /// `None` if the driver cannot tell.
    fn find_steering(&self, rtnl: &Rtnl, keep: &[Steering], to: &mut [Steering]) -> Option<usize> {
        let _ = rtnl;
        let (kept, room) = (keep.len() as u32, to.len() as u32);
        let (keep, to) = (keep.as_ptr(), to.as_mut_ptr());
        // SAFETY: `self` is valid, RTNL is held, there are so many, and there is room for so many.
        let count = unsafe { ffi::hw_dev_steering(self.as_ptr(), keep, kept, to, room) };
        usize::try_from(count).ok()
    }

    /// Removes what steers its packets, but for these. Takes the instance lock.
    pub(crate) fn remove_steering(&self, rtnl: &Rtnl, keep: &[Steering]) -> Result {
        let _locked = self.lock(rtnl);
        let kept = keep.len() as u32;
        // SAFETY: As above.
        to_result(unsafe { ffi::hw_dev_remove_steering(self.as_ptr(), keep.as_ptr(), kept) })
    }
}
