// SPDX-License-Identifier: GPL-2.0-only

//! Many NICs that leave home together, are changed, and come back.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;

use homeward_client::model::{Device, EventKind, Return};

use crate::device::Netdevsim;
use crate::events::Listener;
use crate::link::{Link, Rtnl};
use crate::namespace::{Namespace, Namespaces};
use crate::observer::News;
use crate::run::batch;

/// As many ports of one simulated card have numbers that mean nothing else.
const PORTS: usize = 64;

/// NICs, and what they are like at home; gone when dropped.
#[derive(Debug)]
pub struct Fleet {
    _cards: Vec<Netdevsim>,
    /// One by one.
    pub homes: Vec<Link>,
}

impl Fleet {
    /// So many, called `nic0` and so on.
    #[track_caller]
    pub fn new(count: usize) -> Self {
        Fleet::like(count, |_| String::new())
    }

    /// The same, after `ip link set NAME` with these words for the one of that number.
    #[track_caller]
    pub fn like(count: usize, words: impl Fn(usize) -> String) -> Self {
        let names: Vec<_> = (0..count).map(|number| format!("nic{number}")).collect();
        let cards = names.chunks(PORTS).zip(10..).map(|(names, id)| {
            let names: Vec<_> = names.iter().map(String::as_str).collect();
            Netdevsim::new(id, &names)
        });
        let cards = cards.collect();
        let change = |(at, name)| match words(at) {
            words if words.is_empty() => String::new(),
            words => format!("link set dev {name} {words}\n"),
        };
        batch(&names.iter().enumerate().map(change).collect::<String>());
        let mut rtnl = Rtnl::new();
        Fleet {
            _cards: cards,
            homes: names
                .iter()
                .map(|name| rtnl.by_name(name).expect("a NIC"))
                .collect(),
        }
    }

    /// What they are like at home has been changed.
    #[track_caller]
    pub fn look_again(&mut self) {
        let mut rtnl = Rtnl::new();
        for home in &mut self.homes {
            *home = rtnl.link(home.ifindex).expect("a NIC");
        }
    }

    /// All of them leave, spread over these namespaces; `words` are for `ip link set` there.
    #[track_caller]
    pub fn leave_for(&self, namespaces: &[Namespace], words: impl Fn(usize) -> String) {
        // One request of `ip` does all that its line says, and the move comes first in it.
        let line = |(number, home): (usize, &Link)| {
            let there = namespaces[number % namespaces.len()].name();
            format!(
                "link set dev {} netns {there} {}\n",
                home.name,
                words(number)
            )
        };
        batch(&self.homes.iter().enumerate().map(line).collect::<String>());
    }

    /// All that listeners at home may hear of their arrival: one `add` for each, with its name there, and
    /// then nothing but what it is like at home.
    #[track_caller]
    pub fn arrived_as_themselves(&self, what: &str, news: &[News]) {
        let wrong = wrongs(&self.homes, news);
        let some: Vec<_> = wrong.iter().take(12).collect();
        assert!(wrong.is_empty(), "{what}: {} wrong: {some:#?}", wrong.len());
    }

    /// Each is as it was, as far as rtnetlink can tell.
    #[track_caller]
    pub fn all_as_before(&self, what: &str) {
        let mut rtnl = Rtnl::new();
        for home in &self.homes {
            let now = rtnl.link(home.ifindex);
            assert_eq!(now.as_ref(), Some(home), "{what}");
        }
    }
}

/// What of that news should not have been heard.
fn wrongs(homes: &[Link], news: &[News]) -> Vec<String> {
    let homes: BTreeMap<_, _> = homes.iter().map(|home| (home.ifindex, home)).collect();
    let mut added = BTreeMap::<u32, u32>::new();
    let mut wrong = Vec::new();
    for one in news {
        match one {
            News::Uevent(event) => {
                let own = homes
                    .get(&event.ifindex)
                    .is_some_and(|home| home.name == event.name);
                match event.action == "add" && own {
                    true => *added.entry(event.ifindex).or_default() += 1,
                    false => wrong.push(one.to_string()),
                }
            }
            News::Link(link) => match homes.get(&link.ifindex) {
                Some(home) if link == *home => {}
                Some(home) => wrong.push(format!("{one}: {:?}", link.differing(home))),
                None => wrong.push(one.to_string()),
            },
            News::Gone(_) => wrong.push(one.to_string()),
        }
    }
    let count = |ifindex| added.get(ifindex).copied().unwrap_or(0);
    let not_once = homes.iter().filter(|(ifindex, _)| count(ifindex) != 1);
    wrong.extend(
        not_once.map(|(ifindex, home)| format!("{} uevents add {}", count(ifindex), home.name)),
    );
    wrong
}

/// Has all of them die at the same time, held to the last by descriptors that are closed one after the
/// other. Gives what was told until the last of them is gone.
#[track_caller]
pub fn die_together(namespaces: Namespaces) -> Vec<EventKind> {
    let open = |one: &Namespace| File::open(format!("/run/netns/{}", one.name())).expect("it");
    let held: Vec<_> = namespaces.iter().map(open).collect();
    let mut left: BTreeSet<_> = namespaces.iter().map(Namespace::cookie).collect();
    drop(namespaces);
    let mut events = Listener::new();
    drop(held);
    let mut told = Vec::new();
    while !left.is_empty() {
        let kind = events.wait().kind;
        if let EventKind::NamespaceGone(gone) = &kind {
            left.remove(&gone.cookie);
        }
        told.push(kind);
    }
    told
}

/// The devices that came home, and how.
pub fn returns(told: &[EventKind]) -> Vec<(&Device, &Return)> {
    let came = |kind| match kind {
        &EventKind::DeviceReturned(ref device, Some(ref how)) => Some((device, how)),
        _ => None,
    };
    told.iter().filter_map(came).collect()
}
