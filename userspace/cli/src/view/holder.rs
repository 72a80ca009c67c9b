// SPDX-License-Identifier: GPL-2.0-only

//! What holds a network namespace.

pub(crate) mod convert;
mod mounts;
pub(crate) mod release;

use homeward_holders::{Explained, Range};
use serde::Serialize;

use super::Whereabouts;

/// What holds a network namespace, and how that compares with the kernel's count.
#[derive(Debug, Serialize)]
pub(crate) struct HoldersView {
    /// The namespace.
    pub(crate) namespace: Whereabouts,
    /// Where it stands in its life, after the look; None without the module.
    pub(crate) state: Option<&'static str>,
    /// Whether everything could be seen that can be seen at all.
    pub(crate) complete: bool,
    /// The holders.
    pub(crate) holders: Vec<HolderView>,
    /// Devices that came from it and are elsewhere. They do not hold it.
    pub(crate) away: Vec<AwayView>,
    /// Descriptors that wait to be received: any of them may hold it.
    pub(crate) in_flight: Vec<InFlightView>,
    /// The references that the holders take.
    pub(crate) references: ReferencesView,
}

/// A process.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct ProcessView {
    /// Its id.
    pub(crate) pid: u32,
    /// Its command name.
    pub(crate) command: String,
    /// Its effective user id.
    pub(crate) uid: Option<u32>,
    /// The name of that user.
    pub(crate) user: Option<String>,
}

/// Something that holds a network namespace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct HolderView {
    /// What kind of thing it is.
    pub(crate) kind: &'static str,
    /// Who has it.
    pub(crate) process: Option<ProcessView>,
    /// Which thread of that, if the process itself has it not.
    pub(crate) tid: Option<u32>,
    /// Which descriptor of that.
    pub(crate) fd: Option<i32>,
    /// The path that the kernel shows for it.
    pub(crate) path: Option<String>,
    /// The inode number of a socket.
    pub(crate) inode: Option<u64>,
    /// What it is, in words.
    pub(crate) what: String,
    /// What would release it, in words.
    pub(crate) release: String,
    /// Who else has it.
    pub(crate) others: Vec<OtherView>,
    /// So many other mounts go with it; None for what is no mount.
    pub(crate) copies: Option<usize>,
}

/// Another descriptor of the same thing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct OtherView {
    /// Whose.
    pub(crate) process: ProcessView,
    /// Which thread has it, if the process itself has not.
    pub(crate) tid: Option<u32>,
    /// The descriptor.
    pub(crate) fd: i32,
}

/// A device that came from a namespace and is elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct AwayView {
    /// Its name there.
    pub(crate) name: String,
    /// Its index there.
    pub(crate) ifindex: u32,
    /// Where it is.
    pub(crate) namespace: Whereabouts,
    /// What would bring it back, in words.
    pub(crate) recall: String,
}

/// Descriptors that wait to be received.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct InFlightView {
    /// Who can receive them.
    pub(crate) process: ProcessView,
    /// Which thread can, if the process itself cannot.
    pub(crate) tid: Option<u32>,
    /// By which descriptor.
    pub(crate) fd: i32,
    /// How many there are.
    pub(crate) count: u32,
}

/// How many references the holders take.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct ReferencesView {
    /// What the kernel counted; None without the module.
    pub(crate) counted: Option<u32>,
    /// Why it is not known.
    pub(crate) unknown_because: Option<String>,
    /// What was found.
    pub(crate) found: FoundView,
    /// So many are of others.
    pub(crate) unexplained: Option<u32>,
    /// What could not be seen, in words.
    pub(crate) unseen: Vec<String>,
}

/// The references that each kind of holder takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub(crate) struct FoundView {
    /// All of them.
    pub(crate) total: RangeView,
    /// Tasks.
    pub(crate) tasks: RangeView,
    /// Namespace files and bind mounts.
    pub(crate) files: RangeView,
    /// Sockets.
    pub(crate) sockets: RangeView,
    /// Files of /dev/net/tun and tap devices.
    pub(crate) tuns: RangeView,
    /// Files of /proc/net.
    pub(crate) proc_files: RangeView,
    /// TCP connections without process.
    pub(crate) orphans: RangeView,
}

/// Not fewer than one number, not more than another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub(crate) struct RangeView {
    /// At least so many.
    pub(crate) min: u32,
    /// At most so many.
    pub(crate) max: u32,
}

impl From<Range> for RangeView {
    fn from(range: Range) -> Self {
        RangeView {
            min: range.min,
            max: range.max,
        }
    }
}

impl ReferencesView {
    /// The kernel's count compared with what was found.
    pub(crate) fn explained(&self) -> Option<Explained> {
        let RangeView { min, max } = self.found.total;
        Some(Explained::new(Range { min, max }, self.counted?))
    }
}
