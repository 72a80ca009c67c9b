// SPDX-License-Identifier: GPL-2.0-only

//! From what was found to the rows that are shown.

use std::path::Path;

use homeward_holders::{Findings, Mount, OpenFile, Socket, Task, Thread, Tun};
use serde::Serialize;

use super::super::search::{Atlas, Has, Who};
use super::mounts::{self, Row};
use super::release;
use crate::book::Users;

/// All kinds of things that hold one.
pub(in crate::command) const KINDS: [&str; 11] = [
    "task",
    "thread",
    "socket",
    "tun",
    "tap",
    "file",
    "proc-file",
    "watch",
    "mount",
    "copy",
    "orphans",
];

/// Something that holds a network namespace.
#[derive(Debug, Default, Serialize)]
pub(in crate::command) struct Holder {
    /// What kind of thing it is.
    pub(in crate::command) kind: &'static str,
    /// Who has it.
    pub(in crate::command) process: Option<Who>,
    /// Which thread of that, if the process itself has it not.
    pub(super) tid: Option<u32>,
    /// Which descriptor of that.
    pub(super) fd: Option<i32>,
    /// The path that the kernel shows for it.
    pub(super) path: Option<String>,
    /// The inode number of a socket.
    pub(super) inode: Option<u64>,
    /// What it is, in words.
    pub(super) what: String,
    /// What would release it, in words.
    pub(super) release: String,
    /// Who else has it.
    pub(in crate::command) others: Vec<Has>,
    /// So many other mounts go with it; None for what is no mount, or goes with another one.
    pub(super) copies: Option<usize>,
}

/// All that was found, in the order in which it is shown, with `each` also each mount that goes with
/// another one; `names` is the directory of names.
pub(super) fn all(
    findings: &Findings,
    atlas: &Atlas,
    names: &Path,
    each: bool,
    users: &mut Users,
) -> Vec<Holder> {
    let mut all = Vec::new();
    all.extend(findings.tasks.iter().map(|it| of_task(it, users)));
    all.extend(findings.sockets.iter().map(|it| of_socket(it, users)));
    all.extend(findings.tuns.iter().map(|it| of_tun(it, atlas, users)));
    for it in &findings.files {
        all.push(of_file(it, "file", "open namespace file", users));
    }
    for it in &findings.proc_files {
        all.push(of_file(it, "proc-file", "open file of /proc/net", users));
    }
    for it in &findings.watches {
        all.push(of_file(it, "watch", "inotify watch on its file", users));
    }
    for row in mounts::rows(&findings.mounts, names) {
        let copies = if each { &row.copies[..] } else { &[] };
        all.push(of_mount(&row, users));
        all.extend(copies.iter().map(|copy| of_copy(copy, &row, users)));
    }
    let tcp = findings.orphans.unwrap_or_default();
    all.extend(
        [
            of_orphans(
                tcp,
                "TCP connection",
                "(not accepted yet, or closed and not finished)",
                TCP,
            ),
            of_orphans(
                findings.unaccepted,
                "local connection",
                "(not accepted yet)",
                SERVER,
            ),
            of_orphans(
                findings.closed_ends,
                "closed local socket",
                "(its other end is not closed)",
                OTHER_END,
            ),
        ]
        .into_iter()
        .flatten(),
    );
    all
}

/// What releases those that no process has.
const TCP: &str = "wait, or end them with 'ss -K' inside";
const SERVER: &str =
    "have the server accept them, or end it: in its namespace, 'ss -xlp' shows a Recv-Q for it";
const OTHER_END: &str = "close the other end";

fn tid(thread: Option<&Thread>) -> Option<u32> {
    thread.map(|thread| thread.tid)
}

/// Which thread has something by itself.
fn of_thread(thread: Option<&Thread>) -> String {
    thread.map_or_else(String::new, |Thread { tid, command }| {
        format!(" of thread {tid} ({command})")
    })
}

fn of_task(task: &Task, users: &mut Users) -> Holder {
    let (kind, what) = match &task.thread {
        None => ("task", "process in it".to_owned()),
        Some(Thread { tid, command }) => ("thread", format!("thread {tid} ({command}) in it")),
    };
    Holder {
        kind,
        process: Some(Who::new(&task.process, users)),
        tid: tid(task.thread.as_ref()),
        what,
        release: release::process(&task.process),
        ..Holder::default()
    }
}

fn of_socket(socket: &Socket, users: &mut Users) -> Holder {
    let mut what = socket.facts.to_string();
    if socket.strays() == Some(true) {
        what.push_str(" (process is elsewhere)");
    }
    let thread = socket.holders.first().and_then(|has| has.thread.as_ref());
    let mut all = socket.holders.iter().map(|has| Has::new(has, users));
    let first = all.next();
    Holder {
        kind: "socket",
        others: all.collect(),
        fd: first.as_ref().map(|first| first.fd),
        tid: tid(thread),
        process: first.map(|first| first.process),
        inode: Some(socket.inode),
        what: what + &of_thread(thread),
        release: release::socket(&socket.holders),
        ..Holder::default()
    }
}

fn of_tun(tun: &Tun, atlas: &Atlas, users: &mut Users) -> Holder {
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

fn of_file(file: &OpenFile, kind: &'static str, what: &str, users: &mut Users) -> Holder {
    let path = file.path.to_string_lossy().into_owned();
    let thread = file.thread.as_ref();
    Holder {
        kind,
        process: Some(Who::new(&file.process, users)),
        tid: tid(thread),
        fd: Some(file.fd),
        what: format!("{what} ({path}){}", of_thread(thread)),
        path: Some(path),
        release: release::file(file),
        ..Holder::default()
    }
}

fn of_mount(row: &Row<'_>, users: &mut Users) -> Holder {
    let mut holder = seen(row.mount, "bind mount", users);
    match row.copies.len() {
        0 => {}
        1 => holder.what.push_str(", and 1 copy of it"),
        copies => {
            let copies = format!(", and {copies} copies of it");
            holder.what.push_str(&copies);
        }
    }
    Holder {
        kind: "mount",
        release: row.release.clone(),
        copies: Some(row.copies.len()),
        ..holder
    }
}

/// A mount that goes with that of a row.
fn of_copy(mount: &Mount, row: &Row<'_>, users: &mut Users) -> Holder {
    Holder {
        kind: "copy",
        release: format!("goes with {}", row.mount.path.to_string_lossy()),
        ..seen(mount, "copy", users)
    }
}

/// A mount as somebody sees it.
fn seen(mount: &Mount, what: &str, users: &mut Users) -> Holder {
    let path = mount.path.to_string_lossy().into_owned();
    let mut what = format!("{what} {path}");
    let thread = mount.thread.as_ref().filter(|_| !mount.own);
    match thread {
        _ if mount.own => {}
        None => what.push_str(" as this process sees it"),
        Some(thread) => what.push_str(&format!(" as this thread {} sees it", thread.tid)),
    }
    if let Some(cover) = mount.covers.first() {
        what.push_str(&format!(", covered by {}", cover.to_string_lossy()));
    }
    Holder {
        process: (!mount.own).then(|| Who::new(&mount.process, users)),
        tid: tid(thread),
        path: Some(path),
        what,
        ..Holder::default()
    }
}

/// So many things that no process has, if there are any.
fn of_orphans(count: u32, one: &str, why: &str, release: &str) -> Option<Holder> {
    let plural = if count == 1 { "" } else { "s" };
    (count > 0).then(|| Holder {
        kind: "orphans",
        what: format!("{count} {one}{plural} without process {why}"),
        release: release.to_owned(),
        ..Holder::default()
    })
}
