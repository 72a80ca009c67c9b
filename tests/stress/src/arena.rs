// SPDX-License-Identifier: GPL-2.0-only

//! What all workers share: the cards, the module's comings and goings, and what there is to complain
//! about.

use std::fs;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use homeward_client::model::Stats;
use homeward_client::{Client, Error};

use crate::figures::{count, Figures};
use crate::nic::Nic;
use crate::referee;
use crate::witness::Witness;

/// How long something may take that happens soon, with all the others at work.
const PATIENCE: Duration = Duration::from_secs(60);

const MODULE: &str = "/homeward.ko";

/// More complaints than these say no more.
const COMPLAINTS: usize = 50;

/// See above.
#[derive(Debug)]
pub(crate) struct Arena {
    pub(crate) nics: Vec<Nic>,
    /// Cards of the machine itself, and the like, which nobody carries.
    pub(crate) others: usize,
    pub(crate) figures: Figures,
    /// What the module told of cards.
    pub(crate) witness: Witness,
    /// Whether calls fail at random.
    pub(crate) faulty: AtomicBool,
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
            let nic = Nic {
                name: format!("nic{number}"),
                mac: format!("02:00:00:00:01:{number:02x}"),
            };
            let (name, mac) = (&nic.name, &nic.mac);
            ip(&format!("link set {old} name {name} address {mac}"));
            if !nic.put_right() {
                return Err(format!("cannot make {name} of {old}: {:?}", nic.look()));
            }
            cards.push(nic);
        }
        let mut arena = Arena {
            others: 0,
            nics: cards,
            figures: Figures::default(),
            witness: Witness::default(),
            faulty: AtomicBool::new(false),
            over: AtomicBool::new(false),
            epoch: AtomicU64::new(1),
            complaints: Mutex::new(Vec::new()),
        };
        arena.load();
        let failed = |error: Error| format!("cannot count the cards: {error}");
        let mut client = Client::connect().map_err(failed)?;
        let devices = client.devices_now(None).map_err(failed)?;
        arena.others = referee::cards(&devices.items).saturating_sub(arena.nics.len());
        Ok(arena)
    }

    pub(crate) fn over(&self) -> bool {
        self.over.load(Ordering::Relaxed)
    }

    pub(crate) fn end(&self) {
        self.over.store(true, Ordering::Relaxed);
    }

    /// Whether calls fail at random now.
    pub(crate) fn faulty(&self) -> bool {
        self.faulty.load(Ordering::SeqCst)
    }

    /// Changes whenever the module comes or goes; None while it is not there.
    pub(crate) fn epoch(&self) -> Option<u64> {
        let epoch = self.epoch.load(Ordering::SeqCst);
        (epoch % 2 == 0).then_some(epoch)
    }

    pub(crate) fn load(&self) {
        if self.epoch().is_some() {
            return;
        }
        let loaded = eventually(|| {
            let loaded = run("insmod", &[MODULE]);
            if !loaded {
                count(&self.figures.load_failures);
            }
            // Without faults there is no reason for a second try.
            loaded || !self.faulty()
        });
        if loaded && std::path::Path::new("/sys/module/homeward").exists() {
            self.epoch.fetch_add(1, Ordering::SeqCst);
        } else {
            self.complain("the module cannot be loaded".to_owned());
        }
    }

    pub(crate) fn unload(&self) {
        if self.epoch().is_none() {
            return;
        }
        self.epoch.fetch_add(1, Ordering::SeqCst);
        if let Some(stats) = self.stats() {
            self.figures.add(&stats);
        }
        // Refused while somebody is in the middle of a dump.
        if !eventually(|| run("rmmod", &["homeward"])) {
            self.complain("the module cannot be unloaded".to_owned());
        }
    }

    /// The module's counters, if it is there.
    pub(crate) fn stats(&self) -> Option<Stats> {
        // An answer may fail, where faults are about.
        (0..20).find_map(|_| Client::connect().and_then(|mut client| client.stats()).ok())
    }

    /// What came of a request: its answer, or a reason that has to be expected.
    pub(crate) fn judge<T>(&self, what: &str, result: Result<T, Error>) -> Option<T> {
        let error = match result {
            Ok(value) => return Some(value),
            Err(error) => error,
        };
        if is_usual(&error) {
            return None;
        }
        // Also just after the end of the faults, of a request begun before.
        if self.faulty() && is_want(&error) {
            count(&self.figures.refusals);
        } else if self.epoch().is_some() {
            // A family that is being unregistered answers in more than one way.
            self.complain(format!("{what}: {error}"));
        }
        None
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
        self.figures.print(time);
        let complaints = self.complaints.lock().map_or(1, |all| all.len());
        println!("{complaints} complaints");
        complaints == 0
    }
}

/// Whether an error is one that must be expected when others are at work.
fn is_usual(error: &Error) -> bool {
    use nix::errno::Errno;
    matches!(
        error,
        Error::NotLoaded | Error::NotInitial | Error::Interrupted { .. }
    ) || matches!(
        error.errno(),
        // Gone, dead, at home already, its name is taken, the family went away.
        Some(
            Errno::ENOENT
                | Errno::ENODEV
                | Errno::EBUSY
                | Errno::EALREADY
                | Errno::EEXIST
                | Errno::EOPNOTSUPP
        )
    )
}

/// Whether an error is one that a fault leads to: an answer that was never sent among them.
fn is_want(error: &Error) -> bool {
    use nix::errno::Errno;
    matches!(error, Error::NoAnswer)
        || matches!(
            error.errno(),
            Some(Errno::ENOMEM | Errno::ENOBUFS | Errno::EMSGSIZE)
        )
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

/// What a program prints.
pub(crate) fn output(program: &str, words: &[&str]) -> String {
    let output = Command::new(program).args(words).output();
    output.map_or_else(
        |_| String::new(),
        |output| String::from_utf8_lossy(&output.stdout).into_owned(),
    )
}

/// Runs `ip` with words separated by spaces.
pub(crate) fn ip(words: &str) -> bool {
    run("/usr/bin/ip", &words.split(' ').collect::<Vec<_>>())
}

pub(crate) fn write(path: &str, text: &str) -> Result<(), String> {
    fs::write(path, text).map_err(|error| format!("cannot write {path}: {error}"))
}
