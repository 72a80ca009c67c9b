// SPDX-License-Identifier: MIT OR Apache-2.0

//! Which sockets have been asked already: each is asked once, however many descriptors lead to it.

use std::collections::{HashMap, HashSet};
use std::os::fd::OwnedFd;

use crate::identity::Identity;
use crate::socket::{self, Descriptor, Lent, Socket};
use crate::tables::Owner;
use crate::walk::Blind;

/// Sockets that have been asked, by inode number.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    /// Those that are wanted with their index in the list.
    known: HashMap<u64, Option<usize>>,
    /// Those that nobody lent so far, or that cannot be told apart.
    refused: HashSet<u64>,
    impossible: bool,
}

/// What a descriptor of a socket turned out to be.
pub(crate) enum Turn {
    /// One more of a socket that is in the list, at this index.
    Again(usize),
    /// The first one of a socket.
    First(OwnedFd, Identity),
    /// One that its holder does not lend.
    Refused,
    /// Of no interest.
    Skip,
}

impl Ledger {
    /// Looks at a descriptor.
    pub(crate) fn turn(&mut self, owner: &mut Owner, fd: i32, inode: u64) -> Turn {
        match self.known.get(&inode) {
            Some(Some(index)) => return Turn::Again(*index),
            Some(None) => return Turn::Skip,
            None => {}
        }
        match socket::borrow(owner, fd, inode) {
            Lent::Socket(file, namespace) => return Turn::First(file, namespace),
            Lent::Refused => {
                self.refuse(inode);
                return Turn::Refused;
            }
            Lent::Impossible => self.impossible = true,
            Lent::Gone => {}
        }
        Turn::Skip
    }

    /// Notes that a socket does not tell where it belongs.
    pub(crate) fn refuse(&mut self, inode: u64) {
        self.refused.insert(inode);
    }

    /// Notes where in the list a socket will be, if it is wanted.
    pub(crate) fn decide(&mut self, inode: u64, index: Option<usize>) {
        self.refused.remove(&inode);
        self.known.insert(inode, index);
    }

    /// Adds what could not be seen.
    pub(crate) fn tell(&self, blind: &mut Blind) {
        blind.sockets += self.refused.len();
        blind.no_lending |= self.impossible;
    }
}

/// Adds a holder to a socket of the list.
pub(crate) fn add(list: &mut [Socket], index: usize, holder: Descriptor) {
    if let Some(socket) = list.get_mut(index) {
        socket.holders.push(holder);
    }
}
