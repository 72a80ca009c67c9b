// SPDX-License-Identifier: MIT OR Apache-2.0

//! A generic-netlink socket: bytes in, bytes out.

use std::io::IoSliceMut;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::time::{Duration, Instant};

use neli::consts::socket::{Msg, NlFamily};
use neli::socket::NlSocket;
use neli::utils::Groups;
use nix::errno::Errno;
use nix::poll::{poll, PollFd, PollFlags, PollTimeout};
use nix::sys::socket::{recvmsg, setsockopt, sockopt, MsgFlags, NetlinkAddr};

use crate::error::{Error, Malformed, Result};

/// More than the kernel puts into one datagram of a dump (32 KiB).
const BUFFER: usize = 64 * 1024;

/// What carries requests to the kernel and answers back: nothing but what the kernel sent.
pub(crate) trait Transport {
    /// The port that answers carry.
    fn port(&self) -> u32;

    /// The next sequence number; never 0, which notifications carry.
    fn next_seq(&mut self) -> u32;

    /// Sends a request.
    fn send(&self, bytes: &[u8]) -> Result<()>;

    /// Waits for a datagram from the kernel, for ever without `timeout`. None when time is up.
    fn receive(&mut self, timeout: Option<Duration>) -> Result<Option<&[u8]>>;
}

/// A generic-netlink socket.
pub(crate) struct Socket {
    inner: NlSocket,
    port: u32,
    seq: u32,
    buffer: Vec<u8>,
}

impl Socket {
    /// Opens a socket on which the kernel explains its refusals and checks strictly.
    pub(crate) fn open() -> Result<Self> {
        let inner = NlSocket::connect(NlFamily::Generic, None, Groups::empty())
            .map_err(Error::io("cannot open a netlink socket"))?;
        inner
            .enable_ext_ack(true)
            .and_then(|()| inner.enable_strict_checking(true))
            .map_err(Error::io("cannot set up a netlink socket"))?;
        let port = inner
            .pid()
            .map_err(Error::io("cannot read the port of a netlink socket"))?;
        Ok(Socket {
            inner,
            port,
            seq: 0,
            buffer: vec![0; BUFFER],
        })
    }

    /// Joins a multicast group.
    pub(crate) fn join(&self, group: u32) -> Result<()> {
        self.inner
            .add_mcast_membership(Groups::new_groups(&[group]))
            .map_err(Error::io("cannot join the group of events"))
    }

    /// Asks for a receive buffer of `bytes`, beyond the system's limit if that is permitted.
    pub(crate) fn enlarge(&self, bytes: usize) {
        let fd = self.fd();
        if setsockopt(&fd, sockopt::RcvBufForce, &bytes).is_err() {
            // A smaller buffer loses events sooner, and losing them is noticed.
            let _ = setsockopt(&fd, sockopt::RcvBuf, &bytes);
        }
    }

    #[expect(
        unsafe_code,
        reason = "the netlink library lends its descriptor as a number only"
    )]
    fn fd(&self) -> BorrowedFd<'_> {
        // SAFETY: `self.inner` owns the descriptor, which stays open while `self` is borrowed.
        unsafe { BorrowedFd::borrow_raw(self.inner.as_raw_fd()) }
    }

    fn wait(&self, deadline: Option<Instant>) -> Result<bool> {
        loop {
            let timeout = match deadline {
                None => PollTimeout::NONE,
                Some(deadline) => {
                    let left = deadline.saturating_duration_since(Instant::now());
                    // Rounded up, lest the last millisecond becomes a busy loop.
                    let millis =
                        left.as_millis() + u128::from(left.subsec_nanos() % 1_000_000 != 0);
                    PollTimeout::try_from(millis).unwrap_or(PollTimeout::MAX)
                }
            };
            let mut fds = [PollFd::new(self.fd(), PollFlags::POLLIN)];
            match poll(&mut fds, timeout) {
                Ok(0) if deadline.is_some_and(|deadline| Instant::now() >= deadline) => {
                    return Ok(false);
                }
                Ok(0) | Err(Errno::EINTR) => {}
                Ok(_) => return Ok(true),
                Err(errno) => return Err(Error::system("cannot wait for the kernel")(errno)),
            }
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

    fn send(&self, bytes: &[u8]) -> Result<()> {
        let sent = self
            .inner
            .send(bytes, Msg::empty())
            .map_err(Error::io("cannot send to the kernel"))?;
        if sent == bytes.len() {
            Ok(())
        } else {
            Err(Malformed("request sent in part").into())
        }
    }

    fn receive(&mut self, timeout: Option<Duration>) -> Result<Option<&[u8]>> {
        let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        loop {
            if !self.wait(deadline)? {
                return Ok(None);
            }
            let mut slices = [IoSliceMut::new(&mut self.buffer)];
            let received = recvmsg::<NetlinkAddr>(
                self.inner.as_raw_fd(),
                &mut slices,
                None,
                MsgFlags::MSG_DONTWAIT,
            );
            let (len, whole, sender) = match received {
                Ok(datagram) => (
                    datagram.bytes,
                    !datagram.flags.contains(MsgFlags::MSG_TRUNC),
                    datagram.address.map(|address| address.pid()),
                ),
                Err(Errno::EAGAIN | Errno::EINTR) => continue,
                Err(errno) => {
                    return Err(Error::system("cannot receive from the kernel")(errno));
                }
            };
            // Only port 0 is the kernel.
            if sender != Some(0) {
                continue;
            }
            if !whole {
                return Err(Malformed("datagram longer than the buffer").into());
            }
            return Ok(Some(self.buffer.get(..len).unwrap_or_default()));
        }
    }
}
