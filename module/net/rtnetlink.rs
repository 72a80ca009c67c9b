// SPDX-License-Identifier: GPL-2.0-only

//! Requests to rtnetlink from inside the kernel.
//!
//! What is not exported to modules, renaming above all, is asked for as userspace would: through a
//! `NETLINK_ROUTE` socket in the network namespace in question. The kernel then takes its own
//! locks, checks its own rules, and tells its own listeners.
//!
//! C header: [`include/linux/net.h`](srctree/include/linux/net.h)

use core::mem::zeroed;
use core::ptr::NonNull;

use kernel::error::to_result;
use kernel::prelude::*;

use crate::ffi;
use crate::net::address::Address;
use crate::net::compat::enobufs;
use crate::net::namespace::{
    Net,
    NetRef, //
};
use crate::net::settings::{
    interface_flags,
    link_attribute, //
};
use crate::policy::naming::Name;
use crate::uapi::setting;

/// Room for an acknowledgement: `struct nlmsghdr`, `struct nlmsgerr`, and what we do not read.
const ACK_SIZE: usize = 512;

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
            let sender = self.receive(&mut buf)?;
            if sender != KERNEL {
                continue;
            }
            if let Some(answer) = parse_ack(&buf, self.seq) {
                return answer;
            }
        }
        Err(EIO)
    }

    /// Takes a message that is there, as much of it as there is room for. Returns who sent it.
    fn receive(&mut self, buf: &mut [u8]) -> Result<u32> {
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
        to_result(len)?;
        Ok(addr.nl_pid)
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

/// A request about one device, under construction.
pub(crate) struct Request {
    bytes: KVec<u8>,
    kind: u16,
    flags: u16,
}

/// Bytes of `struct nlmsghdr`.
const HEADER: usize = size_of::<ffi::nlmsghdr>();

impl Request {
    fn new(kind: u32, flags: u32, ifindex: u32, on: u32, change: u32) -> Result<Request> {
        let mut bytes = KVec::with_capacity(256, GFP_KERNEL)?;
        bytes.extend_from_slice(&[0; HEADER], GFP_KERNEL)?;
        // struct ifinfomsg { u8 family; u8 pad; u16 type; s32 index; u32 flags; u32 change; }
        bytes.extend_from_slice(&[0; 4], GFP_KERNEL)?;
        for word in [ifindex, on, change] {
            bytes.extend_from_slice(&word.to_ne_bytes(), GFP_KERNEL)?;
        }
        Ok(Request {
            bytes,
            kind: kind as u16,
            flags: (ffi::NLM_F_REQUEST | ffi::NLM_F_ACK | flags) as u16,
        })
    }

    /// Changes settings of a device: attributes, and those switches of the mask `change` that are flags
    /// to what the mask `on` has.
    pub(crate) fn set_link(ifindex: u32, on: u64, change: u64) -> Result<Request> {
        Request::new(
            ffi::RTM_SETLINK,
            0,
            ifindex,
            // Flags without a change would mean that all are to change.
            interface_flags(on & change),
            interface_flags(change),
        )
    }

    /// Gives a device another name.
    pub(crate) fn rename(ifindex: u32, name: &Name) -> Result<Request> {
        let mut request = Request::set_link(ifindex, 0, 0)?;
        request.put_string(ffi::IFLA_IFNAME, name.as_bytes())?;
        Ok(request)
    }

    /// Sets a device up.
    pub(crate) fn set_link_up(ifindex: u32) -> Result<Request> {
        let up = ffi::net_device_flags_IFF_UP;
        Request::new(ffi::RTM_SETLINK, 0, ifindex, up, up)
    }

    /// Adds an address to a device.
    pub(crate) fn add_address(ifindex: u32, address: &Address) -> Result<Request> {
        let mut bytes = KVec::with_capacity(128, GFP_KERNEL)?;
        bytes.extend_from_slice(&[0; HEADER], GFP_KERNEL)?;
        // struct ifaddrmsg { u8 family; u8 prefixlen; u8 flags; u8 scope; u32 index; }
        let family = address.family().number() as u8;
        let head = [family, address.prefix(), 0, address.scope()];
        bytes.extend_from_slice(&head, GFP_KERNEL)?;
        bytes.extend_from_slice(&ifindex.to_ne_bytes(), GFP_KERNEL)?;
        let flags = ffi::NLM_F_REQUEST | ffi::NLM_F_ACK | ffi::NLM_F_CREATE | ffi::NLM_F_EXCL;
        let mut request = Request {
            bytes,
            kind: ffi::RTM_NEWADDR as u16,
            flags: flags as u16,
        };
        request.put(ffi::IFA_LOCAL, address.local())?;
        request.put(ffi::IFA_ADDRESS, address.peer())?;
        request.put(ffi::IFA_FLAGS, &address.flags().to_ne_bytes())?;
        if let Some(broadcast) = address.broadcast() {
            request.put(ffi::IFA_BROADCAST, broadcast)?;
        }
        if !address.label().is_empty() {
            request.put_string(ffi::IFA_LABEL, address.label())?;
        }
        if address.metric() != 0 {
            request.put(ffi::IFA_RT_PRIORITY, &address.metric().to_ne_bytes())?;
        }
        if address.protocol() != 0 {
            request.put(ffi::IFA_PROTO, &[address.protocol()])?;
        }
        if let Some(preferred) = address.preferred_for() {
            // struct ifa_cacheinfo { u32 preferred; u32 valid; u32 cstamp; u32 tstamp; }
            let lifetimes = [preferred, ffi::INFINITY_LIFE_TIME, 0, 0];
            request.put(
                ffi::IFA_CACHEINFO,
                lifetimes.map(u32::to_ne_bytes).as_flattened(),
            )?;
        }
        Ok(request)
    }

    /// Changes what IPv4 has of a device: numbers of `IPV4_DEVCONF_*`, given by their places in the list.
    pub(crate) fn set_ipv4_conf(
        ifindex: u32,
        numbers: impl Iterator<Item = (u16, u32)>,
    ) -> Result<Request> {
        let (mut all, mut conf) = (KVec::new(), KVec::new());
        for (nth, number) in numbers {
            // SAFETY: No requirements.
            let id = unsafe { ffi::hw_ipv4_conf_id(nth) };
            append(&mut all, id.into(), &[&number.to_ne_bytes()])?;
        }
        append(&mut conf, ffi::IFLA_INET_CONF | ffi::NLA_F_NESTED, &[&all])?;
        Request::set_family(ifindex, ffi::AF_INET, &conf)
    }

    /// Changes how IPv6 makes addresses of a device.
    pub(crate) fn set_addr_gen_mode(ifindex: u32, mode: u32) -> Result<Request> {
        let mut conf = KVec::new();
        append(&mut conf, ffi::IFLA_INET6_ADDR_GEN_MODE, &[&[mode as u8]])?;
        Request::set_family(ifindex, ffi::AF_INET6, &conf)
    }

    /// Changes the second half of the IPv6 token of a device; the first is always 0.
    pub(crate) fn set_ipv6_token(ifindex: u32, high: u32, low: u32) -> Result<Request> {
        let mut conf = KVec::new();
        let token = [0, 0, high, low].map(u32::to_be_bytes);
        append(&mut conf, ffi::IFLA_INET6_TOKEN, &[token.as_flattened()])?;
        Request::set_family(ifindex, ffi::AF_INET6, &conf)
    }

    /// Changes what an address family has of a device.
    fn set_family(ifindex: u32, family: u32, conf: &[u8]) -> Result<Request> {
        let mut request = Request::set_link(ifindex, 0, 0)?;
        let mut spec = KVec::new();
        append(&mut spec, family | ffi::NLA_F_NESTED, &[conf])?;
        request.put(ffi::IFLA_AF_SPEC | ffi::NLA_F_NESTED, &spec)?;
        Ok(request)
    }

    /// Adds alternative names to a device.
    pub(crate) fn add_altnames(ifindex: u32) -> Result<Request> {
        let flags = ffi::NLM_F_CREATE | ffi::NLM_F_EXCL | ffi::NLM_F_APPEND;
        Request::new(ffi::RTM_NEWLINKPROP, flags, ifindex, 0, 0)
    }

    /// Removes alternative names from a device.
    pub(crate) fn remove_altnames(ifindex: u32) -> Result<Request> {
        Request::new(ffi::RTM_DELLINKPROP, 0, ifindex, 0, 0)
    }

    /// Adds a setting that is a number.
    pub(crate) fn number(&mut self, id: u32, value: u64) -> Result {
        let Some((kind, size)) = link_attribute(id) else {
            return Ok(());
        };
        let value = value as u32;
        match size {
            1 => self.put(kind, &[value as u8]),
            _ if id == setting::PROTO_DOWN_REASON => {
                let mut nest = KVec::new();
                let value = value.to_ne_bytes();
                append(&mut nest, ffi::IFLA_PROTO_DOWN_REASON_VALUE, &[&value])?;
                self.put(kind | ffi::NLA_F_NESTED, &nest)
            }
            _ => self.put(kind, &value.to_ne_bytes()),
        }
    }

    /// Adds a setting that is a link-layer address.
    pub(crate) fn address(&mut self, id: u32, address: &[u8]) -> Result {
        match link_attribute(id) {
            Some((kind, _)) => self.put(kind, address),
            None => Ok(()),
        }
    }

    /// Adds the alias; an empty one removes it.
    pub(crate) fn alias(&mut self, alias: &[u8]) -> Result {
        self.put(ffi::IFLA_IFALIAS, alias)
    }

    /// Has an XDP program detached that is attached in this mode (`XDP_FLAGS_*_MODE`).
    pub(crate) fn detach_xdp(&mut self, mode: u32) -> Result {
        let mut nest = KVec::new();
        append(&mut nest, ffi::IFLA_XDP_FD, &[&(-1i32).to_ne_bytes()])?;
        append(&mut nest, ffi::IFLA_XDP_FLAGS, &[&mode.to_ne_bytes()])?;
        self.put(ffi::IFLA_XDP | ffi::NLA_F_NESTED, &nest)
    }

    /// Adds the alternative names of a request for those; once for each request.
    pub(crate) fn altnames(&mut self, names: impl Iterator<Item = impl AsRef<[u8]>>) -> Result {
        let mut nest = KVec::new();
        for name in names {
            append(&mut nest, ffi::IFLA_ALT_IFNAME, &[name.as_ref(), &[0]])?;
        }
        self.put(ffi::IFLA_PROP_LIST | ffi::NLA_F_NESTED, &nest)
    }

    fn put(&mut self, kind: u32, payload: &[u8]) -> Result {
        append(&mut self.bytes, kind, &[payload])
    }

    fn put_string(&mut self, kind: u32, payload: &[u8]) -> Result {
        append(&mut self.bytes, kind, &[payload, &[0]])
    }

    /// Writes the header, now that the length is known.
    fn finish(&mut self, seq: u32) -> Result {
        let len = u32::try_from(self.bytes.len()).map_err(|_| EMSGSIZE)?;
        let header = self.bytes.get_mut(..HEADER).ok_or(EINVAL)?;
        header[0..4].copy_from_slice(&len.to_ne_bytes());
        header[4..6].copy_from_slice(&self.kind.to_ne_bytes());
        header[6..8].copy_from_slice(&self.flags.to_ne_bytes());
        header[8..12].copy_from_slice(&seq.to_ne_bytes());
        Ok(())
    }
}

/// Appends an attribute, padded to 4 bytes.
fn append(bytes: &mut KVec<u8>, kind: u32, payload: &[&[u8]]) -> Result {
    let len = 4 + payload.iter().map(|part| part.len()).sum::<usize>();
    let short = u16::try_from(len).map_err(|_| EMSGSIZE)?;
    bytes.extend_from_slice(&short.to_ne_bytes(), GFP_KERNEL)?;
    bytes.extend_from_slice(&(kind as u16).to_ne_bytes(), GFP_KERNEL)?;
    for part in payload {
        bytes.extend_from_slice(part, GFP_KERNEL)?;
    }
    bytes.extend_from_slice(&[0; 3][..len.next_multiple_of(4) - len], GFP_KERNEL)?;
    Ok(())
}
