// SPDX-License-Identifier: GPL-2.0-only

//! Notifications about network devices.
//!
//! C header: [`include/linux/notifier.h`](srctree/include/linux/notifier.h)

use core::cell::UnsafeCell;
use core::marker::PhantomData;

use kernel::error::to_result;
use kernel::prelude::*;
use kernel::sync::Arc;

use crate::ffi;
use crate::net::device::Device;
use crate::net::rtnl::Rtnl;

/// What wants to know of devices that come and go.
///
/// All methods are called under RTNL, some of them with the device's instance lock held: no method
/// may change the device.
pub(crate) trait DeviceEvents: Send + Sync + Sized + 'static {
    /// A device leaves its namespace for another. It still has its name there, and its settings.
    fn leaving(&self, rtnl: &Rtnl, dev: &Device);

    /// A device is there: it is new, or it has arrived from another namespace.
    fn arrived(&self, rtnl: &Rtnl, dev: &Device);

    /// A device is being destroyed. Told again, about every second, while somebody holds it.
    fn destroyed(&self, rtnl: &Rtnl, dev: &Device);

    /// A device has another name.
    fn renamed(&self, rtnl: &Rtnl, dev: &Device);
}

/// A `struct notifier_block` and what it is for.
#[repr(C)]
struct Block<T> {
    inner: UnsafeCell<ffi::notifier_block>,
    context: Arc<T>,
}

/// Registration of a [`DeviceEvents`].
///
/// # Invariants
///
/// `block` is registered by `register_netdevice_notifier()`.
pub(crate) struct Registration<T: DeviceEvents> {
    block: KBox<Block<T>>,
}

// SAFETY: The chain is changed under RTNL and `pernet_ops_rwsem` by the kernel; we only keep the
// block and its `Arc<T>`, where `T` is `Send` and `Sync`.
unsafe impl<T: DeviceEvents> Send for Registration<T> {}
// SAFETY: As above.
unsafe impl<T: DeviceEvents> Sync for Registration<T> {}

impl<T: DeviceEvents> Registration<T> {
    /// Registers; [`DeviceEvents::arrived`] is told of each device that is there.
    pub(crate) fn register(context: Arc<T>) -> Result<Self> {
        let block = KBox::new(
            Block {
                inner: UnsafeCell::new(ffi::notifier_block {
                    notifier_call: Some(Adapter::<T>::call),
                    next: core::ptr::null_mut(),
                    // Last: masters have let the device go by then, and given it its own settings.
                    priority: i32::MIN,
                }),
                context,
            },
            GFP_KERNEL,
        )?;
        // SAFETY: The block stays where it is until it is unregistered in `drop()`.
        to_result(unsafe { ffi::register_netdevice_notifier(block.inner.get()) })?;
        // INVARIANT: Registered just now.
        Ok(Registration { block })
    }
}

impl<T: DeviceEvents> Drop for Registration<T> {
    fn drop(&mut self) {
        // The kernel announces the end of every device to a notifier that goes. Nobody destroys
        // them, and the context hears of it last of all: its owner forgets all devices anyway.
        //
        // SAFETY: Registered, by the type invariant, and not unregistered before.
        unsafe { ffi::unregister_netdevice_notifier(self.block.inner.get()) };
    }
}

/// The callback of a [`DeviceEvents`], lowered.
struct Adapter<T>(PhantomData<T>);

impl<T: DeviceEvents> Adapter<T> {
    /// # Safety
    ///
    /// For the kernel, as `notifier_call` of a registered [`Block`], under RTNL.
    unsafe extern "C" fn call(
        nb: *mut ffi::notifier_block,
        event: c_ulong,
        info: *mut c_void,
    ) -> c_int {
        const { assert!(core::mem::offset_of!(Block<T>, inner) == 0) };
        // SAFETY: `nb` is the first field of a `Block<T>`, which stays until it is unregistered.
        let context = unsafe { &(*nb.cast::<Block<T>>()).context };
        // SAFETY: Every netdevice notifier gets a `struct netdev_notifier_info` with a valid device
        // (netdevice.h), and is called under RTNL (dev.c, `call_netdevice_notifiers_info()`).
        let (rtnl, dev) = unsafe {
            let info = info.cast::<ffi::netdev_notifier_info>();
            (Rtnl::held(), Device::from_raw((*info).dev))
        };
        match event as ffi::netdev_cmd {
            ffi::netdev_cmd_NETDEV_REGISTER => context.arrived(&rtnl, dev),
            ffi::netdev_cmd_NETDEV_UNREGISTER if dev.is_moving() => context.leaving(&rtnl, dev),
            ffi::netdev_cmd_NETDEV_UNREGISTER => context.destroyed(&rtnl, dev),
            ffi::netdev_cmd_NETDEV_CHANGENAME => context.renamed(&rtnl, dev),
            _ => {}
        }
        0 // NOTIFY_DONE
    }
}
