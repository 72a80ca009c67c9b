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
    Pairs, //
};
use homeward_client::Client;
use std::collections::BTreeSet;
use std::time::Instant;

const ROW: &str = "list";
const OURS: &str = "homeward ls";
const NOTE: &str =
    "all namespaces have names and numbers; the processes are spread over the first \
    of them. homeward ls counts processes, devices and sockets of each, the others do not";
const OF: &str = "namespaces";

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
    let mut client = Client::connect()?;
    let mut dumps = Vec::new();
    let mut verbs = verbs::Verbs::of_namespaces();
    let compared = stage.options.sizes(&[10, 1000, 10_000], &[10, 100, 300]);
    let grown = stage.options.sizes(&[10, 2500, 10_000], &[10, 100, 300]);
    for size in compared
        .iter()
        .chain(&grown)
        .copied()
        .collect::<BTreeSet<u64>>()
    {
        town.empty();
        town.grow(size)?;
        town.populate(stage.options.number(1000, 50), 0)?;
        if compared.contains(&size) {
            for (rival, target) in RIVALS {
                against(stage, size, rival, target)?;
            }
        }
        if grown.contains(&size) {
            let times = stage.options.pairs(11, 5);
            dumps.push(verbs::point(size, times, || dump(&mut client))?);
            verbs.measure(stage, size)?;
        }
    }
    verbs::tell(stage, ROW, "growth: dump by the kernel", OF, &dumps);
    verbs.tell(stage, ROW, OF);
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
        size: Some((size, OF)),
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

/// Seconds that the kernel takes for the requests and answers of a list, which nobody reads.
fn dump(client: &mut Client) -> Result<f64> {
    let begun = Instant::now();
    let verdict = client.raw(cmd::NS_GET, true, &[])?;
    let took = begun.elapsed().as_secs_f64();
    match verdict.errno {
        Some(errno) => Err(Error::sys("list namespaces")(errno)),
        None => Ok(took),
    }
}
