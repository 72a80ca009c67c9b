// SPDX-License-Identifier: GPL-2.0-only

//! Network namespaces.
//!
//! C header: [`include/net/net_namespace.h`](srctree/include/net/net_namespace.h)

use core::ops::Deref;
use core::ptr::NonNull;

use kernel::error::{
    from_err_ptr,
    to_result, //
};
use kernel::prelude::*;
use kernel::types::Opaque;

use crate::ffi;

/// A network namespace, `struct net`.
///
/// A reference says that the memory is there, not that the namespace is alive.
#[repr(transparent)]
pub(crate) struct Net(Opaque<ffi::net>);

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
    pub(super) unsafe fn from_raw<'a>(ptr: *mut ffi::net) -> &'a Net {
        // SAFETY: By the contract of this function; `Net` is a transparent wrapper.
        unsafe { &*ptr.cast::<Net>() }
    }

    /// The initial network namespace, `init_net`.
    pub(crate) fn initial() -> &'static Net {
        // SAFETY: `init_net` is static (net_namespace.c).
        unsafe { Net::from_raw(&raw mut ffi::init_net) }
    }

    /// The C object.
    pub(super) fn as_ptr(&self) -> *mut ffi::net {
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

    /// Whether it has been on the kernel's list of namespaces: not so during its own `init`.
    pub(super) fn is_listed(&self) -> bool {
        // SAFETY: `self` is valid; the caller is an `init` under `pernet_ops_rwsem`, before
        // `setup_net()` lists a new one, and no other task removes an old one.
        unsafe { ffi::hw_net_listed(self.as_ptr()) }
    }

    /// How many references are counted.
    pub(crate) fn refs(&self) -> u32 {
        // SAFETY: `self` is valid.
        unsafe { ffi::hw_net_refs(self.as_ptr()) }
    }

    /// Owner of the user namespace that owns it, as a user id of the initial user namespace.
    pub(crate) fn owner_uid(&self) -> u32 {
        // SAFETY: `self` is valid, and `cleanup_net()` drops `user_ns` after the last `exit`.
        unsafe { ffi::hw_net_owner_uid(self.as_ptr()) }
    }

    /// Inode number of the user namespace that owns it.
    pub(crate) fn user_ns_inum(&self) -> u32 {
        // SAFETY: As for `owner_uid()`.
        unsafe { ffi::hw_net_user_ns_inum(self.as_ptr()) }
    }

    /// Whether the initial user namespace owns it: then no tenant made it.
    pub(crate) fn is_of_initial_user_ns(&self) -> bool {
        // SAFETY: As for `owner_uid()`; it is only compared.
        unsafe { ffi::hw_net_of_initial_user_ns(self.as_ptr()) }
    }

    /// How many sockets are in use in it.
    pub(crate) fn sockets(&self) -> u32 {
        // SAFETY: `self` is valid, and `sock_inuse_exit_net()` belongs to a subsystem that is
        // registered long before any module: its counters outlive our `exit`.
        unsafe { ffi::sock_inuse_get(self.as_ptr()) }.max(0) as u32
    }

    /// The first namespace that has an id in the initial one of at least `from`.
    pub(crate) fn initial_peer_from(from: u64) -> Option<Peer> {
        // There are none above.
        let mut id = c_int::try_from(from).ok()?;
        let (mut cookie, mut inum) = (0, 0);
        let initial = Net::initial().as_ptr();
        // SAFETY: `init_net` never dies, so no `idr_destroy()` meets the walk of its ids; ids that
        // others add or remove meanwhile do no harm under RCU (look.c). The rest is ours.
        let found = unsafe { ffi::hw_net_peer_from(initial, &mut id, &mut cookie, &mut inum) };
        found.then_some(Peer {
            id: id.unsigned_abs(),
            cookie,
            inum,
        })
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

/// A network namespace that has an id in another one.
#[derive(Clone, Copy)]
pub(crate) struct Peer {
    /// The id; at most `i32::MAX`.
    pub(crate) id: u32,
    /// Its cookie.
    pub(crate) cookie: u64,
    /// Its inode number in nsfs.
    pub(crate) inum: u32,
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
    /// The network namespace of the current task's descriptor `fd`.
    pub(crate) fn from_fd(fd: i32) -> Result<NetRef> {
        // SAFETY: `get_net_ns_by_fd()` takes any number and returns a reference or an error.
        let ptr = from_err_ptr(unsafe { ffi::get_net_ns_by_fd(fd) })?;
        // INVARIANT: `get_net_ns_by_fd()` took the reference.
        NonNull::new(ptr).map(NetRef).ok_or(EINVAL)
    }

    /// The network namespace of a process, by its id in the current task's pid namespace.
    pub(crate) fn from_pid(pid: i32) -> Result<NetRef> {
        // SAFETY: `get_net_ns_by_pid()` takes any number and returns a reference or an error.
        let ptr = from_err_ptr(unsafe { ffi::get_net_ns_by_pid(pid) })?;
        // INVARIANT: `get_net_ns_by_pid()` took the reference.
        NonNull::new(ptr).map(NetRef).ok_or(ESRCH)
    }
}

impl NetRef {
    /// Opens it: a descriptor of the current task, close-on-exec.
    pub(crate) fn open(&self) -> Result<Descriptor> {
        // SAFETY: Valid by the type invariant; `open_related_ns()` takes references of its own.
        let fd = unsafe { ffi::hw_net_open(self.as_ptr()) };
        to_result(fd)?;
        // INVARIANT: Opened just now.
        Ok(Descriptor(fd.unsigned_abs()))
    }
}

/// A descriptor of the current task that is closed when dropped, unless it was given away.
///
/// # Invariants
///
/// It is open, and nobody else has been told of it.
pub(crate) struct Descriptor(u32);

impl Descriptor {
    /// Its number.
    pub(crate) fn number(&self) -> u32 {
        self.0
    }

    /// Leaves it to the current task, which has been told of it.
    pub(crate) fn give_away(self) {
        core::mem::forget(self);
    }
}

impl Drop for Descriptor {
    fn drop(&mut self) {
        // SAFETY: Open and ours, by the type invariant; `close_fd()` takes any number.
        unsafe { ffi::hw_close_fd(self.0) };
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
