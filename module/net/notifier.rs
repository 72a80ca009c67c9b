// SPDX-License-Identifier: GPL-2.0-only

//! Notifications about network devices.
//!
//! C header: [`include/linux/notifier.h`](srctree/include/linux/notifier.h)

use core::cell::UnsafeCell;
use core::marker::PhantomData;

use kernel::error::to_result;
use kernel::prelude::*;
use kernel::sync::atomic::{
    Atomic,
    Relaxed, //
};
use kernel::sync::Arc;

use crate::ffi;
use crate::net::address::Family;
use crate::net::device::{
    Device,
    DeviceId, //
};
use crate::net::errand::Later;
use crate::net::rtnl::Rtnl;
use crate::policy::naming::Name;

/// What wants to know of devices that come and go.
///
/// All methods but one are called under RTNL, some of them with the device's instance lock held: no method
/// may change the device.
pub(crate) trait DeviceEvents: Send + Sync + Sized + 'static {
    /// A device leaves its namespace for another. It still has its name there, and its settings.
    ///
    /// Returns the name that it is to arrive under, if it is to be named; it must be free there.
    fn leaving(&self, rtnl: &Rtnl, dev: &Device) -> Option<Name>;

    /// A device is there: it is new, or it has arrived from another namespace. What is to be done about
    /// it can be left for `later`.
    fn arrived(&self, rtnl: &Rtnl, dev: &Device, later: Later<'_, Self>);

    /// A device is being set down, by somebody or because it is about to leave. It still has its
    /// addresses.
    fn closing(&self, rtnl: &Rtnl, dev: &Device);

    /// A device has been set down. What addresses it has lost by that it has no more.
    fn closed(&self, rtnl: &Rtnl, dev: &Device);

    /// A device got an address or lost one. Called in any context: it must not sleep.
    fn address_changed(&self, device: DeviceId);

    /// A device is about to leave; other notifiers have not heard of it yet.
    fn before_leaving(&self, rtnl: &Rtnl, dev: &Device);

    /// A device is unregistered, and cannot be freed because somebody holds it. Told about every
    /// second.
    fn stuck(&self, rtnl: &Rtnl, dev: &Device);

    /// A device is being destroyed.
    fn destroyed(&self, rtnl: &Rtnl, dev: &Device);

    /// A device has another name.
    fn renamed(&self, rtnl: &Rtnl, dev: &Device);
}

/// A `struct notifier_block` and what it is for.
#[repr(C)]
struct Block<T> {
    inner: UnsafeCell<ffi::notifier_block>,
    context: Arc<T>,
    /// Not 0 while it is taken out of its chain: what it is told then does not happen.
    leaving: Atomic<u32>,
}

/// What adds a block to a chain of notifiers, or takes it out.
type Change = unsafe extern "C" fn(*mut ffi::notifier_block) -> c_int;

/// A chain of notifiers: what adds a block to it, and what takes it out and waits until nobody is
/// in its callback.
#[derive(Clone, Copy)]
struct Chain(Change, Change);

const DEVICES: Chain = Chain(
    ffi::register_netdevice_notifier,
    ffi::unregister_netdevice_notifier,
);
const ADDRESSES4: Chain = Chain(
    ffi::register_inetaddr_notifier,
    ffi::unregister_inetaddr_notifier,
);
const ADDRESSES6: Chain = Chain(
    ffi::register_inet6addr_notifier,
    ffi::unregister_inet6addr_notifier,
);

/// Registration of one block.
///
/// # Invariants
///
/// `block` is in `chain`.
struct Registered<T> {
    block: KBox<Block<T>>,
    chain: Chain,
}

// SAFETY: The kernel changes a chain under locks of its own: RTNL and `pernet_ops_rwsem` (dev.c), or
// the lock of the chain (devinet.c, addrconf_core.c; kernel/notifier.c). We only keep the block and
// its `Arc<T>`, where `T` is `Send` and `Sync`.
unsafe impl<T: Send + Sync> Send for Registered<T> {}
// SAFETY: As above.
unsafe impl<T: Send + Sync> Sync for Registered<T> {}

/// Registration of a [`DeviceEvents`].
///
/// The chain of notifiers ends at the first that objects, and a device with a bad name is enough
/// for that (`devinet_sysctl_register()`). So arrivals are told to us first of all. Departures are
/// told to us last: by then masters have let the device go and given it its own settings.
pub(crate) struct Registration<T: DeviceEvents> {
    // Fields in order of teardown: nobody may leave whose arrival would not be seen.
    _last: Registered<T>,
    _first: Registered<T>,
    _addresses: [Registered<T>; 2],
}

impl<T: DeviceEvents> Registration<T> {
    /// Registers; [`DeviceEvents::arrived`] is told of each device that is there.
    pub(crate) fn register(context: Arc<T>) -> Result<Self> {
        let addresses = [
            Registered::new(ADDRESSES4, Adapter::<T>::address4, 0, context.clone())?,
            Registered::new(ADDRESSES6, Adapter::<T>::address6, 0, context.clone())?,
        ];
        let first = Registered::new(DEVICES, Adapter::<T>::first, i32::MAX, context.clone())?;
        let last = Registered::new(DEVICES, Adapter::<T>::last, i32::MIN, context)?;
        Ok(Registration {
            _last: last,
            _first: first,
            _addresses: addresses,
        })
    }
}

/// `notifier_fn_t`.
type Callback = unsafe extern "C" fn(*mut ffi::notifier_block, c_ulong, *mut c_void) -> c_int;

impl<T> Registered<T> {
    fn new(chain: Chain, callback: Callback, priority: i32, context: Arc<T>) -> Result<Self> {
        let block = KBox::new(
            Block {
                inner: UnsafeCell::new(ffi::notifier_block {
                    notifier_call: Some(callback),
                    next: core::ptr::null_mut(),
                    priority,
                }),
                context,
                leaving: Atomic::new(0),
            },
            GFP_KERNEL,
        )?;
        // SAFETY: The block stays where it is until it is unregistered in `drop()`.
        to_result(unsafe { chain.0(block.inner.get()) })?;
        // INVARIANT: Registered just now.
        Ok(Registered { block, chain })
    }
}

impl<T> Drop for Registered<T> {
    fn drop(&mut self) {
        // The kernel tells a notifier that goes of the end of every device, with RTNL and
        // `pernet_ops_rwsem` held (dev.c, `unregister_netdevice_notifier()`). Nobody sets them down
        // or destroys them, and their owner forgets all of them anyway.
        self.block.leaving.store(1, Relaxed);
        // SAFETY: Registered, by the type invariant, and not unregistered before.
        unsafe { self.chain.1(self.block.inner.get()) };
    }
}

/// The callbacks of a [`DeviceEvents`], lowered.
struct Adapter<T>(PhantomData<T>);

impl<T: DeviceEvents> Adapter<T> {
    /// Lifts the arguments of a callback; `None` if what it tells is not so.
    ///
    /// # Safety
    ///
    /// Only for a callback of a registered [`Block<T>`], with its own arguments.
    unsafe fn lift<'a>(
        nb: *mut ffi::notifier_block,
        info: *mut c_void,
    ) -> Option<(&'a Arc<T>, Rtnl, &'a Device)> {
        const { assert!(core::mem::offset_of!(Block<T>, inner) == 0) };
        // SAFETY: `nb` is the first field of a `Block<T>`, which stays until it is unregistered.
        // Every netdevice notifier gets a `struct netdev_notifier_info` with a valid device
        // (netdevice.h), and is called under RTNL (dev.c, `call_netdevice_notifiers_info()`).
        unsafe {
            let info = info.cast::<ffi::netdev_notifier_info>();
            let block = &*nb.cast::<Block<T>>();
            let told = (&block.context, Rtnl::held(), Device::from_raw((*info).dev));
            (block.leaving.load(Relaxed) == 0).then_some(told)
        }
    }

    /// # Safety
    ///
    /// For the kernel, as `notifier_call` of a registered [`Block<T>`], under RTNL.
    unsafe extern "C" fn first(
        nb: *mut ffi::notifier_block,
        event: c_ulong,
        info: *mut c_void,
    ) -> c_int {
        // SAFETY: A callback, with its own arguments.
        let Some((context, rtnl, dev)) = (unsafe { Self::lift(nb, info) }) else {
            return NOTIFY_DONE;
        };
        match event as ffi::netdev_cmd {
            ffi::netdev_cmd_NETDEV_REGISTER => {
                context.arrived(&rtnl, dev, Later::with(context));
            }
            ffi::netdev_cmd_NETDEV_CHANGENAME => context.renamed(&rtnl, dev),
            ffi::netdev_cmd_NETDEV_GOING_DOWN => context.closing(&rtnl, dev),
            ffi::netdev_cmd_NETDEV_UNREGISTER if dev.is_moving() => {
                context.before_leaving(&rtnl, dev);
            }
            _ => {}
        }
        NOTIFY_DONE
    }

    /// # Safety
    ///
    /// For the kernel, as `notifier_call` of a registered [`Block<T>`], under RTNL.
    unsafe extern "C" fn last(
        nb: *mut ffi::notifier_block,
        event: c_ulong,
        info: *mut c_void,
    ) -> c_int {
        // SAFETY: A callback, with its own arguments.
        let Some((context, rtnl, dev)) = (unsafe { Self::lift(nb, info) }) else {
            return NOTIFY_DONE;
        };
        match event as ffi::netdev_cmd {
            ffi::netdev_cmd_NETDEV_UNREGISTER => {}
            ffi::netdev_cmd_NETDEV_DOWN => {
                context.closed(&rtnl, dev);
                return NOTIFY_DONE;
            }
            _ => return NOTIFY_DONE,
        }
        if dev.is_moving() {
            if let Some(name) = context.leaving(&rtnl, dev) {
                dev.arrive_as(&rtnl, &name);
            }
        } else if dev.is_waiting() {
            context.stuck(&rtnl, dev);
        } else {
            context.destroyed(&rtnl, dev);
        }
        NOTIFY_DONE
    }

    /// # Safety
    ///
    /// For the kernel, as `notifier_call` of a registered [`Block<T>`], for addresses of `family`.
    unsafe fn address(family: Family, nb: *mut ffi::notifier_block, info: *const c_void) -> c_int {
        // SAFETY: `nb` is the first field of a `Block<T>`, which stays until it is unregistered.
        // `info` is an address, whose device stays during the call and is not looked at (devinet.c,
        // `__inet_insert_ifa()`; addrconf.c, `ipv6_add_addr()`).
        unsafe {
            let context = &(*nb.cast::<Block<T>>()).context;
            let dev = ffi::hw_address_dev(family.number() as c_int, info);
            context.address_changed(DeviceId::of(dev));
        }
        NOTIFY_DONE
    }

    /// # Safety
    ///
    /// For the kernel, as `notifier_call` of a registered [`Block<T>`], for addresses of IPv4.
    unsafe extern "C" fn address4(
        nb: *mut ffi::notifier_block,
        _event: c_ulong,
        info: *mut c_void,
    ) -> c_int {
        // SAFETY: By the contract.
        unsafe { Self::address(Family::V4, nb, info) }
    }

    /// # Safety
    ///
    /// For the kernel, as `notifier_call` of a registered [`Block<T>`], for addresses of IPv6.
    unsafe extern "C" fn address6(
        nb: *mut ffi::notifier_block,
        _event: c_ulong,
        info: *mut c_void,
    ) -> c_int {
        // SAFETY: By the contract.
        unsafe { Self::address(Family::V6, nb, info) }
    }
}

/// Go on with the chain.
const NOTIFY_DONE: c_int = 0;
