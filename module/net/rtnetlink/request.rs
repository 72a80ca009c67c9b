// SPDX-License-Identifier: GPL-2.0-only

//! Requests to rtnetlink, under construction.
//!
//! C header: [`include/net/netlink.h`](srctree/include/net/netlink.h)

use kernel::prelude::*;

use super::HEADER;
use crate::ffi;
use crate::net::address::{
    Address,
    Family, //
};
use crate::net::settings::{
    interface_flags,
    link_attribute, //
};
use crate::policy::naming::Name;
use crate::uapi::setting;

/// A request about one device, under construction.
pub(crate) struct Request {
    pub(super) bytes: KVec<u8>,
    pub(super) kind: u16,
    flags: u16,
}

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

    /// Asks for the routes of a device in the main table.
    pub(in crate::net) fn dump_routes(ifindex: u32, family: Family) -> Result<Request> {
        // struct rtmsg { u8 family; u8 dst_len, src_len, tos; u8 table; u8 protocol, scope, type; u32 flags; }
        let main = ffi::rt_class_t_RT_TABLE_MAIN as u8;
        let head = [family.number() as u8, 0, 0, 0, main, 0, 0, 0, 0, 0, 0, 0];
        let flags = ffi::NLM_F_REQUEST | ffi::NLM_F_ROOT | ffi::NLM_F_MATCH;
        Request::of_route(ffi::RTM_GETROUTE, flags, ifindex, &head)
    }

    /// Adds a route, by what is kept of it, if there is none to its destination with its metric.
    pub(crate) fn add_route(ifindex: u32, kept: &[u8]) -> Result<Request> {
        let flags = ffi::NLM_F_REQUEST | ffi::NLM_F_ACK | ffi::NLM_F_CREATE | ffi::NLM_F_EXCL;
        Request::of_route(ffi::RTM_NEWROUTE, flags, ifindex, kept)
    }

    /// Adds a route, by what is kept of it, behind those to its destination with its metric.
    pub(crate) fn append_route(ifindex: u32, kept: &[u8]) -> Result<Request> {
        let flags = ffi::NLM_F_REQUEST | ffi::NLM_F_ACK | ffi::NLM_F_CREATE | ffi::NLM_F_APPEND;
        Request::of_route(ffi::RTM_NEWROUTE, flags, ifindex, kept)
    }

    fn of_route(kind: u32, flags: u32, ifindex: u32, body: &[u8]) -> Result<Request> {
        let mut bytes = KVec::with_capacity(HEADER + body.len() + 8, GFP_KERNEL)?;
        bytes.extend_from_slice(&[0; HEADER], GFP_KERNEL)?;
        bytes.extend_from_slice(body, GFP_KERNEL)?;
        let mut request = Request {
            bytes,
            kind: kind as u16,
            flags: flags as u16,
        };
        request.put(ffi::rtattr_type_t_RTA_OIF, &ifindex.to_ne_bytes())?;
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
    pub(super) fn finish(&mut self, seq: u32) -> Result {
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
