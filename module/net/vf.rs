// SPDX-License-Identifier: GPL-2.0-only

//! What the PF of a VF has set for it (`module/vf.c`).

use core::mem::MaybeUninit;

use kernel::error::to_result;
use kernel::prelude::*;

use crate::ffi;
use crate::net::device::Device;
use crate::net::namespace::Net;
use crate::net::rtnl::Rtnl;
use crate::net::settings::in_kernel;
use crate::policy::settings::{
    Row,
    Settings,
    ADDRESS_SIZE,
    ROWS, //
};
use crate::uapi::Kind;

/// A VF as its PF has it.
struct Vf<'a> {
    pf: &'a Device,
    info: ffi::ifla_vf_info,
}

impl Device {
    /// The PF of a VF, if the namespace `home` has power over it: the initial one over any, another one
    /// over those in it. So no home of a tenant says what a PF of the host is to set.
    fn pf_for(&self, home: &Net) -> Option<&Device> {
        // SAFETY: `self` is valid; what has it as its parent's VF stays so under RTNL.
        let pf = unsafe { ffi::hw_vf_pf(self.as_ptr()) };
        // SAFETY: A device found is registered, and RTNL keeps it so.
        let pf = (!pf.is_null()).then(|| unsafe { Device::from_raw(pf) })?;
        (home.is_initial() || home.cookie() == pf.net().cookie()).then_some(pf)
    }

    /// What its PF has set for it; `ENODEV` if it is no VF, or none that this home has power over.
    fn vf(&self, home: &Net) -> Result<Vf<'_>> {
        let pf = self.pf_for(home).ok_or(ENODEV)?;
        let mut info = MaybeUninit::uninit();
        // SAFETY: Both are registered and RTNL is held; `pf` is the PF of `self`.
        to_result(unsafe { ffi::hw_vf_get(pf.as_ptr(), self.as_ptr(), info.as_mut_ptr()) })?;
        Ok(Vf {
            pf,
            // SAFETY: Without an error all of it has been written.
            info: unsafe { info.assume_init() },
        })
    }

    /// Its settings of fixed size, with those that its PF has for it, as far as they are for this home.
    pub(crate) fn settings_for(&self, home: &Net) -> Settings {
        let mut settings = self.settings();
        if let Ok(vf) = self.vf(home) {
            for row in ROWS.iter().filter(|row| row.is_of_pf()) {
                vf.read(row, self, &mut settings);
            }
        }
        settings
    }

    /// Has its PF set one of the settings of `wanted`, with the parts of that setting.
    pub(crate) fn set_by_pf(
        &self,
        rtnl: &Rtnl,
        home: &Net,
        wanted: &Settings,
        row: &Row,
    ) -> Result {
        let mut vf = self.vf(home)?;
        for part in ROWS.iter().filter(|part| part.bit() == row.bit()) {
            vf.write(part, wanted);
        }
        let one = in_kernel(row.setting.id).ok_or(EINVAL)?;
        let _locked = vf.pf.lock(rtnl);
        // SAFETY: As in `vf()`, with the RTNL of its namespace; it is about the VF that was read.
        to_result(unsafe { ffi::hw_vf_set(vf.pf.as_ptr(), one, &raw mut vf.info) })
    }
}

impl Vf<'_> {
    /// Reads a setting, if the driver tells it and can set it.
    fn read(&self, row: &Row, device: &Device, to: &mut Settings) {
        let id = row.setting.id;
        let Some(one) = in_kernel(id) else { return };
        // SAFETY: `pf` is valid, and its operations are constant.
        if !unsafe { ffi::hw_vf_settable(self.pf.as_ptr(), one) } {
            return;
        }
        // SAFETY: `info` is valid, and the setting one of it.
        let number = u64::from(unsafe { ffi::hw_vf_number(one, &raw const self.info) });
        match row.setting.kind {
            Kind::Address => {
                let len = device.address_len();
                to.set_address(id, &self.info.mac[..len]);
            }
            Kind::Number(most) if number <= most => to.set_number(id, number),
            Kind::Switch if number <= 1 => to.set_number(id, number),
            _ => {}
        }
    }

    /// Writes a setting, if it is known.
    fn write(&mut self, row: &Row, from: &Settings) {
        let id = row.setting.id;
        if from.lacks(id) {
            return;
        }
        if row.setting.kind == Kind::Address {
            let mut bytes = [0; ADDRESS_SIZE];
            let address = from.address(id);
            bytes[..address.len()].copy_from_slice(address);
            self.info.mac = bytes;
        } else if let Some(one) = in_kernel(id) {
            // SAFETY: As in `read()`. A number of a VF has 32 bits.
            unsafe { ffi::hw_vf_set_number(one, &raw mut self.info, from.number(id) as u32) };
        }
    }
}
