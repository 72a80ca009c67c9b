// SPDX-License-Identifier: GPL-2.0-only

//! Who holds a namespace, where there are thousands of processes with many open files.

use crate::error::Result;
use crate::module;
use crate::programs::{
    peak,
    time, //
};
use crate::stage::{
    Stage,
    Told, //
};
use crate::town::Town;
use homeward_bench::measure::{
    alternate,
    Pairs, //
};

const ROW: &str = "holders";
const OURS: &str = "homeward holders bench0";
const THEIRS: &str = "lsns -t net";
/// Each process has so many open files.
const FILES: usize = 10;
const NOTE: &str =
    "the processes are in ten namespaces, with ten open files each; holders looks at \
    every open file and every mount, lsns at neither";

/// Measures it.
pub(crate) fn measure(stage: &Stage) -> Result<()> {
    module::set(true)?;
    for size in stage.options.sizes(&[5000], &[200]) {
        let mut town = Town::new();
        town.grow(10)?;
        town.populate(usize::try_from(size).unwrap_or(usize::MAX), FILES)?;
        let pairs = stage.options.pairs(7, 5);
        let (a, b) = alternate(pairs, true, || time(THEIRS), || time(OURS))?;
        let told = Told {
            row: ROW,
            what: "time",
            size: Some((size, "processes")),
            sides: (THEIRS, OURS),
            unit: "ms",
            target: Some(1.5),
            note: NOTE,
        };
        stage.compare(told, &Pairs::of(&a, &b, |took| *took))?;
        let pairs = Pairs {
            a: vec![peak(THEIRS)?],
            b: vec![peak(OURS)?],
        };
        let told = Told {
            what: "peak memory",
            unit: "KiB",
            target: None,
            ..told
        };
        stage.compare(told, &pairs)?;
    }
    module::set(false)
}
