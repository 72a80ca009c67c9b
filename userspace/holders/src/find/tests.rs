// SPDX-License-Identifier: MIT OR Apache-2.0

use super::*;
use std::net::UdpSocket;
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixDatagram;

use homeward_netns::open_self;

use crate::listed::{Listed, TABLES};
use crate::socket::tests::number_of;
use crate::tables::Tables;

#[test]
fn a_socket_that_is_not_lent_is_found_in_the_tables_of_its_namespace() {
    let inet = UdpSocket::bind("127.0.0.1:0").unwrap();
    let local = UnixDatagram::unbound().unwrap();
    let mut finder = Finder::new(open_self().unwrap().as_fd()).unwrap();
    let mut listed = Listed::new();
    for table in &TABLES {
        let text = fs::read(Path::new("/proc/thread-self/net").join(table.name));
        table.add(&text.unwrap_or_default(), &mut listed);
    }
    // Not everybody may enter, but all may read.
    finder.inside = Some(Inside {
        listed,
        ..Inside::default()
    });
    let (pid, mut tables) = (std::process::id(), Tables::default());
    tables.add(pid, pid, finder.inum);
    let mut owner = tables.all().remove(0);
    owner.lend_nothing();
    for fd in [inet.as_raw_fd(), local.as_raw_fd(), inet.as_raw_fd()] {
        finder.socket(&mut owner, fd, number_of(&fd));
    }
    let findings = finder.finish(Blind::default());
    assert_eq!(findings.blind.sockets, 1);
    assert_eq!(findings.sockets.len(), 1);
    let found = &findings.sockets[0];
    assert_eq!(found.inode, number_of(&inet));
    assert_eq!(found.facts.to_string(), "inet udp");
    assert_eq!(found.holders.len(), 2);
    assert_eq!(findings.references().sockets, Range::exactly(1));
}

#[test]
fn what_a_socket_has_inside_is_counted_with_the_sockets() {
    let mut finder = Finder::new(open_self().unwrap().as_fd()).unwrap();
    let mptcp = Facts {
        protocol: Some(libc::IPPROTO_MPTCP),
        ..Facts::default()
    };
    let rows = |count| Rows {
        count,
        ..Rows::default()
    };
    finder.inside = Some(Inside {
        listed: Listed::from([(7, rows(2)), (8, rows(1))]),
        ..Inside::default()
    });
    for (inode, facts) in [(7, mptcp), (8, Facts::default())] {
        finder.findings.sockets.push(Socket {
            inode,
            namespace: Identity::default(),
            facts,
            holders: Vec::new(),
        });
    }
    let findings = finder.finish(Blind::default());
    assert_eq!(findings.references().sockets, Range::exactly(4));
}

#[test]
fn only_paths_that_look_like_it_are_looked_at() {
    let tun = |path| matches!(Device::guess(Path::new(path)), Some(Device::Tun));
    let tap = |path| matches!(Device::guess(Path::new(path)), Some(Device::Tap));
    assert!(tun("/dev/net/tun") && tun("/jail/tun (deleted)"));
    assert!(tap("/dev/tap7") && !tap("/dev/tap") && !tap("/etc/tape"));
    assert!(!tun("/etc/tuned") && !tun("/"));
}

#[test]
fn a_watch_is_told_by_device_and_inode() {
    let info = b"pos:\t0\nflags:\t02000000\nmnt_id:\t15\nino:\t7\n\
        inotify wd:2 ino:f0000152 sdev:800003 mask:fff ignored_mask:0 fhandle-bytes:8\n\
        inotify wd:1 ino:f0000152 sdev:4 mask:fff ignored_mask:0 \n";
    let watched = |device, inode| watches(info, device, inode);
    assert!(watched(makedev(0, 4), 0xf000_0152) && watched(makedev(8, 3), 0xf000_0152));
    assert!(!watched(makedev(0, 4), 0xf000_0153) && !watched(makedev(0, 5), 0xf000_0152));
    assert!(!watches(b"", 0, 0));
}
