// SPDX-License-Identifier: MIT OR Apache-2.0

//! Ways to an open file of a network namespace.

use std::fs::File;
use std::os::fd::OwnedFd;
use std::path::Path;

use nix::errno::Errno;
use nix::sys::statfs::{fstatfs, FsType};

use crate::error::{errno_of, Error, Result};

const NSFS_MAGIC: FsType = FsType(0x6e73_6673);
const PROC_SUPER_MAGIC: FsType = nix::sys::statfs::PROC_SUPER_MAGIC;

/// Opens the namespace that is bound to a file, or a link such as /proc/PID/ns/net.
pub fn open_path(path: &Path) -> Result<OwnedFd> {
    let name = path.display().to_string();
    let file = open_file(path, &name)?;
    match fstatfs(&file) {
        // Linux before 3.19 had these files in proc.
        Ok(system) if [NSFS_MAGIC, PROC_SUPER_MAGIC].contains(&system.filesystem_type()) => {
            Ok(file)
        }
        _ => Err(Error::NoNamespace { name }),
    }
}

/// Opens the namespace of a process.
pub fn open_pid(pid: u32) -> Result<OwnedFd> {
    let path = format!("/proc/{pid}/ns/net");
    open_file(Path::new(&path), &format!("pid {pid}"))
}

/// Opens the namespace of this thread.
pub fn open_self() -> Result<OwnedFd> {
    open_file(Path::new("/proc/thread-self/ns/net"), "self")
}

pub(crate) fn open_file(path: &Path, name: &str) -> Result<OwnedFd> {
    File::open(path).map(OwnedFd::from).map_err(|error| {
        let name = name.to_owned();
        match errno_of(&error) {
            // A process that is a zombie has no namespaces any more.
            Errno::ENOENT if path.starts_with("/proc") => Error::Open {
                name,
                errno: Errno::ESRCH,
            },
            errno => Error::Open { name, errno },
        }
    })
}
