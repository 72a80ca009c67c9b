// SPDX-License-Identifier: GPL-2.0-only

//! The sockets that requests are sent through.

use std::os::fd::{AsRawFd, OwnedFd};

use nix::errno::Errno;
use nix::sys::socket::{
    connect, recvfrom, send, setsockopt, socket, sockopt, AddressFamily, MsgFlags, NetlinkAddr,
    SockFlag, SockProtocol, SockType,
};

use crate::figures::Figures;

/// How much may come at once.
pub(crate) const MOST: usize = 1 << 16;

#[allow(
    unsafe_code,
    reason = "nix knows how to set this option, but not its number"
)]
mod option {
    use nix::libc;
    use nix::setsockopt_impl;
    use nix::sys::socket::sockopt::SetBool;

    /// Refusals say why.
    #[derive(Debug, Clone, Copy)]
    pub(super) struct ExtAck;
    setsockopt_impl!(
        ExtAck,
        libc::SOL_NETLINK,
        libc::NETLINK_EXT_ACK,
        bool,
        SetBool
    );
}

/// One of them.
#[derive(Debug)]
pub(crate) struct Socket {
    descriptor: OwnedFd,
}

impl Socket {
    /// With a buffer of so many bytes for the answers, or the usual one.
    pub(crate) fn open(buffer: Option<usize>) -> Result<Self, String> {
        let failed = |errno: Errno| format!("socket: {}", errno.desc());
        let descriptor = socket(
            AddressFamily::Netlink,
            SockType::Raw,
            SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK,
            SockProtocol::NetlinkGeneric,
        )
        .map_err(failed)?;
        connect(descriptor.as_raw_fd(), &NetlinkAddr::new(0, 0)).map_err(failed)?;
        setsockopt(&descriptor, option::ExtAck, &true).map_err(failed)?;
        if let Some(bytes) = buffer {
            setsockopt(&descriptor, sockopt::RcvBuf, &bytes).map_err(failed)?;
        }
        Ok(Socket { descriptor })
    }

    /// Its number.
    pub(crate) fn number(&self) -> i32 {
        self.descriptor.as_raw_fd()
    }

    /// Sends a datagram.
    pub(crate) fn send(&self, datagram: &[u8]) -> Result<(), String> {
        match send(self.number(), datagram, MsgFlags::empty()) {
            Ok(_) => Ok(()),
            // The answers to the last one filled the socket.
            Err(Errno::ENOBUFS | Errno::EAGAIN | Errno::EMSGSIZE) => Ok(()),
            Err(errno) => Err(format!("send: {}", errno.desc())),
        }
    }

    /// Reads what there is, at most so many times.
    pub(crate) fn read(
        &self,
        times: usize,
        buffer: &mut [u8],
        figures: &mut Figures,
    ) -> Result<(), String> {
        for _ in 0..times {
            match recvfrom::<NetlinkAddr>(self.number(), buffer) {
                // Only port 0 is the kernel.
                Ok((_, sender)) if sender.is_none_or(|sender| sender.pid() != 0) => {}
                Ok((length, _)) => figures.count(buffer.get(..length).unwrap_or_default()),
                Err(Errno::ENOBUFS) => figures.overruns += 1,
                Err(Errno::EAGAIN) => return Ok(()),
                Err(errno) => return Err(format!("recv: {}", errno.desc())),
            }
        }
        Ok(())
    }
}
