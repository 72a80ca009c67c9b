// SPDX-License-Identifier: GPL-2.0-only

//! Verbs of the command, and how their time grows with what they list. None may be worse than
//! linear.

use crate::error::Result;
use crate::programs::{
    ip_batch,
    time, //
};
use crate::stage::Stage;
use crate::town::Town;
use homeward_bench::growth::{
    beside_standard,
    growth,
    Point,
    Run, //
};
use homeward_bench::result::{
    Row,
    Side,
    Unit, //
};
use homeward_client::model::Mark;
use homeward_client::{
    Client,
    DeviceChange,
    Which, //
};

/// A linear cost grows by 1; the rest is for noise, and for what a machine's caches do.
pub(super) const LINEAR: f64 = 1.5;
const NOTE: &str = "growth: the cost of one thing more between the smallest and the largest size, \
    divided by that between the smallest and the next to largest; 1 is linear, the ratio of those \
    two quadratic. Each run is measured by a piece of work beside it that is always the same";

/// The verbs that list namespaces, or what is in all of them.
const OF_NAMESPACES: [&str; 10] = [
    "homeward ls",
    "homeward devices",
    "homeward tree",
    "homeward find bench0",
    "homeward metrics",
    "homeward sockets",
    "homeward plan init",
    "homeward holders init",
    "homeward prune",
    "homeward netns list",
];

/// The verbs that list devices of one namespace. It is the first of a town.
const OF_DEVICES: [&str; 4] = [
    "homeward devices bench0",
    "homeward plan bench0",
    "homeward tree bench0",
    "homeward show bench0",
];

/// Some verbs, and their times at each size.
#[derive(Debug)]
pub(super) struct Verbs {
    all: Vec<(&'static str, Vec<Point>)>,
}

impl Verbs {
    fn new(verbs: &[&'static str]) -> Self {
        Verbs {
            all: verbs.iter().map(|verb| (*verb, Vec::new())).collect(),
        }
    }

    /// Those that list namespaces.
    pub(super) fn of_namespaces() -> Self {
        Verbs::new(&OF_NAMESPACES)
    }

    /// Measures all of them, with so many things there.
    pub(super) fn measure(&mut self, stage: &Stage, size: u64) -> Result<()> {
        let times = stage.options.pairs(5, 3);
        for (verb, points) in &mut self.all {
            points.push(point(size, times, || time(verb))?);
        }
        Ok(())
    }

    /// Tells how they grow.
    pub(super) fn tell(&self, stage: &Stage, name: &str, of: &str) {
        for (verb, points) in &self.all {
            let what = format!("growth by {of}: {verb}");
            tell(stage, name, &what, of, points);
        }
    }
}

/// Does something that tells its seconds so many times, with so many things there; first once for
/// nothing.
pub(super) fn point(
    size: u64,
    times: usize,
    mut work: impl FnMut() -> Result<f64>,
) -> Result<Point> {
    work()?;
    let runs: Result<Vec<Run>> = (0..times).map(|_| beside_standard(&mut work)).collect();
    Ok(Point {
        things: things(size),
        runs: runs?,
    })
}

/// Tells how something grows.
pub(super) fn tell(stage: &Stage, name: &str, what: &str, of: &str, points: &[Point]) {
    let Some(growth) = growth(points) else {
        println!("  {what}: too few sizes for a growth");
        return;
    };
    let mut row = Row::new(name, what, Unit::Growth, growth);
    row = row.target(LINEAR).note(NOTE);
    row.sides = points.iter().map(|point| side(point, of)).collect();
    stage.tell(row);
}

fn side(point: &Point, of: &str) -> Side {
    let took: Vec<f64> = point.runs.iter().map(|run| run.seconds * 1000.0).collect();
    Side::new(&format!("{} {of}", point.things), "ms", &took)
}

/// A number of things as a figure. All are small enough to be exact.
fn things(size: u64) -> f64 {
    f64::from(u32::try_from(size).unwrap_or(u32::MAX))
}

/// Measures those that list devices, with the module loaded.
pub(super) fn of_devices(stage: &Stage) -> Result<()> {
    let mut town = Town::new();
    town.grow(1)?;
    let measured = grow_first(stage);
    // They are to end with their town.
    mark_all(Mark::None)?;
    measured
}

/// Marks all of them that are not marked so.
fn mark_all(mark: Mark) -> Result<()> {
    let mut client = Client::connect()?;
    let change = DeviceChange {
        mark: Some(mark),
        ..DeviceChange::default()
    };
    for device in client.devices(None)? {
        if device.kind.as_deref() == Some("dummy") && device.mark != mark {
            client.set_device(device.namespace, Which::Ifindex(device.ifindex), &change)?;
        }
    }
    Ok(())
}

fn grow_first(stage: &Stage) -> Result<()> {
    let mut verbs = Verbs::new(&OF_DEVICES);
    let mut there = 0;
    for size in stage.options.sizes(&[10, 500, 2000], &[10, 60, 180]) {
        let add = |at| format!("link add dum{at} type dummy");
        let lines: Vec<String> = (there..size).map(add).collect();
        in_first(&lines)?;
        // All of them would go home: of one that would not there is less to tell.
        mark_all(Mark::Keep)?;
        there = size;
        verbs.measure(stage, size)?;
    }
    verbs.tell(stage, "list", "devices");
    Ok(())
}

/// Gives commands to an `ip` in the first namespace of a town.
fn in_first(lines: &[String]) -> Result<()> {
    let directory = homeward_netns::Directory::default();
    let name = homeward_netns::Name::new(std::ffi::OsStr::new(&Town::name(0)));
    let name = name.map_err(|error| crate::error::Error::other(error.to_string()))?;
    homeward_netns::inside(directory.open(&name)?, || ip_batch(lines))?
}
