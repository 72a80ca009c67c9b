// SPDX-License-Identifier: GPL-2.0-only

//! Devices, and what they look like.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::run::{eventually, ip};

/// A simulated NIC with ports, each a physical device of the kernel; gone when dropped.
#[derive(Debug)]
pub struct Netdevsim {
    id: u32,
    /// Names of the ports, in the initial namespace, when they were made.
    pub ports: Vec<String>,
}

impl Netdevsim {
    /// Makes one with as many ports as there are names.
    #[track_caller]
    pub fn new(id: u32, names: &[&str]) -> Self {
        fs::write(
            "/sys/bus/netdevsim/new_device",
            format!("{id} {}", names.len()),
        )
        .expect("a netdevsim");
        let dir = PathBuf::from(format!("/sys/bus/netdevsim/devices/netdevsim{id}/net"));
        let list = || {
            let mut ports: Vec<_> = fs::read_dir(&dir)
                .into_iter()
                .flatten()
                .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
                .collect();
            ports.sort();
            ports
        };
        eventually("the ports of a netdevsim", || list().len() == names.len());
        let sim = Netdevsim {
            id,
            ports: names.iter().map(|&name| name.to_owned()).collect(),
        };
        for (port, name) in list().iter().zip(names) {
            ip(&format!("link set {port} name {name}"));
        }
        sim
    }
}

impl Drop for Netdevsim {
    fn drop(&mut self) {
        let _ = fs::write("/sys/bus/netdevsim/del_device", self.id.to_string());
    }
}

/// A NIC of the guest's machine; taken down when dropped.
#[derive(Debug)]
pub struct Nic {
    name: String,
}

impl Nic {
    /// The first NIC in the initial namespace that this driver drives.
    #[track_caller]
    pub fn driven_by(driver: &str) -> Self {
        let mut names: Vec<_> = fs::read_dir("/sys/class/net")
            .expect("devices")
            .filter_map(|entry| {
                let entry = entry.ok()?;
                let link = fs::read_link(entry.path().join("device/driver")).ok()?;
                link.ends_with(driver).then(|| entry.file_name())
            })
            .collect();
        names.sort();
        let name = names.first().unwrap_or_else(|| panic!("no {driver}"));
        Nic {
            name: name.to_string_lossy().into_owned(),
        }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl Drop for Nic {
    fn drop(&mut self) {
        let _ = Command::new("/usr/bin/ip")
            .args(["link", "set", &self.name, "down"])
            .output();
    }
}

/// All that `ip -d link show` tells of a device, but for its index and what depends on the carrier.
#[track_caller]
pub fn look(ip: impl Fn(&str) -> String, name: &str) -> String {
    let text = ip(&format!("-d link show dev {name}"));
    let (_, text) = text.split_once(": ").expect("an index");
    text.trim_end().to_owned()
}
