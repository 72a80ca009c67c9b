// SPDX-License-Identifier: GPL-2.0-only

//! Sockets, and where they belong.

use homeward_holders::{Descriptor, Facts, Socket};
use nix::libc;
use serde::Serialize;

use super::ProcessView;
use crate::atlas::Atlas;
use crate::book::label;
use crate::users::Users;

/// A network namespace, by whatever is known of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Whereabouts {
    /// Its key.
    pub(crate) cookie: Option<u64>,
    /// Its inode number in nsfs.
    pub(crate) inum: Option<u64>,
    /// Its first name in /run/netns.
    pub(crate) name: Option<String>,
    /// Whether it is the initial one.
    pub(crate) initial: bool,
}

impl Whereabouts {
    /// A selector for it.
    pub(crate) fn label(&self) -> String {
        let names = self.name.as_slice();
        label(self.initial, names, self.cookie, self.inum)
    }
}

/// Sockets.
#[derive(Debug, Serialize)]
pub(crate) struct SocketList {
    /// Whether everything could be seen.
    pub(crate) complete: bool,
    /// What could not be seen, in words.
    pub(crate) unseen: Vec<String>,
    /// The sockets, those that are not where their process is first.
    pub(crate) sockets: Vec<SocketView>,
}

/// A socket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct SocketView {
    /// Its inode number.
    pub(crate) inode: u64,
    /// The namespace that it belongs to.
    pub(crate) namespace: Whereabouts,
    /// Whether a process that has it is in another one; None when that cannot be told.
    pub(crate) strays: Option<bool>,
    /// Its family.
    pub(crate) family: Option<String>,
    /// Its type.
    #[serde(rename = "type")]
    pub(crate) kind: Option<String>,
    /// Its protocol.
    pub(crate) protocol: Option<String>,
    /// Its own address.
    pub(crate) local: Option<String>,
    /// The address that it is connected to.
    pub(crate) peer: Option<String>,
    /// Who has it.
    pub(crate) holders: Vec<SocketHolderView>,
}

/// Who has a socket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct SocketHolderView {
    /// The process.
    pub(crate) process: ProcessView,
    /// Which thread has it, if the process itself has not.
    pub(crate) tid: Option<u32>,
    /// Its descriptor.
    pub(crate) fd: i32,
    /// The namespace of the process, or of that thread.
    pub(crate) namespace: Whereabouts,
}

impl SocketView {
    /// A socket.
    pub(crate) fn new(socket: &Socket, atlas: &Atlas, users: &mut Users) -> Self {
        let facts = &socket.facts;
        let holder = |one: &Descriptor| SocketHolderView {
            process: ProcessView::new(&one.process, users),
            tid: one.thread.as_ref().map(|thread| thread.tid),
            fd: one.fd,
            namespace: atlas.whereabouts(one.process_namespace),
        };
        SocketView {
            inode: socket.inode,
            namespace: atlas.whereabouts(socket.namespace),
            strays: socket.strays(),
            family: facts.family.map(family),
            kind: facts.kind.map(kind_name),
            protocol: protocol(facts),
            local: facts.local.clone(),
            peer: facts.peer.clone(),
            holders: socket.holders.iter().map(holder).collect(),
        }
    }
}

/// Family, and what else tells people most.
pub(crate) fn kind(facts: &Facts) -> String {
    let all = [
        facts.family.map(family),
        protocol(facts).or_else(|| facts.kind.map(kind_name)),
    ];
    let all: Vec<String> = all.into_iter().flatten().collect();
    all.join(" ")
}

fn family(number: i32) -> String {
    let name = match number {
        libc::AF_UNIX => "unix",
        libc::AF_INET => "inet",
        libc::AF_INET6 => "inet6",
        libc::AF_NETLINK => "netlink",
        libc::AF_PACKET => "packet",
        libc::AF_KEY => "key",
        libc::AF_ALG => "alg",
        libc::AF_VSOCK => "vsock",
        libc::AF_XDP => "xdp",
        libc::AF_CAN => "can",
        libc::AF_TIPC => "tipc",
        libc::AF_BLUETOOTH => "bluetooth",
        libc::AF_PPPOX => "pppox",
        // AF_SMC
        43 => "smc",
        // AF_MCTP
        45 => "mctp",
        other => return format!("family {other}"),
    };
    name.to_owned()
}

fn kind_name(number: i32) -> String {
    let name = match number {
        libc::SOCK_STREAM => "stream",
        libc::SOCK_DGRAM => "dgram",
        libc::SOCK_RAW => "raw",
        libc::SOCK_SEQPACKET => "seqpacket",
        libc::SOCK_RDM => "rdm",
        // SOCK_PACKET
        10 => "packet",
        other => return format!("type {other}"),
    };
    name.to_owned()
}

/// Names where people have names for it; None where there is only one.
fn protocol(facts: &Facts) -> Option<String> {
    let number = facts.protocol?;
    let name = match facts.family? {
        libc::AF_INET | libc::AF_INET6 => inet(number),
        libc::AF_NETLINK => netlink(number),
        _ if number == 0 => return None,
        _ => None,
    };
    Some(name.map_or_else(|| number.to_string(), str::to_owned))
}

fn inet(number: i32) -> Option<&'static str> {
    Some(match number {
        libc::IPPROTO_ICMP => "icmp",
        libc::IPPROTO_TCP => "tcp",
        libc::IPPROTO_UDP => "udp",
        libc::IPPROTO_ICMPV6 => "icmpv6",
        libc::IPPROTO_SCTP => "sctp",
        libc::IPPROTO_UDPLITE => "udplite",
        libc::IPPROTO_RAW => "raw",
        libc::IPPROTO_MPTCP => "mptcp",
        _ => return None,
    })
}

fn netlink(number: i32) -> Option<&'static str> {
    Some(match number {
        libc::NETLINK_ROUTE => "route",
        libc::NETLINK_SOCK_DIAG => "sock-diag",
        libc::NETLINK_NFLOG => "nflog",
        libc::NETLINK_XFRM => "xfrm",
        libc::NETLINK_SELINUX => "selinux",
        libc::NETLINK_AUDIT => "audit",
        libc::NETLINK_CONNECTOR => "connector",
        libc::NETLINK_NETFILTER => "netfilter",
        libc::NETLINK_KOBJECT_UEVENT => "uevent",
        libc::NETLINK_GENERIC => "generic",
        libc::NETLINK_CRYPTO => "crypto",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_is_family_and_protocol_or_type() {
        let told = |family, kind_of, protocol| {
            kind(&Facts {
                family: Some(family),
                kind: Some(kind_of),
                protocol: Some(protocol),
                ..Facts::default()
            })
        };
        let table = [
            (told(libc::AF_INET, libc::SOCK_STREAM, 6), "inet tcp"),
            (told(libc::AF_INET6, libc::SOCK_RAW, 89), "inet6 89"),
            (
                told(libc::AF_UNIX, libc::SOCK_SEQPACKET, 0),
                "unix seqpacket",
            ),
            (
                told(libc::AF_NETLINK, libc::SOCK_RAW, 16),
                "netlink generic",
            ),
            (told(99, 88, 0), "family 99 type 88"),
        ];
        for (told, expected) in table {
            assert_eq!(told, expected);
        }
        assert_eq!(kind(&Facts::default()), "");
    }
}
