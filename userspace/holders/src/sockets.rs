// SPDX-License-Identifier: MIT OR Apache-2.0

//! All sockets, with the network namespaces that they belong to.

use std::collections::HashMap;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use crate::error::Result;
use crate::facts::Facts;
use crate::identity::Identity;
use crate::ledger::{self, Ledger, Turn};
use crate::socket::{self, Descriptor, Socket};
use crate::tables::Owner;
use crate::walk::{self, Blind, Task, Visit};

/// Which sockets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// All.
    All,
    /// Those that belong to this network namespace, which must be held open meanwhile.
    Namespace(Identity),
    /// Those of this process.
    Process(u32),
}

/// Sockets, and what could not be seen.
#[derive(Debug, Clone, Default)]
pub struct Sockets {
    /// The sockets, in the order in which they were found.
    pub sockets: Vec<Socket>,
    /// What could not be seen.
    pub blind: Blind,
    /// The network namespaces that processes were found in, by inode number.
    pub namespaces: HashMap<u64, Identity>,
}

/// Finds sockets.
///
/// Those of this process itself are left out, unless it is the one that is asked for. A process that is
/// not there has none.
pub fn sockets(wanted: Wanted) -> Result<Sockets> {
    let mut lister = Lister {
        wanted,
        result: Sockets::default(),
        ledger: Ledger::default(),
    };
    let mut blind = Blind::default();
    match wanted {
        Wanted::Process(pid) => walk::one(pid, &mut lister, &mut blind),
        _ => blind = walk::all(&mut lister)?,
    }
    let mut result = lister.result;
    lister.ledger.tell(&mut blind);
    result.blind = blind;
    Ok(result)
}

struct Lister {
    wanted: Wanted,
    result: Sockets,
    ledger: Ledger,
}

impl Visit for Lister {
    type Seen = ();
    /// Its inode number.
    type Sign = u64;

    fn see(&self, _task: &Task) {}

    fn notice(&self, _owner: &Owner, _fd: i32, link: &Path) -> Option<u64> {
        socket::inode(link.as_os_str().as_bytes())
    }

    fn task(&mut self, task: &Task, (): ()) {
        self.namespace(task.net, &task.dir.join("ns/net"));
    }

    fn descriptor(&mut self, owner: &mut Owner, fd: i32, _link: &Path, inode: u64) {
        let (file, namespace) = match self.ledger.turn(owner, fd, inode) {
            Turn::First(file, namespace) => (file, namespace),
            Turn::Again(index) => {
                let holder = self.holder(owner, fd);
                return ledger::add(&mut self.result.sockets, index, holder);
            }
            Turn::Refused | Turn::Skip => return,
        };
        let wanted = match self.wanted {
            Wanted::Namespace(wanted) => wanted.same(namespace),
            Wanted::All | Wanted::Process(_) => Some(true),
        };
        match wanted {
            Some(true) => {
                let index = self.result.sockets.len();
                self.ledger.decide(inode, Some(index));
                let holders = vec![self.holder(owner, fd)];
                self.result.sockets.push(Socket {
                    inode,
                    namespace,
                    facts: Facts::of(&file),
                    holders,
                });
            }
            Some(false) => self.ledger.decide(inode, None),
            None => self.ledger.refuse(inode),
        }
    }
}

impl Lister {
    /// Learns a network namespace that a task is in; the number may be that of another one soon.
    fn namespace(&mut self, number: u64, path: &Path) {
        self.result.namespaces.entry(number).or_insert_with(|| {
            let found = Identity::of_path(path);
            let alone = Identity {
                cookie: None,
                inum: Some(number),
            };
            found
                .filter(|found| found.inum == Some(number))
                .unwrap_or(alone)
        });
    }

    fn holder(&mut self, owner: &mut Owner, fd: i32) -> Descriptor {
        self.namespace(owner.net, &owner.dir().join("ns/net"));
        let namespace = self.result.namespaces.get(&owner.net).copied();
        Descriptor {
            process: owner.process(),
            thread: owner.thread(),
            fd,
            process_namespace: namespace.unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::UdpSocket;
    use std::os::fd::AsRawFd;

    #[test]
    fn a_socket_with_two_descriptors_is_one_socket() {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        let again = socket.try_clone().unwrap();
        let own = std::process::id();
        let found = sockets(Wanted::Process(own)).unwrap();
        let local = socket.local_addr().unwrap().to_string();
        let its: Vec<_> = found
            .sockets
            .iter()
            .filter(|one| one.facts.local.as_ref() == Some(&local))
            .collect();
        assert_eq!(its.len(), 1, "{found:?}");
        let mut fds: Vec<_> = its[0].holders.iter().map(|holder| holder.fd).collect();
        fds.sort_unstable();
        assert_eq!(fds, [socket.as_raw_fd(), again.as_raw_fd()]);
        assert_ne!(its[0].strays(), Some(true));
    }

    #[test]
    fn a_process_that_is_gone_has_no_sockets() {
        let found = sockets(Wanted::Process(u32::MAX)).unwrap();
        assert!(found.sockets.is_empty() && found.blind.nothing());
    }
}
