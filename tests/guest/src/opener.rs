// SPDX-License-Identifier: GPL-2.0-only

//! A NIC whose driver loads a module when it is opened, and so has a program run while RTNL is held.

use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::process::{Child, Command};

use nix::libc;
use nix::sys::stat::Mode;
use nix::unistd::mkfifo;

use crate::run::{eventually, run};

/// What the kernel runs to load a module.
const LOADER: &str = "/proc/sys/kernel/modprobe";

/// What one that waits reads.
const GATE: &str = "/tmp/gate";

/// The NIC `opener0`; gone when dropped.
#[derive(Debug)]
pub struct Opener {
    loader: String,
}

impl Opener {
    /// The module registers pernet operations.
    #[track_caller]
    pub fn that_loads_a_module() -> Self {
        Opener::with("exec insmod /pernet.ko")
    }

    /// There is no module, but it takes until somebody lets it go on to find that out ([`Opener::waits()`]).
    #[track_caller]
    pub fn that_waits() -> Self {
        let _ = fs::remove_file(GATE);
        mkfifo(GATE, Mode::S_IRWXU).expect("a gate");
        Opener::with(&format!("exec cat {GATE}"))
    }

    #[track_caller]
    fn with(line: &str) -> Self {
        let script = "/tmp/loader";
        fs::write(script, format!("#!/bin/sh\n{line}\n")).expect("a script");
        fs::set_permissions(script, fs::Permissions::from_mode(0o755)).expect("a program");
        let loader = fs::read_to_string(LOADER).expect("the loader");
        fs::write(LOADER, script).expect("another loader");
        run("insmod", &["/opener.ko"]);
        Opener { loader }
    }

    /// Waits until somebody who opens it waits; he goes on when the file is closed.
    #[track_caller]
    #[must_use]
    pub fn waits(&self) -> File {
        let mut gate = None;
        eventually("somebody waits at the gate", || {
            let mut options = OpenOptions::new();
            options.write(true).custom_flags(libc::O_NONBLOCK);
            gate = options.open(GATE).ok();
            gate.is_some()
        });
        gate.expect("the gate")
    }

    /// Somebody holds RTNL until the file is closed.
    #[track_caller]
    #[must_use]
    pub fn holds_rtnl(&self) -> (Child, File) {
        let mut ip = Command::new("/usr/bin/ip");
        let opens = ip.args(["link", "set", "opener0", "up"]).spawn();
        (opens.expect("ip"), self.waits())
    }
}

impl Drop for Opener {
    fn drop(&mut self) {
        // For whoever waits yet.
        let mut options = OpenOptions::new();
        let _ = options
            .write(true)
            .custom_flags(libc::O_NONBLOCK)
            .open(GATE);
        let _ = fs::remove_file(GATE);
        let _ = fs::write(LOADER, self.loader.trim());
        for module in ["opener", "pernet"] {
            let _ = Command::new("rmmod").arg(module).output();
        }
    }
}
