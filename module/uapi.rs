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

/// What a setting is like, and so in which attribute of the set `setting-value` it travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A number, at most this.
    Number(u64),
    /// Off or on: the number 0 or 1.
    Switch,
    /// A link-layer address.
    Address,
    /// A text of at most so many bytes.
    Text(u16),
    /// Several texts of at most so many bytes each.
    Texts(u16),
    /// Not recorded, or in attributes of its own.
    Apart,
}

/// A row of the table of settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Setting {
    /// Its number.
    pub id: u32,
    /// Its name in the specification.
    pub name: &'static str,
    /// What it is like.
    pub kind: Kind,
    /// The number of the setting that it is a part of, or its own.
    pub whole: u32,
}

const U32_MAX: u64 = 0xffff_ffff;
const S32_MAX: u64 = 0x7fff_ffff;
const U64_MAX: u64 = u64::MAX;

/// A name as the specification has it: in lower case, with dashes.
const fn kebab<const LEN: usize>(name: &[u8]) -> [u8; LEN] {
    let mut out = [0; LEN];
    let mut at = 0;
    while at < LEN {
        out[at] = match name[at] {
            b'_' => b'-',
            letter => letter.to_ascii_lowercase(),
        };
        at += 1;
    }
    out
}

/// The name of a constant as the specification has it.
macro_rules! name {
    ($name:ident) => {{
        const HERE: &[u8] = stringify!($name).as_bytes();
        const THERE: [u8; HERE.len()] = super::kebab(HERE);
        match core::str::from_utf8(&THERE) {
            Ok(name) => name,
            Err(_) => stringify!($name),
        }
    }};
}

/// Of two numbers the second, if there is one.
macro_rules! whole {
    ($own:ident) => {
        $own
    };
    ($own:ident $whole:ident) => {
        $whole
    };
}

/// Constants, and a table of their names.
macro_rules! constants {
    ($type:ident $($(#[$doc:meta])* $name:ident = $value:literal;)*) => {
        $($(#[$doc])* pub const $name: $type = $value;)*
        /// Each with its name in the specification.
        #[allow(dead_code, reason = "for userspace")]
        pub const NAMES: &[($type, &str)] = &[$(($name, name!($name))),*];
    };
}

/// A module of numbers.
macro_rules! numbers {
    ($(#[$doc:meta])* $module:ident: $type:ident { $($rows:tt)* }) => {
        $(#[$doc])*
        pub mod $module {
            constants! { $type $($rows)* }
        }
    };
}

/// The module of settings, with their table.
macro_rules! settings {
    ($(#[$doc:meta])* $module:ident: $type:ident {
        $($(#[$row:meta])* $name:ident = $value:literal: $kind:expr $(, part of $whole:ident)?;)*
    }) => {
        $(#[$doc])*
        pub mod $module {
            use super::Kind::{Address, Apart, Number, Switch, Text, Texts};
            use super::{Setting, S32_MAX, U32_MAX, U64_MAX};
            constants! { $type $($(#[$row])* $name = $value;)* }
            /// All settings, each at its number.
            pub const ALL: [Setting; NAMES.len()] = [$(Setting {
                id: $name,
                name: name!($name),
                kind: $kind,
                whole: whole!($name $($whole)?),
            }),*];
        }
    };
}

numbers! {
    /// Where a network namespace stands in its life.
    ns_state: u32 {
        /// Somebody holds a reference.
        LIVE = 1;
        /// The last reference is gone, the kernel's cleanup worker has not reached it yet. It cannot be
        /// entered any more.
        QUEUED = 2;
        /// The cleanup worker is taking it down.
        DYING = 3;
    }
}

numbers! {
    /// What becomes of a device when its network namespace dies.
    fate_action: u32 {
        /// Nothing. The initial network namespace never dies.
        STAY = 1;
        /// Homeward moves it to its destination and puts it in order.
        RETURN = 2;
        /// Left to the kernel, which destroys a virtual device and moves a physical one to the initial
        /// network namespace as it is.
        KERNEL = 3;
        /// The kernel moves it to the initial network namespace with its radio. Where it is known how it
        /// was there, Homeward puts it in order then.
        WIPHY = 4;
    }
}

numbers! {
    /// Why a device has its fate.
    fate_reason: u32 {
        /// It is in the initial network namespace, which never dies.
        INITIAL = 1;
        /// The kernel refuses to move it (net_device.netns_immutable), so it dies with its network
        /// namespace.
        IMMOVABLE = 2;
        /// Its devlink instance lives in the same network namespace. The kernel reloads the instance
        /// into the initial one and makes the ports anew.
        DEVLINK = 3;
        /// It is physical (no rtnl_link_ops, or ops with netns_refund), and physical devices come home.
        PHYSICAL = 4;
        /// It is virtual, and virtual devices die with their namespace.
        VIRTUAL = 5;
        /// An administrator marked it (dev.mark).
        MARK = 6;
        /// A rule matches it; fate.rule tells which.
        RULE = 7;
        /// It is a tunnel whose packets travel in the dying namespace, or in one that is dead. The kernel
        /// destroys it wherever it is, so it cannot be brought home.
        TUNNEL = 8;
        /// A rule matches it, but it is virtual and has no home where the rule could send it: it never
        /// was anywhere else, or that is dead, or the rule sends it to the initial namespace, where it
        /// never was.
        NO_HOME = 9;
        /// What it is linked to ends with the namespace, a lower device or the peer, and the kernel
        /// destroys it with that.
        LINK = 10;
        /// It is of a radio (a wiphy) that the kernel itself moves.
        WIPHY = 11;
    }
}

numbers! {
    /// What brought a device home.
    return_cause: u32 {
        /// Its network namespace died and Homeward brought it home.
        DEATH = 1;
        /// Somebody else moved it: an administrator, a container runtime, or the kernel at the death of
        /// the network namespace. What an administrator or a runtime brings to one of its homes has
        /// its settings put back before that system call returns, but for its name, unless a mark or
        /// a rule leaves it to the kernel.
        MOVED = 2;
        /// An administrator asked for it by recall.
        RECALL = 3;
    }
}

numbers! {
    /// What an administrator decided about one device.
    mark: u32 {
        /// Nothing; rules and defaults decide.
        NONE = 1;
        /// It comes home, even if it is virtual.
        KEEP = 2;
        /// It is left to the kernel, even if it is physical.
        RELEASE = 3;
    }
}

numbers! {
    /// What a rule has happen to a device that it matches.
    rule_action: u32 {
        /// It comes home, to its newest live home.
        RETURN = 1;
        /// It goes to the initial network namespace, whatever other home is alive.
        INIT = 2;
        /// It is left to the kernel.
        KERNEL = 3;
    }
}

numbers! {
    /// A class of devices.
    rule_class: u32 {
        /// Physical devices, see dev.physical.
        PHYSICAL = 1;
        /// All others.
        VIRTUAL = 2;
    }
}

settings! {
    /// A setting of a device that survives a move between network namespaces, and is therefore recorded
    /// when the device leaves and put back when Homeward brings it home. In a mask, a setting of number
    /// n is bit n. What is part of another setting is not in a mask: it is recorded and put back with the
    /// other one.
    setting: u32 {
        /// The name (IFLA_IFNAME).
        NAME = 0: Apart;
        /// The MTU (IFLA_MTU). A number up to u32-max.
        MTU = 1: Number(U32_MAX);
        /// The link-layer address (IFLA_ADDRESS), and how it was assigned. A link-layer address.
        ADDRESS = 2: Address;
        /// The transmit queue length (IFLA_TXQLEN). A number up to u32-max.
        TXQLEN = 3: Number(U32_MAX);
        /// The device group (IFLA_GROUP). A number up to u32-max.
        GROUP = 4: Number(U32_MAX);
        /// The alias (IFLA_IFALIAS). A text of at most 255 bytes.
        ALIAS = 5: Text(255);
        /// The alternative names (IFLA_ALT_IFNAME). Texts of at most 127 bytes each.
        ALTNAMES = 6: Texts(127);
        /// The administrator's IFF_PROMISC. On or off.
        PROMISC = 7: Switch;
        /// The administrator's IFF_ALLMULTI. On or off.
        ALLMULTI = 8: Switch;
        /// IFF_NOARP. On or off.
        NOARP = 9: Switch;
        /// IFF_MULTICAST. On or off.
        MULTICAST = 10: Switch;
        /// IFLA_GSO_MAX_SIZE. A number up to u32-max.
        GSO_MAX_SIZE = 11: Number(U32_MAX);
        /// IFLA_GSO_MAX_SEGS. A number up to u32-max.
        GSO_MAX_SEGS = 12: Number(U32_MAX);
        /// IFLA_GRO_MAX_SIZE. A number up to u32-max.
        GRO_MAX_SIZE = 13: Number(U32_MAX);
        /// IFLA_GSO_IPV4_MAX_SIZE. A number up to u32-max.
        GSO_IPV4_MAX_SIZE = 14: Number(U32_MAX);
        /// IFLA_GRO_IPV4_MAX_SIZE. A number up to u32-max.
        GRO_IPV4_MAX_SIZE = 15: Number(U32_MAX);
        /// Whether an XDP program was attached. One that was attached inside is detached; one that was
        /// there before and is gone is not put back. On or off.
        XDP = 16: Switch;
        /// IFF_UP. Not recorded: a device that returns is down, as the kernel leaves it, unless a rule
        /// asks for `up`.
        UP = 17: Apart;
        /// The permanent IPv4 and IPv6 addresses, with prefix, scope, label, flags, peer, protocol and
        /// preferred lifetime; of IPv6 also those that the device lost by being set down, if nothing
        /// happened to its addresses between that and its leaving. At most 32 of each. Put back only
        /// where a rule asks for `up` and `addresses`; what was there and is not recorded counts as not
        /// put back.
        ADDRESSES = 18: Apart;
        /// The link-layer broadcast address (IFLA_BROADCAST). A link-layer address.
        BROADCAST = 19: Address;
        /// IFF_DYNAMIC. On or off.
        DYNAMIC = 20: Switch;
        /// IFF_NOTRAILERS. On or off.
        NOTRAILERS = 21: Switch;
        /// IFF_DEBUG. On or off.
        DEBUG = 22: Switch;
        /// IFF_PORTSEL. On or off.
        PORTSEL = 23: Switch;
        /// IFF_AUTOMEDIA. On or off.
        AUTOMEDIA = 24: Switch;
        /// IFLA_LINKMODE. A number up to 255.
        LINK_MODE = 25: Number(255);
        /// IFLA_PROTO_DOWN and IFLA_PROTO_DOWN_REASON. On or off.
        PROTO_DOWN = 26: Switch;
        /// gro_flush_timeout of /sys/class/net. A number up to u64-max.
        GRO_FLUSH_TIMEOUT = 27: Number(U64_MAX);
        /// napi_defer_hard_irqs of /sys/class/net. A number up to s32-max.
        NAPI_DEFER_HARD_IRQS = 28: Number(S32_MAX);
        /// Which tcx programs were attached. One that a link attached inside is detached; one that was
        /// attached inside without a link cannot be, and is told as a failure; one that was there
        /// before and is gone is not put back.
        TCX = 29: Apart;
        /// How the link-layer address was assigned (NET_ADDR_*). Part of address. A number up to 3.
        ADDR_ASSIGN_TYPE = 30: Number(3), part of ADDRESS;
        /// The reasons of proto-down (IFLA_PROTO_DOWN_REASON), a mask. Part of proto-down. A number up to
        /// u32-max.
        PROTO_DOWN_REASON = 31: Number(U32_MAX), part of PROTO_DOWN;
        /// The features that are wanted of the device (`ethtool -K`), a mask with the kernel's numbers;
        /// without LRO and GRO_HW, which the kernel itself switches off. A number up to u64-max.
        FEATURES = 32: Number(U64_MAX);
    }
}

numbers! {
    /// Attributes of the set `event`. The stamp that every message of the events group carries.
    event: u16 {
        /// Number of this event since the module was loaded, from 1, without holes. A hole means that
        /// the listener, or the kernel, lost events.
        SEQ = 1;
        /// When it happened, nanoseconds of CLOCK_BOOTTIME.
        TIME = 2;
    }
}

numbers! {
    /// Attributes of the set `creator`. The task that made a network namespace.
    creator: u16 {
        /// Its process id (thread group) in the initial pid namespace.
        PID = 1;
        /// Its effective user id in the initial user namespace.
        UID = 2;
        /// Its command name (task_struct.comm), at most 15 bytes.
        COMMAND = 3;
    }
}

numbers! {
    /// Attributes of the set `ns`. A network namespace (struct net).
    ns: u16 {
        /// The key of a network namespace: SO_NETNS_COOKIE, also the id of listns(2). Never used twice
        /// while the system is up.
        COOKIE = 1;
        /// Inode number in nsfs, as /proc/PID/ns/net shows it. Unique among those present, but soon
        /// used again, so it is never a key.
        INUM = 2;
        /// Where it stands in its life.
        STATE = 3;
        /// This is the initial network namespace (init_net).
        INITIAL = 4;
        /// Counted references (tasks, open descriptors, bind mounts, sockets); 0 when queued or dying.
        REFS = 5;
        /// When it was made, nanoseconds of CLOCK_BOOTTIME. Absent for one that is older than the
        /// module.
        BORN = 6;
        /// Who made it. Absent for one that is older than the module.
        CREATOR = 7;
        /// Owner of its user namespace: a user id in the initial user namespace.
        OWNER_UID = 8;
        /// Inode number in nsfs of the user namespace that owns it.
        USER_NS_INUM = 9;
        /// Number of network devices in it, its loopback device included.
        DEVICES = 10;
        /// Number of devices in it whose home is another network namespace.
        AWAY = 11;
        /// Number of sockets in use in it (sock_inuse_get()).
        SOCKETS = 12;
        /// For how long it has been dying, in nanoseconds: from the moment that the cleanup worker
        /// reached it. In ns-gone the whole teardown time.
        DYING_FOR = 13;
        /// Request only: the network namespace of this process, by its id in the caller's pid
        /// namespace.
        PID = 14;
        /// Request only: the network namespace of this nsfs file descriptor of the caller.
        FD = 15;
        /// Only in messages of the events group.
        EVENT = 16;
        /// Number of devices of this namespace that the kernel has unregistered and cannot free,
        /// because somebody still holds them. Absent for none.
        STUCK = 17;
    }
}

numbers! {
    /// Attributes of the set `home`. One entry of a device's home stack: a network namespace that it
    /// left, and how it was there.
    home: u16 {
        /// Cookie of that network namespace.
        NS_COOKIE = 1;
        /// That network namespace is live, so the device could go there.
        ALIVE = 2;
        /// The name that the device had there.
        NAME = 3;
        /// How a setting was there. Once for each; alias only if there was one, altnames only if there
        /// were any.
        SETTING = 4;
        /// An IPv4 address there. Once for each.
        ADDRESS4 = 5;
        /// An IPv6 address there. Once for each.
        ADDRESS6 = 6;
        /// Id of a tcx program that was attached there without a link. Once for each.
        TCX_PROGRAM = 7;
        /// Id of a link that attached a tcx program there. Once for each.
        TCX_LINK = 8;
        /// How many IP addresses there had a lifetime, of DHCP or of a router's advertisement. They are
        /// not recorded: whoever gave them gives them anew. Absent for none.
        ADDRESSES_EXPIRING = 9;
        /// How many IP addresses there were beyond those that are recorded. Absent for none.
        ADDRESSES_SURPLUS = 10;
        /// How many IP addresses there could not be recorded for want of memory. Absent for none.
        ADDRESSES_LOST = 11;
        /// The alternative names there were more than are recorded of one home, so that none of them is
        /// told, put back or removed.
        ALTNAMES_SURPLUS = 12;
    }
}

numbers! {
    /// Attributes of the set `setting-value`. How a setting was, in the attribute that the setting takes
    /// by its documentation: number, also 0 for off and 1 for on, bytes for a link-layer address, or
    /// text.
    setting_value: u16 {
        /// Which setting.
        ID = 1;
        /// A number.
        NUMBER = 2;
        /// A link-layer address.
        BYTES = 3;
        /// A text. Once for each.
        TEXT = 4;
    }
}

numbers! {
    /// Attributes of the set `address`. An IPv4 or IPv6 address of a device.
    address: u16 {
        /// The address, 4 or 16 bytes in network order (IFA_LOCAL).
        LOCAL = 1;
        /// The address of the peer, or for a device without one the address once more (IFA_ADDRESS).
        PEER = 2;
        /// Length of the prefix in bits.
        PREFIX = 3;
        /// RT_SCOPE_* (ifa_scope).
        SCOPE = 4;
        /// IFA_F_* without those that the kernel sets by itself.
        FLAGS = 5;
        /// IPv4 only, the label (IFA_LABEL).
        LABEL = 6;
        /// IPv4 only, the broadcast address (IFA_BROADCAST).
        BROADCAST = 7;
        /// Metric of its prefix route (IFA_RT_PRIORITY), 0 for the default.
        METRIC = 8;
        /// Who made it (IFAPROT_*, IFA_PROTO). Absent where it does not say.
        PROTOCOL = 9;
        /// Until when it is preferred for new connections, in nanoseconds of CLOCK_BOOTTIME; it is
        /// deprecated after that. Absent for one that is preferred for ever, as most are.
        PREFERRED_UNTIL = 10;
    }
}

numbers! {
    /// Attributes of the set `fate`. What would become of a device if its network namespace died now.
    /// The same function decides at a real death.
    fate: u16 {
        /// What would happen.
        ACTION = 1;
        /// Why.
        REASON = 2;
        /// With action return, and with wiphy where it was there before, the network namespace that it
        /// would go to.
        NS_COOKIE = 3;
        /// Likewise, the name that it would get there.
        NAME = 4;
        /// With reason rule, the id of the rule.
        RULE = 5;
    }
}

numbers! {
    /// Attributes of the set `failure`. A setting that could not be put back.
    failure: u16 {
        /// Which one.
        SETTING = 1;
        /// Why, as a positive errno. Of addresses also because they are not recorded: ETIME, some had a
        /// lifetime; E2BIG, there were too many; ENOMEM, there was no memory for some. Of up, ETIMEDOUT:
        /// it took too long, and was broken off. Of name, ECANCELED: it arrived under the name that it
        /// was to get, and somebody there gave it another one before this was told.
        ERROR = 2;
    }
}

numbers! {
    /// Attributes of the set `return`. How a device came home.
    returned: u16 {
        /// What brought it home.
        CAUSE = 1;
        /// The network namespace that it came from.
        FROM_COOKIE = 2;
        /// The name that it had there.
        FROM_NAME = 3;
        /// The name recorded for this home. It differs from the device's name when that name was taken.
        HOME_NAME = 4;
        /// The settings that differed and were put back.
        RESTORED = 5;
        /// A setting that could not be put back. Once for each.
        FAILURE = 6;
    }
}

numbers! {
    /// Attributes of the set `dev`. A network device (struct net_device).
    dev: u16 {
        /// The network namespace that it is in. In a request: look only there.
        NS_COOKIE = 1;
        /// Its index, unique in its network namespace.
        IFINDEX = 2;
        /// Its name.
        NAME = 3;
        /// Its kind (rtnl_link_ops.kind), for example veth. Absent for one without, as most physical
        /// devices are.
        KIND = 4;
        /// It has no rtnl_link_ops, or ops with netns_refund: the kernel itself moves it to the initial
        /// network namespace rather than destroy it.
        PHYSICAL = 5;
        /// It cannot leave its network namespace (netns_immutable).
        IMMOVABLE = 6;
        /// Its IFF_* flags, as RTM_GETLINK shows them.
        FLAGS = 7;
        /// Its home stack, oldest first: where it has been. Absent when it is at home. At most 8
        /// entries; when full, the oldest, the initial network namespace and the newest others are kept.
        HOME = 8;
        /// What would happen if its network namespace died now.
        FATE = 9;
        /// Only in dev-returned, how it came home.
        RETURN = 10;
        /// Only in messages of the events group.
        EVENT = 11;
        /// Settings, tcx programs and addresses of the homes are left out, because the message would
        /// not fit into the listener's buffer otherwise. Asked for alone, the device is shown in full.
        ABRIDGED = 12;
        /// What an administrator decided. Absent for none.
        MARK = 13;
        /// The name that it is to get at home, whatever was recorded. In dev-set an empty one takes
        /// that back. Absent if there is none.
        HOME_NAME = 14;
        /// In dev-set, forget the home stack.
        NO_HOME = 15;
        /// The kernel has unregistered it and cannot free it. Such a device has neither home nor fate,
        /// and no flags.
        STUCK = 16;
        /// In recall, all devices of the namespace that are away from home.
        ALL = 17;
        /// In the reply to recall, one device. Left out when there are so many that they do not fit;
        /// the events tell of each in any case.
        RECALLED = 18;
        /// In the reply to recall, how many devices came home.
        RECALLED_COUNT = 19;
        /// In the reply to recall, how many devices could not be moved.
        FAILED_COUNT = 20;
    }
}

numbers! {
    /// Attributes of the set `stuck`. What is known of a device that the kernel cannot free.
    stuck: u16 {
        /// References to it (netdev_refcnt_read()), one of which is the kernel's own; as of the last
        /// time that the kernel looked, about every second.
        REFS = 1;
        /// For how long it has been waiting, in nanoseconds.
        FOR = 2;
        /// Cookie of a network namespace that is dead and cannot be cleaned up before this device is
        /// free. The first 64 of them.
        WAITING = 3;
        /// How many such network namespaces there are.
        WAITING_COUNT = 4;
    }
}

numbers! {
    /// Attributes of the set `recalled`. A device that recall brought home, or could not.
    recalled: u16 {
        /// The network namespace that it is in now.
        NS_COOKIE = 1;
        /// Its index now.
        IFINDEX = 2;
        /// Its name now.
        NAME = 3;
        /// How it came home. Absent if it did not.
        RETURN = 4;
        /// Why it could not be moved, as a positive errno.
        ERROR = 5;
    }
}

numbers! {
    /// Attributes of the set `open`. A network namespace as a descriptor.
    open: u16 {
        /// The network namespace.
        COOKIE = 1;
        /// A descriptor of the caller for it, close-on-exec, as open(2) of /proc/PID/ns/net gives it.
        FD = 2;
    }
}

numbers! {
    /// Attributes of the set `rule`. A rule of the policy. At a death the first one decides that
    /// matches a device in all that it names. A rule that names nothing matches all devices.
    rule: u16 {
        /// Its number, from 1, never used twice while the module is loaded.
        ID = 1;
        /// In rule-add, the rule before which the new one is put. Without it the new one is the last.
        BEFORE = 2;
        /// Matches a name: `*` stands for any number of characters, `?` for one. Compared is dev.home-name,
        /// else the name that the device had in the initial network namespace (so that renaming inside
        /// does not matter), else, if it is virtual, its name at its first home. A physical device of
        /// which no such name is known matches `*` only.
        NAME = 3;
        /// Matches dev.kind exactly.
        KIND = 4;
        /// Matches a class of devices.
        CLASS = 5;
        /// What happens to a device that matches.
        ACTION = 6;
        /// The name for a device whose name is taken: `%s` stands for the name, which is cut short
        /// where the whole would not fit, `%d` for the lowest number that makes it free. Exactly one
        /// `%d`, at most one `%s`. Without it, `%s_%d`.
        TEMPLATE = 7;
        /// The settings that are put back. Without it, all but up and addresses; those two only when
        /// named here, addresses only together with up, and not for a device that goes to the initial
        /// network namespace where it never was, unless it is marked keep.
        RESTORE = 8;
        /// How many devices this rule has decided about at a death.
        HITS = 9;
    }
}

numbers! {
    /// Attributes of the set `stats`. Counts since the module was loaded, and what it holds now.
    stats: u16 {
        /// Network namespaces present.
        NAMESPACES = 1;
        /// Network namespaces that were there when the module was loaded. At any time older + born -
        /// gone = namespaces.
        OLDER = 2;
        /// Network namespaces made.
        BORN = 3;
        /// Network namespaces gone.
        GONE = 4;
        /// Devices away from home now.
        DEVICES_AWAY = 5;
        /// Times that a device at home went away, or was given a home stack by dev-set. At any time
        /// left - settled - destroyed - forgotten = devices-away, but for a device that is just being
        /// moved.
        LEFT = 6;
        /// Times that a device away came to be at home.
        SETTLED = 7;
        /// Devices destroyed while away from home.
        DESTROYED = 8;
        /// Home stacks forgotten: by dev-set, or for want of memory.
        FORGOTTEN = 9;
        /// Devices that Homeward moved home, at a death or by recall.
        RETURNED = 10;
        /// Devices that should have come home and could not be moved.
        FAILED = 11;
        /// Settings put back.
        RESTORED = 12;
        /// Settings that could not be put back.
        NOT_RESTORED = 13;
        /// Devices that came home under another name, their own being taken.
        NAME_CLASHES = 14;
        /// Events so far, that is the number of the last one.
        EVENTS = 15;
        /// Events that could not be sent to all who listen.
        EVENTS_LOST = 16;
        /// Times that a home could not be recorded for want of memory.
        NO_MEMORY = 17;
        /// Bytes in use for namespaces, home stacks and rules, without the allocator's own overhead.
        MEMORY = 18;
        /// The longest time from ns-dying to ns-gone, in nanoseconds.
        LONGEST_TEARDOWN = 19;
        /// The network namespace that took that time. Absent before the first.
        LONGEST_TEARDOWN_COOKIE = 20;
        /// Devices that came home with an XDP or tcx program that was attached inside and could not be
        /// detached.
        PROGRAMS_LEFT = 21;
    }
}

numbers! {
    /// Attributes of the set `nsid`. An id that the initial network namespace gives to another one (or
    /// to itself): IFLA_LINK_NETNSID, RTM_GETNSID.
    nsid: u16 {
        /// The id, at most 2147483647.
        ID = 1;
        /// The network namespace that has it.
        NS_COOKIE = 2;
        /// The inode number in nsfs of that network namespace.
        INUM = 3;
    }
}

numbers! {
    /// Operations and events.
    cmd: u8 {
        /// One network namespace, named by exactly one of cookie, inum, pid and fd; or all of them, in
        /// ascending order of their cookies. Refused with ENOENT when there is none such, EINVAL when
        /// it is not named by exactly one attribute, EBADF or EINVAL for a descriptor that is no
        /// network namespace, ESRCH for a pid that is not there.
        NS_GET = 1;
        /// One device, named by ns-cookie and either ifindex or name; or all devices, those of one
        /// network namespace when ns-cookie is given, in ascending order of cookie and ifindex, and
        /// behind them those that the kernel cannot free. Refused with ENOENT when there is no such
        /// network namespace, EBUSY when it is dead and one device is asked for, ENODEV when it has no
        /// such device, EINVAL when the device is not named by exactly one of ifindex and name.
        DEV_GET = 2;
        /// Changes what is known or decided about one device, named as for dev-get. mark and home-name
        /// replace what was set. One or more home replace the whole home stack, oldest first, with what
        /// dev-get once gave: so what was known can be put back after the module was loaded anew. Of a
        /// home only ns-cookie and name are needed; a setting that is left out is as the device has it
        /// now, and alive is ignored. no-home forgets the stack. The answer is the device as it is
        /// then. Refused as dev-get is, and with EINVAL for a home in the namespace that the device is
        /// in, for one that comes twice, for more than 8, and for home together with no-home, E2BIG for
        /// more alternative names, addresses or tcx programs than are recorded, EOPNOTSUPP for a setting
        /// that this version does not know, ERANGE for a number or text beyond what the setting takes.
        DEV_SET = 3;
        /// Brings one device home now, named as for dev-get, or with all every device of the namespace
        /// that is away. A device goes to its newest live home, else to the initial network namespace,
        /// whatever rules and marks say; what a rule says of names and settings counts. The answer
        /// tells where each landed and what was put back. Refused with ENOENT when there is no such
        /// namespace, EALREADY when the device is at home, ENODEV when there is no such device,
        /// EOPNOTSUPP when it is immovable, EBUSY when the namespace is dead already, and with what the
        /// kernel says when it does not move the device.
        RECALL = 4;
        /// Opens a network namespace, also one that has neither name nor process. Needs CAP_SYS_ADMIN
        /// in the initial user namespace, too. Refused with ENOENT when there is none, EBUSY when it is
        /// dead already, EMFILE when the caller has too many open files.
        NS_OPEN = 5;
        /// One rule by its id, or all in their order.
        RULE_GET = 6;
        /// Adds a rule; the answer is the rule with its id. Refused with EINVAL when the action is
        /// missing or a pattern or template is malformed, ENOENT when there is no rule `before`, ENOSPC
        /// when there are 256 rules.
        RULE_ADD = 7;
        /// Removes a rule by its id; ENOENT when there is none.
        RULE_DEL = 8;
        /// Removes all rules.
        RULE_FLUSH = 9;
        /// Counts since the module was loaded, and what it holds now.
        STATS_GET = 10;
        /// All ids that the initial network namespace gives, in ascending order: in one walk, where
        /// RTM_GETNSID walks all of them for each namespace that it is asked about. One that comes or
        /// goes meanwhile may be told or not.
        NSID_GET = 11;
        /// A network namespace was made.
        NS_BORN = 32;
        /// The kernel began to take down a network namespace. Its devices are still in it.
        NS_DYING = 33;
        /// A network namespace is gone, its devices too. dying-for is the whole teardown time. After
        /// ns-born without ns-dying, its making failed.
        NS_GONE = 34;
        /// A device left a network namespace and is now away from home. The last home is the one that
        /// it left.
        DEV_AWAY = 35;
        /// A device came back to a network namespace of its home stack, or to the initial one because
        /// no home was left. It may still be away from an older home. Sent after its settings were put
        /// back.
        DEV_RETURNED = 36;
        /// A device was destroyed while it was away from home.
        DEV_DESTROYED = 37;
        /// The kernel has unregistered a device and cannot free it, because somebody still holds it.
        /// Its namespace cannot be cleaned up, and none that died after it. Told after about one
        /// second, and again after 2, 4, 8, ...
        DEV_STUCK = 38;
    }
}
