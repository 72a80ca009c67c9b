// SPDX-License-Identifier: GPL-2.0-only

//! `namespace/handle.rs` with `kernel::net::namespace`.

use core::ops::Deref;

use kernel::bindings;
use kernel::net::namespace::NamespaceRef;

use crate::ffi;

pub(crate) use kernel::net::namespace::Namespace;

/// A network namespace, `struct net`.
///
/// A reference says that the memory is there, not that the namespace is alive.
#[repr(transparent)]
pub(crate) struct Net(Namespace);

impl Net {
    /// Looks at a `struct net`.
    ///
    /// # Safety
    ///
    /// `ptr` must point to a `struct net` that is not freed during `'a`. While it is being made, only
    /// the task that makes it may have the reference.
    pub(in crate::net) unsafe fn from_raw<'a>(ptr: *mut ffi::net) -> &'a Net {
        // SAFETY: By the contract of this function.
        Net::of(unsafe { Namespace::from_raw(ptr.cast()) })
    }

    /// Of what it is to the kernel crate.
    pub(in crate::net) fn of(namespace: &Namespace) -> &Net {
        // SAFETY: `Net` is a transparent wrapper.
        unsafe { &*core::ptr::from_ref(namespace).cast() }
    }

    /// The initial network namespace, `init_net`.
    pub(crate) fn initial() -> &'static Net {
        Net::of(Namespace::initial())
    }

    /// The C object.
    pub(in crate::net) fn as_ptr(&self) -> *mut ffi::net {
        self.0.as_raw().cast()
    }

    /// Whether this is `init_net`.
    pub(crate) fn is_initial(&self) -> bool {
        self.0.is_initial()
    }

    /// Its cookie: unique while the system is up, 0 never.
    pub(crate) fn cookie(&self) -> u64 {
        self.0.cookie()
    }

    /// Its inode number in nsfs.
    pub(crate) fn inum(&self) -> u32 {
        self.0.inum()
    }

    /// Whether anybody still holds a reference (`check_net()`).
    pub(crate) fn is_alive(&self) -> bool {
        self.0.is_alive()
    }

    /// Takes a counted reference, unless the namespace is still being made or no longer alive
    /// (`maybe_get_net()`).
    pub(crate) fn try_get(&self) -> Option<NetRef> {
        self.0.get().map(NetRef)
    }
}

/// A counted reference to a network namespace, which is alive as long as this is.
///
/// Never kept longer than one operation: a namespace that Homeward holds would not die.
pub(crate) struct NetRef(NamespaceRef);

impl NetRef {
    /// Takes over a reference.
    ///
    /// # Safety
    ///
    /// `ptr` must be null, or the caller must own one count of its reference counter and give it up.
    pub(in crate::net) unsafe fn from_counted(ptr: *mut ffi::net) -> Option<NetRef> {
        if ptr.is_null() {
            return None;
        }
        // SAFETY: The caller's count keeps it, and is given back here: one of our own is taken before.
        unsafe {
            let net = Net::from_raw(ptr).try_get();
            bindings::put_net(ptr.cast());
            net
        }
    }
}

impl Deref for NetRef {
    type Target = Net;

    fn deref(&self) -> &Net {
        Net::of(&self.0)
    }
}
