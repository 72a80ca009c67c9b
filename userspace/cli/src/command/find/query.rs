// SPDX-License-Identifier: GPL-2.0-only

//! What is looked for, and what of a namespace is that.

use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;

use homeward_client::model::{Device, Home, LinkAddress};
use homeward_netns::{Address, Link};

use crate::command::tree::spots::{Spot, Spots};
use crate::value;

/// Fewer pairs of digits are a name.
const SHORTEST_MAC: usize = 4;

/// What is looked for: always a name, and whatever else it can be read as.
#[derive(Debug)]
pub(super) struct Query {
    text: String,
    /// The name of a device that `ip link` shows with the one that it is connected to: `veth0@if2`.
    before_at: Option<String>,
    network: Option<Network>,
    mac: Option<Vec<u8>>,
}

/// Something that is what was looked for.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Match {
    /// The index of the device; None for the namespace itself.
    pub(super) ifindex: Option<u32>,
    /// What of it.
    pub(super) by: &'static str,
    /// That as it is there.
    pub(super) value: String,
}

impl Query {
    /// Reads what was typed.
    pub(super) fn new(text: &str) -> Self {
        // As it stands in a sentence or a list.
        let plain = text.trim_end_matches([',', '.']);
        Query {
            network: Network::read(plain),
            mac: mac(plain),
            before_at: text.rsplit_once('@').map(|(name, _)| name.to_owned()),
            text: text.to_owned(),
        }
    }

    /// Whether IP addresses have to be looked at.
    pub(super) fn wants_addresses(&self) -> bool {
        self.network.is_some()
    }

    /// Whether it may be the name or the id of whoever owns a namespace.
    pub(super) fn wants_owners(&self) -> bool {
        // No container has a name with colons.
        let is_mac = self.mac.is_some() && self.text.contains(':');
        self.network.is_none() && !is_mac
    }

    /// All in a namespace that is what is looked for.
    pub(super) fn matches(&self, spot: &Spot, spots: &Spots) -> Vec<Match> {
        let names = spot.view.names.iter().filter(|name| **name == self.text);
        let mut all: Vec<Match> = names.map(|name| found(None, "namespace", name)).collect();
        let owner = spot.view.owned_by.as_ref();
        let owner = owner.filter(|owner| owner.is_called(&self.text));
        all.extend(owner.map(|owner| found(None, "owner", owner.text())));
        for link in spot.links.iter().flatten() {
            all.extend(self.link(link));
            let own = |one: &&Address| one.index == link.index;
            all.extend(
                spot.addresses
                    .iter()
                    .filter(own)
                    .filter_map(|one| self.address(one)),
            );
        }
        let told = spot.view.cookie.and_then(|cookie| spots.told.get(&cookie));
        for device in told.into_iter().flat_map(|told| told.values()) {
            // The list has no stuck ones.
            if spot.links.is_none() || device.stuck.is_some() {
                all.extend(self.told(device));
            }
            all.extend(
                device
                    .homes
                    .iter()
                    .filter_map(|home| self.home(device, home)),
            );
        }
        all
    }

    /// Whether that is the name of a device.
    fn names(&self, device: &str) -> bool {
        device == self.text || Some(device) == self.before_at.as_deref()
    }

    fn link(&self, link: &Link) -> Vec<Match> {
        let mut altnames = link.altnames.iter();
        let altname = altnames.find(|name| self.names(name));
        let is = |mac: &&Vec<u8>| Some(*mac) == self.mac.as_ref();
        let current = Some(&link.address).filter(is);
        let permanent = Some(&link.permanent)
            .filter(is)
            .filter(|_| current.is_none());
        let index = Some(link.index);
        let matches = [
            self.names(&link.name)
                .then(|| found(index, "name", &link.name)),
            altname.map(|name| found(index, "altname", name)),
            current.map(|mac| found(index, "mac", LinkAddress(mac.clone()))),
            permanent.map(|mac| found(index, "permanent-mac", LinkAddress(mac.clone()))),
        ];
        matches.into_iter().flatten().collect()
    }

    fn address(&self, address: &Address) -> Option<Match> {
        let Address { index, ip, prefix } = *address;
        let fits = self.network.as_ref()?.contains(ip);
        fits.then(|| found(Some(index), "address", format!("{ip}/{prefix}")))
    }

    /// By what the module tells of a device that cannot be listed.
    fn told(&self, device: &Device) -> Vec<Match> {
        let index = Some(device.ifindex);
        let permanent = device.permanent_address.as_ref();
        let permanent = permanent.filter(|mac| Some(&mac.0) == self.mac.as_ref());
        let matches = [
            self.names(&device.name)
                .then(|| found(index, "name", &device.name)),
            permanent.map(|mac| found(index, "permanent-mac", mac)),
        ];
        matches.into_iter().flatten().collect()
    }

    /// By what a device that is away was like at home.
    fn home(&self, device: &Device, home: &Home) -> Option<Match> {
        let index = Some(device.ifindex);
        let name = home.name.as_ref().filter(|name| self.names(name));
        if let Some(name) = name {
            return Some(found(index, "home-name", name));
        }
        let network = self.network.as_ref()?;
        let mut addresses = home.addresses.iter();
        let address = addresses.find(|one| network.contains(one.local))?;
        let text = format!("{}/{}", address.local, address.prefix);
        Some(found(index, "home-address", text))
    }
}

fn found(ifindex: Option<u32>, by: &'static str, value: impl ToString) -> Match {
    let value = value.to_string();
    Match { ifindex, by, value }
}

/// Hexadecimal digits in one of the forms in which link-layer addresses are written: in pairs with colons or
/// dashes between them, of which a 0 in front may be left out, in groups of four, or without anything between.
fn mac(text: &str) -> Option<Vec<u8>> {
    let between = [':', '-', '.'].into_iter().find(|one| text.contains(*one));
    let groups: Vec<&str> = text.split(|letter| Some(letter) == between).collect();
    let all_have =
        |sizes: RangeInclusive<usize>| groups.iter().all(|one| sizes.contains(&one.len()));
    let is_one = match (between, groups.len()) {
        (None, _) => all_have(12..=12) || all_have(16..=16),
        (Some('.'), count) => count >= 3 && all_have(4..=4),
        (_, count) => {
            let pairs = count >= SHORTEST_MAC && all_have(2..=2);
            pairs || count >= 3 && all_have(4..=4) || count >= 6 && all_have(1..=2)
        }
    };
    let digits: String = groups.iter().map(|one| format!("{one:0>2}")).collect();
    if !is_one || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    let pairs = (0..digits.len())
        .step_by(2)
        .map(|at| digits.get(at..at + 2));
    pairs
        .map(|pair| u8::from_str_radix(pair?, 16).ok())
        .collect()
}

/// All addresses that begin alike.
#[derive(Debug)]
struct Network {
    address: IpAddr,
    prefix: u8,
}

/// What the prefix of an IPv4 address is longer by where it is written as one of IPv6.
const MAPPED: u8 = 96;

impl Network {
    /// Reads an address or a prefix as somebody types it, or as `ss`, routes and logs have it: with a zone,
    /// in brackets, with a port, or of IPv4 as one of IPv6.
    fn read(text: &str) -> Option<Self> {
        let plain = without_zone(text);
        let socket = plain.parse::<SocketAddr>().map(|socket| socket.ip());
        let bracketed = || plain.strip_prefix('[')?.strip_suffix(']');
        let text = match socket {
            Ok(ip) => ip.to_string(),
            Err(_) => bracketed().unwrap_or(&plain).to_owned(),
        };
        let (address, prefix) = value::address(&text).ok()?;
        Some(match (address.to_canonical(), prefix.checked_sub(MAPPED)) {
            (IpAddr::V4(four), Some(prefix)) if address.is_ipv6() => Network {
                address: four.into(),
                prefix,
            },
            _ => Network { address, prefix },
        })
    }

    fn contains(&self, other: IpAddr) -> bool {
        let prefix = u32::from(self.prefix);
        match (self.address, other) {
            (IpAddr::V4(own), IpAddr::V4(other)) => {
                let different = own.to_bits() ^ other.to_bits();
                different.leading_zeros() >= prefix
            }
            (IpAddr::V6(own), IpAddr::V6(other)) => {
                let different = own.to_bits() ^ other.to_bits();
                different.leading_zeros() >= prefix
            }
            _ => false,
        }
    }
}

/// Without the device that the address of a link is written with.
fn without_zone(text: &str) -> String {
    let Some((address, zone)) = text.split_once('%') else {
        return text.to_owned();
    };
    let rest = zone.find([']', '/']).map_or("", |end| &zone[end..]);
    format!("{address}{rest}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn an_address_is_in_a_network_that_begins_alike() {
        for (network, inside, outside) in [
            ("10.1.2.3", "10.1.2.3", "10.1.2.4"),
            ("10.1.2.3/8", "10.255.0.1", "11.0.0.0"),
            ("0.0.0.0/0", "255.255.255.255", "::1"),
            ("10.0.0.128/25", "10.0.0.255", "10.0.0.127"),
            ("fd00::/8", "fdff::1", "fe80::1"),
            ("::1", "::1", "::"),
            ("::/0", "fe80::1", "10.0.0.1"),
            // As others write them.
            ("fe80::7%eth0", "fe80::7", "fe80::8"),
            ("fe80::7%2/64", "fe80::8", "fe81::7"),
            ("[fe80::7%eth0]:80", "fe80::7", "fe80::8"),
            ("[fe80::7]%eth0:80", "fe80::7", "fe80::8"),
            ("[::1]", "::1", "::"),
            ("10.1.2.3:80", "10.1.2.3", "10.1.2.4"),
            ("10.1.2.3%eth0:80", "10.1.2.3", "10.1.2.4"),
            ("::ffff:10.1.2.3", "10.1.2.3", "10.1.2.4"),
            ("[::ffff:10.1.2.3]:80", "10.1.2.3", "10.1.2.4"),
            ("::ffff:10.0.0.0/104", "10.255.0.1", "11.0.0.0"),
        ] {
            let network = Query::new(network).network.unwrap();
            assert!(network.contains(ip(inside)), "{network:?} {inside}");
            assert!(!network.contains(ip(outside)), "{network:?} {outside}");
        }
    }

    #[test]
    fn what_was_typed_is_a_name_and_all_that_it_can_be_read_as() {
        for (text, network, bytes) in [
            ("eth0", false, 0),
            ("10.0.0.1", true, 0),
            ("52:54:00:12:34:56", false, 6),
            ("52-54-00-12-34-5F", false, 6),
            // Of eight bytes either.
            ("00:11:22:33:44:55:66:77", true, 8),
            ("ab-cd", false, 0),
            ("+1:+2:+3:+4", false, 0),
            // Without the zeros in front, in groups of four digits, and without any between.
            ("2:0:0:0:0:7", false, 6),
            ("52:54:0:12:34:5", false, 6),
            ("5254.0012.3456", false, 6),
            ("5254-0012-3456", false, 6),
            ("5254:0012:3456", false, 6),
            ("0011.2233.4455.6677", false, 8),
            ("525400123456", false, 6),
            ("0011223344556677", false, 8),
            // As it stands in a sentence.
            ("10.66.7.7,", true, 0),
            ("10.66.7.7.", true, 0),
            ("fd00::7,", true, 0),
            ("52:54:00:12:34:56,", false, 6),
            ("52:54:0:12:3", false, 0),
            ("52:54:00:12:3g:56", false, 0),
            ("52:54-00:12:34:56", false, 0),
            ("5254.0012", false, 0),
            ("52.54.00.12.34.56", false, 0),
            ("52540012345", false, 0),
            ("\u{e4}\u{e4}00.0012.3456", false, 0),
            ("::ffff:0:0/95", true, 0),
            ("veth%d", false, 0),
            ("eth0:1", false, 0),
            ("[eth0]:80", false, 0),
        ] {
            let query = Query::new(text);
            assert_eq!(query.wants_addresses(), network, "{text}");
            assert_eq!(query.mac.map_or(0, |mac| mac.len()), bytes, "{text}");
        }
    }

    #[test]
    fn what_may_be_a_name_of_an_owner_is_looked_for_as_one() {
        for (text, owners) in [
            ("web", true),
            // A container may be called so, or have such an id.
            ("9ec39b91f3d7", true),
            ("5254.0012.3456", true),
            ("ab-cd-ef-01", true),
            ("52:54:00:12:34:56", false),
            ("10.0.0.1", false),
        ] {
            assert_eq!(Query::new(text).wants_owners(), owners, "{text}");
        }
    }

    fn by(text: &str, link: &Link) -> Vec<&'static str> {
        let all = Query::new(text).link(link);
        all.iter().map(|one| one.by).collect()
    }

    #[test]
    fn a_device_is_found_by_each_of_its_names_and_link_layer_addresses() {
        let link = Link {
            index: 2,
            name: "eth0".to_owned(),
            altnames: vec!["enp1s0".to_owned(), "uplink".to_owned()],
            address: vec![2, 0, 0, 0, 0, 1],
            permanent: vec![2, 0, 0, 0, 0, 2],
            ..Link::default()
        };
        assert_eq!(by("eth0", &link), ["name"]);
        assert_eq!(by("uplink", &link), ["altname"]);
        assert_eq!(by("eth0@if7", &link), ["name"]);
        assert_eq!(by("02:00:00:00:00:01", &link), ["mac"]);
        assert_eq!(by("02-00-00-00-00-02", &link), ["permanent-mac"]);
        for mac in [
            "0200.0000.0001",
            "020000000001",
            "2:0:0:0:0:1",
            "02:00:00:00:00:01.",
        ] {
            assert_eq!(by(mac, &link), ["mac"], "{mac}");
        }
        assert!(by("eth", &link).is_empty() && by("02:00:00:00:00:03", &link).is_empty());
        let same = Link {
            address: link.permanent.clone(),
            ..link
        };
        assert_eq!(by("02:00:00:00:00:02", &same), ["mac"]);
    }

    #[test]
    fn a_device_that_is_away_is_found_by_what_it_was_like_at_home() {
        let nic = fixture::nic();
        let home = |text: &str| Query::new(text).home(&nic, &nic.homes[0]);
        assert_eq!(home("eth1").unwrap().by, "home-name");
        let found = home("192.0.2.0/24").unwrap();
        assert_eq!(
            (found.by, found.value.as_str()),
            ("home-address", "192.0.2.7/24")
        );
        assert_eq!(found.ifindex, Some(4));
        assert_eq!(home("net0"), None);
    }
}
