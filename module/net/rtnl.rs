// SPDX-License-Identifier: GPL-2.0-only

//! The RTNL lock.
//!
//! C header: [`include/linux/rtnetlink.h`](srctree/include/linux/rtnetlink.h)

use core::marker::PhantomData;

use crate::ffi;
use crate::net::namespace::Net;

/// Proof that the current task holds `rtnl_mutex`.
///
/// What needs RTNL takes a `&Rtnl`.
///
/// # Invariants
///
/// The current task holds `rtnl_mutex` as long as a value is borrowed.
pub(crate) struct Rtnl {
    // The lock belongs to a task: neither `Send` nor `Sync`.
    _task: PhantomData<*mut ()>,
}

impl Rtnl {
    /// Takes RTNL; the guard gives it back.
    ///
    /// `rtnl_unlock()` runs `netdev_run_todo()`, so dropping the guard may sleep for long.
    pub(crate) fn lock() -> RtnlGuard {
        // SAFETY: A task context that holds no lock of the list in `net/mod.rs` from 2 on.
        unsafe { ffi::rtnl_lock() };
        // INVARIANT: Just taken, and given back only when the guard is dropped.
        RtnlGuard(Rtnl { _task: PhantomData })
    }

    /// The proof for a callback that the kernel calls under RTNL.
    ///
    /// # Safety
    ///
    /// The current task must hold RTNL, and go on holding it while the value exists.
    pub(super) unsafe fn held() -> Rtnl {
        // INVARIANT: By the contract of this function.
        Rtnl { _task: PhantomData }
    }

    /// Takes the per-namespace RTNL of two namespaces, which only
    /// `CONFIG_DEBUG_NET_SMALL_RTNL` has, in the order of `rtnl_net_cmp_locks()`.
    pub(crate) fn lock_pair<'a>(&'a self, a: &'a Net, b: &'a Net) -> RtnlNetPair<'a> {
        let (first, second) = if b.is_initial() || (!a.is_initial() && b.as_ptr() < a.as_ptr()) {
            (b, a)
        } else {
            (a, b)
        };
        // SAFETY: RTNL is held by the invariant of `self`, and the order is the one demanded.
        unsafe { ffi::hw_rtnl_net_lock(first.as_ptr()) };
        let second = (!core::ptr::eq(first, second)).then_some(second);
        if let Some(second) = second {
            // SAFETY: As above; another namespace than the first.
            unsafe { ffi::hw_rtnl_net_lock(second.as_ptr()) };
        }
        // INVARIANT: Both are locked.
        RtnlNetPair { first, second }
    }
}

/// Whether namespaces have an RTNL of their own (`CONFIG_DEBUG_NET_SMALL_RTNL`).
const SMALL: bool = ffi::HW_SMALL_RTNL != 0;

/// How many namespaces [`Rtnl::lock_all()`] takes: lockdep tracks 48 locks of a task
/// (`MAX_LOCK_DEPTH`), and others need most of them.
pub(crate) const MOST_NETS: usize = if SMALL { 8 } else { usize::MAX };

impl Rtnl {
    /// Takes the per-namespace RTNL of at most [`MOST_NETS`] namespaces, none of which is there
    /// twice, in the order of `rtnl_net_cmp_locks()`.
    pub(crate) fn lock_all<'a, 'n>(&'a self, nets: &'a [&'n Net]) -> RtnlNets<'a, 'n> {
        // INVARIANT: There are none, or all are locked.
        RtnlNets(if SMALL { self.lock_each(nets) } else { &[] })
    }

    fn lock_each<'a, 'n>(&self, nets: &'a [&'n Net]) -> &'a [&'n Net] {
        let nets = nets.get(..MOST_NETS).unwrap_or(nets);
        let place = |net: &&Net| (!net.is_initial(), net.as_ptr());
        let mut last = None;
        // As few as they are, none needs to be sorted.
        while let Some(next) = (nets.iter().copied())
            .filter(|net| last.is_none_or(|last| place(net) > last))
            .min_by_key(place)
        {
            // SAFETY: RTNL is held by the invariant of `self`, and the order is the one demanded.
            unsafe { ffi::hw_rtnl_net_lock(next.as_ptr()) };
            last = Some(place(&next));
        }
        nets
    }
}

/// The per-namespace RTNL of several namespaces.
///
/// # Invariants
///
/// The current task holds those of all of them.
pub(crate) struct RtnlNets<'a, 'n>(&'a [&'n Net]);

impl Drop for RtnlNets<'_, '_> {
    fn drop(&mut self) {
        for net in self.0 {
            // SAFETY: Held by the type invariant.
            unsafe { ffi::hw_rtnl_net_unlock(net.as_ptr()) };
        }
    }
}

/// RTNL, held until dropped.
pub(crate) struct RtnlGuard(Rtnl);

impl core::ops::Deref for RtnlGuard {
    type Target = Rtnl;

    fn deref(&self) -> &Rtnl {
        &self.0
    }
}

impl Drop for RtnlGuard {
    fn drop(&mut self) {
        // SAFETY: `Rtnl::lock()` took it, and nothing else gives it back.
        unsafe { ffi::rtnl_unlock() };
    }
}

/// The per-namespace RTNL of one or two namespaces.
///
/// # Invariants
///
/// The current task holds those of `first` and `second`.
pub(crate) struct RtnlNetPair<'a> {
    first: &'a Net,
    second: Option<&'a Net>,
}

impl Drop for RtnlNetPair<'_> {
    fn drop(&mut self) {
        if let Some(second) = self.second {
            // SAFETY: Held by the type invariant.
            unsafe { ffi::hw_rtnl_net_unlock(second.as_ptr()) };
        }
        // SAFETY: Held by the type invariant.
        unsafe { ffi::hw_rtnl_net_unlock(self.first.as_ptr()) };
    }
}
