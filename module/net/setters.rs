// SPDX-License-Identifier: GPL-2.0-only

//! Changing a device by itself, as rtnetlink would: by the same calls where the kernel exports them.
//!
//! All of it under RTNL, and not from a notifier: the instance lock is taken here.

use kernel::error::to_result;
use kernel::prelude::*;

use crate::ffi;
use crate::net::compat::eopnotsupp;
use crate::net::device::{
    Device,
    FLAGS, //
};
use crate::net::rtnl::{
    Rtnl,
    RtnlNetPair, //
};
use crate::policy::naming::Name;
use crate::policy::settings::{
    self,
    ADDRESS_SIZE, //
};
use crate::uapi::home;

/// Less MTU than this is too little for IPv6 (`IPV6_MIN_MTU`).
const IPV6_MIN_MTU: u32 = 1280;

impl Device {
    /// The RTNL of its namespace.
    fn lock<'a>(&'a self, rtnl: &'a Rtnl) -> RtnlNetPair<'a> {
        rtnl.lock_pair(self.net(), self.net())
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

    /// Sets its MTU, in bytes.
    pub(crate) fn set_mtu(&self, rtnl: &Rtnl, mtu: u32) -> Result {
        let _locked = self.lock(rtnl);
        // SAFETY: As in `close()`. The kernel refuses what is out of range (`dev_validate_mtu()`).
        to_result(unsafe { ffi::dev_set_mtu(self.as_ptr(), mtu as c_int) })
    }

    /// Has everybody hear of a change of its MTU, which is as it was in the end.
    ///
    /// Under one RTNL, so nobody sees the one between, or sets it meanwhile.
    pub(crate) fn touch_mtu(&self, rtnl: &Rtnl) -> Result {
        let mtu = self.number(home::MTU) as u32;
        let (more, less) = (mtu.saturating_add(1), mtu.saturating_sub(1));
        // Large enough for IPv6 where that is possible: less would take its addresses.
        let (first, second) = if mtu > IPV6_MIN_MTU {
            (less, more)
        } else {
            (more, less)
        };
        // The driver has limits.
        self.set_mtu(rtnl, first)
            .or_else(|error| match second == mtu {
                // There is nothing less than 0.
                true => Err(error),
                false => self.set_mtu(rtnl, second),
            })?;
        // It had this one just now: what refuses it may do so by chance.
        let back = || self.set_mtu(rtnl, mtu);
        back().or_else(|_| back())
    }

    /// Sets its link-layer address; `EINVAL` if that has not the length of its own.
    pub(crate) fn set_address(&self, rtnl: &Rtnl, address: &settings::Address) -> Result {
        let bytes = self.link_layer(address)?;
        let _locked = self.lock(rtnl);
        // SAFETY: As in `close()`; there are as many bytes as an address may have.
        to_result(unsafe { ffi::hw_dev_set_address(self.as_ptr(), bytes.as_ptr()) })
    }

    /// Sets its link-layer broadcast address; `EINVAL` if that has not the length of its own.
    pub(crate) fn set_broadcast(&self, rtnl: &Rtnl, address: &settings::Address) -> Result {
        let bytes = self.link_layer(address)?;
        let _locked = self.lock(rtnl);
        // SAFETY: As in `set_address()`.
        unsafe { ffi::hw_dev_set_broadcast(self.as_ptr(), bytes.as_ptr()) };
        Ok(())
    }

    fn link_layer(&self, address: &settings::Address) -> Result<[u8; ADDRESS_SIZE]> {
        // SAFETY: `self` is valid; the length is fixed while a device is registered, or changes
        // under RTNL only.
        let len = unsafe { (*self.as_ptr()).addr_len };
        let own = address.as_bytes();
        if own.len() != usize::from(len) {
            return Err(EINVAL);
        }
        let mut bytes = [0; ADDRESS_SIZE];
        bytes[..own.len()].copy_from_slice(own);
        Ok(bytes)
    }

    /// Sets those of the switches `change` that are interface flags to what `on` has.
    pub(crate) fn set_flags(&self, rtnl: &Rtnl, on: u32, change: u32) -> Result {
        let mut flags = self.flags();
        for (bit, flag) in FLAGS {
            if change & bit != 0 {
                flags = if on & bit != 0 {
                    flags | flag
                } else {
                    flags & !flag
                };
            }
        }
        if flags == self.flags() {
            return Ok(());
        }
        let _locked = self.lock(rtnl);
        // SAFETY: As in `close()`. Flags that nobody may set are passed over
        // (`__dev_change_flags()`), and up is as it was.
        to_result(unsafe { ffi::dev_change_flags(self.as_ptr(), flags, core::ptr::null_mut()) })
    }

    /// Sets its alias; an empty one removes it.
    pub(crate) fn set_alias(&self, rtnl: &Rtnl, alias: &[u8]) -> Result {
        let _locked = self.lock(rtnl);
        // SAFETY: As in `close()`; so many bytes are there, and are copied.
        to_result(unsafe { ffi::dev_set_alias(self.as_ptr(), alias.as_ptr().cast(), alias.len()) })
    }

    /// Sets the number with this attribute of the set `home`; `EOPNOTSUPP` if that takes rtnetlink.
    pub(crate) fn set_number(&self, rtnl: &Rtnl, attribute: u16, value: u64) -> Result {
        let _locked = self.lock(rtnl);
        let dev = self.as_ptr();
        let short = value as u32;
        // SAFETY: As in `close()`. What rtnetlink refuses is refused, too (setters.c); for the rest
        // each number will do.
        to_result(unsafe {
            match attribute {
                home::TXQLEN => ffi::hw_dev_set_txqlen(dev, short),
                home::GROUP => ffi::hw_dev_set_group(dev, short),
                home::GSO_MAX_SIZE => ffi::hw_dev_set_gso_max_size(dev, short),
                home::GSO_MAX_SEGS => ffi::hw_dev_set_gso_max_segs(dev, short),
                home::GRO_MAX_SIZE => ffi::hw_dev_set_gro_max_size(dev, short),
                home::GSO_IPV4_MAX_SIZE => ffi::hw_dev_set_gso_ipv4_max_size(dev, short),
                home::GRO_IPV4_MAX_SIZE => ffi::hw_dev_set_gro_ipv4_max_size(dev, short),
                home::LINK_MODE => ffi::hw_dev_set_link_mode(dev, value as u8),
                home::GRO_FLUSH_TIMEOUT => ffi::hw_dev_set_gro_flush_timeout(dev, value as usize),
                home::NAPI_DEFER_HARD_IRQS => ffi::hw_dev_set_defer_hard_irqs(dev, short),
                home::ADDR_ASSIGN_TYPE => ffi::hw_dev_set_addr_assign_type(dev, value as u8),
                _ => return Err(eopnotsupp()),
            }
        })
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
