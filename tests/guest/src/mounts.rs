// SPDX-License-Identifier: GPL-2.0-only

//! Mount namespaces with other mounts than this one, to run commands in.

use std::process::{Child, Command, Stdio};

use crate::run::{eventually, run};
use crate::verb::{self, Ran};

/// Where a first name can be made: what it is called, and the lines of the shell that make it so. `/run`
/// is an empty tmpfs before, shared, of a mount namespace that others are copied from.
pub const SURROUNDINGS: [(&str, &str); 8] = [
    ("shared", "mkdir /run/netns"),
    ("private", "mount --make-private /run; mkdir /run/netns"),
    ("slave", "mount --make-slave /run; mkdir /run/netns"),
    (
        "slave and shared",
        "mount --make-slave /run; mount --make-shared /run; mkdir /run/netns",
    ),
    (
        "a volume",
        "mkdir /run/netns; mount -t tmpfs none /run/netns; mount --make-private /run/netns",
    ),
    (
        "a shared volume",
        "mkdir /run/netns; mount -t tmpfs none /run/netns",
    ),
    ("a link", "mkdir /run/other; ln -s other /run/netns"),
    (
        "a link in private",
        "mount --make-private /run; mkdir /run/other; ln -s /run/other /run/netns",
    ),
];

/// A mount namespace; ended when dropped.
#[derive(Debug)]
pub struct Mounts {
    holder: Child,
    /// What it is a slave of lives as long as it.
    master: Option<Box<Mounts>>,
}

impl Mounts {
    /// One that is private, with an empty and shared /run, made such by lines of the shell. One with the
    /// same peers is behind it.
    #[track_caller]
    pub fn new(setup: &str) -> Self {
        let empty = "mount -t tmpfs none /run && mount --make-shared /run";
        let master = Mounts::hold(None, "private", empty);
        let mut own = Mounts::hold(Some(&master), "unchanged", setup);
        own.master = Some(Box::new(master));
        own
    }

    /// A copy of this one: `slave`, `private` or `unchanged`.
    #[track_caller]
    pub fn copy(&self, propagation: &str) -> Self {
        Mounts::hold(Some(self), propagation, ":")
    }

    #[track_caller]
    fn hold(from: Option<&Mounts>, propagation: &str, setup: &str) -> Self {
        let mut command = match from {
            Some(from) => {
                let mut command = Command::new("nsenter");
                command.args(["-t", &from.pid().to_string(), "-m", "unshare"]);
                command
            }
            None => Command::new("unshare"),
        };
        let script = format!("set -e; {setup}; exec sleep 1000");
        command.args(["--mount", "--propagation", propagation, "sh", "-c", &script]);
        let mut holder = command.stdin(Stdio::null()).spawn().expect("unshare");
        let command = format!("/proc/{}/comm", holder.id());
        eventually("mounts as they are to be", || {
            assert!(holder.try_wait().expect("a child").is_none(), "{setup}");
            std::fs::read_to_string(&command).is_ok_and(|name| name == "sleep\n")
        });
        Mounts {
            holder,
            master: None,
        }
    }

    /// A process in it.
    pub fn pid(&self) -> u32 {
        self.holder.id()
    }

    /// Runs a line of the shell in it.
    #[track_caller]
    pub fn sh(&self, line: &str) -> Ran {
        let mut command = Command::new("nsenter");
        command.args(["-t", &self.pid().to_string(), "-m", "sh", "-c", line]);
        verb::run(&mut command)
    }

    /// Runs a line that has to succeed; gives its standard output.
    #[track_caller]
    pub fn does(&self, line: &str) -> String {
        let pid = self.pid().to_string();
        run("nsenter", &["-t", &pid, "-m", "sh", "-ec", line])
    }

    /// Makes a name as programs do that know nothing of others: a file, and a mount on it.
    #[track_caller]
    pub fn make(&self, name: &str) {
        self.make_all(&[name.to_owned()]);
    }

    /// Makes several so, in one shell.
    #[track_caller]
    pub fn make_all(&self, names: &[String]) {
        let line = |name: &String| {
            let path = format!("/run/netns/{name}");
            format!(": >{path}; unshare --net={path} true\n")
        };
        self.does(&names.iter().map(line).collect::<String>());
    }

    /// Its mounts, one a line, as mountinfo has them.
    pub fn table(&self) -> String {
        let path = format!("/proc/{}/mountinfo", self.pid());
        std::fs::read_to_string(path).expect("its mounts")
    }
}

impl Drop for Mounts {
    fn drop(&mut self) {
        let _ = self.holder.kill();
        let _ = self.holder.wait();
        self.master.take();
    }
}
