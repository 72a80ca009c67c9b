// SPDX-License-Identifier: GPL-2.0-only

//! One who answers in the kernel's place.

use std::fs::{self, File};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::Arc;
use std::thread::{spawn, JoinHandle};

use nix::errno::Errno;
use nix::libc::{NLMSG_DONE, NLMSG_ERROR, RTM_NEWLINK};
use nix::sched::{setns, CloneFlags};
use nix::sys::socket::{
    bind, sendto, socket, AddressFamily, MsgFlags, NetlinkAddr, SockFlag, SockProtocol, SockType,
};
use std::os::fd::{AsRawFd, OwnedFd};

const RTM_NEWNSID: u16 = 88;
/// The numbers of the requests that are answered.
const REQUESTS: std::ops::Range<u32> = 1..40;

/// A thread in a network namespace that sends forged answers to every socket of rtnetlink there, as root
/// of that namespace may, until dropped.
#[derive(Debug)]
pub struct Forger {
    stop: Arc<AtomicBool>,
    /// Sockets that it found and sent to, and how many of these messages got through.
    counts: Arc<(AtomicUsize, AtomicUsize)>,
    thread: Option<JoinHandle<()>>,
}

impl Forger {
    /// In the network namespace of a process.
    #[track_caller]
    pub fn inside(pid: u32) -> Self {
        let file = File::open(format!("/proc/{pid}/ns/net")).expect("a namespace");
        let (stop, counts) = <(Arc<AtomicBool>, Arc<(AtomicUsize, AtomicUsize)>)>::default();
        let (stopped, counted) = (stop.clone(), counts.clone());
        let thread = spawn(move || {
            setns(file, CloneFlags::CLONE_NEWNET).expect("setns");
            let socket = own_socket();
            let mut turn = 0;
            while !stopped.load(Ordering::Relaxed) {
                for port in ports() {
                    turn += 1;
                    counted.0.fetch_add(1, Ordering::Relaxed);
                    let to = NetlinkAddr::new(port, 0);
                    let flags = MsgFlags::MSG_DONTWAIT;
                    match sendto(socket.as_raw_fd(), &forged(turn, port), &to, flags) {
                        Ok(_) => drop(counted.1.fetch_add(1, Ordering::Relaxed)),
                        // Not heard, gone, or full.
                        Err(Errno::ECONNREFUSED | Errno::EAGAIN) => {}
                        Err(errno) => panic!("sendto: {errno}"),
                    }
                }
            }
        });
        Forger {
            stop,
            counts,
            thread: Some(thread),
        }
    }

    /// How many messages it tried to send.
    pub fn tried(&self) -> usize {
        self.counts.0.load(Ordering::Relaxed)
    }

    /// How many of them were delivered.
    pub fn delivered(&self) -> usize {
        self.counts.1.load(Ordering::Relaxed)
    }
}

impl Drop for Forger {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        let ended = self.thread.take().map(JoinHandle::join);
        if !std::thread::panicking() {
            ended.expect("a thread").expect("its end");
        }
    }
}

fn own_socket() -> OwnedFd {
    let flags = SockFlag::SOCK_CLOEXEC;
    let route = SockProtocol::NetlinkRoute;
    let socket = socket(AddressFamily::Netlink, SockType::Raw, flags, route).expect("a socket");
    // A port of no process, not to be among those that are sent to.
    bind(socket.as_raw_fd(), &NetlinkAddr::new(OWN, 0)).expect("a port");
    socket
}

const OWN: u32 = 0x7fff_0000;

/// The ports of the sockets of rtnetlink in the network namespace of this thread.
fn ports() -> Vec<u32> {
    let table = fs::read_to_string("/proc/thread-self/net/netlink").unwrap_or_default();
    let port = |line: &str| {
        let mut words = line.split_whitespace().skip(1);
        let route = words.next()? == "0";
        let port = words.next()?.parse().ok()?;
        (route && port != 0 && port != OWN).then_some(port)
    };
    table.lines().filter_map(port).collect()
}

/// Answers to all requests: a device, an id, a good end, a bad end.
fn forged(turn: usize, port: u32) -> Vec<u8> {
    let message = |kind: u16, seq: u32, body: &[u8]| {
        let len = u32::try_from(16 + body.len()).expect("short");
        let mut bytes = [len.to_ne_bytes(), kind_and_flags(kind)].concat();
        bytes.extend([seq.to_ne_bytes(), port.to_ne_bytes()].concat());
        bytes.extend(body);
        bytes
    };
    let number = |kind: i32| u16::try_from(kind).expect("a kind");
    let verdict = |seq, errno: i32| {
        let echoed = [16, 18, seq, 0].map(u32::to_ne_bytes).concat();
        let body = [errno.to_ne_bytes().to_vec(), echoed].concat();
        message(number(NLMSG_ERROR), seq, &body)
    };
    let answers = |seq| match turn % 4 {
        0 => {
            // struct ifinfomsg of index 4711, IFLA_IFNAME.
            let mut body = [[0; 4], 4711_u32.to_ne_bytes(), [1, 0, 0, 0], [0; 4]].concat();
            body.extend([11, 0, 3, 0]);
            body.extend(b"forged\0\0");
            let end = message(number(NLMSG_DONE), seq, &[0; 4]);
            [message(RTM_NEWLINK, seq, &body), end].concat()
        }
        1 => {
            // struct rtgenmsg, NETNSA_NSID.
            let body = [[0; 4], [8, 0, 1, 0], 4711_u32.to_ne_bytes()].concat();
            [message(RTM_NEWNSID, seq, &body), verdict(seq, 0)].concat()
        }
        2 => verdict(seq, 0),
        _ => verdict(seq, -(Errno::ENODEV as i32)),
    };
    REQUESTS.flat_map(answers).collect()
}

fn kind_and_flags(kind: u16) -> [u8; 4] {
    let [low, high] = kind.to_ne_bytes();
    [low, high, 0, 0]
}
