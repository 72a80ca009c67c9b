// SPDX-License-Identifier: GPL-2.0-only

//! What all workers share: the cards, the module's comings and goings, what was counted, and what
//! there is to complain about.

use std::fs;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// How long something may take that happens soon, with all the others at work.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

const MODULE: &str = "/homeward.ko";

/// More complaints than these say no more.
const COMPLAINTS: usize = 50;

/// A network card, which is known by its MAC.
#[derive(Debug)]
pub(crate) struct Nic {
    pub(crate) name: String,
    pub(crate) mac: String,
}

/// What was counted.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    pub(crate) births: AtomicU64,
    pub(crate) journeys: AtomicU64,
    /// Journeys all through which the module was loaded.
    pub(crate) watched: AtomicU64,
    pub(crate) recalls: AtomicU64,
    pub(crate) dumps: AtomicU64,
    pub(crate) events: AtomicU64,
    pub(crate) lost: AtomicU64,
    pub(crate) reloads: AtomicU64,
    pub(crate) looks: AtomicU64,
    /// In microseconds.
    pub(crate) worst_teardown: AtomicU64,
    /// From the death to the card in order, in microseconds.
    pub(crate) worst_return: AtomicU64,
}

/// See above.
#[derive(Debug)]
pub(crate) struct Arena {
    pub(crate) nics: Vec<Nic>,
    /// Cards of the machine itself, which nobody carries.
    pub(crate) others: usize,
    pub(crate) counts: Counts,
    over: AtomicBool,
    /// Even while the module is loaded.
    epoch: AtomicU64,
    complaints: Mutex<Vec<String>>,
}

impl Arena {
    /// Makes the cards and loads the module.
    pub(crate) fn new(nics: u32) -> Result<Self, String> {
        write("/sys/bus/netdevsim/new_device", &format!("1 {nics}"))?;
        let directory = "/sys/bus/netdevsim/devices/netdevsim1/net";
        let names = || -> Vec<String> {
            let entries = fs::read_dir(directory).into_iter().flatten().flatten();
            let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
            names.collect()
        };
        let wanted = usize::try_from(nics).unwrap_or_default();
        if !eventually(|| names().len() == wanted) {
            return Err(format!("no {nics} ports in {directory}"));
        }
        let mut cards = Vec::new();
        for (number, old) in names().into_iter().enumerate() {
            let (name, mac) = (
                format!("nic{number}"),
                format!("02:00:00:00:01:{number:02x}"),
            );
            if !ip(&format!(
                "link set {old} name {name} address {mac} mtu 1500"
            )) {
                return Err(format!("cannot name {old} {name}"));
            }
            cards.push(Nic { name, mac });
        }
        let all = fs::read_dir("/sys/class/net")
            .into_iter()
            .flatten()
            .flatten();
        let physical = all.filter(|entry| entry.path().join("device").exists());
        let arena = Arena {
            others: physical.count().saturating_sub(cards.len()),
            nics: cards,
            counts: Counts::default(),
            over: AtomicBool::new(false),
            epoch: AtomicU64::new(1),
            complaints: Mutex::new(Vec::new()),
        };
        arena.load();
        Ok(arena)
    }

    pub(crate) fn over(&self) -> bool {
        self.over.load(Ordering::Relaxed)
    }

    pub(crate) fn end(&self) {
        self.over.store(true, Ordering::Relaxed);
    }

    /// Changes whenever the module comes or goes; None while it is not there.
    pub(crate) fn epoch(&self) -> Option<u64> {
        let epoch = self.epoch.load(Ordering::SeqCst);
        (epoch % 2 == 0).then_some(epoch)
    }

    pub(crate) fn load(&self) {
        if self.epoch().is_none() {
            if run("insmod", &[MODULE]) {
                self.epoch.fetch_add(1, Ordering::SeqCst);
            } else {
                self.complain("the module cannot be loaded".to_owned());
            }
        }
    }

    pub(crate) fn unload(&self) {
        if self.epoch().is_some() {
            self.epoch.fetch_add(1, Ordering::SeqCst);
            // Refused while somebody is in the middle of a dump.
            if !eventually(|| run("rmmod", &["homeward"])) {
                self.complain("the module cannot be unloaded".to_owned());
            }
        }
    }

    /// Something is as it must not be.
    pub(crate) fn complain(&self, text: String) {
        println!("stress: {text}");
        if let Ok(mut complaints) = self.complaints.lock() {
            if complaints.len() < COMPLAINTS {
                complaints.push(text);
            }
        }
    }

    /// Prints the figures; whether there is no complaint.
    pub(crate) fn report(&self, time: Duration) -> bool {
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let rate = |counter: &AtomicU64| count(counter) / time.as_secs().max(1);
        let milliseconds = |counter: &AtomicU64| count(counter) / 1000;
        let counts = &self.counts;
        let complaints = self.complaints.lock().map_or(1, |all| all.len());
        println!(
            "{} namespaces ({}/s), {} journeys of cards ({}/s), {} of them watched all through",
            count(&counts.births),
            rate(&counts.births),
            count(&counts.journeys),
            rate(&counts.journeys),
            count(&counts.watched),
        );
        println!(
            "{} recalls, {} dumps, {} events heard ({} told as lost), {} reloads, {} looks of the referee",
            count(&counts.recalls),
            count(&counts.dumps),
            count(&counts.events),
            count(&counts.lost),
            count(&counts.reloads),
            count(&counts.looks),
        );
        println!(
            "worst teardown {} ms, worst return {} ms, {complaints} complaints",
            milliseconds(&counts.worst_teardown),
            milliseconds(&counts.worst_return),
        );
        complaints == 0
    }
}

/// One more.
pub(crate) fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

/// The longest so far.
pub(crate) fn longest(counter: &AtomicU64, time: Duration) {
    let time = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
    counter.fetch_max(time, Ordering::Relaxed);
}

/// Waits until `done`; false when it takes too long.
pub(crate) fn eventually(mut done: impl FnMut() -> bool) -> bool {
    let begun = Instant::now();
    while !done() {
        if begun.elapsed() > PATIENCE {
            return false;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    true
}

/// Runs a program in silence; whether it succeeded.
pub(crate) fn run(program: &str, words: &[&str]) -> bool {
    Command::new(program)
        .args(words)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// Runs `ip` with words separated by spaces.
pub(crate) fn ip(words: &str) -> bool {
    run("/usr/bin/ip", &words.split(' ').collect::<Vec<_>>())
}

pub(crate) fn write(path: &str, text: &str) -> Result<(), String> {
    fs::write(path, text).map_err(|error| format!("cannot write {path}: {error}"))
}

/// The name of the card with this MAC in the initial namespace, if it is there.
pub(crate) fn name_at_home(mac: &str) -> Option<String> {
    let entries = fs::read_dir("/sys/class/net").ok()?;
    entries.flatten().find_map(|entry| {
        let address = fs::read_to_string(entry.path().join("address")).ok()?;
        (address.trim() == mac).then(|| entry.file_name().to_string_lossy().into_owned())
    })
}

/// The MTU of a device of the initial namespace.
pub(crate) fn mtu_at_home(name: &str) -> Option<u32> {
    let text = fs::read_to_string(format!("/sys/class/net/{name}/mtu")).ok()?;
    text.trim().parse().ok()
}
