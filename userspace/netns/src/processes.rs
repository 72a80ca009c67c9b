// SPDX-License-Identifier: MIT OR Apache-2.0

//! Which processes are in which network namespace, as far as the caller may see it.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use nix::errno::Errno;

use crate::error::{errno_of, Error, Result};

/// Inode number in nsfs of the initial pid namespace (PROC_PID_INIT_INO).
const INITIAL_PID: u64 = 0xefff_fffc;
/// The same of the initial user namespace (PROC_USER_INIT_INO).
const INITIAL_USER: u64 = 0xefff_fffd;

/// A process and its network namespace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Process {
    /// Its id in the caller's pid namespace.
    pub pid: u32,
    /// Inode number in nsfs of its network namespace; None when the caller may not know it.
    pub inum: Option<u64>,
}

/// Whether this process is in the initial pid namespace, and so can see all processes.
pub fn in_initial_pid_namespace() -> bool {
    let own = fs::metadata("/proc/self/ns/pid").map(|own| own.ino());
    own.is_ok_and(|own| own == INITIAL_PID)
}

/// Whether this process is in the initial user namespace.
pub fn in_initial_user_namespace() -> bool {
    let own = fs::metadata("/proc/self/ns/user").map(|own| own.ino());
    own.is_ok_and(|own| own == INITIAL_USER)
}

/// All processes in /proc, in ascending order of their ids.
pub fn processes() -> Result<Vec<Process>> {
    let proc = Path::new("/proc");
    let unreadable = |error: std::io::Error| {
        let (path, errno) = (PathBuf::from(proc), errno_of(&error));
        Error::Read { path, errno }
    };
    let mut list = Vec::new();
    for entry in fs::read_dir(proc).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let Some(pid) = entry
            .file_name()
            .to_str()
            .and_then(|name| name.parse().ok())
        else {
            continue;
        };
        // A process may end at any moment, and a zombie has no namespaces.
        let inum = match fs::read_link(entry.path().join("ns/net")) {
            Ok(link) => link.to_str().and_then(parse),
            Err(error) if [Errno::ENOENT, Errno::ESRCH].contains(&errno_of(&error)) => continue,
            // It is there, and that is all that is known of it.
            Err(_) => None,
        };
        list.push(Process { pid, inum });
    }
    list.sort_by_key(|process| process.pid);
    Ok(list)
}

/// Reads `net:[4026532281]`.
fn parse(link: &str) -> Option<u64> {
    link.strip_prefix("net:[")?.strip_suffix(']')?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_is_found() {
        let own = std::process::id();
        let list = processes().unwrap();
        let found = list.iter().find(|process| process.pid == own).unwrap();
        assert!(found.inum.is_some());
    }

    #[test]
    fn only_links_to_network_namespaces_are_read() {
        assert_eq!(parse("net:[4026532281]"), Some(4026532281));
        for other in ["mnt:[1]", "net:[]", "net:[x]", "net:[1", ""] {
            assert_eq!(parse(other), None);
        }
    }
}
