// SPDX-License-Identifier: GPL-2.0-only

//! Network devices.
//!
//! C header: [`include/linux/netdevice.h`](srctree/include/linux/netdevice.h)

use core::ffi::CStr;
use core::ptr::NonNull;

use kernel::prelude::*;
use kernel::types::Opaque;

use crate::ffi;
use crate::net::address::{
    Address,
    Family,
    Presence, //
};
use crate::net::namespace::Net;
use crate::net::rtnl::Rtnl;
use crate::policy::naming::Name;

/// Room for an alias with its NUL (`IFALIASZ`).
pub(crate) const ALIAS_SIZE: usize = 256;

/// Room for an alternative name without its NUL (`ALTIFNAMSIZ - 1`).
const ALTNAME_SIZE: usize = 127;

/// A network device, `struct net_device`, under RTNL.
///
/// RTNL keeps a registered device registered and its fields steady: nothing that outlives the
/// `&Rtnl` through which a reference was had may keep it.
#[repr(transparent)]
pub(crate) struct Device(Opaque<ffi::net_device>);

impl Device {
    /// Looks at a `struct net_device`.
    ///
    /// # Safety
    ///
    /// `ptr` must point to a `struct net_device` that is not freed during `'a`, and RTNL must be
    /// held during `'a`.
    pub(super) unsafe fn from_raw<'a>(ptr: *mut ffi::net_device) -> &'a Device {
        // SAFETY: By the contract of this function; `Device` is a transparent wrapper.
        unsafe { &*ptr.cast::<Device>() }
    }

    /// The device of `net` with this index.
    pub(crate) fn by_index<'a>(rtnl: &'a Rtnl, net: &Net, ifindex: u32) -> Option<&'a Device> {
        let _ = rtnl;
        let ifindex = i32::try_from(ifindex).ok()?;
        // SAFETY: RTNL is held and `net` is valid; a device found stays while RTNL is held.
        let ptr = unsafe { ffi::__dev_get_by_index(net.as_ptr(), ifindex) };
        // SAFETY: As above.
        NonNull::new(ptr).map(|ptr| unsafe { Device::from_raw(ptr.as_ptr()) })
    }

    /// The device of `net` with this name or alternative name.
    pub(crate) fn by_name<'a>(rtnl: &'a Rtnl, net: &Net, name: &Name) -> Option<&'a Device> {
        let _ = rtnl;
        let name = name.as_bytes_with_nul().as_ptr().cast();
        // SAFETY: RTNL is held, `net` is valid and `name` ends with NUL.
        let ptr = unsafe { ffi::__dev_get_by_name(net.as_ptr(), name) };
        // SAFETY: A device found stays while RTNL is held.
        NonNull::new(ptr).map(|ptr| unsafe { Device::from_raw(ptr.as_ptr()) })
    }

    /// The device of `net` with the lowest index that is `from` or more.
    ///
    /// The way to go through all devices while they are moved, destroyed and made meanwhile.
    pub(crate) fn find_from<'a>(rtnl: &'a Rtnl, net: &Net, from: u32) -> Option<&'a Device> {
        let _ = rtnl;
        let mut ifindex = from as usize;
        // SAFETY: RTNL is held, so `dev_by_index` of the valid `net` is steady.
        let ptr = unsafe { ffi::hw_dev_find_from(net.as_ptr(), &raw mut ifindex) };
        // SAFETY: A device found stays while RTNL is held. `dev_index_reserve()` leaves no entry
        // without a device behind while RTNL is free.
        NonNull::new(ptr).map(|ptr| unsafe { Device::from_raw(ptr.as_ptr()) })
    }

    /// The highest index of a device in `net`, 0 if there is none.
    pub(crate) fn last_index(rtnl: &Rtnl, net: &Net) -> u32 {
        let mut last = 0;
        while let Some(device) = Device::find_from(rtnl, net, last + 1) {
            last = device.ifindex();
        }
        last
    }

    pub(super) fn as_ptr(&self) -> *mut ffi::net_device {
        self.0.get()
    }

    /// What tells this device from others while it exists.
    pub(crate) fn id(&self) -> DeviceId {
        DeviceId(self.as_ptr() as usize)
    }

    /// The network namespace that it is in.
    pub(crate) fn net(&self) -> &Net {
        // SAFETY: `self` is valid; its namespace cannot go before it, and RTNL keeps it there.
        unsafe { Net::from_raw(ffi::hw_dev_net(self.as_ptr())) }
    }

    /// Its index.
    pub(crate) fn ifindex(&self) -> u32 {
        // SAFETY: `self` is valid, and an index is positive (`dev_index_reserve()`).
        unsafe { (*self.as_ptr()).ifindex }.unsigned_abs()
    }

    /// Its name; `None` only before it is registered, while the name may be a pattern or empty.
    pub(crate) fn name(&self) -> Option<Name> {
        // SAFETY: `self` is valid, and names change under RTNL only.
        Name::new(unsafe { &(*self.as_ptr()).name })
    }

    /// Its kind (`rtnl_link_ops.kind`).
    pub(crate) fn kind(&self) -> Option<&CStr> {
        // SAFETY: `self` is valid.
        let kind = unsafe { ffi::hw_dev_kind(self.as_ptr()) };
        // SAFETY: A string of the link type, which cannot be unregistered under RTNL.
        (!kind.is_null()).then(|| unsafe { CStr::from_char_ptr(kind) })
    }

    /// The name of the device that it belongs to, a PCI device for example, and that of its bus, as far as
    /// there are any.
    pub(crate) fn parent(&self) -> [Option<&CStr>; 2] {
        // SAFETY: `self` is valid, and keeps its parent while it is registered.
        let (name, bus) = unsafe {
            (
                ffi::hw_dev_parent_name(self.as_ptr()),
                ffi::hw_dev_parent_bus(self.as_ptr()),
            )
        };
        // SAFETY: Strings of the parent and its bus, which a device does not rename while it has network
        // devices, as rtnetlink takes for granted (`rtnl_fill_ifinfo()`).
        [name, bus].map(|text| (!text.is_null()).then(|| unsafe { CStr::from_char_ptr(text) }))
    }

    /// Which of the ports of that device it is, in the two ways in which drivers say so.
    pub(crate) fn port(&self) -> [u32; 2] {
        // SAFETY: `self` is valid, and a driver sets both before it registers the device.
        unsafe {
            [
                (*self.as_ptr()).dev_port.into(),
                (*self.as_ptr()).dev_id.into(),
            ]
        }
    }

    /// Whether the kernel itself would move it to the initial namespace.
    pub(crate) fn is_physical(&self) -> bool {
        // SAFETY: `self` is valid.
        unsafe { ffi::hw_dev_physical(self.as_ptr()) }
    }

    /// Whether the kernel refuses to move it.
    pub(crate) fn is_immovable(&self) -> bool {
        // SAFETY: `self` is valid.
        unsafe { ffi::hw_dev_immovable(self.as_ptr()) }
    }

    /// Whether it is between two namespaces.
    pub(crate) fn is_moving(&self) -> bool {
        // SAFETY: `self` is valid, and RTNL keeps the flag steady.
        unsafe { ffi::hw_dev_moving(self.as_ptr()) }
    }

    /// Whether it is unregistered, and waits for somebody to let go of it.
    pub(crate) fn is_waiting(&self) -> bool {
        // SAFETY: `self` is valid.
        unsafe { ffi::hw_dev_waiting(self.as_ptr()) }
    }

    /// How many references there are to it, one of which is the kernel's own.
    pub(crate) fn refs(&self) -> u32 {
        // SAFETY: `self` is valid.
        unsafe { ffi::hw_dev_refs(self.as_ptr()) }
    }

    /// How many addresses it has; the first of those without an end go to `to`.
    pub(super) fn addresses(&self, family: Family, to: &mut [Address]) -> ffi::hw_address_count {
        let family = family.number() as c_int;
        // `Address` is a transparent wrapper.
        let (first, room) = (to.as_mut_ptr().cast(), to.len() as u32);
        // SAFETY: `self` is valid, RTNL keeps its addresses, and there is room for so many.
        unsafe { ffi::hw_dev_addresses(self.as_ptr(), family, first, room) }
    }

    /// Whether it has this address, and if so, whether just as told.
    pub(crate) fn has_address(&self, one: &Address) -> Presence {
        // SAFETY: `self` is valid, RTNL keeps its addresses, and `one` is valid.
        match unsafe { ffi::hw_dev_has_address(self.as_ptr(), one.as_ptr()) } {
            ffi::hw_presence_HW_ABSENT => Presence::Absent,
            ffi::hw_presence_HW_PRESENT => Presence::Present,
            _ => Presence::Other,
        }
    }

    /// Whether IPv6 is switched on for it.
    pub(crate) fn has_ipv6(&self) -> bool {
        // SAFETY: `self` is valid, and RTNL keeps what IPv6 has of it.
        unsafe { ffi::hw_dev_has_ipv6(self.as_ptr()) }
    }

    /// Whether its devlink instance lives in the namespace that it is in itself.
    pub(crate) fn has_devlink_beside(&self) -> bool {
        // SAFETY: `self` is valid; `devlink_port` is fixed while a device is registered
        // (netdevice.h, `SET_NETDEV_DEVLINK_PORT()`).
        unsafe { ffi::hw_dev_devlink_in(self.as_ptr(), self.net().as_ptr()) }
    }

    /// Its flags, as RTM_GETLINK shows them.
    pub(crate) fn flags(&self) -> u32 {
        // SAFETY: `self` is valid.
        unsafe { ffi::netif_get_flags(self.as_ptr()) }
    }

    /// Whether it is up.
    pub(crate) fn is_up(&self) -> bool {
        self.flags() & ffi::net_device_flags_IFF_UP != 0
    }

    /// Copies its alias and returns how long it is, 0 for none.
    pub(crate) fn alias<'b>(&self, buf: &'b mut [u8; ALIAS_SIZE]) -> &'b [u8] {
        // SAFETY: `self` is valid and `buf` has the length told; the shim writes no more, and
        // returns at the most one less.
        let len = unsafe { ffi::hw_dev_alias(self.as_ptr(), buf.as_mut_ptr().cast(), buf.len()) };
        &buf[..len.min(ALIAS_SIZE)]
    }

    /// Its alternative names, copied: a move out of a dying namespace frees those that clash.
    pub(crate) fn altnames(&self) -> impl Iterator<Item = Altname> + '_ {
        let mut last = core::ptr::null();
        let next = move || {
            // SAFETY: `self` is valid; the list changes under RTNL only, so `last` is on it still.
            last = unsafe { ffi::hw_dev_altname_after(self.as_ptr(), last) };
            // SAFETY: A name on the list ends with NUL and stays until we are done.
            (!last.is_null()).then(|| Altname::new(unsafe { CStr::from_char_ptr(last) }))
        };
        // Past the end comes the first one again.
        core::iter::from_fn(next).fuse()
    }

    /// Whether this is one of its alternative names.
    pub(crate) fn has_altname(&self, name: &[u8]) -> bool {
        self.altnames().any(|other| other.as_ref() == name)
    }

    /// Whether an alternative name of it is taken in `net`: then it cannot go there.
    pub(crate) fn altname_clashes(&self, rtnl: &Rtnl, net: &Net) -> bool {
        let mut altnames = self.altnames();
        altnames.any(|name| altname_in_use(rtnl, net, &name))
    }
}

/// Closes as one those of these devices that are up, and that nothing else can close meanwhile.
///
/// A move closes a device, too, but waits for the grace period of each. All of them must be of
/// `nets`, at most [`MOST_NETS`](crate::net::rtnl::MOST_NETS), and none of them moving.
pub(crate) fn close_many(rtnl: &Rtnl, nets: &[&Net], devices: &[&Device]) {
    let _locked = rtnl.lock_all(nets);
    // `Device` is a transparent wrapper: each reference is the address of a `struct net_device`.
    let first = devices.as_ptr().cast::<*mut ffi::net_device>();
    // SAFETY: RTNL is held, also that of their namespace, and these are as many valid devices as
    // told; one that is there twice is closed once (close.c).
    unsafe { ffi::hw_dev_close_many(first, devices.len()) };
}

/// A copy of an alternative name.
///
/// # Invariants
///
/// At least one NUL is behind the name.
pub(crate) struct Altname {
    bytes: [u8; ALTNAME_SIZE + 1],
    len: usize,
}

impl Altname {
    fn new(name: &CStr) -> Altname {
        let name = name.to_bytes();
        // The policy of IFLA_ALT_IFNAME lets none in that is longer.
        let len = name.len().min(ALTNAME_SIZE);
        let mut bytes = [0; ALTNAME_SIZE + 1];
        // INVARIANT: `len` is less than the size.
        bytes[..len].copy_from_slice(&name[..len]);
        Altname { bytes, len }
    }
}

impl AsRef<[u8]> for Altname {
    fn as_ref(&self) -> &[u8] {
        &self.bytes[..self.len]
    }
}

/// Whether a device of `net` has this name or alternative name.
pub(crate) fn name_in_use(rtnl: &Rtnl, net: &Net, name: &Name) -> bool {
    let _ = rtnl;
    // SAFETY: RTNL is held, `net` is valid and the name ends with NUL.
    unsafe { ffi::netdev_name_in_use(net.as_ptr(), name.as_bytes_with_nul().as_ptr().cast()) }
}

/// Whether a device of `net` has this alternative name as one of its names.
pub(crate) fn altname_in_use(rtnl: &Rtnl, net: &Net, name: &Altname) -> bool {
    let _ = rtnl;
    // SAFETY: RTNL is held, `net` is valid and the name ends with NUL, by its size.
    unsafe { ffi::netdev_name_in_use(net.as_ptr(), name.bytes.as_ptr().cast()) }
}

/// How many devices `net` has.
pub(crate) fn count(net: &Net) -> u32 {
    let mut ifindex = 0;
    let mut count = 0;
    // SAFETY: `dev_by_index` of a valid `net` may be read under RCU.
    unsafe {
        ffi::hw_rcu_read_lock();
        while !ffi::hw_dev_find_from(net.as_ptr(), &raw mut ifindex).is_null() {
            count += 1;
            ifindex += 1;
        }
        ffi::hw_rcu_read_unlock();
    }
    count
}

/// Whether `net` has a device that can leave it, or that the kernel takes out of it.
pub(crate) fn any_movable(net: &Net) -> bool {
    let mut ifindex = 0;
    let mut found = false;
    // SAFETY: `dev_by_index` of a valid `net` may be read under RCU, and a device found there
    // stays until RCU is unlocked.
    unsafe {
        ffi::hw_rcu_read_lock();
        while !found {
            let dev = ffi::hw_dev_find_from(net.as_ptr(), &raw mut ifindex);
            if dev.is_null() {
                break;
            }
            found = !ffi::hw_dev_immovable(dev) || ffi::hw_dev_wiphy_in(dev, net.as_ptr());
            ifindex += 1;
        }
        ffi::hw_rcu_read_unlock();
    }
    found
}

/// Tells one device from another while both exist; never used to reach one.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct DeviceId(usize);

impl DeviceId {
    /// That of a device which may be looked at by others only.
    pub(super) fn of(dev: *const ffi::net_device) -> DeviceId {
        DeviceId(dev as usize)
    }

    /// Not 0.
    pub(crate) fn number(self) -> usize {
        self.0
    }
}
