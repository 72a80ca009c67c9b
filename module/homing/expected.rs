// SPDX-License-Identifier: GPL-2.0-only

//! What a device is to be like where it goes, by three sources, the first of which outranks the others:
//! the values that a rule fixes, its baseline, and what it was like when it left.

use kernel::prelude::*;
use kernel::sync::Arc;

use crate::driver::Driver;
use crate::net::device::Device;
use crate::net::namespace::Net;
use crate::policy::settings::{
    self,
    bit, //
};
use crate::recorded::{
    Addresses,
    Baseline,
    Home, //
};
use crate::rules::Fixed;
use crate::state::State;
use crate::uapi::{
    setting,
    setting_source, //
};

/// Which settings have their values from where, bit n for number n; the others are as the device left.
#[derive(Clone, Copy, Default)]
pub(crate) struct Sources {
    /// A rule.
    pub(crate) rule: u64,
    /// The baseline.
    pub(crate) baseline: u64,
}

impl Sources {
    /// Those that are not as the device left.
    pub(crate) fn all(&self) -> u64 {
        self.rule | self.baseline
    }

    /// The number in the protocol of where one comes from.
    pub(crate) fn uapi(&self, id: u32) -> u32 {
        match 1 << id {
            bit if self.rule & bit != 0 => setting_source::RULE,
            bit if self.baseline & bit != 0 => setting_source::BASELINE,
            _ => setting_source::DEPARTURE,
        }
    }
}

/// What a device is to be like.
pub(super) struct Expected {
    /// All of it; `None` if nothing is known of it, and nothing wanted.
    pub(super) home: Option<Arc<Home>>,
    /// A mask of what is known or wanted of it.
    pub(super) known: u64,
    pub(super) sources: Sources,
}

impl Expected {
    fn as_it_left(there: &Net, departure: Option<Arc<Home>>) -> Expected {
        let elsewhere = departure
            .as_ref()
            .is_some_and(|home| home.cookie != there.cookie());
        Expected {
            home: departure,
            // What its PF is to set for it there, no other home says.
            known: if elsewhere { !settings::OF_PF } else { !0 },
            sources: Sources::default(),
        }
    }

    /// `departure` changed by the others; with `fixed` comes the address that the device had of its own.
    fn compose(
        device: &Device,
        there: &Net,
        departure: Option<&Home>,
        baseline: Option<&Baseline>,
        fixed: Option<(&Fixed, Option<&[u8]>)>,
    ) -> Result<Expected> {
        let (mut home, mut known) = match departure {
            Some(home) => (home.copy()?, !0),
            // What nobody knows or wants is as it is. Its name is its own, and it may be set up.
            None => (
                Home::record(device, Driver::default(), Addresses::new())?,
                bit(setting::NAME) | bit(setting::UP),
            ),
        };
        if home.cookie != there.cookie() {
            home.values.fixed_size.lack_those_of_pf();
        }
        let mut sources = Sources::default();
        if let Some(baseline) = baseline {
            home.cookie = there.cookie();
            home.name = baseline.home.name;
            let values = &baseline.home.values;
            home.values.put(values, baseline.ids)?;
            // What it had from its namespace it is to have from there, whatever it was when it left.
            home.values.lists.replace(&values.lists, baseline.ids)?;
            home.addresses = baseline.home.addresses.copy()?;
            sources.baseline = baseline.ids;
            known |= bit(setting::ADDRESSES);
        }
        if let Some((fixed, own)) = fixed {
            sources.rule = fixed.put(device, there, own, &mut home.values)?;
            sources.baseline &= !sources.rule;
        }
        Ok(Expected {
            home: Some(Arc::new(home, GFP_KERNEL)?),
            known: known | settings::bits_of(sources.all()),
            sources,
        })
    }
}

impl State {
    /// What a device is to be like in a namespace, where it was so when it left.
    ///
    /// Without memory for anything else, as it was when it left.
    pub(super) fn expected(
        &self,
        device: &Device,
        there: &Net,
        departure: Option<Arc<Home>>,
        baseline: Option<&Baseline>,
        fixed: Option<&Fixed>,
    ) -> Expected {
        let baseline = baseline.filter(|_| there.is_initial());
        if baseline.is_none() && fixed.is_none() {
            return Expected::as_it_left(there, departure);
        }
        // What it was like elsewhere says less than the baseline.
        let of_here = |home: &&Arc<Home>| baseline.is_none() || home.cookie == there.cookie();
        let known = departure.as_ref().filter(of_here).map(|home| &**home);
        let own = departure.as_ref().and_then(|home| home.permanent_address());
        let fixed = fixed.map(|fixed| (fixed, own));
        Expected::compose(device, there, known, baseline, fixed).unwrap_or_else(|_| {
            self.stats.no_memory.add(1);
            Expected::as_it_left(there, departure)
        })
    }
}
