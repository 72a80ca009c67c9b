// SPDX-License-Identifier: MIT OR Apache-2.0

//! Ways to an open file of a network namespace.

use std::fs::OpenOptions;
use std::os::fd::OwnedFd;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use nix::errno::Errno;
use nix::fcntl::OFlag;

use crate::error::{errno_of, Error, Result};
use crate::nsfs::{sort, Sort};

/// Opens the namespace that is bound to a file, or a link such as /proc/PID/ns/net.
pub fn open_path(path: &Path) -> Result<OwnedFd> {
    let name = path.display().to_string();
    // To open another kind of file may take for ever, or do something.
    let looked_at = OpenOptions::new()
        .read(true)
        .custom_flags(OFlag::O_PATH.bits())
        .open(path);
    match looked_at.and_then(sort) {
        Ok(Sort::Namespace | Sort::Other) => Err(Error::NoNamespace { name }),
        Ok(Sort::Network(_)) | Err(_) => open_file(path, &name),
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

/// Whether it is a process that is missing, or the namespace of one, and not another file of /proc.
fn lacks_process(path: &Path) -> bool {
    let mut parts = match path.strip_prefix("/proc") {
        Ok(path) => path.components(),
        Err(_) => return false,
    };
    let Some(process) = parts.next().map(|part| part.as_os_str()) else {
        return false;
    };
    let number = process
        .to_str()
        .is_some_and(|text| text.parse::<u32>().is_ok());
    path.ends_with("ns/net") || number && !Path::new("/proc").join(process).exists()
}

pub(crate) fn open_file(path: &Path, name: &str) -> Result<OwnedFd> {
    // Of a pipe, to open it would take until somebody writes.
    let mut how = OpenOptions::new();
    how.read(true).custom_flags(OFlag::O_NONBLOCK.bits());
    how.open(path).map(OwnedFd::from).map_err(|error| {
        let name = name.to_owned();
        match errno_of(&error) {
            // A process that is a zombie has no namespaces any more.
            Errno::ENOENT if lacks_process(path) => Error::Open {
                name,
                errno: Errno::ESRCH,
            },
            errno => Error::Open { name, errno },
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_not_there_is_not_a_process() {
        let own = std::process::id();
        for path in [
            "/proc/nothing",
            "/proc",
            "/tmp/1/ns/net",
            "/proc/self/nothing",
        ] {
            assert!(!lacks_process(Path::new(path)), "{path}");
        }
        assert!(!lacks_process(Path::new(&format!("/proc/{own}/nothing"))));
        assert!(lacks_process(Path::new("/proc/4294967295/root/x")));
        assert!(lacks_process(Path::new(&format!("/proc/{own}/ns/net"))));
    }
}
