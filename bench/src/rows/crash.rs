// SPDX-License-Identifier: GPL-2.0-only

//! From the SIGKILL of a container's last process to its card, usable at home under its own name.
//!
//! Ours against watchers in userspace, which have the kernel alone to do with. Most of the time
//! from SIGKILL on is the kernel's, in both cases; what a watcher adds begins when the card arrives
//! at home. So both are told.

use super::watcher::{
    Quick,
    Script, //
};
use crate::arrivals::{
    Arrivals,
    Times, //
};
use crate::dweller::Dweller;
use crate::error::{
    Error,
    Result, //
};
use crate::module;
use crate::nics::{
    Change,
    Nics, //
};
use crate::stage::{
    Stage,
    Told, //
};
use crate::world::{
    self,
    Namespace, //
};
use homeward_bench::measure::{
    alternate,
    Pairs, //
};
use nix::sched::{
    setns,
    CloneFlags, //
};
use std::time::Instant;

const ROW: &str = "crash";
const NOTE: &str =
    "each sample: a card renamed and changed inside, until it has name, MTU, MAC and \
    queue of its own again; `watcher` is a program that listens to netlink and runs `ip link set` \
    once, `script` is `ip monitor link | while read ...`";

/// Who puts it right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Who {
    Homeward,
    Watcher,
    Script,
}

/// Measures it.
pub(crate) fn measure(stage: &Stage) -> Result<()> {
    for driver in ["netdevsim", "virtio"] {
        let mut nics = match driver {
            "netdevsim" => Nics::netdevsim(1)?,
            _ => Nics::driven_by("virtio_net")?,
        };
        nics.all.truncate(1);
        against(stage, &nics, driver, Who::Watcher, "watcher")?;
        against(stage, &nics, driver, Who::Script, "script")?;
    }
    module::set(false)
}

fn against(stage: &Stage, nics: &Nics, driver: &str, who: Who, name: &str) -> Result<()> {
    let pairs = stage.options.pairs(21, 6);
    let (a, b) = alternate(pairs, true, || one(nics, who), || one(nics, Who::Homeward))?;
    let tell = |from: &str, of: fn(&Times) -> f64| {
        let told = Told {
            row: ROW,
            what: &format!("{driver}, {name}, from {from}"),
            size: None,
            sides: (name, "homeward"),
            unit: "ms",
            target: Some(0.1),
            note: NOTE,
        };
        stage.compare(told, &Pairs::of(&a, &b, of))
    };
    tell("SIGKILL", |times| times.done)?;
    tell("arrival at home", |times| times.done - times.arrived)
}

/// One crash.
fn one(nics: &Nics, who: Who) -> Result<Times> {
    module::set(who == Who::Homeward)?;
    let namespace = Namespace::alone()?;
    let nic = nics.all.first();
    let nic = nic.ok_or_else(|| Error::other("no network card"))?;
    let dweller = world::in_thread(|| {
        setns(&namespace, CloneFlags::CLONE_NEWNET).map_err(Error::sys("enter a namespace"))?;
        Dweller::new(0)
    })?;
    nics.carry(std::slice::from_ref(&namespace), true, Change::Changed)?;
    // From now on only the process holds it.
    drop(namespace);
    let quick = (who == Who::Watcher).then(|| Quick::new(nic)).transpose()?;
    let script = (who == Who::Script).then(|| Script::new(nic)).transpose()?;
    let mut arrivals = Arrivals::new()?;
    let begun = Instant::now();
    dweller.kill()?;
    let times = nics.wait(&mut arrivals, begun, true);
    drop((quick, script, dweller));
    nics.put_right()?;
    times
}
