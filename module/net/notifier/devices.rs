// SPDX-License-Identifier: GPL-2.0-only

//! Notifiers of network devices, on a kernel whose `kernel` crate has none: as those of `upstream/` are,
//! as far as we need them.

use kernel::error::to_result;
use kernel::prelude::*;
use kernel::types::Opaque;

use crate::ffi;
use crate::net::device::Device;

/// What it is to the kernel crate, where that has it.
pub(crate) type NetDevice = Device;

/// Of what it is to the kernel crate.
pub(crate) fn device_of(dev: &NetDevice) -> &Device {
    dev
}

/// What happens to a device.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Event(c_ulong);

impl Event {
    /// It is there: it is new, or has arrived.
    pub(crate) const REGISTER: Event = Event(ffi::netdev_cmd_NETDEV_REGISTER as c_ulong);
    /// It is unregistered, or leaves.
    pub(crate) const UNREGISTER: Event = Event(ffi::netdev_cmd_NETDEV_UNREGISTER as c_ulong);
    /// It is about to be set down.
    pub(crate) const GOING_DOWN: Event = Event(ffi::netdev_cmd_NETDEV_GOING_DOWN as c_ulong);
    /// It has been set down.
    pub(crate) const DOWN: Event = Event(ffi::netdev_cmd_NETDEV_DOWN as c_ulong);
    /// It has another name.
    pub(crate) const CHANGE_NAME: Event = Event(ffi::netdev_cmd_NETDEV_CHANGENAME as c_ulong);
}

/// What wants to know of devices.
pub(crate) trait Notifier: Send + Sync + 'static {
    /// The highest is told first.
    const PRIORITY: i32;

    /// Something happens to a device, under RTNL. The chain ends at an error.
    fn notify(&self, event: Event, dev: &NetDevice) -> Result;
}

/// Registration of a [`Notifier`], which is told of the beginning of all devices that there are, and when
/// it goes, of their end.
///
/// # Invariants
///
/// `block`, the first field, is registered.
#[repr(C)]
#[pin_data(PinnedDrop)]
pub(crate) struct Registration<T: Notifier> {
    #[pin]
    block: Opaque<ffi::notifier_block>,
    #[pin]
    notifier: T,
}

// SAFETY: The kernel changes its chain under RTNL and `pernet_ops_rwsem` (dev.c). We only keep the block
// and `T`, which is `Send` and `Sync`.
unsafe impl<T: Notifier> Send for Registration<T> {}
// SAFETY: As above.
unsafe impl<T: Notifier> Sync for Registration<T> {}

impl<T: Notifier> Registration<T> {
    /// Registers.
    pub(crate) fn new(notifier: impl PinInit<T, Error>) -> impl PinInit<Self, Error> {
        try_pin_init!(Registration {
            notifier <- notifier,
            // The last, as the callback is called before this returns.
            block <- Opaque::try_ffi_init(|block: *mut ffi::notifier_block| {
                // SAFETY: Ours, and pinned; it is unregistered before it is freed.
                to_result(unsafe {
                    block.write(ffi::notifier_block {
                        notifier_call: Some(callback::<T>),
                        next: core::ptr::null_mut(),
                        priority: T::PRIORITY,
                    });
                    ffi::register_netdevice_notifier(block)
                })
            }),
        })
    }

    /// The notifier.
    pub(crate) fn notifier(&self) -> &T {
        &self.notifier
    }
}

#[pinned_drop]
impl<T: Notifier> PinnedDrop for Registration<T> {
    fn drop(self: Pin<&mut Self>) {
        // SAFETY: Registered, by the type invariant. Waits for RTNL, and so for every callback.
        unsafe { ffi::unregister_netdevice_notifier(self.block.get()) };
    }
}

/// # Safety
///
/// For the kernel, as `notifier_call` of a [`Registration<T>`], under RTNL.
unsafe extern "C" fn callback<T: Notifier>(
    nb: *mut ffi::notifier_block,
    event: c_ulong,
    info: *mut c_void,
) -> c_int {
    const { assert!(core::mem::offset_of!(Registration<T>, block) == 0) };
    // SAFETY: `nb` is the first field of a registration, whose notifier is there. Every netdevice notifier
    // gets a `struct netdev_notifier_info` with a valid device (netdevice.h), and is called under RTNL
    // (dev.c, `call_netdevice_notifiers_info()`).
    let told = unsafe {
        let notifier = &raw const (*nb.cast::<Registration<T>>()).notifier;
        let info = info.cast::<ffi::netdev_notifier_info>();
        (*notifier).notify(Event(event), Device::from_raw((*info).dev))
    };
    // As `notifier_from_errno()`.
    let end = |error: Error| {
        ffi::NOTIFY_STOP_MASK as c_int | (ffi::NOTIFY_OK as c_int - error.to_errno())
    };
    told.map_or_else(end, |()| ffi::NOTIFY_OK as c_int)
}
