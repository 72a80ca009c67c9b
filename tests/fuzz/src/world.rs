// SPDX-License-Identifier: GPL-2.0-only

//! What the requests are about: namespaces that are born and die, devices that move between them,
//! one who looks what there is, and one who listens to events.

use std::fs::{self, File};
use std::io::Write;
use std::os::fd::AsRawFd;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::sleep;
use std::time::{Duration, Instant};

use fastrand::Rng;
use homeward_client::{Client, Notice};
use nix::sched::{setns, unshare, CloneFlags};

use crate::picture::Picture;

/// So many ports of netdevsim, beside the cards that the machine has.
const PORTS: u32 = 4;
/// How old what one knows may be.
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// How long the last namespaces may take to die.
const PATIENCE: Duration = Duration::from_secs(120);

/// See above.
#[derive(Debug)]
pub(crate) struct World {
    picture: Mutex<Arc<Picture>>,
    over: AtomicBool,
    /// Physical devices, all of which have to be there in the end.
    cards: usize,
    pub(crate) births: AtomicU64,
    pub(crate) events: AtomicU64,
}

impl World {
    /// With ports that can be moved about.
    pub(crate) fn new() -> Result<Self, String> {
        let file = "/sys/bus/netdevsim/new_device";
        fs::write(file, format!("1 {PORTS}")).map_err(|error| format!("{file}: {error}"))?;
        Ok(World {
            picture: Mutex::new(Arc::new(Picture::guessed())),
            over: AtomicBool::new(false),
            cards: cards().len(),
            births: AtomicU64::new(0),
            events: AtomicU64::new(0),
        })
    }

    /// What there is at the moment, nearly.
    pub(crate) fn picture(&self) -> Arc<Picture> {
        let picture = self.picture.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&picture)
    }

    pub(crate) fn end(&self) {
        self.over.store(true, Ordering::Relaxed);
    }

    fn over(&self) -> bool {
        self.over.load(Ordering::Relaxed)
    }

    /// Looks until it is over.
    pub(crate) fn look(&self) -> Result<(), String> {
        let mut client = Client::connect().map_err(|error| error.to_string())?;
        while !self.over() {
            let picture = Arc::new(Picture::take(&mut client));
            *self.picture.lock().unwrap_or_else(PoisonError::into_inner) = picture;
            sleep(LOOK_EVERY);
        }
        Ok(())
    }

    /// Listens until it is over; so each event is made and sent.
    pub(crate) fn listen(&self) -> Result<(), String> {
        let client = Client::connect().map_err(|error| error.to_string())?;
        let mut events = client.subscribe().map_err(|error| error.to_string())?;
        while !self.over() {
            match events.next(Some(LOOK_EVERY)) {
                Ok(Some(Notice::Event(_))) => {
                    self.events.fetch_add(1, Ordering::Relaxed);
                }
                Ok(_) => {}
                Err(error) => return Err(format!("events: {error}")),
            }
        }
        Ok(())
    }

    /// Makes namespaces and devices, and moves devices about, until it is over.
    pub(crate) fn churn(&self, mut dice: Rng, number: u8) -> Result<(), String> {
        let here = own_namespace()?;
        while !self.over() {
            // What fails fails because a request or another one here was quicker.
            let (first, second) = (new_namespace()?, new_namespace()?);
            self.births.fetch_add(2, Ordering::Relaxed);
            let first_path = path(&first);
            enter(&first)?;
            ip(&furniture(number, &mut dice));
            enter(&here)?;
            ip(&departures(&first_path, &mut dice));
            enter(&first)?;
            for card in devices_here() {
                ip(&journey(&card, &path(&second), &mut dice));
            }
            enter(&here)?;
            sleep(Duration::from_millis(dice.u64(0..1000)));
        }
        Ok(())
    }

    /// In the end all cards have to be there.
    pub(crate) fn judge(&self) -> Result<usize, String> {
        let begun = Instant::now();
        while cards().len() != self.cards {
            if begun.elapsed() > PATIENCE {
                let left = cards();
                return Err(format!("of {} cards these are left: {left:?}", self.cards));
            }
            sleep(Duration::from_millis(100));
        }
        Ok(self.cards)
    }
}

/// The physical devices of the initial namespace.
fn cards() -> Vec<String> {
    let entries = fs::read_dir("/sys/class/net").into_iter().flatten();
    let cards = entries
        .flatten()
        .filter(|entry| entry.path().join("device").exists());
    // A name need not be text, and such a one is no word for `ip`; but it counts.
    let names = cards.map(|entry| entry.file_name().to_string_lossy().into_owned());
    names.collect()
}

/// The devices of the namespace that this thread is in.
fn devices_here() -> Vec<String> {
    let text = fs::read_to_string("/proc/thread-self/net/dev").unwrap_or_default();
    let names = text.lines().skip(2).filter_map(|line| line.split_once(':'));
    let names = names.map(|(name, _)| name.trim().to_owned());
    names.filter(|name| name != "lo").collect()
}

fn own_namespace() -> Result<File, String> {
    let file = "/proc/thread-self/ns/net";
    File::open(file).map_err(|error| format!("{file}: {error}"))
}

fn new_namespace() -> Result<File, String> {
    unshare(CloneFlags::CLONE_NEWNET).map_err(|errno| format!("unshare: {}", errno.desc()))?;
    own_namespace()
}

fn enter(namespace: &File) -> Result<(), String> {
    setns(namespace, CloneFlags::CLONE_NEWNET).map_err(|errno| format!("setns: {}", errno.desc()))
}

/// Where `ip` finds a namespace that is open here.
fn path(namespace: &File) -> String {
    format!("/proc/{}/fd/{}", std::process::id(), namespace.as_raw_fd())
}

/// Virtual devices with whatever a device may have.
fn furniture(number: u8, dice: &mut Rng) -> String {
    let mut lines = format!(
        "link set lo up\n\
         link add fuzz{number} mtu 1400 type dummy\n\
         link add peer{number} type veth peer name other{number}\n"
    );
    for (chance, line) in [
        (2, format!("link set fuzz{number} alias some-words")),
        (
            2,
            format!("link property add dev fuzz{number} altname alt{number} altname a-{number}"),
        ),
        (2, format!("addr add 10.0.{number}.1/24 dev fuzz{number}")),
        (2, format!("link set fuzz{number} up")),
        (4, "link add bridge0 type bridge".to_owned()),
        (4, format!("link add tun{number} type gre remote 10.0.0.9")),
    ] {
        if dice.u8(0..chance) == 0 {
            lines += &line;
            lines.push('\n');
        }
    }
    lines
}

/// Some cards leave home. What else has come there by somebody's rule or mark goes.
fn departures(to: &str, dice: &mut Rng) -> String {
    let (mut lines, cards) = (String::new(), cards());
    for _ in 0..dice.u8(0..3) {
        if let Some(card) = dice.choice(&cards) {
            lines += &format!("link set {card} netns {to}\n");
        }
    }
    for device in devices_here() {
        if !cards.contains(&device) {
            lines += &format!("link del {device}\n");
        }
    }
    lines
}

/// What becomes of a device in a namespace: it is changed, and may move on.
fn journey(device: &str, next: &str, dice: &mut Rng) -> String {
    let mut lines = String::new();
    let mut name = device.to_owned();
    if dice.bool() {
        let other = format!("ct{}", dice.u8(0..8));
        lines += &format!("link set {name} down\nlink set {name} name {other}\n");
        name = other;
    }
    for line in [
        format!("link set {name} mtu {}", dice.u32(1280..1500)),
        format!("link set {name} promisc on allmulticast on"),
        format!("link set {name} alias inside"),
        format!(
            "link set {name} broadcast 02:00:00:00:00:{:02x}",
            dice.u8(..)
        ),
        format!("link set {name} dynamic on"),
        format!("link property add dev {name} altname in{}", dice.u8(..)),
        format!("addr add 192.0.2.{}/24 dev {name}", dice.u8(1..)),
        format!("-6 addr add 2001:db8::{:x}/64 dev {name}", dice.u8(1..)),
        format!("link set {name} up"),
    ] {
        if dice.u8(0..3) == 0 {
            lines += &line;
            lines.push('\n');
        }
    }
    if dice.bool() {
        lines += &format!("link set {name} netns {next}\n");
    }
    lines
}

/// Runs lines of `ip` in the namespace of this thread; some may fail.
fn ip(lines: &str) {
    let child = Command::new("/usr/bin/ip")
        .args(["-force", "-batch", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    if let Ok(mut child) = child {
        if let Some(mut input) = child.stdin.take() {
            // It ends by itself if it cannot be told anything.
            let _ = input.write_all(lines.as_bytes());
        }
        let _ = child.wait();
    }
}
