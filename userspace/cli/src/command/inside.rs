// SPDX-License-Identifier: GPL-2.0-only

//! A look inside network namespaces, for all verbs that take one: which devices are there, and what they are
//! like.

use std::collections::HashMap;
use std::os::fd::OwnedFd;
use std::path::PathBuf;

use homeward_client::model::LinkAddress;
use homeward_client::Client;
use homeward_netns::{inside_each, inum, open_path, open_self, own_cookie, speeds};
use homeward_netns::{Address, AddressList, Error, Link, LinkError, Links, Speed};
use nix::errno::Errno;
use serde::Serialize;

use super::Context;
use crate::error::in_words;
use crate::render::text::{list, or_absent, ABSENT};

/// Of many namespaces that one cannot look into, so many are named.
const NAMED: usize = 3;

/// A way into a namespace.
#[derive(Debug, Clone)]
pub(super) enum Way {
    /// The module opens the one with this cookie.
    Cookie(u64),
    /// This file, as long as it has this inode number.
    File(PathBuf, u64),
    /// There is none.
    None,
}

/// What is looked up besides the devices, as each takes time.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Wanted {
    /// The cookie of the namespace.
    pub(super) cookie: bool,
    /// IP addresses.
    pub(super) addresses: bool,
    /// How fast devices are.
    pub(super) speeds: bool,
}

/// What is inside of a namespace.
pub(super) struct Inside {
    /// Its cookie, if that is wanted.
    pub(super) cookie: Option<u64>,
    /// Its devices.
    pub(super) links: Vec<Link>,
    /// The IP addresses of those, if they are wanted.
    pub(super) addresses: Option<Vec<Address>>,
    /// Whether none came or went meanwhile.
    pub(super) consistent: bool,
    speeds: Vec<Speed>,
}

/// What a device is like for those who look inside its namespace.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub(super) struct Detail {
    /// Its IP addresses, with the lengths of their prefixes. None when they were not looked up.
    pub(super) addresses: Option<Vec<String>>,
    /// Its link-layer address.
    pub(super) mac: Option<String>,
    /// Its MTU, in bytes.
    pub(super) mtu: u32,
    /// Whether it can pass packets, in the kernel's word.
    pub(super) operstate: Option<&'static str>,
    /// How fast it is, in megabits per second. None when it cannot tell, or when that was not looked up.
    pub(super) speed_mbps: Option<u32>,
}

/// Looks into each namespace, by a way, and whether this process is in it. The answers come in no order.
pub(super) fn look(
    doors: &[(Way, bool)],
    wanted: Wanted,
) -> Vec<(usize, std::result::Result<Inside, String>)> {
    let is_own = |at: &usize| doors.get(*at).is_some_and(|(_, own)| *own);
    let (own, others): (Vec<_>, Vec<_>) = (0..doors.len()).partition(is_own);
    let by_module = |(way, _): &(Way, bool)| matches!(way, Way::Cookie(_));
    let with_module = doors.iter().any(by_module);
    let travel = || {
        let mut client = with_module.then(Client::connect).and_then(Result::ok);
        move |at: usize| match doors.get(at) {
            Some((way, _)) => way.open(client.as_mut()),
            None => Err(gone()),
        }
    };
    let look = || Inside::look(wanted);
    let mut seen = inside_each(&others, travel, why, look);
    // Where one is already, one needs no permission to go to.
    seen.extend(own.into_iter().map(|at| (at, look())));
    seen
}

/// Says how many of all namespaces could not be looked into, and why the first could not, given the labels and
/// the reasons; false if there are none.
pub(super) fn warn(
    context: &Context,
    purpose: &str,
    hidden: &[(String, &str)],
    count: usize,
) -> bool {
    let Some((_, why)) = hidden.first() else {
        return false;
    };
    let named = hidden.iter().take(NAMED).map(|(label, _)| label.as_str());
    let named: Vec<_> = named.collect();
    let more = match hidden.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let (few, named) = (hidden.len(), named.join(", "));
    context.messages.warning(&format!(
        "{few} of {count} network namespaces could not be {purpose}: {named}{more}: {why}"
    ));
    true
}

/// The inode number of the namespace of this process.
pub(super) fn own_inum() -> Option<u64> {
    open_self().and_then(inum).ok()
}

/// Why something could not be done in a namespace.
pub(super) fn why(error: Error) -> String {
    match error.errno() {
        // A process that leads there ended.
        Some(Errno::ESRCH | Errno::ENOENT) => gone(),
        errno => in_words(errno, &error),
    }
}

fn gone() -> String {
    "it is gone".to_owned()
}

impl Way {
    /// Opens the namespace.
    pub(super) fn open(&self, client: Option<&mut Client>) -> std::result::Result<OwnedFd, String> {
        match (self, client) {
            (Way::Cookie(cookie), Some(client)) => {
                client.open(*cookie).map_err(|error| match error.errno() {
                    Some(Errno::ENOENT | Errno::EBUSY) => gone(),
                    errno => in_words(errno, &error),
                })
            }
            (Way::File(path, number), _) => {
                let file = open_path(path).map_err(why)?;
                match inum(&file) {
                    Ok(found) if found == *number => Ok(file),
                    _ => Err(gone()),
                }
            }
            (Way::Cookie(_), None) => Err("the module does not answer".to_owned()),
            (Way::None, _) => Err("it is being destroyed".to_owned()),
        }
    }
}

impl Inside {
    /// Looks around in the namespace of this thread, or says why one cannot.
    fn look(wanted: Wanted) -> std::result::Result<Self, String> {
        let failed = |error: LinkError| in_words(error.errno(), &error);
        let mut all = Links::here().map_err(why)?;
        let links = all.list().map_err(failed)?;
        let addresses = wanted.addresses.then(|| all.addresses()).transpose();
        let addresses: Option<AddressList> = addresses.map_err(failed)?;
        let consistent = addresses.as_ref().is_none_or(|list| list.consistent);
        Ok(Inside {
            cookie: wanted.cookie.then(own_cookie).and_then(Result::ok),
            consistent: links.consistent && consistent,
            links: links.links,
            addresses: addresses.map(|list| list.addresses),
            // Of a kernel that does not tell them nothing else is missing.
            speeds: wanted
                .speeds
                .then(speeds)
                .and_then(Result::ok)
                .unwrap_or_default(),
        })
    }

    /// What its devices are like, by their indices.
    pub(super) fn details(&self) -> HashMap<u32, Detail> {
        let detail = |link: &Link| Detail {
            addresses: self.addresses.as_ref().map(|_| Vec::new()),
            mac: (!link.address.is_empty()).then(|| LinkAddress(link.address.clone()).to_string()),
            mtu: link.mtu,
            operstate: link.operstate,
            speed_mbps: None,
        };
        let links = self.links.iter();
        let mut all: HashMap<u32, Detail> = links.map(|link| (link.index, detail(link))).collect();
        for Address { index, ip, prefix } in self.addresses.iter().flatten() {
            let addresses = all.get_mut(index).and_then(|one| one.addresses.as_mut());
            addresses
                .into_iter()
                .for_each(|list| list.push(format!("{ip}/{prefix}")));
        }
        for Speed { index, mbps } in &self.speeds {
            if let Some(one) = all.get_mut(index) {
                one.speed_mbps = Some(*mbps);
            }
        }
        all
    }
}

impl Detail {
    /// Its IP addresses, for people.
    pub(super) fn addresses(&self) -> String {
        self.addresses.as_deref().map_or(ABSENT.to_owned(), list)
    }

    /// How fast it is, as ethtool has it.
    pub(super) fn speed(&self) -> String {
        or_absent(self.speed_mbps.map(|speed| format!("{speed}Mb/s")))
    }

    /// Whether it is known to have an IP address.
    pub(super) fn has_addresses(&self) -> bool {
        self.addresses.as_ref().is_some_and(|all| !all.is_empty())
    }
}

/// What a device is like, for tests.
#[cfg(test)]
pub(super) fn fixture() -> Detail {
    Detail {
        addresses: Some(vec!["10.0.0.7/24".to_owned(), "fd00::7/64".to_owned()]),
        mac: Some("52:54:00:12:34:56".to_owned()),
        mtu: 9000,
        operstate: Some("up"),
        speed_mbps: Some(10_000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_inside_is_told_device_by_device_and_what_is_not_looked_up_is_not_told() {
        let link = |index| Link {
            index,
            address: vec![2, 0, 0, 0, 0, 7],
            mtu: 1500,
            operstate: Some("up"),
            ..Link::default()
        };
        let address = |index, text: &str| Address {
            index,
            ip: text.parse().unwrap(),
            prefix: 24,
        };
        let mut inside = Inside {
            cookie: None,
            links: vec![link(2), link(3)],
            // The last one is of a device that has come since.
            addresses: Some(vec![address(3, "192.0.2.1"), address(9, "192.0.2.2")]),
            consistent: true,
            speeds: vec![
                Speed {
                    index: 2,
                    mbps: 100,
                },
                Speed { index: 9, mbps: 1 },
            ],
        };
        let all = inside.details();
        assert_eq!(all.len(), 2);
        let texts = |index| (all[&index].addresses(), all[&index].speed());
        assert_eq!(texts(2), ("-".to_owned(), "100Mb/s".to_owned()));
        assert_eq!(texts(3), ("192.0.2.1/24".to_owned(), "-".to_owned()));
        assert!(all[&3].has_addresses() && !all[&2].has_addresses());
        inside.addresses = None;
        assert_eq!(inside.details()[&3].addresses, None);
    }

    #[test]
    fn the_own_namespace_needs_no_way_and_one_without_a_way_is_hidden() {
        let wanted = Wanted {
            addresses: true,
            ..Wanted::default()
        };
        let mut seen = look(&[(Way::None, true), (Way::None, false)], wanted);
        seen.sort_by_key(|(at, _)| *at);
        let [(0, Ok(own)), (1, Err(why))] = seen.as_slice() else {
            panic!("{}", seen.len());
        };
        assert!(own.details().values().any(|one| one.mtu > 0));
        assert_eq!(why, "it is being destroyed");
    }
}
