// SPDX-License-Identifier: GPL-2.0-only

//! Modules come and go.

use crate::error::{
    Error,
    Result, //
};
use nix::errno::Errno;
use nix::kmod::{
    delete_module,
    finit_module,
    DeleteModuleFlags,
    ModuleInitFlags, //
};
use std::collections::BTreeMap;
use std::ffi::CString;
use std::fs::{
    self,
    File, //
};
use std::path::Path;
use std::thread::sleep;
use std::time::{
    Duration,
    Instant, //
};

/// Somebody may be in the middle of a question.
const PATIENCE: Duration = Duration::from_secs(30);

/// Has the module loaded, or not. The first thing that it does is to look at every namespace that
/// there is, the last to take leave of them; neither is part of what is measured.
pub(crate) fn set(loaded: bool) -> Result<()> {
    let is = Path::new("/sys/module/homeward").exists();
    match (is, loaded) {
        (false, true) => insert("/homeward.ko", ""),
        (true, false) => remove("homeward"),
        _ => Ok(()),
    }
}

fn insert(path: &str, words: &str) -> Result<()> {
    let doing = || format!("load {path}");
    let file = File::open(path).map_err(Error::io(doing()))?;
    let words = CString::new(words).map_err(|_| Error::other(doing()))?;
    finit_module(file, &words, ModuleInitFlags::empty()).map_err(Error::sys(doing()))
}

fn remove(name: &str) -> Result<()> {
    let doing = || format!("unload {name}");
    let name = CString::new(name).map_err(|_| Error::other(doing()))?;
    let begun = Instant::now();
    loop {
        match delete_module(&name, DeleteModuleFlags::O_NONBLOCK) {
            Ok(()) => return Ok(()),
            Err(Errno::EWOULDBLOCK) if begun.elapsed() < PATIENCE => {
                sleep(Duration::from_millis(2));
            }
            Err(errno) => return Err(Error::sys(doing())(errno)),
        }
    }
}

/// Counts how often the kernel's workers call functions; the module `calls` in tests/modules.
#[derive(Debug)]
pub(crate) struct Calls;

impl Calls {
    /// Counts from now on.
    pub(crate) fn of(functions: &[&str]) -> Result<Self> {
        insert("/calls.ko", &format!("symbol={}", functions.join(",")))?;
        Ok(Calls)
    }

    /// How often each was called. Those that cannot be counted are not in it.
    pub(crate) fn read(&self) -> Result<BTreeMap<String, f64>> {
        let path = "/sys/module/calls/parameters/calls";
        let text = fs::read_to_string(path).map_err(Error::io(format!("read {path}")))?;
        Ok(parse_calls(&text))
    }
}

impl Drop for Calls {
    fn drop(&mut self) {
        if let Err(error) = remove("calls") {
            println!("{error}");
        }
    }
}

fn parse_calls(text: &str) -> BTreeMap<String, f64> {
    let line = |line: &str| {
        let (name, count) = line.split_once(' ')?;
        let count: f64 = count.trim().parse().ok()?;
        (count >= 0.0).then(|| (name.to_owned(), count))
    };
    text.lines().filter_map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_counted_is_left_out() {
        let calls = parse_calls("rcu_barrier 7\nsynchronize_net -1\n");
        assert_eq!(calls, BTreeMap::from([("rcu_barrier".to_owned(), 7.0)]));
    }
}
