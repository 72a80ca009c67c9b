// SPDX-License-Identifier: GPL-2.0-only

//! Functions of the kernel that fail when Homeward calls them.

use std::fs;
use std::process::Command;

use nix::errno::Errno;

use crate::run::run;

/// What a function returns that fails.
#[derive(Debug, Clone, Copy)]
pub enum Failing {
    /// This error.
    With(Errno),
    /// NULL, as for want of memory.
    WithNull,
}

/// A function that fails for the module; as ever when dropped.
#[derive(Debug)]
pub struct Fault {
    skip: u32,
}

impl Fault {
    /// Of the calls that the module makes, directly or through others, lets the first `skip` through
    /// and has the next `times` fail.
    #[track_caller]
    pub fn new(symbol: &str, failing: Failing, skip: u32, times: u32) -> Self {
        Self::load(symbol, failing, skip, times, false)
    }

    /// The same, but of the calls that it makes in kernel threads, as at a death: the requests by
    /// which a test waits meanwhile go through and are not counted.
    #[track_caller]
    pub fn at_death(symbol: &str, failing: Failing, skip: u32, times: u32) -> Self {
        Self::load(symbol, failing, skip, times, true)
    }

    #[track_caller]
    fn load(symbol: &str, failing: Failing, skip: u32, times: u32, kthreads: bool) -> Self {
        let error = match failing {
            Failing::With(errno) => format!("-{}", errno as i32),
            Failing::WithNull => "0".to_owned(),
        };
        let words = [
            "/fault.ko".to_owned(),
            format!("symbol={symbol}"),
            format!("error={error}"),
            format!("skip={skip}"),
            format!("times={times}"),
            format!("kthreads={}", u8::from(kthreads)),
        ];
        run("insmod", &words.each_ref().map(String::as_str));
        Fault { skip }
    }

    /// How many calls there have been, those before and after the failing ones among them.
    #[track_caller]
    pub fn calls(&self) -> u32 {
        let calls = fs::read_to_string("/sys/module/fault/parameters/calls").expect("a count");
        calls.trim().parse().expect("a number")
    }

    /// Whether a call has failed.
    #[track_caller]
    pub fn struck(&self) -> bool {
        self.calls() > self.skip
    }
}

impl Drop for Fault {
    fn drop(&mut self) {
        let _ = Command::new("rmmod").arg("fault").output();
    }
}
