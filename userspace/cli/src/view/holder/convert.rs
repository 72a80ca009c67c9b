// SPDX-License-Identifier: GPL-2.0-only

//! From what was found to what is shown.

use std::path::Path;

use homeward_client::model::Device;
use homeward_holders::{
    Blind, Findings, InFlight, OpenFile, Process, References, Socket, Task, Thread, Tun,
};

use super::mounts::{self, Row};
use super::release::{self, with};
use super::{
    AwayView, FoundView, HolderView, InFlightView, OtherView, ProcessView, ReferencesView,
};
use crate::atlas::Atlas;
use crate::selector;
use crate::users::Users;
use crate::view::socket::kind;
use crate::view::Whereabouts;

impl ProcessView {
    /// A process with the name of its user.
    pub(crate) fn new(process: &Process, users: &mut Users) -> Self {
        ProcessView {
            pid: process.pid,
            command: process.command.clone(),
            uid: process.uid,
            user: process.uid.and_then(|uid| users.name(uid)),
        }
    }
}

impl HolderView {
    /// All that was found, in the order in which it is shown; `names` is the directory of names.
    pub(crate) fn all(
        findings: &Findings,
        atlas: &Atlas,
        names: &Path,
        users: &mut Users,
    ) -> Vec<Self> {
        let mut all = Vec::new();
        all.extend(findings.tasks.iter().map(|it| of_task(it, users)));
        all.extend(findings.sockets.iter().map(|it| of_socket(it, users)));
        all.extend(findings.tuns.iter().map(|it| of_tun(it, atlas, users)));
        let file = |it, kind, what, users: &mut Users| of_file(it, kind, what, users);
        for it in &findings.files {
            all.push(file(it, "file", "open namespace file", users));
        }
        for it in &findings.proc_files {
            all.push(file(it, "proc-file", "open file of /proc/net", users));
        }
        let mounts = mounts::rows(&findings.mounts, names);
        all.extend(mounts.iter().map(|it| of_mount(it, users)));
        all.extend(findings.orphans.filter(|count| *count > 0).map(of_orphans));
        all
    }

    fn of_process(kind: &'static str, process: ProcessView) -> Self {
        HolderView {
            kind,
            process: Some(process),
            tid: None,
            fd: None,
            path: None,
            inode: None,
            what: String::new(),
            release: String::new(),
            others: Vec::new(),
            copies: None,
        }
    }
}

/// Which thread has something by itself.
fn of_thread(thread: Option<&Thread>) -> String {
    thread.map_or_else(String::new, |Thread { tid, command }| {
        format!(" of thread {tid} ({command})")
    })
}

fn of_task(task: &Task, users: &mut Users) -> HolderView {
    let view = HolderView::of_process("task", ProcessView::new(&task.process, users));
    let release = release::process(&task.process);
    match &task.thread {
        None => HolderView {
            what: "process in it".to_owned(),
            release,
            ..view
        },
        Some(thread) => HolderView {
            kind: "thread",
            tid: Some(thread.tid),
            what: format!("thread {} ({}) in it", thread.tid, thread.command),
            release,
            ..view
        },
    }
}

fn of_socket(socket: &Socket, users: &mut Users) -> HolderView {
    let other = |holder: &homeward_holders::Descriptor, users: &mut Users| OtherView {
        process: ProcessView::new(&holder.process, users),
        tid: holder.thread.as_ref().map(|thread| thread.tid),
        fd: holder.fd,
    };
    let thread = socket
        .holders
        .first()
        .and_then(|first| first.thread.as_ref());
    let mut all = socket.holders.iter().map(|holder| other(holder, users));
    let first = all.next();
    let others = all.collect();
    let mut what = vec![kind(&socket.facts)];
    what.extend(socket.facts.local.clone());
    what.extend(socket.facts.peer.as_ref().map(|peer| format!("to {peer}")));
    if socket.strays() == Some(true) {
        what.push("(process is elsewhere)".to_owned());
    }
    HolderView {
        kind: "socket",
        fd: first.as_ref().map(|first| first.fd),
        tid: first.as_ref().and_then(|first| first.tid),
        process: first.map(|first| first.process),
        path: None,
        inode: Some(socket.inode),
        what: what.join(" ") + &of_thread(thread),
        release: release::socket(&socket.holders),
        others,
        copies: None,
    }
}

fn of_tun(tun: &Tun, atlas: &Atlas, users: &mut Users) -> HolderView {
    let kind = if tun.certain { "tun" } else { "tap" };
    let what = match (&tun.device, tun.device_namespace) {
        (Some(device), Some(place)) => {
            format!("tun file of {device}@{}", atlas.whereabouts(place).label())
        }
        (Some(device), None) => format!("tun file of {device}"),
        (None, _) if tun.certain => "tun file without device".to_owned(),
        (None, _) => "tap file, perhaps opened in it".to_owned(),
    };
    of_file(&tun.file, kind, &what, users)
}

fn of_file(file: &OpenFile, kind: &'static str, what: &str, users: &mut Users) -> HolderView {
    let path = file.path.to_string_lossy().into_owned();
    HolderView {
        tid: file.thread.as_ref().map(|thread| thread.tid),
        fd: Some(file.fd),
        what: format!("{what} ({path}){}", of_thread(file.thread.as_ref())),
        path: Some(path),
        release: release::file(file),
        ..HolderView::of_process(kind, ProcessView::new(&file.process, users))
    }
}

fn of_mount(row: &Row<'_>, users: &mut Users) -> HolderView {
    let Row { mount, copies, .. } = row;
    let path = mount.path.to_string_lossy().into_owned();
    let mut what = format!("bind mount {path}");
    if let (false, thread) = (mount.own, &mount.thread) {
        let who = if thread.is_some() {
            "thread"
        } else {
            "process"
        };
        let tid = thread
            .as_ref()
            .map_or_else(String::new, |one| format!(" {}", one.tid));
        what.push_str(&format!(" as this {who}{tid} sees it"));
    }
    if let Some(cover) = mount.covers.first() {
        what.push_str(&format!(", covered by {}", cover.to_string_lossy()));
    }
    match copies {
        0 => {}
        1 => what.push_str(", and 1 copy of it"),
        _ => what.push_str(&format!(", and {copies} copies of it")),
    }
    let seen_by = (!mount.own).then(|| ProcessView::new(&mount.process, users));
    let thread = mount.thread.as_ref().filter(|_| !mount.own);
    HolderView {
        process: seen_by,
        tid: thread.map(|thread| thread.tid),
        path: Some(path),
        what,
        release: row.release.clone(),
        copies: Some(*copies),
        ..HolderView::of_process("mount", ProcessView::new(&mount.process, users))
    }
}

fn of_orphans(count: u32) -> HolderView {
    let plural = if count == 1 { "" } else { "s" };
    HolderView {
        kind: "orphans",
        process: None,
        tid: None,
        fd: None,
        path: None,
        inode: None,
        what: format!(
            "{count} TCP connection{plural} without process (not accepted yet, or closed and not \
             finished)"
        ),
        release: "wait, or end them with 'ss -K' inside".to_owned(),
        others: Vec::new(),
        copies: None,
    }
}

impl AwayView {
    /// A device that is not at its home.
    pub(crate) fn new(device: &Device, namespace: Whereabouts) -> Self {
        let name = selector::of_device(&device.name, device.ifindex);
        let selector = format!("{name}@{}", namespace.label());
        AwayView {
            name: device.name.clone(),
            ifindex: device.ifindex,
            namespace,
            recall: with(&selector, |selector| format!("homeward recall {selector}")),
        }
    }
}

impl InFlightView {
    /// Descriptors that wait.
    pub(crate) fn new(in_flight: &InFlight, users: &mut Users) -> Self {
        InFlightView {
            process: ProcessView::new(&in_flight.receiver.process, users),
            tid: in_flight.receiver.thread.as_ref().map(|thread| thread.tid),
            fd: in_flight.receiver.fd,
            count: in_flight.count,
        }
    }
}

impl From<References> for FoundView {
    fn from(found: References) -> Self {
        FoundView {
            total: found.total().into(),
            tasks: found.tasks.into(),
            files: found.files.into(),
            sockets: found.sockets.into(),
            tuns: found.tuns.into(),
            proc_files: found.proc_files.into(),
            orphans: found.orphans.into(),
        }
    }
}

impl ReferencesView {
    /// What was found, compared with the kernel's count or with the reason why that is not known.
    pub(crate) fn new(findings: &Findings, counted: Result<u32, String>) -> Self {
        let found = findings.references();
        let (counted, unknown_because) = match counted {
            Ok(counted) => (Some(counted), None),
            Err(reason) => (None, Some(reason)),
        };
        ReferencesView {
            counted,
            unknown_because,
            found: found.into(),
            unexplained: counted.map(|counted| found.explain(counted).unexplained),
            unseen: unseen(&findings.blind),
        }
    }
}

/// What could not be seen, in words.
pub(crate) fn unseen(blind: &Blind) -> Vec<String> {
    let count = |count: usize, one: &str, many: &str| match count {
        0 => None,
        1 => Some(format!("1 {one}")),
        _ => Some(format!("{count} {many}")),
    };
    let mut all = Vec::new();
    all.extend(count(
        blind.processes,
        "process that this user may not look into",
        "processes that this user may not look into",
    ));
    all.extend(count(
        blind.sockets,
        "socket that cannot be asked",
        "sockets that cannot be asked",
    ));
    all.extend(count(
        blind.mount_namespaces,
        "mount namespace without a process",
        "mount namespaces without a process",
    ));
    if blind.no_lending {
        all.push("all sockets, which need Linux 5.6 to be asked".to_owned());
    }
    if blind.outside {
        all.push("processes outside of this pid namespace".to_owned());
    }
    all
}
