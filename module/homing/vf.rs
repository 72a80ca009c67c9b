// SPDX-License-Identifier: GPL-2.0-only

//! What the PF of a VF has set for it: put back through the PF, in whatever namespace that is.
//!
//! Only as a home tells it that has power over the PF, and only at that home ([`Device::settings_for()`],
//! [`super::plan`]).

use kernel::prelude::*;

use super::journey::Journey;
use crate::failures::Failures;
use crate::net::device::Device;
use crate::net::namespace::Net;
use crate::net::rtnl::Rtnl;
use crate::policy::settings::{
    self,
    bit,
    Settings,
    OF_PF,
    ROWS, //
};
use crate::uapi::setting;

/// A VF, and what it is to be like at a home.
pub(super) struct Vf<'a> {
    pub(super) rtnl: &'a Rtnl,
    pub(super) device: &'a Device,
    pub(super) home: &'a Net,
    pub(super) wanted: &'a Settings,
}

impl Vf<'_> {
    /// Puts back those of these settings that its PF has, and with its address there its own.
    pub(super) fn put_back(&self, bits: u64) -> Failures {
        let mut failures = Failures::default();
        if bits & OF_PF == 0 {
            return failures;
        }
        let both = bit(setting::ADDRESS) | bit(setting::VF_ADDRESS);
        if bits & both == both {
            self.put_address_back(&mut failures);
        }
        let differing = self.wanted.differing(&self.now()) & bits & OF_PF;
        for row in settings::rows(differing).filter(|row| row.is_whole()) {
            if let Err(error) = self.have_set(row.setting.id, self.wanted) {
                failures.push(row.setting.id, error);
            }
        }
        failures
    }

    /// The VF's own driver first: once a PF has set an address, many a driver holds the VF to it. It is
    /// what holds the VF to another one, too; igb to any, unless it trusts the VF.
    fn put_address_back(&self, failures: &mut Failures) {
        let done = self.set_own_address().or_else(|_| {
            self.have_set(setting::VF_ADDRESS, self.wanted)?;
            self.set_own_address()
        });
        let now = self.now();
        if done.is_err() && !now.lacks(setting::VF_TRUST) && !now.is_on(setting::VF_TRUST) {
            let mut trusted = now;
            trusted.set_number(setting::VF_TRUST, 1);
            if self.have_set(setting::VF_TRUST, &trusted).is_ok() {
                // What is refused is surveyed after the move.
                let _ = self.set_own_address();
                if let Err(error) = self.have_set(setting::VF_TRUST, &now) {
                    failures.push(setting::VF_TRUST, error);
                }
            }
        }
    }

    fn now(&self) -> Settings {
        self.device.settings_for(self.home)
    }

    fn set_own_address(&self) -> Result {
        match self
            .wanted
            .differs(&self.device.settings(), setting::ADDRESS)
        {
            true => {
                let address = self.wanted.address(setting::ADDRESS);
                self.device
                    .set_address(self.rtnl, setting::ADDRESS, address)
            }
            false => Ok(()),
        }
    }

    fn have_set(&self, id: u32, wanted: &Settings) -> Result {
        let row = &ROWS[id as usize];
        self.device.set_by_pf(self.rtnl, self.home, wanted, row)
    }
}

/// Puts back those that differ, after the move.
pub(super) fn put_back_at_home(journey: &mut Journey, differing: u64) -> Result {
    let home = journey.home.clone().ok_or(ENODEV)?;
    let rtnl = Rtnl::lock();
    let device = journey.find(&rtnl).ok_or(ENODEV)?;
    let vf = Vf {
        rtnl: &rtnl,
        device,
        home: &journey.target,
        wanted: &home.values.fixed_size,
    };
    let failures = vf.put_back(differing);
    for &(id, error) in failures.as_slice() {
        journey.note(id, Err(error));
    }
    Ok(())
}
