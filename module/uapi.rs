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

/// The kind of a setting, which decides in which attribute of the set `setting-value` it travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A number, at most this one.
    Number(u64),
    /// Off or on: the number 0 or 1.
    Switch,
    /// A link-layer address.
    Address,
    /// A text of at most this many bytes.
    Text(u16),
    /// Several texts of at most this many bytes each.
    Texts(u16),
    /// Numbers of 32 bits, by what each is called, which not every device has.
    Numbers(&'static [&'static str]),
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
    /// Its kind.
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

/// Constants, and tables of their names and of what they are.
macro_rules! constants {
    ($type:ident $($(#[doc = $doc:literal])* $name:ident = $value:literal;)*) => {
        $($(#[doc = $doc])* pub const $name: $type = $value;)*
        /// Each with what it is, in a line that begins with a space.
        #[allow(dead_code, reason = "for userspace")]
        pub const DOCS: &[($type, &str)] = &[$(($name, concat!($($doc),*))),*];
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
        $($(#[doc = $row:literal])* $name:ident = $value:literal: $kind:expr $(, part of $whole:ident)?;)*
    }) => {
        $(#[$doc])*
        pub mod $module {
            use super::Kind::{Address, Apart, Number, Numbers, Switch, Text, Texts};
            use super::{Setting, S32_MAX, U32_MAX, U64_MAX};
            constants! { $type $($(#[doc = $row])* $name = $value;)* }
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
    /// Life-cycle state of a network namespace.
    ns_state: u32 {
        /// Somebody holds a reference.
        LIVE = 1;
        /// The last reference is gone, but the kernel's cleanup worker has not started on it yet.
        /// It can no longer be entered.
        QUEUED = 2;
        /// The cleanup worker is taking it down.
        DYING = 3;
    }
}

numbers! {
    /// What happens to a device when its network namespace dies.
    fate_action: u32 {
        /// Nothing. The initial network namespace never dies.
        STAY = 1;
        /// Homeward moves it to its destination and restores its name and settings.
        RETURN = 2;
        /// Left to the kernel, which destroys a virtual device and moves a physical one to the initial
        /// network namespace as it is.
        KERNEL = 3;
        /// The kernel moves it to the initial network namespace together with its radio. Homeward
        /// then restores it, if its home there was recorded.
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
        /// Its devlink instance lives in the same network namespace. The kernel reloads the
        /// instance into the initial one and creates the ports again.
        DEVLINK = 3;
        /// It is physical (no rtnl_link_ops, or ops with netns_refund), and physical devices come home.
        PHYSICAL = 4;
        /// It is virtual, and virtual devices die with their namespace.
        VIRTUAL = 5;
        /// An administrator marked it (dev.mark).
        MARK = 6;
        /// A rule matches it; fate.rule says which.
        RULE = 7;
        /// It is a tunnel whose packets travel in the dying namespace, or in one that is dead. The kernel
        /// destroys it wherever it is, so it cannot be brought home.
        TUNNEL = 8;
        /// A rule matches it, but it is virtual and has no home where the rule could send it: it
        /// was never anywhere else, or its homes are dead, or the rule sends it to the initial
        /// namespace, where it never was.
        NO_HOME = 9;
        /// Its lower device or its peer is destroyed with the namespace, and the kernel then
        /// destroys it too.
        LINK = 10;
        /// It belongs to a radio (wiphy) that the kernel itself moves.
        WIPHY = 11;
    }
}

numbers! {
    /// What brought a device home.
    return_cause: u32 {
        /// Its network namespace died and Homeward brought it home.
        DEATH = 1;
        /// Somebody else moved it: an administrator, a container runtime, or the kernel at the
        /// death of the network namespace. A device that an administrator or a runtime moves to one
        /// of its homes has its settings, except its name, restored before that system call
        /// returns, unless a mark or a rule leaves it to the kernel.
        MOVED = 2;
        /// An administrator recalled it.
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
    /// What happens to a device that a rule matches.
    rule_action: u32 {
        /// It comes home, to its most recent living home.
        RETURN = 1;
        /// It goes to the initial network namespace, even if another home is alive.
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

numbers! {
    /// What is restored of a physical device that somebody else brings to one of its homes, a
    /// container runtime or an administrator. What the mover sets, by the same request or later,
    /// stands.
    moved: u32 {
        /// Nothing.
        LEAVE = 1;
        /// Its settings, but for name, up, addresses and routes.
        SETTINGS = 2;
        /// What would be restored at a death.
        ALL = 3;
    }
}

numbers! {
    /// Where the value of a setting comes from that a device is to have.
    setting_source: u32 {
        /// The rule that matches the device fixes it.
        RULE = 1;
        /// It was so in the device's baseline.
        BASELINE = 2;
        /// It was so when the device left.
        DEPARTURE = 3;
    }
}

settings! {
    /// A setting of a device that survives a move between network namespaces, and is therefore
    /// recorded when the device leaves and restored when Homeward brings it home. In a mask,
    /// setting number n is bit n. A setting that is part of another one is not in a mask: it is
    /// recorded and restored with the other one. One with several numbers is missing where the
    /// driver has nothing to set, and a number is 0 where the driver does not have it.
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
        /// Whether an XDP program was attached. One that was attached inside is detached; one that
        /// was attached at home and has been detached since is not restored, and a failure (ENOENT)
        /// if one of inside took its place. On or off.
        XDP = 16: Switch;
        /// IFF_UP. Not recorded: a device that returns is down, as the kernel leaves it, unless a rule
        /// asks for `up`.
        UP = 17: Apart;
        /// The permanent IPv4 and IPv6 addresses, with prefix, scope, label, flags, peer, protocol
        /// and preferred lifetime; for IPv6 also those that the device lost when it was set down,
        /// if its addresses did not change between then and its departure. At most 32 of each.
        /// Restored only if a rule asks for `up` and `addresses`; addresses that existed but are
        /// not recorded count as not restored.
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
        /// Which tcx programs were attached. One that a link attached inside is detached; one that
        /// was attached inside without a link cannot be, and is reported as a failure; one that was
        /// attached at home and has been detached since is not restored.
        TCX = 29: Apart;
        /// How the link-layer address was assigned (NET_ADDR_*). Part of address. A number up to 3.
        ADDR_ASSIGN_TYPE = 30: Number(3), part of ADDRESS;
        /// The reasons of proto-down (IFLA_PROTO_DOWN_REASON), a mask. Part of proto-down. A number up to
        /// u32-max.
        PROTO_DOWN_REASON = 31: Number(U32_MAX), part of PROTO_DOWN;
        /// The wanted features of the device (`ethtool -K`), a mask with the kernel's numbers,
        /// without LRO and GRO_HW, which the kernel itself switches off. A number up to u64-max.
        FEATURES = 32: Number(U64_MAX);
        /// The link-layer address that the PF of a VF has for it (IFLA_VF_MAC). This and the other
        /// vf- settings are recorded of a VF whose PF is registered and lets them be set, at a home
        /// that has power over the PF: the initial network namespace, or the one that the PF is
        /// in. A link-layer address.
        VF_ADDRESS = 33: Address;
        /// The VLAN that the PF puts the VF into, 0 for none (IFLA_VF_VLAN_LIST). A number up to
        /// 4095.
        VF_VLAN = 34: Number(4095);
        /// The priority in that VLAN. Part of vf-vlan. A number up to 7.
        VF_QOS = 35: Number(7), part of VF_VLAN;
        /// The protocol of that VLAN, an ethertype. Part of vf-vlan. A number up to 65535.
        VF_VLAN_PROTOCOL = 36: Number(65535), part of VF_VLAN;
        /// Whether the PF trusts the VF (IFLA_VF_TRUST). On or off.
        VF_TRUST = 37: Switch;
        /// Whether the PF checks the source addresses of the VF (IFLA_VF_SPOOFCHK). On or off.
        VF_SPOOFCHK = 38: Switch;
        /// The least transmit rate of the VF in Mbit/s (IFLA_VF_RATE), 0 for none. Part of
        /// vf-max-rate. A number up to u32-max.
        VF_MIN_RATE = 39: Number(U32_MAX), part of VF_MAX_RATE;
        /// The highest transmit rate of the VF in Mbit/s, and the least (IFLA_VF_RATE), 0 for no
        /// limit. A number up to u32-max.
        VF_MAX_RATE = 40: Number(U32_MAX);
        /// The link that the PF shows the VF (IFLA_VF_LINK_STATE): 0 for its own, 1 for always up, 2
        /// for always down. A number up to 2.
        VF_LINK_STATE = 41: Number(2);
        /// Whether the VF may ask the PF for its RSS configuration (IFLA_VF_RSS_QUERY_EN). On or
        /// off.
        VF_RSS_QUERY_EN = 42: Switch;
        /// The private flags of the driver (`ethtool --set-priv-flags`), a mask with its own
        /// numbers. 1 number: flags.
        PRIVATE_FLAGS = 43: Numbers(&["flags"]);
        /// Whether an indirection table of RSS was set (`ethtool -X`), not which one. A table that
        /// was set inside is reset if none was set at home. 1 number: set.
        RSS_TABLE = 44: Numbers(&["set"]);
        /// The channels (`ethtool -L`). 4 numbers: rx, tx, other, combined.
        CHANNELS = 45: Numbers(&["rx", "tx", "other", "combined"]);
        /// The rings (`ethtool -G`), without tcp-data-split and hds-thresh. 9 numbers: rx, rx-mini,
        /// rx-jumbo, tx, rx-buf-len, cqe-size, tx-push, rx-push, tx-push-buf-len.
        RINGS = 46: Numbers(&["rx", "rx-mini", "rx-jumbo", "tx", "rx-buf-len", "cqe-size", "tx-push", "rx-push", "tx-push-buf-len"]);
        /// The coalescing of interrupts (`ethtool -C`), without that of single queues and without
        /// profiles. 29 numbers: rx-usecs, rx-max-frames, rx-usecs-irq, rx-max-frames-irq,
        /// tx-usecs, tx-max-frames, tx-usecs-irq, tx-max-frames-irq, stats-block-usecs,
        /// use-adaptive-rx, use-adaptive-tx, pkt-rate-low, rx-usecs-low, rx-max-frames-low,
        /// tx-usecs-low, tx-max-frames-low, pkt-rate-high, rx-usecs-high, rx-max-frames-high,
        /// tx-usecs-high, tx-max-frames-high, rate-sample-interval, use-cqe-mode-rx,
        /// use-cqe-mode-tx, tx-aggr-max-bytes, tx-aggr-max-frames, tx-aggr-time-usecs,
        /// rx-cqe-frames, rx-cqe-nsecs.
        COALESCE = 47: Numbers(&["rx-usecs", "rx-max-frames", "rx-usecs-irq", "rx-max-frames-irq", "tx-usecs", "tx-max-frames", "tx-usecs-irq", "tx-max-frames-irq", "stats-block-usecs", "use-adaptive-rx", "use-adaptive-tx", "pkt-rate-low", "rx-usecs-low", "rx-max-frames-low", "tx-usecs-low", "tx-max-frames-low", "pkt-rate-high", "rx-usecs-high", "rx-max-frames-high", "tx-usecs-high", "tx-max-frames-high", "rate-sample-interval", "use-cqe-mode-rx", "use-cqe-mode-tx", "tx-aggr-max-bytes", "tx-aggr-max-frames", "tx-aggr-time-usecs", "rx-cqe-frames", "rx-cqe-nsecs"]);
        /// The pause parameters (`ethtool -A`). 3 numbers: autoneg, rx, tx.
        PAUSE = 48: Numbers(&["autoneg", "rx", "tx"]);
        /// The modes of forward error correction (`ethtool --set-fec`), a mask of ETHTOOL_FEC_*. 1
        /// number: modes.
        FEC = 49: Numbers(&["modes"]);
        /// The modes of wake-on-LAN (`ethtool -s DEV wol`), a mask of WAKE_*, without the password.
        /// 1 number: modes.
        WOL = 50: Numbers(&["modes"]);
        /// Which ntuple rules (`ethtool -N`) and RSS contexts (`ethtool -X DEV context`) there
        /// were, at most 64 together. Those that were added inside are removed, or reported as a
        /// failure; one of home that was removed or changed inside is not restored.
        STEERING = 51: Apart;
        /// The IPv4 sysctls of the device (IFLA_INET_CONF, /proc/sys/net/ipv4/conf/DEV), without
        /// mc_forwarding, which belongs to the kernel. Restored only together with up. 32 numbers:
        /// forwarding, proxy-arp, accept-redirects, secure-redirects, send-redirects, shared-media,
        /// rp-filter, accept-source-route, bootp-relay, log-martians, tag, arp-filter, medium-id,
        /// disable-xfrm, disable-policy, force-igmp-version, arp-announce, arp-ignore,
        /// promote-secondaries, arp-accept, arp-notify, accept-local, src-valid-mark,
        /// proxy-arp-pvlan, route-localnet, igmpv2-unsolicited-report-interval,
        /// igmpv3-unsolicited-report-interval, ignore-routes-with-linkdown,
        /// drop-unicast-in-l2-multicast, drop-gratuitous-arp, bc-forwarding, arp-evict-nocarrier.
        IPV4_CONF = 52: Numbers(&["forwarding", "proxy-arp", "accept-redirects", "secure-redirects", "send-redirects", "shared-media", "rp-filter", "accept-source-route", "bootp-relay", "log-martians", "tag", "arp-filter", "medium-id", "disable-xfrm", "disable-policy", "force-igmp-version", "arp-announce", "arp-ignore", "promote-secondaries", "arp-accept", "arp-notify", "accept-local", "src-valid-mark", "proxy-arp-pvlan", "route-localnet", "igmpv2-unsolicited-report-interval", "igmpv3-unsolicited-report-interval", "ignore-routes-with-linkdown", "drop-unicast-in-l2-multicast", "drop-gratuitous-arp", "bc-forwarding", "arp-evict-nocarrier"]);
        /// How IPv6 makes addresses of the device (IFLA_INET6_ADDR_GEN_MODE). Restored only
        /// together with up. 1 number: mode.
        ADDR_GEN_MODE = 53: Numbers(&["mode"]);
        /// The IPv6 token of the device (IFLA_INET6_TOKEN), of which the first half is always 0:
        /// the second one. Restored only together with up. 2 numbers: high, low.
        IPV6_TOKEN = 54: Numbers(&["high", "low"]);
        /// The static routes of the main table by way of the device, IPv4 and IPv6 (RTPROT_STATIC,
        /// RTPROT_BOOT), that it had when it was set down, if it was not set up since and its
        /// addresses did not change until it left. Recorded only of a device for which a rule asks
        /// for `routes` then, at most 32 of each family. Restored only where a rule asks for `up`
        /// and `routes`; routes that existed but are not recorded are reported as a failure.
        ROUTES = 55: Apart;
    }
}

numbers! {
    /// Attributes of the set `event`. Sequence number and time, in every message of the events
    /// group.
    event: u16 {
        /// Number of this event since the module was loaded, from 1, without gaps. A gap means that
        /// the listener or the kernel lost events.
        SEQ = 1;
        /// When it happened, nanoseconds of CLOCK_BOOTTIME.
        TIME = 2;
    }
}

numbers! {
    /// Attributes of the set `creator`. The task that created a network namespace.
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
        /// Inode number in nsfs, as /proc/PID/ns/net shows it. Unique among existing namespaces,
        /// but reused soon, so never use it as a key.
        INUM = 2;
        /// Its life-cycle state.
        STATE = 3;
        /// This is the initial network namespace (init_net).
        INITIAL = 4;
        /// Counted references (tasks, open descriptors, bind mounts, sockets); 0 when queued or dying.
        REFS = 5;
        /// When it was created, nanoseconds of CLOCK_BOOTTIME. Absent for one that is older than
        /// the module.
        BORN = 6;
        /// Who created it. Absent for one that is older than the module.
        CREATOR = 7;
        /// Owner of its user namespace: a user id in the initial user namespace.
        OWNER_UID = 8;
        /// Inode number in nsfs of the user namespace that owns it.
        USER_NS_INUM = 9;
        /// Number of network devices in it, its loopback device included.
        DEVICES = 10;
        /// Number of devices in it whose home is another network namespace, and that would go
        /// there: physical ones that are not marked release, and others that are marked keep.
        AWAY = 11;
        /// Number of sockets in use in it (sock_inuse_get()).
        SOCKETS = 12;
        /// For how long it has been dying, in nanoseconds, since the cleanup worker started on it.
        /// In ns-gone the whole teardown time.
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
        /// Number of virtual devices in it that came from another network namespace and are
        /// destroyed with it, unless a rule saves them: a container's end of a veth, for example.
        LENT = 18;
    }
}

numbers! {
    /// Attributes of the set `home`. One entry of a device's home stack: a network namespace that
    /// it left, and its name and settings there.
    home: u16 {
        /// Cookie of that network namespace.
        NS_COOKIE = 1;
        /// That network namespace is live, so the device could return there.
        ALIVE = 2;
        /// The name that the device had there.
        NAME = 3;
        /// A setting there. Once for each; alias only if there was one, altnames only if there were
        /// any, vf- settings only of a VF, numbers only if the driver has them.
        SETTING = 4;
        /// An IPv4 address there. Once for each.
        ADDRESS4 = 5;
        /// An IPv6 address there. Once for each.
        ADDRESS6 = 6;
        /// Id of a tcx program that was attached there without a link. Once for each.
        TCX_PROGRAM = 7;
        /// Id of a link that attached a tcx program there. Once for each.
        TCX_LINK = 8;
        /// How many IP addresses there had a lifetime, from DHCP or a router advertisement. They
        /// are not recorded, because DHCP or the router assigns them again. Absent for none.
        ADDRESSES_EXPIRING = 9;
        /// How many IP addresses there were beyond those that are recorded. Absent for none.
        ADDRESSES_SURPLUS = 10;
        /// How many IP addresses there could not be recorded for lack of memory. Absent for none.
        ADDRESSES_LOST = 11;
        /// There were too many alternative names there to be recorded, so none is reported,
        /// restored or removed.
        ALTNAMES_SURPLUS = 12;
        /// What steered packets to queues there, at most 64 of them: for an ntuple rule its
        /// location and a digest of the rule, for an RSS context its number and 0. Absent if that
        /// is not known; then none is removed.
        STEERING = 13;
        /// A static route there, as RTM_NEWROUTE has it: struct rtmsg and the attributes, without
        /// the table and the device. Once for each.
        ROUTE = 14;
        /// How many static routes there cannot be restored: with several next hops, a next-hop
        /// object, an encapsulation, a source prefix or a lifetime. Absent for none.
        ROUTES_UNSUPPORTED = 15;
        /// How many static routes there were beyond those that are recorded. Absent for none.
        ROUTES_SURPLUS = 16;
        /// How often the static routes of a family there could not be recorded for lack of memory.
        /// Absent for none.
        ROUTES_LOST = 17;
        /// Its permanent link-layer address (IFLA_PERM_ADDRESS) when it left: some drivers make it
        /// the one that is set inside. Absent if it had none, if that is not known, and in baseline
        /// and now.
        PERMANENT_ADDRESS = 18;
        /// How many IP addresses there were those of a port of a VRF. They are not recorded: the
        /// move takes the device from its VRF, and without that they would be in the tables of
        /// everybody. Absent for none.
        ADDRESSES_IN_VRF = 19;
        /// Id of an XDP program that was attached there without a link. Once for each.
        XDP_PROGRAM = 20;
        /// Id of a link that attached an XDP program there. Once for each.
        XDP_LINK = 21;
    }
}

numbers! {
    /// Attributes of the set `setting-value`. The value of a setting, in the attribute that the
    /// setting's documentation calls for: number (0 for off and 1 for on), bytes or permanent for a
    /// link-layer address, text, or numbers.
    setting_value: u16 {
        /// Which setting.
        ID = 1;
        /// A number.
        NUMBER = 2;
        /// A link-layer address.
        BYTES = 3;
        /// A text. Once for each.
        TEXT = 4;
        /// In rule.set, for address only: the device's permanent address (IFLA_PERM_ADDRESS),
        /// whatever that is. Left out for a device that has none.
        PERMANENT = 5;
        /// In fate.setting, where the value comes from.
        SOURCE = 6;
        /// Numbers, as many as the setting has. In rule.set, 2147483648 stands for one that the
        /// rule does not fix. In ipv4-conf of a home or a baseline, it stands for one that was as
        /// the default of the network namespace (/proc/sys/net/ipv4/conf/default) and not set for
        /// the device (forwarding: even if it was); the device is to have the default again.
        NUMBERS = 7;
    }
}

numbers! {
    /// Attributes of the set `address`. An IPv4 or IPv6 address of a device.
    address: u16 {
        /// The address, 4 or 16 bytes in network order (IFA_LOCAL).
        LOCAL = 1;
        /// The address of the peer, or for a device without one the address again (IFA_ADDRESS).
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
        /// Who added it (IFAPROT_*, IFA_PROTO). Absent if unknown.
        PROTOCOL = 9;
        /// Until when it is preferred for new connections, in nanoseconds of CLOCK_BOOTTIME; it is
        /// deprecated after that. Absent for one that is preferred forever, as most are.
        PREFERRED_UNTIL = 10;
    }
}

numbers! {
    /// Attributes of the set `fate`. What would happen to a device if its network namespace died
    /// now. The same function decides at a real death.
    fate: u16 {
        /// What would happen.
        ACTION = 1;
        /// Why.
        REASON = 2;
        /// With action return, and with wiphy if it was there before, the network namespace that it
        /// would go to.
        NS_COOKIE = 3;
        /// Likewise, the name that it would get there.
        NAME = 4;
        /// With reason rule, the id of the rule.
        RULE = 5;
        /// What would be restored if somebody else brought it to one of its homes before that.
        /// Absent for a virtual or an immovable device, and with action stay.
        MOVED = 6;
        /// A setting that the device is to have at its destination, if a rule or its baseline says
        /// so. All others are to be as in the entry of home for that namespace. Once for each.
        SETTING = 7;
    }
}

numbers! {
    /// Attributes of the set `failure`. A setting that could not be restored.
    failure: u16 {
        /// Which one.
        SETTING = 1;
        /// Why, as a positive errno. For addresses also if they were not recorded: ETIME, some had
        /// a lifetime; E2BIG, there were too many; ENOMEM, there was no memory for some. For up,
        /// ETIMEDOUT: it took too long and was aborted. For name, ECANCELED: it arrived with the
        /// right name, but somebody there renamed it before this was reported.
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
        /// The name recorded for this home.
        HOME_NAME = 4;
        /// The settings that differed and were restored.
        RESTORED = 5;
        /// A setting that could not be restored. Once for each.
        FAILURE = 6;
        /// It did not get home-name, because another device has it.
        TAKEN = 7;
        /// Those of restored that have the value that a rule fixes. Absent for none.
        BY_RULE = 8;
        /// Those of restored that have the value of the baseline. Absent for none.
        BY_BASELINE = 9;
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
        /// Its kind (rtnl_link_ops.kind), for example veth. Absent for one without, as with most
        /// physical devices.
        KIND = 4;
        /// It has no rtnl_link_ops, or ops with netns_refund, and is no loopback device: the kernel
        /// itself moves it to the initial network namespace rather than destroying it.
        PHYSICAL = 5;
        /// It cannot leave its network namespace (netns_immutable).
        IMMOVABLE = 6;
        /// Its IFF_* flags, as RTM_GETLINK shows them.
        FLAGS = 7;
        /// Its home stack, oldest first: where it has been. Absent if it is at home. At most 8
        /// entries: of more, the oldest and the initial network namespace stay, and of the others
        /// the oldest that a tenant made gives way, or else the oldest.
        HOME = 8;
        /// What would happen if its network namespace died now.
        FATE = 9;
        /// Only in dev-returned, how it came home.
        RETURN = 10;
        /// Only in messages of the events group.
        EVENT = 11;
        /// Settings, tcx programs and addresses of the homes are left out, because the message
        /// would not fit into the listener's buffer otherwise. A request for this device alone
        /// returns it in full.
        ABRIDGED = 12;
        /// What an administrator decided. Absent for none.
        MARK = 13;
        /// The name that it will get at home, overriding the recorded one. In dev-set an empty one
        /// removes the override. Absent if there is none.
        HOME_NAME = 14;
        /// In dev-set, forget the home stack.
        NO_HOME = 15;
        /// The kernel has unregistered it and cannot free it. Such a device has neither home nor fate,
        /// and no flags.
        STUCK = 16;
        /// In recall, all devices of the namespace that are away from home.
        ALL = 17;
        /// In the reply to recall, one device. Left out if there are too many to fit; there is an
        /// event for each in any case.
        RECALLED = 18;
        /// In the reply to recall, how many devices came home.
        RECALLED_COUNT = 19;
        /// In the reply to recall, how many devices could not be moved.
        FAILED_COUNT = 20;
        /// Its MTU, in bytes. Absent for a stuck one.
        MTU = 21;
        /// How it is to be in the initial network namespace, however it was when it left. Its name
        /// there counts too. Absent if there is none. In dev-set, one from an earlier dev-get; a
        /// setting that it lacks is not part of it.
        BASELINE = 22;
        /// In dev-set, the baseline is what the device is like now.
        TAKE_BASELINE = 23;
        /// In dev-set, forget the baseline.
        NO_BASELINE = 24;
        /// What it is like where it is. Only in the reply to dev-get for one device.
        NOW = 25;
        /// Its permanent link-layer address (IFLA_PERM_ADDRESS). Absent if it has none.
        PERMANENT_ADDRESS = 26;
        /// The device that it belongs to, for example 0000:00:03.0 (IFLA_PARENT_DEV_NAME). Absent
        /// if there is none.
        PARENT = 27;
        /// The bus of that device, for example pci (IFLA_PARENT_DEV_BUS_NAME). Absent if there is
        /// none.
        PARENT_BUS = 28;
        /// Which of the ports of that device it is (dev_port of /sys/class/net). Absent for 0.
        DEV_PORT = 29;
        /// The same from drivers that use dev_id of /sys/class/net instead. Absent for 0.
        DEV_ID = 30;
    }
}

numbers! {
    /// Attributes of the set `stuck`. What is known of a device that the kernel cannot free.
    stuck: u16 {
        /// References to it (netdev_refcnt_read()), including the kernel's own one, when the kernel
        /// last looked, which it does about every second.
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
    /// Attributes of the set `recalled`. A device that recall brought home or could not bring home.
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
    /// Attributes of the set `open`. A network namespace as a file descriptor.
    open: u16 {
        /// The network namespace.
        COOKIE = 1;
        /// A file descriptor of the caller for it, close-on-exec, as open(2) of /proc/PID/ns/net
        /// returns it.
        FD = 2;
    }
}

numbers! {
    /// Attributes of the set `rule`. A rule of the policy. At a death, the first rule decides whose
    /// conditions all match the device. A rule without conditions matches every device.
    rule: u16 {
        /// Its number, from 1, never used twice while the module is loaded.
        ID = 1;
        /// In rule-add, the rule before which the new one is put. Without it, the new rule is
        /// appended.
        BEFORE = 2;
        /// Matches a name: `*` stands for any number of characters, `?` for one. It is compared
        /// with dev.home-name, otherwise with the name in dev.baseline, otherwise with the name
        /// that the device had in the initial network namespace (so that renaming it inside has no
        /// effect), otherwise, for a virtual device, with its name at its first home. A physical
        /// device for which no such name is known matches `*` only.
        NAME = 3;
        /// Matches dev.kind exactly.
        KIND = 4;
        /// Matches a class of devices.
        CLASS = 5;
        /// What happens to a device that matches.
        ACTION = 6;
        /// The name for a device whose name is taken: `%s` stands for the name, truncated if the
        /// result would not fit, and `%d` for the lowest number that yields a free name. Exactly
        /// one `%d`, at most one `%s`. Without it, `%s_%d`.
        TEMPLATE = 7;
        /// The settings to restore. Without it, all except up, addresses and routes. These are
        /// restored only if named here, addresses, routes and what IP has of the device (ipv4-conf,
        /// addr-gen-mode, ipv6-token) only together with up, and not for a device that goes to the
        /// initial network namespace without ever having been there, unless it is marked keep.
        RESTORE = 8;
        /// What is restored of a matching device that somebody else brings to one of its homes.
        /// Without it, leave with action kernel or class virtual, which allow nothing else,
        /// otherwise settings.
        MOVED = 9;
        /// How many devices this rule has decided about at a death.
        HITS = 10;
        /// A value that a setting is to have at the destination of a matching device, instead of
        /// what it was when the device left or in its baseline; restored also if restore does not
        /// name it. Once for each. Not with action kernel.
        SET = 11;
    }
}

numbers! {
    /// Attributes of the set `stats`. Counts since the module was loaded, and current values.
    stats: u16 {
        /// Network namespaces present.
        NAMESPACES = 1;
        /// Network namespaces that existed when the module was loaded. At any time older + born -
        /// gone = namespaces.
        OLDER = 2;
        /// Network namespaces created.
        BORN = 3;
        /// Network namespaces gone.
        GONE = 4;
        /// Devices away from home now.
        DEVICES_AWAY = 5;
        /// Times that a device left home, or was given a home stack by dev-set. At any time left -
        /// settled - destroyed - forgotten = devices-away, except for a device that is being moved.
        LEFT = 6;
        /// Times that a device that was away came home.
        SETTLED = 7;
        /// Devices destroyed while away from home.
        DESTROYED = 8;
        /// Home stacks forgotten: by dev-set, or for lack of memory.
        FORGOTTEN = 9;
        /// Devices that Homeward moved home, at a death or by recall.
        RETURNED = 10;
        /// Devices that should have come home and could not be moved.
        FAILED = 11;
        /// Settings restored.
        RESTORED = 12;
        /// Settings that could not be restored.
        NOT_RESTORED = 13;
        /// Devices that came home under another name, because theirs was taken.
        NAME_CLASHES = 14;
        /// Number of the last event.
        EVENTS = 15;
        /// Events that could not be sent to every listener.
        EVENTS_LOST = 16;
        /// Times that a home could not be recorded for lack of memory.
        NO_MEMORY = 17;
        /// Bytes in use for namespaces, home stacks and rules, without the allocator's own overhead.
        MEMORY = 18;
        /// The longest time from ns-dying to ns-gone, in nanoseconds.
        LONGEST_TEARDOWN = 19;
        /// The network namespace that took that time. Absent before the first.
        LONGEST_TEARDOWN_COOKIE = 20;
        /// Devices that came home with an XDP or tcx program, an ntuple rule or an RSS context of
        /// inside that could not be detached or removed.
        PROGRAMS_LEFT = 21;
    }
}

numbers! {
    /// Attributes of the set `nsid`. The id of a network namespace in the initial one, which may
    /// have one for itself, too: IFLA_LINK_NETNSID, RTM_GETNSID.
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
        /// One network namespace, identified by exactly one of cookie, inum, pid and fd; or all of
        /// them, in ascending order of their cookies. Refused with ENOENT if there is none, EINVAL
        /// if it is not identified by exactly one attribute, EBADF or EINVAL for a descriptor that
        /// is not a network namespace, ESRCH if there is no such process.
        NS_GET = 1;
        /// One device, identified by ns-cookie and either ifindex or name; or all devices, only
        /// those of one network namespace if ns-cookie is given, in ascending order of cookie and
        /// ifindex, followed by those that the kernel cannot free. Refused with ENOENT if there is
        /// no such network namespace, EBUSY if it is dead and one device is requested, ENODEV if it
        /// has no such device, EINVAL if the device is not identified by exactly one of ifindex and
        /// name.
        DEV_GET = 2;
        /// Changes what is known or decided about one device, identified as for dev-get. mark and
        /// home-name replace what was set. One or more home replace the whole home stack, oldest
        /// first, with values from an earlier dev-get, to restore them after the module was
        /// reloaded. A home needs only ns-cookie and name; a missing setting is taken from the
        /// device's current state, unless its PF has it, and alive is ignored. no-home forgets the
        /// stack. take-baseline, baseline and no-baseline take, give and forget a baseline: only
        /// one of them, for a physical device that can be moved; take-baseline only in the initial
        /// network namespace. The answer is the resulting device. Refused as dev-get is, and with
        /// EINVAL for a home in the namespace that the device is in, for a home given twice, for
        /// more than 8 homes, for home together with no-home, and for a baseline of another
        /// namespace than the initial one, E2BIG for more alternative names, addresses or tcx
        /// programs than are recorded, EOPNOTSUPP for a setting that this version does not know and
        /// for the baseline of a device that cannot have one, ERANGE for a number or text that is
        /// too large for the setting.
        DEV_SET = 3;
        /// Brings one device home now, identified as for dev-get, or, with all, every device of the
        /// namespace that is away. A device goes to its most recent living home, otherwise to the
        /// initial network namespace, regardless of rules and marks; what a rule says about names
        /// and settings applies. With all, a device of which no home is known is at home; named,
        /// only if it is virtual and has no mark, or is in the initial one. The answer says where
        /// each device is now and what was restored. Refused with ENOENT if there is no such
        /// namespace, EALREADY if the device is at home, ENODEV if there is no such device,
        /// EOPNOTSUPP if it is immovable, EBUSY if the namespace is already dead, EEXIST if names
        /// that are taken at home are given to it time and again, and with the kernel's own error
        /// if it refuses to move the device.
        RECALL = 4;
        /// Opens a network namespace, even one that has neither name nor process. Also needs
        /// CAP_SYS_ADMIN in the initial user namespace. Refused with ENOENT if there is none, EBUSY
        /// if it is already dead, EMFILE if the caller has too many open files.
        NS_OPEN = 5;
        /// One rule by its id, or all in their order.
        RULE_GET = 6;
        /// Adds a rule; the answer is the rule with its id. Refused with EINVAL if the action is
        /// missing, a pattern or template is malformed, moved does not go with action or class, set
        /// not with action, or a value not with its setting, EOPNOTSUPP and ERANGE for a value as
        /// in dev-set, ENOENT if there is no rule `before`, ENOSPC if there are already 256 rules.
        RULE_ADD = 7;
        /// Removes a rule by its id; ENOENT if there is none.
        RULE_DEL = 8;
        /// Removes all rules.
        RULE_FLUSH = 9;
        /// Counts since the module was loaded, and current values.
        STATS_GET = 10;
        /// All ids of network namespaces in the initial one, in ascending order, in a single walk,
        /// whereas RTM_GETNSID walks all of them for each namespace. Ids that appear or disappear
        /// meanwhile may or may not be included.
        NSID_GET = 11;
        /// A network namespace was created.
        NS_BORN = 32;
        /// The kernel began to take down a network namespace. Its devices are still in it.
        NS_DYING = 33;
        /// A network namespace is gone, its devices too. dying-for is the whole teardown time.
        /// ns-born followed by ns-gone without ns-dying means that its creation failed.
        NS_GONE = 34;
        /// A device left a network namespace and is now away from home. The last home is the one that
        /// it left.
        DEV_AWAY = 35;
        /// A device came back to a network namespace of its home stack, or to the initial one
        /// because no home was left. It may still be away from an older home. Sent after its
        /// settings were restored.
        DEV_RETURNED = 36;
        /// A device was destroyed while it was away from home.
        DEV_DESTROYED = 37;
        /// The kernel has unregistered a device and cannot free it, because somebody still holds
        /// it. Neither its namespace nor any that died after it can be cleaned up. Sent after about
        /// one second, and again after 2, 4, 8, ...
        DEV_STUCK = 38;
    }
}
