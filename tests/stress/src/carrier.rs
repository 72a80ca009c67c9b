// SPDX-License-Identifier: GPL-2.0-only

//! Carries cards into namespaces, which die.

use std::process::{Child, Command, Stdio};
use std::time::Instant;

use crate::arena::{count, eventually, ip, longest, mtu_at_home, name_at_home, run, Arena, Nic};

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
        let container = Container(child);
        let link = |pid: u32| std::fs::read_link(format!("/proc/{pid}/ns/net")).ok();
        let from = link(inside.map_or_else(std::process::id, |other| other.0.id()));
        let arrived = eventually(|| {
            let here = link(container.0.id());
            here.is_some() && here != from
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

/// One journey of one of the cards of this carrier, up to four namespaces deep.
pub(crate) fn carry(arena: &Arena, dice: &mut fastrand::Rng, carrier: u32, carriers: u32) {
    let mine: Vec<&Nic> = arena
        .nics
        .iter()
        .zip((0..carriers).cycle())
        .filter(|(_, owner)| *owner == carrier)
        .map(|(nic, _)| nic)
        .collect();
    let Some(nic) = dice.choice(mine) else {
        return;
    };
    let epoch = arena.epoch();
    let mut chain: Vec<Container> = Vec::new();
    let mut name = nic.name.clone();
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
        }
        chain.push(next);
    }
    let died = Instant::now();
    dice.shuffle(&mut chain);
    drop(chain);
    check(arena, nic, epoch, died);
    count(&arena.counts.journeys);
}

fn spoil(place: &Container, name: &str, other: &str, dice: &mut fastrand::Rng) {
    place.ip(&format!(
        "link set {name} name {other} mtu {}",
        dice.u32(1280..1500)
    ));
    if dice.bool() {
        place.ip(&format!("link set {other} up"));
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

/// The card is home and in order, if the module was there all the time; else it is put in order.
fn check(arena: &Arena, nic: &Nic, epoch: Option<u64>, died: Instant) {
    let mut seen = None;
    let watched = || epoch.is_some() && arena.epoch() == epoch;
    let home = eventually(|| {
        seen = name_at_home(&nic.mac);
        let in_order = seen.as_deref() == Some(&nic.name) && mtu_at_home(&nic.name) == Some(1500);
        in_order || (seen.is_some() && !watched())
    });
    if !home {
        arena.complain(match seen {
            None => format!("{} did not come home", nic.name),
            Some(name) => format!(
                "{} came home as {name}, MTU {:?}",
                nic.name,
                mtu_at_home(&name)
            ),
        });
    }
    if watched() {
        count(&arena.counts.watched);
        longest(&arena.counts.worst_return, died.elapsed());
        return;
    }
    // The kernel alone brought it back, as it was inside.
    eventually(|| {
        let Some(name) = name_at_home(&nic.mac) else {
            return false;
        };
        if name != nic.name {
            ip(&format!("link set {name} down"));
            ip(&format!("link set {name} name {}", nic.name));
        }
        ip(&format!("link set {} mtu 1500 down", nic.name))
    });
}
