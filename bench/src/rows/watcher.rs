// SPDX-License-Identifier: GPL-2.0-only

//! What people have in the place of Homeward: a watcher in userspace that waits for a card to
//! arrive under a container's name, and puts it right with `ip link set`.

use crate::arrivals::Arrivals;
use crate::error::{
    Error,
    Result, //
};
use crate::nics::{
    settings,
    Nic, //
};
use crate::programs::{
    run,
    IP, //
};
use std::fs;
use std::os::unix::process::CommandExt as _;
use std::process::{
    Child,
    Command,
    Stdio, //
};
use std::sync::atomic::{
    AtomicBool,
    Ordering, //
};
use std::sync::Arc;
use std::thread::{
    self,
    JoinHandle, //
};
use std::time::Duration;

use crate::world::eventually;

/// What `ip monitor` has at its start.
const SETTLING: Duration = Duration::from_millis(500);

/// The words that put a card right.
fn cure(nic: &Nic) -> String {
    let home = &nic.home;
    format!(
        "{IP} link set dev {} name {} {}",
        nic.other,
        home.name,
        settings(home)
    )
}

/// A watcher as quick as one can be: it listens to netlink itself, knows what to do, and starts
/// `ip` once.
#[derive(Debug)]
pub(super) struct Quick {
    over: Arc<AtomicBool>,
    thread: Option<JoinHandle<Result<()>>>,
}

impl Quick {
    /// Watches for this card.
    pub(super) fn new(nic: &Nic) -> Result<Self> {
        let mut arrivals = Arrivals::new()?;
        let over = Arc::new(AtomicBool::new(false));
        let end = Arc::clone(&over);
        let (index, other, cure) = (nic.index, nic.other.clone(), cure(nic));
        let thread = thread::spawn(move || {
            while !end.load(Ordering::SeqCst) {
                let news = arrivals.next(Duration::from_millis(100))?;
                let look = news.as_ref().and_then(|news| news.get(&index));
                if look.is_some_and(|look| look.name == other) {
                    return run(&cure);
                }
            }
            Ok(())
        });
        Ok(Quick {
            over,
            thread: Some(thread),
        })
    }
}

impl Drop for Quick {
    fn drop(&mut self) {
        self.over.store(true, Ordering::SeqCst);
        if let Some(Err(error)) = self.thread.take().and_then(|thread| thread.join().ok()) {
            println!("the watcher: {error}");
        }
    }
}

/// A watcher as people write it: a loop of the shell behind `ip monitor`.
#[derive(Debug)]
pub(super) struct Script(Child);

impl Script {
    /// Watches for this card.
    pub(super) fn new(nic: &Nic) -> Result<Self> {
        let script = format!(
            "{IP} -o monitor link | while read -r line; do \
             case $line in *': {}: '*) {} 2>/dev/null ;; esac; done",
            nic.other,
            cure(nic)
        );
        let child = Command::new("bash")
            .args(["-c", &script])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // A group of its own, to be ended as a whole.
            .process_group(0)
            .spawn()
            .map_err(Error::io("start a watcher"))?;
        let watcher = Script(child);
        eventually("a watcher that listens", || Ok(listens()))?;
        // It first asks for all links, and misses what it hears meanwhile.
        thread::sleep(SETTLING);
        Ok(watcher)
    }
}

impl Drop for Script {
    fn drop(&mut self) {
        use nix::sys::signal::{
            killpg,
            Signal, //
        };
        let group = i32::try_from(self.0.id()).map(nix::unistd::Pid::from_raw);
        if let Ok(group) = group {
            let _ = killpg(group, Signal::SIGKILL);
        }
        let _ = self.0.wait();
    }
}

/// Whether a process listens to links: of NETLINK_ROUTE, with the first group.
fn listens() -> bool {
    let table = fs::read_to_string("/proc/net/netlink").unwrap_or_default();
    table.lines().any(|line| {
        let mut words = line.split_whitespace().skip(1);
        let route = words.next() == Some("0");
        let groups = words.nth(1);
        let groups = groups.and_then(|text| u32::from_str_radix(text, 16).ok());
        route && groups.is_some_and(|groups| groups & 1 != 0)
    })
}
