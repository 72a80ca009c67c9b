// SPDX-License-Identifier: MIT OR Apache-2.0

//! What devices have received and sent: RTM_GETSTATS, which tells that and nothing else.

use homeward_netlink::{attrs, NlmF};

use super::{Links, Result};

const RTM_NEWSTATS: u16 = 92;
const RTM_GETSTATS: u16 = 94;
/// `struct if_stats_msg`: its size, where the index is in it, and where the filter is.
const HEADER: usize = 12;
const IFINDEX: usize = 4;
const FILTER: usize = 8;
/// IFLA_STATS_LINK_64, and its bit in the filter.
const LINK_64: u16 = 1;
const LINK_64_FILTER: u32 = 1;
/// Where bytes received and bytes sent are in `struct rtnl_link_stats64`.
const RX_BYTES: usize = 16;
const TX_BYTES: usize = 24;

/// What a device has received and sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counters {
    /// Its index.
    pub index: u32,
    /// Bytes received.
    pub rx: u64,
    /// Bytes sent.
    pub tx: u64,
}

impl Links {
    /// What each device has received and sent, since Linux 4.7. One that comes or goes meanwhile may be
    /// among them or not.
    pub fn counters(&mut self) -> Result<Vec<Counters>> {
        let mut body = vec![0; HEADER];
        body[FILTER..].copy_from_slice(&LINK_64_FILTER.to_ne_bytes());
        let mut all = Vec::new();
        self.netlink
            .talk(RTM_GETSTATS, NlmF::DUMP, &body, |kind, body| {
                all.push(counters(body).filter(|_| kind == RTM_NEWSTATS)?);
                Some(())
            })?;
        Ok(all)
    }
}

fn counters(body: &[u8]) -> Option<Counters> {
    let index = body.get(IFINDEX..FILTER)?.try_into().ok()?;
    let mut all = attrs(body.get(HEADER..)?).flatten();
    let stats = all.find(|attr| attr.kind == LINK_64)?.payload;
    let number = |at: usize| {
        let bytes = stats.get(at..at + size_of::<u64>())?;
        Some(u64::from_ne_bytes(bytes.try_into().ok()?))
    };
    Some(Counters {
        index: u32::from_ne_bytes(index),
        rx: number(RX_BYTES)?,
        tx: number(TX_BYTES)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use homeward_netlink::attribute;

    fn told() -> Vec<u8> {
        let mut body = vec![0; HEADER];
        body[IFINDEX] = 7;
        let numbers = [3_u64, 4, 300, 400, 0, 0];
        let stats: Vec<u8> = numbers.into_iter().flat_map(u64::to_ne_bytes).collect();
        body.extend(attribute(LINK_64, &stats).unwrap());
        body
    }

    #[test]
    fn bytes_are_read_and_not_packets() {
        let expected = Counters {
            index: 7,
            rx: 300,
            tx: 400,
        };
        assert_eq!(counters(&told()), Some(expected));
    }

    #[test]
    fn a_truncated_message_is_none_and_never_a_panic() {
        let whole = told();
        // The last numbers are not read.
        for len in 0..whole.len() - 2 * size_of::<u64>() {
            assert_eq!(counters(&whole[..len]), None, "{len}");
        }
    }

    #[test]
    fn the_loopback_device_has_sent_what_it_has_received() {
        let mut links = Links::here().unwrap();
        let lo = links.by_name("lo").unwrap().unwrap();
        let all = links.counters().unwrap();
        let found = all.iter().find(|one| one.index == lo.index).unwrap();
        assert_eq!(found.rx, found.tx);
    }
}
