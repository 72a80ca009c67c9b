// SPDX-License-Identifier: GPL-2.0-only

//! Devices that want the same name at the same home: the first gets it.
//!
//! In a death and in a recall those before a device have gone already, or are about to go with it, or stay.
//! A preview has to know of those before it in its namespace: a dump, which comes by them all, keeps count;
//! for one device alone they are looked for.

use kernel::prelude::*;
use kernel::rbtree::RBTree;

use crate::net::device::Device;
use crate::net::rtnl::Rtnl;
use crate::policy::naming::Name;
use crate::state::State;

/// The name that a device wants where it goes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Claim {
    /// The cookie of the namespace.
    pub(crate) there: u64,
    /// The name.
    pub(crate) name: Name,
}

/// How many devices of one namespace, of those that a dump has come by, have which claim.
pub(crate) struct Claims {
    from: u64,
    counts: RBTree<Claim, u32>,
    /// The names that devices are going to arrive under which have not left yet.
    promised: RBTree<Claim, ()>,
}

impl Default for Claims {
    fn default() -> Self {
        Claims {
            from: 0,
            counts: RBTree::new(),
            promised: RBTree::new(),
        }
    }
}

impl Claims {
    /// Those of devices of the namespace of this cookie; forgets those of another one.
    pub(crate) fn of(&mut self, cookie: u64) -> &mut Self {
        if self.from != cookie {
            *self = Claims {
                from: cookie,
                ..Claims::default()
            };
        }
        self
    }

    fn count(&self, claim: &Claim) -> u32 {
        self.counts.get(claim).copied().unwrap_or(0)
    }

    /// A device is going to arrive under this name.
    pub(crate) fn promise(&mut self, claim: Claim) -> Result {
        self.promised.try_create_and_insert(claim, (), GFP_KERNEL)?;
        Ok(())
    }

    /// One device more.
    pub(crate) fn add(&mut self, claim: Claim) -> Result {
        if let Some(count) = self.counts.get_mut(&claim) {
            *count += 1;
            return Ok(());
        }
        // Charged to who dumps, as it stays until the dump is read.
        self.counts
            .try_create_and_insert(claim, 1, GFP_KERNEL_ACCOUNT)?;
        Ok(())
    }
}

/// The devices that take their names before one that is looked at.
#[derive(Clone, Copy)]
pub(crate) enum Ahead<'a> {
    /// None: it goes now.
    Nobody,
    /// All before it in its namespace, in the order of a death; they are to be looked for.
    Unknown,
    /// Those, with these claims.
    Known(&'a Claims),
}

impl Ahead<'_> {
    /// Whether one of them is going to arrive under this name.
    pub(crate) fn has_promised(&self, claim: &Claim) -> bool {
        matches!(self, Ahead::Known(claims) if claims.promised.get(claim).is_some())
    }
}

impl State {
    /// How many devices ahead of one have the same claim.
    pub(crate) fn rivals(
        &self,
        rtnl: &Rtnl,
        device: &Device,
        claim: &Claim,
        ahead: Ahead<'_>,
    ) -> u32 {
        match ahead {
            Ahead::Nobody => 0,
            Ahead::Unknown => self.find_rivals(rtnl, device, claim),
            Ahead::Known(claims) => claims.count(claim),
        }
    }

    fn find_rivals(&self, rtnl: &Rtnl, device: &Device, claim: &Claim) -> u32 {
        let mut rivals = 0;
        let mut from = 0;
        while let Some(other) = Device::find_from(rtnl, device.net(), from) {
            from = other.ifindex() + 1;
            if other.id() == device.id() {
                break;
            }
            if self.may_want(other, &claim.name) && self.claim(other) == Some(*claim) {
                rivals += 1;
            }
        }
        rivals
    }

    /// Whether this name is one that a device could want, wherever it goes. Quick.
    fn may_want(&self, device: &Device, name: &Name) -> bool {
        let devices = self.devices.lock();
        let record = devices.record(device);
        let baseline = record.baseline.as_ref();
        record.home_name == Some(*name)
            || baseline.is_some_and(|baseline| baseline.home.name == *name)
            || record.homes.iter().any(|home| home.name == *name)
            || device.name() == Some(*name)
    }

    /// What a device would claim if its namespace died.
    fn claim(&self, device: &Device) -> Option<Claim> {
        let outlook = self.outlook(device);
        let goal = self.heading(device, outlook.verdict, outlook.home)?;
        Some(Claim {
            there: goal.net.cookie(),
            name: self.wanted_name(device, &goal)?,
        })
    }
}
