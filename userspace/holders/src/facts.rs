// SPDX-License-Identifier: MIT OR Apache-2.0

//! What a socket is, in the kernel's numbers and in words.

use std::fmt;
use std::os::fd::{AsFd, AsRawFd};

use nix::sys::socket::{getpeername, getsockname, getsockopt, sockopt, SockaddrStorage};

/// What a socket is, in the kernel's numbers; None for what it would not tell.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Facts {
    /// Its family (AF_*).
    pub family: Option<i32>,
    /// Its type (SOCK_*).
    pub kind: Option<i32>,
    /// Its protocol, with a meaning that depends on the family.
    pub protocol: Option<i32>,
    /// Its own address.
    pub local: Option<String>,
    /// The address that it is connected to.
    pub peer: Option<String>,
}

/// Of SMC, which libc does not have.
pub(crate) const AF_SMC: i32 = 43;
pub(crate) const IPPROTO_SMC: i32 = 256;

macro_rules! number_option {
    ($name:ident, $option:path) => {
        #[derive(Clone, Copy)]
        pub(crate) struct $name;
        nix::getsockopt_impl!(
            $name,
            libc::SOL_SOCKET,
            $option,
            i32,
            sockopt::GetStruct<i32>
        );
    };
}

number_option!(Domain, libc::SO_DOMAIN);
number_option!(Kind, libc::SO_TYPE);
number_option!(Protocol, libc::SO_PROTOCOL);

impl Facts {
    /// Asks a socket.
    pub(crate) fn of(socket: impl AsFd) -> Self {
        let socket = socket.as_fd();
        let raw = socket.as_raw_fd();
        let local = getsockname::<SockaddrStorage>(raw).ok();
        let peer = getpeername::<SockaddrStorage>(raw).ok();
        Facts {
            family: getsockopt(&socket, Domain).ok(),
            kind: getsockopt(&socket, Kind).ok(),
            protocol: getsockopt(&socket, Protocol).ok(),
            local: local.as_ref().and_then(address),
            peer: peer.as_ref().and_then(address),
        }
    }

    /// Its family, by name where it has one here.
    pub fn family_name(&self) -> Option<String> {
        self.family.map(family)
    }

    /// Its type, likewise.
    pub fn kind_name(&self) -> Option<String> {
        self.kind.map(kind)
    }

    /// Its protocol, by name where people have names for it; None where there is only one.
    pub fn protocol_name(&self) -> Option<String> {
        let number = self.protocol?;
        let name = match self.family? {
            libc::AF_INET | libc::AF_INET6 => inet(number),
            libc::AF_NETLINK => netlink(number),
            _ if number == 0 => return None,
            _ => None,
        };
        Some(name.map_or_else(|| number.to_string(), str::to_owned))
    }
}

/// Family, what else tells people most, and the addresses.
impl fmt::Display for Facts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = self.protocol_name().or_else(|| self.kind_name());
        let peer = self.peer.as_ref().map(|peer| format!("to {peer}"));
        let all = [self.family_name(), what, self.local.clone(), peer];
        let all: Vec<String> = all.into_iter().flatten().collect();
        f.write_str(&all.join(" "))
    }
}

/// By names, or by numbers where people have no names for them.
#[cfg(feature = "serde")]
impl serde::Serialize for Facts {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct;
        let mut fields = serializer.serialize_struct("Facts", 5)?;
        fields.serialize_field("family", &self.family_name())?;
        fields.serialize_field("type", &self.kind_name())?;
        fields.serialize_field("protocol", &self.protocol_name())?;
        fields.serialize_field("local", &self.local)?;
        fields.serialize_field("peer", &self.peer)?;
        fields.end()
    }
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
        AF_SMC => "smc",
        // AF_MCTP
        45 => "mctp",
        other => return format!("family {other}"),
    };
    name.to_owned()
}

fn kind(number: i32) -> String {
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
        IPPROTO_SMC => "smc",
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

/// An address as text; None for none, or for a family that has no text here.
fn address(address: &SockaddrStorage) -> Option<String> {
    if let Some(inet) = address.as_sockaddr_in() {
        return Some(inet.to_string());
    }
    if let Some(inet) = address.as_sockaddr_in6() {
        return Some(inet.to_string());
    }
    if let Some(unix) = address.as_unix_addr() {
        let path = unix.path().map(|path| path.to_string_lossy().into_owned());
        let hidden = || {
            let name = unix.as_abstract()?;
            Some(format!("@{}", String::from_utf8_lossy(name)))
        };
        return path.or_else(hidden).filter(|text| !text.is_empty());
    }
    if let Some(netlink) = address.as_netlink_addr() {
        // Port 0 is the kernel.
        return Some(format!("port {}", netlink.pid()));
    }
    if let Some(link) = address.as_link_addr() {
        return Some(match link.ifindex() {
            0 => "any device".to_owned(),
            ifindex => format!("ifindex {ifindex}"),
        });
    }
    if let Some(vsock) = address.as_vsock_addr() {
        return Some(format!("{}:{}", vsock.cid(), vsock.port()));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{TcpListener, TcpStream};
    use std::os::unix::net::{UnixDatagram, UnixListener};

    #[test]
    fn facts_of_internet_sockets() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let stream = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let facts = Facts::of(&stream);
        assert_eq!(facts.family, Some(libc::AF_INET));
        assert_eq!(facts.kind, Some(libc::SOCK_STREAM));
        assert_eq!(facts.protocol, Some(libc::IPPROTO_TCP));
        assert_eq!(facts.local, Some(stream.local_addr().unwrap().to_string()));
        assert_eq!(facts.peer, Some(stream.peer_addr().unwrap().to_string()));
        assert_eq!(Facts::of(&listener).peer, None);
    }

    #[test]
    fn facts_of_local_sockets() {
        let nameless = UnixDatagram::unbound().unwrap();
        assert_eq!(Facts::of(&nameless).local, None);
        let path = std::env::temp_dir().join(format!("homeward-socket-{}", std::process::id()));
        let named = UnixListener::bind(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        assert_eq!(Facts::of(&named).local, path.to_str().map(str::to_owned));
    }

    #[test]
    fn a_kind_is_family_and_protocol_or_type() {
        let told = |family, kind, protocol| {
            Facts {
                family: Some(family),
                kind: Some(kind),
                protocol: Some(protocol),
                ..Facts::default()
            }
            .to_string()
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
        assert_eq!(Facts::default().to_string(), "");
    }
}
