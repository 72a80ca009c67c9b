// SPDX-License-Identifier: GPL-2.0-only

//! From what was found to what is shown.

use std::path::Path;

use homeward_client::model::Device;
use homeward_holders::{
    Blind, Findings, InFlight, Mount, OpenFile, Process, References, Socket, Task, Tun,
};

use super::release::{self, quoted};
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
        all.extend(findings.mounts.iter().map(|it| of_mount(it, names, users)));
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
        }
    }
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
        fd: holder.fd,
    };
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
        process: first.map(|first| first.process),
        tid: None,
        path: None,
        inode: Some(socket.inode),
        what: what.join(" "),
        release: release::socket(&socket.holders),
        others,
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
        fd: Some(file.fd),
        what: format!("{what} ({path})"),
        path: Some(path),
        release: release::file(file),
        ..HolderView::of_process(kind, ProcessView::new(&file.process, users))
    }
}

fn of_mount(mount: &Mount, names: &Path, users: &mut Users) -> HolderView {
    let path = mount.path.to_string_lossy().into_owned();
    let what = match mount.own {
        true => format!("bind mount {path}"),
        false => format!("bind mount {path} as this process sees it"),
    };
    let seen_by = (!mount.own).then(|| ProcessView::new(&mount.process, users));
    HolderView {
        process: seen_by,
        path: Some(path),
        what,
        release: release::mount(mount, names),
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
            recall: format!("homeward recall {}", quoted(&selector)),
        }
    }
}

impl InFlightView {
    /// Descriptors that wait.
    pub(crate) fn new(in_flight: &InFlight, users: &mut Users) -> Self {
        InFlightView {
            process: ProcessView::new(&in_flight.receiver.process, users),
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
    if blind.no_lending {
        all.push("all sockets, which need Linux 5.6 to be asked".to_owned());
    }
    if blind.outside {
        all.push("processes outside of this pid namespace".to_owned());
    }
    all
}
