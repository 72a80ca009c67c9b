// SPDX-License-Identifier: MIT OR Apache-2.0

//! A netlink socket on which only the kernel is heard.

use std::io::IoSliceMut;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::time::Instant;

use nix::errno::Errno;
use nix::poll::{poll, PollFd, PollFlags, PollTimeout};
use nix::sys::socket::{
    connect, getsockname, recvmsg, send, setsockopt, socket, sockopt, AddressFamily, MsgFlags,
    NetlinkAddr, SockFlag, SockType,
};

use crate::{Protocol, Transport};

/// More than the kernel puts into one datagram of a dump (32 KiB), and than homeward tells of one device
/// (256 KiB).
const BUFFER: usize = 512 * 1024;
/// The kernel.
const KERNEL: u32 = 0;

macro_rules! netlink_option {
    ($name:ident, $option:path, $type:ty, $set:ty) => {
        #[derive(Clone)]
        struct $name;
        nix::setsockopt_impl!($name, libc::SOL_NETLINK, $option, $type, $set);
    };
}

netlink_option!(ExtAck, libc::NETLINK_EXT_ACK, bool, sockopt::SetBool);
netlink_option!(Strict, libc::NETLINK_GET_STRICT_CHK, bool, sockopt::SetBool);
netlink_option!(
    Join,
    libc::NETLINK_ADD_MEMBERSHIP,
    u32,
    sockopt::SetStruct<'_, u32>
);

/// A netlink socket on which only the kernel is heard. It stays in the network namespace in which it was
/// opened, wherever its user is.
#[derive(Debug)]
pub struct Socket {
    socket: OwnedFd,
    port: u32,
    seq: u32,
    buffer: Vec<u8>,
}

impl Socket {
    /// Opens a socket in the network namespace of this thread.
    pub fn open(protocol: Protocol) -> nix::Result<Self> {
        let mut socket = Socket::unconnected(protocol)?;
        connect(socket.socket.as_raw_fd(), &NetlinkAddr::new(KERNEL, 0))?;
        socket.port = getsockname::<NetlinkAddr>(socket.socket.as_raw_fd())?.pid();
        socket.discard()?;
        Ok(socket)
    }

    fn unconnected(protocol: Protocol) -> nix::Result<Self> {
        let flags = SockFlag::SOCK_CLOEXEC;
        let socket = socket(AddressFamily::Netlink, SockType::Raw, flags, protocol)?;
        // Linux before 4.12 explains nothing.
        let _ = setsockopt(&socket, ExtAck, &true);
        Ok(Socket {
            socket,
            port: KERNEL,
            seq: 0,
            buffer: vec![0; BUFFER],
        })
    }

    /// Takes what came in the moment between a socket's getting its port and its being connected: it
    /// would leave less room for answers.
    fn discard(&mut self) -> nix::Result<()> {
        loop {
            match self.take() {
                Ok(_) | Err(Errno::ENOBUFS | Errno::EINTR) => {}
                Err(Errno::EAGAIN) => return Ok(()),
                Err(errno) => return Err(errno),
            }
        }
    }

    /// Has the kernel check what lists are asked for, and keep to it, since 4.20.
    pub fn be_strict(&self) -> nix::Result<()> {
        setsockopt(&self.socket, Strict, &true)
    }

    /// Joins a multicast group.
    pub fn join(&self, group: u32) -> nix::Result<()> {
        setsockopt(&self.socket, Join, &group)
    }

    /// Asks for a receive buffer of so many bytes, beyond the system's limit if that is permitted.
    pub fn enlarge(&self, bytes: usize) -> nix::Result<()> {
        setsockopt(&self.socket, sockopt::RcvBufForce, &bytes)
            .or_else(|_| setsockopt(&self.socket, sockopt::RcvBuf, &bytes))
    }

    /// Receives no more than so many bytes at a time: the kernel makes the parts of a list fit.
    pub fn receive_at_most(&mut self, bytes: usize) {
        self.buffer.resize(bytes, 0);
    }

    /// Takes a datagram into the buffer, and gives its length; None when it was not from the kernel.
    fn take(&mut self) -> nix::Result<Option<usize>> {
        let mut slices = [IoSliceMut::new(&mut self.buffer)];
        // With MSG_TRUNC the length is that of the whole datagram, also when it does not fit.
        let flags = MsgFlags::MSG_DONTWAIT | MsgFlags::MSG_TRUNC;
        let fd = self.socket.as_raw_fd();
        let datagram = recvmsg::<NetlinkAddr>(fd, &mut slices, None, flags)?;
        let sender = datagram.address.map(|address| address.pid());
        Ok((sender == Some(KERNEL)).then_some(datagram.bytes))
    }

    /// Waits until there may be something to take; false when time is up.
    fn wait(&self, deadline: Option<Instant>) -> nix::Result<bool> {
        let timeout = match deadline {
            None => PollTimeout::NONE,
            Some(deadline) => {
                let left = deadline.saturating_duration_since(Instant::now());
                if left.is_zero() {
                    return Ok(false);
                }
                // Rounded up, lest the last millisecond becomes a busy loop.
                let millis = left.as_millis() + u128::from(left.subsec_nanos() % 1_000_000 != 0);
                PollTimeout::try_from(millis).unwrap_or(PollTimeout::MAX)
            }
        };
        match poll(&mut [PollFd::new(self.as_fd(), PollFlags::POLLIN)], timeout) {
            Ok(0) => Ok(deadline.is_none_or(|deadline| Instant::now() < deadline)),
            Ok(_) | Err(Errno::EINTR) => Ok(true),
            Err(errno) => Err(errno),
        }
    }
}

impl Transport for Socket {
    fn port(&self) -> u32 {
        self.port
    }

    fn next_seq(&mut self) -> u32 {
        self.seq = self.seq.checked_add(1).unwrap_or(1);
        self.seq
    }

    fn send(&self, datagram: &[u8]) -> nix::Result<()> {
        let send = || send(self.socket.as_raw_fd(), datagram, MsgFlags::empty()).map(drop);
        send().or_else(|errno| match errno {
            // There is not room for so much (netlink_sendmsg() in net/netlink/af_netlink.c).
            Errno::EMSGSIZE => {
                let room = datagram.len().saturating_mul(2);
                setsockopt(&self.socket, sockopt::SndBufForce, &room)?;
                send()
            }
            _ => Err(errno),
        })
    }

    fn receive(&mut self, deadline: Option<Instant>) -> nix::Result<Option<&[u8]>> {
        let len = loop {
            match self.take() {
                Ok(Some(len)) => break len,
                // Somebody else's.
                Ok(None) if deadline.is_none_or(|deadline| Instant::now() < deadline) => {}
                Err(Errno::EINTR) => {}
                Err(Errno::EAGAIN) if self.wait(deadline)? => {}
                Ok(None) | Err(Errno::EAGAIN) => return Ok(None),
                Err(errno) => return Err(errno),
            }
        };
        self.buffer.get(..len).map(Some).ok_or(Errno::EMSGSIZE)
    }
}

impl AsFd for Socket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    use nix::sys::socket::{bind, sendto, SockProtocol};

    /// A protocol on which everybody may send to everybody, and the kernel sends nothing.
    const USERS: Protocol = SockProtocol::NetlinkUserSock;

    /// Sends a message to a port, as somebody who is not the kernel.
    fn forge(port: u32) -> nix::Result<usize> {
        let flags = SockFlag::SOCK_CLOEXEC;
        let forger = socket(AddressFamily::Netlink, SockType::Raw, flags, USERS).unwrap();
        let to = NetlinkAddr::new(port, 0);
        sendto(forger.as_raw_fd(), &[0; 16], &to, MsgFlags::MSG_DONTWAIT)
    }

    fn soon() -> Option<Instant> {
        Instant::now().checked_add(Duration::from_millis(20))
    }

    #[test]
    fn nobody_but_the_kernel_can_send_to_a_socket() {
        let mut socket = Socket::open(USERS).unwrap();
        assert_eq!(forge(socket.port()), Err(Errno::ECONNREFUSED));
        assert_eq!(socket.receive(soon()), Ok(None));
    }

    /// One that is not connected yet.
    fn half_open() -> (Socket, u32) {
        let socket = Socket::unconnected(USERS).unwrap();
        bind(socket.socket.as_raw_fd(), &NetlinkAddr::new(0, 0)).unwrap();
        let address = getsockname::<NetlinkAddr>(socket.socket.as_raw_fd()).unwrap();
        (socket, address.pid())
    }

    #[test]
    fn what_others_sent_is_dropped_and_time_is_up_all_the_same() {
        let (mut socket, port) = half_open();
        forge(port).unwrap();
        forge(port).unwrap();
        assert_eq!(socket.take(), Ok(None));
        assert_eq!(socket.receive(soon()), Ok(None));
        // Also while more and more of it comes.
        let end = Instant::now() + Duration::from_millis(50);
        let flood = std::thread::spawn(move || {
            while Instant::now() < end + Duration::from_millis(50) {
                let _ = forge(port);
            }
        });
        assert_eq!(socket.receive(Some(end)), Ok(None));
        assert!(Instant::now() < end + Duration::from_secs(5));
        flood.join().unwrap();
    }

    #[test]
    fn what_came_before_a_socket_was_connected_leaves_no_trace() {
        let (mut socket, port) = half_open();
        while forge(port).is_ok() {}
        socket.discard().unwrap();
        assert_eq!(socket.take(), Err(Errno::EAGAIN));
        forge(port).unwrap();
    }

    #[test]
    fn the_kernel_is_heard() {
        let mut socket = Socket::open(SockProtocol::NetlinkRoute).unwrap();
        // RTM_GETLINK of lo, by its index.
        let header = [[32, 0, 0, 0], [18, 0, 1, 0], [7, 0, 0, 0], [0; 4]];
        let info = [[0; 4], [1, 0, 0, 0], [0; 4], [0; 4]];
        socket.send(&[header, info].concat().concat()).unwrap();
        let end = Instant::now().checked_add(Duration::from_secs(30));
        let answer = socket.receive(end).unwrap().unwrap().to_owned();
        assert_eq!(answer[8..12], 7_u32.to_ne_bytes());
        assert_eq!(answer[12..16], socket.port().to_ne_bytes());
    }

    #[test]
    fn numbers_of_requests_are_never_0() {
        let mut socket = Socket::open(USERS).unwrap();
        socket.seq = u32::MAX - 1;
        assert_eq!([socket.next_seq(), socket.next_seq()], [u32::MAX, 1]);
    }
}
