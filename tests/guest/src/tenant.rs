// SPDX-License-Identifier: GPL-2.0-only

//! Somebody who is root in a namespace of his own, and nobody outside of it.

use std::process::{Child, Command, Output, Stdio};

use crate::namespace::cookie_of;
use crate::run::{eventually, with_file};

/// Root of a user namespace and of a network namespace that belongs to it; both end when dropped.
#[derive(Debug)]
pub struct Tenant {
    holder: Child,
}

impl Tenant {
    /// Moves in.
    #[track_caller]
    pub fn new() -> Self {
        let own = std::fs::read_link("/proc/self/ns/net").expect("own namespace");
        let holder = Command::new("setpriv")
            .args(["--reuid=65534", "--regid=65534", "--clear-groups"])
            .args(["unshare", "--user", "--map-root-user", "--net"])
            .args(["sleep", "1000"])
            .stdout(Stdio::null())
            .spawn()
            .expect("unshare");
        let theirs = format!("/proc/{}/ns/net", holder.id());
        eventually("a namespace of his own", || {
            std::fs::read_link(&theirs).is_ok_and(|link| link != own)
        });
        Tenant { holder }
    }

    /// His process.
    pub fn pid(&self) -> u32 {
        self.holder.id()
    }

    /// The cookie of his network namespace.
    #[track_caller]
    pub fn cookie(&self) -> u64 {
        cookie_of(self.pid())
    }

    /// Does something as he would, with all the rights that he has. It may fail.
    #[track_caller]
    pub fn tries(&self, program: &str, args: &[&str]) -> Output {
        Command::new("nsenter")
            .args(["--target", &self.pid().to_string(), "--user", "--net"])
            .arg(program)
            .args(args)
            .output()
            .expect("nsenter")
    }

    /// An `ip` that has to succeed, with arguments separated by spaces.
    #[track_caller]
    pub fn ip(&self, args: &str) -> String {
        let output = self.tries("/usr/bin/ip", &args.split(' ').collect::<Vec<_>>());
        assert!(
            output.status.success(),
            "ip {args} of a tenant: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Lines for `ip`, of which some may fail.
    #[track_caller]
    pub fn try_batch(&self, lines: &str) {
        with_file(lines, |file| {
            self.tries("/usr/bin/ip", &["-force", "-batch", file]);
        });
    }

    /// Is thrown out: his processes are killed.
    pub fn evict(mut self) {
        self.end();
    }

    fn end(&mut self) {
        let _ = self.holder.kill();
        let _ = self.holder.wait();
    }
}

impl Default for Tenant {
    fn default() -> Self {
        Tenant::new()
    }
}

impl Drop for Tenant {
    fn drop(&mut self) {
        self.end();
    }
}
