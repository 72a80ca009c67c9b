// SPDX-License-Identifier: GPL-2.0-only

//! Network namespaces, with and without a name.

use std::os::unix::fs::MetadataExt;
use std::process::{Child, Command, Stdio};

use homeward_client::By;

use crate::events::client;
use crate::run::{batch, eventually, ip, run, try_batch};

/// A namespace with a name; deleted when dropped.
#[derive(Debug)]
pub struct Namespace {
    name: String,
    deleted: bool,
}

impl Namespace {
    /// Makes it.
    #[track_caller]
    pub fn add(name: &str) -> Self {
        ip(&format!("netns add {name}"));
        Namespace {
            name: name.to_owned(),
            deleted: false,
        }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Runs `ip -n NAME` with arguments separated by spaces.
    #[track_caller]
    pub fn ip(&self, args: &str) -> String {
        ip(&format!("-n {} {args}", self.name))
    }

    /// Its inode number in nsfs.
    #[track_caller]
    pub fn inum(&self) -> u64 {
        let file = std::fs::metadata(format!("/run/netns/{}", self.name));
        file.expect("its name").ino()
    }

    /// Its cookie; needs the module.
    #[track_caller]
    pub fn cookie(&self) -> u64 {
        let inum = self.inum().try_into().expect("an inode number");
        client()
            .namespace(By::Inum(inum))
            .expect("the namespace")
            .cookie
    }

    /// Deletes its name, with which it dies unless something else holds it.
    #[track_caller]
    pub fn delete(mut self) {
        self.deleted = true;
        ip(&format!("netns del {}", self.name));
    }
}

/// Many with a name, made and deleted by one `ip` each time.
#[derive(Debug)]
pub struct Namespaces(Vec<Namespace>);

impl Namespaces {
    /// Makes `count`, with `name` and a number.
    #[track_caller]
    pub fn add(name: &str, count: usize) -> Self {
        let many: Vec<_> = (0..count)
            .map(|number| Namespace {
                name: format!("{name}{number}"),
                deleted: false,
            })
            .collect();
        batch(&lines("add", &many));
        Namespaces(many)
    }
}

impl std::ops::Deref for Namespaces {
    type Target = [Namespace];

    fn deref(&self) -> &[Namespace] {
        &self.0
    }
}

impl Drop for Namespaces {
    fn drop(&mut self) {
        for one in &mut self.0 {
            one.deleted = true;
        }
        let lines = lines("del", &self.0);
        match std::thread::panicking() {
            // A test that fails says itself why.
            true => try_batch(&lines),
            false => batch(&lines),
        }
    }
}

fn lines(verb: &str, many: &[Namespace]) -> String {
    let line = |one: &Namespace| format!("netns {verb} {}\n", one.name);
    many.iter().map(line).collect()
}

impl Drop for Namespace {
    fn drop(&mut self) {
        if !self.deleted {
            let _ = Command::new("/usr/bin/ip")
                .args(["netns", "del", &self.name])
                .output();
        }
    }
}

/// A namespace that nothing but one process holds; the process is killed when dropped.
#[derive(Debug)]
pub struct Unnamed {
    holder: Child,
}

impl Unnamed {
    /// Makes it.
    #[track_caller]
    pub fn new() -> Self {
        Unnamed::running("exec sleep 1000")
    }

    /// Makes it, and its process runs this script.
    #[track_caller]
    pub fn running(script: &str) -> Self {
        let own = std::fs::read_link("/proc/self/ns/net").expect("own namespace");
        let holder = Command::new("unshare")
            .args(["--net", "sh", "-c", script])
            .stdout(Stdio::null())
            .spawn()
            .expect("unshare");
        let theirs = format!("/proc/{}/ns/net", holder.id());
        eventually("a namespace of its own", || {
            std::fs::read_link(&theirs).is_ok_and(|link| link != own)
        });
        Unnamed { holder }
    }

    /// The process that holds it.
    pub fn pid(&self) -> u32 {
        self.holder.id()
    }

    /// Runs `ip` inside, with arguments separated by spaces.
    #[track_caller]
    pub fn ip(&self, args: &str) -> String {
        let pid = self.pid().to_string();
        let mut all = vec!["-t", &pid, "-n", "/usr/bin/ip"];
        all.extend(args.split(' '));
        run("nsenter", &all)
    }

    /// Kills the process by SIGKILL.
    pub fn kill(mut self) {
        self.end();
    }

    fn end(&mut self) {
        let _ = self.holder.kill();
        let _ = self.holder.wait();
    }
}

impl Default for Unnamed {
    fn default() -> Self {
        Unnamed::new()
    }
}

impl Drop for Unnamed {
    fn drop(&mut self) {
        self.end();
    }
}

/// The cookie of a process's namespace; needs the module.
#[track_caller]
pub fn cookie_of(pid: u32) -> u64 {
    client()
        .namespace(By::Pid(pid))
        .expect("the namespace")
        .cookie
}

/// The cookie of the namespace with this name, by SO_NETNS_COOKIE.
#[track_caller]
pub fn cookie_without_module(name: &str) -> u64 {
    let tree = run("homeward", &["tree", "--json", "--quiet"]);
    let tree: serde_json::Value = serde_json::from_str(&tree).expect("JSON");
    let all = tree["namespaces"].as_array().expect("a list");
    let mut all = all.iter();
    let found = all.find(|one| one["names"][0] == name);
    found.and_then(|one| one["cookie"].as_u64()).expect(name)
}
