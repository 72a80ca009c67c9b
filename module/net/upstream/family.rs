// SPDX-License-Identifier: GPL-2.0-only

//! `genl/family.rs` with families of `kernel::net::netlink`.

use core::ffi::CStr;

use kernel::bindings;
use kernel::net::netlink::{
    self,
    Family,
    MulticastGroup,
    NetlinkSkBuff, //
};
use kernel::prelude::*;
use kernel::sync::{
    new_mutex,
    Arc,
    Mutex, //
};

use super::Operation;
use crate::ffi;
use crate::net::compat::enametoolong;
use crate::net::message::writer::{
    build,
    Writer, //
};

/// A family and its context; the first field is how operations find the second.
#[repr(C)]
struct Object<C: Send + Sync + 'static> {
    family: Family<C>,
    context: Arc<C>,
}

// SAFETY: The kernel alone writes to `family` while it is registered, and any task may free it then.
unsafe impl<C: Send + Sync + 'static> Send for Object<C> {}

/// The context behind a family.
///
/// # Safety
///
/// `family` must be the family of a request to an operation on one object of a registered `Object<C>`.
pub(super) unsafe fn context_of<'a, C: Send + Sync + 'static>(
    family: *const bindings::genl_family,
) -> &'a C {
    const { assert!(core::mem::offset_of!(Object<C>, family) == 0) };
    // SAFETY: By the contract. What the kernel has of a `Family` is its start, on which `Family::context()`
    // relies, too. `genl_unregister_family()` waits for operations on one object.
    unsafe { &(*family.cast::<Object<C>>()).context }
}

/// Registration of a family for the initial network namespace, with one multicast group.
///
/// To be dropped only by the module's exit: a dump under way pins the module, not the family.
pub(crate) struct Registration<C: Send + Sync + 'static> {
    group: Arc<Group<C>>,
    // Fields in order of teardown.
    _registration: netlink::Registration<C>,
    _object: KBox<Object<C>>,
    _groups: KBox<[MulticastGroup; 1]>,
}

/// What it takes to send to the group, for whoever wants to, for as long as he likes.
///
/// # Invariants
///
/// While there is a family in it, that is registered: without the family the number of the group may
/// be another's.
#[pin_data]
pub(crate) struct Group<C: Send + Sync + 'static> {
    #[pin]
    registered: Mutex<Option<&'static Family<C>>>,
}

/// A reference for the kernel crate, where families are in statics.
///
/// # Safety
///
/// Nobody may use it when the value moves or is dropped.
unsafe fn lasting<T: ?Sized>(value: &T) -> &'static T {
    // SAFETY: By the contract.
    unsafe { &*core::ptr::from_ref(value) }
}

impl<C: Send + Sync + 'static> Registration<C> {
    /// Registers; on return requests may already have been served.
    pub(crate) fn register(
        name: &CStr,
        version: u8,
        group: &CStr,
        operations: &'static [Operation<C>],
        module: &'static ThisModule,
        context: Arc<C>,
    ) -> Result<Self> {
        // The kernel crate panics.
        let is_long = |name: &&CStr| name.to_bytes_with_nul().len() > ffi::GENL_NAMSIZ as usize;
        if [name, group].iter().any(is_long) {
            return Err(enametoolong());
        }
        let mut groups = KBox::new([MulticastGroup::const_new(group)], GFP_KERNEL)?;
        // SAFETY: Transparent wrappers of the C struct, which nobody else has yet. The kernel crate has no
        // word for who may join.
        unsafe {
            let group = groups.as_mut_ptr().cast::<bindings::genl_multicast_group>();
            (*group).flags = ffi::HW_GENL_MCAST_CAP_NET_ADMIN as u8;
        }
        let group = Arc::pin_init(
            pin_init!(Group {
                registered <- new_mutex!(None, "homeward::group"),
            }),
            GFP_KERNEL,
        )?;
        let object = KBox::new(
            Object {
                family: Family::with_operations(
                    module,
                    name.to_bytes_with_nul(),
                    u32::from(version),
                    // SAFETY: In a box, which is dropped after the registration.
                    unsafe { lasting(groups.as_slice()) },
                    Operation::all(operations),
                ),
                context: context.clone(),
            },
            GFP_KERNEL,
        )?;
        // SAFETY: Nobody else has the family yet. The kernel crate has no word for one that is not for all
        // network namespaces either.
        unsafe { (*object.family.as_raw()).set_netnsok(0) };
        // SAFETY: In a box, which is dropped after the registration; from before that nobody sends to the
        // group any more.
        let family = unsafe { lasting(&object.family) };
        let registration = family.register_with(context)?;
        // INVARIANT: Registered just now.
        *group.registered.lock() = Some(family);
        Ok(Registration {
            group,
            _registration: registration,
            _object: object,
            _groups: groups,
        })
    }

    /// The group.
    pub(crate) fn group(&self) -> Arc<Group<C>> {
        self.group.clone()
    }
}

impl<C: Send + Sync + 'static> Drop for Registration<C> {
    fn drop(&mut self) {
        // Waits for who is sending; from now on nobody does.
        *self.group.registered.lock() = None;
    }
}

impl<C: Send + Sync + 'static> Group<C> {
    /// Whether anybody listens.
    pub(crate) fn has_listeners(&self) -> bool {
        let registered = self.registered.lock();
        registered.is_some_and(|family| family.has_listeners(0))
    }

    /// Sends a message with what `fill` writes, which may be called again with more room, to all that listen;
    /// `ESRCH` without the family, as for want of listeners.
    pub(crate) fn send(&self, cmd: u8, mut fill: impl FnMut(&mut Writer<'_>) -> Result) -> Result {
        let registered = self.registered.lock();
        let family = registered.ok_or(ESRCH)?;
        let begin = |size| {
            let buffer = NetlinkSkBuff::new(size, GFP_KERNEL)?;
            Ok(buffer.genlmsg_put(0, 0, family, cmd)?)
        };
        build(&begin, &mut fill)?.multicast(family, 0, 0, GFP_KERNEL)
    }
}
