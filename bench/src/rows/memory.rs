// SPDX-License-Identifier: GPL-2.0-only

//! Memory for each namespace and for each device away from home.
//!
//! Twice: as the module counts it itself, and as the kernel's allocators do. For the latter the
//! module is loaded and unloaded over and over with the same namespaces there: what comes and goes
//! with it is its own. The same with no namespaces is taken off.

use crate::error::{
    Error,
    Result, //
};
use crate::module;
use crate::programs::ip_batch;
use crate::stage::Stage;
use crate::world::{
    Crowd,
    Namespace, //
};
use homeward_bench::measure::Summary;
use homeward_bench::result::{
    Row,
    Unit, //
};
use homeward_client::Client;
use std::fs;

const ROW: &str = "memory";
const TARGET: f64 = 512.0;
const NOTE: &str =
    "as counted: what the module says; as allocated: objects of the kmalloc caches and \
    pages of vmalloc that come and go with the module, with the allocators' own overhead";
const CACHES: &str = "/sys/kernel/slab";

/// Measures it.
pub(crate) fn measure(stage: &Stage) -> Result<()> {
    for size in stage.options.sizes(&[10_000], &[500]) {
        namespaces(stage, size)?;
    }
    for size in stage.options.sizes(&[1000], &[50]) {
        devices(stage, size)?;
    }
    module::set(false)
}

fn namespaces(stage: &Stage, size: u64) -> Result<()> {
    let times = stage.options.pairs(7, 4);
    module::set(true)?;
    let few = counted()?;
    let base = Summary::of(&differences(times)?).ok_or_else(nothing)?;
    let mut crowd = Crowd::default();
    crowd.grow(size)?;
    module::set(true)?;
    let many = counted()?;
    let all: Vec<f64> = (differences(times)?.iter())
        .map(|with| (with - base.median) / figure(size))
        .collect();
    let what = "for each namespace";
    tell(
        stage,
        what,
        size,
        "namespaces",
        &[(many - few) / figure(size)],
        &all,
    )
}

/// What goes with the module, as the allocators count it, some times over.
fn differences(times: usize) -> Result<Vec<f64>> {
    let one = || {
        module::set(true)?;
        let with = allocated()?;
        module::set(false)?;
        Ok(with - allocated()?)
    };
    // The first one sees what the kernel itself keeps from the first time on.
    one()?;
    (0..times).map(|_| one()).collect()
}

fn devices(stage: &Stage, size: u64) -> Result<()> {
    module::set(true)?;
    let namespace = Namespace::new()?;
    let path = namespace.path();
    let add: Vec<_> = (0..size)
        .map(|at| format!("link add away{at} type dummy"))
        .collect();
    ip_batch(&add)?;
    let few = counted()?;
    let leave: Vec<_> = (0..size)
        .map(|at| format!("link set dev away{at} netns {path}"))
        .collect();
    ip_batch(&leave)?;
    let away = Client::connect()?.stats()?.devices_away;
    if u64::from(away) != size {
        return Err(Error::other(format!("{away} devices of {size} are away")));
    }
    let many = counted()?;
    let with = allocated()?;
    module::set(false)?;
    let gone = with - allocated()?;
    // The same once more, with all the devices where they are and none of them away: the module
    // does not know what was before it.
    let base = differences(1)?;
    let base = Summary::of(&base).ok_or_else(nothing)?.median;
    let all = [(gone - base) / figure(size)];
    let what = "for each device away";
    tell(
        stage,
        what,
        size,
        "devices",
        &[(many - few) / figure(size)],
        &all,
    )
}

fn tell(
    stage: &Stage,
    what: &str,
    size: u64,
    of: &str,
    counted: &[f64],
    allocated: &[f64],
) -> Result<()> {
    for (how, figures) in [("as counted", counted), ("as allocated", allocated)] {
        let summary = Summary::of(figures).ok_or_else(nothing)?;
        let row = Row::new(ROW, format!("{what}, {how}"), Unit::Bytes, summary);
        stage.tell(row.size(size, of).target(TARGET).note(NOTE));
    }
    Ok(())
}

fn nothing() -> Error {
    Error::other("nothing was measured")
}

/// Sizes are small enough to be exact.
fn figure(size: u64) -> f64 {
    f64::from(u32::try_from(size).unwrap_or(u32::MAX))
}

/// Bytes in use, as the module says.
fn counted() -> Result<f64> {
    let memory = Client::connect()?.stats()?.memory;
    u32::try_from(memory)
        .map(f64::from)
        .map_err(|_| Error::other("more memory than there is"))
}

/// Bytes that the kernel's allocators have given away.
fn allocated() -> Result<f64> {
    let read = |path: &str| fs::read_to_string(path).map_err(Error::io(format!("read {path}")));
    shrink()?;
    let slabs = of_slabs(&read("/proc/slabinfo")?);
    let slabs = slabs.ok_or_else(|| Error::other("no kmalloc caches in /proc/slabinfo"))?;
    Ok(slabs + of_vmalloc(&read("/proc/meminfo")?).unwrap_or_default())
}

/// Has the caches give back what is free: else free objects count as given away.
fn shrink() -> Result<()> {
    let caches = fs::read_dir(CACHES).map_err(Error::io(format!("read {CACHES}")))?;
    for cache in caches.flatten() {
        if cache.file_name().to_string_lossy().starts_with("kmalloc") {
            // Aliases of a cache that was shrunk already may refuse.
            let _ = fs::write(cache.path().join("shrink"), "1");
        }
    }
    Ok(())
}

/// The bytes of all objects in the kmalloc caches.
fn of_slabs(table: &str) -> Option<f64> {
    let bytes = |line: &str| {
        let mut words = line.split_whitespace();
        let name = words.next()?;
        let objects: f64 = words.next()?.parse().ok()?;
        let size: f64 = words.nth(1)?.parse().ok()?;
        name.starts_with("kmalloc").then_some(objects * size)
    };
    let all: Vec<f64> = table.lines().filter_map(bytes).collect();
    (!all.is_empty()).then(|| all.iter().sum())
}

fn of_vmalloc(table: &str) -> Option<f64> {
    let line = table.lines().find(|line| line.starts_with("VmallocUsed:"));
    let kib: f64 = line?.split_whitespace().nth(1)?.parse().ok()?;
    Some(kib * 1024.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_kmalloc_caches_count() {
        let table = "slabinfo - version: 2.1\n\
            # name <active_objs> <num_objs> <objsize>\n\
            net_namespace 3 4 4096 8 8 : tunables 0 0 0\n\
            kmalloc-512 10 16 512 16 2 : tunables 0 0 0\n\
            kmalloc-cg-64 2 64 64 64 1 : tunables 0 0 0\n";
        assert_eq!(of_slabs(table), Some(10.0 * 512.0 + 2.0 * 64.0));
        assert_eq!(of_slabs("nothing"), None);
    }

    #[test]
    fn pages_of_vmalloc_are_in_kib() {
        let table = "MemFree: 1 kB\nVmallocUsed:       7 kB\n";
        assert_eq!(of_vmalloc(table), Some(7.0 * 1024.0));
    }
}
