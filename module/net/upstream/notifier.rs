// SPDX-License-Identifier: GPL-2.0-only

//! `notifier/devices.rs` of `kernel::net::notifier`.

use crate::net::device::Device;

pub(crate) use kernel::net::{
    device::Device as NetDevice,
    notifier::{
        Event,
        Notifier,
        Registration, //
    },
};

/// Of what it is to the kernel crate.
pub(crate) fn device_of(dev: &NetDevice) -> &Device {
    // SAFETY: Valid as long as the reference.
    unsafe { Device::from_raw(dev.as_raw().cast()) }
}
