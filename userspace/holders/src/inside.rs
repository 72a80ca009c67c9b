// SPDX-License-Identifier: MIT OR Apache-2.0

//! What only a look from inside a network namespace shows.

use std::collections::HashSet;
use std::fs;
use std::os::fd::BorrowedFd;
use std::os::unix::fs::DirEntryExt;
use std::path::Path;
use std::thread;

use homeward_netns::open_self;
use nix::sched::{setns, CloneFlags};

use crate::listed::{Listed, TABLES};

/// Seen through the thread that has entered.
const NET: &str = "/proc/thread-self/net";

/// What was seen.
#[derive(Debug, Default)]
pub(crate) struct Inside {
    /// Inode numbers of the files of /proc/net: each namespace has its own.
    pub(crate) proc_files: HashSet<u64>,
    /// TCP connections that count as users and that no process has.
    pub(crate) orphans: u32,
    /// Local ones.
    pub(crate) local: Local,
    /// Sockets that a process or the kernel has.
    pub(crate) listed: Listed,
}

/// Ends of local connections that no process has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Local {
    /// Those that a server has not accepted: they belong to the namespace of the client.
    pub(crate) unaccepted: u32,
    /// Those that were closed, while the other end is open or was not accepted: that refers to them.
    pub(crate) closed: u32,
}

/// Looks from inside; None without the permission to enter (CAP_SYS_ADMIN).
pub(crate) fn look(namespace: BorrowedFd<'_>) -> Option<Inside> {
    thread::scope(|scope| {
        let thread = thread::Builder::new().spawn_scoped(scope, || {
            let own = open_self().ok()?;
            setns(namespace, CloneFlags::CLONE_NEWNET).ok()?;
            let mut inside = Inside::default();
            collect(Path::new(NET), &mut inside.proc_files);
            let read = |table| fs::read(Path::new(NET).join(table)).unwrap_or_default();
            for table in &TABLES {
                let text = read(table.name);
                if table.name.starts_with("tcp") {
                    inside.orphans += orphans(&text);
                }
                table.add(&text, &mut inside.listed);
            }
            inside.local = local(&read("unix"));
            // A thread that has been joined may still be leaving, and would be counted as a task.
            setns(own, CloneFlags::CLONE_NEWNET).ok()?;
            Some(inside)
        });
        thread.ok()?.join().ok()?
    })
}

fn collect(directory: &Path, files: &mut HashSet<u64>) {
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => collect(&entry.path(), files),
            Ok(kind) if kind.is_file() => drop(files.insert(entry.ino())),
            _ => {}
        }
    }
}

/// Counts the connections of a table of /proc/net/tcp that no process has: not accepted yet, or closed
/// and not finished. What only waits for the end of its time (timer 3), and a request for a connection
/// (SYN_RECV), take no reference.
fn orphans(table: &[u8]) -> u32 {
    let lines = table.split(|byte| *byte == b'\n').skip(1);
    let count = lines
        .filter(|line| is_orphan(line).unwrap_or(false))
        .count();
    u32::try_from(count).unwrap_or(u32::MAX)
}

fn is_orphan(line: &[u8]) -> Option<bool> {
    const SYN_RECV: &[u8] = b"03";
    const TIME_WAIT_TIMER: &[u8] = b"03";
    let mut fields = line
        .split(u8::is_ascii_whitespace)
        .filter(|field| !field.is_empty());
    let state = fields.nth(3)?;
    let timer = fields.nth(1)?.split(|byte| *byte == b':').next()?;
    let inode = fields.nth(3)?;
    Some(inode == b"0" && state != SYN_RECV && timer != TIME_WAIT_TIMER)
}

/// Counts the ends of connections in a table of /proc/net/unix that no process has. One that was closed is
/// in no table; but both ends are of one namespace, and each is held by the other, by itself and by the table:
/// of two references only, none is the other's, so that was closed (`unix_release_sock()`).
fn local(table: &[u8]) -> Local {
    let mut all = Local::default();
    for line in table.split(|byte| *byte == b'\n').skip(1) {
        let Some((unaccepted, closed)) = ends(line) else {
            continue;
        };
        all.unaccepted = all.unaccepted.saturating_add(u32::from(unaccepted));
        all.closed = all.closed.saturating_add(u32::from(closed));
    }
    all
}

/// Whether an end was not accepted, and whether the other one was closed.
fn ends(line: &[u8]) -> Option<(bool, bool)> {
    const STREAM_OR_SEQPACKET: [&[u8]; 2] = [b"0001", b"0005"];
    const SS_CONNECTING: &[u8] = b"02";
    const SS_CONNECTED: &[u8] = b"03";
    let mut fields = line
        .split(u8::is_ascii_whitespace)
        .filter(|field| !field.is_empty());
    let references = fields.nth(1)?;
    let kind = fields.nth(2)?;
    let (state, inode) = (fields.next()?, fields.next()?);
    let unaccepted = state == SS_CONNECTING && inode == b"0";
    let connected = STREAM_OR_SEQPACKET.contains(&kind) && (unaccepted || state == SS_CONNECTED);
    Some((unaccepted, connected && references == b"00000002"))
}

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_connections_without_process_that_count_are_orphans() {
        let table = b"  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n\
   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1 0000 100 0 0 10 0\n\
   1: 0100007F:1F90 0100007F:A000 01 00000000:00000000 00:00000000 00000000     0        0 0 1 0000 20 4 0 10 -1\n\
   2: 0100007F:A000 0100007F:1F90 01 00000000:00000000 00:00000000 00000000     0        0 4712 1 0000 20 4 0 10 -1\n\
   3: 0100007F:A001 0100007F:1F90 05 00000000:00000000 02:00000BB8 00000000     0        0 0 2 0000\n\
   4: 0100007F:A002 0100007F:1F90 06 00000000:00000000 03:00000BB8 00000000     0        0 0 3 0000\n\
   5: 0100007F:A003 0100007F:1F90 05 00000000:00000000 03:00000BB8 00000000     0        0 0 3 0000\n\
   6: 0100007F:1F90 0100007F:A004 03 00000000:00000000 01:00000063 00000000     0        0 0 1 0000\n\
   7: cut 0100\n\n";
        assert_eq!(orphans(table), 2);
        assert_eq!(orphans(b""), 0);
    }

    #[test]
    fn ends_of_local_connections_that_no_process_has_are_counted() {
        let table = b"Num       RefCount Protocol Flags    Type St Inode Path\n\
00000000a1: 00000002 00000000 00010000 0001 01  4711 /run/sock\n\
00000000a2: 00000003 00000000 00000000 0001 03  4712\n\
00000000a3: 00000003 00000000 00000000 0001 02     0 /run/sock\n\
00000000a4: 00000002 00000000 00000000 0005 02     0 /run/sock\n\
00000000a5: 00000002 00000000 00000000 0001 03  4713 /run/sock\n\
00000000a6: 00000002 00000000 00000000 0001 01  4714\n\
00000000a7: 00000002 00000000 00000000 0002 03  4715\n\
cut 00000002 00000000 00000000 0001 03\n\n";
        let expected = Local {
            unaccepted: 2,
            closed: 2,
        };
        assert_eq!(local(table), expected);
        assert_eq!(local(b""), Local::default());
    }

    #[test]
    fn every_file_has_a_number() {
        let mut files = HashSet::new();
        collect(Path::new(NET), &mut files);
        assert!(!files.is_empty());
    }
}
