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
    /// The kernel moves it to the initial network namespace with its radio. Where it is known how it
    /// was there, Homeward puts it in order then.
    pub const WIPHY: u32 = 4;
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
    /// An administrator marked it (dev.mark).
    pub const MARK: u32 = 6;
    /// A rule matches it; fate.rule tells which.
    pub const RULE: u32 = 7;
    /// It is a tunnel whose packets travel in the dying namespace, or in one that is dead. The kernel
    /// destroys it wherever it is, so it cannot be brought home.
    pub const TUNNEL: u32 = 8;
    /// A rule matches it, but it is virtual and has no home where the rule could send it: it never
    /// was anywhere else, or that is dead, or the rule sends it to the initial namespace, where it
    /// never was.
    pub const NO_HOME: u32 = 9;
    /// What it is linked to ends with the namespace, a lower device or the peer, and the kernel
    /// destroys it with that.
    pub const LINK: u32 = 10;
    /// It is of a radio (a wiphy) that the kernel itself moves.
    pub const WIPHY: u32 = 11;
}

/// What brought a device home.
pub mod return_cause {
    /// Its network namespace died and Homeward brought it home.
    pub const DEATH: u32 = 1;
    /// Somebody else moved it: an administrator, a container runtime, or the kernel at the death of
    /// the network namespace.
    pub const MOVED: u32 = 2;
    /// An administrator asked for it by recall.
    pub const RECALL: u32 = 3;
}

/// What an administrator decided about one device.
pub mod mark {
    /// Nothing; rules and defaults decide.
    pub const NONE: u32 = 1;
    /// It comes home, even if it is virtual.
    pub const KEEP: u32 = 2;
    /// It is left to the kernel, even if it is physical.
    pub const RELEASE: u32 = 3;
}

/// What a rule has happen to a device that it matches.
pub mod rule_action {
    /// It comes home, to its newest live home.
    pub const RETURN: u32 = 1;
    /// It goes to the initial network namespace, whatever other home is alive.
    pub const INIT: u32 = 2;
    /// It is left to the kernel.
    pub const KERNEL: u32 = 3;
}

/// A class of devices.
pub mod rule_class {
    /// Physical devices, see dev.physical.
    pub const PHYSICAL: u32 = 1;
    /// All others.
    pub const VIRTUAL: u32 = 2;
}

/// A setting of a device that survives a move between network namespaces, and is therefore recorded
/// when the device leaves and put back when Homeward brings it home.
pub mod setting {
    /// The name (IFLA_IFNAME).
    pub const NAME: u32 = 1 << 0;
    /// The MTU (IFLA_MTU).
    pub const MTU: u32 = 1 << 1;
    /// The link-layer address (IFLA_ADDRESS), and how it was assigned.
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
    /// Whether an XDP program was attached. One that was attached inside is detached; one that was
    /// there before and is gone is not put back.
    pub const XDP: u32 = 1 << 16;
    /// IFF_UP. Not recorded: a device that returns is down, as the kernel leaves it, unless a rule
    /// asks for `up`.
    pub const UP: u32 = 1 << 17;
    /// The permanent IPv4 and IPv6 addresses, with prefix, scope, label, flags, peer, protocol and
    /// preferred lifetime; of IPv6 also those that the device lost by being set down, if nothing
    /// happened to its addresses between that and its leaving. At most 32 of each. Put back only
    /// where a rule asks for `up` and `addresses`; what was there and is not recorded counts as not
    /// put back.
    pub const ADDRESSES: u32 = 1 << 18;
    /// The link-layer broadcast address (IFLA_BROADCAST).
    pub const BROADCAST: u32 = 1 << 19;
    /// IFF_DYNAMIC.
    pub const DYNAMIC: u32 = 1 << 20;
    /// IFF_NOTRAILERS.
    pub const NOTRAILERS: u32 = 1 << 21;
    /// IFF_DEBUG.
    pub const DEBUG: u32 = 1 << 22;
    /// IFF_PORTSEL.
    pub const PORTSEL: u32 = 1 << 23;
    /// IFF_AUTOMEDIA.
    pub const AUTOMEDIA: u32 = 1 << 24;
    /// IFLA_LINKMODE.
    pub const LINK_MODE: u32 = 1 << 25;
    /// IFLA_PROTO_DOWN and IFLA_PROTO_DOWN_REASON.
    pub const PROTO_DOWN: u32 = 1 << 26;
    /// gro_flush_timeout of /sys/class/net.
    pub const GRO_FLUSH_TIMEOUT: u32 = 1 << 27;
    /// napi_defer_hard_irqs of /sys/class/net.
    pub const NAPI_DEFER_HARD_IRQS: u32 = 1 << 28;
    /// Which tcx programs were attached. One that a link attached inside is detached; one that was
    /// attached inside without a link cannot be, and is told as a failure; one that was there
    /// before and is gone is not put back.
    pub const TCX: u32 = 1 << 29;
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
    /// Number of devices of this namespace that the kernel has unregistered and cannot free,
    /// because somebody still holds them. Absent for none.
    pub const STUCK: u16 = 17;
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
    /// Which boolean settings were set there: promisc, allmulti, noarp, multicast, xdp, dynamic,
    /// notrailers, debug, portsel, automedia, proto-down. Other bits are always clear.
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
    /// An IPv4 address there. Once for each.
    pub const ADDRESS4: u16 = 16;
    /// An IPv6 address there. Once for each.
    pub const ADDRESS6: u16 = 17;
    /// The link-layer broadcast address there.
    pub const BROADCAST: u16 = 18;
    /// How the link-layer address there was assigned (NET_ADDR_*).
    pub const ADDR_ASSIGN_TYPE: u16 = 19;
    /// The mode of the link there (IF_LINK_MODE_*).
    pub const LINK_MODE: u16 = 20;
    /// The reasons of proto-down there, a mask.
    pub const PROTO_DOWN_REASON: u16 = 21;
    /// gro_flush_timeout there, in nanoseconds.
    pub const GRO_FLUSH_TIMEOUT: u16 = 22;
    /// napi_defer_hard_irqs there, a count.
    pub const NAPI_DEFER_HARD_IRQS: u16 = 23;
    /// Id of a tcx program that was attached there without a link. Once for each.
    pub const TCX_PROGRAM: u16 = 24;
    /// Id of a link that attached a tcx program there. Once for each.
    pub const TCX_LINK: u16 = 25;
    /// How many IP addresses there had a lifetime, of DHCP or of a router's advertisement. They are
    /// not recorded: whoever gave them gives them anew. Absent for none.
    pub const ADDRESSES_EXPIRING: u16 = 26;
    /// How many IP addresses there were beyond those that are recorded. Absent for none.
    pub const ADDRESSES_SURPLUS: u16 = 27;
    /// How many IP addresses there could not be recorded for want of memory. Absent for none.
    pub const ADDRESSES_LOST: u16 = 28;
    /// The alternative names there were more than are recorded of one home, so that none of them is
    /// told, put back or removed.
    pub const ALTNAMES_SURPLUS: u16 = 29;
}

/// Attributes of the set `address`. An IPv4 or IPv6 address of a device.
pub mod address {
    /// The address, 4 or 16 bytes in network order (IFA_LOCAL).
    pub const LOCAL: u16 = 1;
    /// The address of the peer, or for a device without one the address once more (IFA_ADDRESS).
    pub const PEER: u16 = 2;
    /// Length of the prefix in bits.
    pub const PREFIX: u16 = 3;
    /// RT_SCOPE_* (ifa_scope).
    pub const SCOPE: u16 = 4;
    /// IFA_F_* without those that the kernel sets by itself.
    pub const FLAGS: u16 = 5;
    /// IPv4 only, the label (IFA_LABEL).
    pub const LABEL: u16 = 6;
    /// IPv4 only, the broadcast address (IFA_BROADCAST).
    pub const BROADCAST: u16 = 7;
    /// Metric of its prefix route (IFA_RT_PRIORITY), 0 for the default.
    pub const METRIC: u16 = 8;
    /// Who made it (IFAPROT_*, IFA_PROTO). Absent where it does not say.
    pub const PROTOCOL: u16 = 9;
    /// Until when it is preferred for new connections, in nanoseconds of CLOCK_BOOTTIME; it is
    /// deprecated after that. Absent for one that is preferred for ever, as most are.
    pub const PREFERRED_UNTIL: u16 = 10;
}

/// Attributes of the set `fate`. What would become of a device if its network namespace died now.
/// The same function decides at a real death.
pub mod fate {
    /// What would happen.
    pub const ACTION: u16 = 1;
    /// Why.
    pub const REASON: u16 = 2;
    /// With action return, and with wiphy where it was there before, the network namespace that it
    /// would go to.
    pub const NS_COOKIE: u16 = 3;
    /// Likewise, the name that it would get there.
    pub const NAME: u16 = 4;
    /// With reason rule, the id of the rule.
    pub const RULE: u16 = 5;
}

/// Attributes of the set `failure`. A setting that could not be put back.
pub mod failure {
    /// Which one (one bit).
    pub const SETTING: u16 = 1;
    /// Why, as a positive errno. Of addresses also because they are not recorded: ETIME, some had a
    /// lifetime; E2BIG, there were too many; ENOMEM, there was no memory for some. Of up, ETIMEDOUT:
    /// it took too long, and was broken off. Of name, ECANCELED: it arrived under the name that it
    /// was to get, and somebody there gave it another one before this was told.
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
    /// entries; when full, the oldest, the initial network namespace and the newest others are kept.
    pub const HOME: u16 = 8;
    /// What would happen if its network namespace died now.
    pub const FATE: u16 = 9;
    /// Only in dev-returned, how it came home.
    pub const RETURN: u16 = 10;
    /// Only in messages of the events group.
    pub const EVENT: u16 = 11;
    /// Alias, alternative names and addresses of the homes are left out, because the message would
    /// not fit into the listener's buffer otherwise. Asked for alone, the device is shown in full.
    pub const ABRIDGED: u16 = 12;
    /// What an administrator decided. Absent for none.
    pub const MARK: u16 = 13;
    /// The name that it is to get at home, whatever was recorded. In dev-set an empty one takes
    /// that back. Absent if there is none.
    pub const HOME_NAME: u16 = 14;
    /// In dev-set, forget the home stack.
    pub const NO_HOME: u16 = 15;
    /// The kernel has unregistered it and cannot free it. Such a device has neither home nor fate,
    /// and no flags.
    pub const STUCK: u16 = 16;
    /// In recall, all devices of the namespace that are away from home.
    pub const ALL: u16 = 17;
    /// In the reply to recall, one device. Left out when there are so many that they do not fit;
    /// the events tell of each in any case.
    pub const RECALLED: u16 = 18;
    /// In the reply to recall, how many devices came home.
    pub const RECALLED_COUNT: u16 = 19;
    /// In the reply to recall, how many devices could not be moved.
    pub const FAILED_COUNT: u16 = 20;
}

/// Attributes of the set `stuck`. What is known of a device that the kernel cannot free.
pub mod stuck {
    /// References to it (netdev_refcnt_read()), one of which is the kernel's own; as of the last
    /// time that the kernel looked, about every second.
    pub const REFS: u16 = 1;
    /// For how long it has been waiting, in nanoseconds.
    pub const FOR: u16 = 2;
    /// Cookie of a network namespace that is dead and cannot be cleaned up before this device is
    /// free. The first 64 of them.
    pub const WAITING: u16 = 3;
    /// How many such network namespaces there are.
    pub const WAITING_COUNT: u16 = 4;
}

/// Attributes of the set `recalled`. A device that recall brought home, or could not.
pub mod recalled {
    /// The network namespace that it is in now.
    pub const NS_COOKIE: u16 = 1;
    /// Its index now.
    pub const IFINDEX: u16 = 2;
    /// Its name now.
    pub const NAME: u16 = 3;
    /// How it came home. Absent if it did not.
    pub const RETURN: u16 = 4;
    /// Why it could not be moved, as a positive errno.
    pub const ERROR: u16 = 5;
}

/// Attributes of the set `open`. A network namespace as a descriptor.
pub mod open {
    /// The network namespace.
    pub const COOKIE: u16 = 1;
    /// A descriptor of the caller for it, close-on-exec, as open(2) of /proc/PID/ns/net gives it.
    pub const FD: u16 = 2;
}

/// Attributes of the set `rule`. A rule of the policy. At a death the first one decides that
/// matches a device in all that it names. A rule that names nothing matches all devices.
pub mod rule {
    /// Its number, from 1, never used twice while the module is loaded.
    pub const ID: u16 = 1;
    /// In rule-add, the rule before which the new one is put. Without it the new one is the last.
    pub const BEFORE: u16 = 2;
    /// Matches a name: `*` stands for any number of characters, `?` for one. Compared is dev.home-name,
    /// else the name that the device had in the initial network namespace (so that renaming inside
    /// does not matter), else, if it is virtual, its name at its first home. A physical device of
    /// which no such name is known matches `*` only.
    pub const NAME: u16 = 3;
    /// Matches dev.kind exactly.
    pub const KIND: u16 = 4;
    /// Matches a class of devices.
    pub const CLASS: u16 = 5;
    /// What happens to a device that matches.
    pub const ACTION: u16 = 6;
    /// The name for a device whose name is taken: `%s` stands for the name, which is cut short
    /// where the whole would not fit, `%d` for the lowest number that makes it free. Exactly one
    /// `%d`, at most one `%s`. Without it, `%s_%d`.
    pub const TEMPLATE: u16 = 7;
    /// The settings that are put back. Without it, all but up and addresses; those two only when
    /// named here, addresses only together with up, and not for a device that goes to the initial
    /// network namespace where it never was, unless it is marked keep.
    pub const RESTORE: u16 = 8;
    /// How many devices this rule has decided about at a death.
    pub const HITS: u16 = 9;
}

/// Attributes of the set `stats`. Counts since the module was loaded, and what it holds now.
pub mod stats {
    /// Network namespaces present.
    pub const NAMESPACES: u16 = 1;
    /// Network namespaces that were there when the module was loaded. At any time older + born -
    /// gone = namespaces.
    pub const OLDER: u16 = 2;
    /// Network namespaces made.
    pub const BORN: u16 = 3;
    /// Network namespaces gone.
    pub const GONE: u16 = 4;
    /// Devices away from home now.
    pub const DEVICES_AWAY: u16 = 5;
    /// Times that a device at home went away, or was given a home stack by dev-set. At any time
    /// left - settled - destroyed - forgotten = devices-away, but for a device that is just being
    /// moved.
    pub const LEFT: u16 = 6;
    /// Times that a device away came to be at home.
    pub const SETTLED: u16 = 7;
    /// Devices destroyed while away from home.
    pub const DESTROYED: u16 = 8;
    /// Home stacks forgotten: by dev-set, or for want of memory.
    pub const FORGOTTEN: u16 = 9;
    /// Devices that Homeward moved home, at a death or by recall.
    pub const RETURNED: u16 = 10;
    /// Devices that should have come home and could not be moved.
    pub const FAILED: u16 = 11;
    /// Settings put back.
    pub const RESTORED: u16 = 12;
    /// Settings that could not be put back.
    pub const NOT_RESTORED: u16 = 13;
    /// Devices that came home under another name, their own being taken.
    pub const NAME_CLASHES: u16 = 14;
    /// Events so far, that is the number of the last one.
    pub const EVENTS: u16 = 15;
    /// Events that could not be sent to all who listen.
    pub const EVENTS_LOST: u16 = 16;
    /// Times that a home could not be recorded for want of memory.
    pub const NO_MEMORY: u16 = 17;
    /// Bytes in use for namespaces, home stacks and rules, without the allocator's own overhead.
    pub const MEMORY: u16 = 18;
    /// The longest time from ns-dying to ns-gone, in nanoseconds.
    pub const LONGEST_TEARDOWN: u16 = 19;
    /// The network namespace that took that time. Absent before the first.
    pub const LONGEST_TEARDOWN_COOKIE: u16 = 20;
    /// Devices that came home with an XDP or tcx program that was attached inside and could not be
    /// detached.
    pub const PROGRAMS_LEFT: u16 = 21;
}

/// Attributes of the set `nsid`. An id that the initial network namespace gives to another one (or
/// to itself): IFLA_LINK_NETNSID, RTM_GETNSID.
pub mod nsid {
    /// The id, at most 2147483647.
    pub const ID: u16 = 1;
    /// The network namespace that has it.
    pub const NS_COOKIE: u16 = 2;
    /// The inode number in nsfs of that network namespace.
    pub const INUM: u16 = 3;
}

/// Operations and events.
pub mod cmd {
    /// One network namespace, named by exactly one of cookie, inum, pid and fd; or all of them, in
    /// ascending order of their cookies. Refused with ENOENT when there is none such, EINVAL when
    /// it is not named by exactly one attribute, EBADF or EINVAL for a descriptor that is no
    /// network namespace, ESRCH for a pid that is not there.
    pub const NS_GET: u8 = 1;
    /// One device, named by ns-cookie and either ifindex or name; or all devices, those of one
    /// network namespace when ns-cookie is given, in ascending order of cookie and ifindex, and
    /// behind them those that the kernel cannot free. Refused with ENOENT when there is no such
    /// network namespace, EBUSY when it is dead and one device is asked for, ENODEV when it has no
    /// such device, EINVAL when the device is not named by exactly one of ifindex and name.
    pub const DEV_GET: u8 = 2;
    /// Changes what is known or decided about one device, named as for dev-get. mark and home-name
    /// replace what was set. One or more home replace the whole home stack, oldest first, with what
    /// dev-get once gave: so what was known can be put back after the module was loaded anew. Of a
    /// home only ns-cookie and name are needed; a setting that is left out is as the device has it
    /// now, and alive is ignored. no-home forgets the stack. The answer is the device as it is
    /// then. Refused as dev-get is, and with EINVAL for a home in the namespace that the device is
    /// in, for one that comes twice, for more than 8, and for home together with no-home, E2BIG for
    /// more alternative names, addresses or tcx programs than are recorded.
    pub const DEV_SET: u8 = 3;
    /// Brings one device home now, named as for dev-get, or with all every device of the namespace
    /// that is away. A device goes to its newest live home, else to the initial network namespace,
    /// whatever rules and marks say; what a rule says of names and settings counts. The answer
    /// tells where each landed and what was put back. Refused with ENOENT when there is no such
    /// namespace, EALREADY when the device is at home, ENODEV when there is no such device,
    /// EOPNOTSUPP when it is immovable, EBUSY when the namespace is dead already, and with what the
    /// kernel says when it does not move the device.
    pub const RECALL: u8 = 4;
    /// Opens a network namespace, also one that has neither name nor process. Needs CAP_SYS_ADMIN
    /// in the initial user namespace, too. Refused with ENOENT when there is none, EBUSY when it is
    /// dead already, EMFILE when the caller has too many open files.
    pub const NS_OPEN: u8 = 5;
    /// One rule by its id, or all in their order.
    pub const RULE_GET: u8 = 6;
    /// Adds a rule; the answer is the rule with its id. Refused with EINVAL when the action is
    /// missing or a pattern or template is malformed, ENOENT when there is no rule `before`, ENOSPC
    /// when there are 256 rules.
    pub const RULE_ADD: u8 = 7;
    /// Removes a rule by its id; ENOENT when there is none.
    pub const RULE_DEL: u8 = 8;
    /// Removes all rules.
    pub const RULE_FLUSH: u8 = 9;
    /// Counts since the module was loaded, and what it holds now.
    pub const STATS_GET: u8 = 10;
    /// All ids that the initial network namespace gives, in ascending order: in one walk, where
    /// RTM_GETNSID walks all of them for each namespace that it is asked about. One that comes or
    /// goes meanwhile may be told or not.
    pub const NSID_GET: u8 = 11;
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
    /// The kernel has unregistered a device and cannot free it, because somebody still holds it.
    /// Its namespace cannot be cleaned up, and none that died after it. Told after about one
    /// second, and again after 2, 4, 8, ...
    pub const DEV_STUCK: u8 = 38;
}
