// SPDX-License-Identifier: GPL-2.0-only

//! What is foretold of devices is what happens to them, whatever the topology and the policy.

use std::collections::HashMap;

use homeward_abi::cmd;
use homeward_client::model::{Action, Device, EventKind, Mark, NewRule, RuleAction, RuleClass};
use homeward_client::{DeviceChange, Which};
use homeward_guest_tests::{
    batch, client, ip, load, times, try_batch, Listener, Namespace, Netdevsim, StandingDump,
};

/// xorshift64*: the same numbers for the same seed.
struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let high = self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33;
        usize::try_from(high).expect("31 bits") % n
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }
}

const PLACES: [&str; 4] = ["", "red", "blue", "green"];

/// A device, where it is and what it is called there.
struct Mover {
    place: usize,
    name: String,
}

/// `ip` in one of the places; an error is no matter, the kernel refuses much.
fn try_ip(place: usize, args: &str) -> bool {
    let mut all: Vec<&str> = Vec::new();
    if place != 0 {
        all.extend(["-n", PLACES[place]]);
    }
    all.extend(args.split(' '));
    std::process::Command::new("/usr/bin/ip")
        .args(all)
        .output()
        .is_ok_and(|output| output.status.success())
}

fn random_rule(random: &mut Random) -> NewRule {
    let names = [None, Some("sim*"), Some("d*"), Some("x?"), Some("*")];
    let kinds = [None, None, Some("dummy"), Some("veth")];
    let classes = [None, Some(RuleClass::Physical), Some(RuleClass::Virtual)];
    let actions = [
        RuleAction::Return,
        RuleAction::Return,
        RuleAction::Init,
        RuleAction::Kernel,
    ];
    let templates = [None, Some("%s-%d"), Some("re%d")];
    NewRule {
        name: random.pick(&names).map(str::to_owned),
        kind: random.pick(&kinds).map(str::to_owned),
        class: *random.pick(&classes),
        action: *random.pick(&actions),
        template: random.pick(&templates).map(str::to_owned),
        ..NewRule::default()
    }
}

/// One change to the world: a move, a new name, a mark.
fn step(random: &mut Random, spaces: &[Namespace], movers: &mut [Mover]) {
    let names = ["sim0", "sim1", "dum0", "x1", "x2", "eth9"];
    let mover = random.below(movers.len());
    let mover = &mut movers[mover];
    match random.below(6) {
        0..=2 => {
            let to = random.below(PLACES.len());
            let target = if to == 0 { "1" } else { PLACES[to] };
            if try_ip(
                mover.place,
                &format!("link set {} netns {target}", mover.name),
            ) {
                mover.place = to;
            }
        }
        3 | 4 => {
            let name = *random.pick(&names);
            if try_ip(mover.place, &format!("link set {} name {name}", mover.name)) {
                mover.name = name.to_owned();
            }
        }
        _ => {
            let mark = *random.pick(&[Mark::Keep, Mark::Release, Mark::None]);
            let change = DeviceChange {
                mark: Some(mark),
                ..DeviceChange::default()
            };
            if mover.place != 0 {
                let cookie = spaces[mover.place - 1].cookie();
                let _ = client().set_device(cookie, Which::Name(&mover.name), &change);
            }
        }
    }
}

/// What was foretold of a device, beside what the events tell of it.
#[track_caller]
fn compare(seed: u64, before: &Device, after: &HashMap<String, (u64, String)>, gone: &[String]) {
    let fate = before.fate.clone().expect("a fate");
    let who = format!("seed {seed}: {before:?}");
    match fate.action {
        Action::Return => {
            let (place, name) = after
                .get(&before.name)
                .unwrap_or_else(|| panic!("{who} is lost"));
            assert_eq!(Some(*place), fate.destination, "{who}");
            assert_eq!(Some(name.as_str()), fate.name.as_deref(), "{who}");
        }
        Action::Kernel if before.physical && !before.immovable => {
            assert!(!gone.contains(&before.name), "{who} was destroyed");
        }
        Action::Kernel => {
            assert!(!after.contains_key(&before.name), "{who} came home");
        }
        other => panic!("{other:?} for {who}"),
    }
}

fn try_seed(seed: u64) -> usize {
    load();
    let mut random = Random(seed);
    let sim = Netdevsim::new(1, &["sim0", "sim1", "sim2"]);
    let mut spaces: Vec<_> = PLACES[1..]
        .iter()
        .map(|name| Namespace::add(name))
        .collect();
    ip("link add dum0 type dummy");
    ip("link add ve0 type veth peer name ve1");
    let mut movers: Vec<_> = ["sim0", "sim1", "sim2", "dum0", "ve0"]
        .iter()
        .map(|&name| Mover {
            place: 0,
            name: name.to_owned(),
        })
        .collect();
    for _ in 0..random.below(4) {
        client()
            .add_rule(&random_rule(&mut random))
            .expect("a rule");
    }
    for _ in 0..14 {
        step(&mut random, &spaces, &mut movers);
    }
    // The fullest one dies.
    let fullest = (0..spaces.len())
        .max_by_key(|at| movers.iter().filter(|mover| mover.place == at + 1).count())
        .expect("a namespace");
    let dying = spaces.remove(fullest);
    let cookie = dying.cookie();
    let foretold = client().devices(Some(cookie)).expect("devices");
    let mut events = Listener::new();
    dying.delete();
    let (mut after, mut gone) = (HashMap::new(), Vec::new());
    for kind in events.until_gone(cookie) {
        match kind {
            EventKind::DeviceReturned(device, Some(how)) if how.from == Some(cookie) => {
                let from = how.from_name.expect("its name");
                after.insert(from, (device.namespace, device.name));
            }
            EventKind::DeviceDestroyed(device) => gone.push(device.name),
            _ => {}
        }
    }
    for device in &foretold {
        compare(seed, device, &after, &gone);
    }
    drop(spaces);
    drop(sim);
    let names = ["dum0", "ve0", "ve1", "x1", "x2", "eth9", "sim0", "sim1"];
    let lines = names.map(|name| format!("link del {name}\n"));
    try_batch(&lines.concat());
    foretold.iter().filter(|device| !device.immovable).count()
}

#[test]
fn what_is_foretold_of_devices_is_what_happens_to_them() {
    // Each seed is a world of its own; a failure names its seed.
    let worlds = times(12);
    let devices: usize = (1..=worlds as u64)
        .map(|n| try_seed(u64::wrapping_mul(n, 0x9E37_79B9_7F4A_7C15)))
        .sum();
    assert!(
        devices >= worlds,
        "only {devices} devices: the worlds are too empty to prove anything"
    );
}

/// More than a dump tells in one go.
const MANY: usize = 500;

/// So many dummies in a namespace that are to go home, and a rule that matches them.
fn many(red: &Namespace) -> u32 {
    let lines: Vec<_> = (0..MANY)
        .map(|at| format!("link add rival{at} netns red group 7 type dummy\n"))
        .collect();
    batch(&lines.concat());
    let all = client().devices(Some(red.cookie())).expect("devices");
    assert_eq!(all.len(), MANY + 1);
    let keep = DeviceChange {
        mark: Some(Mark::Keep),
        ..DeviceChange::default()
    };
    let mut client = client();
    for device in all.iter().filter(|device| !device.immovable) {
        let which = Which::Ifindex(device.ifindex);
        client
            .set_device(device.namespace, which, &keep)
            .expect("kept");
    }
    let rule = client.add_rule(&NewRule {
        kind: Some("dummy".to_owned()),
        action: RuleAction::Init,
        ..NewRule::default()
    });
    rule.expect("a rule").id
}

/// Has a device go home.
fn keep(namespace: &Namespace, device: &str) {
    let change = DeviceChange {
        mark: Some(Mark::Keep),
        ..DeviceChange::default()
    };
    client()
        .set_device(namespace.cookie(), Which::Name(device), &change)
        .expect("kept");
}

/// Makes a device want that name at home.
fn wants(namespace: &Namespace, device: &str, name: &str) {
    let change = DeviceChange {
        home_name: Some(Some(name.to_owned())),
        ..DeviceChange::default()
    };
    client()
        .set_device(namespace.cookie(), Which::Name(device), &change)
        .expect("a name for home");
}

#[test]
fn rivals_for_a_name_are_foretold_alike_by_a_dump_and_one_by_one() {
    load();
    let red = Namespace::add("red");
    let rule = many(&red);
    let wanted = ["same", "same_0", "same_1"];
    let rivals = [0, MANY / 2, MANY - 1].map(|at| format!("rival{at}"));
    for rival in &rivals {
        wants(&red, rival, "same");
    }
    let all = client().devices(Some(red.cookie())).expect("devices");
    for one in all.iter().filter(|one| one.name != "lo") {
        let at = rivals.iter().position(|rival| *rival == one.name);
        let fate = one.fate.as_ref().expect("a fate");
        assert_eq!(
            fate.name.as_deref(),
            Some(at.map_or(one.name.as_str(), |at| wanted[at]))
        );
        if at.is_some() {
            let alone = client().device(red.cookie(), one.ifindex);
            let mut alone = alone.expect("a device");
            assert!(
                alone.now.take().is_some(),
                "only alone it tells what it is like"
            );
            assert_eq!(&alone, one);
        }
    }
    // A second dump starts afresh, and so does each namespace.
    let blue = Namespace::add("blue");
    ip("link add rival netns blue type dummy");
    wants(&blue, "rival", "same");
    keep(&blue, "rival");
    let both = client().devices(None).expect("devices");
    let of = |cookie| both.iter().filter(move |one| one.namespace == cookie);
    assert!(of(red.cookie()).eq(&all));
    let rival = of(blue.cookie()).find(|one| one.name == "rival");
    let fate = rival.expect("a rival").fate.clone().expect("a fate");
    assert_eq!(fate.name.as_deref(), Some("same"));
    client().delete_rule(rule).expect("no rule");
    red.ip("link del group 7");
    blue.ip("link del rival");
}

#[test]
fn a_dump_says_that_what_it_foretold_has_changed() {
    load();
    let red = Namespace::add("red");
    let rule = many(&red);
    wants(&red, "rival0", "same");
    assert!(!StandingDump::of(cmd::DEV_GET).is_interrupted());
    let dump = StandingDump::of(cmd::DEV_GET);
    wants(&red, "rival0", "");
    assert!(dump.is_interrupted());
    let dump = StandingDump::of(cmd::DEV_GET);
    client().delete_rule(rule).expect("no rule");
    assert!(dump.is_interrupted());
    // And one that nobody reads on with leaves nothing behind, as the end of the run tells.
    drop(StandingDump::of(cmd::DEV_GET));
    red.ip("link del group 7");
}
