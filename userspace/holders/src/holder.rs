// SPDX-License-Identifier: MIT OR Apache-2.0

//! What holds a network namespace.

use std::path::PathBuf;

use crate::count::{Range, References};
use crate::identity::Identity;
use crate::mounts::Mount;
use crate::proc::{Process, Thread};
use crate::socket::{Descriptor, Socket};
use crate::walk::Blind;

/// A task that is in the network namespace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Task {
    /// Its process.
    pub process: Process,
    /// Which thread, if the process itself is in another network namespace (or its first thread has
    /// ended).
    pub thread: Option<Thread>,
}

/// A descriptor of a file, and the path that the kernel shows for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenFile {
    /// Whose.
    pub process: Process,
    /// Which thread has it, if the process itself has not.
    pub thread: Option<Thread>,
    /// The descriptor.
    pub fd: i32,
    /// What it leads to, as the kernel shows it: `net:[4026532281]`, the bind mount through which it
    /// was opened, or `/` when that mount is gone.
    pub path: PathBuf,
}

/// An open file of /dev/net/tun, or of a tap device of its own (macvtap, ipvtap).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tun {
    /// Who has it open.
    pub file: OpenFile,
    /// The device that is attached to it.
    pub device: Option<String>,
    /// The network namespace of that device, which may be another one.
    pub device_namespace: Option<Identity>,
    /// Whether it is certain that it holds this namespace: a tap device does not tell, it holds the one
    /// in which it was opened.
    pub certain: bool,
}

/// A local socket in which descriptors wait to be received. What they are cannot be seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InFlight {
    /// Who can receive them.
    pub receiver: Descriptor,
    /// How many there are.
    pub count: u32,
}

/// All that was found to hold a network namespace.
#[derive(Debug, Clone, Default)]
pub struct Findings {
    /// Which one.
    pub namespace: Identity,
    /// Tasks that are in it.
    pub tasks: Vec<Task>,
    /// Open namespace files of it.
    pub files: Vec<OpenFile>,
    /// Inotify instances that watch its file, also when no name is left.
    pub watches: Vec<OpenFile>,
    /// Bind mounts of it.
    pub mounts: Vec<Mount>,
    /// Sockets that belong to it.
    pub sockets: Vec<Socket>,
    /// Open files of /dev/net/tun and tap devices.
    pub tuns: Vec<Tun>,
    /// Open files of its /proc/net; none are found without the permission to enter it.
    pub proc_files: Vec<OpenFile>,
    /// TCP connections in it that no process has: not accepted yet, or closed and not finished; None
    /// without the permission to enter it.
    pub orphans: Option<u32>,
    /// Local connections of it that a server, wherever that is, has not accepted yet; none are found without
    /// the permission to enter it.
    pub unaccepted: u32,
    /// Ends of local connections that were closed, while the other end is open or not accepted; likewise.
    pub closed_ends: u32,
    /// Sockets in which descriptors are on their way: any of them may hold any namespace.
    pub in_flight: Vec<InFlight>,
    /// What could not be seen.
    pub blind: Blind,
    pub(crate) task_references: Range,
    pub(crate) inner_references: Range,
    pub(crate) proc_file_references: Range,
}

impl Findings {
    /// Whether nothing was found.
    pub fn is_empty(&self) -> bool {
        self.references() == References::default()
    }

    /// The counted references that all of that takes.
    pub fn references(&self) -> References {
        // They share one inode.
        let pinned = !(self.files.is_empty() && self.watches.is_empty() && self.mounts.is_empty());
        let ends = self.unaccepted.saturating_add(self.closed_ends);
        let orphans = self.orphans.unwrap_or_default().saturating_add(ends);
        References {
            tasks: self.task_references,
            files: Range::exactly(usize::from(pinned)),
            sockets: Range::exactly(self.sockets.len()).plus(self.inner_references),
            tuns: self.tun_references(),
            proc_files: self.proc_file_references,
            orphans: Range {
                min: orphans,
                max: orphans,
            },
        }
    }

    /// Two descriptors may lead to one open file, but not if different devices are attached.
    fn tun_references(&self) -> Range {
        let certain = self.tuns.iter().filter(|tun| tun.certain);
        let mut devices: Vec<_> = certain.map(|tun| &tun.device).collect();
        devices.sort_unstable();
        devices.dedup();
        Range::between(devices.len(), self.tuns.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tun(device: Option<&str>, certain: bool) -> Tun {
        Tun {
            file: OpenFile {
                process: Process::new(u32::MAX),
                thread: None,
                fd: 3,
                path: PathBuf::from("/dev/net/tun"),
            },
            device: device.map(str::to_owned),
            device_namespace: None,
            certain,
        }
    }

    fn references(tuns: Vec<Tun>) -> (u32, u32) {
        let findings = Findings {
            tuns,
            ..Findings::default()
        };
        let range = findings.references().total();
        (range.min, range.max)
    }

    #[test]
    fn files_of_one_device_may_be_one_and_of_two_are_two() {
        assert_eq!(references(vec![tun(Some("a"), true)]), (1, 1));
        assert_eq!(
            references(vec![tun(Some("a"), true), tun(Some("a"), true)]),
            (1, 2)
        );
        assert_eq!(
            references(vec![tun(Some("a"), true), tun(None, true)]),
            (2, 2)
        );
        assert_eq!(references(vec![tun(Some("a"), false)]), (0, 1));
    }

    #[test]
    fn nothing_found_is_empty() {
        assert!(Findings::default().is_empty());
        let orphans = Findings {
            orphans: Some(1),
            ..Findings::default()
        };
        assert!(!orphans.is_empty());
    }
}
