// SPDX-License-Identifier: MIT OR Apache-2.0

//! Questions to the family, and their answers.

mod devices;
#[cfg(any(test, feature = "raw"))]
mod raw;
mod rules;

use std::os::fd::OwnedFd;
use std::path::Path;

use homeward_abi::{cmd, ns, open, GROUP_EVENTS};
use homeward_netlink::{Protocol, Socket};
use nix::errno::Errno;

use crate::error::{Error, Result};
use crate::events::Events;
use crate::exchange::{self, Dump, Parse, ATTEMPTS};
use crate::model::{Namespace, Nsid, Stats};
use crate::wire::{self, Argument, Family, Operation, Request};

pub use devices::{Baseline, DeviceChange, Which};
#[cfg(any(test, feature = "raw"))]
pub use raw::Verdict;

/// There while the module is loaded, in every network namespace.
const MODULE: &str = "/sys/module/homeward";

/// Which network namespace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// The one with this cookie.
    Cookie(u64),
    /// The one with this inode number in nsfs.
    Inum(u32),
    /// The one of this process, by its id in the caller's pid namespace.
    Pid(u32),
    /// The one of this open file in nsfs.
    Fd(i32),
}

impl By {
    fn argument(self) -> Argument {
        match self {
            By::Cookie(cookie) => Argument::Uint(ns::COOKIE, cookie),
            By::Inum(inum) => Argument::U32(ns::INUM, inum),
            By::Pid(pid) => Argument::U32(ns::PID, pid),
            By::Fd(fd) => Argument::S32(ns::FD, fd),
        }
    }
}

/// Opens a socket on which the kernel explains its refusals and checks strictly.
fn open_socket() -> Result<Socket> {
    let socket = Socket::open(Protocol::NetlinkGeneric)
        .map_err(Error::system("cannot open a netlink socket"))?;
    socket
        .be_strict()
        .map_err(Error::system("cannot set up a netlink socket"))?;
    Ok(socket)
}

fn find_family(socket: &mut Socket) -> Result<Option<Family>> {
    let request = Request::for_family()?;
    match exchange::transact(socket, &request, wire::family) {
        Ok(family) => Ok(Some(family)),
        Err(error) if error.errno() == Some(Errno::ENOENT) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Whether the module is there, and neither about to come nor to go (kernel/params.c,
/// `show_initstate()`).
fn is_live() -> bool {
    let state = std::fs::read_to_string(Path::new(MODULE).join("initstate"));
    state.is_ok_and(|state| state.trim() == "live")
}

/// A connection to the family.
///
/// Every question needs CAP_NET_ADMIN in the initial user namespace and is refused with EPERM
/// otherwise ([`Error::Refused`]).
pub struct Client {
    socket: Socket,
    family: Family,
}

impl Client {
    /// Connects to the family; [`Error::NotLoaded`] without the module, also while it is only about to
    /// come or to go, [`Error::NotInitial`] from another network namespace than the initial one.
    pub fn connect() -> Result<Self> {
        let mut socket = open_socket()?;
        let family = match find_family(&mut socket)? {
            Some(family) => family,
            None if !is_live() => return Err(Error::NotLoaded),
            // It may have come since.
            None => find_family(&mut socket)?.ok_or(Error::NotInitial)?,
        };
        Ok(Client { socket, family })
    }

    /// Number of the family in this kernel, as in `nlmsg_type`.
    pub fn family_id(&self) -> u16 {
        self.family.id
    }

    /// Version of the family that the module speaks.
    pub fn family_version(&self) -> u32 {
        self.family.version
    }

    /// All network namespaces, in ascending order of their cookies; [`Error::Interrupted`] when
    /// they kept changing during every try.
    pub fn namespaces(&mut self) -> Result<Vec<Namespace>> {
        self.namespaces_now().and_then(consistent)
    }

    /// All network namespaces, also when they kept changing during every try.
    pub fn namespaces_now(&mut self) -> Result<Dump<Namespace>> {
        self.dump(cmd::NS_GET, &[], Namespace::read_all)
    }

    /// One network namespace.
    ///
    /// Refused with ENOENT when there is none such, ESRCH for a process that is not there, EBADF or
    /// EINVAL for a descriptor that is no network namespace.
    pub fn namespace(&mut self, by: By) -> Result<Namespace> {
        self.one(cmd::NS_GET, &[by.argument()], Namespace::read_all)
    }

    /// All ids that the initial network namespace gives, in ascending order. One that comes or goes
    /// meanwhile may be among them or not.
    ///
    /// The kernel walks all ids for each namespace that RTM_GETNSID asks about; this is one walk.
    pub fn nsids(&mut self) -> Result<Vec<Nsid>> {
        let dump = self.dump(cmd::NSID_GET, &[], Nsid::read_all)?;
        Ok(dump.items)
    }

    /// Opens the network namespace with this cookie, also one that has neither name nor process.
    /// The descriptor keeps it alive, and is closed on exec; setns(2) takes it.
    ///
    /// Refused with EPERM without CAP_SYS_ADMIN in the initial user namespace, ENOENT when there is
    /// none, EBUSY when it is dead already, EMFILE when this process has too many open files.
    pub fn open(&mut self, cookie: u64) -> Result<OwnedFd> {
        let operation = Operation::new(self.family.id, cmd::NS_OPEN);
        let arguments = [Argument::Uint(open::COOKIE, cookie)];
        exchange::open(&mut self.socket, operation, &arguments)
    }

    /// Counts since the module was loaded, and what it holds now.
    pub fn stats(&mut self) -> Result<Stats> {
        self.one(cmd::STATS_GET, &[], Stats::read_all)
    }

    /// Listens to events on a socket of its own, from now on; EPERM without CAP_NET_ADMIN in the
    /// initial user namespace.
    pub fn subscribe(&self) -> Result<Events> {
        let wanted = GROUP_EVENTS.to_string_lossy();
        let groups = &self.family.groups;
        let (_, group) = groups
            .iter()
            .find(|(name, _)| *name == wanted)
            .ok_or(Error::NoGroup("events"))?;
        Events::new(open_socket()?, self.family.id, *group)
    }

    fn one<T>(&mut self, command: u8, arguments: &[Argument], parse: Parse<T>) -> Result<T> {
        let operation = Operation::new(self.family.id, command);
        exchange::one(&mut self.socket, operation, arguments, parse)
    }

    fn dump<T>(&mut self, command: u8, arguments: &[Argument], parse: Parse<T>) -> Result<Dump<T>> {
        let operation = Operation::new(self.family.id, command);
        exchange::dump(&mut self.socket, operation, arguments, parse)
    }
}

fn consistent<T>(dump: Dump<T>) -> Result<Vec<T>> {
    if dump.consistent {
        Ok(dump.items)
    } else {
        Err(Error::Interrupted { attempts: ATTEMPTS })
    }
}
