// SPDX-License-Identifier: GPL-2.0-only

//! What is asked often, or all the time, where there are many namespaces: `find`, `metrics` and `top`.

use crate::error::{
    Error,
    Result, //
};
use crate::module;
use crate::programs::time;
use crate::screen::Screen;
use crate::stage::{
    Stage,
    Told, //
};
use crate::town::Town;
use homeward_bench::measure::{
    alternate,
    Pairs, //
};
use std::thread::sleep;
use std::time::Duration;

const ROW: &str = "look";
const OF: &str = "namespaces";
/// So many namespaces there are when `find` and `top` are measured.
const MANY: u64 = 1000;
/// `top` has its first screen by then.
const SETTLED: Duration = Duration::from_secs(5);
const WATCHED: Duration = Duration::from_secs(10);

/// Measures it.
pub(crate) fn measure(stage: &Stage) -> Result<()> {
    module::set(true)?;
    let mut town = Town::new();
    for size in stage.options.sizes(&[MANY, 10_000], &[100, 300]) {
        town.grow(size)?;
        metrics(stage, size)?;
        if size <= MANY {
            find(stage, size)?;
            top(stage, size)?;
        }
    }
    drop(town);
    module::set(false)
}

fn metrics(stage: &Stage, size: u64) -> Result<()> {
    let (theirs, ours) = ("homeward ls", "homeward metrics");
    let pairs = stage.options.pairs(if size > MANY { 5 } else { 11 }, 5);
    let (a, b) = alternate(pairs, true, || time(theirs), || time(ours))?;
    let told = Told {
        row: ROW,
        what: "metrics",
        size: Some((size, OF)),
        sides: (theirs, ours),
        unit: "ms",
        target: Some(1.5),
        note: "all namespaces have names and numbers, and no process",
    };
    stage.compare(told, &Pairs::of(&a, &b, |took| *took))
}

fn find(stage: &Stage, size: u64) -> Result<()> {
    let last = Town::name(usize::try_from(size).unwrap_or(1) - 1);
    let ours = format!("homeward find {last}");
    let took: Result<Vec<f64>> = (0..stage.options.pairs(11, 5))
        .map(|_| time(&ours))
        .collect();
    let b = took?;
    let told = Told {
        row: ROW,
        what: "find",
        size: Some((size, OF)),
        sides: ("one second", "homeward find NAME"),
        unit: "ms",
        target: Some(1.0),
        note: "by the name of one of the namespaces; the addresses and devices of all are looked at, too",
    };
    stage.compare(
        told,
        &Pairs {
            a: vec![1.0; b.len()],
            b,
        },
    )
}

fn top(stage: &Stage, size: u64) -> Result<()> {
    let screen = Screen::run("homeward", &["top"])?;
    sleep(SETTLED);
    let mut pairs = Pairs {
        a: Vec::new(),
        b: Vec::new(),
    };
    for _ in 0..stage.options.pairs(5, 3) {
        let before = screen.used()?;
        let begun = std::time::Instant::now();
        sleep(WATCHED);
        pairs.b.push(screen.used()? - before);
        pairs.a.push(begun.elapsed().as_secs_f64());
    }
    if screen.shown() == 0 {
        return Err(Error::other("top showed nothing"));
    }
    let told = Told {
        row: ROW,
        what: "top: part of a processor",
        size: Some((size, OF)),
        sides: ("time that passed", "time on a processor"),
        unit: "ms",
        target: Some(0.05),
        note: "on a terminal of 80x24, with the usual interval and nothing else going on",
    };
    stage.compare(told, &pairs)
}
