// SPDX-License-Identifier: GPL-2.0-only

//! Physical devices, their way into a namespace, and how they were before.

use crate::arrivals::{
    Arrivals,
    Look,
    Times, //
};
use crate::error::{
    Error,
    Result, //
};
use crate::programs::ip_batch;
use crate::world::{
    eventually,
    write,
    Namespace, //
};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::Instant;

/// As many ports of one simulated card have numbers that mean nothing else.
const PORTS: usize = 64;
const CLASS: &str = "/sys/class/net";

/// What becomes of devices in the namespace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    /// Nothing.
    Same,
    /// They get other names.
    Renamed,
    /// They get other names, MTUs, MACs and queues.
    Changed,
}

impl Change {
    /// A word for it.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Change::Same => "same name",
            Change::Renamed => "renamed",
            Change::Changed => "renamed and changed",
        }
    }
}

/// A physical device, as it is at home.
#[derive(Clone, Debug)]
pub(crate) struct Nic {
    /// Its index, which it keeps as nothing else takes it.
    pub(crate) index: u32,
    /// How it is to look at home.
    pub(crate) home: Look,
    /// Its name in the namespace, if it is given another.
    pub(crate) other: String,
}

/// Some physical devices, of one kind; the simulated ones are gone when dropped.
#[derive(Debug)]
pub(crate) struct Nics {
    /// One by one.
    pub(crate) all: Vec<Nic>,
    simulated: Vec<usize>,
}

impl Nics {
    /// Makes so many ports of simulated cards.
    pub(crate) fn netdevsim(count: usize) -> Result<Self> {
        let mut nics = Nics {
            all: Vec::new(),
            simulated: Vec::new(),
        };
        let mut names = Vec::new();
        for (number, begin) in (0..count).step_by(PORTS).enumerate() {
            let ports = PORTS.min(count - begin);
            nics.simulated.push(number);
            names.extend(new_card(number, ports)?);
        }
        let lines = names.iter().enumerate();
        let lines = lines.map(|(at, old)| format!("link set dev {old} name sim{at}"));
        ip_batch(&lines.collect::<Vec<_>>())?;
        for number in 0..count {
            nics.add(&format!("sim{number}"))?;
        }
        Ok(nics)
    }

    /// The machine's own cards of this driver.
    pub(crate) fn driven_by(driver: &str) -> Result<Self> {
        let entries = fs::read_dir(CLASS).map_err(Error::io(format!("read {CLASS}")))?;
        let mut names: Vec<String> = entries
            .flatten()
            .filter(|entry| {
                let link = fs::read_link(entry.path().join("device/driver"));
                link.is_ok_and(|link| link.ends_with(driver))
            })
            .map(|entry| entry.file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        let mut nics = Nics {
            all: Vec::new(),
            simulated: Vec::new(),
        };
        for name in names {
            nics.add(&name)?;
        }
        Ok(nics)
    }

    fn add(&mut self, name: &str) -> Result<()> {
        let read = |what: &str| -> Result<String> {
            let path = format!("{CLASS}/{name}/{what}");
            let text = fs::read_to_string(&path).map_err(Error::io(format!("read {path}")))?;
            Ok(text.trim().to_owned())
        };
        let number = |what: &str| -> Result<u32> {
            let text = read(what)?;
            text.parse()
                .map_err(|_| Error::other(format!("{what} of {name}")))
        };
        self.all.push(Nic {
            index: number("ifindex")?,
            home: Look {
                name: name.to_owned(),
                address: read("address")?,
                mtu: number("mtu")?,
                queue: number("tx_queue_len")?,
            },
            other: format!("ct{}", self.all.len()),
        });
        Ok(())
    }

    /// Moves all of them, one by one into these namespaces by turns, where they are changed, and set up or
    /// not.
    pub(crate) fn carry(&self, to: &[Namespace], up: bool, change: Change) -> Result<()> {
        let paths: Vec<String> = to.iter().map(Namespace::path).collect();
        let up = if up { " up" } else { "" };
        // All that a line says is one request, in which the move comes first.
        let line = |(number, (nic, path)): (usize, (&Nic, &String))| {
            let change = match change {
                Change::Same => String::new(),
                Change::Renamed => format!(" name {}", nic.other),
                Change::Changed => format!(
                    " name {} mtu 1400 address 02:00:00:00:02:{number:02x} txqueuelen 77",
                    nic.other
                ),
            };
            format!("link set dev {} netns {path}{change}{up}", nic.home.name)
        };
        let there = self.all.iter().zip(paths.iter().cycle());
        ip_batch(&there.enumerate().map(line).collect::<Vec<_>>())
    }

    /// Waits until all are back in the initial namespace: just as they were, or anyhow.
    pub(crate) fn wait(
        &self,
        arrivals: &mut Arrivals,
        begun: Instant,
        just_so: bool,
    ) -> Result<Times> {
        let home: BTreeMap<u32, &Look> = (self.all.iter())
            .map(|nic| (nic.index, &nic.home))
            .collect();
        let indices: Vec<u32> = home.keys().copied().collect();
        arrivals.wait(begun, &indices, |index, look| {
            !just_so || home.get(&index) == Some(&look)
        })
    }

    /// Makes all of them what they were, by ordinary means.
    pub(crate) fn put_right(&self) -> Result<()> {
        let present = present_names()?;
        let mut lines = Vec::new();
        for nic in &self.all {
            let name = present.get(&nic.index);
            let name = name.ok_or_else(|| Error::other(format!("{} is gone", nic.home.name)))?;
            let home = &nic.home;
            lines.push(format!("link set dev {name} down"));
            if *name != home.name {
                lines.push(format!("link set dev {name} name {}", home.name));
            }
            lines.push(format!("link set dev {} {}", home.name, settings(home)));
        }
        ip_batch(&lines)
    }
}

impl Drop for Nics {
    fn drop(&mut self) {
        for number in &self.simulated {
            if let Err(error) = write("/sys/bus/netdevsim/del_device", &number.to_string()) {
                println!("{error}");
            }
        }
    }
}

/// Words for `ip link set` that give a device these settings.
pub(crate) fn settings(look: &Look) -> String {
    format!(
        "mtu {} address {} txqueuelen {}",
        look.mtu, look.address, look.queue
    )
}

/// Makes a simulated card; gives the names of its ports.
fn new_card(number: usize, ports: usize) -> Result<Vec<String>> {
    // One of a row that ended early.
    let _ = fs::write("/sys/bus/netdevsim/del_device", number.to_string());
    write(
        "/sys/bus/netdevsim/new_device",
        &format!("{number} {ports}"),
    )?;
    let directory = format!("/sys/bus/netdevsim/devices/netdevsim{number}/net");
    let names = || -> Vec<String> {
        let entries = fs::read_dir(&directory).into_iter().flatten().flatten();
        entries
            .filter_map(|entry| entry.file_name().into_string().ok())
            .collect()
    };
    eventually("ports of a netdevsim", || Ok(names().len() == ports))?;
    Ok(names())
}

/// The devices of the initial namespace, by index.
fn present_names() -> Result<BTreeMap<u32, String>> {
    let entries = fs::read_dir(CLASS).map_err(Error::io(format!("read {CLASS}")))?;
    let name = |path: &Path| {
        let index = fs::read_to_string(path.join("ifindex")).ok()?;
        let name = path.file_name()?.to_string_lossy().into_owned();
        Some((index.trim().parse().ok()?, name))
    };
    Ok(entries
        .flatten()
        .filter_map(|entry| name(&entry.path()))
        .collect())
}
