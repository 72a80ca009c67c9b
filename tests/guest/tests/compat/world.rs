// SPDX-License-Identifier: GPL-2.0-only

//! The world of a script: empty at its beginning, the same for both programs.

use std::fs::{self, File};
use std::os::unix::fs::{symlink, MetadataExt};
use std::path::Path;

use homeward_guest_tests::{eventually, run, Unnamed};
use homeward_netns::Nsids;
use nix::mount::umount;

const RUN: &str = "/run/netns";

/// A process in a namespace without name, and no names.
pub(crate) struct World {
    process: Option<Unnamed>,
    pid: u32,
}

impl World {
    pub(crate) fn new() -> Self {
        clean();
        let _ = fs::remove_file("/tmp/ip-netns");
        symlink("/usr/bin/homeward", "/tmp/ip-netns").expect("a link");
        let process = Unnamed::new();
        World {
            pid: process.pid(),
            process: Some(process),
        }
    }

    /// The process.
    pub(crate) fn pid(&self) -> u32 {
        self.pid
    }

    /// Runs lines of the shell.
    pub(crate) fn prepare(&self, lines: &str) {
        let lines = lines.replace("{PID}", &self.pid().to_string());
        run("sh", &["-ec", &lines]);
    }

    /// Text with nothing that changes from world to world.
    pub(crate) fn neutral(&self, text: &str) -> String {
        text.replace(&self.pid().to_string(), "{PID}")
    }

    /// What is in /run/netns: names, kinds, modes, whether a namespace is there.
    pub(crate) fn names(&self) -> String {
        let Ok(entries) = fs::read_dir(RUN) else {
            return "none".to_owned();
        };
        let nsfs = fs::metadata("/proc/self/ns/net").expect("own").dev();
        // In their order, which lists have.
        let entry = |entry: fs::DirEntry| {
            let file = fs::symlink_metadata(entry.path()).expect("a file");
            let inside = if file.dev() == nsfs { "namespace" } else { "-" };
            let name = entry.file_name();
            format!(
                "{} {:o} {inside}",
                name.as_encoded_bytes().escape_ascii(),
                file.mode()
            )
        };
        let entries: Vec<_> = entries
            .map(|found| entry(found.expect("an entry")))
            .collect();
        let own = fs::metadata(RUN).expect("a directory").mode();
        self.neutral(&format!("{own:o}: {}", entries.join(", ")))
    }

    /// All that may have changed.
    pub(crate) fn state(&self) -> String {
        wait_for_the_dead();
        let ids = run("/usr/bin/ip", &["netns", "list-id"]);
        // A process's number may have been taken for an id.
        let ids = self.neutral(&ids);
        format!("{}\n{}\n{ids}", self.names(), mounts())
    }
}

impl Drop for World {
    fn drop(&mut self) {
        // An id that its namespace was given goes with it.
        drop(self.process.take());
        clean();
    }
}

/// Ids stay until the cleanup worker comes by: one that is given now goes after those of all that are dead.
fn wait_for_the_dead() {
    let mut ids = Nsids::open().expect("a socket");
    let last = Unnamed::new();
    let there = File::open(format!("/proc/{}/ns/net", last.pid())).expect("it");
    let unused = Some(1 << 30);
    ids.set(&there, unused).expect("an id");
    drop((there, last));
    eventually("the last to be gone", || {
        ids.all(None)
            .expect("ids")
            .iter()
            .all(|one| one.id != unused)
    });
}

/// The lines of mountinfo below /run/netns, without numbers that change.
pub(crate) fn mounts() -> String {
    let table = fs::read_to_string("/proc/self/mountinfo").expect("mounts");
    let line = |line: &str| {
        let words: Vec<_> = line.split(' ').collect();
        if !words[4].starts_with(RUN) {
            return None;
        }
        let number = |word: &str| {
            let end = word.find([':', '[']).map_or(word.len(), |at| at + 1);
            word[..end].to_owned()
        };
        let shown = words[3..].iter().map(|word| number(word));
        Some(shown.collect::<Vec<_>>().join(" "))
    };
    table
        .lines()
        .filter_map(line)
        .collect::<Vec<_>>()
        .join("\n")
}

/// No names, no mounts, no ids, no files for names.
pub(crate) fn clean() {
    let _ = fs::remove_dir_all("/etc/netns");
    for file in ["/etc/extra", "/tmp/batch", "/tmp/out"] {
        let _ = fs::remove_file(file);
    }
    for entry in fs::read_dir(RUN).into_iter().flatten().flatten() {
        remove(&entry.path());
    }
    remove(Path::new(RUN));
    assert!(!Path::new(RUN).exists(), "names are left: {}", mounts());
    // Ids stay until the cleanup worker comes by.
    let mut ids = Nsids::open().expect("a socket");
    eventually("no ids", || ids.all(None).expect("ids").is_empty());
}

/// Removes what is there: a directory, too, and what is mounted on it more than once. Programs for that
/// would take longer than all that is compared.
fn remove(path: &Path) {
    while umount(path).is_ok() {}
    // Of these one is what it is.
    let _ = fs::remove_dir_all(path);
    let _ = fs::remove_file(path);
}
