// SPDX-License-Identifier: GPL-2.0-only

//! The sockets that requests are sent through.

use std::time::Instant;

use homeward_netlink::{Protocol, Socket, Transport};
use nix::errno::Errno;
use nix::sys::socket::{setsockopt, sockopt};

use crate::figures::Figures;

/// How much may come at once.
pub(crate) const MOST: usize = 1 << 16;

/// Opens one with `room` bytes for the answers, or the usual number, of which it takes so many at a time.
pub(crate) fn open(room: Option<usize>, at_once: usize) -> Result<Socket, String> {
    let failed = |errno: Errno| format!("socket: {}", errno.desc());
    let mut socket = Socket::open(Protocol::NetlinkGeneric).map_err(failed)?;
    socket.receive_at_most(at_once);
    if let Some(bytes) = room {
        setsockopt(&socket, sockopt::RcvBuf, &bytes).map_err(failed)?;
    }
    Ok(socket)
}

/// Sends a datagram.
pub(crate) fn send(socket: &Socket, datagram: &[u8]) -> Result<(), String> {
    match socket.send(datagram) {
        // The answers to the last one filled the socket.
        Ok(()) | Err(Errno::ENOBUFS | Errno::EAGAIN | Errno::EMSGSIZE) => Ok(()),
        Err(errno) => Err(format!("send: {}", errno.desc())),
    }
}

/// Reads what there is, at most so many times.
pub(crate) fn read(socket: &mut Socket, times: usize, figures: &mut Figures) -> Result<(), String> {
    for _ in 0..times {
        match socket.receive(Some(Instant::now())) {
            Ok(Some(datagram)) => figures.count(datagram),
            Ok(None) => return Ok(()),
            // It did not fit into the socket, or into what is taken at a time.
            Err(Errno::ENOBUFS | Errno::EMSGSIZE) => figures.overruns += 1,
            Err(errno) => return Err(format!("recv: {}", errno.desc())),
        }
    }
    Ok(())
}
