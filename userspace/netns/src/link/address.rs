// SPDX-License-Identifier: MIT OR Apache-2.0

//! IP addresses of network devices, in bytes.

use std::net::IpAddr;

use homeward_netlink::attrs;
use neli::consts::rtnl::{Ifa, IfaF, RtAddrFamily, RtScope};
use neli::rtnl::{Ifaddrmsg, IfaddrmsgBuilder};
use neli::types::RtBuffer;

use super::message::attribute;
use super::Result;
use crate::rtnetlink::LinkError;

const RTM_NEWADDR: u16 = 20;
/// `struct ifaddrmsg`.
const IFADDRMSG: usize = 8;

/// Asks for all addresses of all families.
pub(super) const ALL: [u8; IFADDRMSG] = [0; IFADDRMSG];

/// An IP address of a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Address {
    /// The index of the device.
    pub index: u32,
    /// The address: on a link of two ends, its own.
    pub ip: IpAddr,
    /// Length of its prefix.
    pub prefix: u8,
}

/// The IP addresses of the devices of a network namespace.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AddressList {
    /// The addresses, device by device.
    pub addresses: Vec<Address>,
    /// Whether none came or went while they were read.
    pub consistent: bool,
}

impl AddressList {
    /// Puts the addresses that the kernel tells of into `addresses`.
    pub(super) fn collect(
        addresses: &mut Vec<Address>,
    ) -> impl FnMut(u16, &[u8]) -> Option<()> + '_ {
        |kind, body| {
            if kind == RTM_NEWADDR && is_ip(body) {
                addresses.push(told(body)?);
            }
            Some(())
        }
    }
}

/// Other families have addresses, too.
fn is_ip(body: &[u8]) -> bool {
    let families = [libc::AF_INET, libc::AF_INET6];
    let family = body.first().map(|family| libc::c_int::from(*family));
    family.is_none_or(|family| families.contains(&family))
}

/// The address that the kernel tells of.
fn told(body: &[u8]) -> Option<Address> {
    let (head, rest) = body.split_first_chunk::<IFADDRMSG>()?;
    let (mut local, mut address) = (None, None);
    for attr in attrs(rest) {
        let attr = attr.ok()?;
        match Ifa::from(attr.kind) {
            Ifa::Local => local = Some(attr.ip().ok()?),
            Ifa::Address => address = Some(attr.ip().ok()?),
            _ => {}
        }
    }
    Some(Address {
        index: u32::from_ne_bytes(*head.get(4..)?.first_chunk()?),
        prefix: *head.get(1)?,
        // The other one is that of the peer, where there is one.
        ip: local.or(address)?,
    })
}

/// An address to be added to a device.
pub(super) fn added(index: u32, address: IpAddr, prefix: u8) -> Result<Ifaddrmsg> {
    let (family, address) = match address {
        IpAddr::V4(address) => (RtAddrFamily::Inet, address.octets().to_vec()),
        IpAddr::V6(address) => (RtAddrFamily::Inet6, address.octets().to_vec()),
    };
    let attributes = [
        attribute(Ifa::Local, address.clone())?,
        attribute(Ifa::Address, address)?,
    ];
    IfaddrmsgBuilder::default()
        .ifa_family(family)
        .ifa_prefixlen(prefix)
        .ifa_flags(IfaF::empty())
        .ifa_scope(RtScope::Universe)
        .ifa_index(index)
        .rtattrs(attributes.into_iter().collect::<RtBuffer<_, _>>())
        .build()
        .map_err(|_| LinkError::Unsendable)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::link::Links;
    use crate::rtnetlink::talk;
    use homeward_netlink::script::{attr, done, message, Script};
    use homeward_netlink::NlmF;

    fn body(family: u8, prefix: u8, attributes: &[(u16, &[u8])]) -> Vec<u8> {
        let mut body = vec![family, prefix, 0, 0, 5, 0, 0, 0];
        let attributes = attributes
            .iter()
            .map(|(kind, payload)| attr(*kind, payload));
        body.extend(attributes.collect::<Vec<_>>().concat());
        body
    }

    fn read(bodies: &[Vec<u8>]) -> Result<Vec<Address>> {
        let mut addresses = Vec::new();
        let told = bodies.iter().map(|body| message(RTM_NEWADDR, 2, 1, body));
        let mut script = Script::new(told.chain([done(2, 1, 0)]));
        let each = AddressList::collect(&mut addresses);
        talk(&mut script, 22, NlmF::DUMP, &ALL, each)?;
        Ok(addresses)
    }

    fn address(ip: &str, prefix: u8) -> Address {
        let ip = ip.parse().unwrap();
        Address {
            index: 5,
            ip,
            prefix,
        }
    }

    #[test]
    fn an_address_is_the_own_one_and_families_without_ip_are_passed_over() {
        let (own, peer) = ([192, 0, 2, 1], [192, 0, 2, 2]);
        let mut six = [0; 16];
        six[15] = 1;
        let told = read(&[
            body(2, 32, &[(1, &peer), (2, &own)]),
            body(10, 128, &[(1, &six)]),
            body(45, 0, &[(2, &[9])]),
        ]);
        assert_eq!(
            told,
            Ok(vec![address("192.0.2.1", 32), address("::1", 128)])
        );
    }

    #[test]
    fn a_truncated_address_is_an_error_and_broken_bytes_are_never_a_panic() {
        let whole = body(2, 24, &[(1, &[192, 0, 2, 1]), (2, &[192, 0, 2, 1])]);
        for len in 0..whole.len() {
            // A whole attribute may be all that is left.
            assert!(
                len >= 16 || read(&[whole[..len].to_vec()]).is_err(),
                "{len}"
            );
        }
        for at in 0..whole.len() {
            for byte in [0, 1, 3, 0x7f, 0xff] {
                let mut broken = whole.clone();
                broken[at] = byte;
                let _ = read(&[broken]);
            }
        }
    }

    #[test]
    fn the_loopback_device_has_its_address_where_it_is_up() {
        let mut links = Links::here().unwrap();
        let lo = links.by_name("lo").unwrap().unwrap();
        let list = links.addresses().unwrap();
        let local = |one: &&Address| one.ip.is_loopback();
        let found = list.addresses.iter().find(local);
        assert_eq!(found.map(|one| one.index), lo.up().then_some(lo.index));
    }
}
