// SPDX-License-Identifier: GPL-2.0-only

//! Network namespaces.
//!
//! C header: [`include/net/net_namespace.h`](srctree/include/net/net_namespace.h)

use kernel::error::{
    from_err_ptr,
    to_result, //
};
use kernel::prelude::*;

use crate::ffi;

#[cfg_attr(HW_RUST_NET, path = "upstream/namespace.rs")]
mod handle;

pub(crate) use handle::{
    Namespace,
    Net,
    NetRef, //
};

impl Net {
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

impl NetRef {
    /// The network namespace of the current task's descriptor `fd`.
    pub(crate) fn from_fd(fd: i32) -> Result<NetRef> {
        // SAFETY: `get_net_ns_by_fd()` takes any number and returns a reference or an error.
        let ptr = from_err_ptr(unsafe { ffi::get_net_ns_by_fd(fd) })?;
        // SAFETY: `get_net_ns_by_fd()` took the reference.
        unsafe { NetRef::from_counted(ptr) }.ok_or(EINVAL)
    }

    /// The network namespace of a process, by its id in the current task's pid namespace.
    pub(crate) fn from_pid(pid: i32) -> Result<NetRef> {
        // SAFETY: `get_net_ns_by_pid()` takes any number and returns a reference or an error.
        let ptr = from_err_ptr(unsafe { ffi::get_net_ns_by_pid(pid) })?;
        // SAFETY: `get_net_ns_by_pid()` took the reference.
        unsafe { NetRef::from_counted(ptr) }.ok_or(ESRCH)
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
