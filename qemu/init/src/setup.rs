// SPDX-License-Identifier: GPL-2.0-only

//! File systems, names, the loopback device.

use crate::{
    child,
    Error, //
};
use nix::mount::{
    mount,
    MsFlags, //
};
use std::{
    fs,
    path::Path, //
};

/// One mount.
struct Mount {
    kind: &'static str,
    target: &'static str,
    data: Option<&'static str>,
    /// Whether a kernel may lack it.
    optional: bool,
}

const fn needed(kind: &'static str, target: &'static str) -> Mount {
    Mount {
        kind,
        target,
        data: None,
        optional: false,
    }
}

const fn optional(kind: &'static str, target: &'static str) -> Mount {
    Mount {
        kind,
        target,
        data: None,
        optional: true,
    }
}

const MOUNTS: &[Mount] = &[
    needed("proc", "/proc"),
    needed("sysfs", "/sys"),
    needed("devtmpfs", "/dev"),
    Mount {
        kind: "devpts",
        target: "/dev/pts",
        data: Some("ptmxmode=0666"),
        optional: true,
    },
    optional("tmpfs", "/dev/shm"),
    needed("tmpfs", "/run"),
    needed("tmpfs", "/tmp"),
    optional("cgroup2", "/sys/fs/cgroup"),
    optional("bpf", "/sys/fs/bpf"),
    optional("debugfs", "/sys/kernel/debug"),
    optional("tracefs", "/sys/kernel/tracing"),
];

/// Mounts what a usual system has.
pub(crate) fn mount_all() -> Result<(), Error> {
    for entry in MOUNTS {
        let made = mount_one(entry);
        if !entry.optional {
            made?;
        }
    }
    Ok(())
}

fn mount_one(entry: &Mount) -> Result<(), Error> {
    let doing = || format!("mount {} on {}", entry.kind, entry.target);
    // A directory below sysfs is there, or the kernel lacks what it is for.
    if !Path::new(entry.target).is_dir() {
        fs::create_dir_all(entry.target).map_err(Error::io(doing()))?;
    }
    mount(
        Some(entry.kind),
        entry.target,
        Some(entry.kind),
        MsFlags::empty(),
        entry.data,
    )
    .map_err(Error::io(doing()))
}

/// Gives the machine its name and the loopback device its address. Neither is worth ending for.
pub(crate) fn network_and_names() {
    if let Err(error) = nix::unistd::sethostname("homeward-guest") {
        eprintln!("homeward-init: cannot set the host name: {error}");
    }
    if let Err(error) = child::run_quietly("ip", &["link", "set", "lo", "up"]) {
        eprintln!("homeward-init: {error}");
    }
}

/// What the kernel's command line has for a module: `max_bonds=0` of `bonding.max_bonds=0`.
pub(crate) fn module_arguments(name: &str) -> String {
    let line = fs::read_to_string("/proc/cmdline").unwrap_or_default();
    let words: Vec<_> = line
        .split_whitespace()
        .filter_map(|word| word.split_once('.'))
        .filter_map(|(module, argument)| (module == name).then_some(argument))
        .collect();
    words.join(" ")
}

/// The value of `NAME=` on the kernel's command line.
pub(crate) fn kernel_argument(name: &str) -> Option<String> {
    let line = fs::read_to_string("/proc/cmdline").ok()?;
    line.split_whitespace()
        .filter_map(|word| word.split_once('='))
        .find(|(key, _)| *key == name)
        .map(|(_, value)| value.to_owned())
}
