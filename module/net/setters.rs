// SPDX-License-Identifier: GPL-2.0-only

//! Changing a device by itself, as rtnetlink would: by the same calls where the kernel exports them.
//!
//! All of it under RTNL, and not from a notifier: the instance lock is taken here.

use kernel::error::to_result;
use kernel::prelude::*;

use crate::ffi;
use crate::net::device::Device;
use crate::net::rtnl::{
    Rtnl,
    RtnlNetPair, //
};
use crate::policy::naming::Name;
use crate::uapi::setting;

/// Less MTU than this is too little for IPv6 (`IPV6_MIN_MTU`).
const IPV6_MIN_MTU: u64 = 1280;

impl Device {
    /// The RTNL of its namespace.
    pub(super) fn lock<'a>(&'a self, rtnl: &'a Rtnl) -> RtnlNetPair<'a> {
        rtnl.lock_pair(self.net(), self.net())
    }

    /// Whether it has a master: it is a port of a bond, a bridge, a team or a VRF.
    pub(crate) fn has_master(&self, rtnl: &Rtnl) -> bool {
        let _ = rtnl;
        // SAFETY: `self` is valid, and RTNL is held.
        unsafe { ffi::hw_dev_has_master(self.as_ptr()) }
    }

    /// Whether it is a port of a VRF.
    pub(crate) fn is_vrf_port(&self) -> bool {
        // SAFETY: `self` is valid; this reads one of its flags.
        unsafe { ffi::hw_dev_is_vrf_port(self.as_ptr()) }
    }

    /// Has its master let go of it, if it has one.
    pub(crate) fn leave_master(&self, rtnl: &Rtnl) {
        let _locked = self.lock(rtnl);
        // SAFETY: As in `close()`; a master is in the namespace of what it has.
        unsafe { ffi::hw_dev_leave_master(self.as_ptr()) };
    }

    /// Sets it down, if it is up.
    pub(crate) fn close(&self, rtnl: &Rtnl) {
        let _locked = self.lock(rtnl);
        // SAFETY: `self` is valid, and RTNL is held, also that of its namespace.
        unsafe { ffi::dev_close(self.as_ptr()) };
    }

    /// Sets it up.
    pub(crate) fn open(&self, rtnl: &Rtnl) -> Result {
        let _locked = self.lock(rtnl);
        // SAFETY: As in `close()`; nobody wants an extended acknowledgement.
        to_result(unsafe { ffi::dev_open(self.as_ptr(), core::ptr::null_mut()) })
    }

    /// Has everybody hear of a change of its MTU, which is as it was in the end.
    ///
    /// Under one RTNL, so nobody sees the one between, or sets it meanwhile.
    pub(crate) fn touch_mtu(&self, rtnl: &Rtnl) -> Result {
        let set = |mtu| self.set_number(rtnl, setting::MTU, mtu);
        let mtu = self.number(setting::MTU);
        let (more, less) = (mtu.saturating_add(1), mtu.saturating_sub(1));
        // Large enough for IPv6 where that is possible: less would take its addresses.
        let (first, second) = if mtu > IPV6_MIN_MTU {
            (less, more)
        } else {
            (more, less)
        };
        // The driver has limits.
        set(first).or_else(|error| match second == mtu {
            // There is nothing less than 0.
            true => Err(error),
            false => set(second),
        })?;
        // It had this one just now: what refuses it may do so by chance.
        set(mtu).or_else(|_| set(mtu))
    }

    /// Sets its alias; an empty one removes it.
    pub(crate) fn set_alias(&self, rtnl: &Rtnl, alias: &[u8]) -> Result {
        let _locked = self.lock(rtnl);
        // SAFETY: As in `close()`; so many bytes are there, and are copied.
        to_result(unsafe { ffi::dev_set_alias(self.as_ptr(), alias.as_ptr().cast(), alias.len()) })
    }

    /// Tells whoever listens to rtnetlink in its namespace what it is like now. For what has been
    /// changed while it was down: of alternative names, group, alias and limits nobody is told then
    /// (`netif_state_change()`).
    pub(crate) fn announce(&self, rtnl: &Rtnl) {
        let _locked = self.lock(rtnl);
        let event = ffi::netdev_cmd_NETDEV_CHANGEINFODATA;
        // SAFETY: As in `close()`. Of this event `rtnetlink_event()` makes a message, and bonding
        // and a driver with bonds below look at whether the device is a bond.
        unsafe { ffi::call_netdevice_notifiers(event as usize, self.as_ptr()) };
    }

    /// Has everybody hear of its name who keeps one by himself.
    pub(crate) fn tell_name(&self, rtnl: &Rtnl) {
        let _locked = self.lock(rtnl);
        // SAFETY: As in `close()`.
        unsafe { ffi::hw_dev_tell_name(self.as_ptr()) };
    }

    /// Has it arrive under this name, which must be free where it goes. For the last notifier of a
    /// move, when it has left and not arrived yet; why it may be done is in arrival.c.
    pub(super) fn arrive_as(&self, rtnl: &Rtnl, name: &Name) {
        let _ = rtnl;
        // Two entries of one name would be on the list of all names.
        if self.name() == Some(*name) || self.has_altname(name.as_bytes()) {
            return;
        }
        // SAFETY: `self` is valid and moving, RTNL is held, and the name ends with NUL.
        unsafe { ffi::hw_dev_arrive_as(self.as_ptr(), name.as_bytes_with_nul().as_ptr().cast()) };
    }
}
