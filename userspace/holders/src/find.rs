// SPDX-License-Identifier: MIT OR Apache-2.0

//! Finds the holders of one network namespace in one pass over /proc.

use std::collections::HashSet;
use std::fs;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::Path;

use nix::errno::Errno;
use nix::sys::stat::{fstat, major, makedev, minor};

use crate::count::Range;
use crate::error::{Error, Result};
use crate::facts::Facts;
use crate::holder::{Findings, InFlight, OpenFile, Task, Tun};
use crate::identity::Identity;
use crate::inside::{self, Inside};
use crate::ioctl;
use crate::ledger::{self, Ledger, Turn};
use crate::listed::Rows;
use crate::mounts::{Mounts, View};
use crate::proc::{bracketed, hex, number, value, Process, Thread};
use crate::socket::{self, Descriptor, Socket};
use crate::tables::Owner;
use crate::walk::{self, Blind, Task as Walked, Visit};

/// Namespaces of a task besides the network namespace; together they are what `struct nsproxy` has, so
/// tasks that differ in one of them do not share it.
const OTHERS: [&str; 7] = [
    "uts",
    "ipc",
    "mnt",
    "pid_for_children",
    "time",
    "time_for_children",
    "cgroup",
];

/// Finds what holds an open network namespace.
///
/// It must stay open meanwhile, lest its inode number is given to another one. That descriptor, and all
/// others of this process, are left out.
pub fn find(namespace: impl AsFd) -> Result<Findings> {
    let mut finder = Finder::new(namespace.as_fd())?;
    let blind = walk::all(&mut finder)?;
    Ok(finder.finish(blind))
}

struct Finder {
    /// The device number of nsfs.
    nsfs: u64,
    inum: u64,
    inside: Option<Inside>,
    mounts: Mounts,
    findings: Findings,
    /// Tasks in it, threads included.
    tasks: usize,
    /// The different sets of namespaces of these tasks.
    proxies: HashSet<Vec<u8>>,
    ledger: Ledger,
    /// Inode numbers of the files of /proc/net that are open.
    proc_files: HashSet<u64>,
}

/// What is known of a task.
struct Seen {
    view: Option<View>,
    /// What identifies its `struct nsproxy`, if it is in the namespace.
    proxy: Option<Vec<u8>>,
    /// Its process, if it is the first task of that.
    process: Option<Process>,
}

/// What a descriptor leads to.
enum Sign {
    Socket(u64),
    Namespace,
    Watch,
    /// Something with a path, and what fdinfo says of it.
    Path(Vec<u8>),
    MountNamespace,
}

impl Visit for Finder {
    type Seen = Seen;
    type Sign = Sign;

    fn see(&self, task: &Walked) -> Seen {
        let proxy = (task.net == self.inum).then(|| proxy(&task.dir)).flatten();
        let first = proxy.is_some() && task.tid == task.pid;
        Seen {
            view: View::of(&task.dir),
            proxy,
            process: first.then(|| Process::new(task.pid)),
        }
    }

    fn notice(&self, owner: &Owner, fd: i32, link: &Path) -> Option<Sign> {
        let text = link.as_os_str().as_bytes();
        if text.starts_with(b"/") {
            let info = owner.info(fd).unwrap_or_default();
            return self.matters(link, &info).then_some(Sign::Path(info));
        }
        if let Some(inode) = socket::inode(text) {
            return Some(Sign::Socket(inode));
        }
        if bracketed(text, "net") == Some(self.inum) {
            return Some(Sign::Namespace);
        }
        if text == b"anon_inode:inotify" {
            let info = owner.info(fd).unwrap_or_default();
            return watches(&info, self.nsfs, self.inum).then_some(Sign::Watch);
        }
        bracketed(text, "mnt").map(|_| Sign::MountNamespace)
    }

    fn task(&mut self, task: &Walked, seen: Seen) {
        self.mounts.look(task, seen.view);
        let Some(proxy) = seen.proxy else { return };
        self.tasks += 1;
        self.proxies.insert(proxy);
        let of_process = |last: &Task| last.thread.is_none() && last.process.pid == task.pid;
        let first = seen.process.is_some();
        if !first && self.findings.tasks.last().is_some_and(of_process) {
            return;
        }
        self.findings.tasks.push(Task {
            process: seen.process.unwrap_or_else(|| Process::new(task.pid)),
            thread: (!first).then(|| Thread::new(task.pid, task.tid)),
        });
    }

    fn descriptor(&mut self, owner: &mut Owner, fd: i32, link: &Path, sign: Sign) {
        match sign {
            Sign::Socket(inode) => self.socket(owner, fd, inode),
            Sign::Namespace => self.findings.files.push(open_file(owner, fd, link)),
            Sign::Watch => self.findings.watches.push(open_file(owner, fd, link)),
            Sign::MountNamespace => self.mounts.vacant.descriptor(&owner.path(fd), link),
            Sign::Path(info) => {
                self.mounts.vacant.descriptor(&owner.path(fd), link);
                self.path(owner, fd, link, &info);
            }
        }
    }
}

impl Finder {
    fn new(namespace: BorrowedFd<'_>) -> Result<Self> {
        let identity = Identity::of(namespace)?;
        let unknown = |errno| Error::Unknown { errno };
        let file = fstat(namespace).map_err(unknown)?;
        let inum = identity.inum.ok_or(unknown(Errno::EINVAL))?;
        Ok(Finder {
            nsfs: file.st_dev,
            inum,
            inside: inside::look(namespace),
            mounts: Mounts::of(inum),
            findings: Findings {
                namespace: identity,
                ..Findings::default()
            },
            tasks: 0,
            proxies: HashSet::new(),
            ledger: Ledger::default(),
            proc_files: HashSet::new(),
        })
    }

    fn finish(self, blind: Blind) -> Findings {
        let inner_references = self.inner();
        let mut findings = self.findings;
        findings.inner_references = inner_references;
        (findings.mounts, findings.blind.mount_namespaces) = self.mounts.finish();
        if let Some(inside) = self.inside {
            findings.orphans = Some(inside.orphans);
            findings.unaccepted = inside.local.unaccepted;
            findings.closed_ends = inside.local.closed;
        }
        findings.task_references = Range::between(self.proxies.len(), self.tasks);
        findings.proc_file_references =
            Range::between(self.proc_files.len(), findings.proc_files.len());
        // Files of /dev/net/tun that could not be asked have been counted already.
        findings.blind.sockets += blind.sockets;
        findings.blind.processes = blind.processes;
        findings.blind.outside = blind.outside;
        self.ledger.tell(&mut findings.blind);
        findings
    }

    /// What the tables tell of a socket.
    fn listed(&self, inode: u64) -> Option<&Rows> {
        self.inside.as_ref()?.listed.get(&inode)
    }

    /// The references of sockets inside of those that were found.
    fn inner(&self) -> Range {
        let all = self.findings.sockets.iter().map(|socket| {
            let rows = self.listed(socket.inode).map_or(0, |rows| rows.count);
            socket.inner(rows)
        });
        all.fold(Range::default(), Range::plus)
    }

    fn socket(&mut self, owner: &mut Owner, fd: i32, inode: u64) {
        let (file, namespace) = match self.ledger.turn(owner, fd, inode) {
            Turn::First(file, namespace) => (file, namespace),
            Turn::Again(index) => {
                let holder = descriptor(owner, fd);
                return ledger::add(&mut self.findings.sockets, index, holder);
            }
            Turn::Refused => {
                // As always where Yama's ptrace_scope is 3. What is in a table of this namespace is of it.
                let facts = self.listed(inode).map(|rows| rows.facts.clone());
                return facts.map_or((), |facts| self.found(owner, fd, inode, facts));
            }
            Turn::Skip => return,
        };
        match self.findings.namespace.same(namespace) {
            Some(true) => self.found(owner, fd, inode, Facts::of(&file)),
            Some(false) => self.ledger.decide(inode, None),
            None => self.ledger.refuse(inode),
        }
        let count = socket::in_flight(owner, fd, &file);
        if count > 0 {
            let receiver = descriptor(owner, fd);
            let in_flight = InFlight { receiver, count };
            self.findings.in_flight.push(in_flight);
        }
    }

    /// Adds a socket, with the first who has it.
    fn found(&mut self, owner: &mut Owner, fd: i32, inode: u64, facts: Facts) {
        let sockets = &mut self.findings.sockets;
        self.ledger.decide(inode, Some(sockets.len()));
        sockets.push(Socket {
            inode,
            namespace: self.findings.namespace,
            facts,
            holders: vec![descriptor(owner, fd)],
        });
    }

    /// Whether what has a path may be worth more than a look at its name.
    fn matters(&self, link: &Path, info: &[u8]) -> bool {
        let inode = inode_of(info);
        // A file that was opened by a mount that is gone may be any namespace.
        link == Path::new("/")
            || inode.is_none_or(|inode| inode == self.inum)
            || self.is_proc_file(link, inode)
            || Device::guess(link).is_some()
    }

    /// Whether it is an open file of its /proc/net.
    fn is_proc_file(&self, link: &Path, inode: Option<u64>) -> bool {
        let text = link.as_os_str().as_encoded_bytes();
        let below_net = text.windows(5).any(|part| part == b"/net/");
        let files = self.inside.as_ref().map(|inside| &inside.proc_files);
        let its = |(files, inode): (&HashSet<u64>, u64)| files.contains(&inode);
        below_net && files.zip(inode).is_some_and(its)
    }

    /// What has a path. An open file of nsfs has one, too, if it was opened through a bind mount.
    fn path(&mut self, owner: &mut Owner, fd: i32, link: &Path, info: &[u8]) {
        // It has ended, or has been closed.
        if info.is_empty() {
            return;
        }
        let inode = inode_of(info);
        // Linux has told since 5.19; before, every file had to be asked.
        if inode.is_none_or(|inode| inode == self.inum) {
            let file = fs::metadata(owner.path(fd));
            if file.is_ok_and(|file| file.dev() == self.nsfs && file.ino() == self.inum) {
                self.findings.files.push(open_file(owner, fd, link));
                return;
            }
        }
        if let Some(inode) = inode.filter(|_| self.is_proc_file(link, inode)) {
            self.proc_files.insert(inode);
            self.findings.proc_files.push(open_file(owner, fd, link));
            return;
        }
        match Device::guess(link) {
            Some(Device::Tun) => self.tun(owner, fd, link, info),
            Some(Device::Tap) => self.tap(owner, fd, link),
            None => {}
        }
    }

    fn tun(&mut self, owner: &mut Owner, fd: i32, link: &Path, info: &[u8]) {
        let it = makedev(10, 200);
        let device = |file: fs::Metadata| file.file_type().is_char_device() && file.rdev() == it;
        if !fs::metadata(owner.path(fd)).is_ok_and(device) {
            return;
        }
        let Ok(file) = owner.borrow(fd) else {
            self.findings.blind.sockets += 1;
            return;
        };
        let identity = |file| Identity::of(file).ok();
        let namespace = ioctl::socket_namespace(&file).ok().and_then(identity);
        let Some(namespace) = namespace else { return };
        if self.findings.namespace.same(namespace) != Some(true) {
            return;
        }
        let name = value(info, "iff").filter(|name| !name.is_empty());
        let device_namespace = ioctl::tun_device_namespace(&file).ok().and_then(identity);
        self.findings.tuns.push(Tun {
            file: open_file(owner, fd, link),
            device: name.map(|name| String::from_utf8_lossy(name).into_owned()),
            device_namespace,
            certain: true,
        });
    }

    fn tap(&mut self, owner: &mut Owner, fd: i32, link: &Path) {
        let device = |file: fs::Metadata| file.file_type().is_char_device();
        let here = owner.in_namespace(self.inum);
        if here && fs::metadata(owner.path(fd)).is_ok_and(device) {
            self.findings.tuns.push(Tun {
                file: open_file(owner, fd, link),
                device: None,
                device_namespace: None,
                certain: false,
            });
        }
    }
}

enum Device {
    Tun,
    Tap,
}

impl Device {
    /// What a path looks like: only then is it worth a closer look, which may wait for a dead server.
    fn guess(link: &Path) -> Option<Self> {
        let name = link.file_name()?.as_bytes();
        let name = name.strip_suffix(b" (deleted)").unwrap_or(name);
        let tap = name.strip_prefix(b"tap").and_then(number::<u32>);
        match name {
            b"tun" => Some(Device::Tun),
            _ => tap.map(|_| Device::Tap),
        }
    }
}

/// What identifies the `struct nsproxy` of a task, as far as the kernel tells; None for one that has
/// ended.
fn proxy(dir: &Path) -> Option<Vec<u8>> {
    let mut all = Vec::new();
    for kind in OTHERS {
        // Without a first process, pid_for_children leads nowhere.
        let link = fs::read_link(dir.join("ns").join(kind)).unwrap_or_default();
        all.extend_from_slice(link.as_os_str().as_bytes());
        all.push(0);
    }
    fs::read_link(dir.join("ns/net")).is_ok().then_some(all)
}

/// The inode number that fdinfo tells.
fn inode_of(info: &[u8]) -> Option<u64> {
    value(info, "ino").and_then(number)
}

/// Whether an inotify instance watches a file, by what fdinfo tells of each watch (`inotify_fdinfo()`).
fn watches(info: &[u8], device: u64, inode: u64) -> bool {
    // As the kernel itself has it (MKDEV()).
    let device = major(device) << 20 | minor(device);
    info.split(|byte| *byte == b'\n').any(|line| {
        let mut fields = line.split(|byte| *byte == b' ');
        let mut field = |name: &[u8]| fields.find_map(|field| hex(field.strip_prefix(name)?));
        field(b"ino:") == Some(inode) && field(b"sdev:") == Some(device)
    })
}

fn open_file(owner: &mut Owner, fd: i32, link: &Path) -> OpenFile {
    OpenFile {
        process: owner.process(),
        thread: owner.thread(),
        fd,
        path: link.to_owned(),
    }
}

fn descriptor(owner: &mut Owner, fd: i32) -> Descriptor {
    Descriptor {
        process: owner.process(),
        thread: owner.thread(),
        fd,
        process_namespace: Identity {
            cookie: None,
            inum: Some(owner.net),
        },
    }
}

#[cfg(test)]
mod tests;
