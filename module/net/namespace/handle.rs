// SPDX-License-Identifier: GPL-2.0-only

//! `struct net` and references to it, on a kernel whose `kernel` crate has neither.

use core::ops::Deref;
use core::ptr::NonNull;

use kernel::types::Opaque;

use crate::ffi;

/// A network namespace, `struct net`.
///
/// A reference says that the memory is there, not that the namespace is alive.
#[repr(transparent)]
pub(crate) struct Net(Opaque<ffi::net>);

/// What it is to the kernel crate, where that has it.
pub(crate) type Namespace = Net;

// SAFETY: `struct net` is made for use by any number of tasks; every method below reads a field
// that never changes after `setup_net()`, or an atomic one, or walks ids under RCU.
unsafe impl Send for Net {}
// SAFETY: As above.
unsafe impl Sync for Net {}

impl Net {
    /// Looks at a `struct net`.
    ///
    /// # Safety
    ///
    /// `ptr` must point to a `struct net` that is not freed during `'a`.
    pub(in crate::net) unsafe fn from_raw<'a>(ptr: *mut ffi::net) -> &'a Net {
        // SAFETY: By the contract of this function; `Net` is a transparent wrapper.
        unsafe { &*ptr.cast::<Net>() }
    }

    /// Of what it is to the kernel crate.
    pub(in crate::net) fn of(net: &Namespace) -> &Net {
        net
    }

    /// The initial network namespace, `init_net`.
    pub(crate) fn initial() -> &'static Net {
        // SAFETY: `init_net` is static (net_namespace.c).
        unsafe { Net::from_raw(&raw mut ffi::init_net) }
    }

    /// The C object.
    pub(in crate::net) fn as_ptr(&self) -> *mut ffi::net {
        self.0.get()
    }

    /// Whether this is `init_net`.
    pub(crate) fn is_initial(&self) -> bool {
        core::ptr::eq(self, Net::initial())
    }

    /// Its cookie: unique while the system is up, 0 never.
    pub(crate) fn cookie(&self) -> u64 {
        // SAFETY: `self` is valid; `setup_net()` writes the cookie before anything can see it.
        unsafe { ffi::hw_net_cookie(self.as_ptr()) }
    }

    /// Its inode number in nsfs.
    pub(crate) fn inum(&self) -> u32 {
        // SAFETY: `self` is valid; `ns_common_init()` writes the number before `setup_net()`.
        unsafe { ffi::hw_net_inum(self.as_ptr()) }
    }

    /// Whether anybody still holds a reference (`check_net()`).
    pub(crate) fn is_alive(&self) -> bool {
        // SAFETY: `self` is valid.
        unsafe { ffi::hw_net_alive(self.as_ptr()) }
    }

    /// Takes a counted reference, unless the namespace is still being made or no longer alive
    /// (`maybe_get_net()`).
    pub(crate) fn try_get(&self) -> Option<NetRef> {
        // SAFETY: `self` is valid.
        let ptr = unsafe { ffi::hw_net_try_get(self.as_ptr()) };
        // INVARIANT: The reference just taken is now the value's.
        NonNull::new(ptr).map(NetRef)
    }
}

/// A counted reference to a network namespace, which is alive as long as this is.
///
/// Never kept longer than one operation: a namespace that Homeward holds would not die.
///
/// # Invariants
///
/// Owns one count of the namespace's reference counter.
pub(crate) struct NetRef(NonNull<ffi::net>);

// SAFETY: The counter is atomic, and `put_net()` may be called by any task.
unsafe impl Send for NetRef {}
// SAFETY: A shared `NetRef` gives no more than a `&Net`, which is `Sync`.
unsafe impl Sync for NetRef {}

impl NetRef {
    /// Takes over a reference.
    ///
    /// # Safety
    ///
    /// `ptr` must be null, or the caller must own one count of its reference counter and give it up.
    pub(super) unsafe fn from_counted(ptr: *mut ffi::net) -> Option<NetRef> {
        // INVARIANT: By the contract of this function.
        NonNull::new(ptr).map(NetRef)
    }
}

impl Deref for NetRef {
    type Target = Net;

    fn deref(&self) -> &Net {
        // SAFETY: By the type invariant the namespace stays until the reference is dropped.
        unsafe { Net::from_raw(self.0.as_ptr()) }
    }
}

impl Drop for NetRef {
    fn drop(&mut self) {
        // SAFETY: By the type invariant we own this reference.
        unsafe { ffi::hw_net_put(self.0.as_ptr()) }
    }
}
