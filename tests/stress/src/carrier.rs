// SPDX-License-Identifier: GPL-2.0-only

//! Carries cards into namespaces, which die.

use std::process::{Child, Command, Stdio};
use std::time::Instant;

use crate::arena::{eventually, ip, run, Arena};
use crate::figures::{count, longest};
use crate::nic::Nic;
use crate::witness::silent_failures;

/// A namespace of one process.
struct Container(Child);

impl Container {
    /// In the namespace of another one, or in the initial one.
    fn new(inside: Option<&Container>) -> Option<Self> {
        let theirs = inside.map(|other| other.0.id().to_string());
        let mut words = Vec::new();
        if let Some(pid) = &theirs {
            words.extend(["nsenter", "--target", pid, "--net"]);
        }
        words.extend(["unshare", "--net", "sleep", "1000"]);
        let (program, words) = words.split_first()?;
        let child = Command::new(program)
            .args(words)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .ok()?;
        let mut container = Container(child);
        let link = |pid: u32| std::fs::read_link(format!("/proc/{pid}/ns/net")).ok();
        // It begins in ours: what is carried to it too early would be home.
        let ours = link(std::process::id());
        let from = inside.and_then(|other| link(other.0.id()));
        let mut arrived = false;
        eventually(|| {
            let here = link(container.0.id());
            arrived = here.is_some() && here != ours && here != from;
            // Where calls fail at random, a namespace may be refused.
            arrived || matches!(container.0.try_wait(), Ok(Some(_)))
        });
        arrived.then_some(container)
    }

    fn ip(&self, words: &str) -> bool {
        let pid = self.0.id().to_string();
        let mut all = vec!["--target", &pid, "--net", "/usr/bin/ip"];
        all.extend(words.split(' '));
        run("nsenter", &all)
    }
}

impl Drop for Container {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// One journey of one of the cards of this carrier.
pub(crate) fn carry(arena: &Arena, dice: &mut fastrand::Rng, carrier: u32, carriers: u32) {
    let mine: Vec<&Nic> = arena
        .nics
        .iter()
        .zip((0..carriers).cycle())
        .filter(|(_, owner)| *owner == carrier)
        .map(|(nic, _)| nic)
        .collect();
    if let Some(nic) = dice.choice(mine) {
        journey(arena, dice, nic);
    }
}

/// A journey of a card, up to four namespaces deep; whether it was one from beginning to end.
pub(crate) fn journey(arena: &Arena, dice: &mut fastrand::Rng, nic: &Nic) -> bool {
    let before = Before::new(arena);
    let mut chain: Vec<Container> = Vec::new();
    let mut name = nic.name.clone();
    let mut moves = 0;
    for depth in 0..dice.usize(1..=4) {
        let Some(next) = Container::new(chain.last()) else {
            break;
        };
        let step = format!("link set {name} netns {}", next.0.id());
        // It may have been recalled meanwhile.
        let moved = match chain.last() {
            Some(last) => last.ip(&step),
            None => ip(&step),
        };
        if moved {
            let other = format!("ct{depth}");
            spoil(&next, &name, &other, dice);
            name = other;
            moves += 1;
            count(&arena.figures.moves);
        }
        chain.push(next);
    }
    let died = Instant::now();
    dice.shuffle(&mut chain);
    for container in chain {
        drop(container);
        count(&arena.figures.killed);
    }
    check(arena, nic, &before, died);
    count(&arena.figures.journeys);
    moves > 0
}

fn spoil(place: &Container, name: &str, other: &str, dice: &mut fastrand::Rng) {
    place.ip(&format!(
        "link set {name} name {other} mtu {} promisc on",
        dice.u32(1280..1500)
    ));
    if dice.bool() {
        let queue = dice.u32(1..1000);
        place.ip(&format!(
            "link set {other} up alias theirs txqueuelen {queue}"
        ));
    }
    if dice.bool() {
        place.ip(&format!(
            "link property add dev {other} altname alt{}",
            dice.u8(..)
        ));
    }
    if dice.bool() {
        // Something of the container's own, which dies with it.
        place.ip("link add own0 type dummy");
    }
}

/// How things were before a journey.
struct Before {
    epoch: Option<u64>,
    when: Instant,
    /// Failures that the module could only count; of use where there are faults.
    silent: Option<u64>,
}

impl Before {
    fn new(arena: &Arena) -> Self {
        Before {
            epoch: arena.epoch(),
            when: Instant::now(),
            silent: silent(arena),
        }
    }

    /// Whether the module has been there all the time since.
    fn watched(&self, arena: &Arena) -> bool {
        self.epoch.is_some() && arena.epoch() == self.epoch
    }
}

fn silent(arena: &Arena) -> Option<u64> {
    if !arena.faulty() {
        return Some(0);
    }
    arena.stats().map(|stats| silent_failures(&stats))
}

/// Whether the module has told that the card is not as it was.
fn is_told(arena: &Arena, nic: &Nic, before: &Before) -> bool {
    let heard = nic
        .ifindex()
        .is_some_and(|ifindex| arena.witness.heard(ifindex, before.when));
    heard || silent(arena) != before.silent
}

/// The card is home and in order, if the module was there all the time, or it was told what is not
/// in order. Then it is put in order.
fn check(arena: &Arena, nic: &Nic, before: &Before, died: Instant) {
    let mut told = false;
    let settled = eventually(|| {
        if nic.is_right() {
            return true;
        }
        let home = nic.look().is_some();
        told = home && arena.faulty() && is_told(arena, nic, before);
        told || (home && !before.watched(arena))
    });
    if !settled {
        arena.complain(match nic.look() {
            None => format!("{} did not come home", nic.name),
            Some(look) => format!("{} came home as {look:?}, and nothing was told", nic.name),
        });
    }
    if before.watched(arena) {
        count(&arena.figures.watched);
        if told {
            count(&arena.figures.told);
        } else {
            longest(&arena.figures.worst_return, died.elapsed());
        }
    }
    if !nic.put_right() {
        arena.complain(format!(
            "{} cannot be put right: {:?}",
            nic.name,
            nic.look()
        ));
    }
}
