// SPDX-License-Identifier: GPL-2.0-only

//! Routes, as RTM_NEWROUTE tells of them and takes them: which are an administrator's, and what of them is kept.
//!
//! What is kept of one is its `struct rtmsg` and its attributes, but for the table, which is the main one, the
//! device, which is told apart, and what the kernel only tells.

/// The most bytes that are kept of one.
pub(crate) const SIZE: usize = 256;

/// Bytes of `struct rtmsg`: family, lengths of destination and source, TOS, table, protocol, scope and
/// type, one byte each, then the flags.
const HEAD: usize = 12;

const AF_INET6: u8 = 10;
const RT_TABLE_MAIN: u8 = 254;
const RTPROT_BOOT: u8 = 3;
const RTPROT_STATIC: u8 = 4;
const RTN_UNICAST: u8 = 1;
const RTM_F_CLONED: u32 = 0x200;
const RTNH_F_ONLINK: u32 = 4;

const RTA_DST: u16 = 1;
const RTA_OIF: u16 = 4;
const RTA_GATEWAY: u16 = 5;
const RTA_PRIORITY: u16 = 6;
const RTA_PREFSRC: u16 = 7;
const RTA_METRICS: u16 = 8;
const RTA_FLOW: u16 = 11;
const RTA_CACHEINFO: u16 = 12;
const RTA_TABLE: u16 = 15;
const RTA_VIA: u16 = 18;
const RTA_PREF: u16 = 20;

/// Where an attribute has its type, without flags.
const NLA_TYPE: u16 = 0x3fff;

/// What is kept of a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Kept {
    bytes: [u8; SIZE],
    len: usize,
}

/// What becomes of a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(
    clippy::large_enum_variant,
    reason = "it is looked at at once, and memory may be short"
)]
pub(crate) enum Fate {
    /// Whoever made it makes it anew: the kernel, DHCP, a router, a routing daemon.
    Others,
    /// It cannot be put back: it has several next hops, a next-hop object, an encapsulation, an end, or it is
    /// no unicast one.
    Unsupported,
    /// It is kept.
    Kept(Kept),
}

impl Kept {
    /// The bytes.
    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or(&[])
    }

    fn push(&mut self, more: &[u8]) -> Option<()> {
        let padded = more.len().next_multiple_of(4);
        let room = self.bytes.get_mut(self.len..self.len + padded)?;
        room.get_mut(..more.len())?.copy_from_slice(more);
        self.len += padded;
        Some(())
    }
}

/// What becomes of the route of which RTM_NEWROUTE tells with this, its own header left out.
pub(crate) fn fate(message: &[u8]) -> Fate {
    let Some((&head, rest)) = message.split_first_chunk::<HEAD>() else {
        return Fate::Others;
    };
    let [_, _, from, _, table, protocol, _, kind, flags @ ..] = head;
    let flags = u32::from_ne_bytes(flags);
    let theirs = !matches!(protocol, RTPROT_BOOT | RTPROT_STATIC);
    if theirs || table != RT_TABLE_MAIN || flags & RTM_F_CLONED != 0 {
        return Fate::Others;
    }
    match keep(head, flags, rest) {
        Some(kept) if from == 0 && kind == RTN_UNICAST => Fate::Kept(kept),
        _ => Fate::Unsupported,
    }
}

fn keep(mut head: [u8; HEAD], flags: u32, attributes: &[u8]) -> Option<Kept> {
    head[8..].copy_from_slice(&(flags & RTNH_F_ONLINK).to_ne_bytes());
    let mut kept = Kept {
        bytes: [0; SIZE],
        len: 0,
    };
    kept.push(&head)?;
    for attribute in Attributes(attributes) {
        let (kind, payload, whole) = attribute?;
        match kind {
            RTA_OIF | RTA_TABLE => {}
            // struct rta_cacheinfo { u32 clntref; u32 lastuse; s32 expires; ... }
            RTA_CACHEINFO if payload.get(8..12) == Some(&[0; 4]) => {}
            RTA_DST | RTA_GATEWAY | RTA_PRIORITY | RTA_PREFSRC | RTA_METRICS | RTA_FLOW
            | RTA_VIA | RTA_PREF => kept.push(whole)?,
            _ => return None,
        }
    }
    Some(kept)
}

/// Whether what is kept of a route is just that.
pub(crate) fn is_kept(bytes: &[u8]) -> bool {
    matches!(fate(bytes), Fate::Kept(kept) if kept.as_bytes() == bytes)
}

/// Whether it is one by way of a gateway, which another one leads to.
pub(crate) fn has_gateway(kept: &[u8]) -> bool {
    let mut kinds = [RTA_GATEWAY, RTA_VIA].into_iter();
    kinds.any(|kind| attribute(kept, kind).is_some())
}

/// Whether two routes are to the same destination, by the same TOS and metric: the kernel adds the second only if it
/// is told that it is one of several.
pub(crate) fn are_alike(kept: &[u8], other: &[u8]) -> bool {
    let place = |kept: &'_ [u8]| {
        let [family, to, _, tos, ..] = *kept.first_chunk::<HEAD>()?;
        Some((family, to, tos, number(kept, RTA_PRIORITY)))
    };
    place(kept) == place(other) && attribute(kept, RTA_DST) == attribute(other, RTA_DST)
}

/// The same without the source address that it prefers, if it is one of IPv6 that prefers one. That forgets the
/// source of a route when the address goes (`fib6_remove_prefsrc()`); IPv4 forgets the route.
pub(crate) fn without_source(kept: &[u8]) -> Option<Kept> {
    let (head, attributes) = kept.split_first_chunk::<HEAD>()?;
    let from_one = head[0] == AF_INET6 && attribute(kept, RTA_PREFSRC).is_some();
    let mut plain = Kept {
        bytes: [0; SIZE],
        len: 0,
    };
    plain.push(head)?;
    for (kind, _, whole) in Attributes(attributes).flatten() {
        if kind != RTA_PREFSRC {
            plain.push(whole)?;
        }
    }
    from_one.then_some(plain)
}

fn attribute(kept: &[u8], kind: u16) -> Option<&[u8]> {
    let mut attributes = Attributes(kept.get(HEAD..).unwrap_or(&[])).flatten();
    attributes.find_map(|(other, payload, _)| (other == kind).then_some(payload))
}

/// One that is not there is 0.
fn number(kept: &[u8], kind: u16) -> u32 {
    let payload = attribute(kept, kind).and_then(|payload| payload.first_chunk());
    payload.map_or(0, |payload| u32::from_ne_bytes(*payload))
}

/// Attributes of rtnetlink one behind the other: type, payload, and the whole; `None` for a malformed one.
struct Attributes<'a>(&'a [u8]);

impl<'a> Iterator for Attributes<'a> {
    type Item = Option<(u16, &'a [u8], &'a [u8])>;

    fn next(&mut self) -> Option<Self::Item> {
        let [a, b, c, d] = *self.0.first_chunk()?;
        let len = usize::from(u16::from_ne_bytes([a, b]));
        let kind = u16::from_ne_bytes([c, d]) & NLA_TYPE;
        let (Some(whole), Some(payload)) = (self.0.get(..len), self.0.get(4..len)) else {
            self.0 = &[];
            return Some(None);
        };
        self.0 = self.0.get(len.next_multiple_of(4)..).unwrap_or(&[]);
        Some(Some((kind, payload, whole)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attribute(kind: u16, payload: &[u8]) -> Vec<u8> {
        let len = 4 + payload.len() as u16;
        let mut all = [len.to_ne_bytes(), kind.to_ne_bytes()].concat();
        all.extend(payload);
        all.resize(all.len().next_multiple_of(4), 0);
        all
    }

    /// 192.0.2.0/24 of this protocol in this table, and more.
    fn route(protocol: u8, table: u8, more: &[Vec<u8>]) -> Vec<u8> {
        let mut all = vec![2, 24, 0, 0, table, protocol, 0, 1];
        all.extend(16u32.to_ne_bytes());
        all.extend(attribute(RTA_TABLE, &[table, 0, 0, 0]));
        all.extend(attribute(RTA_DST, &[192, 0, 2, 0]));
        all.extend(more.concat());
        all.extend(attribute(RTA_OIF, &[7, 0, 0, 0]));
        all
    }

    fn kept(message: &[u8]) -> Vec<u8> {
        match fate(message) {
            Fate::Kept(kept) => kept.as_bytes().to_vec(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn of_an_administrators_route_the_kernel_gets_what_it_told() {
        let gateway = attribute(RTA_GATEWAY, &[192, 0, 2, 1]);
        for protocol in [RTPROT_BOOT, RTPROT_STATIC] {
            let plain = kept(&route(protocol, RT_TABLE_MAIN, &[]));
            let head = [2, 24, 0, 0, RT_TABLE_MAIN, protocol, 0, 1, 0, 0, 0, 0];
            let dst = attribute(RTA_DST, &[192, 0, 2, 0]);
            assert_eq!(plain, [&head[..], &dst].concat());
            assert!(!has_gateway(&plain));
            let via = kept(&route(
                protocol,
                RT_TABLE_MAIN,
                std::slice::from_ref(&gateway),
            ));
            assert_eq!(via, [plain, gateway.clone()].concat());
            assert!(has_gateway(&via) && is_kept(&via));
        }
    }

    #[test]
    fn only_a_route_of_ipv6_can_do_without_its_source() {
        let (source, metric) = (
            attribute(RTA_PREFSRC, &[9; 16]),
            attribute(RTA_PRIORITY, &[7; 4]),
        );
        let of = |family, more: &[Vec<u8>]| {
            let mut bytes = kept(&route(RTPROT_STATIC, RT_TABLE_MAIN, more));
            bytes[0] = family;
            bytes
        };
        let both = [source, metric.clone()];
        let plain = without_source(&of(AF_INET6, &both)).expect("a route");
        assert_eq!(plain.as_bytes(), of(AF_INET6, &[metric]));
        for none in [of(2, &both), of(AF_INET6, &[]), Vec::new()] {
            assert_eq!(without_source(&none), None, "{none:?}");
        }
    }

    #[test]
    fn routes_to_one_destination_are_alike_by_whatever_gateway_and_no_others() {
        let with = |more: &[Vec<u8>]| kept(&route(RTPROT_BOOT, RT_TABLE_MAIN, more));
        let via = |host| attribute(RTA_GATEWAY, &[192, 0, 2, host]);
        let metric = |number: u32| attribute(RTA_PRIORITY, &number.to_ne_bytes());
        let one = with(&[via(1)]);
        for other in [with(&[via(2)]), with(&[]), with(&[metric(0), via(1)])] {
            assert!(are_alike(&one, &other), "{other:?}");
        }
        let mut others = vec![with(&[via(1), metric(5)])];
        // Family, length of the destination, TOS, and the destination.
        for at in [0, 1, 3, HEAD + 4] {
            let mut other = one.clone();
            other[at] += 1;
            others.push(other);
        }
        for other in others {
            assert!(!are_alike(&one, &other), "{other:?}");
        }
    }

    #[test]
    fn the_routes_of_others_and_of_other_tables_are_none_of_ours() {
        let own = route(RTPROT_STATIC, RT_TABLE_MAIN, &[]);
        let mut cloned = own.clone();
        cloned[8..12].copy_from_slice(&RTM_F_CLONED.to_ne_bytes());
        for other in [
            route(2, RT_TABLE_MAIN, &[]),
            route(9, RT_TABLE_MAIN, &[]),
            route(16, RT_TABLE_MAIN, &[]),
            route(RTPROT_STATIC, 100, &[]),
            cloned,
            own[..11].to_vec(),
        ] {
            assert_eq!(fate(&other), Fate::Others, "{other:?}");
        }
    }

    #[test]
    fn what_cannot_be_put_back_is_not_kept() {
        let with = |attributes: &[Vec<u8>]| fate(&route(RTPROT_STATIC, RT_TABLE_MAIN, attributes));
        let mut cache = [0; 32];
        let told = attribute(RTA_CACHEINFO, &cache);
        assert!(matches!(with(&[told]), Fate::Kept(_)));
        let mut multicast = route(RTPROT_STATIC, RT_TABLE_MAIN, &[]);
        multicast[7] = 5;
        assert_eq!(fate(&multicast), Fate::Unsupported);
        cache[8] = 9;
        for (what, more) in [
            ("with an end", attribute(RTA_CACHEINFO, &cache)),
            ("with several next hops", attribute(9, &[0; 8])),
            ("with a next-hop object", attribute(30, &[1, 0, 0, 0])),
            ("encapsulated", attribute(22, &[0; 4])),
            ("long", attribute(RTA_METRICS, &[0; SIZE])),
            ("cut short", vec![200, 0, 1, 0]),
        ] {
            assert_eq!(with(&[more]), Fate::Unsupported, "{what}");
        }
        let mut from = route(RTPROT_STATIC, RT_TABLE_MAIN, &[]);
        from[2] = 8;
        assert_eq!(fate(&from), Fate::Unsupported);
    }

    #[test]
    fn only_what_would_be_kept_is_taken_for_it() {
        assert!(!is_kept(&route(RTPROT_STATIC, RT_TABLE_MAIN, &[])));
        assert!(!is_kept(&[]));
        let kept = kept(&route(RTPROT_STATIC, RT_TABLE_MAIN, &[]));
        assert!(!is_kept(&kept[..kept.len() - 1]));
    }
}
