// SPDX-License-Identifier: GPL-2.0-only

//! Requests to rtnetlink from inside the kernel.
//!
//! What is not exported to modules, renaming above all, is asked for as userspace would: through a
//! `NETLINK_ROUTE` socket in the network namespace in question. The kernel then takes its own
//! locks, checks its own rules, and tells its own listeners.
//!
//! C header: [`include/linux/net.h`](srctree/include/linux/net.h)

mod request;

pub(crate) use request::Request;

use core::mem::zeroed;
use core::ptr::NonNull;

use kernel::error::to_result;
use kernel::prelude::*;

use crate::ffi;
use crate::net::compat::enobufs;
use crate::net::namespace::{
    Net,
    NetRef, //
};

/// Bytes of `struct nlmsghdr`.
const HEADER: usize = size_of::<ffi::nlmsghdr>();

/// Room for an acknowledgement: `struct nlmsghdr`, `struct nlmsgerr`, and what we do not read.
const ACK_SIZE: usize = 512;

/// Room for what comes of a dump at once: a socket that never read more gets no more.
const DUMP_SIZE: usize = 8192;

/// How many messages are read for one answer.
const READS: usize = 8;

/// The port of the kernel.
const KERNEL: u32 = 0;

/// A kernel socket of rtnetlink in one network namespace.
///
/// # Invariants
///
/// `socket` was made by `sock_create_kern()` and is released once, in `drop()`.
pub(crate) struct Socket<'n> {
    socket: NonNull<ffi::socket>,
    seq: u32,
    // A kernel socket does not keep its namespace: the borrow does.
    _net: &'n Net,
}

/// Changes alternative names of a device, also in a namespace that is dying: `rtnl_linkprop()` counts
/// no references. `EINVAL` if the request is for anything else.
pub(crate) fn change_altnames(net: &Net, request: Request) -> Result {
    match u32::from(request.kind) {
        ffi::RTM_NEWLINKPROP | ffi::RTM_DELLINKPROP => Socket::open_in(net)?.request(request),
        _ => Err(EINVAL),
    }
}

impl<'n> Socket<'n> {
    /// Opens a socket in `net`, which is alive by its type: `rtnl_setlink()` counts references.
    pub(crate) fn open(net: &'n NetRef) -> Result<Self> {
        Socket::open_in(net)
    }

    fn open_in(net: &'n Net) -> Result<Self> {
        let mut socket = core::ptr::null_mut();
        // SAFETY: `net` is valid for as long as the socket, by the borrow; `socket` is a place for
        // the result.
        to_result(unsafe {
            ffi::sock_create_kern(
                net.as_ptr(),
                ffi::AF_NETLINK as c_int,
                ffi::sock_type_SOCK_RAW as c_int,
                ffi::NETLINK_ROUTE as c_int,
                &raw mut socket,
            )
        })?;
        // INVARIANT: Made just now.
        let mut socket = Socket {
            socket: NonNull::new(socket).ok_or(EINVAL)?,
            seq: 0,
            _net: net,
        };
        socket.connect()?;
        Ok(socket)
    }

    /// Connects to the kernel: from then on nobody else's messages get in
    /// (`netlink_getsockbyportid()`), which root of the namespace could send.
    fn connect(&mut self) -> Result {
        let mut addr = address();
        // SAFETY: The socket is valid by the type invariant, and the address outlives the call.
        to_result(unsafe {
            ffi::kernel_connect(
                self.socket.as_ptr(),
                (&raw mut addr).cast(),
                size_of::<ffi::sockaddr_nl>() as c_int,
                0,
            )
        })?;
        self.discard()
    }

    /// Takes what got in between the socket's getting its port and its being connected: it would leave
    /// no room for answers.
    fn discard(&mut self) -> Result {
        loop {
            match self.receive(&mut [0; HEADER]) {
                Ok(_) => {}
                Err(error) if error == EAGAIN => return Ok(()),
                // There was no room for more of it.
                Err(error) if error == enobufs() => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Sends a request and returns the kernel's answer to it.
    ///
    /// May sleep for RTNL, so the caller must not hold that or a lock below it.
    pub(crate) fn request(&mut self, mut request: Request) -> Result {
        self.seq = self.seq.wrapping_add(1);
        request.finish(self.seq)?;
        self.send(&mut request.bytes)?;
        self.acknowledged()
    }

    fn send(&mut self, bytes: &mut [u8]) -> Result {
        let mut addr = address();
        // SAFETY: All-zero is a valid `struct msghdr`.
        let mut msg: ffi::msghdr = unsafe { zeroed() };
        // With an address the skb is marked NETLINK_SKB_DST; without, the capability check of
        // `__netlink_ns_capable()` would follow the file that a kernel socket does not have.
        msg.msg_name = (&raw mut addr).cast();
        msg.msg_namelen = size_of::<ffi::sockaddr_nl>() as c_int;
        let mut vec = ffi::kvec {
            iov_base: bytes.as_mut_ptr().cast(),
            iov_len: bytes.len(),
        };
        // SAFETY: The socket is valid by the type invariant, and all that `msg` and `vec` point to
        // outlives the call, which copies.
        let sent = unsafe {
            ffi::kernel_sendmsg(
                self.socket.as_ptr(),
                &raw mut msg,
                &raw mut vec,
                1,
                bytes.len(),
            )
        };
        to_result(sent)
    }

    /// Reads acknowledgements up to that of the last request.
    ///
    /// `rtnetlink_rcv()` has run by the time that sending returns, so the answer is there.
    fn acknowledged(&mut self) -> Result {
        // The answers of earlier requests have been read, so the first one should be it.
        for _ in 0..READS {
            let mut buf = [0u8; ACK_SIZE];
            if self.receive(&mut buf)?.0 != KERNEL {
                continue;
            }
            if let Some(answer) = parse_ack(&buf, self.seq) {
                return answer;
            }
        }
        Err(EIO)
    }

    /// Asks for many, and has each looked at: what is behind `struct nlmsghdr`. The kernel may not need RTNL for
    /// that if it is held.
    pub(super) fn dump(
        &mut self,
        mut request: Request,
        mut each: impl FnMut(&[u8]) -> Result,
    ) -> Result {
        // SAFETY: The socket is valid by the type invariant.
        to_result(unsafe { ffi::hw_sock_strict(self.socket.as_ptr()) })?;
        self.seq = self.seq.wrapping_add(1);
        request.finish(self.seq)?;
        self.send(&mut request.bytes)?;
        let mut buf = KVec::from_elem(0u8, DUMP_SIZE, GFP_KERNEL)?;
        loop {
            let (sender, len) = self.receive(&mut buf)?;
            if sender != KERNEL {
                continue;
            }
            let mut rest = buf.get(..len).ok_or(EMSGSIZE)?;
            while let Some((kind, seq, payload, next)) = split_message(rest) {
                rest = next;
                match u32::from(kind) {
                    _ if seq != self.seq => {}
                    // Both begin with an errno.
                    ffi::NLMSG_DONE | ffi::NLMSG_ERROR => return errno(payload),
                    _ => each(payload)?,
                }
            }
        }
    }

    /// Takes a message that is there, as much of it as there is room for. Returns who sent it, and how much
    /// that is.
    fn receive(&mut self, buf: &mut [u8]) -> Result<(u32, usize)> {
        // `netlink_recvmsg()` writes the sender's address.
        let mut addr = address();
        // SAFETY: All-zero is a valid `struct msghdr`.
        let mut msg: ffi::msghdr = unsafe { zeroed() };
        msg.msg_name = (&raw mut addr).cast();
        msg.msg_namelen = size_of::<ffi::sockaddr_nl>() as c_int;
        let mut vec = ffi::kvec {
            iov_base: buf.as_mut_ptr().cast(),
            iov_len: buf.len(),
        };
        // SAFETY: The socket is valid by the type invariant, and all that `msg` and `vec` point to
        // outlives the call, which writes at most `buf.len()` bytes to `buf` and an address to `addr`.
        let len = unsafe {
            ffi::kernel_recvmsg(
                self.socket.as_ptr(),
                &raw mut msg,
                &raw mut vec,
                1,
                buf.len(),
                ffi::MSG_DONTWAIT as c_int,
            )
        };
        let len = usize::try_from(len).map_err(|_| Error::from_errno(len))?;
        Ok((addr.nl_pid, len))
    }
}

impl Drop for Socket<'_> {
    fn drop(&mut self) {
        // SAFETY: By the type invariant ours, and not released before.
        unsafe { ffi::sock_release(self.socket.as_ptr()) };
    }
}

/// The address of the kernel.
fn address() -> ffi::sockaddr_nl {
    // SAFETY: All-zero is a valid `struct sockaddr_nl`.
    let mut addr: ffi::sockaddr_nl = unsafe { zeroed() };
    addr.nl_family = ffi::AF_NETLINK as u16;
    addr
}

/// The answer in an acknowledgement, if it is that of request `seq`.
fn parse_ack(buf: &[u8], seq: u32) -> Option<Result> {
    // struct nlmsghdr { u32 len; u16 type; u16 flags; u32 seq; u32 pid; }, then the errno.
    let word = |at: usize| -> Option<[u8; 4]> { buf.get(at..at + 4)?.try_into().ok() };
    let kind = u16::from_ne_bytes(buf.get(4..6)?.try_into().ok()?);
    if u32::from(kind) != ffi::NLMSG_ERROR || u32::from_ne_bytes(word(8)?) != seq {
        return None;
    }
    Some(to_result(i32::from_ne_bytes(word(16)?)))
}

/// The first of several messages: its type, its sequence number, what is behind its header, and the rest.
fn split_message(bytes: &[u8]) -> Option<(u16, u32, &[u8], &[u8])> {
    let word = |at: usize| -> Option<u32> {
        Some(u32::from_ne_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
    };
    let len = usize::try_from(word(0)?).ok()?;
    let kind = u16::from_ne_bytes(bytes.get(4..6)?.try_into().ok()?);
    let payload = bytes.get(HEADER..len)?;
    let next = bytes.get(len.next_multiple_of(4)..).unwrap_or(&[]);
    Some((kind, word(8)?, payload, next))
}

/// The errno that a payload begins with.
fn errno(payload: &[u8]) -> Result {
    let first = payload.first_chunk().ok_or(EIO)?;
    to_result(i32::from_ne_bytes(*first))
}
