// SPDX-License-Identifier: GPL-2.0-only

//! Others at home who act on what they see first: one like systemd-udevd, and one who takes names away.

use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;
use std::thread::{sleep, spawn, JoinHandle};
use std::time::{Duration, Instant};

use homeward_netlink::Transport;
use nix::errno::Errno;

use crate::link::Rtnl;
use crate::observer::{uevents, Uevent};

/// How often one who listens looks whether it is to end.
const STEP: Duration = Duration::from_millis(20);

/// A thread that goes on until it is told that what it waits for has happened.
#[derive(Debug)]
struct Worker<T> {
    over: Arc<AtomicBool>,
    thread: Option<JoinHandle<T>>,
}

impl<T: Send + 'static> Worker<T> {
    fn new(work: impl FnOnce(&AtomicBool) -> T + Send + 'static) -> Self {
        let over = Arc::new(AtomicBool::new(false));
        let told = over.clone();
        let thread = Some(spawn(move || work(&told)));
        Worker { over, thread }
    }

    fn end(&mut self) -> T {
        self.over.store(true, Ordering::SeqCst);
        let thread = self.thread.take().expect("once");
        thread.join().expect("a good end")
    }
}

impl<T> Drop for Worker<T> {
    fn drop(&mut self) {
        self.over.store(true, Ordering::SeqCst);
    }
}

/// Does as systemd-udevd does (udev-builtin-net_setup_link, NamePolicy=keep and AlternativeNamesPolicy): on
/// `add` it reads who gave the name that the uevent tells; where nobody did, or that cannot be read, it
/// renames the device to its own name for it. Where somebody did, its own name becomes an alternative one.
#[derive(Debug)]
pub struct Udev(Worker<Vec<String>>);

impl Udev {
    /// Listens from now on, in this thread's namespace. `policy` is the name for a device of its index;
    /// each event is handled by a worker of its own, some milliseconds later, up to `latest`.
    #[track_caller]
    pub fn new(
        latest: u64,
        seed: u64,
        policy: impl Fn(u32) -> Option<String> + Send + 'static,
    ) -> Self {
        let mut socket = uevents();
        Udev(Worker::new(move |over| {
            let mut dice = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
            let mut workers = Vec::new();
            loop {
                let ending = over.load(Ordering::SeqCst);
                let datagram = socket.receive(Instant::now().checked_add(STEP));
                let Some(datagram) = datagram.expect("all uevents") else {
                    if ending {
                        break;
                    }
                    continue;
                };
                let event = Uevent::parse(datagram).filter(|event| event.action == "add");
                let Some((event, own)) = event
                    .and_then(|event| Some((policy(event.ifindex)?, event)))
                    .map(|(own, event)| (event, own))
                else {
                    continue;
                };
                // Xorshift: the same delays each time.
                dice ^= dice << 13;
                dice ^= dice >> 7;
                dice ^= dice << 17;
                let delay = Duration::from_micros(dice % (latest * 1000 + 1));
                workers.push(spawn(move || set_up_link(&event, &own, delay)));
            }
            let done = workers
                .into_iter()
                .filter_map(|worker| worker.join().expect("a worker"));
            done.collect()
        }))
    }

    /// Handles what there is to handle yet, and ends; gives what it renamed, in words.
    #[track_caller]
    pub fn finish(mut self) -> Vec<String> {
        self.0.end()
    }
}

/// What a worker does for one event.
fn set_up_link(event: &Uevent, own: &str, delay: Duration) -> Option<String> {
    sleep(delay);
    let mut rtnl = Rtnl::new();
    let given = fs::read_to_string(format!("/sys/class/net/{}/name_assign_type", event.name));
    // NET_NAME_PREDICTABLE, NET_NAME_USER, NET_NAME_RENAMED.
    if !given
        .as_ref()
        .is_ok_and(|kind| ["2", "3", "4"].contains(&kind.trim()))
    {
        let renamed = rtnl.rename(event.ifindex, own);
        return Some(format!(
            "{} to {own}: {renamed:?} as its kind is {given:?}",
            event.name
        ));
    }
    // It is not told when that is its name already, or another's.
    let _ = rtnl.add_altname(event.ifindex, own);
    None
}

/// One who renames a device by its index, whatever it is called, as soon as something is seen of it.
#[derive(Debug)]
pub struct Stealer(Worker<Option<Result<(), Errno>>>);

impl Stealer {
    /// Gives the device of that index this name once `seen` says yes.
    #[track_caller]
    pub fn new(
        ifindex: u32,
        name: &'static str,
        mut seen: impl FnMut(&mut Rtnl) -> bool + Send + 'static,
    ) -> Self {
        let mut rtnl = Rtnl::new();
        Stealer(Worker::new(move |over| loop {
            if seen(&mut rtnl) {
                return Some(rtnl.rename(ifindex, name));
            }
            if over.load(Ordering::SeqCst) {
                return None;
            }
        }))
    }

    /// Ends; gives what became of it, if it came to that.
    #[track_caller]
    pub fn finish(mut self) -> Option<Result<(), Errno>> {
        self.0.end()
    }
}
