// SPDX-License-Identifier: GPL-2.0-only

//! Lists of namespaces, many of them and with many processes: `homeward ls` against those who list
//! the same or less.

use super::verbs;
use crate::error::{
    Error,
    Result, //
};
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
use homeward_abi::cmd;
use homeward_bench::measure::{
    alternate,
    growth,
    Pairs,
    Summary, //
};
use homeward_bench::result::{
    Row,
    Side,
    Unit, //
};
use homeward_client::Client;
use std::time::Instant;

const ROW: &str = "list";
const OURS: &str = "homeward ls";
const NOTE: &str =
    "all namespaces have names and numbers; the processes are spread over the first \
    of them. homeward ls counts processes, devices and sockets of each, the others do not";
const DUMP_NOTE: &str = "the kernel's part of a list: requests and answers of ns-get, unread";

/// With whom it is compared, and what is to be reached.
const RIVALS: [(&str, Option<f64>); 3] = [
    ("lsns -t net", Some(0.1)),
    ("/usr/bin/ip netns list", None),
    ("/usr/bin/ip netns list-id", None),
];

/// Measures it.
pub(crate) fn measure(stage: &Stage) -> Result<()> {
    module::set(true)?;
    let mut town = Town::new();
    let mut dumps: Vec<(u64, Vec<f64>)> = Vec::new();
    let mut verbs = verbs::Verbs::of_namespaces();
    for size in stage.options.sizes(&[10, 1000, 10_000], &[10, 100, 300]) {
        town.empty();
        town.grow(size)?;
        town.populate(stage.options.number(1000, 50), 0)?;
        for (rival, target) in RIVALS {
            against(stage, size, rival, target)?;
        }
        dumps.push((size, dump(stage)?));
        verbs.measure(stage, size)?;
    }
    tell_dumps(stage, &dumps);
    verbs.tell(stage, ROW, "namespaces");
    drop(town);
    verbs::of_devices(stage)?;
    module::set(false)
}

fn against(stage: &Stage, size: u64, rival: &str, target: Option<f64>) -> Result<()> {
    let pairs = stage.options.pairs(if size > 5000 { 5 } else { 11 }, 5);
    let name = rival.rsplit('/').next().unwrap_or(rival);
    let (a, b) = alternate(pairs, true, || time(rival), || time(OURS))?;
    let told = Told {
        row: ROW,
        what: name,
        size: Some((size, "namespaces")),
        sides: (name, OURS),
        unit: "ms",
        target,
        note: NOTE,
    };
    stage.compare(told, &Pairs::of(&a, &b, |took| *took))?;
    let pairs = Pairs {
        a: vec![peak(rival)?],
        b: vec![peak(OURS)?],
    };
    let what = format!("peak memory: {name}");
    let told = Told {
        what: &what,
        unit: "KiB",
        target: None,
        ..told
    };
    stage.compare(told, &pairs)
}

/// Seconds that the kernel takes for the answers of a list, some times over.
fn dump(stage: &Stage) -> Result<Vec<f64>> {
    let mut client = Client::connect()?;
    let mut all = Vec::new();
    for _ in 0..=stage.options.pairs(11, 5) {
        let begun = Instant::now();
        let verdict = client.raw(cmd::NS_GET, true, &[])?;
        all.push(begun.elapsed().as_secs_f64());
        if let Some(errno) = verdict.errno {
            return Err(Error::sys("list namespaces")(errno));
        }
    }
    // The first was to warm up.
    all.remove(0);
    Ok(all)
}

fn tell_dumps(stage: &Stage, dumps: &[(u64, Vec<f64>)]) {
    let points: Vec<(f64, f64)> = dumps
        .iter()
        .filter_map(|(size, took)| Some((verbs::size(*size), Summary::of(took)?.median)))
        .collect();
    let Some(growth) = growth(&points) else {
        return;
    };
    let summary = Summary::exact(growth);
    let mut row = Row::new(ROW, "growth: dump by the kernel", Unit::Growth, summary);
    row = row.target(verbs::LINEAR).note(DUMP_NOTE);
    row.sides = dumps
        .iter()
        .map(|(size, took)| {
            let took: Vec<f64> = took.iter().map(|seconds| seconds * 1000.0).collect();
            Side::new(&format!("{size} namespaces"), "ms", &took)
        })
        .collect();
    stage.tell(row);
}
