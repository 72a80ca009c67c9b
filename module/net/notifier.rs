// SPDX-License-Identifier: GPL-2.0-only

//! Notifications about network devices.
//!
//! C header: [`include/linux/notifier.h`](srctree/include/linux/notifier.h)

use core::cell::UnsafeCell;

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

#[cfg_attr(HW_RUST_NET, path = "upstream/notifier.rs")]
mod devices;

use devices::{
    device_of,
    Event,
    NetDevice,
    Notifier, //
};

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

/// Registration of a [`DeviceEvents`].
///
/// The chain of notifiers ends at the first that objects, and a device with a bad name is enough
/// for that (`devinet_sysctl_register()`). So arrivals are told to us first of all. Departures are
/// told to us last: by then masters have let the device go and given it its own settings.
pub(crate) struct Registration<T: DeviceEvents> {
    // Fields in order of teardown: nobody may leave whose arrival would not be seen.
    _last: Devices<T, false>,
    _first: Devices<T, true>,
    _addresses: [Addresses<T>; 2],
}

impl<T: DeviceEvents> Registration<T> {
    /// Registers; [`DeviceEvents::arrived`] is told of each device that is there.
    pub(crate) fn register(context: Arc<T>) -> Result<Self> {
        let addresses = [
            Addresses::new(CHAIN4, address4::<T>, context.clone())?,
            Addresses::new(CHAIN6, address6::<T>, context.clone())?,
        ];
        let first = Devices::new(context.clone())?;
        let last = Devices::new(context)?;
        Ok(Registration {
            _last: last,
            _first: first,
            _addresses: addresses,
        })
    }
}

/// Who is told of devices, before all others or after them.
struct Told<T, const FIRST: bool> {
    context: Arc<T>,
    /// Not 0 while it is taken out of the chain: what it is told then does not happen.
    leaving: Atomic<u32>,
}

impl<T: DeviceEvents, const FIRST: bool> Notifier for Told<T, FIRST> {
    const PRIORITY: i32 = if FIRST { i32::MAX } else { i32::MIN };

    fn notify(&self, event: Event, dev: &NetDevice) -> Result {
        if self.leaving.load(Relaxed) == 0 {
            // SAFETY: It is held around the callback, in which `rtnl` stays.
            let rtnl = unsafe { Rtnl::held() };
            match FIRST {
                true => first(&self.context, &rtnl, event, device_of(dev)),
                false => last(&*self.context, &rtnl, event, device_of(dev)),
            }
        }
        Ok(())
    }
}

fn first<T: DeviceEvents>(context: &Arc<T>, rtnl: &Rtnl, event: Event, dev: &Device) {
    match event {
        Event::REGISTER => context.arrived(rtnl, dev, Later::with(context)),
        Event::CHANGE_NAME => context.renamed(rtnl, dev),
        Event::GOING_DOWN => context.closing(rtnl, dev),
        Event::UNREGISTER if dev.is_moving() => context.before_leaving(rtnl, dev),
        _ => {}
    }
}

fn last<T: DeviceEvents>(context: &T, rtnl: &Rtnl, event: Event, dev: &Device) {
    match event {
        Event::DOWN => context.closed(rtnl, dev),
        Event::UNREGISTER if dev.is_moving() => {
            if let Some(name) = context.leaving(rtnl, dev) {
                dev.arrive_as(rtnl, &name);
            }
        }
        Event::UNREGISTER if dev.is_waiting() => context.stuck(rtnl, dev),
        Event::UNREGISTER => context.destroyed(rtnl, dev),
        _ => {}
    }
}

/// Registration of a [`Told`].
struct Devices<T: DeviceEvents, const FIRST: bool>(
    Pin<KBox<devices::Registration<Told<T, FIRST>>>>,
);

impl<T: DeviceEvents, const FIRST: bool> Devices<T, FIRST> {
    fn new(context: Arc<T>) -> Result<Self> {
        let told = Ok::<_, Error>(Told {
            context,
            leaving: Atomic::new(0),
        });
        KBox::pin_init(devices::Registration::new(told), GFP_KERNEL).map(Devices)
    }
}

impl<T: DeviceEvents, const FIRST: bool> Drop for Devices<T, FIRST> {
    fn drop(&mut self) {
        // The kernel tells a notifier that goes of the end of every device, with RTNL and
        // `pernet_ops_rwsem` held (dev.c, `unregister_netdevice_notifier()`). Nobody sets them down
        // or destroys them, and their owner forgets all of them anyway.
        self.0.notifier().leaving.store(1, Relaxed);
    }
}

/// A `struct notifier_block` and what it is for.
#[repr(C)]
struct Block<T> {
    inner: UnsafeCell<ffi::notifier_block>,
    context: Arc<T>,
}

/// What adds a block to a chain of notifiers, or takes it out.
type Change = unsafe extern "C" fn(*mut ffi::notifier_block) -> c_int;

/// A chain of notifiers: what adds a block to it, and what takes it out and waits until nobody is
/// in its callback.
#[derive(Clone, Copy)]
struct Chain(Change, Change);

const CHAIN4: Chain = Chain(
    ffi::register_inetaddr_notifier,
    ffi::unregister_inetaddr_notifier,
);
const CHAIN6: Chain = Chain(
    ffi::register_inet6addr_notifier,
    ffi::unregister_inet6addr_notifier,
);

/// Registration of a block, to be told of addresses.
///
/// # Invariants
///
/// `block` is in `chain`.
struct Addresses<T> {
    block: KBox<Block<T>>,
    chain: Chain,
}

// SAFETY: The kernel changes a chain under the lock of the chain (devinet.c, addrconf_core.c;
// kernel/notifier.c). We only keep the block and its `Arc<T>`, where `T` is `Send` and `Sync`.
unsafe impl<T: Send + Sync> Send for Addresses<T> {}
// SAFETY: As above.
unsafe impl<T: Send + Sync> Sync for Addresses<T> {}

/// `notifier_fn_t`.
type Callback = unsafe extern "C" fn(*mut ffi::notifier_block, c_ulong, *mut c_void) -> c_int;

impl<T> Addresses<T> {
    fn new(chain: Chain, callback: Callback, context: Arc<T>) -> Result<Self> {
        let block = KBox::new(
            Block {
                inner: UnsafeCell::new(ffi::notifier_block {
                    notifier_call: Some(callback),
                    next: core::ptr::null_mut(),
                    priority: 0,
                }),
                context,
            },
            GFP_KERNEL,
        )?;
        // SAFETY: The block stays where it is until it is unregistered in `drop()`.
        to_result(unsafe { chain.0(block.inner.get()) })?;
        // INVARIANT: Registered just now.
        Ok(Addresses { block, chain })
    }
}

impl<T> Drop for Addresses<T> {
    fn drop(&mut self) {
        // SAFETY: Registered, by the type invariant, and not unregistered before.
        unsafe { self.chain.1(self.block.inner.get()) };
    }
}

/// # Safety
///
/// For the kernel, as `notifier_call` of a registered [`Block<T>`], for addresses of `family`.
unsafe fn address<T: DeviceEvents>(
    family: Family,
    nb: *mut ffi::notifier_block,
    info: *const c_void,
) -> c_int {
    const { assert!(core::mem::offset_of!(Block<T>, inner) == 0) };
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
unsafe extern "C" fn address4<T: DeviceEvents>(
    nb: *mut ffi::notifier_block,
    _event: c_ulong,
    info: *mut c_void,
) -> c_int {
    // SAFETY: By the contract.
    unsafe { address::<T>(Family::V4, nb, info) }
}

/// # Safety
///
/// For the kernel, as `notifier_call` of a registered [`Block<T>`], for addresses of IPv6.
unsafe extern "C" fn address6<T: DeviceEvents>(
    nb: *mut ffi::notifier_block,
    _event: c_ulong,
    info: *mut c_void,
) -> c_int {
    // SAFETY: By the contract.
    unsafe { address::<T>(Family::V6, nb, info) }
}

/// Go on with the chain.
const NOTIFY_DONE: c_int = 0;
