// SPDX-License-Identifier: GPL-2.0-only

//! Devices, and what they look like.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::bpf;
use crate::namespace::Namespace;
use crate::run::{batch, eventually, ip, run};

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
        Netdevsim::with_queues(id, names, 1)
    }

    /// The same with so many queues for each port.
    #[track_caller]
    pub fn with_queues(id: u32, names: &[&str], queues: u32) -> Self {
        // A test that was stopped may have left one.
        let _ = fs::write("/sys/bus/netdevsim/del_device", id.to_string());
        fs::write(
            "/sys/bus/netdevsim/new_device",
            format!("{id} {} {queues}", names.len()),
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
        let rename = |(port, name)| format!("link set {port} name {name}\n");
        batch(&list().iter().zip(names).map(rename).collect::<String>());
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

    /// The NIC in the initial namespace with this MAC.
    #[track_caller]
    pub fn with_mac(mac: &str) -> Self {
        let links: serde_json::Value =
            serde_json::from_str(&ip("-j link show")).expect("JSON of ip");
        let name = links
            .as_array()
            .and_then(|links| links.iter().find(|link| link["address"] == mac))
            .and_then(|link| link["ifname"].as_str())
            .unwrap_or_else(|| panic!("no NIC {mac}"));
        Nic {
            name: name.to_owned(),
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

/// Whether the initial namespace has a device with this name.
pub fn exists(name: &str) -> bool {
    PathBuf::from("/sys/class/net").join(name).exists()
}

/// Attaches an XDP program to a device of a namespace or of this one, also in place of another one: `mode`
/// is xdpgeneric, xdpdrv, ...
#[track_caller]
pub fn attach_xdp<'n>(ns: impl Into<Option<&'n Namespace>>, name: &str, mode: &str) {
    const PIN: &str = "/sys/fs/bpf/drop";
    bpf::pin_xdp_drop(PIN);
    // Not `ip -n`: that hides the mount below /sys.
    let net = match ns.into() {
        Some(ns) => format!("--net=/run/netns/{}", ns.name()),
        None => "--net=/proc/self/ns/net".to_owned(),
    };
    let set = [
        &net,
        "/usr/bin/ip",
        "-force",
        "link",
        "set",
        "dev",
        name,
        mode,
        "pinned",
        PIN,
    ];
    run("nsenter", &set);
    fs::remove_file(PIN).expect("unpinned");
}

/// Has the kernel hold a device of a namespace for so many milliseconds, as if a reference had been
/// leaked.
#[track_caller]
pub fn leak(ns: &Namespace, name: &str, ms: u32) {
    let link = ns.ip(&format!("link show dev {name}"));
    let (ifindex, _) = link.split_once(':').expect("an index");
    leak_many(ns, &[(ifindex.parse().expect("a number"), ms)]);
}

/// The same with many at once, each by its index.
#[track_caller]
pub fn leak_many(ns: &Namespace, devices: &[(u32, u32)]) {
    let list = |of: fn(&(u32, u32)) -> u32| {
        let all = devices.iter().map(|device| of(device).to_string());
        all.collect::<Vec<_>>().join(",")
    };
    let _ = Command::new("rmmod").arg("leak").output();
    ip(&format!(
        "netns exec {} insmod /leak.ko ifindex={} ms={}",
        ns.name(),
        list(|(ifindex, _)| *ifindex),
        list(|(_, ms)| *ms),
    ));
}

/// All that `ip -d link show` tells of a device, but for its index and what depends on the carrier.
#[track_caller]
pub fn look(ip: impl Fn(&str) -> String, name: &str) -> String {
    let text = ip(&format!("-d link show dev {name}"));
    let (_, text) = text.split_once(": ").expect("an index");
    let text = text.trim_end();
    // One that is DOWN shows the queueing discipline of when it was UP, until it moves.
    match text.split_once(" qdisc ") {
        Some((before, after)) if !before.contains(",UP") => {
            let (_, after) = after.split_once(' ').expect("more than its qdisc");
            format!("{before} {after}")
        }
        _ => text.to_owned(),
    }
}
