// SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause)

//! Numbers of the generic-netlink family `homeward`.
//!
//! Based on: `module/homeward.yaml`, of which this is an image; a host test compares the two, the
//! documentation included. Compiled into the module and, by `#[path]`, into `userspace/abi`.

/// Name of the family.
pub const FAMILY_NAME: &core::ffi::CStr = c"homeward";
/// Version of the family, in the header of each of its messages.
pub const FAMILY_VERSION: u8 = 1;
/// Name of the multicast group.
pub const GROUP_EVENTS: &core::ffi::CStr = c"events";

/// Where a network namespace stands in its life.
pub mod ns_state {
    /// Somebody holds a reference.
    pub const LIVE: u32 = 1;
    /// The last reference is gone, the kernel's cleanup worker has not reached it yet. It cannot be
    /// entered any more.
    pub const QUEUED: u32 = 2;
    /// The cleanup worker is taking it down.
    pub const DYING: u32 = 3;
}

/// What becomes of a device when its network namespace dies.
pub mod fate_action {
    /// Nothing. The initial network namespace never dies.
    pub const STAY: u32 = 1;
    /// Homeward moves it to its destination and puts it in order.
    pub const RETURN: u32 = 2;
    /// Left to the kernel, which destroys a virtual device and moves a physical one to the initial
    /// network namespace as it is.
    pub const KERNEL: u32 = 3;
}

/// Why a device has its fate.
pub mod fate_reason {
    /// It is in the initial network namespace, which never dies.
    pub const INITIAL: u32 = 1;
    /// The kernel refuses to move it (net_device.netns_immutable), so it dies with its network
    /// namespace.
    pub const IMMOVABLE: u32 = 2;
    /// Its devlink instance lives in the same network namespace. The kernel reloads the instance
    /// into the initial one and makes the ports anew.
    pub const DEVLINK: u32 = 3;
    /// It is physical (no rtnl_link_ops, or ops with netns_refund), and physical devices come home.
    pub const PHYSICAL: u32 = 4;
    /// It is virtual, and virtual devices die with their namespace.
    pub const VIRTUAL: u32 = 5;
}

/// What brought a device home.
pub mod return_cause {
    /// Its network namespace died and Homeward brought it home.
    pub const DEATH: u32 = 1;
    /// Somebody else moved it: an administrator, a container runtime, or the kernel at the death of
    /// the network namespace.
    pub const MOVED: u32 = 2;
}

/// A setting of a device that survives a move between network namespaces, and is therefore recorded
/// when the device leaves and put back when Homeward brings it home.
pub mod setting {
    /// The name (IFLA_IFNAME).
    pub const NAME: u32 = 1 << 0;
    /// The MTU (IFLA_MTU).
    pub const MTU: u32 = 1 << 1;
    /// The link-layer address (IFLA_ADDRESS).
    pub const ADDRESS: u32 = 1 << 2;
    /// The transmit queue length (IFLA_TXQLEN).
    pub const TXQLEN: u32 = 1 << 3;
    /// The device group (IFLA_GROUP).
    pub const GROUP: u32 = 1 << 4;
    /// The alias (IFLA_IFALIAS).
    pub const ALIAS: u32 = 1 << 5;
    /// The alternative names (IFLA_ALT_IFNAME).
    pub const ALTNAMES: u32 = 1 << 6;
    /// The administrator's IFF_PROMISC.
    pub const PROMISC: u32 = 1 << 7;
    /// The administrator's IFF_ALLMULTI.
    pub const ALLMULTI: u32 = 1 << 8;
    /// IFF_NOARP.
    pub const NOARP: u32 = 1 << 9;
    /// IFF_MULTICAST.
    pub const MULTICAST: u32 = 1 << 10;
    /// IFLA_GSO_MAX_SIZE.
    pub const GSO_MAX_SIZE: u32 = 1 << 11;
    /// IFLA_GSO_MAX_SEGS.
    pub const GSO_MAX_SEGS: u32 = 1 << 12;
    /// IFLA_GRO_MAX_SIZE.
    pub const GRO_MAX_SIZE: u32 = 1 << 13;
    /// IFLA_GSO_IPV4_MAX_SIZE.
    pub const GSO_IPV4_MAX_SIZE: u32 = 1 << 14;
    /// IFLA_GRO_IPV4_MAX_SIZE.
    pub const GRO_IPV4_MAX_SIZE: u32 = 1 << 15;
    /// Whether an XDP program was attached.
    pub const XDP: u32 = 1 << 16;
}

/// Attributes of the set `event`. The stamp that every message of the events group carries.
pub mod event {
    /// Number of this event since the module was loaded, from 1, without holes. A hole means that
    /// the listener, or the kernel, lost events.
    pub const SEQ: u16 = 1;
    /// When it happened, nanoseconds of CLOCK_BOOTTIME.
    pub const TIME: u16 = 2;
}

/// Attributes of the set `creator`. The task that made a network namespace.
pub mod creator {
    /// Its process id (thread group) in the initial pid namespace.
    pub const PID: u16 = 1;
    /// Its effective user id in the initial user namespace.
    pub const UID: u16 = 2;
    /// Its command name (task_struct.comm), at most 15 bytes.
    pub const COMMAND: u16 = 3;
}

/// Attributes of the set `ns`. A network namespace (struct net).
pub mod ns {
    /// The key of a network namespace: SO_NETNS_COOKIE, also the id of listns(2). Never used twice
    /// while the system is up.
    pub const COOKIE: u16 = 1;
    /// Inode number in nsfs, as /proc/PID/ns/net shows it. Unique among those present, but soon
    /// used again, so it is never a key.
    pub const INUM: u16 = 2;
    /// Where it stands in its life.
    pub const STATE: u16 = 3;
    /// This is the initial network namespace (init_net).
    pub const INITIAL: u16 = 4;
    /// Counted references (tasks, open descriptors, bind mounts, sockets); 0 when queued or dying.
    pub const REFS: u16 = 5;
    /// When it was made, nanoseconds of CLOCK_BOOTTIME. Absent for one that is older than the
    /// module.
    pub const BORN: u16 = 6;
    /// Who made it. Absent for one that is older than the module.
    pub const CREATOR: u16 = 7;
    /// Owner of its user namespace: a user id in the initial user namespace.
    pub const OWNER_UID: u16 = 8;
    /// Inode number in nsfs of the user namespace that owns it.
    pub const USER_NS_INUM: u16 = 9;
    /// Number of network devices in it, its loopback device included.
    pub const DEVICES: u16 = 10;
    /// Number of devices in it whose home is another network namespace.
    pub const AWAY: u16 = 11;
    /// Number of sockets in use in it (sock_inuse_get()).
    pub const SOCKETS: u16 = 12;
    /// For how long it has been dying, in nanoseconds: from the moment that the cleanup worker
    /// reached it. In ns-gone the whole teardown time.
    pub const DYING_FOR: u16 = 13;
    /// Request only: the network namespace of this process, by its id in the caller's pid
    /// namespace.
    pub const PID: u16 = 14;
    /// Request only: the network namespace of this nsfs file descriptor of the caller.
    pub const FD: u16 = 15;
    /// Only in messages of the events group.
    pub const EVENT: u16 = 16;
}

/// Attributes of the set `home`. One entry of a device's home stack: a network namespace that it
/// left, and how it was there.
pub mod home {
    /// Cookie of that network namespace.
    pub const NS_COOKIE: u16 = 1;
    /// That network namespace is live, so the device could go there.
    pub const ALIVE: u16 = 2;
    /// The name that the device had there.
    pub const NAME: u16 = 3;
    /// Which boolean settings were set there: promisc, allmulti, noarp, multicast, xdp. Other bits
    /// are always clear.
    pub const SETTINGS: u16 = 4;
    /// The MTU there, in bytes.
    pub const MTU: u16 = 5;
    /// The link-layer address there.
    pub const ADDRESS: u16 = 6;
    /// The transmit queue length there, in packets.
    pub const TXQLEN: u16 = 7;
    /// The device group there.
    pub const GROUP: u16 = 8;
    /// The alias there. Absent if there was none.
    pub const ALIAS: u16 = 9;
    /// An alternative name there. Once for each.
    pub const ALTNAME: u16 = 10;
    /// Largest GSO packet there, in bytes.
    pub const GSO_MAX_SIZE: u16 = 11;
    /// Most segments of a GSO packet there.
    pub const GSO_MAX_SEGS: u16 = 12;
    /// Largest GRO packet there, in bytes.
    pub const GRO_MAX_SIZE: u16 = 13;
    /// Largest IPv4 GSO packet there, in bytes.
    pub const GSO_IPV4_MAX_SIZE: u16 = 14;
    /// Largest IPv4 GRO packet there, in bytes.
    pub const GRO_IPV4_MAX_SIZE: u16 = 15;
}

/// Attributes of the set `fate`. What would become of a device if its network namespace died now.
/// The same function decides at a real death.
pub mod fate {
    /// What would happen.
    pub const ACTION: u16 = 1;
    /// Why.
    pub const REASON: u16 = 2;
    /// With action return, the network namespace that it would go to.
    pub const NS_COOKIE: u16 = 3;
    /// With action return, the name that it would get there.
    pub const NAME: u16 = 4;
}

/// Attributes of the set `failure`. A setting that could not be put back.
pub mod failure {
    /// Which one (one bit).
    pub const SETTING: u16 = 1;
    /// Why, as a positive errno.
    pub const ERROR: u16 = 2;
}

/// Attributes of the set `return`. How a device came home.
pub mod returned {
    /// What brought it home.
    pub const CAUSE: u16 = 1;
    /// The network namespace that it came from.
    pub const FROM_COOKIE: u16 = 2;
    /// The name that it had there.
    pub const FROM_NAME: u16 = 3;
    /// The name recorded for this home. It differs from the device's name when that name was taken.
    pub const HOME_NAME: u16 = 4;
    /// The settings that differed and were put back.
    pub const RESTORED: u16 = 5;
    /// A setting that could not be put back. Once for each.
    pub const FAILURE: u16 = 6;
}

/// Attributes of the set `dev`. A network device (struct net_device).
pub mod dev {
    /// The network namespace that it is in. In a request: look only there.
    pub const NS_COOKIE: u16 = 1;
    /// Its index, unique in its network namespace.
    pub const IFINDEX: u16 = 2;
    /// Its name.
    pub const NAME: u16 = 3;
    /// Its kind (rtnl_link_ops.kind), for example veth. Absent for one without, as most physical
    /// devices are.
    pub const KIND: u16 = 4;
    /// It has no rtnl_link_ops, or ops with netns_refund: the kernel itself moves it to the initial
    /// network namespace rather than destroy it.
    pub const PHYSICAL: u16 = 5;
    /// It cannot leave its network namespace (netns_immutable).
    pub const IMMOVABLE: u16 = 6;
    /// Its IFF_* flags, as RTM_GETLINK shows them.
    pub const FLAGS: u16 = 7;
    /// Its home stack, oldest first: where it has been. Absent when it is at home. At most 8
    /// entries; when full, the oldest and the newest seven are kept.
    pub const HOME: u16 = 8;
    /// What would happen if its network namespace died now.
    pub const FATE: u16 = 9;
    /// Only in dev-returned, how it came home.
    pub const RETURN: u16 = 10;
    /// Only in messages of the events group.
    pub const EVENT: u16 = 11;
    /// Alias and alternative names of the homes are left out, because the message would not fit
    /// into the listener's buffer otherwise. Asked for alone, the device is shown in full.
    pub const ABRIDGED: u16 = 12;
}

/// Operations and events.
pub mod cmd {
    /// One network namespace, named by exactly one of cookie, inum, pid and fd; or all of them, in
    /// ascending order of their cookies. Refused with ENOENT when there is none such, EINVAL when
    /// it is not named by exactly one attribute, EBADF or EINVAL for a descriptor that is no
    /// network namespace, ESRCH for a pid that is not there.
    pub const NS_GET: u8 = 1;
    /// One device, named by ns-cookie and either ifindex or name; or all devices, those of one
    /// network namespace when ns-cookie is given, in ascending order of cookie and ifindex. Refused
    /// with ENOENT when there is no such network namespace, ENODEV when it has no such device,
    /// EINVAL when the device is not named by exactly one of ifindex and name.
    pub const DEV_GET: u8 = 2;
    /// A network namespace was made.
    pub const NS_BORN: u8 = 32;
    /// The kernel began to take down a network namespace. Its devices are still in it.
    pub const NS_DYING: u8 = 33;
    /// A network namespace is gone, its devices too. dying-for is the whole teardown time. After
    /// ns-born without ns-dying, its making failed.
    pub const NS_GONE: u8 = 34;
    /// A device left a network namespace and is now away from home. The last home is the one that
    /// it left.
    pub const DEV_AWAY: u8 = 35;
    /// A device came back to a network namespace of its home stack, or to the initial one because
    /// no home was left. It may still be away from an older home. Sent after its settings were put
    /// back.
    pub const DEV_RETURNED: u8 = 36;
    /// A device was destroyed while it was away from home.
    pub const DEV_DESTROYED: u8 = 37;
}
