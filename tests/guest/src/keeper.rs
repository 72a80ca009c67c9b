// SPDX-License-Identifier: GPL-2.0-only

//! Tasks in all states that keep things of a network namespace, and the release of those things in the
//! way that the command tells.

use std::collections::BTreeSet;
use std::fs;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::inhabit::Killed;
use crate::run::eventually;

/// A task that keeps things.
#[derive(Debug)]
pub struct Keeper {
    /// Its process.
    pub pid: u64,
    /// Itself.
    pub tid: u64,
    _process: Killed,
}

impl Keeper {
    /// Starts one in a state, which keeps things of these kinds (keeper.py) of the namespace with a
    /// name.
    #[track_caller]
    pub fn new(name: &str, state: &str, kinds: &[&str]) -> Self {
        let ready = format!("/tmp/keeper-{:?}", std::thread::current().id());
        let _ = fs::remove_file(&ready);
        let process = Command::new("python3")
            // Nothing of a site's own: it takes a third of the start.
            .args(["-IS", "-c", include_str!("keeper.py"), name, state, &ready])
            .args(kinds)
            .stdin(Stdio::null())
            .spawn();
        let process = Killed(process.expect("python3"));
        eventually(state, || fs::exists(&ready).unwrap_or(false));
        let task = fs::read_to_string(&ready).expect("the task");
        let mut words = task
            .split("/task/")
            .map(|word| word.parse().expect("an id"));
        let keeper = Keeper {
            pid: words.next().expect("a process"),
            tid: words.next().expect("a thread"),
            _process: process,
        };
        if state.ends_with("-ended") {
            let stat = format!("/proc/{}/stat", keeper.pid);
            eventually("the end of the first thread", || {
                fs::read_to_string(&stat).expect("it").contains(") Z ")
            });
        }
        keeper
    }
}

/// Does what the rows of `holders` tell, one after the other; each must work. Those that are words for
/// people mean the end of the processes.
#[track_caller]
pub fn release(holders: &[Value], shell: &[&str]) {
    let mut ended = BTreeSet::new();
    for holder in holders {
        let told = holder["release"].as_str().expect("a release");
        if !told.starts_with("end process ") && !told.starts_with("close fd ") {
            run_in(shell, told, holder);
            continue;
        }
        let others = holder["others"].as_array().expect("others");
        for one in others.iter().chain([holder]) {
            let pid = one["process"]["pid"].as_u64().expect("a process");
            assert!(told.contains(&pid.to_string()), "{holder:#}");
            if ended.insert(pid) {
                run_in(&[], &format!("kill -9 {pid}"), holder);
            }
        }
    }
}

#[track_caller]
fn run_in(shell: &[&str], command: &str, holder: &Value) {
    assert!(!command.contains(char::is_control), "{command:?}");
    let mut words = shell.iter().copied().chain(["sh", "-c", command]);
    let output = Command::new(words.next().expect("a program"))
        .args(words)
        .output()
        .expect("a shell");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{command}: {said}\n{holder:#}");
}
