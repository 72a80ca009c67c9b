// SPDX-License-Identifier: GPL-2.0-only

//! Registration of a family, on a kernel whose `kernel` crate has none with operations.

use core::cell::UnsafeCell;
use core::ffi::CStr;

use kernel::error::to_result;
use kernel::prelude::*;
use kernel::sync::{
    new_mutex,
    Arc,
    Mutex, //
};

use super::Operation;
use crate::ffi;
use crate::net::message::writer::{
    Message,
    Writer, //
};

/// A multicast group.
#[repr(transparent)]
pub(crate) struct MulticastGroup(ffi::genl_multicast_group);

impl MulticastGroup {
    /// A group that everybody may join.
    pub(crate) const fn const_new(name: &CStr) -> Self {
        MulticastGroup(ffi::genl_multicast_group {
            name: padded(name),
            flags: 0,
        })
    }

    /// Has who joins need CAP_NET_ADMIN.
    pub(crate) const fn cap_net_admin(mut self) -> Self {
        self.0.flags |= ffi::HW_GENL_MCAST_CAP_NET_ADMIN as u8;
        self
    }
}

/// The name as it is in C.
const fn padded<const N: usize>(name: &CStr) -> [c_char; N] {
    let name = name.to_bytes_with_nul();
    let mut padded = [0; N];
    let mut i = 0;
    while i < name.len() {
        padded[i] = name[i] as c_char;
        i += 1;
    }
    padded
}

/// What a family is that can be registered.
pub(crate) struct Family<C: 'static> {
    name: [c_char; ffi::GENL_NAMSIZ as usize],
    version: u8,
    groups: &'static [MulticastGroup],
    operations: &'static [Operation<C>],
}

/// A family for the initial network namespace; `operations` by ascending number.
pub(crate) const fn family<C>(
    name: &CStr,
    version: u8,
    groups: &'static [MulticastGroup],
    operations: &'static [Operation<C>],
) -> Family<C> {
    assert!(groups.len() == 1);
    Family {
        name: padded(name),
        version,
        groups,
        operations,
    }
}

/// A registered family and its context; the first field is how operations find the second.
#[repr(C)]
struct Object<C> {
    family: UnsafeCell<ffi::genl_family>,
    context: Arc<C>,
}

// SAFETY: The kernel alone writes to `family` after registration, under its own lock.
unsafe impl<C: Send + Sync> Send for Object<C> {}
// SAFETY: As above.
unsafe impl<C: Send + Sync> Sync for Object<C> {}

/// The context behind a family.
///
/// # Safety
///
/// `family` must be the family of a request to an operation of a registered `Object<C>`.
pub(super) unsafe fn context_of<'a, C>(family: *const ffi::genl_family) -> &'a C {
    const { assert!(core::mem::offset_of!(Object<C>, family) == 0) };
    // SAFETY: By the contract. `genl_unregister_family()` waits for operations on one object, and
    // the module, whose exit alone unregisters, stays while a dump is under way (`cb->module`).
    unsafe { &(*family.cast::<Object<C>>()).context }
}

/// Registration of a family with one multicast group.
///
/// # Invariants
///
/// `object` is registered by `genl_register_family()`.
///
/// To be dropped only by the module's exit: a dump under way pins the module, not the family.
pub(crate) struct Registration<C: Send + Sync + 'static> {
    object: Arc<Object<C>>,
    group: Arc<Group<C>>,
}

/// What it takes to send to the group, for whoever wants to, for as long as he likes.
///
/// # Invariants
///
/// While there is an object in it, its family is registered: without the family the number of the
/// group may be another's.
#[pin_data]
pub(crate) struct Group<C: Send + Sync + 'static> {
    #[pin]
    registered: Mutex<Option<Arc<Object<C>>>>,
}

impl<C: Send + Sync + 'static> Registration<C> {
    /// Registers; on return requests may already have been served.
    pub(crate) fn register(
        family: &'static Family<C>,
        module: &'static ThisModule,
        context: Arc<C>,
    ) -> Result<Self> {
        // SAFETY: All-zero is a valid value of the C struct.
        let mut c_family: ffi::genl_family = unsafe { core::mem::zeroed() };
        c_family.name = family.name;
        c_family.version = u32::from(family.version);
        c_family.set_parallel_ops(1);
        c_family.split_ops = family.operations.as_ptr().cast();
        c_family.n_split_ops = u8::try_from(family.operations.len()).map_err(|_| EINVAL)?;
        c_family.mcgrps = family.groups.as_ptr().cast();
        c_family.n_mcgrps = u8::try_from(family.groups.len()).map_err(|_| EINVAL)?;
        c_family.module = module.as_ptr().cast();
        let object = Arc::new(
            Object {
                family: UnsafeCell::new(c_family),
                context,
            },
            GFP_KERNEL,
        )?;
        let group = Arc::pin_init(
            pin_init!(Group {
                registered <- new_mutex!(None, "homeward::group"),
            }),
            GFP_KERNEL,
        )?;
        // SAFETY: Nobody else has the object yet. It stays where it is until it is unregistered
        // in `drop()`, and so do the static operations and groups.
        to_result(unsafe { ffi::genl_register_family(object.family.get()) })?;
        // INVARIANT: Registered just now.
        *group.registered.lock() = Some(object.clone());
        // INVARIANT: As above.
        Ok(Registration { object, group })
    }

    /// The group.
    pub(crate) fn group(&self) -> Arc<Group<C>> {
        self.group.clone()
    }
}

impl<C: Send + Sync + 'static> Drop for Registration<C> {
    fn drop(&mut self) {
        // Waits for who is sending; from now on nobody does.
        drop(self.group.registered.lock().take());
        // SAFETY: Registered, by the type invariant, and not unregistered before.
        unsafe { ffi::genl_unregister_family(self.object.family.get()) };
    }
}

impl<C: Send + Sync + 'static> Group<C> {
    /// Whether anybody listens.
    pub(crate) fn has_listeners(&self) -> bool {
        let registered = self.registered.lock();
        // SAFETY: The family is registered, by the type invariant, and has one group.
        let heard =
            |object: &Arc<Object<C>>| unsafe { ffi::hw_genl_has_listeners(object.family.get(), 0) };
        registered.as_ref().is_some_and(heard)
    }

    /// Sends a message with what `fill` writes, which may be called again with more room, to all that listen;
    /// `ESRCH` without the family, as for want of listeners.
    pub(crate) fn send(&self, cmd: u8, mut fill: impl FnMut(&mut Writer<'_>) -> Result) -> Result {
        let registered = self.registered.lock();
        let family = registered.as_ref().ok_or(ESRCH)?.family.get();
        let message = Message::build(family, 0, 0, cmd, &mut fill)?;
        // SAFETY: The message is complete and given away; the family is registered, by the type
        // invariant, and has one group.
        to_result(unsafe { ffi::hw_genlmsg_multicast(family, message.into_skb(), 0) })
    }
}
