// SPDX-License-Identifier: MIT OR Apache-2.0

//! Sockets in the tables of /proc/net, which show what a socket has inside, and all that can be known of one
//! that nobody lends.

use std::collections::HashMap;

use libc::{AF_INET, AF_INET6, AF_NETLINK, AF_PACKET, SOCK_DGRAM, SOCK_RAW, SOCK_STREAM};

use crate::facts::Facts;
use crate::proc::number;

/// What the tables tell of sockets, by inode number.
pub(crate) type Listed = HashMap<u64, Rows>;

/// What the tables tell of a socket.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Rows {
    pub(crate) facts: Facts,
    /// How many rows have its number.
    pub(crate) count: usize,
}

/// A table.
pub(crate) struct Table {
    pub(crate) name: &'static str,
    family: i32,
    kind: Told,
    protocol: Told,
    /// The field that is the inode number.
    inode: usize,
}

/// A fact about all sockets of a table, or about each in a field.
enum Told {
    All(i32),
    Field(usize),
    No,
}

/// Not that of local sockets: whoever gives one a name with a line end in it writes rows there.
pub(crate) const TABLES: [Table; 12] = [
    inet("tcp", AF_INET, SOCK_STREAM, Told::All(libc::IPPROTO_TCP)),
    inet("tcp6", AF_INET6, SOCK_STREAM, Told::All(libc::IPPROTO_TCP)),
    inet("udp", AF_INET, SOCK_DGRAM, Told::All(libc::IPPROTO_UDP)),
    inet("udp6", AF_INET6, SOCK_DGRAM, Told::All(libc::IPPROTO_UDP)),
    inet("udplite", AF_INET, SOCK_DGRAM, UDPLITE),
    inet("udplite6", AF_INET6, SOCK_DGRAM, UDPLITE),
    inet("icmp", AF_INET, SOCK_DGRAM, Told::All(libc::IPPROTO_ICMP)),
    inet("icmp6", AF_INET6, SOCK_DGRAM, ICMP6),
    inet("raw", AF_INET, SOCK_RAW, Told::No),
    inet("raw6", AF_INET6, SOCK_RAW, Told::No),
    Table {
        name: "packet",
        family: AF_PACKET,
        kind: Told::Field(2),
        protocol: Told::No,
        inode: 8,
    },
    Table {
        name: "netlink",
        family: AF_NETLINK,
        kind: Told::All(SOCK_RAW),
        protocol: Told::Field(1),
        inode: 9,
    },
];

const UDPLITE: Told = Told::All(libc::IPPROTO_UDPLITE);
const ICMP6: Told = Told::All(libc::IPPROTO_ICMPV6);

const fn inet(name: &'static str, family: i32, kind: i32, protocol: Told) -> Table {
    Table {
        name,
        family,
        kind: Told::All(kind),
        protocol,
        inode: 9,
    }
}

impl Table {
    /// Adds what this table tells.
    pub(crate) fn add(&self, text: &[u8], listed: &mut Listed) {
        for line in text.split(|byte| *byte == b'\n').skip(1) {
            let fields = line.split(u8::is_ascii_whitespace);
            let fields: Vec<&[u8]> = fields.filter(|field| !field.is_empty()).collect();
            // One that no process has, has no number.
            let inode = fields.get(self.inode).and_then(|field| number(field));
            let Some(inode) = inode.filter(|inode| *inode != 0) else {
                continue;
            };
            let rows = listed.entry(inode).or_insert_with(|| Rows {
                facts: Facts {
                    family: Some(self.family),
                    kind: self.kind.of(&fields),
                    protocol: self.protocol.of(&fields),
                    ..Facts::default()
                },
                count: 0,
            });
            rows.count += 1;
        }
    }
}

impl Told {
    fn of(&self, fields: &[&[u8]]) -> Option<i32> {
        match self {
            Told::All(number) => Some(*number),
            Told::Field(index) => number(fields.get(*index)?),
            Told::No => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(name: &str, text: &[u8]) -> Vec<(u64, String, usize)> {
        let mut listed = Listed::new();
        let table = TABLES.iter().find(|table| table.name == name).unwrap();
        table.add(text, &mut listed);
        let told = |(inode, rows): (u64, Rows)| (inode, rows.facts.to_string(), rows.count);
        let mut all: Vec<_> = listed.into_iter().map(told).collect();
        all.sort();
        all
    }

    #[test]
    fn sockets_are_told_with_what_they_are_and_counted() {
        let tcp = b"  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n\
   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1 0000 100 0 0 10 0\n\
   1: 0100007F:1F90 0100007F:A000 01 00000000:00000000 00:00000000 00000000     0        0 0 1 0000 20 4 0 10 -1\n\
   2: 0100007F:A000 0100007F:1F90 01 00000000:00000000 00:00000000 00000000     0        0 4711 1 0000 20 4 0 10 -1\n\
   7: cut 0100\n\n";
        assert_eq!(listed("tcp6", tcp), [(4711, "inet6 tcp".to_owned(), 2)]);
        let packet = b"sk               RefCnt Type Proto  Iface R Rmem   User   Inode\n\
000000009d8e72a4 3      3    0003   0     1 0      0      4712\n\
000000009d8e72a5 3      2    0003   0     1 0      0      4713\n";
        let expected = [
            (4712, "packet raw".to_owned(), 1),
            (4713, "packet dgram".to_owned(), 1),
        ];
        assert_eq!(listed("packet", packet), expected);
        let netlink = b"sk               Eth Pid        Groups   Rmem     Wmem     Dump  Locks    Drops    Inode\n\
00000000a39f7c8b 16  0          00000000 0        0        0     2        0        4714\n";
        assert_eq!(
            listed("netlink", netlink),
            [(4714, "netlink generic".to_owned(), 1)]
        );
    }

    #[test]
    fn a_table_of_this_kernel_is_read() {
        let socket = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
        let own = crate::socket::tests::number_of(&socket);
        let text = std::fs::read("/proc/thread-self/net/udp").unwrap();
        let told = listed("udp", &text);
        assert!(told.contains(&(own, "inet udp".to_owned(), 1)), "{told:?}");
    }
}
