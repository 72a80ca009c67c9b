// SPDX-License-Identifier: MIT OR Apache-2.0

//! Questions to the family, and their answers.

use std::path::Path;

use homeward_abi::{dev, ns, GROUP_EVENTS};
use nix::errno::Errno;

use crate::error::{Error, Result};
use crate::events::Events;
use crate::exchange::{self, Dump, Parse, ATTEMPTS};
use crate::model::{Device, Namespace};
use crate::socket::{Socket, Transport};
use crate::wire::{self, Argument, Family, Operation, Request};

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

/// A connection to the family.
pub struct Client {
    socket: Socket,
    family: Family,
}

impl Client {
    /// Connects to the family; [`Error::NotLoaded`] without the module.
    pub fn connect() -> Result<Self> {
        let mut socket = Socket::open()?;
        let request = Request::family(socket.next_seq())?;
        let family = match exchange::transact(&mut socket, &request, wire::family) {
            Ok(family) => family,
            Err(error) if error.errno() == Some(Errno::ENOENT) => {
                return Err(if Path::new(MODULE).exists() {
                    Error::NotInitial
                } else {
                    Error::NotLoaded
                });
            }
            Err(error) => return Err(error),
        };
        Ok(Client { socket, family })
    }

    /// Version of the family that the module speaks.
    pub fn family_version(&self) -> u32 {
        self.family.version
    }

    /// All network namespaces, in ascending order of their cookies.
    pub fn namespaces(&mut self) -> Result<Vec<Namespace>> {
        self.namespaces_now().and_then(consistent)
    }

    /// All network namespaces, also when they kept changing during every try.
    pub fn namespaces_now(&mut self) -> Result<Dump<Namespace>> {
        let operation = Operation::ns_get(self.family.id);
        self.dump(operation, &[], wire::namespace)
    }

    /// All devices, or those of one network namespace, in ascending order of cookie and index.
    pub fn devices(&mut self, namespace: Option<u64>) -> Result<Vec<Device>> {
        self.devices_now(namespace).and_then(consistent)
    }

    /// Devices as [`Client::devices`], also when they kept changing during every try.
    pub fn devices_now(&mut self, namespace: Option<u64>) -> Result<Dump<Device>> {
        let operation = Operation::dev_get(self.family.id);
        let argument = namespace.map(|cookie| Argument::Uint(dev::NS_COOKIE, cookie));
        let mut dump = self.dump(operation, argument.as_slice(), wire::device)?;
        for device in dump.items.iter_mut().filter(|device| device.abridged) {
            // Alone it has room; if it is gone by now, what is known of it must do.
            if let Ok(whole) = self.device(device.namespace, device.ifindex) {
                *device = whole;
            }
        }
        Ok(dump)
    }

    /// One network namespace.
    pub fn namespace(&mut self, by: By) -> Result<Namespace> {
        let operation = Operation::ns_get(self.family.id);
        self.one(operation, &[by.argument()], wire::namespace)
    }

    /// One device of a network namespace, by its index.
    pub fn device(&mut self, namespace: u64, ifindex: u32) -> Result<Device> {
        self.one_device(namespace, Argument::U32(dev::IFINDEX, ifindex))
    }

    /// One device of a network namespace, by its name.
    pub fn device_by_name(&mut self, namespace: u64, name: &str) -> Result<Device> {
        self.one_device(namespace, Argument::Text(dev::NAME, name.to_owned()))
    }

    /// Listens to events on a socket of its own, from now on.
    pub fn subscribe(&self) -> Result<Events> {
        let wanted = GROUP_EVENTS.to_string_lossy();
        let groups = &self.family.groups;
        let (_, group) = groups
            .iter()
            .find(|(name, _)| *name == wanted)
            .ok_or(Error::NoGroup("events"))?;
        Events::new(Socket::open()?, self.family.id, *group)
    }

    fn one_device(&mut self, namespace: u64, which: Argument) -> Result<Device> {
        let operation = Operation::dev_get(self.family.id);
        let arguments = [Argument::Uint(dev::NS_COOKIE, namespace), which];
        self.one(operation, &arguments, wire::device)
    }

    fn one<T>(
        &mut self,
        operation: Operation,
        arguments: &[Argument],
        parse: Parse<T>,
    ) -> Result<T> {
        exchange::one(&mut self.socket, operation, arguments, parse)
    }

    fn dump<T>(
        &mut self,
        operation: Operation,
        arguments: &[Argument],
        parse: Parse<T>,
    ) -> Result<Dump<T>> {
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
