// SPDX-License-Identifier: GPL-2.0-only

//! Memory that outlives the module which asked for it.
//!
//! With `slab_debug=U` the kernel remembers of each object who asked for it, by the whole stack. An
//! address in a module that is gone has no name any more: an object whose first caller behind the
//! allocator is such an address was left behind.

use crate::setup;
use std::{
    collections::BTreeSet,
    fs, //
};

const CACHES: &str = "/sys/kernel/debug/slab";

/// Addresses without a name, each with the cache of what was asked for there.
pub(crate) type Nameless = BTreeSet<(String, String)>;

/// Those that there are before any of our modules: what the kernel's own asked for as they were
/// loaded, in code that is freed afterwards. On some architectures other code soon takes its place.
pub(crate) fn nameless() -> Nameless {
    let of = |(cache, text): &(String, String)| -> Vec<(String, String)> {
        let orphans = orphans(text).into_iter();
        orphans
            .map(|(_, address)| (cache.clone(), address))
            .collect()
    };
    traces().iter().flat_map(of).collect()
}

/// What modules left behind that are not loaded any more, and were not there `before`.
pub(crate) fn left_behind(before: &Nameless) -> Vec<String> {
    let traces = traces();
    if traces.is_empty() && setup::kernel_argument("slab_debug").is_some() {
        return vec![format!("no traces of allocations in {CACHES}")];
    }
    let of = |(cache, text): &(String, String)| -> Vec<String> {
        (orphans(text).into_iter())
            .filter(|(_, address)| !before.contains(&(cache.clone(), address.clone())))
            .map(|(what, address)| {
                format!("left behind by a module that is gone, in {cache}: {what}, asked for at {address}")
            })
            .collect()
    };
    traces.iter().flat_map(of).collect()
}

/// The allocations of each cache that keeps a record of them.
fn traces() -> Vec<(String, String)> {
    let caches = fs::read_dir(CACHES).into_iter().flatten().flatten();
    caches
        .filter_map(|cache| {
            let text = fs::read_to_string(cache.path().join("alloc_traces")).ok()?;
            // What an empty cache says, and one without a record.
            let some = !text.trim().is_empty() && text.trim() != "No data";
            some.then(|| (cache.file_name().to_string_lossy().into_owned(), text))
        })
        .collect()
}

/// Of the allocations in `text`, those by code without a name, each with its caller's address.
///
/// An allocation is a line with a number of objects, then the stack, one function a line, the
/// innermost first and further to the right.
fn orphans(text: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut head = "";
    let mut known = true;
    for line in text.lines() {
        let word = line.trim_start();
        if word.starts_with(|c: char| c.is_ascii_digit()) && !word.starts_with("0x") {
            (head, known) = (word, false);
        } else if !known && !word.contains("alloc") {
            known = true;
            if word.starts_with("0x") {
                found.push((head.to_owned(), word.to_owned()));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACES: &str = "\
     12 rust_helper_krealloc_node_align+0x9/0x10 age=5/7/9 pid=1-80 cpus=0-1
        krealloc_node_align_noprof+0x1d6/0x2e0
        rust_helper_krealloc_node_align+0x9/0x10
        0xffffffffc0201234
        0xffffffffc0205678

      1 ops_init+0x33/0x80 age=77 pid=1
        __kmalloc_noprof+0x12/0x80
        ops_init+0x33/0x80
        0xffffffffc0209abc

";

    #[test]
    fn what_a_module_asked_for_that_is_gone_is_found() {
        let found = orphans(TRACES);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].0.starts_with("12 ") && found[0].1 == "0xffffffffc0201234");
    }

    #[test]
    fn what_a_module_asked_for_that_is_there_is_not() {
        let there = TRACES.replace("0xffffffffc0201234", "load+0x12/0x80 [homeward]");
        assert_eq!(orphans(&there), []);
    }
}
