// SPDX-License-Identifier: GPL-2.0-only

//! What is recorded of a device when it leaves a namespace; charged to who moves it.

use kernel::prelude::*;

use crate::net::address::{
    Address,
    Family,
    LeftOut, //
};
use crate::net::device::{
    Device,
    ALIAS_SIZE, //
};
use crate::net::tcx::Tcx;
use crate::policy::naming::Name;
use crate::policy::settings::Settings;

/// How many bytes of alternative names are recorded for one home, NULs included. Names beyond that
/// are a tenant's flood, not a configuration: then none is recorded, and none is touched later.
const ALTNAMES_SIZE: usize = 1024;

/// How many addresses of each family are recorded for one home.
const ADDRESSES: usize = 32;

/// A namespace that a device left, and how it was there.
pub(crate) struct Home {
    /// Cookie of the namespace.
    pub(crate) cookie: u64,
    /// Name there.
    pub(crate) name: Name,
    /// Settings there.
    pub(crate) settings: Settings,
    /// Alias there, empty for none.
    pub(crate) alias: KVec<u8>,
    /// Alternative names there; `None` if they were too many.
    pub(crate) altnames: Option<Altnames>,
    /// Addresses there.
    pub(crate) addresses: Addresses,
    /// The tcx programs that were attached there; `None` if that is not known.
    pub(crate) tcx: Option<KVec<Tcx>>,
}

impl Home {
    /// How a device is now, in its present namespace; its addresses have to be given.
    pub(crate) fn record(dev: &Device, addresses: Addresses) -> Result<Home> {
        let mut buf = [0; ALIAS_SIZE];
        let mut alias = KVec::new();
        alias.extend_from_slice(dev.alias(&mut buf), GFP_KERNEL_ACCOUNT)?;
        let mut tcx = KVec::new();
        for one in dev.tcx() {
            tcx.push(one, GFP_KERNEL_ACCOUNT)?;
        }
        Ok(Home {
            cookie: dev.net().cookie(),
            name: dev.name().ok_or(EINVAL)?,
            settings: dev.settings(),
            alias,
            altnames: Altnames::record(dev)?,
            addresses,
            tcx: Some(tcx),
        })
    }

    /// How many bytes it takes.
    pub(crate) fn memory(&self) -> usize {
        size_of::<Home>()
            + self.alias.capacity()
            + self.altnames.as_ref().map_or(0, |names| names.0.capacity())
            + self.addresses.all.capacity() * size_of::<Address>()
            + self.tcx.as_ref().map_or(0, |tcx| tcx.capacity()) * size_of::<Tcx>()
    }
}

/// Alternative names of a device, each with its NUL.
pub(crate) struct Altnames(KVec<u8>);

impl Altnames {
    /// None.
    pub(crate) fn new() -> Self {
        Altnames(KVec::new())
    }

    /// Those that a device has now; `None` if they are too many.
    fn record(dev: &Device) -> Result<Option<Altnames>> {
        let mut names = Altnames::new();
        for name in dev.altnames() {
            if !names.add(name.as_ref())? {
                return Ok(None);
            }
        }
        Ok(Some(names))
    }

    /// Adds one; `false` if that would be too many.
    pub(crate) fn add(&mut self, name: &[u8]) -> Result<bool> {
        if self.0.len() + name.len() >= ALTNAMES_SIZE {
            return Ok(false);
        }
        self.0.extend_from_slice(name, GFP_KERNEL_ACCOUNT)?;
        self.0.push(0, GFP_KERNEL_ACCOUNT)?;
        Ok(true)
    }

    /// Each of them, without its NUL.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &[u8]> + Clone {
        self.0.split(|&b| b == 0).filter(|name| !name.is_empty())
    }

    /// Whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether this is one of them.
    pub(crate) fn contains(&self, name: &[u8]) -> bool {
        self.iter().any(|one| one == name)
    }
}

/// IPv4 and IPv6 addresses of a device.
pub(crate) struct Addresses {
    all: KVec<Address>,
    /// Those that it had besides.
    pub(crate) left_out: LeftOut,
}

impl Addresses {
    /// None.
    pub(crate) fn new() -> Self {
        Addresses {
            all: KVec::new(),
            left_out: LeftOut::default(),
        }
    }

    /// Those that a device has now.
    pub(crate) fn record(dev: &Device) -> Addresses {
        Addresses::record_of(dev, &[Family::V4, Family::V6])
    }

    /// Those of some families that a device has now.
    pub(crate) fn record_of(dev: &Device, families: &[Family]) -> Addresses {
        let mut recorded = Addresses::new();
        for &family in families {
            let left_out = Address::record(dev, family, ADDRESSES, &mut recorded.all);
            recorded.left_out = recorded.left_out.and(left_out);
        }
        recorded
    }

    /// Adds one.
    pub(crate) fn add(&mut self, address: Address) -> Result {
        if self.all.len() >= 2 * ADDRESSES {
            return Err(E2BIG);
        }
        Ok(self.all.push(address, GFP_KERNEL_ACCOUNT)?)
    }

    /// Adds those of the others that are not there.
    pub(crate) fn merge(&mut self, others: &Addresses) {
        self.left_out = self.left_out.and(others.left_out);
        for other in &others.all {
            if self.all.iter().any(|own| own.same(other)) {
                continue;
            }
            match self.add(*other) {
                Ok(()) => {}
                Err(error) if error == E2BIG => self.left_out.surplus += 1,
                Err(_) => self.left_out.lost += 1,
            }
        }
    }

    /// Forgets those of which `keep` does not hold.
    pub(crate) fn retain(&mut self, keep: impl Fn(&Address) -> bool) {
        self.all.retain(|address| keep(address));
    }

    /// Whether there are none, nor any that were left out.
    pub(crate) fn is_empty(&self) -> bool {
        self.all.is_empty() && self.left_out == LeftOut::default()
    }

    /// Each of them.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Address> {
        self.all.iter()
    }
}
