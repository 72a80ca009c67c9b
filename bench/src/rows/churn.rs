// SPDX-License-Identifier: GPL-2.0-only

//! Namespaces without devices that come and go: what the module costs those who have no use for it.
//!
//! One thread makes one namespace after the other, by which the one before loses its last holder.
//! The time ends when all of them are really gone: who only made them would not have waited for
//! what happens at their end.

use crate::error::Result;
use crate::listener::Listener;
use crate::module;
use crate::stage::{
    Stage,
    Told, //
};
use crate::world::{
    self,
    Crowd, //
};
use homeward_bench::measure::{
    alternate,
    Pairs, //
};
use std::time::Instant;

const ROW: &str = "churn";
const NOTE: &str =
    "one sample: so many namespaces made one after the other, until the last is gone";

/// Measures it.
pub(crate) fn measure(stage: &Stage) -> Result<()> {
    let mut crowd = Crowd::default();
    for size in stage.options.sizes(&[1, 100, 10_000], &[1, 100]) {
        module::set(false)?;
        crowd.grow(size)?;
        at_size(stage, size)?;
    }
    module::set(false)
}

fn at_size(stage: &Stage, size: u64) -> Result<()> {
    let count = stage.options.number(300, 60);
    let pairs = stage.options.pairs(21, 6);
    let absent = || {
        module::set(false)?;
        churn(count)
    };
    let loaded = || {
        module::set(true)?;
        churn(count)
    };
    let (a, b) = alternate(pairs, true, absent, loaded)?;
    tell(stage, size, "module loaded", Some(1.02), (&a, &b))?;
    let heard = || {
        module::set(true)?;
        let listener = Listener::new()?;
        let took = churn(count)?;
        listener.finish()?;
        Ok(took)
    };
    let (a, b) = alternate(pairs, true, absent, heard)?;
    tell(stage, size, "module loaded, one subscriber", None, (&a, &b))
}

fn tell(
    stage: &Stage,
    size: u64,
    what: &str,
    target: Option<f64>,
    (a, b): (&[f64], &[f64]),
) -> Result<()> {
    let told = Told {
        row: ROW,
        what,
        size: Some((size, "namespaces")),
        sides: ("module absent", what),
        unit: "ms",
        target,
        note: NOTE,
    };
    stage.compare(told, &Pairs::of(a, b, |took| *took))
}

/// Makes and destroys so many; gives the seconds that it took.
pub(crate) fn churn(count: usize) -> Result<f64> {
    world::in_thread(|| {
        // What an earlier sample has left.
        world::others_gone(0)?;
        let begun = Instant::now();
        for _ in 0..count {
            world::make()?;
        }
        // This thread is in the last one.
        world::others_gone(1)?;
        Ok(begun.elapsed().as_secs_f64())
    })
}
