// SPDX-License-Identifier: MIT OR Apache-2.0

//! What carries requests to the kernel and answers back.

use std::time::{Duration, Instant};

use homeward_netlink::{Protocol, Socket};
use nix::errno::Errno;

use crate::error::{Error, Malformed, Result};

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

/// Opens a socket on which the kernel explains its refusals and checks strictly.
pub(crate) fn open() -> Result<Socket> {
    let socket = Socket::open(Protocol::NetlinkGeneric)
        .map_err(Error::system("cannot open a netlink socket"))?;
    socket
        .be_strict()
        .map_err(Error::system("cannot set up a netlink socket"))?;
    Ok(socket)
}

impl Transport for Socket {
    fn port(&self) -> u32 {
        Socket::port(self)
    }

    fn next_seq(&mut self) -> u32 {
        Socket::next_seq(self)
    }

    fn send(&self, bytes: &[u8]) -> Result<()> {
        Socket::send(self, bytes).map_err(Error::system("cannot send to the kernel"))
    }

    fn receive(&mut self, timeout: Option<Duration>) -> Result<Option<&[u8]>> {
        let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        Socket::receive(self, deadline).map_err(|errno| match errno {
            Errno::EMSGSIZE => Malformed("datagram longer than the buffer").into(),
            errno => Error::system("cannot receive from the kernel")(errno),
        })
    }
}
