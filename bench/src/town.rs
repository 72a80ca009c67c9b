// SPDX-License-Identifier: GPL-2.0-only

//! Namespaces with names and numbers as `ip netns` gives them, and processes in them.

use crate::dweller::Dweller;
use crate::error::{
    Error,
    Result, //
};
use crate::world::{
    in_thread,
    settle,
    Lease, //
};
use homeward_netns::{
    Directory,
    Name,
    Nsids, //
};
use nix::sched::{
    setns,
    CloneFlags, //
};
use std::ffi::OsStr;

/// So many names are taken away at a time; see `world::AT_ONCE`.
const AT_ONCE: usize = 500;

/// Names, numbers and processes; all gone when dropped.
#[derive(Debug)]
pub(crate) struct Town {
    directory: Directory,
    houses: Vec<(Name, Lease)>,
    dwellers: Vec<Dweller>,
}

impl Town {
    /// With nobody in it.
    pub(crate) fn new() -> Self {
        Town {
            directory: Directory::default(),
            houses: Vec::new(),
            dwellers: Vec::new(),
        }
    }

    /// The name of a namespace, by its place.
    pub(crate) fn name(at: usize) -> String {
        format!("bench{at}")
    }

    /// Makes as many namespaces as are missing.
    pub(crate) fn grow(&mut self, size: u64) -> Result<()> {
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        let mut numbers = Nsids::open()?;
        while self.houses.len() < size {
            let name = Town::name(self.houses.len());
            let name = Name::new(OsStr::new(&name));
            let name = name.map_err(|error| Error::other(error.to_string()))?;
            let lease = Lease::new();
            self.directory.add(&name)?;
            let file = self.directory.open(&name)?;
            self.houses.push((name, lease));
            // For `ip netns list-id`.
            numbers.set(&file, None)?;
        }
        Ok(())
    }

    /// Lets processes move in, one to a namespace and over again, each with so many open files.
    pub(crate) fn populate(&mut self, processes: usize, files: usize) -> Result<()> {
        // By namespace, so that one thread goes into each but once.
        let houses = self.houses.len().max(1);
        for (at, (name, _)) in self.houses.iter().enumerate() {
            let here = processes / houses + usize::from(at < processes % houses);
            if here == 0 {
                break;
            }
            let file = self.directory.open(name)?;
            let made = in_thread(|| {
                setns(&file, CloneFlags::CLONE_NEWNET).map_err(Error::sys("enter a namespace"))?;
                (0..here).map(|_| Dweller::new(files)).collect()
            });
            let made: Vec<Dweller> = made?;
            self.dwellers.extend(made);
        }
        Ok(())
    }

    /// All processes end.
    pub(crate) fn empty(&mut self) {
        // All at once, then one by one.
        for dweller in &self.dwellers {
            let _ = dweller.kill();
        }
        self.dwellers.clear();
    }
}

impl Drop for Town {
    fn drop(&mut self) {
        self.empty();
        while !self.houses.is_empty() {
            let left = self.houses.len().saturating_sub(AT_ONCE);
            for (name, _) in self.houses.drain(left..) {
                if let Err(error) = self.directory.delete(&name) {
                    println!("{error}");
                }
            }
            if let Err(error) = settle() {
                println!("{error}");
            }
        }
    }
}
