// SPDX-License-Identifier: GPL-2.0-only

//! The static routes of a device in the main table, as rtnetlink tells of them.
//!
//! C header: [`include/linux/rtnetlink.h`](srctree/include/linux/rtnetlink.h)

use kernel::prelude::*;
use kernel::sync::atomic::{
    Atomic,
    Relaxed, //
};

use crate::ffi;
use crate::net::address::Family;
use crate::net::device::Device;
use crate::net::namespace::{
    Net,
    NetRef, //
};
use crate::net::rtnetlink::{
    Request,
    Socket, //
};
use crate::net::task;
use crate::policy::route::{
    self,
    Fate, //
};

/// Whether this kernel tells of routes of IPv4, and of IPv6, while RTNL is held: not 0 if so.
static READABLE: [Atomic<u32>; 2] = [const { Atomic::new(0) }; 2];

fn readable(family: Family) -> &'static Atomic<u32> {
    match family {
        Family::V4 => &READABLE[0],
        Family::V6 => &READABLE[1],
    }
}

/// The families of which there may be routes. One that is off has nobody to tell of its routes: the kernel takes RTNL
/// to ask all others instead.
fn families() -> impl Iterator<Item = Family> {
    // SAFETY: `ipv6_mod_enabled()` only reads `disable_ipv6_mod`, a parameter that nobody can write after boot.
    let v6 = unsafe { ffi::hw_ipv6_enabled() };
    Iterator::chain(core::iter::once(Family::V4), v6.then_some(Family::V6))
}

/// Tries it. On a kernel that takes RTNL to list routes, whoever asked with RTNL held would wait for ever.
pub(crate) fn probe() {
    for family in families() {
        let tried = task::below_rtnl(|| {
            let net = Net::initial().try_get().ok_or(ENOENT)?;
            let mut socket = Socket::open(&net)?;
            socket.dump(Request::dump_routes(1, family)?, |_| Ok(()))
        });
        readable(family).store(tried.is_ok().into(), Relaxed);
        if let Err(error) = tried {
            let version = family.version();
            pr_warn!("no routes of IPv{version} will be recorded: {error:?}\n");
        }
    }
}

/// How many routes of each family are recorded for one home.
const MOST: usize = 32;

/// Routes that a device had and that are not recorded: how many, by the reason.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct LeftOut {
    /// Of a kind that cannot be put back.
    pub(crate) unsupported: u32,
    /// More than are recorded.
    pub(crate) surplus: u32,
    /// They could not be read, or there was no memory for them.
    pub(crate) lost: u32,
}

/// Routes of a device.
#[derive(Default)]
pub(crate) struct Routes {
    all: KVec<KVec<u8>>,
    /// Those that it had besides.
    pub(crate) left_out: LeftOut,
}

impl Routes {
    /// Those that a device has now; it must not be of a dying namespace.
    pub(crate) fn record(dev: &Device) -> Routes {
        let mut routes = Routes::default();
        let Some(net) = dev.net().try_get() else {
            return routes;
        };
        for family in families() {
            if readable(family).load(Relaxed) == 0 {
                routes.left_out.lost += 1;
                continue;
            }
            let mut found = Routes::default();
            let read = match found.read(&net, dev.ifindex(), family) {
                // The table is made with the first address or route (fib_frontend.c, `fib_new_table()`).
                Err(error) if error == ENOENT => Ok(()),
                other => other,
            };
            // Of the other task's memory, the copy is charged to this one.
            if read.and_then(|()| routes.add_all(&found)).is_err() {
                routes.left_out.lost += 1;
            }
        }
        routes
    }

    /// Adds those of a family.
    ///
    /// With RTNL held, and in a task of its own: the kernel reads routes without RTNL (RTNL_FLAG_DUMP_UNLOCKED),
    /// but other dumps take it below the mutex of their socket, and lockdep knows but one of those.
    fn read(&mut self, net: &NetRef, ifindex: u32, family: Family) -> Result {
        let request = Request::dump_routes(ifindex, family)?;
        let (all, left_out) = (&mut self.all, &mut self.left_out);
        task::aside(move || {
            Socket::open(net)?.dump(request, |message| match route::fate(message) {
                Fate::Others => Ok(()),
                Fate::Unsupported => {
                    left_out.unsupported += 1;
                    Ok(())
                }
                Fate::Kept(_) if all.len() >= MOST => {
                    left_out.surplus += 1;
                    Ok(())
                }
                Fate::Kept(kept) => {
                    let mut bytes = KVec::new();
                    bytes.extend_from_slice(kept.as_bytes(), GFP_KERNEL)?;
                    Ok(all.push(bytes, GFP_KERNEL)?)
                }
            })
        })
    }

    fn add_all(&mut self, others: &Routes) -> Result {
        let (ours, theirs) = (self.left_out, others.left_out);
        self.left_out = LeftOut {
            unsupported: ours.unsupported.saturating_add(theirs.unsupported),
            surplus: ours.surplus.saturating_add(theirs.surplus),
            lost: ours.lost.saturating_add(theirs.lost),
        };
        others.iter().try_for_each(|one| self.add(one))
    }

    /// Adds one; `EINVAL` if it is none, `E2BIG` if there are too many.
    pub(crate) fn add(&mut self, one: &[u8]) -> Result {
        if !route::is_kept(one) {
            return Err(EINVAL);
        }
        if self.all.len() >= 2 * MOST {
            return Err(E2BIG);
        }
        let mut bytes = KVec::new();
        bytes.extend_from_slice(one, GFP_KERNEL_ACCOUNT)?;
        Ok(self.all.push(bytes, GFP_KERNEL_ACCOUNT)?)
    }

    /// The same once more.
    pub(crate) fn copy(&self) -> Result<Routes> {
        let mut copy = Routes::default();
        copy.add_all(self)?;
        Ok(copy)
    }

    /// In memory of their own, if there are any.
    pub(crate) fn boxed(self) -> Result<Option<KBox<Routes>>> {
        match self.is_empty() {
            true => Ok(None),
            false => Ok(Some(KBox::new(self, GFP_KERNEL_ACCOUNT)?)),
        }
    }

    /// Each of them.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &[u8]> {
        self.all.iter().map(|one| &one[..])
    }

    /// Whether this is one of them.
    pub(crate) fn contains(&self, one: &[u8]) -> bool {
        self.iter().any(|other| other == one)
    }

    /// Whether there are none, nor any that were left out.
    pub(crate) fn is_empty(&self) -> bool {
        self.all.is_empty() && self.left_out == LeftOut::default()
    }

    /// Whether a device does not have all of these: also those that were left out count.
    pub(crate) fn differ(&self, dev: &Device) -> bool {
        if self.left_out != LeftOut::default() {
            return true;
        }
        let now = Routes::record(dev);
        !self.iter().all(|one| now.contains(one))
    }

    /// How many bytes they take.
    pub(crate) fn memory(&self) -> usize {
        let each = self.all.iter().map(KVec::capacity);
        size_of::<Routes>() + self.all.capacity() * size_of::<KVec<u8>>() + each.sum::<usize>()
    }
}
