// SPDX-License-Identifier: GPL-2.0-only

//! What is recorded of a device when it leaves a namespace; charged to who moves it.

use kernel::prelude::*;

use crate::driver::{
    Driver,
    Lists, //
};
use crate::net::address::{
    Address,
    Family,
    LeftOut, //
};
use crate::net::device::{
    Device,
    ALIAS_SIZE, //
};
use crate::net::programs::Attached;
use crate::net::route::Routes;
use crate::net::rtnl::Rtnl;
use crate::net::settings::address_assigned;
use crate::net::steering::Steering;
use crate::policy::naming::Name;
use crate::policy::settings::{
    self,
    Settings, //
};
use crate::uapi::setting;

/// How many bytes of alternative names are recorded for one home, NULs included. Names beyond that
/// are a tenant's flood, not a configuration: then none is recorded, and none is touched later.
const ALTNAMES_SIZE: usize = 1024;

/// How many addresses of each family are recorded for one home.
const ADDRESSES: usize = 32;

/// The values of settings.
#[derive(Default)]
pub(crate) struct Values {
    /// Those of fixed size.
    pub(crate) fixed_size: Settings,
    /// Lists of numbers, those that the driver has.
    pub(crate) lists: Lists,
    /// Alias, empty for none.
    pub(crate) alias: KVec<u8>,
    /// Alternative names; `None` if they were too many.
    pub(crate) altnames: Option<Altnames>,
}

impl Values {
    /// Those that a device has now.
    fn record(dev: &Device, lists: Lists) -> Result<Values> {
        let mut buf = [0; ALIAS_SIZE];
        Ok(Values {
            fixed_size: dev.settings_for(dev.net()),
            lists,
            alias: copy_of(dev.alias(&mut buf))?,
            altnames: Altnames::record(dev)?,
        })
    }

    /// The same once more.
    pub(crate) fn copy(&self) -> Result<Values> {
        let mut copy = Values::default();
        copy.put(self, !0)?;
        Ok(copy)
    }

    /// Takes those of the settings with these numbers (bit n for number n) from others.
    pub(crate) fn put(&mut self, others: &Values, ids: u64) -> Result {
        self.fixed_size.put(&others.fixed_size, ids);
        self.lists.put(&others.lists, ids)?;
        if ids & 1 << setting::ALIAS != 0 {
            self.alias = copy_of(&others.alias)?;
        }
        if ids & 1 << setting::ALTNAMES != 0 {
            let names = others.altnames.as_ref();
            let copy = names.map(|names| copy_of(&names.0).map(Altnames));
            self.altnames = copy.transpose()?;
        }
        Ok(())
    }

    /// Whether there are alternative names.
    pub(crate) fn has_altnames(&self) -> bool {
        self.altnames
            .as_ref()
            .is_some_and(|names| !names.0.is_empty())
    }

    /// How many bytes they take elsewhere.
    pub(crate) fn memory(&self) -> usize {
        self.lists.memory()
            + self.alias.capacity()
            + self.altnames.as_ref().map_or(0, |names| names.0.capacity())
    }
}

/// Programs that were attached to a device. Most have none.
pub(crate) struct Programs {
    /// Of XDP; `None` if that is not known.
    pub(crate) xdp: Option<KVec<Attached>>,
    /// Of tcx; `None` if that is not known.
    pub(crate) tcx: Option<KVec<Attached>>,
}

impl Programs {
    /// Those of a device as it is now.
    fn of(dev: &Device) -> Result<Programs> {
        Ok(Programs {
            xdp: Some(collect(dev.xdp().map(|(_, one)| one))?),
            tcx: Some(collect(dev.tcx())?),
        })
    }

    /// In a place of their own, if there are any or that is not known.
    pub(crate) fn boxed(self) -> Result<Option<KBox<Programs>>> {
        let are_none = |all: &Option<KVec<_>>| all.as_ref().is_some_and(|all| all.is_empty());
        match are_none(&self.xdp) && are_none(&self.tcx) {
            true => Ok(None),
            false => Ok(Some(KBox::new(self, GFP_KERNEL_ACCOUNT)?)),
        }
    }

    fn copy(&self) -> Result<Programs> {
        let copy = |all: &Option<KVec<_>>| all.as_ref().map(|all| copy_of(all)).transpose();
        Ok(Programs {
            xdp: copy(&self.xdp)?,
            tcx: copy(&self.tcx)?,
        })
    }

    fn memory(&self) -> usize {
        let all = [&self.xdp, &self.tcx].map(|all| all.as_ref().map_or(0, |all| all.capacity()));
        size_of::<Programs>() + all.iter().sum::<usize>() * size_of::<Attached>()
    }
}

/// A namespace that a device left, and how it was there.
pub(crate) struct Home {
    /// Cookie of the namespace.
    pub(crate) cookie: u64,
    /// No tenant made that: one of a tenant's gives way before it.
    pub(crate) of_initial_user_ns: bool,
    /// Name there.
    pub(crate) name: Name,
    /// Index there, 0 if that is not known.
    pub(crate) ifindex: u32,
    /// Settings there.
    pub(crate) values: Values,
    /// Addresses there.
    pub(crate) addresses: Addresses,
    /// Programs that were attached there; `None` if there were none.
    pub(crate) programs: Option<KBox<Programs>>,
    /// What steered packets there; `None` if that is not known.
    pub(crate) steering: Option<KVec<Steering>>,
    /// The link-layer address that it had of its own there, unless `values` have that already.
    pub(crate) permanent_address: Option<KBox<settings::Address>>,
    /// Its static routes there; most have none.
    pub(crate) routes: Option<KBox<Routes>>,
}

impl Home {
    /// How a device is now, in its present namespace; what its driver knows and its addresses have to be
    /// given.
    pub(crate) fn record(dev: &Device, driver: Driver, addresses: Addresses) -> Result<Home> {
        let mut home = Home {
            cookie: dev.net().cookie(),
            of_initial_user_ns: dev.net().is_of_initial_user_ns(),
            name: dev.name().ok_or(EINVAL)?,
            ifindex: dev.ifindex(),
            values: Values::record(dev, driver.lists)?,
            steering: driver.steering,
            addresses,
            permanent_address: None,
            routes: None,
            programs: Programs::of(dev)?.boxed()?,
        };
        home.set_permanent_address(dev.permanent_address().unwrap_or_default())?;
        Ok(home)
    }

    /// The XDP programs that were attached there; `None` if that is not known.
    pub(crate) fn xdp(&self) -> Option<&[Attached]> {
        let programs = self.programs.as_ref();
        programs.map_or(Some(&[]), |all| all.xdp.as_deref())
    }

    /// The tcx programs that were attached there; `None` if that is not known.
    pub(crate) fn tcx(&self) -> Option<&[Attached]> {
        let programs = self.programs.as_ref();
        programs.map_or(Some(&[]), |all| all.tcx.as_deref())
    }

    /// The link-layer address that it had of its own there, as far as that is known.
    pub(crate) fn permanent_address(&self) -> Option<&[u8]> {
        let other = self.permanent_address.as_deref();
        let known = other.map(settings::Address::as_bytes);
        known.or_else(|| self.address_of_its_own())
    }

    /// What it had there, if that was its own.
    fn address_of_its_own(&self) -> Option<&[u8]> {
        let sized = &self.values.fixed_size;
        let address = sized.address(setting::ADDRESS);
        let own = sized.number(setting::ADDR_ASSIGN_TYPE) == address_assigned(true);
        (own && address.iter().any(|&byte| byte != 0)).then_some(address)
    }

    /// Its own address there is this; an empty one says nothing. Takes memory only where its settings there
    /// do not tell it.
    pub(crate) fn set_permanent_address(&mut self, address: &[u8]) -> Result {
        let told = address.is_empty() || self.address_of_its_own() == Some(address);
        self.permanent_address = match told {
            true => None,
            false => Some(KBox::new(
                settings::Address::from_slice(address),
                GFP_KERNEL_ACCOUNT,
            )?),
        };
        Ok(())
    }

    /// The same once more.
    pub(crate) fn copy(&self) -> Result<Home> {
        let steering = self.steering.as_ref().map(|all| copy_of(all));
        let own = self.permanent_address.as_deref();
        let own = own.map(|own| KBox::new(*own, GFP_KERNEL_ACCOUNT));
        Ok(Home {
            cookie: self.cookie,
            of_initial_user_ns: self.of_initial_user_ns,
            name: self.name,
            ifindex: self.ifindex,
            values: self.values.copy()?,
            addresses: self.addresses.copy()?,
            routes: match &self.routes {
                Some(routes) => routes.copy()?.boxed()?,
                None => None,
            },
            permanent_address: own.transpose()?,
            programs: match &self.programs {
                Some(programs) => programs.copy()?.boxed()?,
                None => None,
            },
            steering: steering.transpose()?,
        })
    }

    /// How many bytes it takes.
    pub(crate) fn memory(&self) -> usize {
        size_of::<Home>()
            + self.values.memory()
            + self
                .permanent_address
                .as_ref()
                .map_or(0, |_| size_of::<settings::Address>())
            + self.routes.as_ref().map_or(0, |routes| routes.memory())
            + self.steering.as_ref().map_or(0, |all| all.capacity()) * size_of::<Steering>()
            + self.addresses.all.capacity() * size_of::<Address>()
            + self.programs.as_ref().map_or(0, |all| all.memory())
    }
}

/// What a physical device is to be like in the initial network namespace: what it was like there when
/// an administrator said so. Programs are no part of it.
pub(crate) struct Baseline {
    /// How it was.
    pub(crate) home: Home,
    /// The settings that it tells, bit n for number n.
    pub(crate) ids: u64,
}

impl Baseline {
    /// How a device is now, in the initial network namespace. The address of one that has a master is often
    /// that of its master, and no part of it; nor are the pause parameters of one that is up, which may be
    /// what it has agreed on with its peer.
    pub(crate) fn take(dev: &Device, rtnl: &Rtnl) -> Result<Baseline> {
        let home = Home::record(dev, Driver::record(rtnl, dev)?, Addresses::record(dev))?;
        let lacking = home.values.fixed_size.lacking() | home.values.lists.absent();
        let mut ids = settings::WITH_VALUE & !lacking;
        if dev.is_up() {
            ids &= !(1 << setting::PAUSE);
        }
        if home.values.altnames.is_none() {
            ids &= !(1 << setting::ALTNAMES);
        }
        if dev.has_master(rtnl) {
            ids &= !(1 << setting::ADDRESS | 1 << setting::ADDR_ASSIGN_TYPE);
        }
        Ok(Baseline { home, ids })
    }

    /// How many bytes it takes.
    pub(crate) fn memory(&self) -> usize {
        size_of::<u64>() + self.home.memory()
    }
}

fn collect(all: impl Iterator<Item = Attached>) -> Result<KVec<Attached>> {
    let mut collected = KVec::new();
    for one in all {
        collected.push(one, GFP_KERNEL_ACCOUNT)?;
    }
    Ok(collected)
}

fn copy_of<T: Clone>(all: &[T]) -> Result<KVec<T>> {
    let mut copy = KVec::new();
    copy.extend_from_slice(all, GFP_KERNEL_ACCOUNT)?;
    Ok(copy)
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

    /// Whether this is one of them.
    pub(crate) fn contains(&self, name: &[u8]) -> bool {
        self.iter().any(|one| one == name)
    }
}

/// IPv4 and IPv6 addresses of a device.
#[derive(Default)]
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

    /// The same once more.
    pub(crate) fn copy(&self) -> Result<Addresses> {
        Ok(Addresses {
            all: copy_of(&self.all)?,
            left_out: self.left_out,
        })
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
