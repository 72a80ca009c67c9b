// SPDX-License-Identifier: GPL-2.0-only

//! The death of a namespace that has physical devices: the kernel's own return against ours.
//!
//! From the moment that the last reference is dropped. The kernel's is over when all devices are
//! in the initial namespace, whatever they look like there; ours when all are just as they were.

use crate::arrivals::{
    Arrivals,
    Times, //
};
use crate::error::Result;
use crate::module::{
    self,
    Calls, //
};
use crate::nics::{
    Change,
    Nics, //
};
use crate::rtnl::longest_wait;
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
use std::time::Instant;

const ROW: &str = "death";
const SIDES: (&str, &str) = ("kernel", "homeward");
const NOTE: &str = "theirs ends when all devices are back, under whatever name and with whatever \
    settings; ours when each has its own";
const CALLS_NOTE: &str = "calls by the kernel's workers from the death to the end of the \
    namespace; synchronize_net() as far as the compiler left calls of it";

const FOREIGN_NOTE: &str =
    "ours is the longest time for which any of the devices was seen in the initial \
    namespace and was not as it should be; theirs is that of the whole return, to have a measure";

const WAIT_NOTE: &str =
    "the longest that an RTM_SETLINK took from the death until theirs or ours ends, which \
    wants RTNL and changes nothing";

/// Of these the calls are counted.
const FUNCTIONS: [&str; 6] = [
    "synchronize_net",
    "synchronize_rcu",
    "synchronize_rcu_expedited",
    "rcu_barrier",
    "call_netdevice_notifiers_info",
    "rtnl_lock",
];

/// What is different from one measurement to another.
#[derive(Clone, Copy, Debug)]
struct Case {
    up: bool,
    change: Change,
    /// Whether each device has a namespace of its own; all of them die together.
    apart: bool,
    target: Option<f64>,
}

const fn case(up: bool, change: Change, target: Option<f64>) -> Case {
    Case {
        up,
        change,
        apart: false,
        target,
    }
}

const APART: Case = Case {
    up: true,
    change: Change::Changed,
    apart: true,
    target: Some(0.9),
};

/// The targets are of devices that are up; those that are down have less to be quick with.
const CASES: [Case; 7] = [
    case(false, Change::Same, None),
    case(true, Change::Same, Some(1.0)),
    case(false, Change::Renamed, None),
    case(true, Change::Renamed, Some(1.0)),
    case(false, Change::Changed, None),
    case(true, Change::Changed, Some(1.0)),
    APART,
];

impl Case {
    /// Whether it is measured also in a quick run.
    fn is_quick(self) -> bool {
        self.up || self.change == Change::Same
    }

    /// Whether it is measured how long RTNL is held.
    fn holds_rtnl(self, size: u64) -> bool {
        (self.change == Change::Same || self.apart) && (size > 1 || !self.apart)
    }

    fn words(self, driver: &str) -> String {
        let state = if self.up { "UP" } else { "DOWN" };
        let apart = if self.apart { ", a namespace each" } else { "" };
        format!("{driver}, {state}, {}{apart}", self.change.word())
    }

    /// The namespaces that so many devices are in. What else is dying must not stand before them in
    /// the queue.
    fn namespaces(self, devices: usize) -> Result<Vec<Namespace>> {
        let mut all = vec![Namespace::alone()?];
        if self.apart {
            all.extend(world::many(devices.saturating_sub(1))?);
        }
        Ok(all)
    }
}

/// Measures it.
pub(crate) fn measure(stage: &Stage) -> Result<()> {
    for size in stage.options.sizes(&[1, 8, 64, 256], &[1, 8]) {
        let nics = Nics::netdevsim(usize::try_from(size).unwrap_or(usize::MAX))?;
        all_cases(stage, &nics, "netdevsim", size)?;
    }
    // As many as the machine has.
    let mut cards = Nics::driven_by("virtio_net")?;
    let most = cards.all.len();
    for size in stage.options.sizes(&[1, 8], &[1, 8]) {
        let count = usize::try_from(size).unwrap_or(usize::MAX);
        if count <= most {
            cards.all.truncate(count);
            all_cases(stage, &cards, "virtio", size)?;
            cards = Nics::driven_by("virtio_net")?;
        }
    }
    module::set(false)
}

fn all_cases(stage: &Stage, nics: &Nics, driver: &str, size: u64) -> Result<()> {
    // A sample of many devices takes long, and has less of chance in it.
    let few = match size {
        ..=32 => 11,
        33..=100 => 5,
        _ => 3,
    };
    let pairs = stage.options.pairs(few, if size > 1 { 3 } else { 5 });
    let all = !stage.options.quick;
    // One alone is apart from none.
    let cases = CASES.into_iter().filter(|case| size > 1 || !case.apart);
    for case in cases.filter(|case| all || case.is_quick()) {
        let sample = |loaded| one(nics, case, loaded);
        let warm = size == 1;
        let (a, b) = alternate(pairs, warm, || sample(false), || sample(true))?;
        let told = Told {
            row: ROW,
            what: &case.words(driver),
            size: Some((size, "devices")),
            sides: SIDES,
            unit: "ms",
            target: case.target,
            note: NOTE,
        };
        stage.compare(told, &Pairs::of(&a, &b, |times: &Times| times.done))?;
        if case.change != Change::Same {
            foreign(stage, told, &a, &b)?;
        }
    }
    for case in CASES.into_iter().filter(|case| case.holds_rtnl(size)) {
        waits(stage, nics, case, driver, size, pairs)?;
    }
    for case in CASES.iter().filter(|case| case.up && !case.apart) {
        count(stage, nics, *case, driver, size)?;
    }
    Ok(())
}

/// Tells for how long a device was seen at home as it was inside.
fn foreign(stage: &Stage, told: Told<'_>, kernel: &[Times], homeward: &[Times]) -> Result<()> {
    let told = Told {
        what: &format!("{}: seen as a stranger", told.what),
        target: Some(0.0),
        note: FOREIGN_NOTE,
        ..told
    };
    let pairs = Pairs {
        a: kernel.iter().map(|times| times.done).collect(),
        b: homeward.iter().map(|times| times.foreign).collect(),
    };
    stage.compare(told, &pairs)
}

/// One death; gives when the devices were back.
fn one(nics: &Nics, case: Case, loaded: bool) -> Result<Times> {
    staged(nics, case, loaded, |namespaces| {
        death(nics, namespaces, loaded)
    })
}

/// Has the devices in namespaces that are about to die, and makes them what they were afterwards.
fn staged<T>(
    nics: &Nics,
    case: Case,
    loaded: bool,
    death: impl FnOnce(Vec<Namespace>) -> Result<T>,
) -> Result<T> {
    module::set(loaded)?;
    let namespaces = case.namespaces(nics.all.len())?;
    nics.carry(&namespaces, case.up, case.change)?;
    let result = death(namespaces);
    nics.put_right()?;
    result
}

fn death(nics: &Nics, namespaces: Vec<Namespace>, loaded: bool) -> Result<Times> {
    let mut arrivals = Arrivals::new()?;
    let begun = Instant::now();
    drop(namespaces);
    nics.wait(&mut arrivals, begun, loaded)
}

/// Tells for how long others wait for RTNL. By deaths of their own, as whoever asks for it takes time, too.
fn waits(
    stage: &Stage,
    nics: &Nics,
    case: Case,
    driver: &str,
    size: u64,
    pairs: usize,
) -> Result<()> {
    let sample = |loaded| {
        staged(nics, case, loaded, |namespaces| {
            let (_, longest) = longest_wait(|| death(nics, namespaces, loaded))?;
            Ok(longest)
        })
    };
    let (a, b) = alternate(pairs, false, || sample(false), || sample(true))?;
    let told = Told {
        row: ROW,
        what: &format!("{}: others wait for RTNL", case.words(driver)),
        size: Some((size, "devices")),
        sides: SIDES,
        unit: "ms",
        target: None,
        note: WAIT_NOTE,
    };
    stage.compare(told, &Pairs { a, b })
}

/// Counts what takes the time, in one death of each kind.
fn count(stage: &Stage, nics: &Nics, case: Case, driver: &str, size: u64) -> Result<()> {
    let mut counted = Vec::new();
    for loaded in [false, true] {
        module::set(loaded)?;
        let namespaces = case.namespaces(nics.all.len())?;
        nics.carry(&namespaces, case.up, case.change)?;
        let calls = Calls::of(&FUNCTIONS)?;
        drop(namespaces);
        // Kept until the figures are read: its own end is not to be in them.
        let end = Namespace::alone()?;
        counted.push(calls.read()?);
        drop((calls, end));
        nics.put_right()?;
    }
    for function in FUNCTIONS {
        let of = |at: usize| counted.get(at).and_then(|all| all.get(function)).copied();
        let (Some(theirs), Some(ours)) = (of(0), of(1)) else {
            println!("  {function}() cannot be counted");
            continue;
        };
        // With nothing to compare with there is no ratio.
        if theirs == 0.0 {
            println!("  {function}(): 0 by the kernel alone, {ours} with homeward");
            continue;
        }
        let told = Told {
            row: ROW,
            what: &format!("calls of {function}(): {}", case.words(driver)),
            size: Some((size, "devices")),
            sides: SIDES,
            unit: "calls",
            target: None,
            note: CALLS_NOTE,
        };
        let pairs = Pairs {
            a: vec![theirs],
            b: vec![ours],
        };
        stage.compare(told, &pairs)?;
    }
    Ok(())
}
