// SPDX-License-Identifier: GPL-2.0-only

//! The settings of fixed size of a device, read and changed as the table in `module/setters.c` says.

use kernel::error::to_result;
use kernel::prelude::*;

use crate::ffi;
use crate::net::compat::eopnotsupp;
use crate::net::device::Device;
use crate::net::rtnl::Rtnl;
use crate::policy::numbers::Numbers;
use crate::policy::settings::{
    Row,
    Settings,
    ADDRESS_SIZE,
    ROWS, //
};
use crate::uapi::{
    setting,
    Kind, //
};

/// How the kernel has a setting.
pub(super) fn in_kernel(id: u32) -> Option<&'static ffi::hw_setting> {
    // SAFETY: No requirements: NULL past the end, else an entry of a constant table.
    unsafe { ffi::hw_setting(id as usize).as_ref() }
}

/// What the kernel says of how an address was assigned: that it is the device's own, or that it was set.
pub(crate) fn address_assigned(own: bool) -> u64 {
    match own {
        true => ffi::NET_ADDR_PERM.into(),
        false => ffi::NET_ADDR_SET.into(),
    }
}

/// The `IFF_*` flags of those switches in a mask that are one.
pub(super) fn interface_flags(bits: u64) -> u32 {
    let ids = (0..u64::BITS).filter(|id| bits & 1 << id != 0);
    ids.filter_map(in_kernel)
        .fold(0, |flags, one| flags | one.flag)
}

/// The attribute of RTM_SETLINK for a setting, and how many bytes of a number it takes.
pub(super) fn link_attribute(id: u32) -> Option<(u32, usize)> {
    let one = in_kernel(id).filter(|one| one.link != 0)?;
    Some((one.link.into(), one.link_size.into()))
}

/// The list of numbers that a setting is.
fn list(one: &ffi::hw_setting) -> Option<&'static ffi::hw_list> {
    // SAFETY: NULL, or a constant (ethtool.c, queues.c, ip.c).
    unsafe { one.list.as_ref() }
}

/// Whether the kernel has a setting in the way that its row says.
fn agrees(row: &Row, one: &ffi::hw_setting) -> bool {
    let settable = one.flag != 0 || one.set.is_some() || one.set_bytes.is_some();
    let linked = one.flag != 0 || one.link != 0;
    let size = list(one).map_or(0, |list| list.size);
    match row.setting.kind {
        Kind::Number(_) | Kind::Switch | Kind::Address => {
            let by_pf = one.vf_op != 0;
            row.has_call() == settable
                && row.has_link() == linked
                && row.is_of_pf() == by_pf
                && size == 0
        }
        Kind::Numbers(numbers) => {
            let by_call = list(one).is_some_and(|list| list.set.is_some());
            row.has_call() == by_call && !settable && !linked && usize::from(size) == numbers.len()
        }
        // The alias and the names.
        Kind::Text(_) | Kind::Texts(_) | Kind::Apart => !settable && !linked && size == 0,
    }
}

/// Compares the two tables of settings; a difference is told, and is `EINVAL`.
pub(crate) fn check() -> Result {
    for row in &ROWS {
        let theirs = in_kernel(row.setting.id).ok_or(EINVAL)?;
        // SAFETY: A string literal of the table's.
        let name = unsafe { CStr::from_char_ptr(theirs.name) };
        if name.to_bytes() != row.setting.name.as_bytes() || !agrees(row, theirs) {
            pr_err!("the tables of settings differ: {}\n", row.setting.name);
            return Err(EINVAL);
        }
    }
    match in_kernel(ROWS.len() as u32) {
        None => Ok(()),
        Some(_) => Err(EINVAL),
    }
}

impl Device {
    /// Its settings of fixed size, without those that a PF has for it.
    pub(crate) fn settings(&self) -> Settings {
        let mut settings = Settings::default();
        for row in &ROWS {
            let id = row.setting.id;
            settings.set_number(id, self.number(id));
            settings.set_address(id, self.address(id));
        }
        settings.lack_those_of_pf();
        settings
    }

    /// A setting that is a number, of a switch 0 or 1; 0 for what is neither.
    pub(crate) fn number(&self, id: u32) -> u64 {
        let get = |one: &ffi::hw_setting| {
            // SAFETY: `self` is valid, and what the table names changes under RTNL only, or is looked at
            // by the kernel itself without a lock, too (net-sysfs.c, `netdev_show()`).
            unsafe { ffi::hw_setting_get(one, self.as_ptr()) }
        };
        in_kernel(id).map_or(0, get)
    }

    /// A setting that is a link-layer address; empty for what is none.
    fn address(&self, id: u32) -> &[u8] {
        let Some(one) = in_kernel(id) else { return &[] };
        // SAFETY: `self` is valid, and an address changes under RTNL only. `dev_addr` points to
        // MAX_ADDR_LEN (32) bytes from registration on (`dev_addr_init()`), `broadcast` is as many.
        unsafe {
            let bytes = ffi::hw_setting_get_bytes(one, self.as_ptr());
            match bytes.is_null() {
                true => &[],
                false => core::slice::from_raw_parts(bytes, self.address_len()),
            }
        }
    }

    /// The link-layer address that it has of its own (`perm_addr`), if it has one.
    pub(crate) fn permanent_address(&self) -> Option<&[u8]> {
        // SAFETY: `self` is valid, and this is written before a device is registered, or under RTNL.
        let all = unsafe { &(*self.as_ptr()).perm_addr };
        let own = &all[..self.address_len()];
        // As for rtnetlink (`rtnl_fill_ifinfo()`).
        own.iter().any(|&byte| byte != 0).then_some(own)
    }

    /// The length of its link-layer addresses.
    pub(super) fn address_len(&self) -> usize {
        // SAFETY: `self` is valid; the length is fixed while a device is registered, or changes
        // under RTNL only.
        let len = unsafe { (*self.as_ptr()).addr_len };
        usize::from(len).min(ADDRESS_SIZE)
    }

    /// Sets a number; `EOPNOTSUPP` if the kernel exports no call for it.
    pub(crate) fn set_number(&self, rtnl: &Rtnl, id: u32, value: u64) -> Result {
        let one = in_kernel(id).ok_or_else(eopnotsupp)?;
        let _locked = self.lock(rtnl);
        // SAFETY: As in `close()`. What rtnetlink refuses is refused, too (setters.c); for the rest
        // each number will do.
        to_result(unsafe { ffi::hw_setting_set(one, self.as_ptr(), value) })
    }

    /// Sets a link-layer address; `EINVAL` if that has not the length of its own.
    pub(crate) fn set_address(&self, rtnl: &Rtnl, id: u32, address: &[u8]) -> Result {
        let one = in_kernel(id).ok_or_else(eopnotsupp)?;
        if address.len() != self.address_len() {
            return Err(EINVAL);
        }
        let mut bytes = [0; ADDRESS_SIZE];
        bytes[..address.len()].copy_from_slice(address);
        let _locked = self.lock(rtnl);
        // SAFETY: As in `close()`; there are as many bytes as an address may have.
        to_result(unsafe { ffi::hw_setting_set_bytes(one, self.as_ptr(), bytes.as_ptr()) })
    }

    /// A setting that is a list of numbers; `None` for what is none, or if the driver does not have it.
    /// Takes the instance lock.
    pub(crate) fn numbers(&self, rtnl: &Rtnl, id: u32) -> Option<Numbers> {
        let list = in_kernel(id).and_then(list)?;
        let _ = rtnl;
        let mut numbers = Numbers::of(id);
        let to = numbers.as_mut_slice().as_mut_ptr();
        // SAFETY: `self` is valid, and RTNL is held. There is room for so many numbers (`check()`).
        let read = to_result(unsafe { ffi::hw_list_get(list, self.as_ptr(), to) });
        read.is_ok().then_some(numbers)
    }

    /// A list of numbers as it is to be recorded: those that the device has from its namespace, and would
    /// have from it now, are open. Takes the instance lock.
    pub(crate) fn own_numbers(&self, rtnl: &Rtnl, id: u32) -> Option<Numbers> {
        let numbers = self.numbers(rtnl, id)?;
        if id != setting::IPV4_CONF {
            return Some(numbers);
        }
        // SAFETY: `self` is valid, and RTNL is held.
        Some(numbers.open(unsafe { ffi::hw_ipv4_conf_inherited(self.as_ptr()) }))
    }

    /// Sets a list of numbers. Takes the instance lock.
    pub(crate) fn set_numbers(&self, rtnl: &Rtnl, id: u32, numbers: &Numbers) -> Result {
        let list = in_kernel(id).and_then(list).ok_or_else(eopnotsupp)?;
        let numbers = numbers.as_slice();
        if list.set.is_none() || numbers.len() != usize::from(list.size) {
            return Err(EINVAL);
        }
        let _locked = self.lock(rtnl);
        // SAFETY: As in `close()`; there are so many numbers. What ethtool refuses is refused, too
        // (ethtool.c, queues.c).
        to_result(unsafe { ffi::hw_list_set(list, self.as_ptr(), numbers.as_ptr()) })
    }

    /// Sets those switches of a mask that are interface flags as they are in `wanted`.
    pub(crate) fn set_flags(&self, rtnl: &Rtnl, wanted: &Settings, bits: u64) -> Result {
        let on = interface_flags(bits & wanted.switches());
        let flags = self.flags() & !interface_flags(bits) | on;
        if flags == self.flags() {
            return Ok(());
        }
        let _locked = self.lock(rtnl);
        // SAFETY: As in `close()`. Flags that nobody may set are passed over
        // (`__dev_change_flags()`), and up is as it was.
        to_result(unsafe { ffi::dev_change_flags(self.as_ptr(), flags, core::ptr::null_mut()) })
    }
}
