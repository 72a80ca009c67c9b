// SPDX-License-Identifier: GPL-2.0-only

//! What is short and done often: to start at all, to list a few names, to run something in a
//! namespace, to make one and take it away.

use crate::error::Result;
use crate::programs::{
    peak,
    time, //
};
use crate::stage::{
    Stage,
    Told, //
};
use crate::town::Town;
use crate::world::Namespace;
use homeward_bench::measure::{
    alternate,
    Pairs, //
};

const ROW: &str = "start";
const NOTE: &str = "whole processes, from before the fork to the end, with ten names there and \
    without the module";

/// What is measured, theirs and ours: words to run one after the other.
const CASES: [(&str, &[&str], &[&str]); 4] = [
    ("--version", &["/usr/bin/ip -V"], &["homeward --version"]),
    (
        "netns list",
        &["/usr/bin/ip netns list"],
        &["homeward netns list"],
    ),
    (
        "netns exec",
        &["/usr/bin/ip netns exec bench0 /bin/true"],
        &["homeward netns exec bench0 /bin/true"],
    ),
    (
        "netns add + delete",
        &["/usr/bin/ip netns add x", "/usr/bin/ip netns delete x"],
        &["homeward netns add x", "homeward netns delete x"],
    ),
];

/// Measures it.
pub(crate) fn measure(stage: &Stage) -> Result<()> {
    let mut town = Town::new();
    town.grow(10)?;
    for (what, theirs, ours) in CASES {
        let pairs = stage.options.pairs(51, 15);
        let (a, b) = alternate(pairs, true, || all(theirs), || all(ours))?;
        let told = Told {
            row: ROW,
            what,
            size: None,
            sides: ("ip", "homeward"),
            unit: "ms",
            target: None,
            note: NOTE,
        };
        stage.compare(told, &Pairs::of(&a, &b, |took| *took))?;
        let ([theirs], [ours]) = (theirs, ours) else {
            continue;
        };
        let what = format!("peak memory: {what}");
        let told = Told {
            what: &what,
            unit: "KiB",
            ..told
        };
        let pairs = Pairs {
            a: vec![peak(theirs)?],
            b: vec![peak(ours)?],
        };
        stage.compare(told, &pairs)?;
    }
    Ok(())
}

/// Seconds for all of them. What those before have left to the kernel is over by then.
fn all(words: &[&str]) -> Result<f64> {
    let quiet = Namespace::alone()?;
    let mut sum = 0.0;
    for words in words {
        sum += time(words)?;
    }
    drop(quiet);
    Ok(sum)
}
